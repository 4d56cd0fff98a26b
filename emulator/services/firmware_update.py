"""One firmware update, from the download to the reboot (L01, L02)."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.files import FirmwarePlan, TransferFailed, TransferProblem
from emulator.domain.times import timestamp
from emulator.domain.transaction import StoppedReason
from emulator.domain.variables import VariableRef
from emulator.services.firmware import HOLD, Firmware, FirmwareRequest, FirmwareStatus, Stage
from emulator.services.transfers import attempts, until, without_credentials

if TYPE_CHECKING:
    from emulator.services.context import StationContext

ALLOW_NEW_SESSIONS = VariableRef("ChargingStation", "AllowNewSessionsPendingFirmwareUpdate")
# How long an installation takes when the operator does not say, in station seconds.
INSTALLATION_S = 10.0
# How long the CSMS has to hear of the reboot before it happens.
ANSWER_GRACE_S = 10.0


class FirmwareUpdate:
    """Does what one request wants; each step tells its status and whether the next one follows."""

    def __init__(
        self,
        context: StationContext,
        owner: Firmware,
        request: FirmwareRequest,
        plan: FirmwarePlan,
        stage: Stage,
        file_name: str,
    ) -> None:
        self._context = context
        self._owner = owner
        self.request = request
        self.plan = plan
        self.stage = stage
        self._file_name = file_name
        self._received_bytes = 0
        self._total_bytes: int | None = None
        self._problem: str | None = None

    def to_json(self) -> dict[str, Any]:
        """For the station's memory."""
        return {
            "request": self.request.to_json(),
            "plan": list(self.plan),
            "stage": self.stage,
            "file_name": self._file_name,
        }

    def facts(self) -> dict[str, Any]:
        """What a window shows."""
        install_at = self.request.install_at
        return {
            "request_id": self.request.request_id,
            "signed": self.request.signed,
            "location": without_credentials(self.request.location),
            "received_bytes": self._received_bytes,
            "total_bytes": self._total_bytes,
            "retrieve_at": timestamp(self.request.retrieve_at),
            "install_at": timestamp(install_at) if install_at else None,
            "problem": self._problem,
        }

    @property
    def _file(self) -> Path:
        return self._context.files.folder() / self._file_name

    async def run(self) -> None:
        """Go through the steps, beginning with the one that is due."""
        if self.stage is Stage.RETRIEVE:
            if not await self._retrieve():
                return
            self._reach(Stage.VERIFY)
        if self.stage is Stage.VERIFY:
            if not await self._verify():
                return
            self._reach(Stage.INSTALL)
        if await self._install():
            await self._activate()

    def _reach(self, stage: Stage) -> None:
        self.stage = stage
        self._owner.keep()

    def _fail(self, status: FirmwareStatus, sentence: str) -> bool:
        self._problem = sentence
        self._context.note(f"Firmware update: {sentence}")
        self._owner.tell(status)
        return False

    # --- download

    async def _retrieve(self) -> bool:
        clock, request = self._context.clock, self.request
        if clock.now() < request.retrieve_at:
            self._owner.tell(FirmwareStatus.DOWNLOAD_SCHEDULED)  # L01.FR.13
            await until(clock, request.retrieve_at)
        self._owner.tell(FirmwareStatus.DOWNLOADING)
        done = await attempts(
            clock,
            self._download,
            retries=request.retries,
            interval_s=request.retry_interval_s,
            failed=self._attempt_failed,
            again=lambda: self._owner.tell(FirmwareStatus.DOWNLOADING),
        )
        if not done and self.plan.outcome != "success":
            self._owner.tell(FirmwareStatus.DOWNLOAD_FAILED)  # L01.FR.30
            return False
        self._problem = None
        self._owner.tell(FirmwareStatus.DOWNLOADED)
        return True

    async def _download(self) -> None:
        began_s = self._context.clock.monotonic()
        files = self._context.files
        if self.plan.outcome != "download_failed":
            try:
                await files.transfer.download(self.request.location, self._file, files.profile(), self._progress)
            except TransferFailed:
                raise
            except EnvironmentProblem as problem:
                raise TransferFailed(TransferProblem.DISK, problem.sentence, problem.hint) from problem
        passed_s = self._context.clock.monotonic() - began_s
        if self.plan.duration_s is not None and passed_s < self.plan.duration_s:
            await self._context.clock.sleep(self.plan.duration_s - passed_s)
        if self.plan.outcome == "download_failed":
            raise TransferFailed(TransferProblem.LOST, "The download fails, as the operator has decided.")

    def _attempt_failed(self, failure: TransferFailed, more: bool) -> None:
        self._problem = without_credentials(failure.sentence)
        self._context.note(f"Firmware download: {self._problem}", hint=failure.hint)
        if more and self.plan.outcome != "success":
            self._owner.tell(FirmwareStatus.DOWNLOAD_PAUSED)  # L01.FR.14

    def _progress(self, received_bytes: int, total_bytes: int | None) -> None:
        self._received_bytes, self._total_bytes = received_bytes, total_bytes
        self._context.changed()

    # --- signature

    async def _verify(self) -> bool:
        if not self.request.signed:
            return True
        wrong = await self._signature_problem()
        if wrong:
            self._context.security_events.raise_event("InvalidFirmwareSignature", wrong)  # L01.FR.03
            return self._fail(FirmwareStatus.INVALID_SIGNATURE, wrong)
        self._owner.tell(FirmwareStatus.SIGNATURE_VERIFIED)
        return True

    async def _signature_problem(self) -> str:
        """What is wrong with the signature of the file (L01.FR.04, L01.FR.12); "": nothing."""
        if self.plan.outcome == "success":
            return ""
        if self.plan.outcome == "invalid_signature":
            return "The signature is not valid, as the operator has decided."
        vault, request = self._context.vault, self.request
        if vault is None:
            return "The station has no store of manufacturer roots."
        try:
            verdict = await asyncio.to_thread(vault.verify_firmware, self._file, request.signature, request.certificate)
        except EnvironmentProblem as problem:
            return problem.sentence
        return "" if verdict.accepted else verdict.sentence

    # --- installation

    async def _install(self) -> bool:
        await self._wait_for_installation()
        self._context.availability.keep_idle(HOLD, True)
        if wrong := self._content_problem():
            return self._fail(FirmwareStatus.INSTALL_VERIFICATION_FAILED, wrong)  # L01.FR.29
        self._owner.tell(FirmwareStatus.INSTALLING)
        duration_s = INSTALLATION_S if self.plan.duration_s is None else self.plan.duration_s
        await self._context.clock.sleep(duration_s)
        if self.plan.outcome == "install_failed":
            return self._fail(
                FirmwareStatus.INSTALLATION_FAILED, "The installation fails, as the operator has decided."
            )
        return True

    def _content_problem(self) -> str:
        if self.plan.outcome == "install_verification_failed":
            return "The firmware is damaged, as the operator has decided."
        if self.plan.outcome == "success":
            return ""
        try:
            return "" if self._file.stat().st_size else "The firmware file is empty."
        except (OSError, EnvironmentProblem):
            return "The firmware file is not there any more."

    async def _wait_for_installation(self) -> None:
        """Until the time has come and, if need be, nobody charges (L01.FR.05 to L01.FR.07, L01.FR.16, L02.FR.03)."""
        told = False
        if self.request.install_at is not None and self._context.clock.now() < self.request.install_at:
            self._owner.tell(FirmwareStatus.INSTALL_SCHEDULED)
            told = True
            await until(self._context.clock, self.request.install_at)
        if self.plan.during_transaction == "install" or not self._charging():
            return
        if not told:
            self._owner.tell(FirmwareStatus.INSTALL_SCHEDULED)  # L01.FR.34
        model = self._context.model
        if not (model.has(ALLOW_NEW_SESSIONS) and model.boolean(ALLOW_NEW_SESSIONS)):
            self._context.availability.keep_idle(HOLD, True)
        while self._charging():
            idle = asyncio.Event()
            self._context.availability.when_idle(idle.set)
            await idle.wait()

    def _charging(self) -> bool:
        return any(True for _ in self._context.transactions.ongoing())

    async def _activate(self) -> None:
        self.stage = Stage.ACTIVATE
        self._owner.tell(FirmwareStatus.INSTALL_REBOOTING)  # L01.FR.15, L01.FR.32
        await self._owner.answered(ANSWER_GRACE_S)
        self._owner.activate(new_version(self.request.location, self._owner.version))
        self._context.provisioning.perform_reset(StoppedReason.REBOOT, boot_reason="FirmwareUpdate")

    def forget_file(self) -> None:
        """The file is not needed any more."""
        with suppress(OSError, EnvironmentProblem):
            file = self._file
            for each in (file, file.with_name(file.name + ".validator")):
                each.unlink(missing_ok=True)


def new_version(location: str, old: str) -> str:
    """The version that a firmware brings: as its file is named (fw-2.1.0.bin), else one above the old one."""
    name = unquote(urlsplit(location).path).rsplit("/", 1)[-1]
    named = re.search(r"\d+(?:\.\d+)+", name)
    if named and named[0] != old:
        return named[0][:50]
    last = re.search(r"\d+(?=\D*$)", old)
    if last is None:
        return f"{old} 2".strip()[:50]
    return f"{old[: last.start()]}{int(last[0]) + 1}{old[last.end() :]}"[:50]
