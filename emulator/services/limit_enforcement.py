"""Makes the cars follow the charging profiles: the limit of each EVSE now, and a timer for the next change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from emulator.domain.charging_profile import NEVER, RateUnit, Track, moment
from emulator.domain.energy import MINIMUM_AC_CURRENT_A, EnergyTransfer
from emulator.domain.ports import Timer
from emulator.domain.transaction import Trigger
from emulator.services import energy_supply
from emulator.services.composite_schedule import Grid, Limit, Outlet, combined
from emulator.services.context import StationContext
from emulator.services.load_sharing import Claim, shares
from emulator.services.session import Session

if TYPE_CHECKING:
    from emulator.services.charging_profiles import ChargingProfiles

# How often a shared limit is dealt out anew while cars take less and less.
SHARING_INTERVAL_S = 30.0
# No timer of Qt waits longer than 24 days; waking up once a day costs nothing.
LONGEST_WAIT_S = 86_400.0
SHORTEST_WAIT_S = 0.01
# A timer may fire a moment before its time, by the rounding of floating-point seconds.
EARLY_MS = 1
MOST_ROUNDS = 10


class _Party(NamedTuple):
    """An EVSE that offers energy to a car: its limit without the shared ones, what the car would take of that."""

    session: Session
    phases: int
    offered_w: float
    demand_w: float
    minimum_w: float


class LimitEnforcement:
    """The limits in force, and when they change."""

    def __init__(self, context: StationContext, source: ChargingProfiles) -> None:
        self._context = context
        self._source = source
        self._limits: dict[int, Limit] = {}
        self._timer: Timer | None = None
        self._busy = self._again = self._sharing = False

    def limit_w(self, evse_id: int) -> float | None:
        """What the profiles allow an EVSE now, in watts; None: anything."""
        limit = self._limits.get(evse_id)
        return limit.limit_w if limit else None

    def phases(self, evse_id: int) -> int | None:
        """How many phases the profiles allow an EVSE now; None: all that it has."""
        limit = self._limits.get(evse_id)
        return limit.phases or None if limit else None

    def stop(self) -> None:
        """Forget the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def balance(self, applying: Session | None) -> None:
        """Bring the limits up to date; all EVSEs but `applying`, which is about to, follow them at once."""
        if not self._limits and not self._source.limits_anything:
            return
        if self._busy:
            self._again = True
            return
        self._busy = True
        try:
            for _ in range(MOST_ROUNDS):
                self._again = False
                for session in self._update():
                    if session is not applying:
                        self._context.transactions.refresh_energy(session, Trigger.CHARGING_RATE_CHANGED)
                if not self._again:
                    break
        finally:
            self._busy = False

    def _update(self) -> list[Session]:
        """Compute all limits anew; gives the sessions whose limit is another one now."""
        now_ms = moment(self._context.clock.now()) + EARLY_MS
        before, self._limits = self._limits, {}
        if self._source.limits_anything:
            self._limits = self._limits_at(now_ms)
        sessions = self._context.transactions.sessions
        if not self._source.limits_anything:
            self.stop()
        return [s for s in sessions if before.get(s.evse.id) != self._limits.get(s.evse.id)]

    def _limits_at(self, now_ms: int) -> dict[int, Limit]:
        source, limits, parties = self._source, {}, []
        shared = source.station_stacks()
        leading = [(stack, track) for stack in shared if (track := stack.at(now_ms)) is not None]
        until_ms = min((stack.until_ms for stack in shared), default=NEVER)
        for session in self._context.transactions.sessions:
            outlet = source.outlet(session)
            stacks = source.evse_stacks(session, now_ms)
            own = [(stack, track) for stack in stacks if (track := stack.at(now_ms)) is not None]
            until_ms = min(until_ms, *(stack.until_ms for stack in stacks))
            whole = combined([*own, *leading], outlet)
            limits[session.evse.id] = whole
            own_w = combined(own, outlet._replace(phases=whole.phases)).limit_w
            if (party := self._party(session, outlet, own_w, whole.phases)) is not None:
                parties.append(party)
        self._sharing = False
        for _, track in leading:
            self._share(track, parties, limits)
        self._arm(now_ms, until_ms)
        return limits

    def _party(self, session: Session, outlet: Outlet, own_w: float | None, phases: int) -> _Party | None:
        evse, connector = session.evse, session.evse.plugged_connector
        if connector is None or evse.vehicle is None or not energy_supply.may_flow(self._context.station, session):
            return None
        local_w = self._context.transactions.local_limit_w(evse.id)
        least_w = min((limit for limit in (own_w, local_w) if limit is not None), default=None)
        offered_w = energy_supply.offered_w(evse, connector, least_w, phases or None)
        if offered_w <= 0:
            return None
        minimum_w = MINIMUM_AC_CURRENT_A * outlet.voltage_v * phases
        demand_w = 0.0
        soc_percent = evse.energy.read(self._context.clock.monotonic()).soc_percent
        if evse.vehicle.takes_energy and soc_percent is not None:
            limit_w = EnergyTransfer.vehicle_limit_w(evse.vehicle, phases, outlet.voltage_v)
            demand_w = evse.vehicle.curve(limit_w).power_w(soc_percent / 100, offered_w) if limit_w > 0 else 0.0
        if demand_w > 0:
            # What is offered below the minimum current is as good as nothing, even to a car that takes less.
            demand_w = min(offered_w, max(demand_w, minimum_w))
        return _Party(session, phases, offered_w, demand_w, min(minimum_w, offered_w))

    def _share(self, track: Track, parties: Sequence[_Party], limits: dict[int, Limit]) -> None:
        """Deal out one limit of the whole station among the EVSEs that charge (1.6 section 3.13.3)."""
        if track.period is None:
            return
        capacity = track.period.limit
        rates = {p.session.evse.id: _rate(track.unit, p, self._source.grid) for p in parties}
        takers = sorted((p for p in parties if p.demand_w > 0), key=_arrival)
        claims = [_claim(p, p.demand_w, rates[p.session.evse.id]) for p in takers]
        self._sharing = self._sharing or (len(takers) > 1 and sum(claim.demand for claim in claims) > capacity)
        dealt = dict(zip((p.session.evse.id for p in takers), shares(capacity, claims), strict=True))
        for party in parties:
            evse_id = party.session.evse.id
            if evse_id not in dealt:
                # The car takes nothing now: it is offered what it would get if it did.
                wish = _claim(party, party.offered_w, rates[evse_id])
                share = shares(capacity, [*claims, wish])[-1]
            else:
                share = dealt[evse_id]
            before = limits[evse_id]
            share_w = share * rates[evse_id]
            least_w = share_w if before.limit_w is None else min(before.limit_w, share_w)
            limits[evse_id] = before._replace(limit_w=least_w)

    def _arm(self, now_ms: int, until_ms: int) -> None:
        self.stop()
        delay_s = (until_ms - now_ms) / 1000 if until_ms < NEVER else LONGEST_WAIT_S
        if self._sharing:
            delay_s = min(delay_s, SHARING_INTERVAL_S)
        elif until_ms >= NEVER:
            return
        delay_s = min(max(delay_s, SHORTEST_WAIT_S), LONGEST_WAIT_S)
        self._timer = self._context.clock.call_later(delay_s, lambda: self.balance(None))


def _rate(unit: RateUnit, party: _Party, grid: Grid) -> float:
    """Watts at the EVSE for each watt, or ampere per phase, of the station's limit."""
    if unit is RateUnit.WATT:
        return 1.0
    return party.session.evse.voltage_v * party.phases if party.phases else grid.watts_per_ampere


def _claim(party: _Party, demand_w: float, rate: float) -> Claim:
    return Claim(demand_w / rate, min(party.minimum_w, demand_w) / rate)


def _arrival(party: _Party) -> tuple[float, int]:
    transaction = party.session.transaction
    return (transaction.started_at.timestamp() if transaction else float("inf"), party.session.evse.id)
