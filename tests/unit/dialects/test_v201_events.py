"""TransactionEventRequest, made of a domain event; every one fits its schema."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.dialects.v201.transactions import event_payload
from emulator.domain.station import ChargingState
from emulator.domain.tokens import IdToken
from emulator.domain.transaction import (
    EventType,
    MeterValue,
    ReadingContext,
    Sample,
    StoppedReason,
    Transaction,
    TransactionEvent,
    Trigger,
)
from emulator.rpc.schemas import schemas_for

AT = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def transaction(**fields: Any) -> Transaction:
    return Transaction(**{"id": "t-1", "evse_id": 2, "started_at": AT, "meter_start_wh": 0.0, **fields})


EVENT = TransactionEvent(
    EventType.UPDATED, Trigger.METER_VALUE_PERIODIC, transaction(), AT, 7, False, ChargingState.CHARGING
)


def payload(**fields: Any) -> dict[str, Any]:
    made = event_payload(replace(EVENT, **fields))
    assert schemas_for("2.0.1").request_problems("TransactionEvent", made) == ()
    return made


def test_the_least_that_an_event_says():
    assert payload() == {
        "eventType": "Updated",
        "timestamp": "2026-01-05T12:00:00.000Z",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": 7,
        "transactionInfo": {"transactionId": "t-1", "chargingState": "Charging"},
    }


@pytest.mark.req("E04.FR.03")
def test_offline_is_told_only_when_it_was():
    assert payload(offline=True)["offline"] is True


@pytest.mark.req("E01.FR.16")
@pytest.mark.parametrize(
    ("kind", "trigger", "told"),
    [
        (EventType.STARTED, Trigger.AUTHORIZED, True),
        (EventType.UPDATED, Trigger.CABLE_PLUGGED_IN, True),
        (EventType.UPDATED, Trigger.AUTHORIZED, False),
        (EventType.ENDED, Trigger.STOP_AUTHORIZED, False),
    ],
)
def test_the_place_is_told_when_the_car_is_connected(kind: EventType, trigger: Trigger, told: bool):
    made = payload(type=kind, trigger=trigger, transaction=transaction(connector_id=1), cable_max_current_a=32.0)
    assert ("evse" in made, "cableMaxCurrent" in made) == (told, told)
    if told:
        assert made["evse"] == {"id": 2, "connectorId": 1}
        assert made["cableMaxCurrent"] == 32


@pytest.mark.req("E01.FR.16")
def test_a_connector_that_was_only_chosen_is_not_told():
    made = payload(type=EventType.STARTED, transaction=transaction(connector_id=1))
    assert made["evse"] == {"id": 2}


@pytest.mark.req("E01.FR.17")
def test_an_evse_that_is_not_known_yet_is_not_told():
    assert "evse" not in payload(type=EventType.STARTED, transaction=transaction(evse_id=0))


@pytest.mark.req("F01.FR.25", "F02.FR.01")
@pytest.mark.parametrize(("trigger", "told"), [(Trigger.REMOTE_START, True), (Trigger.CHARGING_STATE_CHANGED, False)])
def test_the_remote_start_id_is_told_once(trigger: Trigger, told: bool):
    made = payload(trigger=trigger, transaction=transaction(remote_start_id=5))
    assert made["transactionInfo"].get("remoteStartId") == (5 if told else None)


@pytest.mark.req("E06.FR.08")
@pytest.mark.parametrize("reason", list(StoppedReason))
def test_every_reason_has_a_word_in_this_version(reason: StoppedReason):
    ended = transaction(stopped_reason=reason, charging_s=61.4)
    info = payload(type=EventType.ENDED, trigger=Trigger.ABNORMAL_CONDITION, transaction=ended)["transactionInfo"]
    assert info["timeSpentCharging"] == 61
    words = {"HardReset": "ImmediateReset", "SoftReset": "ImmediateReset", "UnlockCommand": "Other"}
    assert info["stoppedReason"] == words.get(reason, reason)


@pytest.mark.parametrize("trigger", list(Trigger))
def test_every_trigger_is_a_word_of_this_version(trigger: Trigger):
    assert payload(trigger=trigger)["triggerReason"] == trigger


def test_token_phases_and_values():
    value = MeterValue(AT, ReadingContext.TRIGGER, [Sample("SoC", 50, "Percent")])
    made = payload(token=IdToken("ABC", "Central"), phases_used=3, meter_values=(value,))
    assert made["idToken"] == {"idToken": "ABC", "type": "Central"}
    assert made["numberOfPhasesUsed"] == 3
    assert made["meterValue"][0]["sampledValue"][0]["context"] == "Trigger"
    assert "meterValue" not in payload(meter_values=(MeterValue(AT, ReadingContext.TRIGGER, []),))
