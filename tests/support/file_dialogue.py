"""A dialogue whose file servers are in the test: what comes and goes, how long it takes, and what fails."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from emulator.domain.files import Progress, TransferFailed, TransferProblem, TransferProfile
from emulator.domain.vault import CertificateProblem, CertificateStatus, Outcome
from emulator.runtime.emulator import Emulator
from tests.support.dialogue import Dialogue


class FileTransferFake:
    """A file server; `failures` are raised one after another, then transfers work and take `duration_s`."""

    def __init__(self) -> None:
        self.content = b"the firmware"
        self.failures: list[TransferProblem] = []
        self.for_ever: TransferProblem | None = None
        self.duration_s = 5.0
        self.asked: list[str] = []
        self.files: dict[str, bytes] = {}
        self.sleep: Callable[[float], Any]

    async def download(self, url: str, file: Path, profile: TransferProfile, progress: Progress) -> None:
        await self._transfer(url, progress, len(self.content))
        file.write_bytes(self.content)

    async def upload(self, url: str, file: Path, name: str, profile: TransferProfile, progress: Progress) -> None:
        await self._transfer(url, progress, file.stat().st_size)
        self.files[name] = file.read_bytes()

    async def _transfer(self, url: str, progress: Progress, size: int) -> None:
        self.asked.append(url)
        progress(0, size)
        await self.sleep(self.duration_s)
        problem = self.failures.pop(0) if self.failures else self.for_ever
        if problem is not None:
            raise TransferFailed(problem, "The server does not want to.")
        progress(size, size)


def _outcome(problem: CertificateProblem) -> Outcome:
    good = problem is CertificateProblem.NONE
    return Outcome(CertificateStatus.ACCEPTED if good else CertificateStatus.REJECTED, problem, "As the test says.")


class VaultFake:
    """A vault that judges firmware as the test says."""

    def __init__(self) -> None:
        self.certificate = CertificateProblem.NONE
        self.signature = CertificateProblem.NONE
        self.looked_up = 0
        self.verified: list[bytes] = []

    async def look_up_revocation(self, pem: str, uses: Any) -> list[Any]:
        self.looked_up += 1
        return []

    def check_firmware_certificate(self, pem: str) -> Outcome:
        return _outcome(self.certificate)

    def verify_firmware(self, file: Path, signature: str, pem: str) -> Outcome:
        self.verified.append(file.read_bytes())
        return _outcome(self.signature)


class FileDialogue(Dialogue):
    """A dialogue with a file server and a vault."""

    def __init__(self, ocpp: str, folder: Path, **options: Any) -> None:
        self.transfer = FileTransferFake()
        self.vault: VaultFake | None = VaultFake()
        self.folder = folder
        super().__init__(ocpp, **options)

    def _make(self) -> Emulator:
        emulator = super()._make()
        self.transfer.sleep = self.clock.sleep
        emulator.files.transfer = self.transfer
        emulator.files._folder = self.folder
        return emulator

    async def call(self, action: str, payload: dict[str, Any] | None = None, /, **fields: Any) -> dict[str, Any]:
        if self.emulator.software is not None:
            self.emulator.software.context.vault = self.vault  # type: ignore[assignment]
        return await super().call(action, payload, **fields)

    async def settle(self) -> None:
        """Signatures are verified in a thread, which knows no virtual time."""
        await super().settle()
        for _ in range(200):
            running = [t for t in asyncio.all_tasks() if t.get_name() == "firmware update"]
            if not any(_in_thread(task) for task in running):
                return
            time.sleep(0.001)
            await super().settle()

    async def advance(self, seconds: float) -> None:
        """Let time pass, with a look at the threads at every second."""
        while seconds > 0:
            step = min(seconds, 1.0)
            await super().advance(step)
            await self.settle()
            seconds -= step

    def statuses(self, action: str) -> list[str]:
        """The statuses told with one message since the last `forget`."""
        return [call["status"] for call in self.calls(action)]


def _in_thread(task: asyncio.Task[Any]) -> bool:
    return any(frame.f_code.co_name == "_signature_problem" for frame in _frames(task))


def _frames(task: asyncio.Task[Any]) -> list[Any]:
    frames, awaited = [], task.get_coro()
    while awaited is not None:
        frame = getattr(awaited, "cr_frame", None)
        if frame is not None:
            frames.append(frame)
        awaited = getattr(awaited, "cr_await", None)
    return frames
