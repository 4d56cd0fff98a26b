"""CPU per answer in a closed loop of commands: one station, one command outstanding."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from benchmarks.figures import Figure, Settings, pinned
from benchmarks.process import Subject, bare_client, forecourt
from benchmarks.sink import Link, listening

WARM_UP_S = 1.0
SETTLE_S = 0.5
_HEARTBEAT = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
COMMANDS: dict[str, tuple[str, dict[str, Any], float]] = {
    "1.6": ("GetConfiguration", {"key": ["HeartbeatInterval"]}, 2.0),
    "2.0.1": ("GetVariables", {"getVariableData": [_HEARTBEAT]}, 2.5),
}
Starter = Callable[[str, str], AbstractAsyncContextManager[Subject]]


def _has_value(answer: dict[str, Any]) -> bool:
    rows = answer.get("configurationKey") or answer.get("getVariableResult") or [{}]
    return ("value" in rows[0]) or ("attributeValue" in rows[0])


async def loop_of(link: Link, action: str, payload: dict[str, Any], seconds: float) -> int:
    """Send the command again and again, each after the answer to the last; returns how many answers came."""
    until = time.perf_counter() + seconds
    done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    answers = 0

    def answered(answer: dict[str, Any]) -> None:
        nonlocal answers
        answers += 1
        if not _has_value(answer):
            raise SystemExit(f"bench: {action} got no value: {answer}")
        if time.perf_counter() < until:
            link.call(action, payload, answered)
        else:
            done.set_result(answers)

    link.call(action, payload, answered)
    return await asyncio.wait_for(done, seconds + 30)


async def cpu_per_answer_us(start: Starter, ocpp: str, seconds: float) -> float:
    """Microseconds of CPU of the station's process per answer, what it still writes after the last one included."""
    action, payload, _ = COMMANDS[ocpp]
    async with listening() as sink, start(sink.url, ocpp) as subject:
        await subject.booted(sink)
        (link,) = sink.links.values()
        await loop_of(link, action, payload, WARM_UP_S)
        await asyncio.sleep(SETTLE_S)
        before = subject.cpu_s()
        answers = await loop_of(link, action, payload, seconds)
        await asyncio.sleep(SETTLE_S)
        return (subject.cpu_s() - before) / answers * 1e6


async def figures(settings: Settings) -> AsyncIterator[Figure]:
    """One figure per version, the two sides measured in turn."""
    for ocpp, (action, _, limit) in COMMANDS.items():
        bare, ours = [], []
        for _ in range(settings.rounds):
            with pinned(settings.cpu):
                bare.append(await cpu_per_answer_us(bare_client, ocpp, settings.seconds))
                ours.append(await cpu_per_answer_us(forecourt, ocpp, settings.seconds))
        yield Figure(f"{action} ({ocpp})", "us", ours, bare, limit, limit_is_ratio=True)
