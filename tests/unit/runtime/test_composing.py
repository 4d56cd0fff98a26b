"""Help for messages by hand: skeletons are valid, fields are told, mistakes are found."""

from __future__ import annotations

import pytest

from emulator.runtime import composing

NOW = {"now": "2026-01-05T12:00:00Z", "location": "https://example.test/", "url": "https://example.test/"}


@pytest.mark.parametrize("ocpp", composing.versions())
@pytest.mark.parametrize("response", [False, True])
def test_every_skeleton_is_valid(ocpp: str, response: bool) -> None:
    for action in {*composing.station_actions(ocpp), *composing.csms_actions(ocpp)}:
        made = composing.skeleton(ocpp, action, NOW, response=response)
        assert not composing.problems(ocpp, action, made, response=response), action


def test_station_and_csms_have_their_own_messages_and_share_data_transfer() -> None:
    for ocpp in composing.versions():
        shared = set(composing.station_actions(ocpp)) & set(composing.csms_actions(ocpp))
        assert shared == {"DataTransfer"}
    assert "Reset" in composing.csms_actions("1.6")
    assert "TransactionEvent" in composing.station_actions("2.0.1")


def test_known_values_fill_the_fields_of_their_name() -> None:
    made = composing.skeleton("1.6", "StartTransaction", {**NOW, "idTag": "CARD", "meterStart": 7})
    assert made == {"connectorId": 0, "idTag": "CARD", "meterStart": 7, "timestamp": NOW["now"]}


def test_a_known_value_that_is_no_choice_is_not_taken() -> None:
    assert composing.skeleton("1.6", "Reset", {"type": "ISO14443"})["type"] in {"Hard", "Soft"}


def test_fields_tell_path_type_and_whether_they_must_be_there() -> None:
    fields = {field.path: field for field in composing.fields("1.6", "MeterValues")}
    assert fields["connectorId"].required
    assert not fields["transactionId"].required
    assert "Power.Active.Import" in fields["meterValue.0.sampledValue.0.measurand"].type
    assert composing.fields("2.0.1", "TransactionEvent")
    assert composing.fields("2.0.1", "NoSuchThing") == []


def test_an_unknown_message_has_an_empty_skeleton_and_no_problems() -> None:
    assert not composing.knows("1.6", "NoSuchThing")
    assert composing.skeleton("1.6", "NoSuchThing") == {}
    assert composing.problems("1.6", "NoSuchThing", {"a": 1}) == ()
