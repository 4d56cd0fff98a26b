"""Passwords, each in a file that its owner alone may read."""

from __future__ import annotations

import os
from pathlib import Path

from emulator.storage.folders import make_private_folder, safe_name
from emulator.storage.problems import folder_problem


class Secrets:
    """The passwords of the stations of one data folder.

    On POSIX systems the files have mode 0600 in a folder of mode 0700; on Windows the user's profile protects them.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is the data folder; nothing is made in it before the first password is set."""
        self._folder = folder / "secrets"

    def get(self, station_id: str) -> str | None:
        """The password of a station, or None; raises EnvironmentProblem when the file cannot be read."""
        path = self._path(station_id)
        try:
            return path.read_bytes().decode("utf-8", "surrogateescape")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise folder_problem(error, path) from error

    def set(self, station_id: str, password: str) -> None:
        """Keep a password: after a crash either the old or the new one is there; raises EnvironmentProblem."""
        make_private_folder(self._folder)
        path = self._path(station_id)
        draft = path.with_suffix(".new")
        try:
            _write_private(draft, password.encode("utf-8", "surrogateescape"))
            os.replace(draft, path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise folder_problem(error, path) from error

    def delete(self, station_id: str) -> None:
        """Forget a password; harmless when there is none."""
        path = self._path(station_id)
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise folder_problem(error, path) from error

    def _path(self, station_id: str) -> Path:
        return self._folder / f"{safe_name(station_id)}.password"


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    # O_EXCL: the mode given here counts only for a file that is new.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)
