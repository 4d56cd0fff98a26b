"""Configuration keys of OCPP 1.6: other names for the variables of the device model."""

from __future__ import annotations

import pytest

from emulator.domain import settings
from emulator.domain.device_model import DeviceModel
from emulator.domain.device_schema import build_schema
from emulator.domain.variables import Author, ConnectorMakeup, EvseMakeup, StationMakeup, VariableRef
from emulator.runtime.tables import device_schema, read_table

MAKEUP = StationMakeup(
    (
        EvseMakeup(1, False, 3, 22_000, (ConnectorMakeup(1, "sType2", False),)),
        EvseMakeup(2, True, 3, 150_000, (ConnectorMakeup(1, "cCCS2"),)),
    )
)
TABLES = read_table("device_model"), read_table("configuration_keys")
FUNCTIONS = sorted({row["function"] for rows in TABLES[0]["components"].values() for row in rows if "function" in row})
COMPLETE = build_schema(MAKEUP, {**TABLES[0], "built": FUNCTIONS}, TABLES[1])
ROWS = {row["key"]: row for row in TABLES[1]["keys"]}


@pytest.fixture
def model():
    return DeviceModel(device_schema(MAKEUP))


@pytest.fixture
def complete():
    """A station on which every function is built."""
    return DeviceModel(COMPLETE)


def value_of(model, key):
    return model.configuration([key]).rows[0]["value"]


def test_all_keys_when_none_is_named(model):
    answer = model.configuration()
    assert answer.unknown == []
    assert [row["key"] for row in answer.rows] == sorted((row["key"] for row in answer.rows), key=str.lower)
    assert all(row["readonly"] == (ROWS[row["key"]]["access"] == "R") for row in answer.rows)
    assert all(isinstance(row["value"], str) and len(row["value"]) <= 500 for row in answer.rows if "value" in row)


def test_named_keys_without_regard_to_case_and_unknown_ones(model):
    answer = model.configuration(["heartbeatINTERVAL", "Nonsense", "LightIntensity"])
    assert answer.rows == [{"key": "HeartbeatInterval", "readonly": False, "value": "300"}]
    assert answer.unknown == ["Nonsense", "LightIntensity"]


def test_the_authorization_key_is_never_told(model):
    assert model.configure("AuthorizationKey", "0011223344556677").done
    assert model.text(settings.BASIC_AUTH_PASSWORD) == "0011223344556677"
    assert model.configuration(["AuthorizationKey"]).rows == [{"key": "AuthorizationKey", "readonly": False}]
    assert model.configure("AuthorizationKey", "0" * 41).status == "Rejected"
    assert model.configure("AuthorizationKey", "short").status == "Rejected"


def _examples(row, variable):
    if row.get("convert") == "phase_rotation":
        return "0.RTS,1.TSR,2.NotApplicable", "9.RST"
    if row["type"] == "integer":
        low = int(variable.minimum or 0)
        return str(low + 2), str(low - 1)
    if row["type"] == "boolean":
        return "TRUE", "maybe"
    if row["type"] == "CSL":
        return f"{variable.values[0].upper()} , {variable.values[1]}", "Nonsense"
    longest = row.get("max_length", int(variable.maximum))
    return "0" * longest, "0" * (longest + 1)


@pytest.mark.parametrize("key", ROWS)
def test_each_key_takes_good_values_only(complete, key):
    row, declared = ROWS[key], COMPLETE.keys[key]
    before = complete.configuration([key]).rows
    if row["access"] == "R":
        assert complete.configure(key, "1").reason_code == "ReadOnly"
        assert complete.configuration([key]).rows == before
        return
    good, bad = _examples(row, declared.attributes[0].variable)
    assert complete.configure(key, bad).status == "Rejected"
    assert complete.configuration([key]).rows == before
    assert complete.configure(key, good).status in ("Accepted", "RebootRequired")
    complete.apply_pending()
    if row["access"] == "RW":
        told = value_of(complete, key)
        assert told.lower() == good.replace(" ", "").lower()
        for attribute in declared.attributes if row.get("convert", "") == "" else ():
            assert complete.text(attribute.variable.ref) == told


def test_unknown_keys_and_keys_of_profiles_that_are_not_built(model):
    assert model.configure("Nonsense", "1").status == "UnknownVariable"
    assert model.configure("LightIntensity", "50").status == "UnknownVariable"


def test_a_change_shows_in_the_next_answer(model):
    first = model.configuration().rows
    assert model.configuration().rows is first
    model.configure("HeartbeatInterval", "42")
    assert value_of(model, "HeartbeatInterval") == "42"
    assert {"key": "HeartbeatInterval", "readonly": False, "value": "42"} in model.configuration().rows
    model.set("OCPPCommCtrlr", "HeartbeatInterval", "43")
    assert {"key": "HeartbeatInterval", "readonly": False, "value": "43"} in model.configuration().rows
    assert {"key": "HeartbeatInterval", "readonly": False, "value": "300"} in first  # what was given out stays


