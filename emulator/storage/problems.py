"""What the disk refuses, as sentences for the user."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import NoReturn

from emulator.domain.errors import EnvironmentProblem

ANOTHER_FOLDER = "choose another data folder (--data)"

_FULL = ("The disk that holds {folder} is full.", "Free some space.")
_UNWRITABLE = (
    "The data folder {folder} cannot be written.",
    f"Give yourself the right to write there, or {ANOTHER_FOLDER}.",
)
_DAMAGED = (
    "The database {path} is damaged or is not a database.",
    f"It is left as it is: move it away or put a copy in its place, or {ANOTHER_FOLDER}.",
)
_BUSY = ("The database {path} is held by another program.", "Close the program that has it open.")
_IO_ERROR = (
    "The disk that holds {folder} reports an error.",
    f"Check the disk and the free space on it, or {ANOTHER_FOLDER}.",
)

# Less than the files of a new database need.
_LITTLE_BYTES = 256 * 1024

# Primary result codes of SQLite that speak of the surroundings; all others are bugs of ours.
_OF_SQLITE = {
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_READONLY: _UNWRITABLE,
    sqlite3.SQLITE_PERM: _UNWRITABLE,
    sqlite3.SQLITE_CANTOPEN: _UNWRITABLE,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
    sqlite3.SQLITE_PROTOCOL: _BUSY,
    sqlite3.SQLITE_IOERR: _IO_ERROR,
}

_OF_SYSTEM = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _UNWRITABLE,
    errno.EPERM: _UNWRITABLE,
    errno.EROFS: _UNWRITABLE,
    errno.EIO: _IO_ERROR,
    errno.ENOTDIR: (
        "The data folder {folder} cannot be made: a part of its path is a file.",
        f"Move that file away, or {ANOTHER_FOLDER}.",
    ),
}
_OF_SYSTEM[errno.EEXIST] = _OF_SYSTEM[errno.ENOTDIR]


def raise_database_problem(error: sqlite3.Error, path: Path) -> NoReturn:
    """Raise the EnvironmentProblem behind an error of SQLite; an error that is a bug of ours is raised as it is."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    texts = _OF_SQLITE.get(code & 0xFF)
    if texts is None:
        raise error
    if texts is _IO_ERROR and _is_full(path.parent):
        # SQLite calls it an input/output error when its shared memory finds no room.
        texts = _FULL
    raise _problem(texts, path) from error


def folder_problem(error: OSError, path: Path) -> EnvironmentProblem:
    """The EnvironmentProblem behind an error of the system about `path`, a file in the data folder."""
    texts = _OF_SYSTEM.get(error.errno or 0)
    if texts is None:
        reason = error.strerror or str(error)
        return EnvironmentProblem(f"{path} cannot be used: {reason}.", f"Check the path, or {ANOTHER_FOLDER}.")
    return _problem(texts, path)


def _is_full(folder: Path) -> bool:
    import shutil

    try:
        return shutil.disk_usage(folder).free < _LITTLE_BYTES
    except OSError:
        return False


def _problem(texts: tuple[str, str], path: Path) -> EnvironmentProblem:
    sentence, hint = texts
    return EnvironmentProblem(sentence.format(path=path, folder=path.parent), hint)
