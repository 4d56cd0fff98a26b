"""Files that only their owner may read, written so that a crash leaves the old content or the new one."""

from __future__ import annotations

import errno
import os
import secrets
from contextlib import suppress
from pathlib import Path

from emulator.domain.errors import EnvironmentProblem

_DRAFT = ".draft"

_REASONS = {
    errno.ENOSPC: ("The disk that holds {path} is full.", "Free some space."),
    errno.EDQUOT: ("The disk quota for {path} is used up.", "Free some space."),
    errno.EACCES: ("{path} cannot be used: permission denied.", "Check who owns it, or choose another data folder."),
    errno.EPERM: ("{path} cannot be used: permission denied.", "Check who owns it, or choose another data folder."),
    errno.EROFS: ("{path} is on a disk that cannot be written.", "Choose another data folder."),
}


def problem(error: OSError, path: Path) -> EnvironmentProblem:
    """What the disk refused, as a sentence for the user."""
    sentence, hint = _REASONS.get(
        error.errno or 0, ("{path} cannot be used: " + (error.strerror or str(error)) + ".", "Check the data folder.")
    )
    return EnvironmentProblem(sentence.format(path=path), hint)


def make_private_folder(folder: Path) -> None:
    """Make a folder that only its owner may enter; raises EnvironmentProblem."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise problem(error, folder) from error


def write_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 in one step, durable when this returns; raises EnvironmentProblem."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}{_DRAFT}")
    try:
        # O_EXCL: the mode given here counts only for a file that is new.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(draft, path)
        _sync_folder(path.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise problem(error, path) from error


def _sync_folder(folder: Path) -> None:
    """Make the new name durable too; systems without folders to open (Windows) do that themselves."""
    if os.name != "posix":
        return
    # The new content is in place already, and some file systems cannot do this: no reason to call it a failure.
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def is_draft(path: Path) -> bool:
    """Whether a crash left this file behind half written."""
    return path.name.endswith(_DRAFT)


def read(path: Path) -> bytes:
    """The content of a file; raises EnvironmentProblem."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise problem(error, path) from error


def remove(path: Path) -> None:
    """Remove a file; harmless when it is not there; raises EnvironmentProblem."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise problem(error, path) from error


def sweep(folder: Path, keep: set[str]) -> None:
    """Remove the files of a folder that are not to be kept: drafts and leftovers of a crash; folders stay."""
    try:
        leftovers = [path for path in folder.iterdir() if path.name not in keep and path.is_file()]
    except FileNotFoundError:
        return
    except OSError as error:
        raise problem(error, folder) from error
    for path in leftovers:
        remove(path)
