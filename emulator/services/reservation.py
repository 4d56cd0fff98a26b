"""Block H: EVSEs that are kept for one driver: reserved, refused to others, used, cancelled, expired."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from emulator.domain import settings
from emulator.domain.ports import Timer
from emulator.domain.station import Connector
from emulator.domain.times import timestamp
from emulator.domain.tokens import IdToken
from emulator.services.context import StationContext
from emulator.services.session import Session

TABLE = "reservations"
ANY_EVSE = 0


class ReserveStatus(StrEnum):
    """ReserveNowStatusEnumType; 1.6 has the same words."""

    ACCEPTED = "Accepted"
    FAULTED = "Faulted"
    OCCUPIED = "Occupied"
    REJECTED = "Rejected"
    UNAVAILABLE = "Unavailable"


class ReservationEnd(StrEnum):
    """Why a reservation ended without being used: ReservationUpdateStatusEnumType."""

    EXPIRED = "Expired"
    REMOVED = "Removed"


class Reservation(NamedTuple):
    """One reservation: `evse_id` 0 is any EVSE (with a connector of `connector_type`, where that is named).

    `connector_id` narrows it to one connector of the EVSE (1.6); `group` lets others of the group in.
    """

    id: int
    token: IdToken
    expires_at: datetime
    evse_id: int = ANY_EVSE
    connector_id: int | None = None
    connector_type: str | None = None
    group: IdToken | None = None

    def is_for(self, token: IdToken, group: IdToken | None) -> bool:
        """Whether a driver may use it: with the same token, or one of the same group."""
        return self.token.same_as(token) or (self.group is not None and self.group.same_as(group))

    def to_json(self) -> dict[str, Any]:
        """The reservation as kept in memory."""
        return {
            "token": self.token.to_json(),
            "expires_at": self.expires_at.isoformat(),
            "evse_id": self.evse_id,
            "connector_id": self.connector_id,
            "connector_type": self.connector_type,
            "group": self.group.to_json() if self.group else None,
        }

    @classmethod
    def from_json(cls, reservation_id: int, data: Mapping[str, Any]) -> Reservation:
        """The reservation as read from memory."""
        token = data["token"]
        return cls(
            reservation_id,
            IdToken(token["id_token"], token["type"]),
            datetime.fromisoformat(data["expires_at"]),
            data["evse_id"],
            data["connector_id"],
            data["connector_type"],
            IdToken.from_json(data["group"]),
        )


class Reservations:
    """The reservations of a station, and whom they keep away."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        self._held: dict[int, Reservation] = {}
        self._timer: Timer | None = None

    # --- life

    def restore(self) -> None:
        """Bring back what was reserved before the last reboot; what has expired meanwhile is gone."""
        for key, data in self._context.memory.items(TABLE):
            self._held[int(key)] = Reservation.from_json(int(key), data)
        self._expire()

    def stop(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def clock_changed(self) -> None:
        """The clock was set: what expires does so by the new time."""
        if self._held:
            self._expire()

    # --- looking

    def all(self) -> list[Reservation]:
        """All reservations, the oldest first."""
        return list(self._held.values())

    def of_evse(self, evse_id: int) -> Reservation | None:
        """The reservation of one EVSE, not those of any."""
        return next((r for r in self._held.values() if r.evse_id == evse_id and evse_id), None)

    def snapshot(self) -> list[dict[str, Any]]:
        """The reservations as a window shows them."""
        return [
            {
                "id": r.id,
                **r.token.to_json(),
                "group": r.group.to_json() if r.group else None,
                "evse": r.evse_id or None,
                "connector": r.connector_id,
                "connector_type": r.connector_type,
                "expires_at": timestamp(r.expires_at),
            }
            for r in self._held.values()
        ]

    # --- what the CSMS wants

    def reserve(self, wanted: Reservation) -> ReserveStatus:
        """ReserveNow: a reservation of the same number is replaced (H01.FR.02, 1.6 section 5.13)."""
        model = self._context.model
        if not model.boolean(settings.RESERVATION_ENABLED) or wanted.expires_at <= self._context.clock.now():
            return ReserveStatus.REJECTED  # H01.FR.01
        if wanted.evse_id == ANY_EVSE and not model.boolean(settings.RESERVATION_NON_EVSE_SPECIFIC):
            return ReserveStatus.REJECTED  # H01.FR.19, 1.6 section 9.3.1
        replaced = self._held.pop(wanted.id, None)
        status = self._place(wanted)
        if status is not ReserveStatus.ACCEPTED:
            if replaced is not None:
                self._held[replaced.id] = replaced
            return status
        self._context.memory.put(TABLE, str(wanted.id), wanted.to_json())
        self._held[wanted.id] = wanted
        self._changed(wanted, replaced)
        return status

    def cancel(self, reservation_id: int) -> bool:
        """CancelReservation; False when there is none of that number (H02.FR.01, 1.6 section 5.1)."""
        return self._remove(reservation_id)

    def _place(self, wanted: Reservation) -> ReserveStatus:
        if wanted.evse_id != ANY_EVSE:
            evse = self._context.station.evse(wanted.evse_id)
            if evse is None or (wanted.connector_id is not None and evse.connector(wanted.connector_id) is None):
                return ReserveStatus.REJECTED
            status = self._status_of(self._context.transactions.session(evse.id), wanted)
            if status is ReserveStatus.ACCEPTED and not self._enough_for_any(without=evse.id):
                return ReserveStatus.OCCUPIED
            return status
        statuses = [self._status_of(session, wanted) for session in self._context.transactions.sessions]
        if ReserveStatus.ACCEPTED in statuses:
            return ReserveStatus.ACCEPTED if self._enough_for_any(more=1) else ReserveStatus.OCCUPIED
        # H01.FR.11 to H01.FR.14: what all of them are; where they differ, a car that leaves makes room soonest.
        order = (ReserveStatus.OCCUPIED, ReserveStatus.UNAVAILABLE, ReserveStatus.FAULTED)
        return next((status for status in order if status in statuses), ReserveStatus.REJECTED)

    def _status_of(self, session: Session, wanted: Reservation) -> ReserveStatus:
        station, evse = self._context.station, session.evse
        connectors = [c for c in evse.connectors if _suits(wanted, c)]
        if not connectors:
            return ReserveStatus.REJECTED
        if all(station.fault_of(evse, connector) is not None for connector in connectors):
            return ReserveStatus.FAULTED
        if not any(station.usable(evse, connector) for connector in connectors):
            return ReserveStatus.UNAVAILABLE
        if not session.idle or session.authorizing or self.of_evse(evse.id) is not None:
            return ReserveStatus.OCCUPIED
        return ReserveStatus.ACCEPTED

    # --- whom a reservation keeps away

    def admits(self, session: Session, token: IdToken, group: IdToken | None, *, group_known: bool = True) -> bool:
        """Whether a driver may charge here; `group_known` False: the CSMS has not been asked for the group yet."""
        if not self._held:
            return True
        here = self.of_evse(session.evse.id)
        if here is not None:
            return here.is_for(token, group) or (here.group is not None and not group_known)
        own = [r for r in self._held.values() if r.evse_id == ANY_EVSE and r.is_for(token, group)]
        may_have = not group_known and any(r.group for r in self._held.values() if r.evse_id == ANY_EVSE)
        # 1.6 section 5.13, H01.FR.07: one stays available for each driver who reserved any
        taken = 0 if session.evse.id else 1
        return bool(own) or may_have or self._enough_for_any(without=session.evse.id, taken=taken, asking=token)

    def wants_group(self, session: Session, token: IdToken) -> bool:
        """Whether only the group of a token tells if its driver may charge here."""
        unknown = not self.admits(session, token, None)
        return unknown and self.admits(session, token, None, group_known=False)

    def place_of(self, token: IdToken, group: IdToken | None) -> int | None:
        """The EVSE that a driver has reserved."""
        own = (r.evse_id for r in self._held.values() if r.evse_id != ANY_EVSE and r.is_for(token, group))
        return next(own, None)

    def _enough_for_any(
        self, without: int = ANY_EVSE, more: int = 0, taken: int = 0, asking: IdToken | None = None
    ) -> bool:
        """Whether every driver who reserved any EVSE still finds one, of the type that was named."""
        station, transactions = self._context.station, self._context.transactions
        there = [s.authorization for s in transactions.everyone() if s.authorization is not None]
        waiting = [
            r
            for r in self._held.values()
            if r.evse_id == ANY_EVSE and not any(r.is_for(each.token, each.group) for each in there)
        ]
        if not waiting and not more:
            return True
        free = [
            session
            for session in transactions.sessions
            if session.evse.id != without
            and session.idle
            and not session.authorizing
            and self.of_evse(session.evse.id) is None
            and any(
                station.usable(session.evse, c) and station.fault_of(session.evse, c) is None
                for c in session.evse.connectors
            )
        ]
        in_lobby = transactions.lobby.authorization
        lobby = 1 if in_lobby is not None and not in_lobby.token.same_as(asking) else 0
        if len(free) < len(waiting) + more + taken + lobby:
            return False
        kinds = {r.connector_type for r in waiting if r.connector_type}
        return all(
            sum(any(c.type == kind for c in s.evse.connectors) for s in free)
            >= sum(r.connector_type == kind for r in waiting)
            for kind in kinds
        )

    # --- how a reservation ends

    def use(self, session: Session) -> None:
        """A transaction goes on here: what its driver had reserved ends, and is named by it (H01.FR.15; 1.6: 5.13)."""
        transaction, driver = session.transaction, session.authorization
        if not self._held or transaction is None or driver is None or transaction.reservation_id is not None:
            return
        places = {session.evse.id, ANY_EVSE}
        own = [r for r in self._held.values() if r.evse_id in places and r.is_for(driver.token, driver.group)]
        # The one of this very EVSE before one of any.
        for reservation in sorted(own, key=lambda r: r.evse_id == ANY_EVSE)[:1]:
            transaction.reservation_id = reservation.id
            self._remove(reservation.id)

    def facts_changed(self) -> None:
        """Something broke or was taken out of service: what it was reserved for cannot be (H01.FR.16, H01.FR.17)."""
        for reservation in self.all():
            if not self._possible(reservation):
                self._remove(reservation.id, ReservationEnd.REMOVED)

    def _possible(self, reservation: Reservation) -> bool:
        station = self._context.station
        evses = [e for e in station.evses if reservation.evse_id in {ANY_EVSE, e.id}]
        return any(
            station.operative and evse.operative and connector.operative and station.fault_of(evse, connector) is None
            for evse in evses
            for connector in evse.connectors
            if _suits(reservation, connector)
        )

    def _expire(self) -> None:
        now = self._context.clock.now()
        for reservation in self.all():
            if reservation.expires_at <= now:
                self._remove(reservation.id, ReservationEnd.EXPIRED)
        self._schedule()

    def _schedule(self) -> None:
        self.stop()
        if self._held:
            first = min(reservation.expires_at for reservation in self._held.values())
            delay_s = max(0.0, (first - self._context.clock.now()).total_seconds())
            self._timer = self._context.clock.call_later(delay_s, self._expire)

    def _remove(self, reservation_id: int, end: ReservationEnd | None = None) -> bool:
        reservation = self._held.pop(reservation_id, None)
        if reservation is None:
            return False
        self._context.memory.delete(TABLE, str(reservation_id))
        if end is not None:
            told = partial(self._context.csms.reservation_ended, reservation_id, str(end))
            self._context.memory.after_commit(told)
        self._changed(reservation)
        return True

    def _changed(self, *reservations: Reservation | None) -> None:
        self._schedule()
        for reservation in reservations:
            if reservation is not None:
                self._context.facts_changed(reservation.evse_id)
        self._context.changed()


def _suits(reservation: Reservation, connector: Connector) -> bool:
    if reservation.connector_id is not None and reservation.connector_id != connector.id:
        return False
    return reservation.connector_type in {None, connector.type}
