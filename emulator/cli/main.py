"""The program `forecourt`: which command, and how it ends: 0, 1 for a failed run, 2 for bad usage."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from emulator.cli.arguments import BadUsage, Parser, add_run_options, complain, parse, parser, run_options

COMMANDS_HELP = """commands:
  forecourt run [STATION.toml] [options]     one station without a window, until Ctrl-C
  forecourt csms [--port N] [options]        the built-in test CSMS alone
  forecourt scenario FILE... [--junit OUT]   run scenario files without a window
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program with these arguments; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words and words[0] in COMMANDS:
            return COMMANDS[words[0]](words[1:])
        return _window(words)
    except BadUsage as wrong:
        complain(str(wrong))
        return 2
    except KeyboardInterrupt:
        # Before there was anything to stop.
        return 0


def _run(words: Sequence[str]) -> int:
    target = parser("forecourt run", "One charging station without a window, until Ctrl-C or SIGTERM.")
    add_run_options(target)
    options = run_options(parse(target, words))
    from emulator.cli.running import run

    return run(options)


def _csms(words: Sequence[str]) -> int:
    target = parser("forecourt csms", "The built-in test CSMS alone, until Ctrl-C or SIGTERM.")
    from emulator.cli.csms import add_options, run

    add_options(target)
    return run(parse(target, words))


def _scenario(words: Sequence[str]) -> int:
    raise BadUsage("Scenario files cannot be run yet: they come with a later version.")


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {"run": _run, "csms": _csms, "scenario": _scenario}


def _window(words: Sequence[str]) -> int:
    target = parser("forecourt", "A desktop OCPP charge point emulator.")
    target.epilog = COMMANDS_HELP
    _show_epilog_as_it_is(target)
    target.add_argument("--version", action="store_true", help="print the version and end")
    add_run_options(target)
    from emulator.cli.window import add_options, open_window

    add_options(target)
    found = parse(target, words)
    if found.version:
        from importlib.metadata import version

        print(f"forecourt {version('forecourt')}")
        return 0
    return open_window(found)


def _show_epilog_as_it_is(target: Parser) -> None:
    from argparse import RawDescriptionHelpFormatter

    target.formatter_class = RawDescriptionHelpFormatter


if __name__ == "__main__":
    sys.exit(main())
