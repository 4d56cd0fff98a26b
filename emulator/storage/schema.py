"""The format of the database: numbered migrations, each applied once, all or nothing."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from emulator.domain.errors import EnvironmentProblem
from emulator.storage.problems import ANOTHER_FOLDER

# "FOCO" in the file's header tells our databases from those of other programs.
APPLICATION_ID = 0x464F434F
MIGRATIONS = Path(__file__).parent / "migrations"


def migrations() -> list[tuple[int, Path]]:
    """The number and the file of every migration, in order."""
    return sorted((int(path.name[:4]), path) for path in MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def check(connection: sqlite3.Connection, path: Path) -> int:
    """The format number of an opened file (0: empty); raises EnvironmentProblem when it is not for this program."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    if application != APPLICATION_ID and (version or not _is_empty(connection)):
        raise EnvironmentProblem(
            f"The file {path} is a database of another program.",
            f"Move it away, or {ANOTHER_FOLDER}; nothing was changed.",
        )
    newest = migrations()[-1][0]
    if version > newest:
        raise EnvironmentProblem(
            f"The database {path} was written by a newer version of Forecourt"
            f" (format {version}; this version knows formats up to {newest}).",
            f"Update Forecourt, or {ANOTHER_FOLDER}; nothing was changed.",
        )
    return version


def migrate(connection: sqlite3.Connection, version: int) -> None:
    """Bring a checked database from format `version` to the newest one."""
    for number, path in migrations():
        if number > version:
            _apply(connection, number, path.read_text("utf-8"))


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    try:
        connection.executescript(
            f"BEGIN IMMEDIATE;\n{script}\n"
            f"PRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {number};\nCOMMIT;"
        )
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _is_empty(connection: sqlite3.Connection) -> bool:
    return connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
