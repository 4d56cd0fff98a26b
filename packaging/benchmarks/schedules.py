"""GetCompositeSchedule of 24 hours over 20 stacked profiles: CPU per answer of the station's whole process."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

from benchmarks.figures import Figure, Settings, pinned
from benchmarks.process import forecourt
from benchmarks.sink import Link, listening

PROFILES = 20
PERIODS = 48
DAY_S = 86_400
LIMIT_MS = 2.0
SETTLE_S = 0.5
REQUEST = {"connectorId": 1, "duration": DAY_S, "chargingRateUnit": "A"}


def profile(level: int) -> dict[str, Any]:
    """A daily profile that holds for a shorter part of the day the higher its stack level is."""
    duration_s = DAY_S * (PROFILES - level) // PROFILES
    length_s = duration_s // PERIODS
    periods = [
        {"startPeriod": n * length_s, "limit": 6.0 + (n + level) % 10, "numberPhases": 3} for n in range(PERIODS)
    ]
    return {
        "chargingProfileId": level + 1,
        "stackLevel": level,
        "chargingProfilePurpose": "TxDefaultProfile",
        "chargingProfileKind": "Recurring",
        "recurrencyKind": "Daily",
        "chargingSchedule": {
            "startSchedule": f"2026-01-01T{level:02}:00:00Z",
            "duration": duration_s,
            "chargingRateUnit": "A",
            "chargingSchedulePeriod": periods,
        },
    }


async def ask(link: Link, action: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Send a command and wait for its answer; ends the measurement when it was not accepted."""
    answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
    link.call(action, payload, answered.set_result)
    answer = await asyncio.wait_for(answered, 10)
    if answer["status"] != "Accepted":
        raise SystemExit(f"bench: {action} was answered with {answer}")
    return answer


async def cpu_per_answer_ms(seconds: float) -> tuple[float, int]:
    """Milliseconds of CPU per answer, and how many periods an answer has."""
    async with listening() as sink, forecourt(sink.url, "1.6") as subject:
        await subject.booted(sink)
        (link,) = sink.links.values()
        for level in range(PROFILES):
            await ask(link, "SetChargingProfile", {"connectorId": 1, "csChargingProfiles": profile(level)})
        answer = await ask(link, "GetCompositeSchedule", REQUEST)
        await asyncio.sleep(SETTLE_S)
        before, answers, until = subject.cpu_s(), 0, time.perf_counter() + seconds
        while time.perf_counter() < until:
            await ask(link, "GetCompositeSchedule", REQUEST)
            answers += 1
        await asyncio.sleep(SETTLE_S)
        used_s = subject.cpu_s() - before
        return used_s / answers * 1e3, len(answer["chargingSchedule"]["chargingSchedulePeriod"])


async def figures(settings: Settings) -> AsyncIterator[Figure]:
    """The one figure: validated, computed, recorded and answered."""
    ours, periods = [], 0
    for _ in range(settings.rounds):
        with pinned(settings.cpu):
            figure, periods = await cpu_per_answer_ms(settings.seconds)
            ours.append(figure)
    note = f"{PROFILES} profiles of {PERIODS} periods, {periods} periods in the answer"
    yield Figure("GetCompositeSchedule of 24 h (1.6)", "ms", ours, [], LIMIT_MS, note=note)
