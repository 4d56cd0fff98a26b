"""From process start to the first BootNotification at the CSMS, the whole process, without a window."""

from __future__ import annotations

from collections.abc import AsyncIterator

from benchmarks.commands import Starter
from benchmarks.figures import Figure, Settings
from benchmarks.process import bare_client, forecourt
from benchmarks.sink import listening

LIMIT_S = 0.25
RUNS_PER_ROUND = 3


async def start_s(start: Starter, ocpp: str) -> float:
    """Seconds from just before the process is made to the moment when its BootNotification was read."""
    async with listening() as sink, start(sink.url, ocpp) as subject:
        return await subject.booted(sink) - subject.started_at


async def figures(settings: Settings) -> AsyncIterator[Figure]:
    """One figure per version; a first run of each side, which warms the disk cache, is not counted."""
    for ocpp in ("1.6", "2.0.1"):
        await start_s(bare_client, ocpp)
        await start_s(forecourt, ocpp)
        bare, ours = [], []
        for _ in range(settings.rounds * RUNS_PER_ROUND):
            bare.append(await start_s(bare_client, ocpp))
            ours.append(await start_s(forecourt, ocpp))
        yield Figure(f"first BootNotification ({ocpp})", "s", ours, bare, LIMIT_S)
