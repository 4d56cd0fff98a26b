"""The card reader: which EVSE a presented token is meant for, and what it does there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from emulator.domain import settings
from emulator.domain.errors import ActionRefused
from emulator.domain.ports import Timer
from emulator.domain.tokens import Authorization, IdToken, TokenInfo
from emulator.domain.transaction import StoppedReason, Trigger
from emulator.services.context import StationContext
from emulator.services.session import Session


@dataclass(slots=True)
class WaitingToken:
    """An accepted token whose driver has not plugged in anywhere yet."""

    authorization: Authorization
    until: datetime
    timer: Timer


class Reader:
    """One reader for all EVSEs: a token is taken for the EVSE that the facts suggest."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        self.waiting: WaitingToken | None = None
        # The last verdict, for the display: (token, status).
        self.last: tuple[IdToken, str] | None = None

    async def present(self, token: IdToken, evse_id: int | None = None) -> TokenInfo:
        """A token is held to the reader; the verdict says whether it was accepted.

        Raises ActionRefused when the reader is broken, or the EVSE is in use by somebody else's token.
        """
        if not self._context.station.reader_works:
            raise ActionRefused("The reader is broken: no token can be read.")
        held = self._started_by(token, evse_id)
        if held is not None:
            # E07.FR.01, 1.6 section 4.1: the token that started may stop, without asking the CSMS
            self._context.transactions.stop(held, StoppedReason.LOCAL, Trigger.STOP_AUTHORIZED, token)
            return self._verdict(token, TokenInfo("Accepted"))
        candidate = self._candidate(token, evse_id)
        if candidate is not None:
            candidate.authorizing = True
        try:
            info = await self._context.authorizations.check(token)
        finally:
            if candidate is not None:
                candidate.authorizing = False
        if info.accepted:
            self._accepted(token, info, evse_id, candidate)
        return self._verdict(token, info)

    def _verdict(self, token: IdToken, info: TokenInfo) -> TokenInfo:
        self.last = (token, str(info.status))
        self._context.changed()
        return info

    def _accepted(self, token: IdToken, info: TokenInfo, evse_id: int | None, candidate: Session | None) -> None:
        transactions = self._context.transactions
        for session in self._sessions(evse_id):
            if session.authorization is not None and session.authorization.covers(token, info.group):
                transactions.stop(session, StoppedReason.LOCAL, Trigger.STOP_AUTHORIZED, token)  # C09.FR.04
                return
        permission = Authorization(token, info.group)
        if candidate is None or candidate.authorization is not None:
            candidate = self._candidate(token, evse_id)
        if candidate is not None:
            transactions.authorize(candidate, permission)
        elif evse_id is not None:
            raise ActionRefused(f"EVSE {evse_id} is in use or not available: the token was not taken.")
        elif any(session.idle for session in self._usable(None)):
            self._wait(permission)

    def _sessions(self, evse_id: int | None) -> list[Session]:
        sessions = self._context.transactions.sessions
        return sessions if evse_id is None else [sessions[evse_id - 1]]

    def _usable(self, evse_id: int | None) -> list[Session]:
        station = self._context.station
        return [
            session
            for session in self._sessions(evse_id)
            if any(
                station.usable(session.evse, c) and station.fault_of(session.evse, c) is None
                for c in session.evse.connectors
            )
        ]

    def _started_by(self, token: IdToken, evse_id: int | None) -> Session | None:
        started = (s for s in self._sessions(evse_id) if s.authorization is not None)
        return next((s for s in started if s.authorization is not None and s.authorization.token.same_as(token)), None)

    def _candidate(self, token: IdToken, evse_id: int | None) -> Session | None:
        """The EVSE that a driver most likely means: where a car waits for a token, else the only free one."""
        open_to_all = [
            s
            for s in self._usable(evse_id)
            if s.authorization is None and not s.authorizing and not self._belongs_to_another(s, token)
        ]
        plugged = [s for s in open_to_all if s.evse.plugged_connector is not None]
        if plugged:
            # A car that was not served yet goes before one that only has not left.
            return next((s for s in plugged if not s.served), plugged[0])
        free = [s for s in open_to_all if s.idle]
        return free[0] if len(free) == 1 and (evse_id is not None or len(self._context.station.evses) == 1) else None

    @staticmethod
    def _belongs_to_another(session: Session, token: IdToken) -> bool:
        """Whether a transaction goes on that another token had authorized (C01.FR.23)."""
        started_by = session.transaction.token if session.transaction else None
        return started_by is not None and not started_by.same_as(token)

    def _wait(self, authorization: Authorization) -> None:
        self.forget()
        timeout_s = self._context.model.integer(settings.EV_CONNECTION_TIME_OUT)
        until = self._context.clock.now() + timedelta(seconds=timeout_s)
        timer = self._context.clock.call_later(timeout_s, self.forget)
        self.waiting = WaitingToken(authorization, until, timer)
        self._context.csms.facts_changed(0)

    def forget(self) -> None:
        """Nobody waits any more: the time is up, or the token found its EVSE."""
        if self.waiting is not None:
            self.waiting.timer.cancel()
            self.waiting = None
            self._context.changed()

    def plugged(self, session: Session) -> None:
        """A car was plugged in: a waiting token is meant for it."""
        if self.waiting is not None and session.authorization is None and session.transaction is None:
            authorization = self.waiting.authorization
            self.forget()
            session.authorization = authorization
