"""SetChargingProfile, ClearChargingProfile and GetCompositeSchedule of 1.6 (sections 3.13, 5.5, 5.7, 5.16)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from emulator.dialects.dialect import Payload
from emulator.dialects.v16 import numbering
from emulator.domain.calls import CallRefusal, ErrorCode, Reply
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
from emulator.domain.station import Connector, Evse
from emulator.domain.times import parsed_time, timestamp
from emulator.domain.transaction import Transaction
from emulator.services.profile_checks import Reason, Refusal

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16
    from emulator.services.charging_profiles import CompositeSchedule

PURPOSES = {
    "ChargePointMaxProfile": Purpose.STATION_MAX,
    "TxDefaultProfile": Purpose.TX_DEFAULT,
    "TxProfile": Purpose.TX,
}

# Section 7.11: Rejected is an answer to what is wrong, NotSupported to what this Charge Point cannot do.
NOT_SUPPORTED = frozenset({Reason.RATE_UNIT, Reason.PHASES})

STATION = 0

Place = tuple[Evse, Connector]


def set_charging_profile(dialect: V16, payload: Payload) -> Reply:
    """Install a profile at a connector, or at the Charge Point (section 5.16)."""
    wire, number = payload["csChargingProfiles"], payload["connectorId"]
    found = numbering.find(dialect.context.station, number)
    if found is None and number != STATION:
        # Errata 3.39.
        raise CallRefusal(ErrorCode.PROPERTY_CONSTRAINT_VIOLATION, f"There is no connector {number}.")
    profile = profile_from(wire, found)
    wrong = _install(dialect, wire, profile, found)
    if wrong is None:
        return Reply({"status": "Accepted"})
    dialect.context.note(f"SetChargingProfile {profile.id}: {wrong.sentence}")
    return Reply({"status": "NotSupported" if wrong.reason in NOT_SUPPORTED else "Rejected"})


def _install(dialect: V16, wire: Payload, profile: ChargingProfile, found: Place | None) -> Refusal | None:
    profiles = dialect.context.smart_charging.profiles
    if profile.purpose is Purpose.TX and found is not None:
        transaction = _transaction(dialect, wire, found)
        if transaction is None:
            return Refusal(Reason.TX_NOT_FOUND, "There is no such transaction on this connector.")
        profile = replace(profile, transaction_id=transaction.id)
    elif "transactionId" in wire and profile.purpose is not Purpose.TX:
        # Section 7.8.
        return Refusal(Reason.INVALID_PROFILE, "Only a TxProfile can name a transaction.")
    wrong = profiles.refusal(profile)
    return wrong or profiles.install(profile, lambda old: _replaced_by(profile, old))


def _transaction(dialect: V16, wire: Payload, found: Place) -> Transaction | None:
    """The transaction of a connector, if it is the one that the message names (sections 3.13.1, 7.8)."""
    evse, connector = found
    transaction = dialect.context.transactions.session(evse.id).transaction
    if transaction is None or transaction.connector_id not in {None, connector.id}:
        return None
    return transaction if wire.get("transactionId", transaction.csms_id) == transaction.csms_id else None


def _replaced_by(new: ChargingProfile, old: ChargingProfile) -> bool:
    """Whether a profile is of the same stack level and purpose (section 3.13.2); connector 0 stands for all."""
    if (new.purpose, new.stack_level) != (old.purpose, old.stack_level):
        return False
    return not new.evse_id or (new.evse_id, new.connector_id) == (old.evse_id, old.connector_id)


def profile_for_start(dialect: V16, wire: Payload, evse: Evse) -> ChargingProfile | None:
    """The profile of a RemoteStartTransaction for the EVSE chosen; None: it is refused (section 5.16.2)."""
    profile = profile_from(wire, None, evse.id)
    if profile.purpose is not Purpose.TX or "transactionId" in wire:
        dialect.context.note(f"RemoteStartTransaction: charging profile {profile.id} must be a TxProfile of no number.")
        return None
    wrong = dialect.context.smart_charging.profiles.refusal(profile, at_start=True)
    if wrong is not None:
        dialect.context.note(f"RemoteStartTransaction: charging profile {profile.id}: {wrong.sentence}")
        return None
    return profile


# --- from the wire


def profile_from(wire: Payload, found: Place | None, evse_id: int = STATION) -> ChargingProfile:
    """A ChargingProfile (section 7.8); raises CallRefusal where a value cannot be read."""
    evse, connector = found or (None, None)
    recurrency = wire.get("recurrencyKind")
    return ChargingProfile(
        id=wire["chargingProfileId"],
        evse_id=evse.id if evse else evse_id,
        connector_id=connector.id if evse and connector and len(evse.connectors) > 1 else None,
        purpose=PURPOSES[wire["chargingProfilePurpose"]],
        stack_level=wire["stackLevel"],
        kind=Kind(wire["chargingProfileKind"]),
        recurrency=Recurrency(recurrency) if recurrency else None,
        valid_from_ms=_moment(wire, "validFrom"),
        valid_to_ms=_moment(wire, "validTo"),
        schedule=_schedule(wire["chargingSchedule"]),
    )


def _schedule(wire: Payload) -> Schedule:
    periods = wire["chargingSchedulePeriod"]
    if not periods:
        # Section 7.13: 1..*; the schema leaves it out.
        text = "A chargingSchedule needs at least one chargingSchedulePeriod."
        raise CallRefusal(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, text)
    return Schedule(
        unit=RateUnit(wire["chargingRateUnit"]),
        periods=tuple(Period(p["startPeriod"], p["limit"], p.get("numberPhases")) for p in periods),
        start_ms=_moment(wire, "startSchedule"),
        duration_s=wire.get("duration"),
        min_rate=wire.get("minChargingRate"),
    )


def _moment(wire: Payload, field: str) -> int | None:
    if field not in wire:
        return None
    time = parsed_time(wire[field])
    if time is None:
        raise CallRefusal(ErrorCode.TYPE_CONSTRAINT_VIOLATION, f"{field} is no date and time: {wire[field]}")
    return moment(time)


# --- ClearChargingProfile


def clear_charging_profile(dialect: V16, payload: Payload) -> Reply:
    """Remove the profile of an id, or all that fit every field given (section 5.5, errata 3.25 and 3.26)."""
    if "id" in payload:
        cleared = dialect.context.smart_charging.profiles.clear(lambda profile: profile.id == payload["id"])
    else:
        cleared = dialect.context.smart_charging.profiles.clear(lambda profile: _fits(dialect, profile, payload))
    return Reply({"status": "Accepted" if cleared else "Unknown"})


def _fits(dialect: V16, profile: ChargingProfile, criteria: Payload) -> bool:
    values = {
        "connectorId": _number(dialect, profile),
        "chargingProfilePurpose": next((name for name, purpose in PURPOSES.items() if purpose is profile.purpose), ""),
        "stackLevel": profile.stack_level,
    }
    return all(values[name] == wanted for name, wanted in criteria.items())


def _number(dialect: V16, profile: ChargingProfile) -> int:
    if not profile.evse_id:
        return STATION
    return numbering.connector_id(dialect.context.station, profile.evse_id, profile.connector_id or 1)


# --- GetCompositeSchedule


def get_composite_schedule(dialect: V16, payload: Payload) -> Reply:
    """What a connector, or the Charge Point, expects to take from now on (section 5.7)."""
    number = payload["connectorId"]
    found = numbering.find(dialect.context.station, number)
    if found is None and number != STATION:
        return Reply({"status": "Rejected"})
    unit = RateUnit(payload["chargingRateUnit"]) if "chargingRateUnit" in payload else None
    evse_id, connector_id = (found[0].id, found[1].id) if found else (STATION, None)
    schedule = dialect.context.smart_charging.profiles.composite(evse_id, payload["duration"], unit, connector_id)
    if schedule is None:
        return Reply({"status": "Rejected"})
    return Reply(
        {
            "status": "Accepted",
            "connectorId": number,
            "scheduleStart": timestamp(schedule.start),
            "chargingSchedule": _wire_schedule(schedule),
        }
    )


def _wire_schedule(schedule: CompositeSchedule) -> dict[str, Any]:
    periods: list[dict[str, Any]] = []
    for start_s, limit, phases in schedule.periods:
        period = {"startPeriod": start_s, "limit": limit}
        if phases is not None:
            period["numberPhases"] = phases
        periods.append(period)
    # Errata 3.57: no startSchedule here; scheduleStart says it.
    return {
        "duration": schedule.duration_s,
        "chargingRateUnit": str(schedule.unit),
        "chargingSchedulePeriod": periods,
    }
