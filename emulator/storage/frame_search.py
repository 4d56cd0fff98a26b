"""Looking for a text in a million frames, from any thread and without holding anybody up."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import orjson

from emulator.storage.problems import raise_database_problem

# Below this a second thread costs more than it brings.
_ROWS_FOR_TWO_THREADS = 50_000

# One long text comes out instead of many rows: every row would need Python's global lock, for which the event
# loop and the other half of the search are waiting.
_SEARCH = (
    "SELECT group_concat(id) FROM"
    " (SELECT id FROM frame WHERE id > ? AND id <= ? AND raw LIKE ? ESCAPE '\\' ORDER BY id LIMIT ?)"
)


def like_pattern(text: str) -> str:
    """The pattern for LIKE ... ESCAPE '\\' that finds `text` anywhere, its own % and _ taken literally."""
    plain = text.encode("utf-8", "replace").decode("utf-8")
    escaped = plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def contains(raw: str, text: str) -> bool:
    """Whether `raw` holds `text`, as LIKE sees it: without regard to the case of ASCII letters."""
    # Lower case of bytes touches ASCII letters only.
    return text.encode("utf-8", "replace").lower() in raw.encode("utf-8", "replace").lower()


def search(path: Path, low: int, high: int, text: str, limit: int) -> list[int]:
    """The first `limit` ids in low < id <= high whose raw text holds `text`, ascending."""
    pattern = like_pattern(text)
    if high - low < _ROWS_FOR_TWO_THREADS:
        return _search_part(path, low, high, pattern, limit)
    from concurrent.futures import ThreadPoolExecutor

    middle = (low + high) // 2
    with ThreadPoolExecutor(1, "frame-search") as pool:
        later_half = pool.submit(_search_part, path, middle, high, pattern, limit)
        earlier = _search_part(path, low, middle, pattern, limit)
        return (earlier + later_half.result())[:limit]


def _search_part(path: Path, low: int, high: int, pattern: str, limit: int) -> list[int]:
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        try:
            numbers = connection.execute(_SEARCH, (low, high, pattern, max(limit, 0))).fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise_database_problem(error, path)
    found: list[int] = orjson.loads(f"[{numbers or ''}]")
    return found
