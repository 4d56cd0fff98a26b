"""The parts of smart charging: tracks, whole seconds, shares, what is kept on disk, what a start-up does not load."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from emulator.domain.charging_profile import (
    NEVER,
    ChargingProfile,
    Kind,
    Period,
    Purpose,
    RateUnit,
    Recurrency,
    Schedule,
    Track,
    moment,
    time_of,
)
from emulator.services.composite_schedule import Segment, whole_seconds
from emulator.services.load_sharing import Claim, shares

START_MS = moment(datetime(2026, 1, 5, 12, tzinfo=UTC))
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def profile(*periods: Period, kind: Kind = Kind.ABSOLUTE, **fields: object) -> ChargingProfile:
    schedule = Schedule(RateUnit.WATT, periods, START_MS, fields.pop("duration_s", None))  # type: ignore[arg-type]
    return ChargingProfile(1, 0, Purpose.TX_DEFAULT, 0, kind, schedule, **fields)  # type: ignore[arg-type]


def course(track: Track, start_ms: int, end_ms: int) -> list[tuple[float, float | None]]:
    """The limits of a track, by hours after START_MS, at each change that it announces."""
    found = []
    while start_ms < end_ms:
        period = track.at(start_ms)
        found.append(((start_ms - START_MS) / HOUR_MS, period.limit if period else None))
        start_ms = track.until_ms
    return found


def test_moments_are_whole_milliseconds() -> None:
    time = datetime(2026, 1, 5, 12, 0, 0, 123_000, tzinfo=UTC)
    assert time_of(moment(time)) == time


@pytest.mark.req("K01.FR.11", "K01.FR.12", "K01.FR.30")
def test_a_track_of_one_schedule() -> None:
    track = Track(profile(Period(0, 1.0), Period(3600, 2.0), Period(9000, 3.0), duration_s=7200), START_MS)
    assert course(track, START_MS - HOUR_MS, NEVER) == [(-1, None), (0, 1.0), (1, 2.0), (2, None)]


@pytest.mark.req("K01.FR.13")
def test_a_daily_track_with_gaps() -> None:
    daily = profile(Period(0, 1.0), kind=Kind.RECURRING, recurrency=Recurrency.DAILY, duration_s=3600)
    found = course(Track(daily, START_MS), START_MS + 30 * HOUR_MS, START_MS + 3 * DAY_MS)
    assert found == [(30, None), (48, 1.0), (49, None)]


@pytest.mark.req("K01.FR.36", "K01.FR.37")
def test_a_track_holds_from_valid_from_until_just_before_valid_to() -> None:
    limited = profile(Period(0, 1.0), valid_from_ms=START_MS + HOUR_MS, valid_to_ms=START_MS + 2 * HOUR_MS)
    assert course(Track(limited, START_MS), START_MS, NEVER) == [(0, None), (1, 1.0), (2, None)]


def test_a_relative_track_begins_with_the_charging() -> None:
    relative = profile(Period(0, 1.0), Period(3600, 2.0), kind=Kind.RELATIVE)
    origin_ms = START_MS + 5 * HOUR_MS
    assert course(Track(relative, origin_ms), START_MS, NEVER) == [(0, None), (5, 1.0), (6, 2.0)]


def test_a_profile_comes_back_from_disk_as_it_was() -> None:
    kept = profile(
        Period(0, 6.5, 1, 2),
        Period(60, 7.0),
        kind=Kind.RECURRING,
        recurrency=Recurrency.WEEKLY,
        valid_from_ms=START_MS,
        transaction_id="T",
        connector_id=2,
        installed_ms=5,
    )
    assert ChargingProfile.from_json(json.loads(json.dumps(kept.to_json()))) == kept


@pytest.mark.parametrize(
    ("borders", "expected"),
    [
        ([(0, 5.0), (1000, 7.0)], [(0, 5.0), (1000, 7.0)]),
        # In the second in which it changes, the lower limit holds.
        ([(0, 5.0), (1400, 7.0)], [(0, 5.0), (2000, 7.0)]),
        ([(0, 7.0), (1400, 5.0)], [(0, 7.0), (1000, 5.0)]),
        ([(0, 7.0), (400, 5.0), (700, 7.0)], [(0, 5.0), (1000, 7.0)]),
        ([(0, 5.0), (1400, 7.0), (1700, 5.0)], [(0, 5.0), (2000, 5.0)]),
    ],
)
def test_borders_at_whole_seconds(borders: list[tuple[int, float]], expected: list[tuple[int, float]]) -> None:
    segments = [Segment(START_MS + at_ms, limit, 0) for at_ms, limit in borders]
    found = [(s.start_ms, s.limit_w) for s in whole_seconds(segments, START_MS, START_MS + 10_000)]
    assert found == expected


@pytest.mark.req("1.6:3.13.3")
@pytest.mark.parametrize(
    ("capacity", "claims", "expected"),
    [
        (10, [], []),
        (10, [(20, 0)], [10]),
        (10, [(20, 0), (20, 0)], [5, 5]),
        (10, [(20, 0), (2, 0)], [8, 2]),
        (12, [(20, 0), (2, 0), (4, 0)], [6, 2, 4]),
        # Enough for all: what is left is dealt out too.
        (10, [(2, 0), (4, 0)], [4, 6]),
        # Too little for both: the last one waits; too little for one: it is offered what there is.
        (10, [(20, 6), (20, 6)], [10, 0]),
        (5, [(20, 6), (20, 6)], [5, 0]),
        (13, [(20, 6), (20, 6), (20, 6)], [6.5, 6.5, 0]),
        (0, [(20, 0), (20, 0)], [0, 0]),
    ],
)
def test_shares(capacity: float, claims: list[tuple[float, float]], expected: list[float]) -> None:
    assert shares(capacity, [Claim(*claim) for claim in claims]) == pytest.approx(expected)


def test_a_start_up_does_not_load_the_schedules() -> None:
    """The first BootNotification has 0.25 s: what only a charging profile needs comes with the first of them."""
    code = (
        "import sys, emulator.runtime.emulator, emulator.dialects.v16.dialect;"
        "print([m for m in sys.modules if 'charging_profile' in m or 'composite' in m])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
