"""What a row says about a frame, for every action and for payloads of any shape."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.log_frames import REFUSED_VARIABLE, TRANSACTION, WRONG_VARIABLE, FrameMaker, event, meter_value
from ui.models.summaries import answer_summary, facts, summarize
from ui.models.summary_texts import SUMMARIES

ID_TOKEN = {"idToken": "04A22B6C", "type": "ISO14443"}
SCHEDULE = {
    "chargingRateUnit": "A",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 16.0}, {"startPeriod": 780, "limit": 10.0}],
}
VARIABLE = {"component": {"name": "EVSE", "evse": {"id": 1}}, "variable": {"name": "Power"}}

SAID = [
    ("1.6", "BootNotification", {"chargePointVendor": "A", "chargePointModel": "B"}, "A B"),
    (
        "1.6",
        "StatusNotification",
        {"connectorId": 1, "status": "Available", "errorCode": "NoError"},
        "connector 1 · Available",
    ),
    (
        "1.6",
        "StatusNotification",
        {"connectorId": 0, "status": "Faulted", "errorCode": "GroundFailure"},
        "station · Faulted · GroundFailure",
    ),
    ("1.6", "Authorize", {"idTag": "04A22B6C"}, "04A22B6C"),
    (
        "1.6",
        "StartTransaction",
        {"connectorId": 2, "idTag": "T", "meterStart": 1500, "timestamp": "x"},
        "connector 2 · T · 1.50 kWh",
    ),
    (
        "1.6",
        "StopTransaction",
        {"transactionId": 1001, "meterStop": 12_400, "reason": "EVDisconnected"},
        "tx 1001 · 12.4 kWh · EVDisconnected",
    ),
    (
        "1.6",
        "MeterValues",
        {
            "connectorId": 1,
            "transactionId": 1001,
            "meterValue": [
                {
                    "sampledValue": [
                        {"value": "12400"},
                        {"value": "11", "unit": "kW", "measurand": "Power.Active.Import"},
                    ]
                }
            ],
        },
        "connector 1 · tx 1001 · 12.4 kWh · 11.0 kW",
    ),
    ("1.6", "RemoteStartTransaction", {"idTag": "T", "connectorId": 1}, "T · connector 1"),
    ("1.6", "RemoteStopTransaction", {"transactionId": 7}, "tx 7"),
    ("1.6", "ChangeConfiguration", {"key": "HeartbeatInterval", "value": "5"}, 'HeartbeatInterval = "5"'),
    ("1.6", "ChangeConfiguration", {"key": "AuthorizationKey", "value": "secret"}, 'AuthorizationKey = "•••"'),
    ("1.6", "GetConfiguration", {}, "all keys"),
    ("1.6", "GetConfiguration", {"key": ["A", "B", "C", "D"]}, "A · B · C  +1"),
    ("1.6", "ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}, "station · Inoperative"),
    ("1.6", "Reset", {"type": "Hard"}, "Hard"),
    ("1.6", "SendLocalList", {"listVersion": 3, "updateType": "Full"}, "Full · version 3 · 0 entries"),
    (
        "1.6",
        "SetChargingProfile",
        {
            "connectorId": 1,
            "csChargingProfiles": {
                "chargingProfileId": 42,
                "chargingProfilePurpose": "TxProfile",
                "chargingSchedule": SCHEDULE,
            },
        },
        "TxProfile 42 · connector 1 · 16 A, 10 A after 13 min",
    ),
    ("1.6", "DataTransfer", {"vendorId": "org.x", "messageId": "m", "data": "d"}, "org.x · m · d"),
    (
        "2.0.1",
        "BootNotification",
        {"chargingStation": {"vendorName": "ChargeDesk", "model": "DC-150"}, "reason": "PowerUp"},
        "ChargeDesk DC-150 · PowerUp",
    ),
    (
        "2.0.1",
        "StatusNotification",
        {"connectorStatus": "Available", "evseId": 1, "connectorId": 1},
        "EVSE 1 · connector 1 · Available",
    ),
    ("2.0.1", "Authorize", {"idToken": ID_TOKEN}, "04A22B6C · ISO14443"),
    ("2.0.1", "TransactionEvent", event("Started", "CablePluggedIn", 0), "Started · CablePluggedIn · tx 7f3a · seq 0"),
    (
        "2.0.1",
        "TransactionEvent",
        event("Updated", "ChargingStateChanged", 2, chargingState="Charging"),
        "Updated · Charging · tx 7f3a · seq 2",
    ),
    (
        "2.0.1",
        "TransactionEvent",
        event("Updated", "MeterValuePeriodic", 3) | {"meterValue": meter_value(180, 11_000)},
        "Updated · MeterValuePeriodic · 0.18 kWh · 11.0 kW · tx 7f3a · seq 3",
    ),
    (
        "2.0.1",
        "TransactionEvent",
        event("Ended", "EVDeparted", 9, stoppedReason="EVDisconnected") | {"offline": True},
        "Ended · EVDeparted · EVDisconnected · tx 7f3a · seq 9 · offline",
    ),
    ("2.0.1", "SetVariables", WRONG_VARIABLE, 'SampledDataCtrlr.TxUpdatedInterval = "ten"'),
    ("2.0.1", "GetVariables", {"getVariableData": [VARIABLE, VARIABLE]}, "EVSE#1.Power  +1"),
    (
        "2.0.1",
        "RequestStartTransaction",
        {"idToken": ID_TOKEN, "evseId": 1, "remoteStartId": 5},
        "04A22B6C · EVSE 1 · remote 5",
    ),
    ("2.0.1", "RequestStopTransaction", {"transactionId": TRANSACTION}, "tx 7f3a"),
    ("2.0.1", "ChangeAvailability", {"evse": {"id": 1}, "operationalStatus": "Operative"}, "EVSE 1 · Operative"),
    ("2.0.1", "Reset", {"type": "OnIdle", "evseId": 2}, "OnIdle · EVSE 2"),
    ("2.0.1", "TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 1}}, "MeterValues · EVSE 1"),
    ("2.0.1", "UnlockConnector", {"evseId": 1, "connectorId": 2}, "EVSE 1 · connector 2"),
    ("2.0.1", "GetBaseReport", {"requestId": 5, "reportBase": "FullInventory"}, "FullInventory · request 5"),
    (
        "2.0.1",
        "NotifyReport",
        {"requestId": 5, "seqNo": 0, "reportData": [{}, {}], "tbc": True},
        "request 5 · seq 0 · 2 rows · more follows",
    ),
    (
        "2.0.1",
        "SetNetworkProfile",
        {"configurationSlot": 1, "connectionData": {"ocppCsmsUrl": "wss://c", "securityProfile": 2}},
        "slot 1 · wss://c · profile 2",
    ),
    ("2.0.1", "Heartbeat", {}, ""),
    ("2.0.1", "SomethingOfTomorrow", {"a": 1, "b": True, "c": {"d": 1}, "e": "f"}, "a 1 · b true · e f"),
]


@pytest.mark.parametrize(
    ("ocpp", "action", "payload", "text"), SAID, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_request_says_what_matters(ocpp, action, payload, text):
    assert summarize(FrameMaker().call(action, payload, ocpp=ocpp)) == text


@pytest.mark.parametrize(
    ("action", "payload", "text", "refused"),
    [
        ("Authorize", {"idTagInfo": {"status": "Blocked"}}, "Blocked", True),
        ("Authorize", {"idTokenInfo": {"status": "Accepted"}}, "Accepted", False),
        ("StartTransaction", {"transactionId": 1001, "idTagInfo": {"status": "Accepted"}}, "Accepted · tx 1001", False),
        ("BootNotification", {"status": "Pending", "interval": 60}, "Pending · 60 s", False),
        ("SetVariables", REFUSED_VARIABLE, "Rejected · InvalidValue", True),
        (
            "GetVariables",
            {"getVariableResult": [{"attributeStatus": "Accepted", "attributeValue": "30"}]},
            'Accepted · "30"',
            False,
        ),
        ("GetConfiguration", {"configurationKey": [{"key": "a", "value": "5"}]}, '"5"', False),
        ("GetConfiguration", {"configurationKey": [{}, {}], "unknownKey": ["x"]}, "2 keys · 1 unknown", False),
        ("GetLocalListVersion", {"listVersion": 3}, "version 3", False),
        (
            "Reset",
            {"status": "Rejected", "statusInfo": {"reasonCode": "FwUpdateInProgress"}},
            "Rejected · FwUpdateInProgress",
            True,
        ),
        ("TransactionEvent", {"totalCost": 1.5}, "cost 1.50", False),
        ("Heartbeat", {"currentTime": "x"}, "", False),
    ],
)
def test_an_answer_says_whether_it_agrees(action, payload, text, refused):
    maker = FrameMaker()
    assert answer_summary(maker.answer(maker.call(action), payload)) == (text, refused)


def test_an_error_says_its_code():
    maker = FrameMaker()
    assert answer_summary(maker.answer(maker.call("Reset"), error="NotImplemented")) == ("NotImplemented", True)


def test_a_malformed_frame_says_why_and_how_it_begins():
    text = summarize(FrameMaker().malformed())
    assert text == 'not JSON: unexpected end · [2,"1","Reset",{'


@pytest.mark.parametrize(
    ("ocpp", "payload", "expected"),
    [
        ("1.6", {"connectorId": 2, "transactionId": 1001}, (2, 2, "1001")),
        ("1.6", {"connectorId": 0}, (0, 0, "")),
        ("2.0.1", {"evseId": 1, "connectorId": 2}, (1, 2, "")),
        ("2.0.1", {"evse": {"id": 3}}, (3, 0, "")),
        ("2.0.1", {"connectorId": 2}, (0, 2, "")),
        ("2.0.1", {"transactionInfo": {"transactionId": "abc"}}, (0, 0, "abc")),
        ("2.0.1", {"evseId": "1", "transactionId": {"no": 1}}, (0, 0, "")),
        ("2.0.1", [1, 2], (0, 0, "")),
    ],
)
def test_the_facts_to_filter_by(ocpp, payload, expected):
    assert facts(FrameMaker().call("X", payload, ocpp=ocpp)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
NAMES = """
evse evseId connectorId id transactionId transactionInfo idToken idTokenInfo idTagInfo status meterValue sampledValue
value unitOfMeasure setVariableData component variable name chargingProfile chargingSchedule chargingSchedulePeriod
limit startPeriod chargingStation key configurationKey statusInfo reasonCode errorCode interval totalCost
setVariableResult attributeStatus firmware log message eventData
"""
KEYS = st.sampled_from(NAMES.split())
PAYLOADS = st.recursive(
    JSON,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from([*sorted(SUMMARIES), "Unknown", ""]), PAYLOADS, st.sampled_from(["1.6", "2.0.1", ""]))
def test_no_payload_is_too_strange(action, payload, ocpp):
    maker = FrameMaker()
    call = maker.make("sent", "CALL", action, payload, raw="x", ocpp=ocpp)
    result = maker.make("received", "CALLRESULT", action, payload, raw="x", answers=1)
    error = maker.make("received", "CALLERROR", action, payload, raw="x", answers=1)
    assert len(summarize(call)) <= 240
    evse, connector, transaction = facts(call)
    assert 0 <= evse < 10_000
    assert 0 <= connector < 10_000
    assert isinstance(transaction, str)
    for frame in (result, error):
        text, refused = answer_summary(frame)
        assert isinstance(text, str)
        assert isinstance(refused, bool)


def test_a_summary_costs_microseconds():
    frame = FrameMaker().call(
        "TransactionEvent", event("Updated", "MeterValuePeriodic", 3) | {"meterValue": meter_value(180, 11_000)}
    )
    best = min(_time(frame) for _ in range(5))
    assert best < 60e-6  # measured 9 us; the rest is room for a busy machine


def _time(frame):
    started = time.perf_counter()
    for _ in range(200):
        summarize(frame)
    return (time.perf_counter() - started) / 200
