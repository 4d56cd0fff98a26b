"""A station's memory and log without a disk, for tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from emulator.domain.frames import Direction, Frame


class MemoryFake:
    """StationMemory in dictionaries; values go through JSON as they would on disk."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, str]] = {}
        self._deeds: list[Callable[[], None]] | None = None

    def put(self, table: str, key: str, value: Any) -> None:
        self.tables.setdefault(table, {})[key] = json.dumps(value)

    def get(self, table: str, key: str) -> Any:
        text = self.tables.get(table, {}).get(key)
        return None if text is None else json.loads(text)

    def delete(self, table: str, key: str) -> None:
        self.tables.get(table, {}).pop(key, None)

    def items(self, table: str) -> list[tuple[str, Any]]:
        return [(key, json.loads(text)) for key, text in self.tables.get(table, {}).items()]

    def clear(self, table: str) -> None:
        self.tables.pop(table, None)

    @contextmanager
    def batch(self) -> Iterator[None]:
        before = {name: dict(rows) for name, rows in self.tables.items()}
        outer, self._deeds = self._deeds, []
        try:
            yield
        except BaseException:
            self.tables = before
            self._deeds = outer
            raise
        deeds, self._deeds = self._deeds, outer
        for deed in deeds:
            self.after_commit(deed)

    def after_commit(self, deed: Callable[[], None]) -> None:
        if self._deeds is None:
            deed()
        else:
            self._deeds.append(deed)


class FrameLogFake:
    """The message log in a list."""

    def __init__(self) -> None:
        self.kept: list[Frame] = []

    @property
    def last_seq(self) -> int:
        return self.kept[-1].seq if self.kept else 0

    def append(self, frame: Frame) -> None:
        self.kept.append(frame)

    def read(
        self,
        after: int = 0,
        limit: int = 1000,
        direction: Direction | None = None,
        action: str | None = None,
        text: str | None = None,
    ) -> list[Frame]:
        found = [
            frame
            for frame in self.kept
            if frame.seq > after
            and direction in {None, frame.direction}
            and action in {None, frame.action}
            and (text is None or text.casefold() in frame.raw.casefold())
        ]
        return found[:limit]

    def get(self, seq: int) -> Frame | None:
        return next((frame for frame in self.kept if frame.seq == seq), None)
