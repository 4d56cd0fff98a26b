"""The card reader: which EVSE a presented token is meant for, and what it does there."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from emulator.domain.errors import ActionRefused
from emulator.domain.tokens import Authorization, AuthorizationStatus, IdToken, TokenInfo
from emulator.domain.transaction import StoppedReason, Trigger
from emulator.services.context import StationContext
from emulator.services.session import Session


class WaitingToken(NamedTuple):
    """An accepted token whose driver has not plugged in anywhere yet."""

    authorization: Authorization
    until: datetime | None


class Reader:
    """One reader for all EVSEs: a token is taken for the EVSE that the facts suggest."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        # The last verdict, for the display: (token, status).
        self.last: tuple[IdToken, str] | None = None

    @property
    def waiting(self) -> WaitingToken | None:
        """The driver who was authorized and has not chosen an EVSE yet."""
        lobby = self._context.transactions.lobby
        return WaitingToken(lobby.authorization, lobby.plug_in_until) if lobby.authorization else None

    async def present(self, token: IdToken, evse_id: int | None = None) -> TokenInfo:
        """A token is held to the reader; the verdict says whether it was accepted.

        Raises ActionRefused when the reader is broken, or the EVSE is in use by somebody else's token.
        """
        if not self._context.station.reader_works:
            raise ActionRefused("The reader is broken: no token can be read.")
        known = self._context.authorizations.remembered(token)
        group = known.group if known is not None and known.accepted else None
        if self._end_session(token, group, evse_id):
            # E07.FR.01, C09.FR.07, 1.6 section 4.1: who started, or is known to be of the group, ends without asking
            return self._verdict(token, TokenInfo(AuthorizationStatus.ACCEPTED))
        candidate = self._candidate(token, evse_id, group=group)
        if candidate is not None:
            candidate.authorizing = True
        try:
            info = await self._context.authorizations.check(token)
        finally:
            if candidate is not None:
                candidate.authorizing = False
        if info.accepted:
            info = self._accepted(token, info, evse_id, candidate)
        return self._verdict(token, info)

    def forget(self) -> None:
        """The software ends: nobody waits any more."""
        self._context.transactions.lobby.cancel_timers()

    def _verdict(self, token: IdToken, info: TokenInfo) -> TokenInfo:
        self.last = (token, str(info.status))
        self._context.changed()
        return info

    def _end_session(self, token: IdToken, group: IdToken | None, evse_id: int | None) -> bool:
        """Whether the token ends what it, or another of its group, has begun."""
        transactions = self._context.transactions
        for session in self._sessions(evse_id):
            if session.authorization is not None and session.authorization.covers(token, group):
                transactions.stop(session, StoppedReason.LOCAL, Trigger.STOP_AUTHORIZED, token)
                return True
            if session.cable_holder is not None and session.cable_holder.covers(token, group):
                transactions.release_cable(session)  # E05.FR.11, E09.FR.03
                return True
        return False

    def _accepted(self, token: IdToken, info: TokenInfo, evse_id: int | None, candidate: Session | None) -> TokenInfo:
        if self._end_session(token, info.group, evse_id):
            return info  # C09.FR.03
        if candidate is None or candidate.authorization is not None or not self._admits(candidate, token, info):
            candidate = self._candidate(token, evse_id, info)
        if candidate is not None:
            permission = Authorization(token, info.group, evse_ids=info.evse_ids)
            self._context.transactions.authorize(candidate, permission)
        elif evse_id is not None and not info.allows(evse_id):
            return TokenInfo(AuthorizationStatus.NOT_ALLOWED_TYPE_EVSE)  # C01.FR.21
        elif any(not self._context.reservations.admits(s, token, info.group) for s in self._usable(evse_id)):
            raise ActionRefused("What is free is reserved for another driver: the token was not taken.")
        elif evse_id is not None:
            raise ActionRefused(f"EVSE {evse_id} is in use or not available: the token was not taken.")
        elif self.waiting is not None:
            raise ActionRefused(
                "Another driver's token was accepted just now: the reader waits until that car is plugged in."
            )
        return info

    def _sessions(self, evse_id: int | None) -> tuple[Session, ...]:
        transactions = self._context.transactions
        return transactions.everyone() if evse_id is None else (transactions.session(evse_id),)

    def _usable(self, evse_id: int | None) -> list[Session]:
        takes_drivers = self._context.provisioning.takes_drivers
        return [s for s in self._sessions(evse_id) if s.evse.id and takes_drivers(s.evse)]

    def _admits(self, session: Session, token: IdToken, info: TokenInfo) -> bool:
        return info.allows(session.evse.id) and self._context.reservations.admits(session, token, info.group)

    def _candidate(
        self, token: IdToken, evse_id: int | None, info: TokenInfo | None = None, group: IdToken | None = None
    ) -> Session | None:
        """Which EVSE a driver means: where a car waits, the one reserved, the only one, or none yet (the lobby)."""
        reservations, group = self._context.reservations, info.group if info else group
        known = info is not None or group is not None
        open_to_all = [
            s
            for s in self._usable(evse_id)
            if s.authorization is None
            and not s.authorizing
            and not self._belongs_to_another(s, token)
            and (info is None or info.allows(s.evse.id))
            and reservations.admits(s, token, group, group_known=known)
        ]
        plugged = [s for s in open_to_all if s.evse.plugged_connector is not None]
        if plugged:
            # A car that was not served yet goes before one that only has not left.
            return next((s for s in plugged if not s.served), plugged[0])
        reserved = reservations.place_of(token, group)
        for session in open_to_all:
            if session.evse.id == reserved and session.idle:
                return session
        parked = [s for s in open_to_all if s.evse.bay_occupied and not s.evse.occupied]
        if len(parked) == 1:
            return parked[0]
        free = [s for s in open_to_all if s.idle or (s in parked)]
        if not free or evse_id is not None or len(self._context.station.evses) == 1:
            return free[0] if free else None
        lobby = self._context.transactions.lobby
        if lobby.authorization is not None or lobby.authorizing:
            return None
        return lobby if reservations.admits(lobby, token, group, group_known=known) else None

    @staticmethod
    def _belongs_to_another(session: Session, token: IdToken) -> bool:
        """Whether a transaction goes on that another token had authorized (C01.FR.23)."""
        started_by = session.transaction.token if session.transaction else None
        return started_by is not None and not started_by.same_as(token)
