"""What happens at one EVSE between two cars: permission, transaction, and the facts they depend on."""

from __future__ import annotations

from datetime import datetime

from emulator.domain.ports import Timer
from emulator.domain.station import ChargingState, Evse
from emulator.domain.tokens import Authorization
from emulator.domain.transaction import Transaction, TransactionPoint, Trigger


class Session:
    """The software's side of one EVSE; lost at a reboot, unlike the hardware."""

    __slots__ = (
        "announce", "authorization", "authorizing", "begin_values_due", "cable_holder", "charging_since_s",
        "charging_state", "connection_timer", "connector_id", "energy_limit_wh", "energy_timer", "evse", "full_timer",
        "plug_in_until", "points", "served", "suspended", "transaction",
    )  # fmt: skip

    def __init__(self, evse: Evse) -> None:
        self.evse = evse
        self.authorization: Authorization | None = None
        # A token is being checked for this EVSE: the next one has to wait.
        self.authorizing = False
        # What the next event of a transaction has to name as its trigger (F01.FR.19, F02.FR.21).
        self.announce: Trigger | None = None
        self.transaction: Transaction | None = None
        self.points: frozenset[TransactionPoint] = frozenset()
        self.charging_state = ChargingState.IDLE
        # The connector that was plugged in or chosen for this session.
        self.connector_id: int | None = None
        # Whose cable stays locked in the socket until its owner presents a token (E05.FR.11, E09.FR.03).
        self.cable_holder: Authorization | None = None
        # Until when the driver has to plug in.
        self.plug_in_until: datetime | None = None
        # Since when energy flows, in station seconds; None while none does.
        self.charging_since_s: float | None = None
        # The EVSE was not known when the transaction started: its first values come when charging starts (E01.FR.17).
        self.begin_values_due = False
        # A transaction ended while the car stayed plugged in (1.6: Finishing).
        self.served = False
        # The CSMS does not accept the token, but the transaction goes on without energy.
        self.suspended = False
        # Up to which register value it still gets some (MaxEnergyOnInvalidId).
        self.energy_limit_wh: float | None = None
        self.connection_timer: Timer | None = None
        self.full_timer: Timer | None = None
        self.energy_timer: Timer | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody uses this EVSE: no permission, no transaction, nothing plugged in."""
        return self.authorization is None and self.transaction is None and not self.evse.occupied

    def take_over(self, lobby: Session, register_wh: float) -> None:
        """The driver who waited in the lobby is here now, with permission and transaction; the meter shows this."""
        lobby.cancel_timers()
        self.authorization, lobby.authorization = lobby.authorization, None
        self.announce, lobby.announce = lobby.announce, None
        self.transaction, lobby.transaction = lobby.transaction, None
        if self.transaction is not None:
            self.points |= lobby.points
            self.transaction.evse_id = self.evse.id
            self.transaction.meter_start_wh = register_wh
            self.begin_values_due = True
        lobby.points = frozenset()

    def count_charging(self, now_s: float, transaction: Transaction, flowing: bool) -> None:
        """Count for how long energy has flowed, up to this moment; `flowing`: whether it does from now on."""
        if self.charging_since_s is not None:
            transaction.charging_s += now_s - self.charging_since_s
        self.charging_since_s = now_s if flowing else None

    def cancel_timers(self) -> None:
        """Forget everything that waits."""
        self.stop_connection_timer()
        self.cancel_energy_timers()

    def stop_connection_timer(self) -> None:
        """The driver need not hurry any more."""
        if self.connection_timer is not None:
            self.connection_timer.cancel()
        self.connection_timer = self.plug_in_until = None

    def cancel_energy_timers(self) -> None:
        """Forget what waits for energy that has to flow first."""
        for timer in (self.full_timer, self.energy_timer):
            if timer is not None:
                timer.cancel()
        self.full_timer = self.energy_timer = None
