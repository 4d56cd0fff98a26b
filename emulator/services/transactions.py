"""Block E: when a transaction starts, what happens to it, and when it ends.

One mechanism serves every version: a transaction starts when a start point comes true and ends when a stop point that
was true no longer is. Which points count is the dialect's to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from emulator.domain import settings
from emulator.domain.energy import Reading
from emulator.domain.station import ChargingState, Connector, Current, Evse
from emulator.domain.tokens import Authorization, IdToken, IdTokenType, TokenInfo
from emulator.domain.transaction import (
    EventType,
    MeterValue,
    StoppedReason,
    Transaction,
    TransactionEvent,
    TransactionPoint,
    Trigger,
)
from emulator.domain.variables import VariableRef
from emulator.services import cable_lock, energy_supply
from emulator.services.context import StationContext
from emulator.services.session import Session
from emulator.services.transaction_points import points, why_energy_stopped

TABLE = "transactions"
REGISTER = "register_wh"

# A transaction that these triggers set off names the token that caused them (E01.FR.10, E07.FR.02).
NAMES_TOKEN = frozenset({Trigger.AUTHORIZED, Trigger.STOP_AUTHORIZED, Trigger.REMOTE_START})


class Transactions:
    """The sessions of all EVSEs and their transactions."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        self.sessions = [Session(evse) for evse in context.station.evses]
        # Where a driver waits who was authorized at the shared reader and has not chosen an EVSE by plugging in: an
        # EVSE of number 0, without connectors. A transaction may start here and moves on from here (E01.FR.17).
        self.lobby = Session(Evse(0, Current.AC, 0.0, 1, 230.0))
        # Limits that something else than charging profiles sets, each by its own name; by EVSE.
        self._limits_w: dict[int, dict[str, float]] = {}

    def start(self) -> None:
        """Follow the settings that change what flows."""
        for session in self.sessions:
            power = VariableRef("EVSE", "Power", evse=session.evse.id)
            self._context.on_change(
                power, partial(self.refresh_energy, session, Trigger.CHARGING_RATE_CHANGED), "MaxSet"
            )

    # --- looking

    def session(self, evse_id: int) -> Session:
        """The session of an EVSE that exists; 0: of the driver who has not chosen one yet."""
        return self.sessions[evse_id - 1] if evse_id else self.lobby

    def everyone(self) -> tuple[Session, ...]:
        """All sessions, that of the driver without an EVSE too."""
        return (*self.sessions, self.lobby)

    def ongoing(self) -> Iterator[Session]:
        """The sessions with a transaction."""
        return (session for session in self.everyone() if session.transaction is not None)

    def find(self, transaction_id: str) -> Session | None:
        """The session whose ongoing transaction has this id."""
        return next((s for s in self.ongoing() if s.transaction and s.transaction.id == transaction_id), None)

    def find_csms_id(self, csms_id: int) -> Session | None:
        """The session whose ongoing transaction the CSMS knows by this number (1.6)."""
        return next((s for s in self.ongoing() if s.transaction and s.transaction.csms_id == csms_id), None)

    def limit_w(self, evse_id: int) -> float | None:
        """The limit in force at an EVSE, in watts: the least of local limits and charging profiles; None: no limit."""
        limits = (self.local_limit_w(evse_id), self._context.smart_charging.limit_w(evse_id))
        return min((limit_w for limit_w in limits if limit_w is not None), default=None)

    def local_limit_w(self, evse_id: int) -> float | None:
        """The least of the limits set here and of EVSE.Power:MaxSet, without charging profiles; None: no limit."""
        if not evse_id:
            return None
        limits = list(self._limits_w.get(evse_id, {}).values())
        power = VariableRef("EVSE", "Power", evse=evse_id)
        if highest := self._context.model.text(power, "MaxSet"):
            limits.append(float(highest))
        return min(limits, default=None)

    def set_limit(self, evse_id: int, limit_w: float | None, source: str = "local") -> None:
        """Put a limit of this source into force beside those of others, or lift it."""
        limits = self._limits_w.setdefault(evse_id, {})
        if limit_w is None:
            limits.pop(source, None)
        else:
            limits[source] = limit_w
        self.refresh_energy(self.session(evse_id), Trigger.CHARGING_RATE_CHANGED)

    # --- what happens at the station

    def plugged(self, connector: Connector) -> None:
        """A car was connected through this connector."""
        session = self.session(connector.evse_id)
        self._leave_lobby(session)
        session.connector_id = connector.id
        if (transaction := session.transaction) is not None:
            transaction.connector_id = transaction.connector_id or connector.id
        session.stop_connection_timer()
        if not self._context.model.boolean(settings.AUTH_ENABLED) and session.authorization is None:
            # AuthCtrlr.Enabled false: whoever plugs in may charge (C01.FR.01 does not hold)
            anybody = Authorization(IdToken("", IdTokenType.NO_AUTHORIZATION))
            if self._context.reservations.admits(session, anybody.token, None):
                session.authorization = anybody
        self.evaluate(session, Trigger.CABLE_PLUGGED_IN)

    def _leave_lobby(self, session: Session) -> None:
        """The driver who waited without an EVSE has chosen this one, and takes permission and transaction along."""
        lobby = self.lobby
        permission = lobby.authorization
        if permission is None or not permission.allows(session.evse.id):
            return
        free = session.authorization is None and session.transaction is None
        free = free and self._context.reservations.admits(session, permission.token, permission.group)
        if free and self._context.provisioning.takes_drivers(session.evse):
            session.take_over(lobby, self.read(session).energy_wh)
            if session.transaction is not None:
                self._context.reservations.use(session)
                self._context.metering.transaction_started(session)

    def unplugged(self, session: Session) -> None:
        """The car was disconnected at its side."""
        session.served = False
        model = self._context.model
        if model.boolean(settings.STOP_TX_ON_EV_SIDE_DISCONNECT) and session.authorization is not None:
            # E09.FR.01: reconnecting must not let energy flow again without a new authorization
            cable_lock.hold(session)  # E09.FR.03
            self._deauthorize(session, StoppedReason.EV_DISCONNECTED)
        elif session.transaction is not None:
            session.transaction.stop_cause = session.transaction.stop_cause or StoppedReason.EV_DISCONNECTED
        self.evaluate(session, Trigger.EV_COMMUNICATION_LOST)
        if session.transaction is None and session.authorization is not None:
            self._deauthorize(session, StoppedReason.EV_DISCONNECTED)
            self._context.facts_changed(session.evse.id)
        elif session.authorization is not None:
            self._start_connection_timer(session)

    def authorize(self, session: Session, authorization: Authorization, trigger: Trigger = Trigger.AUTHORIZED) -> None:
        """A driver may charge here."""
        session.authorization = authorization
        session.suspended = False
        session.energy_limit_wh = session.cable_holder = None
        session.announce = trigger if trigger is Trigger.REMOTE_START else None
        transaction = session.transaction
        if transaction is not None:
            transaction.token, transaction.group = authorization.token, authorization.group
            transaction.stop_cause = None
            transaction.remote_start_id = authorization.remote_start_id or transaction.remote_start_id
            self._context.reservations.use(session)
        if session.evse.plugged_connector is None:
            self._start_connection_timer(session)
        self._context.facts_changed(session.evse.id)
        self.evaluate(session, trigger, authorization.token)

    def stop(self, session: Session, reason: str, trigger: Trigger, token: IdToken | None = None) -> None:
        """End the permission to charge; whether the transaction ends with it is the stop points' matter."""
        self._deauthorize(session, reason)
        if session.transaction is not None and trigger in NAMES_TOKEN and token is None:
            token = session.transaction.token
        self.evaluate(session, trigger, token)

    def end(self, session: Session, reason: str, trigger: Trigger) -> None:
        """End a transaction whatever the stop points say (reset, power loss, a fault)."""
        session.authorization = None
        session.stop_connection_timer()
        if session.transaction is not None:
            session.transaction.stop_cause = reason
            self._apply_supply(session)
            self._end(session, trigger, None)
        session.points = points(session)
        self._context.facts_changed(session.evse.id)

    def bay_changed(self, session: Session) -> None:
        """The parking bay detector saw a car come or go."""
        self.evaluate(session, Trigger.EV_DETECTED if session.evse.bay_occupied else Trigger.EV_DEPARTED)

    def token_info_received(self, transaction_id: str, token: IdToken | None, info: TokenInfo) -> None:
        """The CSMS's verdict on the token of a running transaction (E05; 1.6 section 4.8)."""
        session = self.find(transaction_id)
        if session is None or session.authorization is None:
            return
        if token is not None and not session.authorization.token.same_as(token):
            return
        if info.allows(session.evse.id):
            held = session.authorization
            group, evse_ids = info.group or held.group, info.evse_ids or held.evse_ids
            session.authorization = Authorization(held.token, group, held.remote_start_id, evse_ids=evse_ids)
            return
        if self._context.model.boolean(settings.STOP_TX_ON_INVALID_ID):
            cable_lock.hold(session)  # E05.FR.11
            self.stop(session, StoppedReason.DE_AUTHORIZED, Trigger.DEAUTHORIZED)  # E05.FR.10
        else:
            self._limit_energy(session)

    # --- the mechanism

    def evaluate(self, session: Session, trigger: Trigger, token: IdToken | None = None) -> None:
        """Facts have changed because of `trigger`: start, update or end the transaction, and let energy flow or not."""
        if not energy_supply.may_flow(self._context.station, session):
            self._apply_supply(session)
        if session.evse.plugged_connector is None:
            session.charging_state = ChargingState.IDLE
        elif session.charging_state is ChargingState.IDLE:
            session.charging_state = ChargingState.EV_CONNECTED  # what follows from it is a change of its own
        before, session.points = session.points, points(session)
        starts, stops = self._context.csms.transaction_points()
        with self._context.memory.batch():
            if session.transaction is None:
                if (
                    session.points - before
                    and session.points & starts
                    and self._context.provisioning.takes_drivers(session.evse)
                ):
                    self._start(session, trigger, token)
            elif (before - session.points) & stops:
                self._end(session, trigger, token)
            else:
                self.update(session, trigger, token)
            self._refresh_energy(session, Trigger.CHARGING_STATE_CHANGED)
        self._context.facts_changed(session.evse.id)
        self._context.changed()

    def refresh_energy(self, session: Session, trigger: Trigger = Trigger.CHARGING_STATE_CHANGED) -> None:
        """Offer what may be offered now, and report a charging state that changes by it."""
        self._refresh_energy(session, trigger)
        self._context.facts_changed(session.evse.id)
        self._context.changed()

    def _refresh_energy(self, session: Session, trigger: Trigger) -> None:
        offered_before_w = session.evse.energy.offered_w
        self._apply_supply(session)
        state = energy_supply.charging_state(session)
        if session.transaction is not None:
            if state is not session.charging_state:
                session.charging_state = state
                self._energy_point(session)
            elif trigger is Trigger.CHARGING_RATE_CHANGED and session.evse.energy.offered_w != offered_before_w:
                self.update(session, trigger)
        else:
            session.charging_state = state
            self._start_with_energy(session)
        session.charging_state = state

    def _start_with_energy(self, session: Session) -> None:
        """E01.FR.06: the flow of energy itself may be what starts a transaction."""
        before, session.points = session.points, points(session)
        starts = self._context.csms.transaction_points()[0]
        begins = TransactionPoint.ENERGY_TRANSFER in (session.points - before) & starts
        if begins and self._context.provisioning.takes_drivers(session.evse):
            self._start(session, Trigger.CHARGING_STATE_CHANGED, None)

    def _energy_point(self, session: Session) -> None:
        before, session.points = session.points, points(session)
        if (before - session.points) & self._context.csms.transaction_points()[1]:
            if session.transaction is not None and session.transaction.stop_cause is None:
                session.transaction.stop_cause = why_energy_stopped(session)
            self._end(session, Trigger.CHARGING_STATE_CHANGED, None)
        else:
            self.update(session, Trigger.CHARGING_STATE_CHANGED)

    def _apply_supply(self, session: Session) -> None:
        evse, clock = session.evse, self._context.clock
        smart_charging = self._context.smart_charging
        smart_charging.balance(session)
        limit_w, phases = self.limit_w(evse.id), smart_charging.phases(evse.id)
        supply = energy_supply.supply(self._context.station, session, limit_w, phases)
        evse.energy.change(clock.monotonic(), evse.vehicle if evse.plugged_connector else None, supply)
        cable_lock.settle(session)
        session.cancel_energy_timers()
        until_full_s = evse.energy.seconds_until_full(clock.monotonic())
        if until_full_s is not None:
            session.full_timer = clock.call_later(until_full_s, lambda: self.refresh_energy(session))
        if session.energy_limit_wh is not None:
            remaining_s = evse.energy.seconds_until_energy(clock.monotonic(), session.energy_limit_wh)
            if remaining_s is not None:
                session.energy_timer = clock.call_later(remaining_s, lambda: self._suspend(session))

    def release_cable(self, session: Session) -> None:
        """The owner of a cable that stayed locked has come, or the CSMS has it unlocked."""
        session.cable_holder = None
        cable_lock.settle(session)
        self._context.facts_changed(session.evse.id)
        self._context.changed()

    # --- transactions

    def _start(self, session: Session, trigger: Trigger, token: IdToken | None) -> None:
        context, evse = self._context, session.evse
        authorization = session.authorization
        reading = self.read(session)
        connector = evse.plugged_connector
        session.transaction = Transaction(
            id=context.new_id(),
            evse_id=evse.id,
            started_at=context.clock.now(),
            meter_start_wh=reading.energy_wh,
            connector_id=connector.id if connector else session.connector_id,
            token=authorization.token if authorization else None,
            group=authorization.group if authorization else None,
            remote_start_id=authorization.remote_start_id if authorization else None,
        )
        context.reservations.use(session)
        session.charging_state = energy_supply.charging_state(session)
        if session.charging_state in {ChargingState.SUSPENDED_EV, ChargingState.SUSPENDED_EVSE}:
            # The contactor is still open: what the car does with the offer shows only after this event.
            session.charging_state = ChargingState.EV_CONNECTED
        values = context.metering.started_values(session)
        self._publish(session, EventType.STARTED, trigger, token or session.transaction.token, values)
        context.metering.transaction_started(session)

    def update(
        self, session: Session, trigger: Trigger, token: IdToken | None = None, values: tuple[MeterValue, ...] = ()
    ) -> None:
        """Report something about an ongoing transaction."""
        if session.transaction is None:
            return
        if session.begin_values_due and session.charging_state is ChargingState.CHARGING:
            session.begin_values_due = False
            values = (*self._context.metering.started_values(session), *values)  # E01.FR.17, E02.FR.21
        elif not values:
            values = self._context.metering.updated_values(session, trigger)
        self._publish(session, EventType.UPDATED, trigger, token if trigger in NAMES_TOKEN else None, values)

    def _end(self, session: Session, trigger: Trigger, token: IdToken | None) -> None:
        transaction = session.transaction
        if transaction is None:
            return
        session.charging_state = energy_supply.charging_state(session)
        transaction.ended_at = self._context.clock.now()
        transaction.meter_stop_wh = self.read(session).energy_wh
        transaction.stopped_reason = transaction.stop_cause or StoppedReason.LOCAL
        values = self._context.metering.ended_values(session)
        self._context.metering.transaction_ended(session)
        session.transaction = None
        session.authorization = None
        session.suspended = session.begin_values_due = False
        session.energy_limit_wh = None
        session.served = session.evse.plugged_connector is not None
        self._publish(session, EventType.ENDED, trigger, token, values, transaction)
        session.charging_since_s = None
        session.cancel_timers()
        self._context.smart_charging.transaction_ended(transaction.id)
        self._apply_supply(session)
        session.points = points(session)
        self._context.availability.transaction_ended(session.evse.id)
        self._context.provisioning.transaction_ended(session.evse.id)

    def _publish(
        self,
        session: Session,
        kind: EventType,
        trigger: Trigger,
        token: IdToken | None,
        values: tuple[MeterValue, ...],
        ended: Transaction | None = None,
    ) -> None:
        transaction = ended or session.transaction
        if transaction is None:
            return
        if session.announce is not None and kind is not EventType.ENDED:
            trigger, token, session.announce = session.announce, transaction.token, None
        connector = session.evse.plugged_connector
        flowing = session.evse.energy.flowing
        transaction.charging_state = session.charging_state
        session.count_charging(self._context.clock.monotonic(), transaction, flowing)
        event = TransactionEvent(
            type=kind,
            trigger=trigger,
            transaction=transaction,
            at=self._context.clock.now(),
            seq_no=transaction.next_seq_no,
            offline=not self._context.csms.online,
            charging_state=session.charging_state,
            token=token,
            meter_values=values,
            phases_used=self._phases_used(session) if flowing else None,
            cable_max_current_a=connector.max_current_a if connector else None,
        )
        transaction.next_seq_no += 1
        with self._context.memory.batch():
            # On disk before anything is sent: the message in the queue, and the transaction as it now is.
            told = self._context.csms.transaction_event(event)
            if kind is EventType.ENDED:
                self._context.memory.delete(TABLE, transaction.id)
                if session.evse.id:
                    self._context.provisioning.remember_registers(session.evse)
            elif told:
                self.remember(transaction, session)
        # Nobody hears of what a crash could still undo.
        self._context.memory.after_commit(partial(self._context.publish, "transaction", event))

    def _phases_used(self, session: Session) -> int | None:
        return energy_supply.phases_used(session.evse, self._context.smart_charging.phases(session.evse.id))

    def remember(self, transaction: Transaction, session: Session) -> None:
        """Keep a transaction as it now is, with the register of its meter, which a power cut must not turn back."""
        row = transaction.to_json() | {REGISTER: self.read(session).energy_wh}
        self._context.memory.put(TABLE, transaction.id, row)

    def read(self, session: Session) -> Reading:
        """The meter of an EVSE, now."""
        return session.evse.energy.read(self._context.clock.monotonic())

    # --- after a restart

    def recover(self, reason: str) -> None:
        """End what a power cut or a reset left open, with the register as it stands (1.6 section 5.14, B12)."""
        for key, data in self._context.memory.items(TABLE):
            transaction = Transaction.from_json(key, data)
            session = self.session(transaction.evse_id) if transaction.evse_id <= len(self.sessions) else None
            if session is None or session.transaction is not None:
                self._context.memory.delete(TABLE, key)
                continue
            session.transaction = transaction
            transaction.stop_cause = reason
            trigger = Trigger.RESET_COMMAND if "Reset" in reason else Trigger.ABNORMAL_CONDITION
            self._end(session, trigger, None)
        for session in self.sessions:
            connector = session.evse.plugged_connector
            if connector is not None:
                # The car was there before the station was: nothing was plugged in now, so nothing starts by itself.
                session.connector_id = connector.id
            session.points = points(session)
            session.charging_state = energy_supply.charging_state(session)
            self._apply_supply(session)

    def shut_down(self) -> None:
        """Stop every timer and settle the meters; nothing is reported."""
        for session in self.everyone():
            session.cancel_timers()
            session.evse.energy.change(self._context.clock.monotonic(), session.evse.vehicle, energy_supply.NOTHING)

    # --- permissions and their time-outs

    def _deauthorize(self, session: Session, reason: str) -> None:
        session.authorization = session.announce = None
        session.suspended = False
        session.energy_limit_wh = None
        session.stop_connection_timer()
        if session.transaction is not None:
            session.transaction.stop_cause = reason

    def _start_connection_timer(self, session: Session) -> None:
        session.stop_connection_timer()
        timeout_s = self._context.model.integer(settings.EV_CONNECTION_TIME_OUT)
        if timeout_s > 0:
            session.plug_in_until = self._context.clock.now() + timedelta(seconds=timeout_s)
            session.connection_timer = self._context.clock.call_later(
                timeout_s, lambda: self._connection_timed_out(session)
            )

    def _connection_timed_out(self, session: Session) -> None:
        session.connection_timer = session.plug_in_until = None
        transaction = session.transaction
        if session.evse.plugged_connector is not None:
            return
        connector = session.evse.connector(session.connector_id or 0)
        if transaction is not None and connector is not None and connector.locked:
            return  # E10.FR.01: a cable in the socket stays locked until its owner presents the token
        if transaction is not None and transaction.stop_cause == StoppedReason.EV_DISCONNECTED:
            self.stop(session, StoppedReason.EV_DISCONNECTED, Trigger.EV_COMMUNICATION_LOST)  # E10.FR.02, scenario C
        elif TransactionPoint.PARKING_BAY_OCCUPANCY in self._context.csms.transaction_points()[1]:
            self.stop(session, StoppedReason.TIMEOUT, Trigger.EV_CONNECT_TIMEOUT)  # E03.FR.15, F02.FR.08
        else:
            self.end(session, StoppedReason.TIMEOUT, Trigger.EV_CONNECT_TIMEOUT)  # E03.FR.05, F02.FR.07

    def _limit_energy(self, session: Session) -> None:
        """The token is not accepted, yet the transaction goes on (E05.FR.02, E05.FR.03)."""
        transaction = session.transaction
        allowed_wh = self._context.model.integer(settings.MAX_ENERGY_ON_INVALID_ID)
        if transaction is None:
            return
        limit_wh = transaction.meter_start_wh + allowed_wh
        if self.read(session).energy_wh >= limit_wh:
            self._suspend(session)
            return
        session.energy_limit_wh = limit_wh
        self.refresh_energy(session)

    def _suspend(self, session: Session) -> None:
        """Offer no more energy to a token that is not accepted, while the transaction goes on (E05.FR.02)."""
        session.energy_limit_wh = None
        session.suspended = True
        self.refresh_energy(session)
