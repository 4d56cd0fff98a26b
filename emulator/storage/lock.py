"""One process per data folder: a lock file that is held for the life of the process."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from emulator.domain.errors import EnvironmentProblem
from emulator.storage.problems import ANOTHER_FOLDER, folder_problem

LOCK_FILE = "forecourt.lock"

if sys.platform == "win32":
    import msvcrt

    # Windows denies reading of locked bytes: lock one far behind the process number that others read.
    _LOCKED_BYTE = 1 << 30

    def _lock(descriptor: int) -> bool:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


class FolderLock:
    """The right to use a data folder; the system takes it back when the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Take the lock of an existing folder; raises EnvironmentProblem when another holds it."""
        path = folder / LOCK_FILE
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise folder_problem(error, path) from error
        try:
            if not _lock(self._descriptor):
                raise _in_use(folder, self._descriptor)
            self._write_process_id()
        except OSError as error:
            self.release()
            raise folder_problem(error, path) from error
        except EnvironmentProblem:
            self.release()
            raise

    def release(self) -> None:
        """Let the folder go; the file stays, because removing it would race with the next one to lock it."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write_process_id(self) -> None:
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        os.write(self._descriptor, str(os.getpid()).encode())


def _in_use(folder: Path, descriptor: int) -> EnvironmentProblem:
    os.lseek(descriptor, 0, os.SEEK_SET)
    holder = os.read(descriptor, 20).decode("ascii", "replace").strip()
    who = f" (process {holder})" if holder.isdigit() else ""
    return EnvironmentProblem(
        f"The data folder {folder} is in use by another Forecourt{who}.", f"End that one, or {ANOTHER_FOLDER}."
    )
