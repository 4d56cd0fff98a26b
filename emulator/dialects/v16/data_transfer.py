"""DataTransfer of 1.6 (sections 4.3, 5.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.domain.calls import Reply
from emulator.domain.variables import VariableRef
from emulator.services import data_transfer

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16


def receive(dialect: V16, payload: Payload) -> Reply:
    """Answer a vendor-specific message."""
    own = dialect.context.model.text(VariableRef("ChargingStation", "VendorName"))
    return Reply({"status": str(data_transfer.answer(payload["vendorId"], own))})
