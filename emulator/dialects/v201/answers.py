"""What answers of 2.0.1 have in common: a status, and why it is what it is (StatusInfoType, Part 2 Appendix 5)."""

from __future__ import annotations

from emulator.dialects.dialect import Payload

ACCEPTED: Payload = {"status": "Accepted"}

MAXIMUM_INFO_LENGTH = 512


def status_info(reason_code: str, sentence: str = "") -> Payload:
    """A StatusInfoType: a reason code of Appendix 5, and words for a person."""
    info: Payload = {"reasonCode": reason_code}
    if sentence:
        info["additionalInfo"] = sentence[:MAXIMUM_INFO_LENGTH]
    return info


def refused(reason_code: str, sentence: str = "", *, status: str = "Rejected") -> Payload:
    """An answer that says no, and why."""
    return {"status": status, "statusInfo": status_info(reason_code, sentence)}
