"""Block L: firmware updates as the CSMS asks for them, secure (L01) and not (L02); 1.6 sections 4.5 and 5.19."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.files import FirmwarePlan
from emulator.domain.times import parsed_time, timestamp
from emulator.domain.variables import VariableRef
from emulator.domain.vault import CertificateProblem, CertificateUse

if TYPE_CHECKING:
    from emulator.services.context import StationContext
    from emulator.services.firmware_update import FirmwareUpdate

TABLE = "firmware"
UPDATE, STATUS, UNSENT, VERSION = "update", "status", "unsent", "version"
FIRMWARE_VERSION = VariableRef("ChargingStation", "FirmwareVersion")
# What keeps EVSEs out of use, by name.
HOLD = "firmware"
MOST_UNSENT = 50


class FirmwareStatus(StrEnum):
    """FirmwareStatusEnumType of 2.0.1."""

    DOWNLOADED = "Downloaded"
    DOWNLOAD_FAILED = "DownloadFailed"
    DOWNLOADING = "Downloading"
    DOWNLOAD_SCHEDULED = "DownloadScheduled"
    DOWNLOAD_PAUSED = "DownloadPaused"
    IDLE = "Idle"
    INSTALLATION_FAILED = "InstallationFailed"
    INSTALLING = "Installing"
    INSTALLED = "Installed"
    INSTALL_REBOOTING = "InstallRebooting"
    INSTALL_SCHEDULED = "InstallScheduled"
    INSTALL_VERIFICATION_FAILED = "InstallVerificationFailed"
    INVALID_SIGNATURE = "InvalidSignature"
    SIGNATURE_VERIFIED = "SignatureVerified"


class UpdateStatus(StrEnum):
    """UpdateFirmwareStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ACCEPTED_CANCELED = "AcceptedCanceled"
    INVALID_CERTIFICATE = "InvalidCertificate"
    REVOKED_CERTIFICATE = "RevokedCertificate"


class Stage(StrEnum):
    """How far an update has come: what is to be done next, also after a restart."""

    RETRIEVE = "retrieve"
    VERIFY = "verify"
    INSTALL = "install"
    ACTIVATE = "activate"


class FirmwareRequest(NamedTuple):
    """What the CSMS wants; `signed`: the certificate and the signature are checked (L01)."""

    location: str
    retrieve_at: datetime
    install_at: datetime | None = None
    retries: int | None = None
    retry_interval_s: float | None = None
    request_id: int | None = None
    signed: bool = False
    certificate: str = ""
    signature: str = ""

    def to_json(self) -> dict[str, Any]:
        """For the station's memory."""
        times = {"retrieve_at": timestamp(self.retrieve_at)}
        times["install_at"] = timestamp(self.install_at) if self.install_at else ""
        return self._asdict() | times

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> FirmwareRequest:
        """From the station's memory."""
        retrieve_at = parsed_time(kept["retrieve_at"])
        assert retrieve_at is not None
        return cls(**{**kept, "retrieve_at": retrieve_at, "install_at": parsed_time(kept["install_at"])})


