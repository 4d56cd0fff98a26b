"""Station files, good and bad."""

from __future__ import annotations

import pytest

from emulator.domain.station import Cable, Current
from emulator.runtime.configuration import BadConfiguration, StationConfiguration
from emulator.runtime.station_file import load_station_file

WHOLE = """
[station]
id = "CP7"
vendor = "Acme"
model = "Quad"
serial_number = "S1"
firmware_version = "2.1"
iccid = "89"
imsi = "26"
meter_type = "M"
meter_serial_number = "M1"

[connection]
url = "wss://csms.example.com/ocpp"
ocpp = ["2.0.1", "1.6", "1.6"]
security_profile = 2
user = "acme"
ca = "roots.pem"
certificate = "/etc/station.pem"
key = "key.pem"

[[evse]]
id = 1
max_power_kw = 43
phases = 3
voltage = 230
current = "ac"
[[evse.connector]]
id = 1
type = "sType2"
[[evse.connector]]
type = "cType2"
max_current_a = 63

[[evse]]
current = "dc"
max_power_kw = 300
voltage = 400

[reader]
layout = "per-evse"
master_pass_ui = true

[[token]]
id = "04A1"
type = "ISO15693"
label = "Mine"
[[token]]
id = "x"

[[vehicle]]
name = "Zoe"
battery_kwh = 52
soc = 12.5
ready = false
max_ac_kw = 22
max_dc_kw = 0
phases = 3
taper_soc = 85
iso15118 = "contract"
emaid = "DE8AA1A2B3C4D5"
departure_time = 2026-01-05T12:00:00Z
[[vehicle]]

[settings]
HeartbeatInterval = 5
AlignedDataCtrlr.Interval = 900
"OCPPCommCtrlr.MessageTimeout[Default]" = 20
LocalPreAuthorize = true
MeterValuesSampledData = ["SoC", "Voltage"]
"""


@pytest.fixture
def load(tmp_path):
    def loading(text):
        path = tmp_path / "station.toml"
        path.write_text(text)
        return load_station_file(path)

    return loading


def test_an_empty_file_is_the_station_out_of_the_box(load):
    assert load("") == StationConfiguration()


def test_everything_that_a_file_can_say(load, tmp_path):
    station = load(WHOLE)
    assert (station.id, station.vendor, station.model, station.serial_number) == ("CP7", "Acme", "Quad", "S1")
    assert (station.firmware_version, station.iccid, station.imsi) == ("2.1", "89", "26")
    assert (station.meter_type, station.meter_serial_number) == ("M", "M1")
    connection = station.connection
    assert (connection.url, connection.ocpp) == ("wss://csms.example.com/ocpp", ("2.0.1", "1.6"))
    assert (connection.security_profile, connection.user) == (2, "acme")
    assert connection.ca == str(tmp_path / "roots.pem")
    assert connection.certificate == "/etc/station.pem"
    assert connection.key == str(tmp_path / "key.pem")
    ac, dc = station.evses
    assert (ac.current, ac.max_power_w, ac.phases, ac.voltage_v) == (Current.AC, 43_000, 3, 230)
    socket, cable = ac.connectors
    assert (socket.id, socket.type, socket.cable, socket.max_current_a) == (1, "sType2", Cable.SOCKET, 63)
    assert (cable.id, cable.type, cable.cable, cable.max_current_a) == (2, "cType2", Cable.ATTACHED, 63)
    assert (dc.id, dc.current, dc.max_power_w, dc.voltage_v) == (2, Current.DC, 300_000, 400)
    assert [(c.type, c.cable, c.max_current_a) for c in dc.connectors] == [("cCCS2", Cable.ATTACHED, 750)]
    assert (station.reader_layout, station.master_pass_ui) == ("per-evse", True)
    assert [(card.id_token, card.type, card.label) for card in station.cards] == [
        ("04A1", "ISO15693", "Mine"),
        ("x", "ISO14443", ""),
    ]
    zoe, other = station.vehicles
    assert (zoe.name, zoe.battery_wh, zoe.soc_percent, zoe.ready) == ("Zoe", 52_000, 12.5, False)
    assert (zoe.max_ac_w, zoe.max_dc_w, zoe.phases, zoe.taper_soc_percent) == (22_000, 0, 3, 85)
    assert (zoe.iso15118, zoe.emaid, zoe.departure_time) == ("contract", "DE8AA1A2B3C4D5", "2026-01-05T12:00:00+00:00")
    assert other.name == "Vehicle 2"
    assert station.settings == (
        ("HeartbeatInterval", "5"),
        ("AlignedDataCtrlr.Interval", "900"),
        ("OCPPCommCtrlr.MessageTimeout[Default]", "20"),
        ("LocalPreAuthorize", "true"),
        ("MeterValuesSampledData", "SoC,Voltage"),
    )


