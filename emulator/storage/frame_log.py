"""The message log of one station, as its engine and its viewers see it."""

from __future__ import annotations

from emulator.domain.frames import Direction, Frame
from emulator.storage.frame_rows import COLUMNS, SEQ_MASK, direction_number, frame_of
from emulator.storage.frame_search import contains, like_pattern, search
from emulator.storage.frame_writer import FrameWriter
from emulator.storage.writer import Writer

_BOUNDS = (
    "SELECT (SELECT min(id) FROM frame WHERE id > ? AND id <= ?), (SELECT max(id) FROM frame WHERE id > ? AND id <= ?)"
)


class FrameLog:
    """The frames of one station in the order of their seq; the oldest go when there are more than are kept.

    `first_seq` and `last_seq` bound what is in the log (1 and 0 when it is empty); the next frame has last_seq + 1,
    also after a restart.
    """

    __slots__ = ("_frames", "_writer", "base", "first_seq", "last_seq")

    def __init__(self, writer: Writer, frames: FrameWriter, base: int) -> None:
        """`base` is the row id of the station's seq 0; raises EnvironmentProblem when the database fails."""
        self._writer = writer
        self._frames = frames
        self.base = base
        end = base + SEQ_MASK
        oldest, newest = writer.read_one(_BOUNDS, (base, end, base, end))
        self.last_seq: int = newest - base if newest else 0
        self.first_seq: int = oldest - base if oldest else 1

    def append(self, frame: Frame) -> None:
        """Log a frame; it is on disk a quarter of a second later, and until then `read` and `get` know it too."""
        self.last_seq = frame.seq
        self._frames.append(self, frame)

    def count(self) -> int:
        """How many seqs the log spans, those included that a full disk left no room for."""
        return self.last_seq - self.first_seq + 1

    def get(self, seq: int) -> Frame | None:
        """The frame with this seq, or None when it is not in the log."""
        for frame in self._frames.waiting_of(self):
            if frame.seq == seq:
                return frame
        row = self._writer.read_one(f"SELECT {COLUMNS} FROM frame WHERE id = ?", (self.base + seq,))
        return None if row is None else frame_of(row)

    def read(
        self,
        after: int = 0,
        limit: int = 1000,
        direction: Direction | None = None,
        action: str | None = None,
        text: str | None = None,
    ) -> list[Frame]:
        """The first `limit` frames behind seq `after` that match all that is given.

        `text` is looked for in the raw text, ignoring the case of ASCII letters; on a log of a million frames this
        takes some 0.2 s, so what must not wait uses `search_text` in another thread.
        """
        # Nothing waits to be written before what is on disk, so the one follows the other.
        found = self._read_disk(after, limit, direction, action, text)
        for frame in self._frames.waiting_of(self):
            if len(found) >= limit:
                break
            if frame.seq > after and _matches(frame, direction, action, text):
                found.append(frame)
        return found

    def search_text(self, text: str, after_seq: int = 0, limit: int = 1_000_000) -> list[int]:
        """The first `limit` seqs behind `after_seq` whose raw text holds `text`, ignoring the case of ASCII letters.

        To be called from any thread: it reads through connections of its own. Raises EnvironmentProblem.
        """
        # Waiting frames first: those written meanwhile are then found twice, and none is missed.
        waiting = {
            frame.seq for frame in self._frames.waiting_of(self) if frame.seq > after_seq and contains(frame.raw, text)
        }
        low, high = self.base + max(after_seq, self.first_seq - 1), self.base + self.last_seq
        found = [number - self.base for number in search(self._writer.path, low, high, text, limit)]
        if waiting:
            found = sorted(waiting.union(found))[:limit]
        return found

    def _read_disk(
        self, after: int, limit: int, direction: Direction | None, action: str | None, text: str | None
    ) -> list[Frame]:
        conditions = ["id > ?", "id <= ?"]
        parameters: list[object] = [self.base + max(after, 0), self.base + SEQ_MASK]
        if direction is not None:
            conditions.append("direction = ?")
            parameters.append(direction_number(direction))
        if action is not None:
            conditions.append("action = ?")
            parameters.append(action)
        if text:
            conditions.append("raw LIKE ? ESCAPE '\\'")
            parameters.append(like_pattern(text))
        parameters.append(max(limit, 0))
        where = " AND ".join(conditions)
        rows = self._writer.read_all(f"SELECT {COLUMNS} FROM frame WHERE {where} ORDER BY id LIMIT ?", parameters)
        return [frame_of(row) for row in rows]


def _matches(frame: Frame, direction: Direction | None, action: str | None, text: str | None) -> bool:
    if direction is not None and frame.direction is not direction:
        return False
    if action is not None and frame.action != action:
        return False
    return not text or contains(frame.raw, text)
