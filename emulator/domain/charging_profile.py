"""Charging profiles: what a CSMS (or an energy manager) allows, and which limit of a profile holds at a moment.

Moments are whole milliseconds since 1970 in UTC: integers, so that borders between periods are exact.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

NEVER = 1 << 62
"""A moment that does not come."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def moment(time: datetime) -> int:
    """A date and time as milliseconds since 1970."""
    return (time - _EPOCH) // _MILLISECOND


def time_of(moment_ms: int) -> datetime:
    """The date and time of a moment."""
    return _EPOCH + timedelta(milliseconds=moment_ms)


class Purpose(StrEnum):
    """ChargingProfilePurposeEnumType of OCPP 2.0.1; 1.6 calls STATION_MAX ChargePointMaxProfile."""

    EXTERNAL = "ChargingStationExternalConstraints"
    STATION_MAX = "ChargingStationMaxProfile"
    TX_DEFAULT = "TxDefaultProfile"
    TX = "TxProfile"


class Kind(StrEnum):
    """ChargingProfileKindEnumType."""

    ABSOLUTE = "Absolute"
    RECURRING = "Recurring"
    RELATIVE = "Relative"


class Recurrency(StrEnum):
    """RecurrencyKindEnumType."""

    DAILY = "Daily"
    WEEKLY = "Weekly"


class RateUnit(StrEnum):
    """ChargingRateUnitEnumType: watts in total, or amperes per phase."""

    AMPERE = "A"
    WATT = "W"


CYCLE_MS = {Recurrency.DAILY: 86_400_000, Recurrency.WEEKLY: 604_800_000}


class Period(NamedTuple):
    """From `start_s` (seconds since the start of the schedule) on, `limit` holds; `phases` None: not stated."""

    start_s: int
    limit: float
    phases: int | None = None
    phase_to_use: int | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """Limits over time; `start_ms` None: from the start of charging on; `duration_s` None: until something ends it."""

    unit: RateUnit
    periods: tuple[Period, ...]
    start_ms: int | None = None
    duration_s: int | None = None
    min_rate: float | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class ChargingProfile:
    """One profile as installed.

    `evse_id` 0 is the whole station; `connector_id` narrows it to one connector of the EVSE; `transaction_id` is the
    station's own; `source` names who set an external constraint; `installed_ms` is when the station took it.
    """

    id: int
    evse_id: int
    purpose: Purpose
    stack_level: int
    kind: Kind
    schedule: Schedule
    recurrency: Recurrency | None = None
    valid_from_ms: int | None = None
    valid_to_ms: int | None = None
    connector_id: int | None = None
    transaction_id: str | None = None
    source: str = ""
    installed_ms: int = 0

    @property
    def floats(self) -> bool:
        """Whether the schedule starts with the charging, not at a date and time of its own."""
        return self.kind is Kind.RELATIVE or self.schedule.start_ms is None

    def to_json(self) -> dict[str, Any]:
        """The profile as kept in memory."""
        schedule = self.schedule
        return {
            "id": self.id,
            "evse_id": self.evse_id,
            "purpose": self.purpose,
            "stack_level": self.stack_level,
            "kind": self.kind,
            "recurrency": self.recurrency,
            "valid_from_ms": self.valid_from_ms,
            "valid_to_ms": self.valid_to_ms,
            "connector_id": self.connector_id,
            "transaction_id": self.transaction_id,
            "source": self.source,
            "installed_ms": self.installed_ms,
            "schedule": {
                "id": schedule.id,
                "unit": schedule.unit,
                "start_ms": schedule.start_ms,
                "duration_s": schedule.duration_s,
                "min_rate": schedule.min_rate,
                "periods": [list(period) for period in schedule.periods],
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ChargingProfile:
        """The profile as read from memory."""
        schedule = dict(data["schedule"])
        schedule["unit"] = RateUnit(schedule["unit"])
        schedule["periods"] = tuple(Period(*period) for period in schedule["periods"])
        return cls(
            **{
                **data,
                "purpose": Purpose(data["purpose"]),
                "kind": Kind(data["kind"]),
                "recurrency": Recurrency(data["recurrency"]) if data["recurrency"] else None,
                "schedule": Schedule(**schedule),
            }
        )


class Track:
    """A profile followed through time: the period in force at a moment, and until when nothing changes.

    `origin_ms` is when charging started. Time only goes forward: each moment asked for is not before the last one.
    """

    __slots__ = ("_cycle_ms", "_from_ms", "_length_ms", "_start_ms", "_starts_s", "_to_ms", "period", "profile",
                 "unit", "until_ms")  # fmt: skip

    def __init__(self, profile: ChargingProfile, origin_ms: int) -> None:
        schedule = profile.schedule
        self.profile = profile
        self.unit = schedule.unit
        self.period: Period | None = None
        self.until_ms = -NEVER
        start_ms = schedule.start_ms
        self._start_ms = origin_ms if start_ms is None or profile.floats else start_ms
        self._from_ms = -NEVER if profile.valid_from_ms is None else profile.valid_from_ms
        self._to_ms = NEVER if profile.valid_to_ms is None else profile.valid_to_ms
        self._cycle_ms = CYCLE_MS[profile.recurrency] if profile.kind is Kind.RECURRING and profile.recurrency else 0
        length_ms = NEVER if schedule.duration_s is None else schedule.duration_s * 1000
        # What is longer than the recurrence is not executed (1.6 section 5.16.4).
        self._length_ms = min(length_ms, self._cycle_ms or NEVER)
        self._starts_s = [period.start_s for period in schedule.periods]

    def at(self, moment_ms: int) -> Period | None:
        """The period in force, or None; `until_ms` is then the next moment at which that may change."""
        if moment_ms >= self.until_ms:
            self.period, until_ms = self._find(moment_ms)
            self.until_ms = min(until_ms, self._to_ms) if moment_ms < self._to_ms else NEVER
        return self.period

    def _find(self, moment_ms: int) -> tuple[Period | None, int]:
        if moment_ms >= self._to_ms:  # K01.FR.37
            return None, NEVER
        if moment_ms < self._from_ms:  # K01.FR.36
            return None, self._from_ms
        start_ms, cycle_ms = self._start_ms, self._cycle_ms
        if moment_ms < start_ms:  # K01.FR.30
            return None, start_ms
        if cycle_ms:
            # Errata 3.79 of 1.6: every 24 hours or 7 days, at the same time as in startSchedule.
            start_ms += (moment_ms - start_ms) // cycle_ms * cycle_ms
        elapsed_ms = moment_ms - start_ms
        if elapsed_ms >= self._length_ms:  # K01.FR.13
            return None, start_ms + cycle_ms if cycle_ms else NEVER
        following = bisect_right(self._starts_s, elapsed_ms // 1000)
        end_ms = self._length_ms
        if following < len(self._starts_s):
            end_ms = min(end_ms, self._starts_s[following] * 1000)
        return self.profile.schedule.periods[following - 1], start_ms + end_ms
