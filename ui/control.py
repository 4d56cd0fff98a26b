"""The control socket beside the window: scripts and hands drive the same station."""

from __future__ import annotations

import json
import secrets
import socket
from typing import TYPE_CHECKING

from emulator.domain.errors import EnvironmentProblem
from emulator.runtime.fleet import Fleet

if TYPE_CHECKING:
    from emulator.control.server import ControlServer


class WindowControl:
    """Serves the stations of the command line, and tells on stdout where."""

    def __init__(self) -> None:
        self._server: ControlServer | None = None

    async def start(self, fleet: Fleet, address: tuple[str, int]) -> None:
        """Serve on host and port (0: a free one); raises EnvironmentProblem when it is taken."""
        from emulator.control.server import ControlServer

        host, port = address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            listener = socket.create_server((host, port), family=family)
        except OSError as error:
            reason = error.strerror or str(error)
            raise EnvironmentProblem(
                f"The control socket cannot be served on {host} port {port}: {reason}.", "Choose another port, or 0."
            ) from error
        token = secrets.token_hex(24)
        self._server = ControlServer(fleet, token)
        await self._server.start(listener)
        bound = listener.getsockname()[1]
        place = f"[{host}]" if ":" in host else host
        print(json.dumps({"control": f"ws://{place}:{bound}/", "token": token}), flush=True)

    async def stop(self) -> None:
        """Close every connection; harmless when it does not run."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()


__all__ = ["WindowControl"]
