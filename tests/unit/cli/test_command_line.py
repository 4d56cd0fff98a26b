"""The words of the command line: what they mean, and one sentence for those that mean nothing."""

from __future__ import annotations

import sys
import types
from pathlib import Path

import pytest

from emulator.cli.arguments import BadUsage, add_run_options, parse, parser, run_options
from emulator.cli.main import main
from emulator.cli.options import WindowOptions
from emulator.runtime.run_options import RunOptions


def parsed(*words):
    target = parser("forecourt run", "")
    add_run_options(target)
    return run_options(parse(target, words))


def test_no_options_are_the_defaults():
    assert parsed() == RunOptions()


def test_every_option_of_run():
    options = parsed(
        "s.toml", "--url", "ws://a/b", "--id", "CP1", "--ocpp", "2.0.1,1.6", "--security-profile", "1", "--user", "u",
        "--password", "p", "--ca", "ca.pem", "--cert", "c.pem", "--key", "k.pem", "--root", "v2g=r.pem", "--set",
        "HeartbeatInterval=5", "--set", "A.B=x=y", "--set", "C.D=", "--data", "d", "--fresh", "--count", "7",
        "--control", "0", "--clock-speed", "60", "--log-frames",
    )  # fmt: skip
    assert options == RunOptions(
        station_file=Path("s.toml"), url="ws://a/b", identity="CP1", ocpp=("2.0.1", "1.6"), security_profile=1,
        user="u", password="p", certificate="c.pem", key="k.pem", roots=(("CSMS", "ca.pem"), ("V2G", "r.pem")),
        settings=(("HeartbeatInterval", "5"), ("A.B", "x=y"), ("C.D", "")), data=Path("d"), fresh=True, count=7,
        control=("127.0.0.1", 0), clock_speed=60, log_frames=True,
    )  # fmt: skip
    assert "password" not in repr(options)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("9000", ("127.0.0.1", 9000)),
        ("localhost:1", ("localhost", 1)),
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::1]:5", ("::1", 5)),
    ],
)
def test_addresses_of_the_control_socket(text, address):
    assert parsed("--control", text).control == address


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--urll", "x"], "There is no option --urll; did you mean --url?"),
        (["--colour=red"], "There is no option --colour"),
        (["--url"], "--url: expected one argument."),
        (["a.toml", "b.toml"], "'b.toml' is one argument too many."),
        (["--id", ""], "--id: an identity has at least one character."),
        (["--ocpp", "2.0"], "--ocpp: there is no OCPP version '2.0': 1.2, 1.5, 1.6, 1.6s, 2.0.1, 2.1."),
        (["--security-profile", "4"], "--security-profile: '4' is not a whole number from 0 to 3."),
        (["--count", "0"], "--count: '0' is not a whole number from 1 to 9999."),
        (["--count", "-5"], "--count: "),
        (["--clock-speed", "0.5"], "--clock-speed: '0.5' is not a number from 1 to 3600."),
        (["--clock-speed", "nan"], "--clock-speed: 'nan' is not a number from 1 to 3600."),
        (["--root", "CSMS"], "--root: 'CSMS' is not USE=FILE with USE one of CSMS, V2G, MO, MF, OEM."),
        (["--root", "X=y"], "--root: 'X=y' is not USE=FILE"),
        (["--set", "HeartbeatInterval"], "--set: 'HeartbeatInterval' is not NAME=VALUE"),
        (["--set", "=5"], "--set: '=5' is not NAME=VALUE"),
        (["--control", "0.0.0.0:80"], "--control: the control socket is served on this machine only"),
        (["--control", "70000"], "--control: '70000' is not a whole number from 0 to 65535."),
        (["--control", "example.com:1"], "not 'example.com'."),
        (["--u", "x"], "There is no option --u"),
    ],
)
def test_bad_usage_is_one_sentence(words, sentence):
    with pytest.raises(BadUsage) as wrong:
        parsed(*words)
    assert sentence in str(wrong.value)
    assert "\n" not in str(wrong.value)


# --- the program


def ended(capsys, *words):
    code = main(words)
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run"], "Say where the CSMS is: --url ws://HOST:PORT/PATH."),
        (["run", "--urll"], "There is no option --urll; did you mean --url?"),
        (["run", "nothing.toml", "--url", "ws://a"], "There is no station file nothing.toml."),
        (["run", "--url", "http://a"], "The URL http://a is a web address"),
        (["run", "--url", "ws://a", "--ocpp", "2.1"], "OCPP 2.1 is not built yet."),
        (["scenario", "a.yaml"], "Scenario files cannot be run yet"),
        (["csms", "--port", "x"], "--port: 'x' is not a whole number from 0 to 65535."),
        (["rnu"], "There is no command 'rnu': the commands are run, csms and scenario."),
        (["--theme", "blue"], "--theme: invalid choice: 'blue'"),
        (["--size", "big"], "--size: 'big' is not a size such as 1440x900."),
        (["--do", "plug"], "--do: 'plug' is not JSON"),
        (["--do", '["plug"]'], "is not one action with its parameters"),
        (["--do", '{"plug": {}, "unplug": {}}'], "is not one action with its parameters"),
    ],
)
def test_bad_usage_ends_with_2(capsys, words, sentence):
    code, out, err = ended(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("forecourt: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_version(capsys):
    code, out, err = ended(capsys, "--version")
    assert (code, err) == (0, "")
    assert out.startswith("forecourt 0.")


@pytest.mark.parametrize("command", [[], ["run"], ["csms"]])
def test_help(capsys, command):
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    out = capsys.readouterr().out
    assert "usage: forecourt" in out
    if not command:
        assert "forecourt scenario FILE..." in out


def test_the_test_csms_on_a_port_that_is_taken(capsys):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, _, err = ended(capsys, "csms", "--port", str(port))
    assert code == 1
    assert err.startswith(f"forecourt: The test CSMS cannot listen on 127.0.0.1 port {port}: ")
    assert err.count("\n") == 1


# --- the window


@pytest.fixture
def window(monkeypatch):
    """A stand-in for the window: keeps the options that it was opened with."""
    opened = []
    module = types.ModuleType("ui.application")
    module.main = lambda options: opened.append(options) or 7
    monkeypatch.setitem(sys.modules, "ui.application", module)
    return opened


def test_the_window_without_options(window):
    assert main([]) == 7
    assert window == [WindowOptions()]


def test_the_window_with_every_option(window):
    main([
        "s.toml", "--demo", "--screenshot", "a.png", "--after", "2.5", "--size", "1440x900", "--theme", "dark",
        "--do", '{"plug": {"evse": 1}}', "--do", '{"power_off": null}', "--url", "ws://a", "--id", "CP1",
    ])  # fmt: skip
    (options,) = window
    assert (options.demo, options.screenshot, options.after_s) == (True, Path("a.png"), 2.5)
    assert (options.size, options.theme) == ((1440, 900), "dark")
    assert options.do == ({"plug": {"evse": 1}}, {"power_off": {}})
    assert options.station_file == Path("s.toml")
    assert (options.run.url, options.run.identity) == ("ws://a", "CP1")


def test_without_the_windows_libraries_one_sentence_says_so(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "ui.application", None)
    code, out, err = ended(capsys)
    assert (code, out) == (1, "")
    assert err == (
        "forecourt: The window cannot be opened: ui.application is not installed. `forecourt run` needs no window.\n"
    )
