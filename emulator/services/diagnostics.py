"""Block N, use case N01, and GetDiagnostics of 1.6 (section 5.9): the station's own logs, packed and uploaded."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.domain.errors import EnvironmentProblem
from emulator.domain.files import DiagnosticsPlan, TransferFailed, TransferProblem
from emulator.domain.times import timestamp
from emulator.services.transfers import attempts, without_credentials

if TYPE_CHECKING:
    import asyncio

    from emulator.services.context import StationContext

LONGEST_NAME = 255
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(9999, 12, 31, tzinfo=UTC)


class LogKind(StrEnum):
    """LogEnumType."""

    DIAGNOSTICS = "DiagnosticsLog"
    SECURITY = "SecurityLog"


class LogStatus(StrEnum):
    """LogStatusEnumType: the answer to a request."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    ACCEPTED_CANCELED = "AcceptedCanceled"


class UploadStatus(StrEnum):
    """UploadLogStatusEnumType."""

    BAD_MESSAGE = "BadMessage"
    IDLE = "Idle"
    NOT_SUPPORTED = "NotSupportedOperation"
    PERMISSION_DENIED = "PermissionDenied"
    UPLOADED = "Uploaded"
    UPLOAD_FAILURE = "UploadFailure"
    UPLOADING = "Uploading"
    ACCEPTED_CANCELED = "AcceptedCanceled"


# N01.FR.10: the reason as precise as the words allow.
STATUS_OF = {
    TransferProblem.BAD_MESSAGE: UploadStatus.BAD_MESSAGE,
    TransferProblem.NOT_SUPPORTED: UploadStatus.NOT_SUPPORTED,
    TransferProblem.PERMISSION_DENIED: UploadStatus.PERMISSION_DENIED,
}

OUTCOMES = {
    "upload_failed": TransferProblem.LOST,
    "bad_message": TransferProblem.BAD_MESSAGE,
    "not_supported": TransferProblem.NOT_SUPPORTED,
    "permission_denied": TransferProblem.PERMISSION_DENIED,
}


class LogRequest(NamedTuple):
    """What the CSMS wants; `request_id` None: GetDiagnostics of 1.6."""

    kind: LogKind
    location: str
    oldest: datetime | None = None
    latest: datetime | None = None
    retries: int | None = None
    retry_interval_s: float | None = None
    request_id: int | None = None


class LogAnswer(NamedTuple):
    """The answer, and the name of the file that will come ("": none)."""

    status: LogStatus
    file_name: str


