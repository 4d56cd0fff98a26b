"""The non-volatile memory of one station."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import orjson

from emulator.storage.writer import Writer

_PUT = (
    "INSERT INTO memory (station, name, key, value, place) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (station, name, key) DO UPDATE SET value = excluded.value"
)
_DELETE = "DELETE FROM memory WHERE station = ? AND name = ? AND key = ?"
_CLEAR = "DELETE FROM memory WHERE station = ? AND name = ?"
_GET = "SELECT value FROM memory WHERE station = ? AND name = ? AND key = ?"
_ITEMS = "SELECT key, value FROM memory WHERE station = ? AND name = ? ORDER BY place"


class SqliteMemory:
    """The port StationMemory on the shared database; holds nothing itself, so that a fleet of them costs nothing.

    Every method raises EnvironmentProblem when the disk fails; a write that raised was not done.
    """

    __slots__ = ("_station", "_writer")

    def __init__(self, writer: Writer, station: int) -> None:
        """`station` is the number that stands for the identity in the database."""
        self._writer = writer
        self._station = station

    def put(self, table: str, key: str, value: Any) -> None:
        """Write one value (anything JSON can hold), replacing what was there; committed on return."""
        self._writer.write(
            self._station, _PUT, (self._station, table, key, orjson.dumps(value), self._writer.next_place())
        )

    def get(self, table: str, key: str) -> Any:
        """The value, or None."""
        row = self._writer.read_one(_GET, (self._station, table, key))
        return None if row is None else orjson.loads(row[0])

    def delete(self, table: str, key: str) -> None:
        """Forget one key; harmless when it is not there."""
        self._writer.write(self._station, _DELETE, (self._station, table, key))

    def items(self, table: str) -> list[tuple[str, Any]]:
        """All keys and values of a table in the order in which the keys were first written."""
        rows = self._writer.read_all(_ITEMS, (self._station, table))
        return [(key, orjson.loads(value)) for key, value in rows]

    def clear(self, table: str) -> None:
        """Forget all keys of a table."""
        self._writer.write(self._station, _CLEAR, (self._station, table))

    def batch(self) -> AbstractContextManager[None]:
        """Make the writes inside one durable step: all or none, one commit.

        Never await inside it. A batch inside a batch is a part of it: an exception that leaves it, or a write that the
        disk refused, takes back all of the outermost batch, which then raises at its end.
        """
        return self._writer.batch(self._station)

    def after_commit(self, deed: Callable[[], None]) -> None:
        """Do something once the open batch is durable; at once when there is none, never when it is taken back."""
        self._writer.after_commit(deed)
