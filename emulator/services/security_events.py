"""Block A, use case A04: security events are logged, and told to the CSMS, later when it cannot hear them now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.domain.times import timestamp

if TYPE_CHECKING:
    from emulator.services.context import StationContext

# The security log, oldest first, and the events that the CSMS has not heard of.
LOG_TABLE = "security_log"
WAITING_TABLE = "security_events"
LONGEST_LOG = 1000
LONGEST_TECH_INFO = 255


class SecurityEvents:
    """The security log of the station."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        context.provisioning.when_accepted(self._tell_waiting)

    def raise_event(self, kind: str, tech_info: str = "", *, tell: bool = True) -> None:
        """Log an event (N01.FR.05 of 1.6), and tell the CSMS of it."""
        at = timestamp(self._context.clock.now())
        body = {"type": kind, "timestamp": at, "techInfo": tech_info[:LONGEST_TECH_INFO]}
        number = self._next_number()
        with self._context.memory.batch():
            self._context.memory.put(LOG_TABLE, str(number), body)
            self._context.memory.delete(LOG_TABLE, str(number - LONGEST_LOG))
            if tell:
                self._context.memory.put(WAITING_TABLE, str(number), body)
        self._context.note(f"Security event: {kind}. {tech_info}".strip())
        if tell and self._context.csms.online:
            self._tell(str(number), body)

    def tell_later(self) -> None:
        """There are events of before the restart: they are told once the CSMS accepts the station."""

    def log(self) -> list[dict[str, Any]]:
        """The security log, oldest first."""
        return [body for _, body in self._context.memory.items(LOG_TABLE)]

    def _next_number(self) -> int:
        kept = self._context.memory.items(LOG_TABLE)
        return int(kept[-1][0]) + 1 if kept else 1

    def _tell_waiting(self) -> None:
        for number, body in self._context.memory.items(WAITING_TABLE):
            self._tell(number, body)

    def _tell(self, number: str, body: dict[str, Any]) -> None:
        self._context.csms.security_event(body, answered=partial(self._told, number))

    def _told(self, number: str, arrived: bool) -> None:
        if arrived:
            self._context.memory.delete(WAITING_TABLE, number)
