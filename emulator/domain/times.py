"""Dates and times as they are written: RFC 3339, UTC, milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime


def timestamp(moment: datetime) -> str:
    """A date and time as all versions write it, such as 2026-01-05T12:00:00.000Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[:-6] + "Z"


def parsed_time(text: object) -> datetime | None:
    """A date and time from the wire, aware; None when it is missing or does not parse."""
    if not isinstance(text, str):
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
