"""Composite schedules: never above a profile in force, and equal to an evaluation second by second.

The evaluation here shares no code with the engine: it asks at each second which profiles hold, by dates and loops.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.domain.charging_profile import (
    ChargingProfile,
    Kind,
    Period,
    Purpose,
    RateUnit,
    Recurrency,
    Schedule,
    moment,
)
from emulator.domain.device_model import DeviceModel
from emulator.domain.station import Cable, Connector, Current, Evse, Station
from emulator.domain.transaction import Transaction
from emulator.domain.variables import ConnectorMakeup, EvseMakeup, StationMakeup
from emulator.domain.vehicle import Vehicle
from emulator.runtime.clocks import VirtualClock
from emulator.runtime.tables import device_schema
from emulator.services.charging_profiles import ChargingProfiles
from emulator.services.load_sharing import Claim, shares
from emulator.services.session import Session
from tests.support.memory import MemoryFake

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
HORIZON_S = 900
CHARGING_SINCE_S = 200
TRANSACTION = "the transaction"
VOLTAGE_V = 230.0
DAY, WEEK = timedelta(days=1), timedelta(days=7)


class World:
    """A station of two EVSEs (AC of 22 kW, DC of 50 kW), as little of it as smart charging asks for."""

    def __init__(self, car_phases: int) -> None:
        ac, dc = Evse(1, Current.AC, 22_000.0, 3, VOLTAGE_V), Evse(2, Current.DC, 50_000.0, 0, 400.0)
        for evse, amperes in ((ac, 32.0), (dc, 200.0)):
            evse.connectors.append(Connector(evse.id, 1, "cType2", Cable.ATTACHED, amperes))
        ac.connectors[0].vehicle_present = True
        ac.vehicle = Vehicle(phases=car_phases)
        makeup = StationMakeup(
            (
                EvseMakeup(
                    1, dc=False, phases=3, max_power_w=22_000.0, connectors=(ConnectorMakeup(1, "cType2", True),)
                ),
                EvseMakeup(2, dc=True, phases=0, max_power_w=50_000.0, connectors=(ConnectorMakeup(1, "cCCS2", True),)),
            )
        )
        self.clock = VirtualClock(NOW)
        self.sessions = [Session(ac), Session(dc)]
        self.sessions[0].transaction = Transaction(TRANSACTION, 1, NOW, 0.0)
        transactions = SimpleNamespace(
            sessions=self.sessions,
            session=lambda evse_id: self.sessions[evse_id - 1],
            ongoing=lambda: [self.sessions[0]],
            local_limit_w=lambda evse_id: None,
            refresh_energy=lambda session, trigger: None,
        )
        station = Station([ac, dc])
        context: Any = SimpleNamespace(
            station=station,
            model=DeviceModel(device_schema(makeup)),
            memory=MemoryFake(),
            clock=self.clock,
            transactions=transactions,
            changed=lambda: None,
        )
        self.profiles = ChargingProfiles(context, {TRANSACTION: self.clock.monotonic() - CHARGING_SINCE_S})


# --- the evaluation by brute force


def period_at(profile: ChargingProfile, now: datetime, charging_since: datetime) -> Period | None:
    """What a profile says at one moment, read off its definition."""
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    def date(milliseconds: int) -> datetime:
        return epoch + timedelta(milliseconds=milliseconds)

    if profile.valid_from_ms is not None and now < date(profile.valid_from_ms):
        return None
    if profile.valid_to_ms is not None and now >= date(profile.valid_to_ms):
        return None
    if profile.kind is Kind.RELATIVE:
        start = charging_since
        if profile.purpose in {Purpose.STATION_MAX, Purpose.EXTERNAL}:
            start = max(date(profile.installed_ms), date(profile.valid_from_ms or 0))
    else:
        assert profile.schedule.start_ms is not None
        start = date(profile.schedule.start_ms)
    if now < start:
        return None
    if profile.kind is Kind.RECURRING:
        while start + (DAY if profile.recurrency is Recurrency.DAILY else WEEK) <= now:
            start += DAY if profile.recurrency is Recurrency.DAILY else WEEK
    since_s = (now - start).total_seconds()
    if profile.schedule.duration_s is not None and since_s >= profile.schedule.duration_s:
        return None
    found = None
    for period in profile.schedule.periods:
        if period.start_s <= since_s:
            found = period
    return found


def leading(
    profiles: list[ChargingProfile], purpose: Purpose, evse_id: int, now: datetime, since: datetime
) -> tuple[ChargingProfile, Period] | None:
    """The profile of a purpose that prevails at an EVSE (0: the station)."""
    best = None
    for profile in profiles:
        if profile.purpose is not purpose or profile.evse_id not in {0, evse_id}:
            continue
        hidden = any(
            other.evse_id == evse_id and other.stack_level == profile.stack_level and other.purpose is purpose
            for other in profiles
        )
        if purpose is Purpose.TX_DEFAULT and profile.evse_id == 0 and hidden:
            continue
        period = period_at(profile, now, since)
        if period is not None and (best is None or profile.stack_level > best[0].stack_level):
            best = (profile, period)
    return best


def in_force(
    profiles: list[ChargingProfile], evse_id: int, now: datetime, *, station: bool
) -> list[tuple[ChargingProfile, Period]]:
    """All profiles that prevail at an EVSE now."""
    since = NOW - timedelta(seconds=CHARGING_SINCE_S) if evse_id == 1 else NOW
    tx = leading(profiles, Purpose.TX, evse_id, now, since) if evse_id == 1 else None
    found = [tx or leading(profiles, Purpose.TX_DEFAULT, evse_id, now, since)]
    if station:
        found.append(leading(profiles, Purpose.STATION_MAX, 0, now, since))
    return [each for each in found if each is not None]


def watts_at(profiles: list[ChargingProfile], evse_id: int, car_phases: int, now: datetime, station: bool) -> float:
    """The composite limit of an EVSE at one moment."""
    found = in_force(profiles, evse_id, now, station=station)
    if evse_id == 2:
        limits = [50_000.0]
        for profile, period in found:
            per_ampere = 3 * VOLTAGE_V if profile.purpose is Purpose.STATION_MAX else 400.0
            limits.append(period.limit * (per_ampere if profile.schedule.unit is RateUnit.AMPERE else 1))
        return min(limits)
    phases = min([car_phases, *(period.phases or 3 for _, period in found)])
    limits = [22_000.0 / 3 * phases, 32 * VOLTAGE_V * phases]
    for profile, period in found:
        limits.append(period.limit * (VOLTAGE_V * phases if profile.schedule.unit is RateUnit.AMPERE else 1))
    return min(limits)


def station_watts_at(profiles: list[ChargingProfile], car_phases: int, now: datetime) -> float:
    """The composite limit of the whole station at one moment."""
    total = sum(watts_at(profiles, evse_id, car_phases, now, station=False) for evse_id in (1, 2))
    top = leading(profiles, Purpose.STATION_MAX, 0, now, NOW)
    if top is None:
        return total
    profile, period = top
    phases = min(3, period.phases or 3)
    limit = period.limit * (VOLTAGE_V * phases if profile.schedule.unit is RateUnit.AMPERE else 1)
    return min(total, limit)


# --- profiles out of thin air

offsets = st.integers(-300, HORIZON_S + 100)


@st.composite
def schedules(draw: st.DrawFn, start: datetime | None) -> Schedule:
    unit = draw(st.sampled_from(RateUnit))
    starts = sorted(draw(st.sets(st.integers(1, 1200), max_size=5)) | {0})
    limits = st.integers(0, 400).map(lambda n: n / 10) if unit is RateUnit.AMPERE else st.integers(0, 30_000).map(float)
    periods = tuple(Period(s, draw(limits), draw(st.sampled_from([None, 1, 2, 3]))) for s in starts)
    duration_s = draw(st.none() | st.integers(1, 1500))
    return Schedule(unit, periods, None if start is None else moment(start), duration_s)


@st.composite
def profiles(draw: st.DrawFn, number: int) -> ChargingProfile:
    purpose = draw(st.sampled_from([Purpose.STATION_MAX, Purpose.TX_DEFAULT, Purpose.TX]))
    kind = draw(st.sampled_from(Kind))
    recurrency = draw(st.sampled_from(Recurrency)) if kind is Kind.RECURRING else None
    start = NOW + timedelta(seconds=draw(offsets))
    if recurrency is not None:
        start -= draw(st.integers(0, 20)) * (DAY if recurrency is Recurrency.DAILY else WEEK)
    valid_from = draw(st.none() | offsets.map(lambda s: moment(NOW + timedelta(seconds=s))))
    valid_to = draw(st.none() | offsets.map(lambda s: moment(NOW + timedelta(seconds=s))))
    if valid_from is not None and valid_to is not None and valid_to <= valid_from:
        valid_to = None
    evse_id = {Purpose.STATION_MAX: 0, Purpose.TX: 1}.get(purpose)
    return ChargingProfile(
        id=number,
        evse_id=draw(st.integers(0, 2)) if evse_id is None else evse_id,
        purpose=purpose,
        stack_level=draw(st.integers(0, 5)),
        kind=kind,
        schedule=draw(schedules(None if kind is Kind.RELATIVE else start)),
        recurrency=recurrency,
        valid_from_ms=valid_from,
        valid_to_ms=valid_to,
        transaction_id=TRANSACTION if purpose is Purpose.TX else None,
        installed_ms=moment(NOW),
    )


sets_of_profiles = st.integers(0, 7).flatmap(lambda count: st.tuples(*(profiles(n) for n in range(count))))


def installed(world: World, wanted: tuple[ChargingProfile, ...]) -> list[ChargingProfile]:
    """Install them as a CSMS of 2.0.1 could: no two of a purpose, level and place."""
    slots: dict[Any, ChargingProfile] = {}
    for profile in wanted:
        slots[profile.purpose, profile.stack_level, profile.evse_id] = profile
    for profile in slots.values():
        assert world.profiles.refusal(profile) is None
        assert world.profiles.install(profile) is None
    return list(slots.values())


def by_second(world: World, evse_id: int) -> list[float]:
    """The composite schedule, unrolled."""
    schedule = world.profiles.composite(evse_id, HORIZON_S, RateUnit.WATT)
    assert schedule is not None
    starts = [period.start_s for period in schedule.periods]
    assert starts[0] == 0
    assert starts == sorted(set(starts))
    unrolled: list[float] = []
    for index, period in enumerate(schedule.periods):
        end = starts[index + 1] if index + 1 < len(starts) else HORIZON_S
        unrolled += [period.limit] * (end - period.start_s)
    return unrolled


@pytest.mark.req("1.6:3.13.2", "1.6:3.13.3", "1.6:5.7", "K01.FR.17", "K08.FR.02", "K08.FR.06")
@settings(max_examples=150, deadline=None)
@given(wanted=sets_of_profiles, car_phases=st.sampled_from([1, 3]), evse_id=st.sampled_from([1, 2]))
def test_the_composite_schedule_equals_a_brute_force_evaluation(
    wanted: tuple[ChargingProfile, ...], car_phases: int, evse_id: int
) -> None:
    world = World(car_phases)
    kept = installed(world, wanted)
    for second, limit_w in enumerate(by_second(world, evse_id)):
        expected = watts_at(kept, evse_id, car_phases, NOW + timedelta(seconds=second), station=True)
        assert expected - 0.11 < limit_w <= expected + 1e-5


@pytest.mark.req("1.6:5.7", "K08.FR.03")
@settings(max_examples=60, deadline=None)
@given(wanted=sets_of_profiles, car_phases=st.sampled_from([1, 3]))
def test_the_schedule_of_the_station_equals_a_brute_force_evaluation(
    wanted: tuple[ChargingProfile, ...], car_phases: int
) -> None:
    world = World(car_phases)
    kept = installed(world, wanted)
    for second, limit_w in enumerate(by_second(world, 0)):
        expected = station_watts_at(kept, car_phases, NOW + timedelta(seconds=second))
        assert expected - 0.11 < limit_w <= expected + 1e-5


@pytest.mark.req("1.6:3.13.3", "K08.FR.04", "SC.01")
@settings(max_examples=100, deadline=None)
@given(wanted=sets_of_profiles, evse_id=st.sampled_from([1, 2]), unit=st.sampled_from(RateUnit))
def test_the_composite_schedule_is_never_above_a_profile_in_force(
    wanted: tuple[ChargingProfile, ...], evse_id: int, unit: RateUnit
) -> None:
    """In either unit, as told to the CSMS, with the number of phases that it names."""
    world = World(3)
    kept = installed(world, wanted)
    schedule = world.profiles.composite(evse_id, HORIZON_S, unit)
    assert schedule is not None
    for index, told in enumerate(schedule.periods):
        end = schedule.periods[index + 1].start_s if index + 1 < len(schedule.periods) else HORIZON_S
        for second in {told.start_s, (told.start_s + end) // 2, end - 1}:
            for profile, period in in_force(kept, evse_id, NOW + timedelta(seconds=second), station=True):
                per_ampere = VOLTAGE_V * (told.phases or 0) if evse_id == 1 else 400.0
                if evse_id == 2 and profile.purpose is Purpose.STATION_MAX and profile.schedule.unit is RateUnit.AMPERE:
                    continue  # amperes of the grid are not those of a DC outlet
                told_w = told.limit * (per_ampere if unit is RateUnit.AMPERE else 1)
                limit_w = period.limit * (per_ampere if profile.schedule.unit is RateUnit.AMPERE else 1)
                assert told_w <= limit_w + 1e-6


@pytest.mark.req("1.6:3.13.3")
@given(
    capacity=st.floats(0, 1000),
    claims=st.lists(st.tuples(st.floats(0.1, 500), st.floats(0, 1)), max_size=8),
)
def test_shares_never_exceed_what_there_is_and_waste_nothing(
    capacity: float, claims: list[tuple[float, float]]
) -> None:
    asked = [Claim(demand, demand * part) for demand, part in claims]
    given_out = shares(capacity, asked)
    assert sum(given_out) <= capacity * (1 + 1e-9) + 1e-9
    served = [(claim, share) for claim, share in zip(asked, given_out, strict=True) if share > 0]
    if sum(claim.demand for claim in asked) <= capacity:
        assert all(share >= claim.demand - 1e-9 for claim, share in zip(asked, given_out, strict=True))
    elif served:
        # Who is served shares alike: nobody short of its demand has less than another.
        lowest = min((share for claim, share in served if share < claim.demand - 1e-9), default=None)
        if lowest is not None:
            assert all(share <= lowest + 1e-6 for _, share in served)
            assert sum(given_out) == pytest.approx(capacity)
