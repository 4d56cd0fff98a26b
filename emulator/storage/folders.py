"""Where a station keeps its things, and file names made from identities."""

from __future__ import annotations

import os
from pathlib import Path

from emulator.storage.problems import folder_problem

_READABLE_CHARACTERS = 40


def data_folder(station_id: str, override: Path | None = None) -> Path:
    """The data folder of a station: `override`, or one in the user's data folder; nothing is made."""
    if override is not None:
        return override.expanduser()
    # Looked up only here: the import is not free and most runs name their folder.
    import platformdirs

    return platformdirs.user_data_path("Forecourt", appauthor=False) / "stations" / safe_name(station_id)


def safe_name(station_id: str) -> str:
    """A file name for an identity: readable, allowed on every system, and no other identity has the same."""
    import hashlib

    readable = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "-_") else "_"
        for letter in station_id[:_READABLE_CHARACTERS]
    )
    # The digest keeps apart what the readable part does not: "CP/1" from "CP:1", and "CP1" from "cp1" where
    # the file system ignores case. It also keeps the name from being one that Windows reserves (CON).
    digest = hashlib.sha256(station_id.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{readable}-{digest}"


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter, with the folders above it; one that exists is left as it is."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise folder_problem(error, folder / "forecourt") from error


def make_private_file(path: Path) -> None:
    """Make an empty file that only its owner may read; one that exists is left as it is."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise folder_problem(error, path) from error
