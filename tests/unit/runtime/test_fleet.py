"""Options become stations; stations share a database and keep to themselves what is theirs."""

from __future__ import annotations

import dataclasses

import pytest

from emulator.domain import settings
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.variables import Author
from emulator.runtime.configuration import BadConfiguration
from emulator.runtime.fleet import Fleet, UnknownStation, check_connection
from emulator.runtime.run_options import RunOptions, station_configuration
from emulator.transports.loopback import LoopbackServer, LoopbackTransport

URL = "ws://csms.test/ocpp"


@pytest.fixture
def open_fleet(tmp_path):
    opened = []

    def opening(**options):
        given = RunOptions(**{"data": tmp_path / "data", "url": URL, "identity": "CP", **options})
        fleet = Fleet.open(given, transport=LoopbackTransport(LoopbackServer()))
        opened.append(fleet)
        return fleet

    yield opening
    for fleet in opened:
        fleet._database.close()


def test_options_go_before_the_station_file(tmp_path):
    path = tmp_path / "s.toml"
    path.write_text(
        "[station]\nid='A'\nvendor='V'\n[connection]\nurl='ws://a'\nuser='u'\nocpp=['1.6']\n[settings]\nx=1"
    )
    options = RunOptions(station_file=path, url="ws://b", identity="B", ocpp=("2.0.1",), settings=(("y", "2"),))
    station = station_configuration(options)
    assert (station.id, station.vendor) == ("B", "V")
    assert (station.connection.url, station.connection.user, station.connection.ocpp) == ("ws://b", "u", ("2.0.1",))
    assert station.settings == (("x", "1"), ("y", "2"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ocpp": ("2.1",)}, "OCPP 2.1 is not built yet"),
        ({"roots": (("V2G", "x.pem"),)}, "A root for V2G cannot be installed yet"),
        ({"roots": (("CSMS", "x.pem"), ("CSMS", "y.pem"))}, "Only one file with CSMS roots"),
    ],
)
def test_what_cannot_be_yet_is_said(options, words):
    with pytest.raises(BadConfiguration, match=words):
        station_configuration(RunOptions(**options))


def test_the_environment_gives_a_password_that_the_command_line_does_not(monkeypatch):
    monkeypatch.setenv("FORECOURT_PASSWORD", "from outside")
    assert station_configuration(RunOptions()).connection.password == "from outside"
    assert station_configuration(RunOptions(password="given")).connection.password == ""


@pytest.mark.parametrize(
    ("connection", "words"),
    [
        ({"url": "csms.example.com"}, "does not start with ws:// or wss://"),
        ({"url": "http://csms.example.com"}, "is a web address"),
        ({"url": "ws://:9000"}, "names no host"),
        ({"url": "ws://a:0/x"}, "The port in the URL"),
        ({"url": "ws://a", "security_profile": 2}, "Security profile 2 needs TLS"),
        ({"url": "wss://a"}, "no CA certificate is installed"),
        ({"url": "wss://a", "ca": "/nothing.pem"}, "The file /nothing.pem cannot be read"),
    ],
)
def test_a_connection_that_cannot_be_is_refused_before_anything_is_sent(connection, words):
    base = station_configuration(RunOptions())
    with pytest.raises(BadConfiguration) as problem:
        check_connection(dataclasses.replace(base, connection=dataclasses.replace(base.connection, **connection)))
    assert words in problem.value.sentence


async def test_one_station_keeps_its_identity(open_fleet):
    fleet = open_fleet()
    assert list(fleet.stations) == ["CP"]
    assert not fleet.several
    assert fleet.first is fleet.station("CP")


async def test_numbered_stations(open_fleet):
    fleet = open_fleet(count=3)
    assert list(fleet.stations) == ["CP-0001", "CP-0002", "CP-0003"]
    assert fleet.several
    assert fleet.station("CP-0002").configuration.serial_number == "FC-000001-0002"
    assert len({id(emulator.model.schema) for emulator in fleet.stations.values()}) == 1
    with pytest.raises(UnknownStation, match="There is no station 'CP' here: there is CP-0001 to CP-0003"):
        fleet.station("CP")