class Diagnostics:
    """Takes requests for logs, one upload at a time."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        self._request: LogRequest | None = None
        self._plan = DiagnosticsPlan()
        self._file_name = ""
        self._task: asyncio.Task[Any] | None = None
        self._shown: dict[str, Any] = dict(NOTHING)
        self._last_problem: TransferProblem | None = None
        self._number = 0

    @property
    def request_id(self) -> int | None:
        """The request whose log is being uploaded."""
        return self._request.request_id if self._request else None

    @property
    def busy(self) -> bool:
        """Whether a log is being packed or uploaded."""
        return self._request is not None

    # --- requests

    def request(self, request: LogRequest) -> LogAnswer:
        """Judge a request; when it is accepted, `begin` is due once it was answered."""
        plan = self._context.files.diagnostics_plan
        self._context.files.diagnostics_plan = DiagnosticsPlan()
        if not self._available(request) or (self.busy and plan.when_busy == "refuse"):
            return LogAnswer(LogStatus.REJECTED, "")  # N01.FR.05
        canceled = self._cancel()  # N01.FR.12; 1.6: N01.FR.11
        self._request, self._plan, self._file_name = request, plan, self._name(request)
        return LogAnswer(LogStatus.ACCEPTED_CANCELED if canceled else LogStatus.ACCEPTED, self._file_name)

    def _available(self, request: LogRequest) -> bool:
        oldest, latest = request.oldest or EARLIEST, request.latest or LATEST
        if oldest > latest or oldest > self._context.clock.now():
            return False
        if request.kind is LogKind.SECURITY:
            return any(timestamp(oldest) <= e["timestamp"] <= timestamp(latest) for e in self._security_log())
        first = next(iter(self._context.files.frames(0, 1)), None)
        return first is not None and first.time <= latest

    def _security_log(self) -> list[dict[str, Any]]:
        return self._context.security_events.log()

    def _name(self, request: LogRequest) -> str:
        # The CSMS's own folder: the name tells which station, which log, and when.
        station = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "_" for c in self._context.identity)
        kind = "security" if request.kind is LogKind.SECURITY else "diagnostics"
        at = self._context.clock.now().strftime("%Y%m%dT%H%M%SZ")
        self._number += 1
        return f"{station[: LONGEST_NAME - 60]}-{kind}-{at}-{self._number}.zip"

    def begin(self) -> None:
        """Begin with the upload that was accepted."""
        if self._request is not None and self._task is None:
            self._task = self._context.tasks.start(self._run(self._request, self._file_name), "log upload")

    def _cancel(self) -> bool:
        request = self._request
        if request is None:
            return False
        if self._task is not None:
            self._task.cancel()
            self._tell(request, UploadStatus.ACCEPTED_CANCELED)  # N01.FR.20
        self._finish(self._file_name)
        return True

    def _finish(self, file_name: str) -> None:
        self._request = self._task = None
        with suppress(OSError, EnvironmentProblem):
            (self._context.files.folder() / file_name).unlink(missing_ok=True)
        self._context.changed()

    # --- the upload

    async def _run(self, request: LogRequest, file_name: str) -> None:
        self._shown = NOTHING | {
            "kind": str(request.kind),
            "request_id": request.request_id,
            "location": without_credentials(request.location),
            "file_name": file_name,
        }
        self._tell(request, UploadStatus.UPLOADING)  # N01.FR.08
        done = await attempts(
            self._context.clock,
            partial(self._attempt, request, file_name),
            retries=request.retries,
            interval_s=request.retry_interval_s,
            failed=self._attempt_failed,
            again=lambda: None,
        )
        if done or self._plan.outcome == "success":
            status = UploadStatus.UPLOADED  # N01.FR.09
        else:
            problem = self._last_problem or TransferProblem.LOST
            status = STATUS_OF.get(problem, UploadStatus.UPLOAD_FAILURE)
        self._tell(request, status)
        self._finish(file_name)

    async def _attempt(self, request: LogRequest, file_name: str) -> None:
        files, clock = self._context.files, self._context.clock
        began_s = clock.monotonic()
        if self._plan.outcome not in OUTCOMES:
            try:
                archive = files.folder() / file_name
                if not archive.exists():
                    await self._pack(request, archive)
                await files.transfer.upload(request.location, archive, file_name, files.profile(), self._progress)
            except TransferFailed:
                raise
            except (EnvironmentProblem, OSError) as problem:
                sentence = problem.sentence if isinstance(problem, EnvironmentProblem) else str(problem)
                raise TransferFailed(TransferProblem.DISK, f"The log cannot be packed: {sentence}") from problem
        passed_s = clock.monotonic() - began_s
        if self._plan.duration_s is not None and passed_s < self._plan.duration_s:
            await clock.sleep(self._plan.duration_s - passed_s)
        if self._plan.outcome in OUTCOMES:
            raise TransferFailed(OUTCOMES[self._plan.outcome], "The upload fails, as the operator has decided.")

    async def _pack(self, request: LogRequest, archive: Path) -> None:
        from emulator.services.log_archive import pack_messages, pack_security_log

        oldest, latest = request.oldest or EARLIEST, request.latest or LATEST
        # Written beside and renamed: an archive that is there is whole.
        unfinished = archive.with_suffix(".part")
        try:
            if request.kind is LogKind.SECURITY:
                pack_security_log(self._context, unfinished, self._security_log(), oldest, latest)
            else:
                await pack_messages(self._context, unfinished, oldest, latest)
            unfinished.replace(archive)
        finally:
            unfinished.unlink(missing_ok=True)

    def _attempt_failed(self, failure: TransferFailed, more: bool) -> None:
        self._last_problem = failure.problem
        sentence = without_credentials(failure.sentence)
        self._shown["problem"] = sentence
        self._context.note(f"Log upload: {sentence}", hint=failure.hint)

    def _progress(self, sent_bytes: int, total_bytes: int | None) -> None:
        self._shown["sent_bytes"], self._shown["total_bytes"] = sent_bytes, total_bytes
        self._context.changed()

    def _tell(self, request: LogRequest, status: UploadStatus) -> None:
        self._shown["status"] = str(status)
        self._context.csms.log_status(str(status), request.request_id)  # N01.FR.07
        self._context.changed()

    # --- looking

    def snapshot(self) -> dict[str, Any]:
        """The upload that is under way, or the last one."""
        return {**self._shown, "busy": self.busy}


NOTHING: dict[str, Any] = {
    "status": "Idle", "busy": False, "kind": None, "request_id": None, "location": None, "file_name": None,
    "sent_bytes": 0, "total_bytes": None, "problem": None,
}  # fmt: skip
