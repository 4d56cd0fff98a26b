"""What the tests of the storage share: frames, and time that passes on request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emulator.domain.frames import Direction, Frame, FrameType
from emulator.storage.database import Database


@dataclass
class Wait:
    """One callback that waits."""

    delay_s: float
    callback: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        self.cancelled = True


@dataclass
class Waits:
    """Stands for the loop's call_later; `run` lets all that waits happen."""

    pending: list[Wait] = field(default_factory=list)

    def __call__(self, delay_s: float, callback: Callable[[], None]) -> Wait:
        wait = Wait(delay_s, callback)
        self.pending.append(wait)
        return wait

    @property
    def delays(self) -> list[float]:
        return [wait.delay_s for wait in self.pending if not wait.cancelled]

    def run(self) -> None:
        due, self.pending = self.pending, []
        for wait in due:
            if not wait.cancelled:
                wait.callback()


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture
def database(tmp_path: Path, waits: Waits):
    with Database.open(tmp_path / "data", call_later=waits) as opened:
        yield opened


@pytest.fixture
def make_frame() -> Callable[..., Frame]:
    def make(seq: int, raw: str = "", **changes: Any) -> Frame:
        raw = raw or f'[2,"id-{seq}","Heartbeat",{{}}]'
        facts: dict[str, Any] = {
            "time": datetime(2026, 11, 20, 12, 0, 0, 123456, UTC),
            "direction": Direction.SENT,
            "type": FrameType.CALL,
            "action": "Heartbeat",
            "message_id": f"id-{seq}",
            "payload": {},
            "ocpp": "1.6",
        }
        return Frame(seq=seq, raw=raw, **(facts | changes))

    return make


@pytest.fixture
def fill_disk() -> Callable[[Database], Callable[[], None]]:
    """Lets a database find no more room; gives back what makes room again."""

    def fill(database: Database) -> Callable[[], None]:
        connection = database._writer._connection
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages}")

        def make_room() -> None:
            connection.execute("PRAGMA max_page_count = 1000000")

        return make_room

    return fill
