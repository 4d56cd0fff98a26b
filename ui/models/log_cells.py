"""What stands in each cell of the message log, in words, for the eye, the tool tip and the screen reader."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import IntEnum
from math import isnan

from ui.models.log_rows import BROKEN, LONE, OVERDUE, REFUSED, Row


class Column(IntEnum):
    """The columns of the message log from left to right."""

    TIME = 0
    DIRECTION = 1
    ACTION = 2
    SUMMARY = 3
    ANSWER = 4
    LATENCY = 5
    VERDICT = 6


HEADINGS = {
    Column.TIME: "Time",
    Column.DIRECTION: "",
    Column.ACTION: "Action",
    Column.SUMMARY: "Summary",
    Column.ANSWER: "Answer",
    Column.LATENCY: "Latency",
    Column.VERDICT: "",
}
SPOKEN_HEADINGS = HEADINGS | {Column.DIRECTION: "Direction", Column.VERDICT: "Verdict"}


def clock_text(time_s: float) -> str:
    """Time of day in the machine's zone with milliseconds: "14:32:05.912"."""
    moment = datetime.fromtimestamp(time_s, UTC).astimezone()
    return f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"


def utc_text(time_s: float) -> str:
    """Date and time as RFC 3339 in UTC with milliseconds."""
    moment = datetime.fromtimestamp(time_s, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def duration_text(milliseconds: float) -> str:
    """A duration in the unit that reads best: "0.4 ms", "18 ms", "4.2 s", "3 min", "5 h"."""
    if milliseconds < 1:
        return f"{max(milliseconds, 0):.1f} ms"
    if milliseconds < 1000:
        return f"{milliseconds:.0f} ms"
    seconds = milliseconds / 1000
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.0f} h"


def latency_text(row: Row, now_s: float) -> str:
    """How long the answer took; of a CALL that waits, how long it has waited."""
    if not isnan(row.latency_ms):
        return duration_text(row.latency_ms)
    return duration_text((now_s - row.time_s) * 1000) if row.waiting else ""


def answer_text(row: Row) -> str:
    """The answer in words."""
    return "no answer" if row.flags & OVERDUE else row.answer


def verdict_mark(row: Row) -> str:
    """One character: a cross for a problem, dots while waiting, a tick."""
    if row.problem:
        return "✕"
    return "…" if row.waiting else "✓"


def verdict_text(row: Row) -> str:
    """The verdict in words."""
    reasons = []
    if row.flags & BROKEN:
        reasons.append("without a request" if row.flags & LONE and row.answer_seq else "not as the schema says")
    if row.flags & REFUSED:
        reasons.append("refused")
    if row.flags & OVERDUE:
        reasons.append("no answer in time")
    if reasons:
        return "problem: " + ", ".join(reasons)
    return "waiting for the answer" if row.waiting else "good"


def direction_text(row: Row) -> str:
    """Which way the request went."""
    return "sent" if row.sent else "received"


def cell_text(row: Row, column: int, now_s: float) -> str:
    """The text of one cell."""
    match column:
        case Column.TIME:
            return clock_text(row.time_s)
        case Column.DIRECTION:
            return "→" if row.sent else "←"
        case Column.ACTION:
            return row.action
        case Column.SUMMARY:
            return row.summary
        case Column.ANSWER:
            return answer_text(row)
        case Column.LATENCY:
            return latency_text(row, now_s)
        case _:
            return verdict_mark(row)


def spoken_text(row: Row, column: int, now_s: float) -> str:
    """The text of one cell for a screen reader: words where the eye gets a sign."""
    match column:
        case Column.DIRECTION:
            return direction_text(row)
        case Column.VERDICT:
            return verdict_text(row)
        case _:
            return cell_text(row, column, now_s)


def one_liner(row: Row) -> str:
    """A row as one line for a ticket: time, direction, action, summary, answer, latency."""
    arrow = "→" if row.sent else "←"
    text = f"{utc_text(row.time_s)} {arrow} {row.action}"
    if row.summary:
        text += f" [{row.summary}]"
    answer = answer_text(row)
    if row.answered or answer:
        text += f" ⇒ {answer or 'answered'}"
    if not isnan(row.latency_ms):
        text += f" ({duration_text(row.latency_ms)})"
    return text
