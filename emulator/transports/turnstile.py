"""Lets a fleet in a few at a time.

A server's queue of new connections is short (100 in many); a SYN that finds it full is repeated only after a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

_AT_ONCE = 64

# An attempt that takes longer than this stands at a dead host; it must not keep the others waiting.
_PATIENCE_S = 0.25


class Turnstile:
    """At most 64 fresh attempts to connect to one host and port at a time."""

    __slots__ = ("_gates",)

    def __init__(self) -> None:
        self._gates: dict[tuple[str, int], asyncio.Semaphore] = {}

    @asynccontextmanager
    async def turn(self, host: str, port: int) -> AsyncIterator[None]:
        """Wait for a turn; it ends with the block, or earlier when the block takes long."""
        gate = self._gates.setdefault((host, port), asyncio.Semaphore(_AT_ONCE))
        await gate.acquire()
        passed = False

        def leave() -> None:
            nonlocal passed
            if not passed:
                passed = True
                gate.release()

        timer = asyncio.get_running_loop().call_later(_PATIENCE_S, leave)
        try:
            yield
        finally:
            timer.cancel()
            leave()
