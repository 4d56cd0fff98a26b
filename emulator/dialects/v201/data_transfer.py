"""DataTransfer (use cases P01, P02)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.domain.calls import Reply
from emulator.domain.variables import VariableRef
from emulator.services import data_transfer

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201

VENDOR_NAME = VariableRef("ChargingStation", "VendorName")


def receive(dialect: V201, payload: Payload) -> Reply:
    """Answer a vendor-specific message (P01.FR.05, P01.FR.06)."""
    own = dialect.context.model.text(VENDOR_NAME)
    return Reply({"status": str(data_transfer.answer(payload["vendorId"], own))})
