"""Charging profiles: installed, kept over reboots, merged, told, and enforced (block K)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from math import floor
from typing import Any, NamedTuple

from emulator.domain import settings
from emulator.domain.charging_profile import ChargingProfile, Purpose, RateUnit, Track, moment, time_of
from emulator.domain.station import Current
from emulator.domain.times import timestamp
from emulator.services import energy_supply
from emulator.services.composite_schedule import (
    GRID_VOLTAGE_V,
    Grid,
    Outlet,
    Segment,
    Stack,
    evse_schedule,
    highest_first,
    station_schedule,
    whole_seconds,
)
from emulator.services.context import StationContext
from emulator.services.limit_enforcement import LimitEnforcement
from emulator.services.profile_checks import Reason, Refusal, refusal
from emulator.services.session import Session
from emulator.services.smart_charging import TABLE

# Recurring profiles go on for ever: a composite schedule ends after a month, however long the CSMS wants it.
LONGEST_COMPOSITE_S = 31 * 86_400


class CompositePeriod(NamedTuple):
    """From `start_s` after the schedule's start on, in the schedule's unit; `phases` None on DC."""

    start_s: int
    limit: float
    phases: int | None


class CompositeSchedule(NamedTuple):
    """What a station or an EVSE may take from `start` on, for `duration_s`."""

    start: datetime
    duration_s: int
    unit: RateUnit
    periods: tuple[CompositePeriod, ...]


class ChargingProfiles:
    """The charging profiles of a station; `origins_s` is when charging could begin in a transaction, by its id."""

    def __init__(self, context: StationContext, origins_s: Mapping[str, float]) -> None:
        self._context = context
        self._profiles: dict[int, ChargingProfile] = {}
        # What something outside the station demands; it is not ours to keep (Purpose.EXTERNAL).
        self._external: tuple[ChargingProfile, ...] = ()
        # Profiles that came with a remote start, until its transaction begins; by EVSE.
        self._pending: dict[int, ChargingProfile] = {}
        self._origins_s = origins_s
        self.grid = _grid(context)
        self._enforcement = LimitEnforcement(context, self)

    def restore(self) -> None:
        """Bring back what was installed before the reboot (K01.FR.27, errata 3.37 of 1.6)."""
        for _, data in self._context.memory.items(TABLE):
            profile = ChargingProfile.from_json(data)
            self._profiles[profile.id] = profile

    def start(self) -> None:
        """Forget profiles of transactions that are over, and begin to follow the others."""
        ongoing = {session.transaction.id for session in self._context.transactions.ongoing() if session.transaction}
        self._remove([p for p in self._profiles.values() if p.transaction_id and p.transaction_id not in ongoing])
        self._enforcement.balance(None)

    def stop(self) -> None:
        """Stop the timer."""
        self._enforcement.stop()

    # --- installing and clearing

    @property
    def installed(self) -> Sequence[ChargingProfile]:
        """What the CSMS has installed, oldest first."""
        return tuple(self._profiles.values())

    def refusal(self, profile: ChargingProfile, *, at_start: bool = False) -> Refusal | None:
        """Why a profile cannot be installed; `at_start`: it came with the request to start its transaction."""
        wrong = refusal(profile, self._context.station, self._context.model)
        if wrong is not None or profile.purpose is not Purpose.TX or at_start:
            return wrong
        transaction = self._context.transactions.session(profile.evse_id).transaction
        if transaction is None:  # K01.FR.09
            return Refusal(Reason.TX_NOT_FOUND, f"EVSE {profile.evse_id} has no transaction.")
        if transaction.id != profile.transaction_id:  # K01.FR.33
            return Refusal(Reason.TX_NOT_FOUND, f"That is not the transaction of EVSE {profile.evse_id}.")
        return None

    def install(
        self, profile: ChargingProfile, replaces: Callable[[ChargingProfile], bool] = lambda _: False
    ) -> Refusal | None:
        """Install a profile and follow it at once; None: done. It replaces that of its id, and those of `replaces`."""
        profile = replace(profile, installed_ms=moment(self._context.clock.now()))
        replaced = [old for old in self._profiles.values() if old.id == profile.id or replaces(old)]  # K01.FR.05
        most = self._most_profiles()
        if len(self._profiles) - len(replaced) >= most:
            return Refusal(Reason.TOO_MANY_PROFILES, f"No more than {most} charging profiles can be installed.")
        with self._context.memory.batch():
            self._forget(replaced)
            self._profiles[profile.id] = profile
            self._context.memory.put(TABLE, str(profile.id), profile.to_json())
        self._changed()  # K01.FR.07
        return None

    def _most_profiles(self) -> int:
        most = self._context.model.schema.actual[settings.CHARGING_PROFILE_ENTRIES].variable.maximum
        return int(most or 0)

    def clear(self, fits: Callable[[ChargingProfile], bool]) -> int:
        """Remove the profiles that fit; gives how many those were."""
        found = [profile for profile in self._profiles.values() if fits(profile)]
        self._remove(found)
        if found:
            self._changed()
        return len(found)

    def _remove(self, profiles: Iterable[ChargingProfile]) -> None:
        with self._context.memory.batch():
            self._forget(profiles)

    def _forget(self, profiles: Iterable[ChargingProfile]) -> None:
        for profile in profiles:
            del self._profiles[profile.id]
            self._context.memory.delete(TABLE, str(profile.id))

    def _changed(self) -> None:
        self._enforcement.balance(None)
        self._context.changed()

    # --- limits from outside

    def set_external(self, limits: Iterable[ChargingProfile]) -> None:
        """These are the limits that something outside demands now (purpose EXTERNAL; ids are the caller's)."""
        self._external = tuple(limits)
        self._changed()

    # --- transactions

    def prepare(self, session: Session, profile: ChargingProfile) -> None:
        """Take a TxProfile that came with a remote start: it is for the transaction that begins now (K05.FR.03)."""
        self._pending[session.evse.id] = profile
        if session.transaction is not None:
            self.balance(session)

    def transaction_ended(self, transaction_id: str) -> None:
        """The profiles of a transaction end with it (K02.FR.05; 1.6 section 3.13.1)."""
        if found := [p for p in self._profiles.values() if p.transaction_id == transaction_id]:
            self._remove(found)

    def _take_pending(self, session: Session) -> None:
        profile = self._pending.get(session.evse.id)
        if profile is None:
            return
        transaction = session.transaction
        if transaction is None:
            if session.authorization is None:
                del self._pending[session.evse.id]  # nobody came to plug in
            return
        del self._pending[session.evse.id]
        several = len(session.evse.connectors) > 1
        bound = replace(
            profile, transaction_id=transaction.id, connector_id=transaction.connector_id if several else None
        )
        if (wrong := self.install(bound)) is not None:
            self._context.note(f"Charging profile {profile.id} of the remote start is not used: {wrong.sentence}")

    # --- enforcement

    @property
    def limits_anything(self) -> bool:
        """Whether there is any profile."""
        return bool(self._profiles or self._external)

    def limit_w(self, evse_id: int) -> float | None:
        """What the profiles allow an EVSE now, in watts; None: anything."""
        return self._enforcement.limit_w(evse_id)

    def phases(self, evse_id: int) -> int | None:
        """How many phases the profiles allow an EVSE now; None: all that it has."""
        return self._enforcement.phases(evse_id)

    def balance(self, session: Session) -> None:
        """Facts of an EVSE have changed: bring all limits up to date before energy flows by them."""
        if self._pending:
            self._take_pending(session)
        self._enforcement.balance(session)

    def clock_changed(self) -> None:
        """The clock was set: what is in force may be another profile."""
        self._enforcement.balance(None)

    def outlet(self, session: Session) -> Outlet:
        """What the hardware of an EVSE delivers to the car that is there, local limits included."""
        evse = session.evse
        phases, voltage_v = energy_supply.wiring(evse)
        connector = evse.plugged_connector or evse.connector(session.connector_id or 0) or evse.connectors[0]
        most_w = min(evse.max_power_w, connector.max_current_a * voltage_v * max(1, phases))
        if phases:
            used = energy_supply.phases_used(evse) or phases
            most_w, phases = most_w * used / phases, used
        local_w = self._context.transactions.local_limit_w(evse.id)
        return Outlet(phases, voltage_v, most_w if local_w is None else min(most_w, local_w), self.grid)

    def station_stacks(self) -> list[Stack]:
        """The profiles that limit the whole station."""
        own = [p for p in self._profiles.values() if p.purpose is Purpose.STATION_MAX]
        stacks = [Stack(_own_start(own), station=True)] if own else []
        return stacks + [Stack(_own_start([p]), station=True) for p in self._external if not p.evse_id]

    def evse_stacks(self, session: Session, now_ms: int, connector_id: int | None = None) -> list[Stack]:
        """The profiles that limit one EVSE by itself; without a transaction, as if one began now (K08.FR.06)."""
        origin_ms = self._origin_ms(session, now_ms)
        transaction_id = session.transaction.id if session.transaction else ""
        of_transaction = [p for p in self._profiles.values() if p.purpose is Purpose.TX]
        tracks = highest_first((p for p in of_transaction if p.transaction_id == transaction_id), origin_ms)
        # A TxProfile that holds overrules every TxDefaultProfile (1.6 section 3.13.1, K02.FR.04).
        tracks += highest_first(self._defaults(session, connector_id), origin_ms)
        external = [p for p in self._external if p.evse_id == session.evse.id]
        return [Stack(tracks), *(Stack(_own_start([p])) for p in external)]

    def _defaults(self, session: Session, connector_id: int | None) -> list[ChargingProfile]:
        evse = session.evse
        plugged = evse.plugged_connector
        connector_id = connector_id or (plugged.id if plugged else session.connector_id)
        profiles = [p for p in self._profiles.values() if p.purpose is Purpose.TX_DEFAULT]
        own = [p for p in profiles if p.evse_id == evse.id and p.connector_id in {None, connector_id}]
        # 1.6 section 3.13.1: the profile of connector 0 is replaced for that specific connector alone.
        levels = {profile.stack_level for profile in own}
        return own + [p for p in profiles if not p.evse_id and p.stack_level not in levels]

    def _origin_ms(self, session: Session, now_ms: int) -> int:
        began_s = self._origins_s.get(session.transaction.id) if session.transaction else None
        if began_s is None:
            return now_ms
        return now_ms - round((self._context.clock.monotonic() - began_s) * 1000)

    # --- looking

    def composite(
        self, evse_id: int, duration_s: int, unit: RateUnit | None = None, connector_id: int | None = None
    ) -> CompositeSchedule | None:
        """The composite schedule of an EVSE, or of the station (0), from now on; None: it cannot be told."""
        model, station = self._context.model, self._context.station
        if duration_s <= 0 or (evse_id and station.evse(evse_id) is None):  # K08.FR.05
            return None
        if unit is not None and unit not in model.members(settings.RATE_UNIT):  # K08.FR.07
            return None
        duration_s = min(duration_s, LONGEST_COMPOSITE_S)
        start_ms = floor(self._context.clock.now().timestamp()) * 1000
        end_ms = start_ms + duration_s * 1000
        segments = self._segments(evse_id, connector_id, start_ms, end_ms)
        unit = unit or self._usual_unit()
        periods = self._in_unit(whole_seconds(segments, start_ms, end_ms), evse_id, unit)
        return CompositeSchedule(time_of(start_ms), duration_s, unit, periods)

    def _segments(self, evse_id: int, connector_id: int | None, start_ms: int, end_ms: int) -> list[Segment]:
        sessions = self._context.transactions.sessions
        if evse_id:
            session = sessions[evse_id - 1]
            stacks = [*self.evse_stacks(session, start_ms, connector_id), *self.station_stacks()]
            return evse_schedule(stacks, self.outlet(session), start_ms, end_ms)
        evses = [(self.evse_stacks(session, start_ms), self.outlet(session)) for session in sessions]
        return station_schedule(evses, self.station_stacks(), self.grid, start_ms, end_ms)

    def _usual_unit(self) -> RateUnit:
        units = {profile.schedule.unit for profile in self._profiles.values()}
        return units.pop() if len(units) == 1 else RateUnit.WATT

    def _in_unit(self, segments: Sequence[Segment], evse_id: int, unit: RateUnit) -> tuple[CompositePeriod, ...]:
        """Limits with one decimal, rounded down: a composite schedule is never above its profiles (K08.FR.04)."""
        voltage_v = 1.0
        if unit is RateUnit.AMPERE:
            voltage_v = self._context.station.evses[evse_id - 1].voltage_v if evse_id else self.grid.voltage_v
        periods = []
        for start_ms, limit, phases in segments:
            if unit is RateUnit.AMPERE:
                limit /= voltage_v * max(1, phases)
            periods.append(CompositePeriod(start_ms // 1000, floor(limit * 10 + 1e-6) / 10, phases or None))
        return tuple(periods)

    def snapshot(self) -> list[dict[str, Any]]:
        """The profiles as a window shows them."""
        leading = self._leading_ids()
        return [_shown(profile, profile.id in leading) for profile in (*self._profiles.values(), *self._external)]

    def _leading_ids(self) -> set[int]:
        now_ms = moment(self._context.clock.now())
        stacks = self.station_stacks()
        for session in self._context.transactions.sessions:
            stacks += self.evse_stacks(session, now_ms)
        return {track.profile.id for stack in stacks if (track := stack.at(now_ms)) is not None}


def _own_start(profiles: Sequence[ChargingProfile]) -> list[Track]:
    """Tracks that no charging starts: without a start of their own, they begin when they come into force."""
    ordered = sorted(profiles, key=lambda p: (-p.stack_level, -p.installed_ms))
    return [Track(p, max(p.installed_ms, p.valid_from_ms or 0)) for p in ordered]


def _grid(context: StationContext) -> Grid:
    outlets = [evse for evse in context.station.evses if evse.current is Current.AC]
    if not outlets:
        return Grid(3, GRID_VOLTAGE_V)
    return Grid(max(evse.phases for evse in outlets), outlets[0].voltage_v)


def _shown(profile: ChargingProfile, active: bool) -> dict[str, Any]:
    schedule = profile.schedule

    def text(moment_ms: int | None) -> str | None:
        return None if moment_ms is None else timestamp(time_of(moment_ms))

    return {
        "id": profile.id,
        "evse": profile.evse_id,
        "connector": profile.connector_id,
        "purpose": str(profile.purpose),
        "stack_level": profile.stack_level,
        "kind": str(profile.kind),
        "recurrency": profile.recurrency and str(profile.recurrency),
        "unit": str(schedule.unit),
        "start": text(schedule.start_ms),
        "duration_s": schedule.duration_s,
        "min_rate": schedule.min_rate,
        "periods": [{"start_s": p.start_s, "limit": p.limit, "phases": p.phases} for p in schedule.periods],
        "valid_from": text(profile.valid_from_ms),
        "valid_to": text(profile.valid_to_ms),
        "transaction": profile.transaction_id,
        "source": profile.source or None,
        "active": active,
    }