async def test_one_of_one_is_numbered_too(open_fleet):
    fleet = open_fleet(count=1)
    assert list(fleet.stations) == ["CP-0001"]


async def test_settings_are_obeyed_and_kept(open_fleet):
    fleet = open_fleet(settings=(("HeartbeatInterval", "5"), ("EVSE#1.Power:MaxSet", "7000")))
    assert fleet.first.model.integer(settings.HEARTBEAT_INTERVAL) == 5
    await fleet.stop()
    again = open_fleet()
    assert again.first.model.integer(settings.HEARTBEAT_INTERVAL) == 5
    assert again.first.model.author(settings.HEARTBEAT_INTERVAL) is Author.OPERATOR
    assert again.first.model.get("EVSE", "Power", "MaxSet", evse=1) == "7000"


async def test_fresh_forgets_what_was_kept(open_fleet):
    first = open_fleet(settings=(("HeartbeatInterval", "5"),), password="a-long-enough-password")
    await first.stop()
    again = open_fleet(fresh=True)
    assert again.first.model.integer(settings.HEARTBEAT_INTERVAL) != 5
    assert again.first.profile().password == ""


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HeartbeatIntervall", "5", "The nearest is HeartbeatInterval"),
        ("HeartbeatInterval", "soon", "The setting HeartbeatInterval=soon cannot be set"),
    ],
)
async def test_a_setting_that_cannot_be_lets_the_folder_go(open_fleet, name, value, words):
    with pytest.raises(BadConfiguration, match=words):
        open_fleet(settings=((name, value),))
    open_fleet()


async def test_a_password_is_kept_for_the_next_time_and_only_for_its_owner(open_fleet, tmp_path):
    first = open_fleet(password="secret")
    assert first.first.profile().password == "secret"
    await first.stop()
    assert open_fleet().first.profile().password == "secret"
    (file,) = (tmp_path / "data" / "secrets").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_password_of_the_environment_is_kept_nowhere(open_fleet, monkeypatch, tmp_path):
    monkeypatch.setenv("FORECOURT_PASSWORD", "from outside")
    fleet = open_fleet()
    assert fleet.first.profile().password == "from outside"
    await fleet.stop()
    monkeypatch.delenv("FORECOURT_PASSWORD")
    assert open_fleet().first.profile().password == ""
    assert not (tmp_path / "data" / "secrets").exists()


async def test_a_password_that_the_csms_sets_replaces_the_operators(open_fleet, monkeypatch):
    monkeypatch.setenv("FORECOURT_PASSWORD", "from outside")
    fleet = open_fleet()
    fleet.first.model.set("SecurityCtrlr", "BasicAuthPassword", "NewPassword12345678", by=Author.CSMS)
    assert fleet.first.profile().password == "NewPassword12345678"


async def test_a_password_that_is_too_long(open_fleet):
    with pytest.raises(BadConfiguration, match="The password cannot be used"):
        open_fleet(password="x" * 65)


async def test_a_second_one_on_the_same_folder(open_fleet):
    open_fleet()
    with pytest.raises(EnvironmentProblem, match="is in use by another Forecourt"):
        open_fleet()


async def test_the_clock_runs_at_the_speed_asked_for(open_fleet):
    fleet = open_fleet(count=2, clock_speed=60.0)
    clocks = [emulator.clock for emulator in fleet.stations.values()]
    assert [clock.speed for clock in clocks] == [60, 60]
    assert clocks[0] is not clocks[1]


async def test_the_last_stop_is_told_once(open_fleet):
    fleet = open_fleet(count=2)
    told = []
    fleet.emptied = lambda: told.append(True)
    await fleet.start()
    first, second = fleet.stations.values()
    await first.stop()
    assert told == []
    await second.stop()
    assert told == [True]
    await fleet.stop()
    assert told == [True]
