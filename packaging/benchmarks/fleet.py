"""Many stations in one process: how long until all have booted, and what each takes of memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from benchmarks.figures import Figure, Settings
from benchmarks.process import Subject, bare_client, forecourt
from benchmarks.sink import listening

COUNT = 500
BOOT_LIMIT_S = 2.0
MEMORY_LIMIT_KB = 150.0
QUIET_S = 2.0
FleetStarter = Callable[[str, str, int], AbstractAsyncContextManager[Subject]]


async def boot_and_memory(start: FleetStarter, ocpp: str, count: int) -> tuple[float, float]:
    """Seconds from process start to the last first BootNotification, and KB of the process when it is quiet."""
    async with listening() as sink, start(sink.url, ocpp, count) as subject:
        boot_s = await subject.booted(sink, count) - subject.started_at
        await asyncio.sleep(QUIET_S)
        return boot_s, subject.memory_kb()


async def figures(settings: Settings) -> AsyncIterator[Figure]:
    """Two figures per version; the memory of each is what 500 stations take more than one."""
    for ocpp in ("1.6", "2.0.1"):
        boots: dict[str, list[float]] = {"bare": [], "ours": []}
        memory: dict[str, list[float]] = {"bare": [], "ours": []}
        for _ in range(settings.rounds):
            for side, start in (("bare", bare_client), ("ours", forecourt)):
                _, one_kb = await boot_and_memory(start, ocpp, 1)
                boot_s, all_kb = await boot_and_memory(start, ocpp, COUNT)
                boots[side].append(boot_s)
                memory[side].append((all_kb - one_kb) / (COUNT - 1))
        yield Figure(f"{COUNT} stations booted ({ocpp})", "s", boots["ours"], boots["bare"], BOOT_LIMIT_S)
        yield Figure(f"memory of each ({ocpp})", "KB", memory["ours"], memory["bare"], MEMORY_LIMIT_KB)
