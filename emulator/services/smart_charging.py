"""Block K: smart charging, as the rest of the station sees it.

Most stations have no charging profile most of the time, and a start-up has none to spare: the schedules are loaded when
the first profile comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.services import energy_supply
from emulator.services.context import StationContext
from emulator.services.session import Session

if TYPE_CHECKING:
    from emulator.services.charging_profiles import ChargingProfiles

TABLE = "charging_profiles"


class SmartCharging:
    """The limits that charging profiles put on the EVSEs."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        self._profiles: ChargingProfiles | None = None
        # When charging could begin in a transaction, in station seconds: a profile may come later.
        self._origins_s: dict[str, float] = {}

    @property
    def profiles(self) -> ChargingProfiles:
        """The charging profiles, to install, clear and tell them."""
        if self._profiles is None:
            from emulator.services.charging_profiles import ChargingProfiles

            self._profiles = ChargingProfiles(self._context, self._origins_s)
        return self._profiles

    @property
    def count(self) -> int:
        """How many profiles the CSMS has installed."""
        return len(self._profiles.installed) if self._profiles else 0

    def restore(self) -> None:
        """Bring back the profiles that were installed before the reboot."""
        if self._context.memory.items(TABLE):
            self.profiles.restore()

    def start(self) -> None:
        """Begin to follow the profiles."""
        if self._profiles is not None:
            self._profiles.start()

    def stop(self) -> None:
        """Stop the timer."""
        if self._profiles is not None:
            self._profiles.stop()

    def limit_w(self, evse_id: int) -> float | None:
        """What the profiles allow an EVSE now, in watts; None: anything."""
        return self._profiles.limit_w(evse_id) if self._profiles else None

    def phases(self, evse_id: int) -> int | None:
        """How many phases the profiles allow an EVSE now; None: all that it has."""
        return self._profiles.phases(evse_id) if self._profiles else None

    def balance(self, session: Session) -> None:
        """Facts of an EVSE have changed: bring all limits up to date before energy flows by them."""
        transaction = session.transaction
        if transaction is not None and transaction.id not in self._origins_s:
            if energy_supply.may_flow(self._context.station, session):
                self._origins_s[transaction.id] = self._context.clock.monotonic()  # K01.FR.42
        if self._profiles is not None:
            self._profiles.balance(session)

    def transaction_ended(self, transaction_id: str) -> None:
        """A transaction is over, and its profiles with it."""
        self._origins_s.pop(transaction_id, None)
        if self._profiles is not None:
            self._profiles.transaction_ended(transaction_id)

    def clock_changed(self) -> None:
        """The clock was set: what is in force may be another profile."""
        if self._profiles is not None:
            self._profiles.clock_changed()

    def snapshot(self) -> list[dict[str, Any]]:
        """The profiles as a window shows them."""
        return self._profiles.snapshot() if self._profiles else []
