"""The token list by which the test CSMS authorizes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

# AuthorizationStatusEnumType of 2.0.1; 1.6 has the first five.
TOKEN_STATUSES = (
    "Accepted",
    "Blocked",
    "Expired",
    "Invalid",
    "ConcurrentTx",
    "NoCredit",
    "NotAllowedTypeEVSE",
    "NotAtThisLocation",
    "NotAtThisTime",
    "Unknown",
)


@dataclass(frozen=True, slots=True)
class TokenEntry:
    """One token: its status, the parent (1.6) or group (2.0.1) it belongs to, and when it expires."""

    id_token: str
    status: str = "Accepted"
    parent: str = ""
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        """Refuse a status that OCPP does not have."""
        if self.status not in TOKEN_STATUSES:
            raise ValueError(f"token {self.id_token}: {self.status!r} is no status; use {', '.join(TOKEN_STATUSES)}")


class TokenList:
    """The tokens that the CSMS knows, editable while it runs; identifiers are compared without regard to case."""

    def __init__(self, entries: Iterable[TokenEntry] = (), *, accept_unknown: bool = False) -> None:
        self._entries = {entry.id_token.casefold(): entry for entry in entries}
        self._accept_unknown = accept_unknown
        self.changed: Callable[[], None] = lambda: None

    @property
    def accept_unknown(self) -> bool:
        """Whether a token that is not listed is accepted (else it is Invalid)."""
        return self._accept_unknown

    @accept_unknown.setter
    def accept_unknown(self, value: bool) -> None:
        self._accept_unknown = value
        self.changed()

    def entries(self) -> list[TokenEntry]:
        """All entries in the order in which they were added."""
        return list(self._entries.values())

    def get(self, id_token: str) -> TokenEntry | None:
        """The entry of a token, or None."""
        return self._entries.get(id_token.casefold())

    def put(self, entry: TokenEntry) -> None:
        """Add a token, or replace its entry."""
        self._entries[entry.id_token.casefold()] = entry
        self.changed()

    def remove(self, id_token: str) -> None:
        """Forget a token; harmless when it is not listed."""
        if self._entries.pop(id_token.casefold(), None) is not None:
            self.changed()

    def decide(self, id_token: str, now: datetime) -> TokenEntry:
        """What holds for a token at a moment: its entry, Expired after its date, Invalid (or Accepted) if unknown."""
        entry = self.get(id_token)
        if entry is None:
            return TokenEntry(id_token, "Accepted" if self._accept_unknown else "Invalid")
        if entry.status == "Accepted" and entry.expires_at is not None and entry.expires_at <= now:
            return replace(entry, status="Expired")
        return entry


def default_tokens() -> TokenList:
    """The list that a newcomer finds: accepted, a family of two, blocked, expired."""
    return TokenList(
        [
            TokenEntry("04A22B6C"),
            TokenEntry("FLEET-7", parent="FLEET"),
            TokenEntry("FLEET-8", parent="FLEET"),
            TokenEntry("BLOCKED", "Blocked"),
            TokenEntry("EXPIRED", "Expired"),
        ]
    )