class Firmware:
    """Takes requests, keeps the update over restarts, and tells its statuses in order, later when it cannot now."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        self._update: FirmwareUpdate | None = None
        self._task: asyncio.Task[Any] | None = None
        self._last: FirmwareUpdate | None = None
        self._open_calls = 0
        self._all_answered = asyncio.Event()
        self._unsent: list[tuple[str, int | None]] = [(s, i) for s, i in context.memory.get(TABLE, UNSENT) or ()]
        kept = context.memory.get(TABLE, STATUS)
        self.status: FirmwareStatus | None = FirmwareStatus(kept["status"]) if kept else None
        self.request_id: int | None = kept["request_id"] if kept else None
        context.provisioning.when_accepted(self._tell_unsent)

    @property
    def busy(self) -> bool:
        """Whether an update is under way."""
        return self._update is not None

    # --- requests

    async def request(self, request: FirmwareRequest) -> UpdateStatus:
        """Judge a request; when it is accepted, `begin` is due once it was answered."""
        plan = self._context.files.firmware_plan
        self._context.files.firmware_plan = FirmwarePlan()
        if request.signed and plan.outcome != "success":
            status = await self._certificate_status(request, plan.outcome)  # L01.FR.21
            if status is not UpdateStatus.ACCEPTED:
                return status
        if self._refuses(plan):
            return UpdateStatus.REJECTED
        canceled = self.busy
        self._cancel()  # L01.FR.24, L02.FR.15; 1.6: L01.FR.26
        self._make(request, plan, Stage.RETRIEVE, f"firmware-{self._context.new_id()[:8]}.bin")
        return UpdateStatus.ACCEPTED_CANCELED if canceled else UpdateStatus.ACCEPTED

    def _refuses(self, plan: FirmwarePlan) -> bool:
        if self._update is not None and (plan.when_busy == "refuse" or self._update.stage is Stage.ACTIVATE):
            return True  # L01.FR.27
        return plan.during_transaction == "refuse" and any(True for _ in self._context.transactions.ongoing())

    async def _certificate_status(self, request: FirmwareRequest, outcome: str) -> UpdateStatus:
        problem, sentence = await self._certificate_problem(request.certificate, outcome)
        if problem is CertificateProblem.NONE:
            return UpdateStatus.ACCEPTED
        self._context.security_events.raise_event("InvalidFirmwareSigningCertificate", sentence)  # L01.FR.02
        if problem is CertificateProblem.REVOKED:
            return UpdateStatus.REVOKED_CERTIFICATE  # 1.6: L01.FR.25
        return UpdateStatus.INVALID_CERTIFICATE  # L01.FR.22

    async def _certificate_problem(self, pem: str, outcome: str) -> tuple[CertificateProblem, str]:
        if outcome == "invalid_certificate":
            return CertificateProblem.UNKNOWN_ISSUER, "The operator has decided so."
        if outcome == "revoked_certificate":
            return CertificateProblem.REVOKED, "The operator has decided so."
        vault = self._context.vault
        if vault is None:
            return CertificateProblem.UNKNOWN_ISSUER, "The station has no store of manufacturer roots."
        with suppress(EnvironmentProblem):
            await vault.look_up_revocation(pem, (CertificateUse.MANUFACTURER_ROOT,))
        verdict = vault.check_firmware_certificate(pem)
        return verdict.problem, verdict.sentence

    def _make(self, request: FirmwareRequest, plan: FirmwarePlan, stage: Stage, file_name: str) -> None:
        from emulator.services.firmware_update import FirmwareUpdate

        self._update = FirmwareUpdate(self._context, self, request, plan, stage, file_name)
        self.keep()

    def begin(self) -> None:
        """Begin with the update that was accepted."""
        if self._update is not None and self._task is None:
            self._task = self._context.tasks.start(self._run(self._update), "firmware update")

    async def _run(self, update: FirmwareUpdate) -> None:
        await update.run()
        if self._update is update and update.stage is not Stage.ACTIVATE:
            self.finish()

    def finish(self) -> None:
        """The update is over."""
        update, self._update, self._task = self._update, None, None
        self._context.memory.delete(TABLE, UPDATE)
        self._context.availability.keep_idle(HOLD, False)
        if update is not None:
            update.forget_file()
            self._last = update
        self._context.changed()

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._update is not None:
            self.finish()

    # --- memory

    def keep(self) -> None:
        """Write down how far the update is."""
        if self._update is not None:
            self._context.memory.put(TABLE, UPDATE, self._update.to_json())

    def restore(self) -> None:
        """Go on after a restart: with the new version, with what is not told, with the update."""
        self._restore_version()
        kept = self._context.memory.get(TABLE, UPDATE)
        if kept is None:
            return
        request = FirmwareRequest.from_json(kept["request"])
        self._make(request, FirmwarePlan(*kept["plan"]), Stage(kept["stage"]), kept["file_name"])
        if kept["stage"] == Stage.ACTIVATE:
            self.tell(FirmwareStatus.INSTALLED)  # L01.FR.28, L01.FR.32: told by the new firmware
            self._context.security_events.raise_event("FirmwareUpdated", self.version)  # L01.FR.31
            self.finish()
        else:
            self.begin()

    @property
    def version(self) -> str:
        """The version that runs."""
        return self._context.model.text(FIRMWARE_VERSION)

    def _restore_version(self) -> None:
        kept = self._context.memory.get(TABLE, VERSION)
        # What the station's file says goes before an update only when somebody has changed it since.
        if kept and self.version == kept["over"]:
            self._context.model.assign(FIRMWARE_VERSION, kept["version"])

    def activate(self, version: str) -> None:
        """The new firmware is in place: the next boot is with it."""
        before = self._context.memory.get(TABLE, VERSION)
        known = before is not None and self.version == before["version"]
        kept = {"version": version, "over": before["over"] if known else self.version}
        with self._context.memory.batch():
            self._context.memory.put(TABLE, VERSION, kept)
            self.keep()
        self._context.model.assign(FIRMWARE_VERSION, version)

    # --- telling

    def tell(self, status: FirmwareStatus) -> None:
        """The update enters a new state (L01.FR.01, L02.FR.01)."""
        self.status = status
        self.request_id = self._update.request.request_id if self._update else self.request_id
        self._context.memory.put(TABLE, STATUS, {"status": status, "request_id": self.request_id})
        self._send(status, self.request_id)
        self._context.changed()

    def _send(self, status: str, request_id: int | None) -> None:
        if not self._context.csms.online:
            self._wait(status, request_id)
            return

        self._open_calls += 1

        def answered(arrived: bool) -> None:
            self._open_calls -= 1
            if not self._open_calls:
                self._all_answered.set()
            if not arrived:
                self._wait(status, request_id)

        self._context.csms.firmware_status(status, request_id, answered=answered)

    async def answered(self, timeout_s: float) -> None:
        """Wait until the CSMS has heard of every status, but not longer than this."""
        timer = self._context.clock.call_later(timeout_s, self._all_answered.set)
        try:
            if self._open_calls:
                self._all_answered.clear()
                await self._all_answered.wait()
        finally:
            timer.cancel()

    def _wait(self, status: str, request_id: int | None) -> None:
        self._unsent = [*self._unsent, (status, request_id)][-MOST_UNSENT:]
        self._context.memory.put(TABLE, UNSENT, self._unsent)

    def _tell_unsent(self) -> None:
        if self._unsent:
            unsent, self._unsent = self._unsent, []
            self._context.memory.delete(TABLE, UNSENT)
            for status, request_id in unsent:
                self._send(status, request_id)

    # --- looking

    def snapshot(self) -> dict[str, Any]:
        """The update that is under way, or the last one."""
        update = self._update or self._last
        facts = update.facts() if update else {}
        return {"status": str(self.status or FirmwareStatus.IDLE), "busy": self.busy, **NOTHING, **facts}


NOTHING: dict[str, Any] = {
    "request_id": None, "signed": False, "location": None, "received_bytes": 0, "total_bytes": None,
    "retrieve_at": None, "install_at": None, "problem": None,
}  # fmt: skip
