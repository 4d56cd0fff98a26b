"""Block G: operative or not, faults, and the hardware that plugs and unplugs."""

from __future__ import annotations

from collections.abc import Callable

from emulator.domain import settings
from emulator.domain.errors import ActionRefused
from emulator.domain.station import Cable, Connector, Evse, Fault, Station
from emulator.domain.vehicle import Vehicle
from emulator.services.context import StationContext

TABLE = "availability"


class ChangeAvailabilityStatus:
    """ChangeAvailabilityStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class Availability:
    """Keeps what is operative (over reboots), and turns events of the hardware into events of the sessions."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        # What is to become inoperative once its transaction has ended: key -> whether with all that belongs to it.
        self._scheduled: dict[str, bool] = {}
        # Why idle EVSEs stay out of use besides: a firmware update waits, or goes on.
        self._kept_idle: set[str] = set()
        self._when_idle: list[Callable[[], None]] = []

    def restore(self) -> None:
        """Bring back what was set before the last reboot (G03.FR.08, 1.6 section 5.2)."""
        for key, value in self._context.memory.items(TABLE):
            if (holder := self._holder(key)) is not None:
                holder.operative = value
        # A change that waited for its transaction when the station went down is due now: no transaction survived.
        for key, everywhere in self._context.memory.items(f"{TABLE}_scheduled"):
            self._apply(key, operative=False, everywhere=everywhere)
        self._context.memory.clear(f"{TABLE}_scheduled")
        for evse in self._context.station.evses:
            evse.held = False

    def change(self, operative: bool, evse_id: int = 0, connector_id: int = 0, *, everywhere: bool = False) -> str:
        """ChangeAvailability for the station (0), an EVSE or a connector (G03, G04; 1.6 section 5.2).

        Each of them has a state of its own (G03, note 1), unless `everywhere` makes a change of the station one of all
        that belongs to it (1.6: "the status change applies to the Charge Point and all Connectors").
        """
        key = _key(evse_id, connector_id)
        holder = self._holder(key)
        if holder is None:
            return ChangeAvailabilityStatus.REJECTED
        self._cancel(key)
        if holder.operative == operative and not (everywhere and self._differs_below(operative)):
            return ChangeAvailabilityStatus.ACCEPTED  # G03.FR.03, G04.FR.04: already so
        if not operative and self._transaction_at(evse_id):
            self._scheduled[key] = everywhere
            self._context.memory.put(f"{TABLE}_scheduled", key, everywhere)
            self.hold()
            return ChangeAvailabilityStatus.SCHEDULED  # G03.FR.05, G04.FR.06
        self._apply(key, operative, everywhere)
        return ChangeAvailabilityStatus.ACCEPTED

    def _differs_below(self, operative: bool) -> bool:
        pairs = self._context.station.connectors()
        return any(evse.operative != operative or connector.operative != operative for evse, connector in pairs)

    def hold(self) -> None:
        """Keep idle EVSEs out of use while the station waits for others to end theirs, and while they are reset."""
        station_waits = _key(0, 0) in self._scheduled or bool(self._kept_idle)
        for session in self._context.transactions.sessions:
            waits = station_waits or self._context.provisioning.waits_for_idle(session.evse.id)
            held = waits and session.transaction is None
            if held != session.evse.held:
                session.evse.held = held
                self._context.facts_changed(session.evse.id)
                self._context.changed()

    def keep_idle(self, reason: str, on: bool) -> None:
        """Nobody may begin anything new as long as there is a reason (L01.FR.07)."""
        if on != (reason in self._kept_idle):
            self._kept_idle ^= {reason}
            self.hold()

    def when_idle(self, deed: Callable[[], None]) -> None:
        """Do something once, when the last transaction that goes on has ended."""
        self._when_idle.append(deed)

    def _cancel(self, key: str) -> None:
        if self._scheduled.pop(key, None) is not None:
            self._context.memory.delete(f"{TABLE}_scheduled", key)
            self.hold()

    def _apply(self, key: str, operative: bool, everywhere: bool) -> None:
        if (holder := self._holder(key)) is None:
            return
        self._context.memory.put(TABLE, key, operative)
        holder.operative = operative
        if everywhere and isinstance(holder, Station):
            for evse, connector in holder.connectors():
                evse.operative = connector.operative = operative
                self._context.memory.put(TABLE, _key(evse.id, 0), operative)
                self._context.memory.put(TABLE, _key(evse.id, connector.id), operative)
        self._context.reservations.facts_changed()
        for evse in self._context.station.evses:
            self._context.facts_changed(evse.id)
        self._context.facts_changed(0)
        self._context.changed()

    def transaction_ended(self, evse_id: int) -> None:
        """A change that waited for this transaction is due."""
        for key in list(self._scheduled):
            scheduled_evse = int(key.split("/")[0])
            if scheduled_evse in {0, evse_id} and not self._transaction_at(scheduled_evse):
                everywhere = self._scheduled.pop(key)
                self._context.memory.delete(f"{TABLE}_scheduled", key)
                self._apply(key, operative=False, everywhere=everywhere)
        self.hold()
        if not self._transaction_at(0):
            deeds, self._when_idle = self._when_idle, []
            for deed in deeds:
                deed()

    def _transaction_at(self, evse_id: int) -> bool:
        sessions = self._context.transactions.ongoing()
        return any(evse_id in {0, session.evse.id} for session in sessions)

    def _holder(self, key: str) -> Station | Evse | Connector | None:
        evse_id, connector_id = (int(part) for part in key.split("/"))
        station = self._context.station
        if evse_id == 0:
            return station if connector_id == 0 else None
        evse = station.evse(evse_id)
        if evse is None or connector_id == 0:
            return evse
        return evse.connector(connector_id)

    # --- hardware

    def plug(self, evse_id: int, connector_id: int, vehicle: Vehicle) -> None:
        """The cable goes into station and car; raises ActionRefused when it cannot."""
        evse, connector = self.connector(evse_id, connector_id)
        where = f"EVSE {evse_id} connector {connector_id}"
        if connector.plugged:
            raise ActionRefused(f"{where}: a car is plugged in already.")
        if evse.plugged_connector is not None:
            raise ActionRefused(f"{where}: the EVSE's connector {evse.plugged_connector.id} is in use by a car.")
        evse.vehicle = vehicle
        connector.cable_present = True
        connector.vehicle_present = True
        self._context.facts_changed(evse_id)
        self._context.transactions.plugged(connector)

    def unplug(self, evse_id: int, connector_id: int, side: str) -> None:
        """The cable is taken out of the car, or out of the station; raises ActionRefused when it cannot."""
        evse, connector = self.connector(evse_id, connector_id)
        where = f"EVSE {evse_id} connector {connector_id}"
        if not connector.occupied:
            raise ActionRefused(f"{where}: no cable is plugged in.")
        if side == "station":
            if connector.cable is Cable.ATTACHED:
                raise ActionRefused(f"{where}: the cable is attached to the station; unplug it at the vehicle's side.")
            if connector.locked:
                raise ActionRefused(f"{where}: the cable is locked in the station; stop the transaction or unlock it.")
        was_plugged = connector.plugged
        connector.vehicle_present = False
        if connector.cable is Cable.SOCKET and (side == "station" or not self._keeps_cable(evse_id)):
            connector.cable_present = False
        self._release_after_unplug(connector)
        if was_plugged:
            # The car has gone: from here on this EVSE has none.
            evse.energy.settle(self._context.clock.monotonic())
            evse.vehicle = None
        self._context.facts_changed(evse_id)
        if was_plugged:
            self._context.transactions.unplugged(self._context.transactions.session(evse_id))

    def _keeps_cable(self, evse_id: int) -> bool:
        """Whether a driver's own cable stays in the socket when the car is unplugged: only where it is locked."""
        return any(c.locked and c.cable is Cable.SOCKET for c in self._context.station.evses[evse_id - 1].connectors)

    def _release_after_unplug(self, connector: Connector) -> None:
        model = self._context.model
        if connector.cable is Cable.ATTACHED or (
            model.boolean(settings.UNLOCK_ON_EV_SIDE_DISCONNECT)
            and model.boolean(settings.STOP_TX_ON_EV_SIDE_DISCONNECT)
        ):
            connector.locked = False  # E09.FR.02

    def set_fault(self, evse_id: int, connector_id: int, fault: Fault | None) -> None:
        """Something breaks (or is mended) at a connector, an EVSE (connector 0) or the station (EVSE 0)."""
        station = self._context.station
        if evse_id == 0:
            station.fault = fault
        elif connector_id == 0:
            self.evse(evse_id).fault = fault
        else:
            self.connector(evse_id, connector_id)[1].fault = fault
        self._context.reservations.facts_changed()
        for session in self._context.transactions.sessions:
            if evse_id in {0, session.evse.id}:
                self._context.facts_changed(session.evse.id)
                self._context.transactions.refresh_energy(session)
        self._context.facts_changed(0)
        body = {"evse": evse_id, "connector": connector_id, "fault": fault.to_json() if fault else None}
        self._context.publish("fault", body)

    def evse(self, evse_id: int) -> Evse:
        """The EVSE of that number; raises ActionRefused when there is none."""
        evse = self._context.station.evse(evse_id)
        if evse is None:
            count = len(self._context.station.evses)
            raise ActionRefused(f"There is no EVSE {evse_id}: this station has EVSE 1 to {count}.")
        return evse

    def connector(self, evse_id: int, connector_id: int) -> tuple[Evse, Connector]:
        """An EVSE and one of its connectors; raises ActionRefused when there is none."""
        evse = self.evse(evse_id)
        connector = evse.connector(connector_id)
        if connector is None:
            count = len(evse.connectors)
            raise ActionRefused(f"EVSE {evse_id} has no connector {connector_id}: it has connector 1 to {count}.")
        return evse, connector


def _key(evse_id: int, connector_id: int) -> str:
    return f"{evse_id}/{connector_id}"
