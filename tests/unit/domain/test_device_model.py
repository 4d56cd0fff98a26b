"""Reading, setting, keeping and reporting the settings of a station."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from emulator.domain import settings
from emulator.domain.device_model import DeviceModel
from emulator.domain.device_reports import Wanted
from emulator.domain.device_schema import build_schema
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.variables import (
    Author,
    ConnectorMakeup,
    EvseMakeup,
    SecretStore,
    SetStatus,
    StationMakeup,
    UnknownName,
    VariableName,
    VariableRef,
)
from emulator.runtime.tables import device_schema, read_table

MAKEUP = StationMakeup(
    (
        EvseMakeup(1, False, 3, 22_000, (ConnectorMakeup(1, "sType2", False),)),
        EvseMakeup(2, True, 3, 150_000, (ConnectorMakeup(1, "cCCS2"),)),
    )
)
MODEL_TABLE, KEY_TABLE = read_table("device_model"), read_table("configuration_keys")
# A station that can be given further network profiles: setting their order needs a reboot.
MODEL_TABLE["built"] = sorted({*MODEL_TABLE["built"], "NetworkProfiles"})
SCHEMA = build_schema(MAKEUP, MODEL_TABLE, KEY_TABLE)
FIXED_CABLES = StationMakeup((EvseMakeup(1, False, 3, 22_000, (ConnectorMakeup(1),)),))


class FakeMemory:
    """A StationMemory that can have a full disk."""

    def __init__(self):
        self.tables = {}
        self.full = False
        self.batches = 0

    def put(self, table, key, value):
        if self.full:
            raise EnvironmentProblem("The disk is full.", "Make room on it.")
        self.tables.setdefault(table, {})[key] = value

    def get(self, table, key):
        return self.tables.get(table, {}).get(key)

    def delete(self, table, key):
        self.tables.get(table, {}).pop(key, None)

    def items(self, table):
        return list(self.tables.get(table, {}).items())

    def clear(self, table):
        self.tables.pop(table, None)

    @contextmanager
    def batch(self):
        self.batches += 1
        yield


@pytest.fixture
def memory():
    return FakeMemory()


@pytest.fixture
def model(memory):
    return DeviceModel(SCHEMA, memory)


# --- reading


def test_services_read_typed_defaults(model):
    assert model.integer(settings.HEARTBEAT_INTERVAL) == 300
    assert model.boolean(settings.LOCAL_AUTHORIZE_OFFLINE) is True
    assert model.members(settings.TX_START_POINT) == ("EVConnected", "Authorized")
    assert model.members(settings.ALIGNED_TX_ENDED_MEASURANDS) == ()
    assert model.decimal(VariableRef("EVSE", "Power", None, 1)) == 0.0
    assert model.text(settings.ORGANIZATION_NAME) == "Forecourt"
    with pytest.raises(KeyError):
        model.integer(VariableRef("OCPPCommCtrlr", "NoSuchThing"))


def test_engine_reads_settings_of_functions_that_are_not_built(model):
    assert model.boolean(settings.QUEUE_ALL_MESSAGES) is False
    assert not model.has(settings.QUEUE_ALL_MESSAGES)
    assert model.has(settings.HEARTBEAT_INTERVAL)
    assert not model.has(VariableRef("Nothing", "Here"))


def test_the_make_up_gives_components_and_facts(model):
    assert model.get("EVSE", "SupplyPhases", evse=1) == "3"
    assert model.get("EVSE", "SupplyPhases", evse=2) == "0"
    assert model.get("Connector", "ConnectorType", evse=2, connector=1) == "cCCS2"
    assert model.get("EVSE", "Power", evse=3) is None
    power = next(row for row in model.report("FullInventory") if row.ref == VariableRef("EVSE", "Power", None, 2))
    assert power.variable.maximum == 150_000


@pytest.mark.req("B06.FR.06", "B06.FR.07", "B06.FR.08", "B06.FR.09", "B06.FR.10", "B06.FR.13", "B06.FR.15")
@pytest.mark.parametrize(
    ("asked", "status", "value"),
    [
        (("OCPPCommCtrlr", "HeartbeatInterval"), "Accepted", "300"),
        (("ocppcommctrlr", "heartbeatinterval"), "Accepted", "300"),
        (("OCPPCommCtrlr", "MessageTimeout", "Actual", "default"), "Accepted", "30"),
        (("OCPPCommCtrlr", "MessageTimeout"), "UnknownVariable", None),
        (("OCPPCommCtrlr", "MessageTimeout", "Actual", ""), "UnknownVariable", None),
        (("OCPPCommCtrlr", "Nonsense"), "UnknownVariable", None),
        (("Nonsense", "HeartbeatInterval"), "UnknownComponent", None),
        (("EVSE", "Power"), "UnknownComponent", None),
        (("EVSE", "Power", "Actual", None, 9), "UnknownComponent", None),
        (("Connector", "ConnectorType", "Actual", None, 1, 2), "UnknownComponent", None),
        (("OCPPCommCtrlr", "HeartbeatInterval", "MaxSet"), "NotSupportedAttributeType", None),
        (("EVSE", "Power", "MaxSet", None, 1), "Accepted", ""),
        (("SecurityCtrlr", "BasicAuthPassword"), "Rejected", None),
        (("SmartChargingCtrlr", "RateUnit"), "UnknownVariable", None),
        (("CoreProfileCtrlr", "NumberOfConnectors"), "UnknownComponent", None),
    ],
)
def test_get_variables(model, asked, status, value):
    outcome = model.read(*asked)
    assert (outcome.status, outcome.value) == (status, value)
    assert bool(outcome.sentence) == (status != "Accepted")


def test_the_operator_reads_what_only_1_6_knows(model):
    assert model.read("CoreProfileCtrlr", "NumberOfConnectors", by=Author.OPERATOR).value == "2"


# --- setting


@pytest.mark.req("B05.FR.04", "B05.FR.05", "B05.FR.06", "B05.FR.07", "B05.FR.08", "B05.FR.09", "B05.FR.10")
@pytest.mark.parametrize(
    ("asked", "status", "reason"),
    [
        (("OCPPCommCtrlr", "HeartbeatInterval", "10"), "Accepted", ""),
        (("OCPPCommCtrlr", "HeartbeatInterval", "0"), "Rejected", "ValueOutOfRange"),
        (("OCPPCommCtrlr", "WebSocketPingInterval", "-1"), "Rejected", "ValueOutOfRange"),
        (("OCPPCommCtrlr", "WebSocketPingInterval", "86401"), "Rejected", "ValueOutOfRange"),
        (("OCPPCommCtrlr", "HeartbeatInterval", "2147483648"), "Rejected", "InvalidValue"),
        (("OCPPCommCtrlr", "HeartbeatInterval", "010"), "Rejected", "InvalidValue"),
        (("OCPPCommCtrlr", "HeartbeatInterval", "+10"), "Rejected", "InvalidValue"),
        (("OCPPCommCtrlr", "HeartbeatInterval", "10.0"), "Rejected", "InvalidValue"),
        (("OCPPCommCtrlr", "HeartbeatInterval", " 10"), "Rejected", "InvalidValue"),
        (("OCPPCommCtrlr", "HeartbeatInterval", "٣"), "Rejected", "InvalidValue"),
        (("OCPPCommCtrlr", "HeartbeatInterval", ""), "Rejected", "InvalidValue"),
        (("AuthCtrlr", "LocalPreAuthorize", "true"), "Accepted", ""),
        (("AuthCtrlr", "LocalPreAuthorize", "TRUE"), "Rejected", "InvalidValue"),
        (("TxCtrlr", "TxStartPoint", "PowerPathClosed"), "Accepted", ""),
        (("TxCtrlr", "TxStartPoint", ""), "Accepted", ""),
        (("TxCtrlr", "TxStartPoint", "DataSigned"), "Rejected", "InvalidValue"),
        (("TxCtrlr", "TxStartPoint", "Authorized,Authorized"), "Rejected", "InvalidValue"),
        (("TxCtrlr", "TxStartPoint", "Authorized, EVConnected"), "Rejected", "InvalidValue"),
        (("SampledDataCtrlr", "TxUpdatedMeasurands", "Voltage,SoC"), "Accepted", ""),
        (("SampledDataCtrlr", "TxUpdatedMeasurands", "Voltage.L1"), "Rejected", "InvalidValue"),
        (("SampledDataCtrlr", "TxUpdatedMeasurands", "RPM"), "Rejected", "InvalidValue"),
        (("SecurityCtrlr", "OrganizationName", "x" * 256), "Rejected", "TooLargeElement"),
        (("SecurityCtrlr", "BasicAuthPassword", "short"), "Rejected", "InvalidValue"),
        (("SecurityCtrlr", "BasicAuthPassword", "sixteen characters"), "Rejected", "InvalidValue"),
        (("SecurityCtrlr", "BasicAuthPassword", "x" * 65), "Rejected", "TooLargeElement"),
        (("SecurityCtrlr", "BasicAuthPassword", "0123456789abcdef"), "Accepted", ""),
        (("ClockCtrlr", "DateTime", "2030-01-31T12:00:00Z"), "Rejected", "ReadOnly"),
        (("EVSE", "Power", "1000", "MaxSet", None, 1), "Accepted", ""),
        (("EVSE", "Power", "22000.5", "MaxSet", None, 1), "Rejected", "ValueOutOfRange"),
        (("EVSE", "Power", "1e3", "MaxSet", None, 1), "Rejected", "InvalidValue"),
        (("EVSE", "Power", "nan", "MaxSet", None, 1), "Rejected", "InvalidValue"),
        (("EVSE", "Power", "1000", "MinSet", None, 1), "NotSupportedAttributeType", "UnsupportedParam"),
        (("Connector", "PhaseRotation", "TRS", "Actual", None, 1, 1), "Accepted", ""),
        (("Connector", "PhaseRotation", "RRR", "Actual", None, 1, 1), "Rejected", "InvalidValue"),
        (("DisplayMessageCtrlr", "Enabled", "true"), "Rejected", "ReadOnly"),
        (("Nonsense", "X", "1"), "UnknownComponent", "NotFound"),
        (("TxCtrlr", "X", "1"), "UnknownVariable", "NotFound"),
        (("OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1"), "RebootRequired", ""),
    ],
)
def test_set_variables(model, memory, asked, status, reason):
    outcome = model.set(*asked)
    assert (outcome.status, outcome.reason_code) == (status, reason)
    assert outcome.done == (status in ("Accepted", "RebootRequired"))
    assert bool(outcome.sentence) == (not outcome.done)
    if not outcome.done:
        assert memory.items("variables") == []


def test_a_refused_password_is_not_repeated(model):
    assert "hunter2 ; drop" not in model.set("SecurityCtrlr", "BasicAuthPassword", "hunter2 ; drop table").sentence


def _examples(variable):
    """A value to accept and one to refuse, made from the declaration."""
    if variable.data_type == "integer":
        low = int(variable.minimum if variable.minimum is not None else 0)
        return str(low + 1), str(low - 1)
    if variable.data_type == "decimal":
        return f"{variable.maximum:g}", f"{(variable.maximum or 0) + 1:g}"
    if variable.data_type == "boolean":
        return "true", "yes"
    if variable.data_type == "dateTime":
        return "2030-02-28T12:00:00.5+01:00", "2030-02-30T12:00:00Z"
    if variable.data_type == "OptionList":
        return variable.values[-1], "Nonsense"
    if variable.data_type.endswith("List"):
        return ",".join(reversed(variable.values)), f"{variable.values[0]},Nonsense"
    good = {"phase_rotation": "RTS", "time_offset": "+01:00"}.get(variable.characters, "a" * int(variable.maximum))
    return good, "b" * (int(variable.maximum) + 1)


WRITABLE = [a for v in SCHEMA.shown for a in v.attributes if a.mutability != "ReadOnly"]


@pytest.mark.parametrize("attribute", WRITABLE, ids=lambda attribute: attribute.name)
def test_each_writable_variable_takes_good_values_only(model, attribute):
    ref = attribute.variable.ref
    good, bad = _examples(attribute.variable)

    def set_to(value):
        return model.set(
            ref.component, ref.variable, value, attribute.type, ref.instance, ref.evse, ref.connector
        ).status

    assert set_to(bad) == "Rejected"
    assert set_to(good) in ("Accepted", "RebootRequired")
    model.apply_pending()
    if attribute.mutability != "WriteOnly":
        assert model.get(ref.component, ref.variable, attribute.type, ref.instance, ref.evse, ref.connector) == good


def test_the_operator_writes_read_only_variables(model, memory):
    assert model.set("ChargingStation", "Model", "Big one", by=Author.OPERATOR, force=True).status == "Accepted"
    assert model.get("ChargingStation", "Model") == "Big one"
    assert DeviceModel(SCHEMA, memory).get("ChargingStation", "Model") == "Big one"
    assert model.set("ChargingStation", "SupplyPhases", "many", by=Author.OPERATOR, force=True).status == "Rejected"


def test_services_assign_numbers_and_lists(model, memory):
    assert model.assign(settings.HEARTBEAT_INTERVAL, 77, by=Author.CSMS).done
    assert model.integer(settings.HEARTBEAT_INTERVAL) == 77
    assert model.assign(settings.TX_STOP_POINT, ["EVConnected"]).done
    assert model.members(settings.TX_STOP_POINT) == ("EVConnected",)
    assert model.assign(settings.LOCAL_PRE_AUTHORIZE, True).done
    assert model.boolean(settings.LOCAL_PRE_AUTHORIZE)
    assert model.assign(settings.HEARTBEAT_INTERVAL, 0).status is SetStatus.REJECTED


def test_what_a_station_tells_of_itself_is_not_kept(model, memory):
    model.assign(VariableRef("SecurityCtrlr", "CertificateEntries"), 3)
    assert model.get("SecurityCtrlr", "CertificateEntries") == "3"
    assert memory.items("variables") == []


def test_target_and_limits_bound_each_other():
    """Part 1, 4.1: the example of the fan that is to turn between 200 and 500 times a minute."""
    speed = {"variable": "FanSpeed", "type": "decimal", "unit": "RPM", "min": 0, "max": 1000, "default": "0"}
    speed["attributes"] = {"Target": "ReadWrite", "MinSet": "ReadWrite", "MaxSet": "ReadWrite"}
    table = {"built": [], "lists": {}, "components": {"Fan": [speed]}}
    model = DeviceModel(build_schema(StationMakeup(()), table, {"profiles": {}, "keys": []}))

    def status(attribute, value):
        return model.set("Fan", "FanSpeed", value, attribute).status

    assert status("Target", "900") == "Accepted"
    assert status("MaxSet", "500") == "Accepted"
    assert status("MinSet", "200") == "Accepted"
    assert [status("Target", value) for value in ("199", "200", "500", "501")] == [
        "Rejected", "Accepted", "Accepted", "Rejected",
    ]  # fmt: skip
    assert (status("MinSet", "501"), status("MaxSet", "199")) == ("Rejected", "Rejected")
    assert model.text(VariableRef("Fan", "FanSpeed"), "Target") == "500"


def test_an_attribute_that_the_variable_lacks(model):
    with pytest.raises(KeyError):
        model.text(VariableRef("EVSE", "Power", None, 1), "Target")


def test_owners_check_new_values(model):
    model.check(settings.NETWORK_CONFIGURATION_PRIORITY, lambda text: None if text == "1" else "Slot 2 is empty.")
    outcome = model.set("OCPPCommCtrlr", "NetworkConfigurationPriority", "2")
    assert (outcome.status, outcome.sentence) == ("Rejected", "Slot 2 is empty.")
    assert model.set_named("OCPPCommCtrlr.NetworkConfigurationPriority", "2").done


# --- keeping


def test_changed_values_survive_a_restart(model, memory):
    model.set("OCPPCommCtrlr", "HeartbeatInterval", "10")
    model.set("EVSE", "Power", "5000", "MaxSet", evse=1)
    assert dict(memory.items("variables")) == {
        "OCPPCommCtrlr.HeartbeatInterval": {"value": "10", "by": "csms"},
        "EVSE#1.Power:MaxSet": {"value": "5000", "by": "csms"},
    }
    again = DeviceModel(SCHEMA, memory)
    assert again.integer(settings.HEARTBEAT_INTERVAL) == 10
    assert again.get("EVSE", "Power", "MaxSet", evse=1) == "5000"


def test_memory_that_no_longer_fits_is_left_alone(memory):
    memory.put("variables", "OCPPCommCtrlr.HeartbeatInterval", {"value": "-5", "by": "csms"})
    memory.put("variables", "EVSE#7.Power:MaxSet", {"value": "5000", "by": "csms"})
    model = DeviceModel(SCHEMA, memory)
    assert model.integer(settings.HEARTBEAT_INTERVAL) == 300
    assert memory.get("variables", "EVSE#7.Power:MaxSet") is not None


@pytest.mark.req("B05.FR.09")
def test_what_cannot_be_kept_is_not_set(model, memory):
    memory.full = True
    heard = []
    model.on_change(settings.HEARTBEAT_INTERVAL, lambda: heard.append(1))
    outcome = model.set("OCPPCommCtrlr", "HeartbeatInterval", "10")
    assert (outcome.status, outcome.sentence) == ("Rejected", "The disk is full.")
    assert model.integer(settings.HEARTBEAT_INTERVAL) == 300
    assert heard == []


def test_the_password_goes_to_the_secret_store_alone(memory):
    kept = ["the-first-password"]
    model = DeviceModel(SCHEMA, memory, SecretStore(lambda: kept[-1], kept.append))
    assert model.text(settings.BASIC_AUTH_PASSWORD) == "the-first-password"
    assert model.configure("AuthorizationKey", "00112233445566778899").done
    assert kept[-1] == "00112233445566778899"
    assert memory.items("variables") == []
    assert "00112233445566778899" not in str(model.snapshot())
    assert "00112233445566778899" not in str(list(model.report("FullInventory")))


def test_values_of_the_station_file_are_not_kept(model, memory):
    model.assign(VariableRef("ChargingStation", "Model"), "From the file", by=Author.FILE)
    assert model.get("ChargingStation", "Model") == "From the file"
    assert memory.items("variables") == []


def test_who_set_a_value(model):
    assert model.author(settings.HEARTBEAT_INTERVAL) is None
    model.set("OCPPCommCtrlr", "HeartbeatInterval", "10")
    assert model.author(settings.HEARTBEAT_INTERVAL) is Author.CSMS
    model.set_named("HeartbeatInterval", "10")
    assert model.author(settings.HEARTBEAT_INTERVAL) is Author.OPERATOR


# --- waiting for a reboot


def test_reboot_required_values_wait_for_the_reboot(model, memory):
    heard = []
    model.on_change(settings.NETWORK_CONFIGURATION_PRIORITY, lambda: heard.append(1))
    assert model.set("OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1").status == "RebootRequired"
    assert model.members(settings.NETWORK_CONFIGURATION_PRIORITY) == ("1",)
    assert model.get("OCPPCommCtrlr", "NetworkConfigurationPriority") == "1"
    assert heard == []

    restarted = DeviceModel(SCHEMA, memory)  # a power cut in between
    assert restarted.members(settings.NETWORK_CONFIGURATION_PRIORITY) == ("1",)
    restarted.apply_pending()
    assert restarted.members(settings.NETWORK_CONFIGURATION_PRIORITY) == ("2", "1")
    assert memory.get("variables", "OCPPCommCtrlr.NetworkConfigurationPriority") == {"value": "2,1", "by": "csms"}

    model.apply_pending()
    assert heard == [1]


def test_going_back_before_the_reboot_needs_none(model):
    model.set("OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1")
    assert model.set("OCPPCommCtrlr", "NetworkConfigurationPriority", "1").status == "Accepted"
    model.apply_pending()
    assert model.members(settings.NETWORK_CONFIGURATION_PRIORITY) == ("1",)


# --- live values and listeners


def test_owners_provide_live_values(model):
    power = {1: 11_000.5, 2: 0.0}
    model.provide("EVSE", "Power", lambda ref: power[ref.evse])
    model.provide("ClockCtrlr", "DateTime", lambda ref: datetime(2030, 1, 31, 12, tzinfo=UTC))
    assert model.get("EVSE", "Power", evse=1) == "11000.5"
    assert model.decimal(VariableRef("EVSE", "Power", None, 1)) == 11_000.5
    power[1] = 7_000.0
    assert model.get("EVSE", "Power", evse=1) == "7000"
    assert model.get("EVSE", "Power", "MaxSet", evse=1) == ""
    assert model.get("ClockCtrlr", "DateTime") == "2030-01-31T12:00:00.000Z"
    with pytest.raises(KeyError):
        model.provide("EVSE", "NoSuchThing", lambda ref: 0)


def test_what_the_operator_sets_hides_the_live_value(model):
    model.provide("Connector", "AvailabilityState", lambda ref: "Available")
    model.set_named("Connector#1/1.AvailabilityState", "Faulted")
    assert model.get("Connector", "AvailabilityState", evse=1, connector=1) == "Faulted"
    assert model.get("Connector", "AvailabilityState", evse=2, connector=1) == "Available"


def test_listeners_hear_changes_only(model):
    heard, everything = [], []
    stop = model.on_change(
        settings.HEARTBEAT_INTERVAL, lambda: heard.append(model.integer(settings.HEARTBEAT_INTERVAL))
    )
    stop_all = model.on_any_change(everything.append)
    revision = model.revision
    model.set("OCPPCommCtrlr", "HeartbeatInterval", "10")
    model.set("OCPPCommCtrlr", "HeartbeatInterval", "10")
    model.set("OCPPCommCtrlr", "HeartbeatInterval", "no")
    model.set("OCPPCommCtrlr", "OfflineThreshold", "10")
    assert heard == [10]
    assert everything == [settings.HEARTBEAT_INTERVAL, settings.HEARTBEAT_INTERVAL, settings.OFFLINE_THRESHOLD]
    assert model.revision == revision + 3
    stop()
    stop()
    stop_all()
    model.set("OCPPCommCtrlr", "HeartbeatInterval", "11")
    assert heard == [10]
    assert len(everything) == 3


def test_the_limit_of_an_evse_can_be_followed(model):
    heard = []
    model.on_change(VariableRef("EVSE", "Power", None, 1), lambda: heard.append("actual"))
    model.on_change(VariableRef("EVSE", "Power", None, 1), lambda: heard.append("limit"), "MaxSet")
    model.set("EVSE", "Power", "5000", "MaxSet", evse=1)
    assert heard == ["limit"]


# --- names


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("AlignedDataCtrlr.Interval", VariableName(settings.ALIGNED_INTERVAL)),
        ("aligneddatactrlr.interval", VariableName(settings.ALIGNED_INTERVAL)),
        ("OCPPCommCtrlr.MessageTimeout[Default]", VariableName(settings.MESSAGE_TIMEOUT)),
        ("EVSE#1.Power", VariableName(VariableRef("EVSE", "Power", None, 1))),
        ("EVSE#1.Power:MaxSet", VariableName(VariableRef("EVSE", "Power", None, 1), "MaxSet")),
        ("Connector#1/1.SupplyPhases", VariableName(VariableRef("Connector", "SupplyPhases", None, 1, 1))),
        ("HeartbeatInterval", VariableName(settings.HEARTBEAT_INTERVAL, "Actual", "HeartbeatInterval")),
        ("connectiontimeout", VariableName(settings.EV_CONNECTION_TIME_OUT, "Actual", "ConnectionTimeOut")),
    ],
)
def test_names_of_the_command_line(model, name, meant):
    assert model.parse_name(name) == meant


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("HeartbeatIntervall", "The nearest is HeartbeatInterval."),
        ("OCPPComCtrlr.HeartbeatInterval", "The nearest is OCPPCommCtrlr.HeartbeatInterval."),
        ("EVSE#1.Powr", "The nearest is EVSE#1.Power."),
        ("zzz", "Name it like OCPPCommCtrlr.HeartbeatInterval."),
        ("EVSE#1.Power:MinSet", "EVSE#1.Power has no attribute MinSet; it has Actual."),
        ("EVSE#1.Power:Sideways", "Sideways is no attribute; there are Actual, Target, MinSet, MaxSet."),
    ],
)
def test_wrong_names_are_explained(model, name, hint):
    with pytest.raises(UnknownName) as caught:
        model.parse_name(name)
    assert hint in str(caught.value)
    with pytest.raises(UnknownName):
        model.set_named(name, "1")


def test_a_part_that_is_not_built_is_named(model):
    with pytest.raises(UnknownName, match="does not have yet: SmartCharging"):
        model.set_named("SmartChargingCtrlr.LimitChangeSignificance", "5")


def test_every_name_is_understood(model):
    for variable in model.schema.variables:
        for attribute in variable.attributes:
            if not (variable.hidden and variable.function):
                assert model.parse_name(attribute.name) == VariableName(variable.ref, attribute.type)


def test_reading_and_setting_by_name(model):
    assert model.set_named("EVSE#1.Power:MaxSet", "7400").done
    assert model.get_named("EVSE#1.Power:MaxSet") == "7400"
    assert model.set_named("HeartbeatInterval", "5", by=Author.FILE).done
    assert model.get_named("HeartbeatInterval") == "5"
    assert model.get_named("NumberOfConnectors") == "2"
    assert model.get_named("AuthorizationKey") is None
    assert model.get_named("SecurityCtrlr.BasicAuthPassword") is None
    assert model.set_named("ChargingStation.VendorName", "ACME").done
    assert model.set_named("SecurityCtrlr.BasicAuthPassword", "short").done
    assert model.set_named("CoreProfileCtrlr.NumberOfConnectors", "9").done
    assert model.configuration(["NumberOfConnectors"]).rows[0]["value"] == "9"


# --- reports


@pytest.mark.req("B07.FR.08", "B07.FR.11", "B08.FR.12")
def test_full_inventory(model):
    rows = list(model.report("FullInventory"))
    assert len(rows) > 100
    assert len({row.ref for row in rows}) == len(rows)
    for row in rows:
        for attribute in row.attributes:
            assert (attribute.value is None) == (attribute.mutability == "WriteOnly")
    power = next(row for row in rows if row.ref == VariableRef("EVSE", "Power", None, 1))
    assert [(attribute.type, attribute.value) for attribute in power.attributes] == [("Actual", "0"), ("MaxSet", "")]
    assert (power.variable.unit, power.variable.data_type, power.variable.supports_monitoring) == ("W", "decimal", True)


@pytest.mark.req("B07.FR.07")
def test_configuration_inventory(model):
    rows = list(model.report("ConfigurationInventory"))
    assert all(any(attribute.mutability != "ReadOnly" for attribute in row.attributes) for row in rows)
    assert settings.HEARTBEAT_INTERVAL in {row.ref for row in rows}


@pytest.mark.req("B07.FR.09")
def test_summary_inventory(model):
    model.provide("EVSE", "Problem", lambda ref: ref.evse == 2)
    rows = [str(row.ref) for row in model.report("SummaryInventory")]
    assert rows == [
        "ChargingStation.AvailabilityState",
        "EVSE#1.AvailabilityState",
        "EVSE#2.AvailabilityState",
        "EVSE#2.Problem",
        "Connector#1/1.AvailabilityState",
        "Connector#2/1.AvailabilityState",
    ]


@pytest.mark.req("B07.FR.02")
def test_unknown_base_report(model):
    with pytest.raises(ValueError, match="Everything"):
        list(model.report("Everything"))


def test_reports_tell_changed_and_live_values(model):
    model.set("OCPPCommCtrlr", "HeartbeatInterval", "10")
    model.provide("EVSE", "Power", lambda ref: 4200.0)
    values = {str(row.ref): row.attributes[0].value for row in model.report("FullInventory")}
    assert values["OCPPCommCtrlr.HeartbeatInterval"] == "10"
    assert values["EVSE#2.Power"] == "4200"


def test_rows_of_untouched_variables_are_shared(model):
    other = DeviceModel(SCHEMA)
    ours = {id(row) for row in model.report("FullInventory")}
    assert ours == {id(row) for row in other.report("FullInventory")}


def _names(rows):
    return {str(row.ref) for row in rows}


@pytest.mark.req("B08.FR.11", "B08.FR.20", "B08.FR.21", "B08.FR.22", "B08.FR.23")
def test_custom_report_of_named_parts(model):
    assert _names(model.custom_report(wanted=[Wanted("TxCtrlr", "TxStartPoint")])) == {"TxCtrlr.TxStartPoint"}
    assert len(_names(model.custom_report(wanted=[Wanted("txctrlr")]))) > 5
    assert _names(model.custom_report(wanted=[Wanted("DeviceDataCtrlr", "BytesPerMessage")])) == {
        f"DeviceDataCtrlr.BytesPerMessage[{name}]" for name in ("GetReport", "GetVariables", "SetVariables")
    }
    assert _names(model.custom_report(wanted=[Wanted("EVSE", "Available")])) == {"EVSE#1.Available", "EVSE#2.Available"}
    assert _names(model.custom_report(wanted=[Wanted("Connector", "Available", evse=2)])) == {"Connector#2/1.Available"}
    assert _names(model.custom_report(wanted=[Wanted("Nonsense")])) == set()
    assert len(_names(model.custom_report())) == len(list(model.report("FullInventory")))


@pytest.mark.req("B08.FR.05", "B08.FR.08", "B08.FR.09", "B08.FR.10", "B08.FR.13", "B08.FR.15")
def test_custom_report_by_criteria(model):
    assert list(model.custom_report(["Problem"])) == []
    model.provide("Connector", "Problem", lambda ref: ref.evse == 1)
    components = {(row.ref.component, row.ref.evse) for row in model.custom_report(["Problem"])}
    assert components == {("Connector", 1)}
    available = {row.ref.component for row in model.custom_report(["Available"])}
    assert "ReservationCtrlr" not in available
    assert {"TxCtrlr", "EVSE", "SampledDataCtrlr"} <= available
    model.set("AuthCtrlr", "Enabled", "false")
    assert "AuthCtrlr" not in {row.ref.component for row in model.custom_report(["Enabled"])}
    assert "AuthCtrlr" in {row.ref.component for row in model.custom_report(["Enabled", "Available"])}
    assert _names(model.custom_report(["Available"], [Wanted("EVSE", "Power", evse=1)])) == {"EVSE#1.Power"}
    assert _names(model.custom_report(["Problem"], [Wanted("EVSE", "Power", evse=1)])) == set()


def test_snapshot(model):
    model.set("OCPPCommCtrlr", "NetworkConfigurationPriority", "2,1")
    model.set_named("HeartbeatInterval", "5")
    rows = {(r["component"], r["variable"], r["instance"], r["evse"], r["attribute"]): r for r in model.snapshot()}
    heartbeat = rows["OCPPCommCtrlr", "HeartbeatInterval", None, None, "Actual"]
    assert heartbeat == {
        "component": "OCPPCommCtrlr", "variable": "HeartbeatInterval", "instance": None, "evse": None,
        "connector": None, "attribute": "Actual", "value": "5", "pending": None, "mutability": "ReadWrite",
        "persistent": True, "data_type": "integer", "unit": "s", "min": 1, "max": None, "values": [],
        "keys": ["HeartbeatInterval"], "reboot_required": False, "changed_by": "operator",
    }  # fmt: skip
    assert rows["OCPPCommCtrlr", "NetworkConfigurationPriority", None, None, "Actual"]["pending"] == "2,1"
    assert rows["SecurityCtrlr", "BasicAuthPassword", None, None, "Actual"]["value"] is None
    assert ("EVSE", "Power", None, 1, "MaxSet") in rows
    assert not [row for row in rows if row[:2] == ("SmartChargingCtrlr", "LimitChangeSignificance")]


def test_fixed_cables_are_never_unlocked():
    model = DeviceModel(device_schema(FIXED_CABLES))
    assert model.boolean(settings.UNLOCK_ON_EV_SIDE_DISCONNECT) is False
    assert model.set("OCPPCommCtrlr", "UnlockOnEVSideDisconnect", "true").reason_code == "ReadOnly"
    assert model.configuration(["UnlockConnectorOnEVSideDisconnect"]).rows == [
        {"key": "UnlockConnectorOnEVSideDisconnect", "readonly": True, "value": "false"}
    ]
