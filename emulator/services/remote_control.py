"""Block F: starting, stopping and unlocking from afar."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from emulator.domain import settings
from emulator.domain.station import Cable, Evse
from emulator.domain.tokens import Authorization, IdToken, IdTokenType
from emulator.domain.transaction import StoppedReason, Trigger
from emulator.services.context import StationContext
from emulator.services.session import Session

if TYPE_CHECKING:
    from emulator.domain.charging_profile import ChargingProfile


class UnlockStatus(StrEnum):
    """What came of an attempt to unlock a connector; dialects translate it."""

    UNLOCKED = "Unlocked"
    FAILED = "UnlockFailed"
    ONGOING_TRANSACTION = "OngoingAuthorizedTransaction"
    UNKNOWN_CONNECTOR = "UnknownConnector"
    NO_LOCK = "NoLock"


class RemoteControl:
    """Does what an operator asks for over the CSMS."""

    def __init__(self, context: StationContext) -> None:
        self._context = context

    def startable(
        self,
        evse_id: int | None,
        connector_id: int | None = None,
        token: IdToken | None = None,
        group: IdToken | None = None,
    ) -> Session | None:
        """The session in which a remote start can begin: the given EVSE, else one that waits or is free; None: none.

        Where a reservation stands in the way of this token, there is none (F01.FR.21, F01.FR.22; 1.6 section 5.13).
        """
        transactions = self._context.transactions
        if evse_id is not None:
            if self._context.station.evse(evse_id) is None:
                return None
            session = transactions.session(evse_id)
            may = self._can_start(session, connector_id) and self._admits(session, token, group)
            return session if may else None
        candidates = [s for s in transactions.sessions if self._can_start(s, None) and self._admits(s, token, group)]
        plugged = [s for s in candidates if s.evse.plugged_connector is not None]
        reserved = self._context.reservations.place_of(token, group) if token else None
        own = [s for s in candidates if s.evse.id == reserved]
        return next(iter(plugged or own or candidates), None)

    def _admits(self, session: Session, token: IdToken | None, group: IdToken | None) -> bool:
        if token is None:
            return True
        return self._context.reservations.admits(session, token, group, group_known=group is not None)

    def _can_start(self, session: Session, connector_id: int | None) -> bool:
        if session.authorization is not None or session.authorizing:
            return False
        if session.transaction is not None and session.transaction.token is not None:
            return False  # F01.FR.24: it has been authorized, if only by somebody who has stopped meanwhile
        plugged = session.evse.plugged_connector
        if connector_id is not None and plugged is not None and plugged.id != connector_id:
            return False
        return self._serves(session.evse, connector_id)

    def _serves(self, evse: Evse, connector_id: int | None) -> bool:
        station = self._context.station
        return any(
            station.usable(evse, connector) and station.fault_of(evse, connector) is None
            for connector in evse.connectors
            if connector_id in {None, connector.id}
        )

    def start(
        self,
        session: Session,
        token: IdToken,
        *,
        remote_start_id: int | None = None,
        group: IdToken | None = None,
        connector_id: int | None = None,
        profile: ChargingProfile | None = None,
    ) -> None:
        """Begin a session for a token; call it after the request was answered (F01, F02; 1.6 section 5.11).

        `profile`: a TxProfile for the transaction that begins (K05).
        """
        if connector_id is not None:
            session.connector_id = connector_id
        # C05.FR.01: a token that the CSMS made itself is not asked back
        ask = self._context.model.boolean(settings.AUTHORIZE_REMOTE_START) and token.type != IdTokenType.CENTRAL
        # 1.6 section 5.13: only the Central System knows of a group that is neither in the list nor in the cache
        if ask or (group is None and self._context.reservations.wants_group(session, token)):
            session.authorizing = True
            authorizing = self._authorize(session, token, remote_start_id, group, profile)
            self._context.tasks.start(authorizing, "remote start")
        else:
            self._begin(session, Authorization(token, group, remote_start_id, confirmed=False), profile)

    async def _authorize(
        self,
        session: Session,
        token: IdToken,
        remote_start_id: int | None,
        group: IdToken | None,
        profile: ChargingProfile | None,
    ) -> None:
        try:
            info = await self._context.authorizations.check(token)
        finally:
            session.authorizing = False
        known_group = info.group or group
        if not self._context.reservations.admits(session, token, known_group):
            self._context.note(f"The remote start for {token.value} was given up: EVSE {session.evse.id} is reserved.")
        elif info.allows(session.evse.id) and session.authorization is None:
            permission = Authorization(token, known_group, remote_start_id, evse_ids=info.evse_ids)
            self._begin(session, permission, profile)

    def _begin(self, session: Session, authorization: Authorization, profile: ChargingProfile | None) -> None:
        if profile is not None:
            self._context.smart_charging.profiles.prepare(session, profile)
        self._context.transactions.authorize(session, authorization, Trigger.REMOTE_START)

    def stop(self, session: Session) -> None:
        """End a session; call it after the request was answered (F03; 1.6 section 5.12)."""
        self._context.transactions.stop(session, StoppedReason.REMOTE, Trigger.REMOTE_STOP)

    def unlock(self, evse_id: int, connector_id: int) -> UnlockStatus:
        """Try to open a connector's lock (F05; 1.6 section 5.18); transactions are the caller's matter."""
        evse = self._context.station.evse(evse_id)
        connector = evse.connector(connector_id) if evse else None
        if evse is None or connector is None:
            return UnlockStatus.UNKNOWN_CONNECTOR  # F05.FR.03
        if connector.lock_fails:
            return UnlockStatus.FAILED
        if connector.cable is Cable.ATTACHED:
            return UnlockStatus.NO_LOCK
        connector.locked = False
        self._context.transactions.release_cable(self._context.transactions.session(evse_id))
        return UnlockStatus.UNLOCKED
