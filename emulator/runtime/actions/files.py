"""How the next firmware update and the next upload of a log go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from emulator.domain.files import DiagnosticsPlan, FirmwarePlan
from emulator.runtime.actions.registry import action, parameter

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

FIRMWARE_OUTCOMES = [
    "success", "download_failed", "install_failed", "install_verification_failed", "invalid_signature",
    "invalid_certificate", "revoked_certificate",
]  # fmt: skip
DIAGNOSTICS_OUTCOMES = ["success", "upload_failed", "bad_message", "not_supported", "permission_denied"]


@action("firmware", "Decides how the next firmware update goes.")
class PlanFirmware:
    """A planned firmware update."""

    outcome: str | None = parameter(
        None,
        "how it ends; success: whatever the server, the signature or the file is like; default: as it really goes",
        enum=[*FIRMWARE_OUTCOMES, None],
    )
    duration_s: float | None = parameter(
        None, "station seconds that the transfer and the installation last at least", minimum=0
    )
    during_transaction: Literal["wait", "refuse", "install"] = parameter(
        "wait", "while somebody charges: wait with the installation, refuse the request, or install all the same"
    )
    when_busy: Literal["cancel", "refuse"] = parameter(
        "cancel", "while another update is under way: cancel that one, or refuse the request"
    )

    async def perform(self, emulator: Emulator) -> None:
        """The next request goes so."""
        plan = FirmwarePlan(self.outcome or "", self.duration_s, self.during_transaction, self.when_busy)
        emulator.files.firmware_plan = plan


@action("diagnostics", "Decides how the next upload of a log goes.")
class PlanDiagnostics:
    """A planned upload."""

    outcome: str | None = parameter(
        None,
        "how it ends; success: whatever the server says; default: as it really goes",
        enum=[*DIAGNOSTICS_OUTCOMES, None],
    )
    duration_s: float | None = parameter(None, "station seconds that the transfer lasts at least", minimum=0)
    when_busy: Literal["cancel", "refuse"] = parameter(
        "cancel", "while another log is being uploaded: cancel that one, or refuse the request"
    )

    async def perform(self, emulator: Emulator) -> None:
        """The next request goes so."""
        emulator.files.diagnostics_plan = DiagnosticsPlan(self.outcome or "", self.duration_s, self.when_busy)
