"""Block B: booting, heartbeats, being offline, and resets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum

from emulator.domain import settings
from emulator.domain.csms import BootAnswer, BootStatus
from emulator.domain.errors import CallFailed, NotConnected
from emulator.domain.ports import Timer
from emulator.domain.station import Evse
from emulator.domain.transaction import Trigger
from emulator.domain.variables import Author
from emulator.services import energy_supply
from emulator.services.context import StationContext

# The station's own choice where the CSMS leaves it one (B02.FR.07, 1.6 section 4.2).
OWN_RETRY_INTERVAL_S = 60.0
# Without any other reason, the clock is checked once a day (OCPP-J 1.6 section 5.3).
CLOCK_CHECK_INTERVAL_S = 24 * 3600.0
# How long an EVSE needs to come up again after a reset of its own.
EVSE_RESET_S = 2.0
# How long after a reset that failed it is tried again (ResetRetries).
RESET_RETRY_S = 5.0
# How long an orderly reset waits until the CSMS knows that its transactions have ended.
RESET_GRACE_S = 10.0

METER_TABLE = "meters"


class BootState(StrEnum):
    """How far the station has come with its CSMS since it was switched on."""

    NONE = "none"
    BOOTING = "booting"
    PENDING = "pending"
    ACCEPTED = "accepted"
    REJECTED = "rejected"


STATE_OF = {
    BootStatus.ACCEPTED: BootState.ACCEPTED,
    BootStatus.PENDING: BootState.PENDING,
    BootStatus.REJECTED: BootState.REJECTED,
}


class ResetStatus(StrEnum):
    """ResetStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    SCHEDULED = "Scheduled"


