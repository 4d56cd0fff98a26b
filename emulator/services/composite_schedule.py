"""The composite schedule: profiles of all purposes and stack levels merged into one limit over time.

Arithmetic alone, without I/O: what is in force at a station is given, what follows from it is returned.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor
from typing import NamedTuple

from emulator.domain.charging_profile import NEVER, ChargingProfile, RateUnit, Track

GRID_VOLTAGE_V = 230.0
"""Per phase, where a station has DC outlets alone."""


class Grid(NamedTuple):
    """The station's connection to the grid, by which amperes of the whole station become watts."""

    phases: int
    voltage_v: float

    @property
    def watts_per_ampere(self) -> float:
        """Power of one ampere on each phase."""
        return self.phases * self.voltage_v


class Outlet(NamedTuple):
    """One EVSE: `phases` that station and car can use (0: DC), voltage, and the most that the hardware delivers."""

    phases: int
    voltage_v: float
    max_power_w: float
    grid: Grid


class Stack:
    """Profiles of which the first that holds leads: highest stack level first, TxProfiles before TxDefaultProfiles.

    `station`: they limit the whole station at its grid connection. Time only goes forward.
    """

    __slots__ = ("leading", "station", "tracks", "until_ms")

    def __init__(self, tracks: Iterable[Track], *, station: bool = False) -> None:
        self.tracks = list(tracks)
        self.station = station
        self.leading: Track | None = None
        self.until_ms = -NEVER

    def at(self, moment_ms: int) -> Track | None:
        """The profile that leads, or None; `until_ms` is then the next moment at which that may change."""
        if moment_ms < self.until_ms:
            return self.leading
        until_ms, leading = NEVER, None
        for track in self.tracks:
            if moment_ms >= track.until_ms:
                track.at(moment_ms)
            if track.until_ms < until_ms:
                until_ms = track.until_ms
            if track.period is not None:
                leading = track
                break
        self.until_ms, self.leading = until_ms, leading
        return leading


class Segment(NamedTuple):
    """A limit between two moments (until the next segment's start); `phases` is 0 for DC."""

    start_ms: int
    limit_w: float
    phases: int


class Limit(NamedTuple):
    """What the profiles in force allow: watts (None: anything) on so many phases (0: DC)."""

    limit_w: float | None
    phases: int


def highest_first(profiles: Iterable[ChargingProfile], origin_ms: int) -> list[Track]:
    """Tracks in order of precedence (1.6 section 3.13.2, K01.FR.17)."""
    return [Track(p, origin_ms) for p in sorted(profiles, key=lambda p: (-p.stack_level, -p.installed_ms))]


def combined(leading: Sequence[tuple[Stack, Track]], outlet: Outlet) -> Limit:
    """The least of the leading profiles at an EVSE (1.6 section 3.13.3, SC.01)."""
    phases = outlet.phases
    limit_w: float | None = None
    if phases:
        for _, track in leading:
            if track.period is not None and track.period.phases is not None and track.period.phases < phases:
                phases = track.period.phases
    for stack, track in leading:
        if track.period is not None:
            watts = track.period.limit
            # A limit in watts holds as it is given, whatever the number of phases (errata 3.34 of 1.6).
            if track.unit is RateUnit.AMPERE:
                watts *= _watts_per_ampere(stack, outlet, phases)
            if limit_w is None or watts < limit_w:
                limit_w = watts
    return Limit(limit_w, phases)


def _watts_per_ampere(stack: Stack, outlet: Outlet, phases: int) -> float:
    if phases:
        return outlet.voltage_v * phases  # K01.FR.51: amperes are per phase
    return outlet.grid.watts_per_ampere if stack.station else outlet.voltage_v


def limit_now(stacks: Sequence[Stack], outlet: Outlet, moment_ms: int) -> Limit:
    """What is allowed at a moment; each stack's `until_ms` then says when that may change."""
    return combined([(stack, track) for stack in stacks if (track := stack.at(moment_ms)) is not None], outlet)


def capacity_w(outlet: Outlet, phases: int) -> float:
    """The most that the hardware delivers on so many of the outlet's phases."""
    return outlet.max_power_w * phases / outlet.phases if outlet.phases else outlet.max_power_w


def evse_schedule(stacks: Sequence[Stack], outlet: Outlet, start_ms: int, end_ms: int) -> list[Segment]:
    """The composite schedule of an EVSE: profiles and hardware, from one moment to another."""
    segments: list[Segment] = []
    moment_ms = start_ms
    while moment_ms < end_ms:
        limit_w, phases = limit_now(stacks, outlet, moment_ms)
        most_w = capacity_w(outlet, phases)
        _append(segments, moment_ms, most_w if limit_w is None or most_w < limit_w else limit_w, phases)
        moment_ms = _next_change(stacks, moment_ms)
    return segments


def station_schedule(
    evses: Sequence[tuple[Sequence[Stack], Outlet]], stacks: Sequence[Stack], grid: Grid, start_ms: int, end_ms: int
) -> list[Segment]:
    """What the whole station may take from the grid: its EVSEs together, within the station's own profiles."""
    everything = [*stacks, *(stack for own, _ in evses for stack in own)]
    whole = Outlet(grid.phases, grid.voltage_v, 0.0, grid)
    segments: list[Segment] = []
    moment_ms = start_ms
    while moment_ms < end_ms:
        total_w = 0.0
        for own, outlet in evses:
            limit_w, phases = limit_now(own, outlet, moment_ms)
            most_w = capacity_w(outlet, phases)
            total_w += most_w if limit_w is None else min(limit_w, most_w)
        limit_w, phases = limit_now(stacks, whole, moment_ms)
        _append(segments, moment_ms, total_w if limit_w is None else min(limit_w, total_w), phases)
        moment_ms = _next_change(everything, moment_ms)
    return segments


def _next_change(stacks: Sequence[Stack], moment_ms: int) -> int:
    """When a limit may next change, after all stacks were asked at a moment."""
    until_ms = NEVER
    for stack in stacks:
        if stack.until_ms < until_ms:
            until_ms = stack.until_ms
    return max(moment_ms + 1, until_ms)


def _append(segments: list[Segment], start_ms: int, limit_w: float, phases: int) -> None:
    if not segments or segments[-1].limit_w != limit_w or segments[-1].phases != phases:
        segments.append(Segment(start_ms, limit_w, phases))


def whole_seconds(segments: Sequence[Segment], start_ms: int, end_ms: int) -> list[Segment]:
    """The same limits with borders at whole seconds after `start_ms`; of two within a second, the lower wins."""
    if all((segment.start_ms - start_ms) % 1000 == 0 for segment in segments):
        return [Segment(segment.start_ms - start_ms, segment.limit_w, segment.phases) for segment in segments]
    rounded: list[Segment] = []
    ended = 0
    for index, segment in enumerate(segments):
        begin = floor((segment.start_ms - start_ms) / 1000)
        following_ms = segments[index + 1].start_ms if index + 1 < len(segments) else end_ms
        if rounded and begin < ended:
            if segment.limit_w >= rounded[-1].limit_w:
                begin = ended
            elif rounded[-1].start_ms >= begin * 1000:
                rounded.pop()
        ended = max(ended, ceil((following_ms - start_ms) / 1000))
        if begin < ended:
            rounded.append(segment._replace(start_ms=begin * 1000))
    return rounded


__all__ = [
    "GRID_VOLTAGE_V", "Grid", "Limit", "Outlet", "Segment", "Stack", "capacity_w", "combined", "evse_schedule",
    "highest_first", "limit_now", "station_schedule", "whole_seconds",
]  # fmt: skip
