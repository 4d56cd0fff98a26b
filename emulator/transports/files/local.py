"""The station's end of a transfer: a file that is written with a limit, or read in pieces."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from emulator.domain.files import Progress, TransferFailed, TransferProblem, TransferProfile

PIECE_BYTES = 1 << 16


class Target:
    """A file that fills up: counts what comes, refuses what is too much."""

    def __init__(self, file: BinaryIO, start: int, profile: TransferProfile, progress: Progress) -> None:
        self._file = file
        self._profile = profile
        self._progress = progress
        self.received = start
        self.total: int | None = None

    def expect(self, total: int | None) -> None:
        """The server says how large the file is; raises TransferFailed when it cannot be taken."""
        self.total = total
        if total is not None:
            self._check(total)
            free = shutil.disk_usage(os.path.dirname(self._file.name)).free
            if total - self.received > free:
                sentence = f"The file has {total} bytes; the disk of the data folder has {free} left."
                raise TransferFailed(TransferProblem.DISK, sentence, "Make room.")
        self._progress(self.received, total)

    def restart(self) -> None:
        """The server sends the file from its beginning."""
        self._file.seek(0)
        self._file.truncate()
        self.received = 0

    def write(self, piece: bytes) -> None:
        """Keep a piece; raises TransferFailed."""
        self._check(self.received + len(piece))
        self._file.write(piece)
        self.received += len(piece)
        self._progress(self.received, self.total)

    def finish(self) -> None:
        """The server has no more; raises TransferFailed when it had said that there is."""
        if self.total is not None and self.received != self.total:
            sentence = f"The file ended after {self.received} of {self.total} bytes."
            raise TransferFailed(TransferProblem.LOST, sentence, "The next attempt goes on from there.")

    def _check(self, size: int) -> None:
        limit = self._profile.maximum_bytes
        if size > limit:
            sentence = f"The file is larger than the {limit} bytes that the station takes."
            raise TransferFailed(TransferProblem.TOO_LARGE, sentence)


@contextmanager
def target(file: Path, profile: TransferProfile, progress: Progress) -> Iterator[Target]:
    """Open a file to be filled, behind what is in it; raises TransferFailed for what the disk refuses."""
    try:
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        with os.fdopen(descriptor, "r+b") as opened:
            start = opened.seek(0, os.SEEK_END)
            # fdopen knows only the number.
            named = _Named(opened, str(file))
            yield Target(named, start, profile, progress)  # type: ignore[arg-type]
    except OSError as error:
        if error.filename is None and error.errno != errno.ENOSPC:
            raise
        raise disk_problem(error, file) from error


class _Named:
    """An open file that knows its path."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self.name = name
        self.write = file.write
        self.seek = file.seek
        self.truncate = file.truncate


# What proves, after an interruption, that the server has still the same file. It is kept beside the file.
LONGEST_VALIDATOR = 1000


def validator_of(file: Path) -> str:
    """The proof kept for what is in the file, or ""."""
    kept = _validator_file(file)
    try:
        return kept.read_text("ascii")[:LONGEST_VALIDATOR] if file.exists() else ""
    except (OSError, ValueError):
        return ""


def keep_validator(file: Path, validator: str) -> None:
    """Keep the proof for what comes now; "": there is none, or none is needed any more."""
    if validator and validator.isascii() and validator.isprintable() and len(validator) <= LONGEST_VALIDATOR:
        _validator_file(file).write_text(validator, "ascii")
    else:
        _validator_file(file).unlink(missing_ok=True)


def _validator_file(file: Path) -> Path:
    return file.with_name(file.name + ".validator")


def disk_problem(error: OSError, file: Path) -> TransferFailed:
    """What the disk refused, in words."""
    sentence = f"The file {file.name} cannot be kept in {file.parent}: {error.strerror or error}."
    return TransferFailed(TransferProblem.DISK, sentence, "Make room, or check the folder's permissions.")


async def pieces(file: Path, progress: Progress) -> AsyncIterator[bytes]:
    """A file in pieces; `progress` hears of each once the next is wanted."""
    try:
        with file.open("rb") as content:
            total, sent = os.fstat(content.fileno()).st_size, 0
            progress(0, total)
            while piece := content.read(PIECE_BYTES):
                yield piece
                sent += len(piece)
                progress(sent, total)
    except OSError as error:
        if error.filename is None:
            raise
        raise disk_problem(error, file) from error
