"""The words of the command line (control.md) and what they mean."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NoReturn

from emulator.runtime.run_options import RunOptions

LOOPBACK = ("127.0.0.1", "::1", "localhost")
ROOT_USES = ("CSMS", "V2G", "MO", "MF", "OEM")
VERSIONS = ("1.2", "1.5", "1.6", "1.6s", "2.0.1", "2.1")
_MOST_STATIONS = 9999


class BadUsage(Exception):
    """The command line is wrong; the text is one sentence."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one sentence, without the usage above it."""

    def error(self, message: str) -> NoReturn:
        """Raise BadUsage."""
        unknown = message.removeprefix("unrecognized arguments: ")
        if unknown != message:
            raise BadUsage(self._unknown(unknown.split()[0]))
        raise BadUsage(message.removeprefix("argument ").rstrip(".") + ".")

    def _unknown(self, word: str) -> str:
        if not word.startswith("-"):
            return f"{word!r} is one argument too many."
        from difflib import get_close_matches

        known = [option for action in self._actions for option in action.option_strings]
        near = get_close_matches(word.split("=")[0], known, n=1)
        return f"There is no option {word.split('=')[0]}" + (f"; did you mean {near[0]}?" if near else ".")


def parser(name: str, description: str) -> Parser:
    """A parser for `forecourt` or one of its commands."""
    return Parser(prog=name, description=description, allow_abbrev=False, formatter_class=argparse.HelpFormatter)


def add_run_options(target: Parser) -> None:
    """The options that `run` and the window share."""
    add = target.add_argument
    add("station_file", nargs="?", type=Path, metavar="STATION.toml", help="station file")
    add("--url", help="address of the CSMS: ws:// or wss://; the station's identity is appended to its path")
    add("--id", dest="identity", type=_identity, help="charging station identity")
    add("--ocpp", type=_versions, default=(), metavar="V[,V...]", help="OCPP versions, the preferred one first")
    add("--security-profile", type=whole_number(0, 3), metavar="N", help="0, 1, 2 or 3")
    add("--user", help="user name for the CSMS, where it is not the identity")
    add("--password", help="password for the CSMS (or in FORECOURT_PASSWORD)")
    add("--ca", dest="roots", action="append", type=_ca, metavar="FILE", help="root certificate of the CSMS (PEM)")
    add("--cert", dest="certificate", metavar="FILE", help="certificate of the station (PEM)")
    add("--key", metavar="FILE", help="key of that certificate (PEM)")
    add("--root", dest="roots", action="append", type=_root, metavar="USE=FILE", help=f"root: {', '.join(ROOT_USES)}")
    add("--set", dest="settings", action="append", type=_setting, metavar="NAME=VALUE",
        help="a setting: HeartbeatInterval=5, AlignedDataCtrlr.Interval=900")  # fmt: skip
    add("--data", type=Path, metavar="DIR", help="the station's memory and log")
    add("--fresh", action="store_true", help="start from empty memory")
    add("--count", type=whole_number(1, _MOST_STATIONS), metavar="N", help="N stations: ID-0001 ...")
    add("--control", type=control_address, metavar="[HOST:]PORT", help="serve the control socket; 0: a free port")
    add("--clock-speed", type=_clock_speed, default=1.0, metavar="X", help="station seconds per second, 1 to 3600")
    add("--log-frames", action="store_true", help="print every frame as one JSON line")


def run_options(found: argparse.Namespace) -> RunOptions:
    """The options of `run` out of what was parsed."""
    given: dict[str, Any] = {field.name: getattr(found, field.name) for field in fields(RunOptions)}
    for name in ("ocpp", "roots", "settings"):
        given[name] = tuple(given[name] or ())
    return RunOptions(**given)


def parse(target: Parser, words: Sequence[str]) -> argparse.Namespace:
    """What the words mean; raises BadUsage, and SystemExit(0) after --help."""
    return target.parse_args(list(words))


# --- values


def _wrong(sentence: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(sentence)


def _identity(text: str) -> str:
    if not text:
        raise _wrong("an identity has at least one character")
    return text


def _versions(text: str) -> tuple[str, ...]:
    versions = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    for version in versions:
        if version not in VERSIONS:
            raise _wrong(f"there is no OCPP version {version!r}: {', '.join(VERSIONS)}")
    return versions


def whole_number(low: int, high: int) -> Any:
    """A converter for whole numbers within limits."""

    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise _wrong(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    return number


def number_between(low: float, high: float) -> Any:
    """A converter for decimal numbers within limits."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise _wrong(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return number


_clock_speed = number_between(1, 3600)


def _ca(text: str) -> tuple[str, str]:
    return "CSMS", text


def _root(text: str) -> tuple[str, str]:
    use, equals, file = text.partition("=")
    if not equals or not file or use.upper() not in ROOT_USES:
        raise _wrong(f"{text!r} is not USE=FILE with USE one of {', '.join(ROOT_USES)}")
    return use.upper(), file


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise _wrong(f"{text!r} is not NAME=VALUE, such as HeartbeatInterval=5")
    return name.strip(), value


def control_address(text: str) -> tuple[str, int]:
    """Host and port of "[HOST:]PORT"; only the loopback is served."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if colon else LOOPBACK[0]
    if host not in LOOPBACK:
        raise _wrong(f"the control socket is served on this machine only: {', '.join(LOOPBACK)}, not {host!r}")
    return host, whole_number(0, 65535)(port)


def program_name() -> str:
    """What this program is called in messages."""
    return "forecourt"


def complain(sentence: str) -> None:
    """One sentence on stderr."""
    print(f"{program_name()}: {sentence}", file=sys.stderr)
