"""Prepared answers, breakpoints and held frames, as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ui.models.connection_state import clock_text
from ui.models.records import Column, Record

DIRECTION_WORDS = {"sent": "→ sent", "received": "← received", "*": "both"}

ANSWER_COLUMNS = (
    Column("Action", lambda r: r["action"], "The CALLs of the CSMS that are answered so", 104, bold=True),
    Column("Answer", lambda r: r["words"], "Instead of the station's own answer"),
    Column("Left", lambda r: str(r["times"]), "For so many more CALLs", 40, right=True),
)
BREAKPOINT_COLUMNS = (
    Column("Action", lambda r: r["action"], "", 0, bold=True),
    Column("Direction", lambda r: DIRECTION_WORDS[r["direction"]], "", 92, tone=lambda _: "dim"),
)
HELD_COLUMNS = (
    Column("", lambda r: "→" if r["direction"] == "sent" else "←", "", 28, tone=lambda r: _tone(r["direction"])),
    Column("Held", lambda r: r["action"] or "frame", "A frame that waits until it is released", 0, bold=True),
    Column("Since", lambda r: clock_text(r["since"]), "Station time", 70, fixed=True),
)


def _tone(direction: str) -> str:
    return "accent" if direction == "sent" else "received"


def answer_records(answers: Iterable[Mapping[str, Any]]) -> list[Record]:
    """The prepared answers, the one that is asked first on top."""
    return [
        {"key": number, "action": each["action"], "words": _answer_words(each), "times": each["times"]}
        for number, each in enumerate(answers)
    ]


def _answer_words(answer: Mapping[str, Any]) -> str:
    late = f" after {answer['delay_ms']:g} ms" if answer["delay_ms"] else ""
    if answer["drop"]:
        return "none"
    if answer["error"] is not None:
        return f"CALLERROR {answer['error'].get('code', '')}{late}"
    if answer["payload"] is not None:
        status = answer["payload"].get("status")
        return (f"status {status}" if isinstance(status, str) else "own payload") + late
    return f"the station's own{late}"


def breakpoint_records(breakpoints: Iterable[Mapping[str, str]]) -> list[Record]:
    """The breakpoints."""
    return [{"key": (each["direction"], each["action"]), **each} for each in breakpoints]


__all__ = ["ANSWER_COLUMNS", "BREAKPOINT_COLUMNS", "HELD_COLUMNS", "answer_records", "breakpoint_records"]
