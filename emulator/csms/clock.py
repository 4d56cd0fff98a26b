"""The time of the test CSMS: the wall clock, unless a station's clock is handed in."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Protocol


class CsmsClock(Protocol):
    """What the CSMS asks of a clock; the station's own Clock fits, so that both can run on one time."""

    def now(self) -> datetime:
        """The date and time, aware, in UTC."""

    async def sleep(self, delay_s: float) -> None:
        """Wait for `delay_s` seconds of this clock."""


class WallClock:
    """The computer's time."""

    def now(self) -> datetime:
        """The date and time, aware, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, delay_s: float) -> None:
        """Wait for `delay_s` seconds."""
        await asyncio.sleep(delay_s)


def rfc3339(moment: datetime) -> str:
    """A moment as OCPP writes it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
