"""The one connection that writes: statements, transactions and checkpoints."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from emulator.domain.errors import EnvironmentProblem
from emulator.storage.problems import raise_database_problem

# About 4 MB: as often as SQLite would do it by itself.
_PAGES_BEFORE_CHECKPOINT = 1000
# Where SQLite does it in the writer after all, because writes came too densely for the thread ever to finish.
_PAGES_AT_MOST = 4000
# A put changes a page of the table and often one of its index.
_PAGES_PER_WRITE = 2


class Writer:
    """A connection in WAL mode with synchronous=NORMAL, used on one thread; errors come out as EnvironmentProblem.

    NORMAL: a commit is handed to the operating system when a call returns, so it survives the end of the process
    by whatever signal. It does not wait for the disk: when the whole machine loses power, the last commits may be
    missing (never the consistency). FULL would wait: measured on a fast virtual disk, a put
    then takes 110 us of CPU instead of 21, and 230 us of time instead of 26, in which the window stands still.
    A station that is emulated loses its mains by `power_off`, not by that of the desktop.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """`connection` has isolation_level None; `path` is its file."""
        self.path = path
        self._connection = connection
        self._owner: int | None = None
        self._refused: EnvironmentProblem | None = None
        self._pages = 0
        self._deeds: list[Callable[[], None]] = []
        self._place: int | None = None
        self._doomed = False
        self._joined = _Joined(self)
        self._checkpoint: threading.Thread | None = None
        connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_AT_MOST}")

    def next_place(self) -> int:
        """A number greater than the place of every row of the memory."""
        if self._place is None:
            (self._place,) = self.read_one("SELECT coalesce(max(place), 0) FROM memory", ())
        self._place += 1
        return self._place

    @property
    def in_batch(self) -> bool:
        """Whether somebody's batch is open."""
        return self._owner is not None

    def write(self, owner: int, sql: str, parameters: Sequence[object]) -> None:
        """Run one statement, in the open batch of `owner` (a station's number) or as a commit of its own."""
        if self._owner is not None:
            self._check_batch(owner)
        try:
            self._connection.execute(sql, parameters)
        except sqlite3.Error as error:
            self._refuse(error)
        self.wrote(_PAGES_PER_WRITE)

    def write_many(self, owner: int, sql: str, rows: Sequence[Sequence[object]]) -> None:
        """Run one statement for every row, in the open batch of `owner`."""
        self._check_batch(owner)
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            self._refuse(error)

    def read_one(self, sql: str, parameters: Sequence[object]) -> Any:
        """The first row, or None."""
        try:
            return self._connection.execute(sql, parameters).fetchone()
        except sqlite3.Error as error:
            raise_database_problem(error, self.path)

    def read_all(self, sql: str, parameters: Sequence[object]) -> list[Any]:
        """All rows."""
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise_database_problem(error, self.path)

    def batch(self, owner: int) -> AbstractContextManager[None]:
        """One transaction around the writes of `owner`; inside an open batch of the same owner, a part of that."""
        if self._owner is None:
            return _Batch(self, owner)
        self._check_batch(owner)
        return self._joined

    def doom(self) -> None:
        """A part of the open batch failed: nothing of it may stay, even if somebody caught the exception."""
        self._doomed = True

    def begin(self, owner: int) -> None:
        """Open the batch of a station."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise_database_problem(error, self.path)
        self._owner = owner

    def end(self, failed: bool) -> None:
        """Close the batch: take everything back, or commit and do what waited for it."""
        if failed or self._doomed:
            self._roll_back()
            if not failed:
                raise RuntimeError("a part of the batch failed, so all of it was taken back")
            return
        self._commit()
        deeds, self._deeds = self._deeds, []
        for deed in deeds:
            deed()

    def after_commit(self, deed: Callable[[], None]) -> None:
        """Do something after the open batch; at once when there is none."""
        if self._owner is None:
            deed()
        else:
            self._deeds.append(deed)

    def wrote(self, pages: int) -> None:
        """Count what was written, for the next checkpoint."""
        self._pages += pages
        if self._pages >= _PAGES_BEFORE_CHECKPOINT and self._owner is None:
            self._start_checkpoint()

    def close(self) -> None:
        """Close the connection; the last one moves everything into the database file."""
        if self._checkpoint is not None:
            self._checkpoint.join()
        self._connection.close()

    def _commit(self) -> None:
        refused = self._refused
        if refused is not None:
            self._roll_back()
            raise EnvironmentProblem(refused.sentence, refused.hint) from refused
        try:
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise_database_problem(error, self.path)
        self._owner = None

    def _roll_back(self) -> None:
        self._owner = self._refused = None
        self._doomed = False
        self._deeds.clear()
        # SQLite may have rolled back by itself, on a full disk for instance.
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _check_batch(self, owner: int) -> None:
        if self._owner != owner:
            # Two stations in one transaction would share their roll-backs.
            raise RuntimeError("a batch of another station is open: a batch must not be held across an await")
        if self._refused is not None:
            # The transaction may be gone already: what is written now would be committed by itself.
            raise EnvironmentProblem(self._refused.sentence, self._refused.hint) from self._refused

    def _refuse(self, error: sqlite3.Error) -> None:
        try:
            raise_database_problem(error, self.path)
        except EnvironmentProblem as problem:
            if self._owner is not None:
                self._refused = problem
            raise

    def _start_checkpoint(self) -> None:
        if self._checkpoint is not None and self._checkpoint.is_alive():
            return
        self._pages = 0
        # In a thread, because a checkpoint waits for the disk and the event loop must not.
        self._checkpoint = threading.Thread(target=_run_checkpoint, args=(self.path,), name="checkpoint")
        self._checkpoint.start()


class _Batch:
    """The outermost batch of a station, as a context."""

    __slots__ = ("_owner", "_writer")

    def __init__(self, writer: Writer, owner: int) -> None:
        self._writer = writer
        self._owner = owner

    def __enter__(self) -> None:
        self._writer.begin(self._owner)

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        self._writer.end(failed=kind is not None)


class _Joined:
    """A batch inside a batch: a part of it, which falls with the whole."""

    __slots__ = ("_writer",)

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def __enter__(self) -> None:
        """The outer batch is open already."""

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is not None:
            self._writer.doom()


def _run_checkpoint(path: Path) -> None:
    # A checkpoint that fails (the disk is full) leaves everything in the WAL, from which the next one takes it.
    with suppress(sqlite3.Error):
        connection = sqlite3.connect(path, isolation_level=None)
        try:
            connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        finally:
            connection.close()