def test_a_live_value_is_told_live(model):
    level = [1]
    model.provide("SecurityCtrlr", "SecurityProfile", lambda ref: level[0])
    assert value_of(model, "SecurityProfile") == "1"
    level[0] = 2
    assert value_of(model, "SecurityProfile") == "2"
    assert {"key": "SecurityProfile", "readonly": False, "value": "2"} in model.configuration().rows


def test_one_key_sets_both_intervals_of_the_two_versions(model):
    model.configure("MeterValueSampleInterval", "15")
    model.configure("ClockAlignedDataInterval", "900")
    assert model.integer(settings.TX_UPDATED_INTERVAL) == model.integer(settings.TX_ENDED_INTERVAL) == 15
    assert model.integer(settings.ALIGNED_INTERVAL) == model.integer(settings.ALIGNED_TX_ENDED_INTERVAL) == 900


def test_measurands_may_name_a_phase(model):
    assert model.configure("MeterValuesSampledData", "Voltage.L1, Current.Import.l2,Power.Active.Import").done
    assert model.members(settings.TX_UPDATED_MEASURANDS) == ("Voltage.L1", "Current.Import.L2", "Power.Active.Import")
    for wrong in ("Voltage.L9", "RPM", "Voltage,Voltage", "L1", ".L1", ","):
        outcome = model.configure("MeterValuesSampledData", wrong)
        assert outcome.status == "Rejected"  # errata 3.14.4: no change either
    assert value_of(model, "MeterValuesSampledData") == "Voltage.L1,Current.Import.L2,Power.Active.Import"
    assert model.configure("StopTxnSampledData", "").done
    assert model.members(settings.TX_ENDED_MEASURANDS) == ()


def test_lists_keep_to_their_max_length(model):
    assert value_of(model, "MeterValuesSampledDataMaxLength") == "30"
    assert value_of(model, "ConnectorPhaseRotationMaxLength") == "3"
    assert value_of(model, "SupportedFeatureProfilesMaxLength") == "6"
    assert model.configure("MeterValuesSampledData", ",".join(["SoC"] * 31)).reason_code == "TooManyElements"


def test_phase_rotation_of_every_connector_in_one_key(model):
    assert value_of(model, "ConnectorPhaseRotation") == "0.RST,1.RST,2.NotApplicable"
    assert model.configure("ConnectorPhaseRotation", "1.tsr").done
    assert value_of(model, "ConnectorPhaseRotation") == "0.RST,1.TSR,2.NotApplicable"
    assert model.get("Connector", "PhaseRotation", evse=1, connector=1) == "TSR"
    assert model.set("ChargingStation", "PhaseRotation", "").done
    assert value_of(model, "ConnectorPhaseRotation") == "0.Unknown,1.TSR,2.NotApplicable"
    assert model.configure("ConnectorPhaseRotation", "1.Unknown,2.NotApplicable").done
    assert model.text(VariableRef("Connector", "PhaseRotation", None, 1, 1)) == ""
    for wrong in ("1.NotApplicable", "2.RST", "3.RST", "1.RST,1.RST", "RST", "x.RST", "1.RSx", "9999999999.RST", "1"):
        assert model.configure("ConnectorPhaseRotation", wrong).status == "Rejected", wrong


def test_words_that_differ(complete):
    assert value_of(complete, "ChargingScheduleAllowedChargingRateUnit") == "Current,Power"
    assert complete.configure("ChargingScheduleAllowedChargingRateUnit", "Power", by=Author.OPERATOR, force=True).done
    assert complete.get("SmartChargingCtrlr", "RateUnit") == "W"
    assert value_of(complete, "SupportedFileTransferProtocols") == "FTP,FTPS,HTTP,HTTPS"  # 1.6 knows no SFTP (3.90)


def test_limits_that_are_keys_of_their_own(complete):
    assert value_of(complete, "LocalAuthListMaxLength") == "20000"
    assert value_of(complete, "MaxChargingProfilesInstalled") == "100"
    refused = complete.configure("LocalAuthListMaxLength", "5", by=Author.OPERATOR, force=True)
    assert refused.sentence == "LocalAuthListMaxLength tells what the station is built for and cannot be set."


def test_supported_feature_profiles_tell_what_is_built(model):
    profiles = value_of(model, "SupportedFeatureProfiles").split(",")
    assert profiles[:2] == ["Core", "RemoteTrigger"]
    assert "SmartCharging" in profiles
    assert "Reservation" in profiles
    assert "FirmwareManagement" in profiles
    assert value_of(model, "NumberOfConnectors") == "2"


def test_owners_checks_hold_for_keys(model):
    model.check(settings.SECURITY_PROFILE, lambda text: None if int(text) > 1 else "It can only be raised.")
    assert model.configure("SecurityProfile", "1").sentence == "It can only be raised."
    assert model.configure("SecurityProfile", "2").done
    assert model.integer(settings.SECURITY_PROFILE) == 2
