"""What is wrong with a charging profile: beyond what the station is built for, or against the rules of a schedule."""

from __future__ import annotations

from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from emulator.domain import settings
from emulator.domain.charging_profile import ChargingProfile, Kind, Purpose, Schedule
from emulator.domain.device_model import DeviceModel
from emulator.domain.station import Current, Station


class Reason(StrEnum):
    """Reason codes of 2.0.1 (Part 2, Appendix 5) for refusing a charging profile."""

    INVALID_PROFILE = "InvalidProfile"
    INVALID_SCHEDULE = "InvalidSchedule"
    INVALID_STACK_LEVEL = "InvalidStackLevel"
    PHASES = "UnsupportedParam"
    RATE_UNIT = "UnsupportedRateUnit"
    TOO_MANY_PERIODS = "TooManyElements"
    TOO_MANY_PROFILES = "OutOfMemory"
    TX_NOT_FOUND = "TxNotFound"
    UNKNOWN_EVSE = "UnknownEvse"


class Refusal(NamedTuple):
    """Why a profile is not installed, for machines and for people."""

    reason: Reason
    sentence: str


def refusal(profile: ChargingProfile, station: Station, model: DeviceModel) -> Refusal | None:
    """What is wrong with a profile as such; whether its transaction exists is not asked here."""
    return (
        _place(profile, station)
        or _stack_level(profile, model)
        or _kind(profile)
        or _schedule(profile.schedule, model)
        or _phases(profile, station, model)
    )


def _place(profile: ChargingProfile, station: Station) -> Refusal | None:
    if profile.evse_id and station.evse(profile.evse_id) is None:
        return Refusal(Reason.UNKNOWN_EVSE, f"There is no EVSE {profile.evse_id}.")  # K01.FR.28
    if profile.purpose is Purpose.EXTERNAL:
        return Refusal(Reason.INVALID_PROFILE, "A CSMS cannot set external constraints.")  # K01.FR.22
    if profile.purpose is Purpose.STATION_MAX and profile.evse_id:
        return Refusal(Reason.INVALID_PROFILE, "The limit of the whole station belongs to EVSE (connector) 0.")
    if profile.purpose is Purpose.TX and not profile.evse_id:
        return Refusal(Reason.INVALID_PROFILE, "A TxProfile belongs to one EVSE (connector), not to 0.")  # K01.FR.16
    return None


def _stack_level(profile: ChargingProfile, model: DeviceModel) -> Refusal | None:
    highest = model.integer(settings.PROFILE_STACK_LEVEL)
    if not 0 <= profile.stack_level <= highest:
        text = f"The stack level must be 0 to {highest}, not {profile.stack_level}."
        return Refusal(Reason.INVALID_STACK_LEVEL, text)
    return None


def _kind(profile: ChargingProfile) -> Refusal | None:
    if profile.kind is Kind.RECURRING:
        if profile.recurrency is None:
            return Refusal(Reason.INVALID_PROFILE, "A recurring profile must say whether it recurs daily or weekly.")
        if profile.schedule.start_ms is None:
            # K01.FR.40; in 1.6 it recurs "at the same time as in the startSchedule" (errata 3.79)
            return Refusal(Reason.INVALID_SCHEDULE, "A recurring profile needs a startSchedule, from which it recurs.")
    begins, ends = profile.valid_from_ms, profile.valid_to_ms
    if begins is not None and ends is not None and ends <= begins:
        return Refusal(Reason.INVALID_PROFILE, "validTo must be later than validFrom.")
    return None


def _schedule(schedule: Schedule, model: DeviceModel) -> Refusal | None:
    if schedule.unit not in model.members(settings.RATE_UNIT):  # K01.FR.26
        return Refusal(Reason.RATE_UNIT, f"Schedules in {schedule.unit} are not supported.")
    most = model.integer(settings.PERIODS_PER_SCHEDULE)
    if len(schedule.periods) > most:
        text = f"A schedule may have {most} periods, not {len(schedule.periods)}."
        return Refusal(Reason.TOO_MANY_PERIODS, text)
    wrong = _wrong_periods(schedule)
    return Refusal(Reason.INVALID_SCHEDULE, wrong) if wrong else None


def _wrong_periods(schedule: Schedule) -> str:
    starts = [period.start_s for period in schedule.periods]
    if not starts or starts[0] != 0:
        return "The first period must start at 0."  # K01.FR.31, errata 3.45
    if any(later <= earlier for earlier, later in pairwise(starts)):
        return "The periods must be in the order of their start."  # K01.FR.35
    if any(period.limit < 0 for period in schedule.periods):
        return "A limit must not be negative."
    if any(period.phases is not None and period.phases < 1 for period in schedule.periods):
        return "The number of phases must be at least 1."
    if schedule.duration_s is not None and schedule.duration_s <= 0:
        return "The duration must be greater than 0."
    if schedule.min_rate is not None and schedule.min_rate < 0:
        return "minChargingRate must not be negative."
    return ""


def _phases(profile: ChargingProfile, station: Station, model: DeviceModel) -> Refusal | None:
    if model.boolean(settings.PHASES_3_TO_1) or profile.purpose is Purpose.STATION_MAX:
        return None
    stated = [period.phases for period in profile.schedule.periods if period.phases is not None]
    for evse in station.evses:
        concerned = profile.evse_id in {0, evse.id} and evse.current is Current.AC
        if concerned and min(stated, default=evse.phases) < evse.phases:
            # K01.FR.43: it cannot ensure that no more phases will be used
            return Refusal(Reason.PHASES, f"EVSE {evse.id} cannot change the number of its phases.")
    return None
