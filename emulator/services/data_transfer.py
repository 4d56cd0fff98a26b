"""Block P: vendor-specific messages."""

from __future__ import annotations

from enum import StrEnum


class DataTransferStatus(StrEnum):
    """DataTransferStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_MESSAGE_ID = "UnknownMessageId"
    UNKNOWN_VENDOR_ID = "UnknownVendorId"


def answer(vendor_id: str, own_vendor_id: str) -> DataTransferStatus:
    """What a station without vendor extensions says (P01.FR.03, P01.FR.04; 1.6 section 4.3)."""
    if vendor_id != own_vendor_id:
        return DataTransferStatus.UNKNOWN_VENDOR_ID
    return DataTransferStatus.UNKNOWN_MESSAGE_ID
