"""The queue of transaction-related messages as a table."""

from __future__ import annotations

from ui.models.connection_state import clock_text
from ui.models.records import Column, Record

STATE_WORDS = {
    "waiting": "waiting",
    "in-flight": "being sent",
    "retrying": "will be sent again",
    "held": "held while offline",
}
TONES = {"in-flight": "accent", "retrying": "warning", "held": "dim"}


def state_text(record: Record) -> str:
    """The state in words, with the time of the next attempt."""
    again = clock_text(record["next_attempt_at"])
    return f"again at {again}" if again else STATE_WORDS.get(record["state"], str(record["state"]))


COLUMNS = (
    Column("", lambda r: str(r["id"]), "Number in the queue", 40, right=True, tone=lambda _: "dim"),
    Column("Action", lambda r: str(r["action"]), "", 130, bold=True),
    Column("Transaction", lambda r: str(r["transaction"] or "")[:8], "transactionId", 82, fixed=True),
    Column("Since", lambda r: clock_text(r["created_at"]), "Station time when it was put here", 70, fixed=True),
    Column("Tries", lambda r: str(r["attempts"]), "TransactionMessageAttempts, MessageAttempts", 44, right=True),
    Column("State", state_text, tone=lambda r: TONES.get(r["state"], "")),
)

__all__ = ["COLUMNS"]
