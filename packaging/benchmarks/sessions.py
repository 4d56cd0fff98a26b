"""CPU per charging session, started and stopped by the CSMS; the cable stays plugged in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from benchmarks.commands import SETTLE_S, WARM_UP_S, Starter
from benchmarks.figures import Figure, Settings, pinned
from benchmarks.process import bare_client, forecourt
from benchmarks.sink import Sink, listening

LIMIT_MS = 1.0
STEP_TIMEOUT_S = 10.0
BACK_OFF_S = 0.01
TAG = "BENCH0001"
# 2.0.1: as in 1.6, a transaction lasts while the power path is closed, and so the plug alone starts none.
PREPARATION = tuple(
    ("set_variable", {"component": "TxCtrlr", "variable": variable, "value": "PowerPathClosed"})
    for variable in ("TxStartPoint", "TxStopPoint")
)


def _start_command(ocpp: str, number: int) -> tuple[str, dict[str, Any]]:
    if ocpp == "1.6":
        return "RemoteStartTransaction", {"connectorId": 1, "idTag": TAG}
    token = {"idToken": TAG, "type": "ISO14443"}
    return "RequestStartTransaction", {"remoteStartId": number, "evseId": 1, "idToken": token}


def _stop_command(ocpp: str, transaction: Any) -> tuple[str, dict[str, Any]]:
    name = "RemoteStopTransaction" if ocpp == "1.6" else "RequestStopTransaction"
    return name, {"transactionId": transaction}


class Driver:
    """Leads one station through sessions, one after the other."""

    def __init__(self, sink: Sink, ocpp: str) -> None:
        (self._link,) = sink.links.values()
        self._ocpp = ocpp
        self._number = 0
        self._events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        self.rejected = 0
        sink.listener = self._heard

    async def sessions(self, seconds: float) -> int:
        """Sessions for so long; returns how many came to their end."""
        until, ended = time.perf_counter() + seconds, 0
        while time.perf_counter() < until:
            self._number += 1
            await self._command(*_start_command(self._ocpp, self._number))
            transaction = await self._next("started")
            await self._command(*_stop_command(self._ocpp, transaction))
            await self._next("ended")
            ended += 1
        return ended

    async def _command(self, action: str, payload: dict[str, Any]) -> None:
        async with asyncio.timeout(STEP_TIMEOUT_S):
            while True:
                answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
                self._link.call(action, payload, answered.set_result)
                if (await answered)["status"] == "Accepted":
                    return
                self.rejected += 1
                await asyncio.sleep(BACK_OFF_S)

    async def _next(self, expected: str) -> Any:
        try:
            async with asyncio.timeout(STEP_TIMEOUT_S):
                kind, transaction = await self._events.get()
        except TimeoutError:
            raise SystemExit(f"bench: session {self._number} ({self._ocpp}) never {expected}") from None
        if kind != expected:
            raise SystemExit(f"bench: session {self._number} ({self._ocpp}) {kind} where it should have {expected}")
        return transaction

    def _heard(self, action: str, payload: dict[str, Any], answer: dict[str, Any]) -> None:
        if action == "StartTransaction":
            self._events.put_nowait(("started", answer["transactionId"]))
        elif action == "StopTransaction":
            self._events.put_nowait(("ended", None))
        elif action == "TransactionEvent" and payload["eventType"] != "Updated":
            kind = payload["eventType"].lower()
            self._events.put_nowait((kind, payload["transactionInfo"]["transactionId"]))


async def cpu_per_session_ms(start: Starter, ocpp: str, seconds: float, plug: bool) -> float:
    """Milliseconds of CPU of the station's process per session."""
    async with listening() as sink, start(sink.url, ocpp) as subject:
        await subject.booted(sink)
        if plug:
            await subject.perform(*PREPARATION, ("plug", {"evse": 1, "connector": 1}))
        driver = Driver(sink, ocpp)
        await driver.sessions(WARM_UP_S)
        await asyncio.sleep(SETTLE_S)
        before = subject.cpu_s()
        sessions = await driver.sessions(seconds)
        await asyncio.sleep(SETTLE_S)
        return (subject.cpu_s() - before) / sessions * 1e3


async def figures(settings: Settings) -> AsyncIterator[Figure]:
    """One figure per version, the two sides measured in turn."""
    for ocpp in ("1.6", "2.0.1"):
        bare, ours = [], []
        for _ in range(settings.rounds):
            with pinned(settings.cpu):
                bare.append(await cpu_per_session_ms(bare_client, ocpp, settings.seconds, plug=False))
                ours.append(await cpu_per_session_ms(forecourt, ocpp, settings.seconds, plug=True))
        yield Figure(f"a session ({ocpp})", "ms", ours, bare, LIMIT_MS)