def test_the_station_of_a_file_can_be_built(load):
    station = load(WHOLE).build()
    assert [[c.type for c in evse.connectors] for evse in station.evses] == [["sType2", "cType2"], ["cCCS2"]]
    assert not station.evses[0].connectors[0].cable_present


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[station", "is not TOML: "),
        ("[stations]", "there is no table 'stations' (did you mean 'station'?)."),
        ("url = 'x'", "there is no table 'url' (there is station, connection, evse"),
        ("[station]\nserialnumber = 'x'", "[station]: there is no key 'serialnumber' (did you mean 'serial_number'?)."),
        ("[station]\nid = ''", '[station]: id must be a text of 1 to 48 characters, not "".'),
        ("[station]\nmodel = 5", "[station]: model must be a text of 0 to 20 characters, not 5."),
        ("[[station]]", "station must be written as [station], once."),
        ("station = 1", "station must be written as [station], once."),
        ("[evse]", "evse must be written as [[evse]], once for each."),
        ("evse = [1]", "evse must be written as [[evse]], once for each."),
        ("[connection]\npassword = 'x'", "[connection]: a password must not lie in a file"),
        (
            "[connection]\nocpp = ['2.0']",
            '[connection]: ocpp[0] must be one of 1.2, 1.5, 1.6, 1.6s, 2.0.1, 2.1, not "2.0".',
        ),
        ("[connection]\nocpp = []", "[connection]: ocpp must be a list that is not empty"),
        ("[connection]\nocpp = '1.6'", "[connection]: ocpp must be a list"),
        ("[connection]\nsecurity_profile = 4", "security_profile must be a whole number from 0 to 3, not 4."),
        (
            "[[evse]]\n[[evse]]\nmax_power_kw = '22'",
            '[[evse]] 2: max_power_kw must be a number greater than 0, not "22".',
        ),
        ("[[evse]]\nmax_power_kw = -1", "[[evse]] 1: max_power_kw must be a number greater than 0, not -1."),
        ("[[evse]]\nphases = 2", "[[evse]] 1: phases must be one of 1, 3, not 2."),
        ("[[evse]]\ncurrent = 'AC'", '[[evse]] 1: current must be one of ac, dc, not "AC".'),
        ("[[evse]]\nid = 2", "[[evse]] 1: id must be 1, not 2: they are numbered 1, 2, 3 in this order."),
        ("[[evse]]\nconnector = []", "[[evse]] 1: connector must be a list that is not empty"),
        (
            "[[evse]]\n[[evse.connector]]\ntype = 'CCS'",
            "[[evse]] 1, [[evse.connector]] 1: type must be one of cCCS1, cCCS2",
        ),
        ("[[evse]]\n[[evse.connector]]\nid = 7", "[[evse]] 1, [[evse.connector]] 1: id must be 1, not 7"),
        ("[reader]\nlayout = 'each'", '[reader]: layout must be one of shared, per-evse, not "each".'),
        ("[[token]]", "[[token]] 1: the key 'id' is missing."),
        ("[[token]]\nid = 'a'\ntype = 'rfid'", "[[token]] 1: type must be one of Central, eMAID"),
        ("[[vehicle]]\nbattery = 5", "[[vehicle]] 1: there is no field 'battery' (did you mean 'battery_"),
        ("[[vehicle]]\nsoc = 101", "[[vehicle]] 1: soc must be a number from 0 to 100, not 101."),
        ("[[vehicle]]\ndeparture_time = 'soon'", "[[vehicle]] 1: departure_time must be a date and time such as"),
        ("[[vehicle]]\nname='a'\n[[vehicle]]\nname='a'", "[[vehicle]] 2: another vehicle has the name 'a' already."),
        ("[settings]\nHeartbeatInterval = [{a = 1}]", "[settings]: HeartbeatInterval must be a text, a number"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(load, tmp_path, text, words):
    with pytest.raises(BadConfiguration) as problem:
        load(text)
    assert words in problem.value.sentence
    assert str(tmp_path / "station.toml") in problem.value.sentence
    assert problem.value.sentence.endswith(".")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(BadConfiguration, match="There is no station file "):
        load_station_file(tmp_path / "nothing.toml")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(BadConfiguration, match="cannot be read: Is a directory"):
        load_station_file(tmp_path)


def test_a_file_in_another_encoding(tmp_path):
    path = tmp_path / "latin.toml"
    path.write_bytes("[station]\nvendor = 'Käse'".encode("latin-1"))
    with pytest.raises(BadConfiguration, match="is not a text in UTF-8"):
        load_station_file(path)
