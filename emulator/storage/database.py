"""The database of a data folder: the memories and message logs of any number of stations."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Self

from emulator.domain.errors import EnvironmentProblem
from emulator.storage import schema
from emulator.storage.folders import make_private_file, make_private_folder
from emulator.storage.frame_log import FrameLog
from emulator.storage.frame_rows import SEQ_BITS, SEQ_MASK
from emulator.storage.frame_writer import CallLater, FrameWriter, Report
from emulator.storage.lock import FolderLock
from emulator.storage.memory import SqliteMemory
from emulator.storage.problems import ANOTHER_FOLDER, raise_database_problem
from emulator.storage.writer import Writer

DATABASE_FILE = "forecourt.sqlite3"
FRAMES_KEPT = 1_000_000
# Nobody but us writes here; a curious person with a database browser may hold us up this long.
_BUSY_TIMEOUT_S = 1.0


class Database:
    """One SQLite file in WAL mode, for one process and, but for `FrameLog.search_text`, for one thread of it."""

    def __init__(self, folder: Path, lock: FolderLock, writer: Writer, frames: FrameWriter) -> None:
        """Use `open`."""
        self.folder = folder
        self._lock = lock
        self._writer = writer
        self._frames = frames
        self._logs: dict[int, FrameLog] = {}
        self._closed = False

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        call_later: CallLater | None = None,
        report: Report | None = None,
        frames_kept: int = FRAMES_KEPT,
    ) -> Self:
        """Open the database of a data folder, making both when they are not there and migrating an older format.

        `call_later(delay_s, callback)` runs on real time and brings waiting frames to disk; without it they are
        written at every 500th, by `flush` and by `close`. `report` hears when the message log cannot be written.
        `frames_kept` bounds the log of each station. Raises EnvironmentProblem when another process uses the folder,
        it cannot be written, the disk is full, or the database is damaged, of a newer version, or not ours.
        """
        folder = Path(folder)
        make_private_folder(folder)
        lock = FolderLock(folder)
        try:
            path = folder / DATABASE_FILE
            writer = Writer(_connect(path), path)
        except BaseException:
            lock.release()
            raise
        return cls(folder, lock, writer, FrameWriter(writer, call_later, report, frames_kept))

    def memory(self, station_id: str) -> SqliteMemory:
        """The non-volatile memory of a station."""
        return SqliteMemory(self._writer, self._number(station_id))

    def frame_log(self, station_id: str) -> FrameLog:
        """The message log of a station; always the same object."""
        number = self._number(station_id)
        log = self._logs.get(number)
        if log is None:
            log = self._logs[number] = FrameLog(self._writer, self._frames, number << SEQ_BITS)
            self._frames.expect_stations(len(self._logs))
        return log

    def stations(self) -> list[str]:
        """The identities of all stations that have something here, in the order in which they came."""
        return [identity for (identity,) in self._writer.read_all("SELECT identity FROM station ORDER BY id", ())]

    def forget(self, station_id: str) -> None:
        """Empty a station's memory and log; what `memory` and `frame_log` gave for it before is of no use any more."""
        row = self._writer.read_one("SELECT id FROM station WHERE identity = ?", (_storable(station_id),))
        if row is None:
            return
        number = row[0]
        log = self._logs.pop(number, None)
        if log is not None:
            self._frames.forget(log)
        base = number << SEQ_BITS
        with self._writer.batch(number):
            self._writer.write(number, "DELETE FROM memory WHERE station = ?", (number,))
            self._writer.write(number, "DELETE FROM frame WHERE id > ? AND id <= ?", (base, base + SEQ_MASK))
            self._writer.write(number, "DELETE FROM station WHERE id = ?", (number,))

    def flush(self) -> None:
        """Write the waiting frames now."""
        self._frames.flush()

    def close(self) -> None:
        """Write what waits, move everything into the database file and let the folder go; harmless when repeated."""
        if self._closed:
            return
        self._closed = True
        try:
            self._frames.close()
        finally:
            self._writer.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _number(self, station_id: str) -> int:
        identity = _storable(station_id)
        row = self._writer.read_one("SELECT id FROM station WHERE identity = ?", (identity,))
        if row is None:
            self._writer.write(0, "INSERT INTO station (identity) VALUES (?)", (identity,))
            return self._number(station_id)
        return int(row[0])


def _connect(path: Path) -> sqlite3.Connection:
    # Made here and not by SQLite: its WAL and shared memory then get the same rights.
    make_private_file(path)
    try:
        connection = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_TIMEOUT_S)
    except sqlite3.Error as error:
        raise_database_problem(error, path)
    try:
        version = schema.check(connection, path)
        _prepare(connection, path, is_new=version == 0)
        schema.migrate(connection, version)
    except sqlite3.Error as error:
        connection.close()
        raise_database_problem(error, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path, *, is_new: bool) -> None:
    if is_new:
        # An empty file has nothing to lose: do not wait for the disk while its first page is written.
        connection.execute("PRAGMA synchronous = OFF")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise EnvironmentProblem(
            f"The data folder {path.parent} is on a file system that cannot hold the database.",
            f"It may be a network drive: {ANOTHER_FOLDER}.",
        )
    connection.execute("PRAGMA synchronous = NORMAL")


def _storable(station_id: str) -> str:
    # An identity from the command line may hold bytes that are not UTF-8.
    return station_id.encode("utf-8", "backslashreplace").decode("utf-8")