class Provisioning:
    """Brings the station to life at its CSMS and keeps it there."""

    def __init__(self, context: StationContext, boot_reason: str) -> None:
        self._context = context
        self.boot_reason = boot_reason
        self.state = BootState.NONE
        self.interval_s: float | None = None
        self.retry_at: datetime | None = None
        self._boot_timer: Timer | None = None
        self._heartbeat_timer: Timer | None = None
        self._last_sent_s = 0.0
        self._last_clock_check_s = 0.0
        self._offline_since_s: float | None = None
        # Resets that wait for transactions to end: EVSE (0: the station) -> why the transactions' reset stops them.
        self._reset_when_idle: dict[int, str] = {}
        # What is being reset now: EVSEs, or the station (0).
        self._resetting: set[int] = set()
        self._when_accepted: list[Callable[[], None]] = []
        context.on_change(settings.HEARTBEAT_INTERVAL, self._schedule_heartbeat)

    # --- connection

    def when_accepted(self, deed: Callable[[], None]) -> None:
        """Do something each time that the CSMS can be told things again: after a boot, and after a broken link."""
        self._when_accepted.append(deed)

    def _tell_what_waited(self) -> None:
        for deed in tuple(self._when_accepted):
            deed()

    def connected(self) -> None:
        """A link to the CSMS is open: boot, or go on where the link broke."""
        if self.state is BootState.ACCEPTED:
            self._resume()
        elif self._boot_timer is None:
            self.boot()
        self._offline_since_s = None

    def disconnected(self) -> None:
        """The link is gone."""
        self._offline_since_s = self._context.clock.monotonic()
        self._context.csms.hold_queue()
        self._stop_heartbeat()
        if self.state in {BootState.BOOTING, BootState.PENDING, BootState.REJECTED} and self.retry_at is None:
            self.state = BootState.NONE
        self._context.changed()

    def _resume(self) -> None:
        threshold_s = self._context.model.integer(settings.OFFLINE_THRESHOLD)
        now_s = self._context.clock.monotonic()
        offline_s = 0.0 if self._offline_since_s is None else now_s - self._offline_since_s
        self._context.csms.report_statuses(every=offline_s > threshold_s)  # B04.FR.01, B04.FR.02
        self._context.csms.release_queue()
        self._tell_what_waited()
        self._schedule_heartbeat()

    def takes_drivers(self, evse: Evse) -> bool:
        """Whether a session can begin: the EVSE is in service, and the CSMS has accepted the station (B02.FR.03)."""
        allowed = self.state is BootState.ACCEPTED or self._context.model.boolean(settings.TX_BEFORE_ACCEPTED_ENABLED)
        return allowed and energy_supply.in_service(self._context.station, evse)

    def stop(self) -> None:
        """Stop every timer."""
        self._stop_heartbeat()
        self._cancel_boot_timer()

    # --- boot

    def boot(self, reason: str = "") -> None:
        """Send a BootNotification now: at start-up, when the retry interval is over, or when triggered."""
        self._cancel_boot_timer()
        if self.state is BootState.NONE:
            self.state = BootState.BOOTING
        self._context.tasks.start(self._boot(reason or self.boot_reason), "boot")

    async def _boot(self, reason: str) -> None:
        try:
            answer = await self._context.csms.boot(reason)
        except NotConnected:
            pass  # the next connection begins with a BootNotification
        except CallFailed as failure:
            self._context.note(f"The CSMS did not answer the BootNotification: {failure}")
            self._retry_boot(OWN_RETRY_INTERVAL_S)
        else:
            self._boot_answered(answer)
        self._context.changed()

    def _boot_answered(self, answer: BootAnswer) -> None:
        before, self.state = self.state, STATE_OF[answer.status]
        self.interval_s = answer.interval_s
        if answer.status is BootStatus.ACCEPTED:
            self.retry_at = None
            self._accepted(answer, again=before is BootState.ACCEPTED)
            return
        self._stop_heartbeat()
        self._context.csms.hold_queue()
        # B02.FR.07, B03.FR.05: an interval of 0 leaves the choice to the station
        self._retry_boot(answer.interval_s if answer.interval_s > 0 else OWN_RETRY_INTERVAL_S)

    def _accepted(self, answer: BootAnswer, *, again: bool) -> None:
        self._synchronise(answer.current_time)
        model = self._context.model
        if answer.interval_s > 0 and model.author(settings.HEARTBEAT_INTERVAL) is not Author.OPERATOR:
            model.assign(settings.HEARTBEAT_INTERVAL, int(answer.interval_s))
        if not again:
            self._context.csms.report_statuses(every=True)
        self._context.csms.release_queue()
        self._tell_what_waited()
        self._schedule_heartbeat()

    def _retry_boot(self, delay_s: float) -> None:
        self.retry_at = self._context.clock.now() + timedelta(seconds=delay_s)
        self._boot_timer = self._context.clock.call_later(delay_s, self._boot_due)

    def _boot_due(self) -> None:
        self._boot_timer = None
        self.retry_at = None
        if self._context.csms.connected:
            self.boot()

    def _cancel_boot_timer(self) -> None:
        if self._boot_timer is not None:
            self._boot_timer.cancel()
            self._boot_timer = None
        self.retry_at = None

    # --- heartbeats and the clock

    def sent(self) -> None:
        """A CALL went to the CSMS: it knows that the station lives (1.6 section 4.6, G02.FR.05)."""
        self._last_sent_s = self._context.clock.monotonic()

    def _schedule_heartbeat(self, delay_s: float | None = None) -> None:
        self._stop_heartbeat()
        interval_s = self._context.model.integer(settings.HEARTBEAT_INTERVAL)
        if self.state is BootState.ACCEPTED and self._context.csms.connected and interval_s > 0:
            self._heartbeat_timer = self._context.clock.call_later(delay_s or interval_s, self._heartbeat_due)

    def _stop_heartbeat(self) -> None:
        if self._heartbeat_timer is not None:
            self._heartbeat_timer.cancel()
            self._heartbeat_timer = None

    def _heartbeat_due(self) -> None:
        self._heartbeat_timer = None
        now_s = self._context.clock.monotonic()
        interval_s = self._context.model.integer(settings.HEARTBEAT_INTERVAL)
        quiet_s = now_s - self._last_sent_s
        if quiet_s < interval_s - 1e-6 and now_s - self._last_clock_check_s < CLOCK_CHECK_INTERVAL_S:
            self._schedule_heartbeat(interval_s - quiet_s)
            return
        self.send_heartbeat()

    def send_heartbeat(self) -> None:
        """Send a Heartbeat now, and the next one an interval later."""
        self._context.tasks.start(self._heartbeat(), "heartbeat")
        self._schedule_heartbeat()

    async def _heartbeat(self) -> None:
        try:
            self._synchronise(await self._context.csms.heartbeat())
        except NotConnected:
            return  # what became of the link is told by itself
        except CallFailed as failure:
            self._context.note(f"The CSMS did not answer the Heartbeat: {failure}")

    def _synchronise(self, time: datetime | None) -> None:
        self._last_clock_check_s = self._context.clock.monotonic()
        if time is not None and self._context.clock.synchronise(time):
            self._context.metering.clock_changed()
            self._context.smart_charging.clock_changed()
            self._context.reservations.clock_changed()

    # --- resets

    def reset(self, *, on_idle: bool, stopped_reason: str, evse_id: int = 0) -> ResetStatus:
        """Take a reset: Scheduled while transactions go on (B12.FR.01), else Accepted and `perform_reset` is due."""
        if on_idle and self._transactions_at(evse_id):
            self._reset_when_idle[evse_id] = stopped_reason
            self._context.availability.hold()
            return ResetStatus.SCHEDULED
        return ResetStatus.ACCEPTED

    def waits_for_idle(self, evse_id: int) -> bool:
        """Whether this EVSE has to stay free: it is being reset, or the station will be once it is idle (B12, 3a)."""
        return bool(self._resetting & {0, evse_id}) or 0 in self._reset_when_idle

    def perform_reset(
        self,
        stopped_reason: str,
        evse_id: int = 0,
        *,
        grace_s: float = RESET_GRACE_S,
        boot_reason: str = "RemoteReset",
    ) -> None:
        """Reset the station (0) or one EVSE: end its transactions, tell the CSMS, start anew (B11, B12)."""
        self._reset_when_idle.pop(evse_id, None)
        for session in self._context.transactions.everyone():
            if evse_id in {0, session.evse.id}:
                self._context.transactions.end(session, stopped_reason, Trigger.RESET_COMMAND)
        self._resetting.add(evse_id)
        self._context.availability.hold()  # B11.FR.03, B11.FR.08: nobody begins anything new meanwhile
        if evse_id == 0:
            self._context.tasks.start(self._reset_station(grace_s, boot_reason), "reset")
        else:
            self._context.tasks.start(self._reset_evse(evse_id), "reset of an EVSE")

    async def _reset_station(self, grace_s: float, boot_reason: str) -> None:
        await self._context.csms.drained(grace_s)  # B12.FR.05: what is not answered by then is sent after the boot
        retries = self._context.model.integer(settings.RESET_RETRIES)  # 1.6 section 9.1.22
        while self._cannot_reset():
            if retries == 0:
                self._context.note("The reset was given up: the station has a ResetFailure.")
                self._resetting.discard(0)
                self._context.availability.hold()
                return
            retries -= 1
            await self._context.clock.sleep(RESET_RETRY_S)
        self._context.reboot(boot_reason)

    def _cannot_reset(self) -> bool:
        fault = self._context.station.fault
        return fault is not None and fault.error_code == "ResetFailure"

    async def _reset_evse(self, evse_id: int) -> None:
        await self._context.clock.sleep(EVSE_RESET_S)
        self._resetting.discard(evse_id)
        self._context.availability.hold()

    def transaction_ended(self, evse_id: int) -> None:
        """A reset that waited for this transaction is due (B12.FR.01)."""
        for waiting in list(self._reset_when_idle):
            if waiting in {0, evse_id} and not self._transactions_at(waiting):
                self.perform_reset(self._reset_when_idle.pop(waiting), waiting, boot_reason="ScheduledReset")

    def _transactions_at(self, evse_id: int) -> bool:
        return any(evse_id in {0, session.evse.id} for session in self._context.transactions.ongoing())

    # --- what the hardware remembers

    def remember_registers(self, evse: Evse) -> None:
        """Keep a meter's register: it outlives a power cut."""
        reading = evse.energy.read(self._context.clock.monotonic())
        self._context.memory.put(METER_TABLE, str(evse.id), reading.energy_wh)
