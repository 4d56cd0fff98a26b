"""Transactions, their events, and the meter values that they carry; version-neutral."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from emulator.domain.station import ChargingState
from emulator.domain.tokens import IdToken


class EventType(StrEnum):
    """TransactionEventEnumType of OCPP 2.0.1."""

    STARTED = "Started"
    UPDATED = "Updated"
    ENDED = "Ended"


class TransactionPoint(StrEnum):
    """The facts between which a transaction lasts: TxStartPoint and TxStopPoint of OCPP 2.0.1."""

    PARKING_BAY_OCCUPANCY = "ParkingBayOccupancy"
    EV_CONNECTED = "EVConnected"
    AUTHORIZED = "Authorized"
    DATA_SIGNED = "DataSigned"
    POWER_PATH_CLOSED = "PowerPathClosed"
    ENERGY_TRANSFER = "EnergyTransfer"


class Trigger(StrEnum):
    """TriggerReasonEnumType of OCPP 2.0.1."""

    AUTHORIZED = "Authorized"
    CABLE_PLUGGED_IN = "CablePluggedIn"
    CHARGING_RATE_CHANGED = "ChargingRateChanged"
    CHARGING_STATE_CHANGED = "ChargingStateChanged"
    DEAUTHORIZED = "Deauthorized"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_COMMUNICATION_LOST = "EVCommunicationLost"
    EV_CONNECT_TIMEOUT = "EVConnectTimeout"
    METER_VALUE_CLOCK = "MeterValueClock"
    METER_VALUE_PERIODIC = "MeterValuePeriodic"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TRIGGER = "Trigger"
    UNLOCK_COMMAND = "UnlockCommand"
    STOP_AUTHORIZED = "StopAuthorized"
    EV_DEPARTED = "EVDeparted"
    EV_DETECTED = "EVDetected"
    REMOTE_STOP = "RemoteStop"
    REMOTE_START = "RemoteStart"
    ABNORMAL_CONDITION = "AbnormalCondition"
    SIGNED_DATA_RECEIVED = "SignedDataReceived"
    RESET_COMMAND = "ResetCommand"


class StoppedReason(StrEnum):
    """ReasonEnumType of OCPP 2.0.1, and the three reasons of 1.6 that it lacks."""

    DE_AUTHORIZED = "DeAuthorized"
    EMERGENCY_STOP = "EmergencyStop"
    ENERGY_LIMIT_REACHED = "EnergyLimitReached"
    EV_DISCONNECTED = "EVDisconnected"
    GROUND_FAULT = "GroundFault"
    IMMEDIATE_RESET = "ImmediateReset"
    LOCAL = "Local"
    LOCAL_OUT_OF_CREDIT = "LocalOutOfCredit"
    MASTER_PASS = "MasterPass"
    OTHER = "Other"
    OVERCURRENT_FAULT = "OvercurrentFault"
    POWER_LOSS = "PowerLoss"
    POWER_QUALITY = "PowerQuality"
    REBOOT = "Reboot"
    REMOTE = "Remote"
    SOC_LIMIT_REACHED = "SOCLimitReached"
    STOPPED_BY_EV = "StoppedByEV"
    TIME_LIMIT_REACHED = "TimeLimitReached"
    TIMEOUT = "Timeout"
    HARD_RESET = "HardReset"
    SOFT_RESET = "SoftReset"
    UNLOCK_COMMAND = "UnlockCommand"


class ReadingContext(StrEnum):
    """ReadingContextEnumType: why a value was read."""

    INTERRUPTION_BEGIN = "Interruption.Begin"
    INTERRUPTION_END = "Interruption.End"
    OTHER = "Other"
    SAMPLE_CLOCK = "Sample.Clock"
    SAMPLE_PERIODIC = "Sample.Periodic"
    TRANSACTION_BEGIN = "Transaction.Begin"
    TRANSACTION_END = "Transaction.End"
    TRIGGER = "Trigger"


class Sample:
    """One sampled value: `value` in `unit` ("Wh", "W", "A", "V", "Percent", "Hz"), on one phase or none."""

    __slots__ = ("location", "measurand", "phase", "unit", "value")

    def __init__(self, measurand: str, value: float, unit: str, phase: str = "", location: str = "") -> None:
        self.measurand = measurand
        self.value = value
        self.unit = unit
        self.phase = phase
        self.location = location

    def to_json(self) -> list[Any]:
        """The sample as kept in memory."""
        return [self.measurand, self.value, self.unit, self.phase, self.location]


class MeterValue:
    """Samples that were taken at the same moment, for the same reason."""

    __slots__ = ("at", "context", "samples")

    def __init__(self, at: datetime, context: ReadingContext, samples: list[Sample]) -> None:
        self.at = at
        self.context = context
        self.samples = samples

    def to_json(self) -> dict[str, Any]:
        """The value as kept in memory."""
        return {"at": self.at.isoformat(), "context": self.context, "samples": [s.to_json() for s in self.samples]}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> MeterValue:
        """The value as read from memory."""
        at = datetime.fromisoformat(data["at"])
        return cls(at, ReadingContext(data["context"]), [Sample(*sample) for sample in data["samples"]])


@dataclass(slots=True)
class Transaction:
    """One transaction; `csms_id` is what a 1.6 CSMS calls it, once known.

    `meter_start_wh` and `meter_stop_wh` are register values; `next_seq_no` counts this transaction's events.
    """

    id: str
    evse_id: int
    started_at: datetime
    meter_start_wh: float
    connector_id: int | None = None
    token: IdToken | None = None
    group: IdToken | None = None
    remote_start_id: int | None = None
    reservation_id: int | None = None
    charging_state: ChargingState = ChargingState.IDLE
    next_seq_no: int = 0
    csms_id: int | None = None
    ended_at: datetime | None = None
    meter_stop_wh: float | None = None
    stopped_reason: str | None = None
    # What ended the authorization while the transaction itself goes on until its stop point.
    stop_cause: str | None = None
    # For how many seconds energy has flowed so far.
    charging_s: float = 0.0
    ended_samples: list[MeterValue] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The transaction as kept in memory."""
        return {
            "evse_id": self.evse_id,
            "started_at": self.started_at.isoformat(),
            "meter_start_wh": self.meter_start_wh,
            "connector_id": self.connector_id,
            "token": self.token.to_json() if self.token else None,
            "group": self.group.to_json() if self.group else None,
            "remote_start_id": self.remote_start_id,
            "reservation_id": self.reservation_id,
            "charging_state": self.charging_state,
            "next_seq_no": self.next_seq_no,
            "csms_id": self.csms_id,
            "ended_at": self.ended_at.isoformat() if self.ended_at else None,
            "meter_stop_wh": self.meter_stop_wh,
            "stopped_reason": self.stopped_reason,
            "stop_cause": self.stop_cause,
            "charging_s": self.charging_s,
            "ended_samples": [value.to_json() for value in self.ended_samples],
        }

    @classmethod
    def from_json(cls, transaction_id: str, data: dict[str, Any]) -> Transaction:
        """The transaction as read from memory."""
        return cls(
            id=transaction_id,
            evse_id=data["evse_id"],
            started_at=datetime.fromisoformat(data["started_at"]),
            meter_start_wh=data["meter_start_wh"],
            connector_id=data["connector_id"],
            token=IdToken.from_json(data["token"]),
            group=IdToken.from_json(data["group"]),
            remote_start_id=data["remote_start_id"],
            reservation_id=data["reservation_id"],
            charging_state=ChargingState(data["charging_state"]),
            next_seq_no=data["next_seq_no"],
            csms_id=data["csms_id"],
            ended_at=datetime.fromisoformat(data["ended_at"]) if data["ended_at"] else None,
            meter_stop_wh=data["meter_stop_wh"],
            stopped_reason=data["stopped_reason"],
            stop_cause=data["stop_cause"],
            charging_s=data.get("charging_s", 0.0),
            ended_samples=[MeterValue.from_json(value) for value in data["ended_samples"]],
        )


@dataclass(frozen=True, slots=True)
class TransactionEvent:
    """Something happened to a transaction; dialects turn it into messages.

    `token` is set on the events that must name it; `meter_values` are those that belong to this event;
    `offline`: it happened while the CSMS could not be told.
    """

    type: EventType
    trigger: Trigger
    transaction: Transaction
    at: datetime
    seq_no: int
    offline: bool
    charging_state: ChargingState
    token: IdToken | None = None
    meter_values: tuple[MeterValue, ...] = ()
    phases_used: int | None = None
    cable_max_current_a: float | None = None
