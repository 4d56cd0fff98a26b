"""`forecourt csms`: the built-in test CSMS alone."""

from __future__ import annotations

import argparse

from emulator.cli.arguments import LOOPBACK, Parser, complain, whole_number


def add_options(target: Parser) -> None:
    """The options of the command."""
    target.add_argument("--host", default=LOOPBACK[0], help="address to listen on (default: this machine only)")
    target.add_argument("--port", type=whole_number(0, 65535), default=9000, metavar="N", help="port; 0: a free one")
    target.add_argument("--log-frames", action="store_true", help="print every frame as one JSON line")


def run(found: argparse.Namespace) -> int:
    """Serve until Ctrl-C or SIGTERM."""
    import asyncio

    from emulator.csms.serve import serve

    try:
        asyncio.run(serve(found.host, found.port, log_frames=found.log_frames))
    except OSError as error:
        reason = error.strerror or str(error)
        complain(f"The test CSMS cannot listen on {found.host} port {found.port}: {reason}. Choose another --port.")
        return 1
    return 0
