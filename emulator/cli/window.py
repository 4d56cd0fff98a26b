"""`forecourt` without a command: the window."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path
from typing import Any

from emulator.cli.arguments import BadUsage, Parser, complain, number_between, run_options
from emulator.cli.options import WindowOptions

# The window stands on top of the engine, which therefore does not import it (import-linter holds that): the command
# line, where both meet, finds it by its name, and says so in one sentence where only the engine is installed.
WINDOW = "ui.application"
OURS = ("emulator", "ui", "resources")
_LARGEST = 16384


def add_options(target: Parser) -> None:
    """The options that only the window has."""
    add = target.add_argument
    add("--demo", action="store_true", help="with the built-in test CSMS and a station connected to it")
    add("--screenshot", type=Path, metavar="FILE", help="draw the window off-screen, write a PNG and end")
    add("--after", dest="after_s", type=number_between(0, 3600), default=5.0, metavar="S",
        help="seconds until the picture is taken (default 5)")  # fmt: skip
    add("--size", type=_size, metavar="WxH", help="size of the picture")
    add("--theme", choices=("light", "dark"), help="default: as the system has it")
    add("--do", action="append", type=_action, metavar="JSON", help='an action to perform: {"plug": {"evse": 1}}')


def open_window(found: argparse.Namespace) -> int:
    """Open the window; returns the exit code."""
    _check(found)
    options = WindowOptions(
        demo=found.demo,
        screenshot=found.screenshot,
        after_s=found.after_s,
        size=found.size,
        theme=found.theme,
        do=tuple(found.do or ()),
        run=run_options(found),
    )
    try:
        code: int = import_module(WINDOW).main(options)
    except ImportError as missing:
        if missing.name is not None and missing.name != WINDOW and missing.name.split(".")[0] in OURS:
            raise
        reason = f"{missing.name} is not installed" if isinstance(missing, ModuleNotFoundError) else str(missing)
        complain(f"The window cannot be opened: {reason}. `forecourt run` needs no window.")
        return 1
    return code


def _check(found: argparse.Namespace) -> None:
    file = found.station_file
    if file is not None and file.suffix != ".toml" and not file.exists():
        raise BadUsage(f"There is no command {str(file)!r}: the commands are run, csms and scenario.")


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 0 < int(width) <= _LARGEST and 0 < int(height) <= _LARGEST):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size such as 1440x900")
    return int(width), int(height)


def _action(text: str) -> dict[str, Any]:
    import json

    try:
        given = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not JSON: {error}") from error
    if isinstance(given, dict) and len(given) == 1:
        ((name, parameters),) = given.items()
        if isinstance(parameters, dict) or parameters is None:
            return {name: parameters or {}}
    raise argparse.ArgumentTypeError(
        f'{text!r} is not one action with its parameters, such as {{"plug": {{"evse": 1}}}}'
    )
