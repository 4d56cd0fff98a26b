"""What happens at one EVSE between two cars: permission, transaction, and the facts they depend on."""

from __future__ import annotations

from emulator.domain.ports import Timer
from emulator.domain.station import ChargingState, Evse
from emulator.domain.tokens import Authorization
from emulator.domain.transaction import Transaction, TransactionPoint, Trigger


class Session:
    """The software's side of one EVSE; lost at a reboot, unlike the hardware."""

    __slots__ = (
        "announce", "authorization", "authorizing", "charging_state", "connection_timer", "connector_id",
        "energy_timer", "evse", "full_timer", "points", "served", "suspended", "transaction",
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
        # A transaction ended while the car stayed plugged in (1.6: Finishing).
        self.served = False
        # The CSMS does not accept the token, but the transaction goes on without energy.
        self.suspended = False
        self.connection_timer: Timer | None = None
        self.full_timer: Timer | None = None
        self.energy_timer: Timer | None = None

    @property
    def idle(self) -> bool:
        """Whether nobody uses this EVSE: no permission, no transaction, nothing plugged in."""
        return self.authorization is None and self.transaction is None and not self.evse.occupied

    def cancel_timers(self) -> None:
        """Forget everything that waits."""
        for timer in (self.connection_timer, self.full_timer, self.energy_timer):
            if timer is not None:
                timer.cancel()
        self.connection_timer = self.full_timer = self.energy_timer = None
