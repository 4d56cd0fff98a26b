"""Every row of the device model's table and of the configuration keys' table is well formed and holds together."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from emulator.domain import settings
from emulator.domain.device_model import DeviceModel
from emulator.domain.device_schema import FACTS, build_schema
from emulator.domain.values import CHARACTERS, CHECKS, checked
from emulator.domain.variables import ConnectorMakeup, EvseMakeup, Setting, StationMakeup, Variable
from emulator.runtime.tables import device_schema, read_table

MODEL = read_table("device_model")
KEYS = read_table("configuration_keys")
ROWS = [(component, row) for component, rows in MODEL["components"].items() for row in rows]
EVERYTHING = {**MODEL, "built": sorted({row["function"] for _, row in ROWS if "function" in row})}

ATTACHED = StationMakeup(
    (
        EvseMakeup(1, False, 3, 22_000, (ConnectorMakeup(1),)),
        EvseMakeup(2, True, 3, 150_000, (ConnectorMakeup(1, "cCCS2"),)),
    )
)
SOCKETS = StationMakeup(
    (
        EvseMakeup(1, False, 1, 7_400, (ConnectorMakeup(1, "sType2", False), ConnectorMakeup(2, "cType2", False))),
        EvseMakeup(2, True, 3, 50_000, (ConnectorMakeup(1, "cG105"),)),
    )
)
MAKEUPS = (ATTACHED, SOCKETS)
SCHEMAS = [build_schema(makeup, table, KEYS) for makeup in MAKEUPS for table in (MODEL, EVERYTHING)]
VARIABLES = {str(variable.ref): variable for schema in SCHEMAS for variable in schema.variables}

ROW_FIELDS = {
    "variable", "instance", "scope", "applies", "type", "unit", "min", "max", "max_fact", "min_length", "characters",
    "values", "phases", "secret", "monitoring", "reboot", "mutability", "persistent", "constant", "default", "fact",
    "function", "function_2x", "unbuilt", "only_1x", "fixed_without_socket", "attributes",
}  # fmt: skip
KEY_FIELDS = {
    "key", "profile", "required", "type", "unit", "access", "items", "items_of", "max_length", "variable", "also",
    "convert", "words", "function",
}  # fmt: skip
UNITS = {None, "s", "B", "W", "Wh", "Percent"}


def words(text: str) -> list[str]:
    """The words of a text."""
    return text.split()


# Chapter 9 of OCPP 1.6 edition 2, its errata (3.83, 3.90, 3.91), and the security white paper's chapter 7.
STANDARD_KEYS = words("""
AllowOfflineTxForUnknownId AuthorizationCacheEnabled AuthorizeRemoteTxRequests BlinkRepeat ClockAlignedDataInterval
ConnectionTimeOut ConnectorPhaseRotation ConnectorPhaseRotationMaxLength GetConfigurationMaxKeys HeartbeatInterval
LightIntensity LocalAuthorizeOffline LocalPreAuthorize MaxEnergyOnInvalidId MeterValuesAlignedData
MeterValuesAlignedDataMaxLength MeterValuesSampledData MeterValuesSampledDataMaxLength MeterValueSampleInterval
MinimumStatusDuration NumberOfConnectors ResetRetries StopTransactionOnEVSideDisconnect StopTransactionOnInvalidId
StopTxnAlignedData StopTxnAlignedDataMaxLength StopTxnSampledData StopTxnSampledDataMaxLength SupportedFeatureProfiles
SupportedFeatureProfilesMaxLength TransactionMessageAttempts TransactionMessageRetryInterval
UnlockConnectorOnEVSideDisconnect WebSocketPingInterval LocalAuthListEnabled LocalAuthListMaxLength
SendLocalListMaxLength ReserveConnectorZeroSupported ChargeProfileMaxStackLevel
ChargingScheduleAllowedChargingRateUnit ChargingScheduleMaxPeriods ConnectorSwitch3to1PhaseSupported
MaxChargingProfilesInstalled MessageTimeout SupportedFileTransferProtocols StopTransactionMaxMeterValues
AdditionalRootCertificateCheck AuthorizationKey CertificateSignedMaxChainSize CertificateStoreMaxLength CpoName
SecurityProfile
""")

# What Part 2 "Referenced Components and Variables", its errata and Part 4 require of every station.
REQUIRED = words("""
OCPPCommCtrlr.MessageTimeout[Default] OCPPCommCtrlr.FileTransferProtocols OCPPCommCtrlr.NetworkConfigurationPriority
OCPPCommCtrlr.NetworkProfileConnectionAttempts OCPPCommCtrlr.OfflineThreshold OCPPCommCtrlr.ActiveNetworkProfile
OCPPCommCtrlr.MessageAttempts[TransactionEvent] OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]
OCPPCommCtrlr.UnlockOnEVSideDisconnect OCPPCommCtrlr.ResetRetries OCPPCommCtrlr.RetryBackOffRepeatTimes
OCPPCommCtrlr.RetryBackOffRandomRange OCPPCommCtrlr.RetryBackOffWaitMinimum OCPPCommCtrlr.WebSocketPingInterval
DeviceDataCtrlr.ItemsPerMessage[GetReport] DeviceDataCtrlr.ItemsPerMessage[GetVariables]
DeviceDataCtrlr.ItemsPerMessage[SetVariables] DeviceDataCtrlr.BytesPerMessage[GetReport]
DeviceDataCtrlr.BytesPerMessage[GetVariables] DeviceDataCtrlr.BytesPerMessage[SetVariables] ClockCtrlr.DateTime
ClockCtrlr.TimeSource SecurityCtrlr.OrganizationName SecurityCtrlr.CertificateEntries SecurityCtrlr.SecurityProfile
AuthCtrlr.AuthorizeRemoteStart AuthCtrlr.LocalAuthorizeOffline AuthCtrlr.LocalPreAuthorize TxCtrlr.EVConnectionTimeOut
TxCtrlr.StopTxOnEVSideDisconnect TxCtrlr.TxStartPoint TxCtrlr.TxStopPoint TxCtrlr.StopTxOnInvalidId
SampledDataCtrlr.TxEndedMeasurands SampledDataCtrlr.TxEndedInterval SampledDataCtrlr.TxStartedMeasurands
SampledDataCtrlr.TxUpdatedMeasurands SampledDataCtrlr.TxUpdatedInterval AlignedDataCtrlr.Measurands
AlignedDataCtrlr.Interval AlignedDataCtrlr.TxEndedMeasurands AlignedDataCtrlr.TxEndedInterval
ChargingStation.Available ChargingStation.AvailabilityState ChargingStation.SupplyPhases EVSE#1.Available
EVSE#1.AvailabilityState EVSE#1.SupplyPhases EVSE#1.Power Connector#1/1.Available Connector#1/1.ConnectorType
Connector#1/1.SupplyPhases
""")


@pytest.mark.parametrize(("component", "row"), ROWS, ids=lambda part: part if isinstance(part, str) else "")
def test_row_is_well_formed(component, row):
    assert set(row) <= ROW_FIELDS
    assert row["type"] in CHECKS
    assert row.get("scope", "station") in ("station", "evse", "connector")
    assert row.get("applies", "all") in ("all", "ac", "dc")
    assert row.get("mutability", "ReadOnly") in ("ReadOnly", "ReadWrite", "WriteOnly")
    assert row.get("unit") in UNITS
    assert row.get("characters", "password") in CHARACTERS
    assert ("default" in row) != ("fact" in row)
    assert {row.get("fact", "max_power_w"), row.get("max_fact", "max_power_w")} <= set(FACTS)
    assert ("values" in row) == row["type"].endswith("List")
    assert len(component) <= 50
    assert len(row["variable"]) <= 50
    if row["type"] == "string":
        assert "max" in row
    if "unbuilt" in row:
        assert row["function"]


def test_rows_are_named_once():
    for schema in SCHEMAS:
        assert len(schema.actual) == len(schema.variables)
        assert len(schema.by_name) == sum(len(variable.attributes) for variable in schema.variables)


@pytest.mark.parametrize("name", VARIABLES)
def test_default_keeps_to_its_own_limits(name):
    variable = VARIABLES[name]
    for attribute in variable.attributes:
        if attribute.default:
            assert checked(variable, attribute.default, forced=variable.secret) == attribute.default
    assert len(",".join(variable.values)) <= 1000  # VariableCharacteristicsType.valuesList
    assert all(value and "," not in value for value in variable.values)


@pytest.mark.parametrize("name", VARIABLES)
def test_writable_variables_are_persistent(name):
    """Part 2, Referenced Components and Variables: "All variables that are writable SHALL be persistent"."""
    for attribute in VARIABLES[name].attributes:
        assert attribute.mutability == "ReadOnly" or attribute.persistent
        assert not (attribute.constant and attribute.mutability != "ReadOnly")


@pytest.mark.parametrize("makeup", MAKEUPS)
def test_what_every_station_must_have(makeup):
    shown = {str(variable.ref) for variable in build_schema(makeup, MODEL, KEYS).shown}
    assert set(REQUIRED) <= shown


def test_what_is_not_built_says_so():
    schema = build_schema(ATTACHED, MODEL, KEYS)
    shown = {str(variable.ref): variable.actual for variable in schema.shown}
    for component in ("SmartChargingCtrlr", "DisplayMessageCtrlr", "MonitoringCtrlr"):
        if f"{component}.Available" in shown and shown[f"{component}.Available"].variable.function:
            assert shown[f"{component}.Available"].default == "false"
            assert (shown[f"{component}.Enabled"].default, shown[f"{component}.Enabled"].mutability) == (
                "false",
                "ReadOnly",
            )
    hidden = [row for _, row in ROWS if row.get("function", "") not in ("", *MODEL["built"]) and "unbuilt" not in row]
    assert not {row["variable"] for row in hidden if row["variable"] in {"RateUnit", "Currency"}} & {
        variable.ref.variable for variable in schema.shown
    }


def test_what_only_1_6_has_is_hidden_from_a_csms_of_2_x():
    """1.6 tells its keys of smart charging while the 2.0.1 dialect has none of it."""
    schema = build_schema(ATTACHED, {**MODEL, "built": ["SmartCharging"]}, KEYS)
    assert not [v for v in schema.shown if v.ref.component == "SmartChargingCtrlr" and v.actual.default != "false"]
    keys = {row["key"] for row in DeviceModel(schema).configuration().rows}
    assert {"ChargeProfileMaxStackLevel", "ChargingScheduleMaxPeriods", "MaxChargingProfilesInstalled"} <= keys


def test_a_function_is_switched_on_by_naming_it_as_built():
    everything = build_schema(ATTACHED, EVERYTHING, KEYS)
    hidden = {variable.ref.variable for variable in everything.variables if variable.hidden}
    core = {v.ref.variable for v in everything.variables if v.ref.component == "CoreProfileCtrlr"}
    assert hidden == {*core, "MinimumStatusDuration"}
    assert set(everything.keys) == set(STANDARD_KEYS)
    assert everything.actual[Setting("ReservationCtrlr", "Enabled")].mutability == "ReadWrite"
    row = DeviceModel(everything).configuration(["SupportedFeatureProfiles"]).rows[0]
    assert row["value"] == "Core,RemoteTrigger,FirmwareManagement,LocalAuthListManagement,Reservation,SmartCharging"


def test_settings_constants_are_variables():
    schema = build_schema(ATTACHED, MODEL, KEYS)
    constants = {name: value for name, value in vars(settings).items() if isinstance(value, Setting)}
    assert len(constants) > 50
    assert not [name for name, setting in constants.items() if setting not in schema.actual]


def test_all_standard_keys_are_in_the_table_once():
    assert sorted(row["key"] for row in KEYS["keys"]) == sorted(STANDARD_KEYS)
    assert set(KEYS["profiles"].values()) - {""} <= set(EVERYTHING["built"])


@pytest.mark.parametrize("row", KEYS["keys"], ids=lambda row: row["key"])
def test_key_is_well_formed(row):
    assert set(row) <= KEY_FIELDS
    assert row["profile"] in (*KEYS["profiles"], "Security")
    assert row["access"] in ("R", "RW", "W")
    assert len(row["key"]) <= 50
    assert row.get("function", "") in ("", *EVERYTHING["built"])
    assert ("variable" in row) != ("items_of" in row)
    names = [row["variable"], *row.get("also", ())] if "variable" in row else []
    for name in names:
        _same_type(row, VARIABLES[name])


def _same_type(row, variable: Variable):
    expected = {"integer": {"integer"}, "boolean": {"boolean"}, "string": {"string"}}
    lists = {"MemberList", "SequenceList", "string"}
    assert variable.data_type in expected.get(row["type"], lists)
    if row["access"] == "R":
        assert variable.actual.mutability == "ReadOnly"


def test_keys_stand_for_what_is_built():
    for schema in SCHEMAS:
        assert not [key.name for key in schema.keys.values() for a in key.attributes if a.variable.function]


def test_required_keys_of_the_core_profile_work():
    required = {row["key"] for row in KEYS["keys"] if row["profile"] == "Core" and row.get("required")}
    for schema in SCHEMAS:
        answered = {row["key"] for row in DeviceModel(schema).configuration().rows}
        assert required <= answered


def test_tables_load_quickly(record_property):
    device_schema.cache_clear()
    begun = time.process_time()
    device_schema(ATTACHED)
    took_ms = (time.process_time() - begun) * 1000
    record_property("tables_load_ms", took_ms)  # about 2 ms; a figure, not a promise


def test_a_fresh_model_is_small():
    schema = device_schema(ATTACHED)
    DeviceModel(schema)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        models = [DeviceModel(schema) for _ in range(100)]
        each = (tracemalloc.get_traced_memory()[0] - before) / len(models)
    finally:
        tracemalloc.stop()
    assert each < 10_000


def test_stations_of_one_make_up_share_their_schema():
    assert device_schema(ATTACHED) is device_schema(StationMakeup(tuple(ATTACHED.evses)))
