"""What one station has for files: its folder, its way to file servers, and what the operator has planned."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from emulator.domain.files import DiagnosticsPlan, FileTransfer, FirmwarePlan, TransferProfile
from emulator.domain.frames import Frame
from emulator.storage.folders import make_private_folder
from emulator.storage.frame_log import FrameLog


class Files:
    """The files of one station; outlives its software. Without a folder it uses one for temporary files."""

    __slots__ = ("_folder", "_log", "_roots", "_transfer", "diagnostics_plan", "firmware_plan")

    def __init__(self, folder: Path | None, log: FrameLog, roots: Callable[[], str]) -> None:
        """`roots` gives the PEM file with the CSMS roots, or ""."""
        self._folder = folder
        self._log = log
        self._roots = roots
        self._transfer: FileTransfer | None = None
        self.firmware_plan = FirmwarePlan()
        self.diagnostics_plan = DiagnosticsPlan()

    @property
    def transfer(self) -> FileTransfer:
        """The way to file servers."""
        if self._transfer is None:
            from emulator.transports.files.network import NetworkFiles

            self._transfer = NetworkFiles()
        return self._transfer

    @transfer.setter
    def transfer(self, transfer: FileTransfer) -> None:
        self._transfer = transfer

    def profile(self) -> TransferProfile:
        """Whom the station trusts."""
        return TransferProfile(ca_file=self._roots())

    def folder(self) -> Path:
        """The folder, which only its owner may enter. Raises EnvironmentProblem."""
        if self._folder is None:
            import tempfile

            self._folder = Path(tempfile.mkdtemp(prefix="forecourt-"))
        make_private_folder(self._folder)
        return self._folder

    def frames(self, after: int, limit: int) -> Sequence[Frame]:
        """The first frames of the message log behind a seq."""
        return self._log.read(after, limit)
