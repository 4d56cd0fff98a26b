"""Block J: what the meters say, and when: sampled during transactions, and on the clock."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta

from emulator.domain import settings
from emulator.domain.energy import Reading
from emulator.domain.ports import Timer
from emulator.domain.station import Current, Evse
from emulator.domain.transaction import MeterValue, ReadingContext, Sample, Trigger
from emulator.domain.variables import Setting
from emulator.services.context import StationContext
from emulator.services.session import Session

NOMINAL_FREQUENCY_HZ = 50.0
# A car's charger takes a little reactive power, always the same share.
POWER_FACTOR = 0.99
REACTIVE_SHARE = (1 - POWER_FACTOR**2) ** 0.5 / POWER_FACTOR
# Inside the cabinet: what it is around it, and how much warmer it gets at full power.
AMBIENT_CELSIUS, WARMING_CELSIUS = 25.0, 20.0

ACTIVE_INTERVAL, REACTIVE_INTERVAL = "Energy.Active.Import.Interval", "Energy.Reactive.Import.Interval"
# Values that end an interval, from which the next one counts.
ENDS_INTERVAL = frozenset({ReadingContext.SAMPLE_PERIODIC, ReadingContext.SAMPLE_CLOCK})

ALIGNED = frozenset({settings.ALIGNED_MEASURANDS, settings.ALIGNED_TX_ENDED_MEASURANDS})

Reader = Callable[[Reading, Evse], list[Sample]]


def _phases(evse: Evse, reading: Reading) -> list[str]:
    return [""] if evse.current is Current.DC else [f"L{n + 1}" for n in range(len(reading.current_a))]


def _register(reading: Reading, evse: Evse) -> list[Sample]:
    return [Sample("Energy.Active.Import.Register", reading.energy_wh, "Wh", "", "Outlet")]


def _power(reading: Reading, evse: Evse) -> list[Sample]:
    return [Sample("Power.Active.Import", reading.power_w, "W", "", "Outlet")]


def _power_offered(reading: Reading, evse: Evse) -> list[Sample]:
    return [Sample("Power.Offered", reading.offered_w, "W", "", "Outlet")]


def _current(reading: Reading, evse: Evse) -> list[Sample]:
    return [
        Sample("Current.Import", value, "A", phase, "Outlet")
        for phase, value in zip(_phases(evse, reading), reading.current_a, strict=True)
    ]


def _current_offered(reading: Reading, evse: Evse) -> list[Sample]:
    per_phase_a = reading.offered_w / evse.energy.phases_in_use / evse.voltage_v
    return [Sample("Current.Offered", per_phase_a, "A", "", "Outlet")]


def _voltage(reading: Reading, evse: Evse) -> list[Sample]:
    names = _phases(evse, reading)
    return [
        Sample("Voltage", value, "V", f"{phase}-N" if phase else "", "Outlet")
        for phase, value in zip(names, reading.voltage_v, strict=True)
    ]


def _state_of_charge(reading: Reading, evse: Evse) -> list[Sample]:
    # Only a DC station talks to the car's battery; on plain AC nobody tells the station (IEC 61851-1).
    if reading.soc_percent is None or evse.current is Current.AC:
        return []
    return [Sample("SoC", reading.soc_percent, "Percent", "", "EV")]


def _frequency(reading: Reading, evse: Evse) -> list[Sample]:
    return [] if evse.current is Current.DC else [Sample("Frequency", NOMINAL_FREQUENCY_HZ, "Hz", "", "Outlet")]


def _reactive(measurand: str, unit: str, value: float, evse: Evse) -> list[Sample]:
    # Behind the rectifier of a DC outlet there is none.
    return [] if evse.current is Current.DC else [Sample(measurand, value * REACTIVE_SHARE, unit, "", "Outlet")]


def _reactive_register(reading: Reading, evse: Evse) -> list[Sample]:
    return _reactive("Energy.Reactive.Import.Register", "varh", reading.energy_wh, evse)


def _reactive_power(reading: Reading, evse: Evse) -> list[Sample]:
    return _reactive("Power.Reactive.Import", "var", reading.power_w, evse)


def _power_factor(reading: Reading, evse: Evse) -> list[Sample]:
    if evse.current is Current.DC:
        return []
    return [Sample("Power.Factor", POWER_FACTOR if reading.power_w > 0 else 1.0, "", "", "Outlet")]


def _temperature(reading: Reading, evse: Evse) -> list[Sample]:
    warmer = WARMING_CELSIUS * reading.power_w / evse.max_power_w
    return [Sample("Temperature", AMBIENT_CELSIUS + warmer, "Celsius", "", "Body")]


READERS: dict[str, Reader] = {
    "Energy.Active.Import.Register": _register,
    "Power.Active.Import": _power,
    "Power.Offered": _power_offered,
    "Current.Import": _current,
    "Current.Offered": _current_offered,
    "Voltage": _voltage,
    "SoC": _state_of_charge,
    "Frequency": _frequency,
    "Energy.Reactive.Import.Register": _reactive_register,
    "Power.Reactive.Import": _reactive_power,
    "Power.Factor": _power_factor,
    "Temperature": _temperature,
}

# What the meter of the grid connection measures, for all EVSEs together.
GRID_MEASURANDS = frozenset(
    {"Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "Voltage", "Frequency"}
)
GRID_VOLTAGE_V = 230.0
GRID = Evse(0, Current.AC, 0.0, 3, GRID_VOLTAGE_V)


def samples(measurands: Iterable[str], reading: Reading, evse: Evse, interval_wh: float = 0.0) -> list[Sample]:
    """The samples of these measurands, in their order; "Voltage.L1" picks one phase (1.6 section 9.1.19).

    `interval_wh` is the energy since the last value of the same series.
    """
    found: list[Sample] = []
    for name in measurands:
        reader, phase = READERS.get(name), ""
        if reader is None:
            base, _, phase = name.rpartition(".")
            reader = READERS.get(base)
        if name == ACTIVE_INTERVAL:
            found.append(Sample(name, interval_wh, "Wh", "", "Outlet"))
        elif name == REACTIVE_INTERVAL:
            found += _reactive(name, "varh", interval_wh, evse)
        elif reader is not None:
            found += [s for s in reader(reading, evse) if not phase or s.phase.split("-")[0] == phase.split("-")[0]]
    return found


class _Rounds:
    """The timer of one transaction's periodic samples."""

    __slots__ = ("began_s", "timers")

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.timers: dict[str, Timer] = {}

    def cancel(self) -> None:
        for timer in self.timers.values():
            timer.cancel()
        self.timers.clear()


class Metering:
    """Reads the meters at the configured times and hands the values to the transactions or to the CSMS."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        self._rounds: dict[int, _Rounds] = {}
        # Register values from which the intervals of a series of values count: by EVSE and setting.
        self._marks: dict[tuple[int, str], float] = {}
        self._clock_timers: dict[str, Timer] = {}

    def start(self) -> None:
        """Begin the clock-aligned rounds and follow their settings."""
        self.clock_changed()
        follow = self._context.on_change
        follow(settings.ALIGNED_INTERVAL, self.clock_changed)
        follow(settings.ALIGNED_TX_ENDED_INTERVAL, self.clock_changed)
        follow(settings.TX_UPDATED_INTERVAL, self._restart_rounds)
        follow(settings.TX_ENDED_INTERVAL, self._restart_rounds)

    def stop(self) -> None:
        """Stop every timer; a transaction that goes on has the values of this moment on disk."""
        for session in self._context.transactions.ongoing():
            values = self._values(session, settings.TX_ENDED_MEASURANDS, ReadingContext.INTERRUPTION_BEGIN)
            if session.transaction is not None and values:
                session.transaction.ended_samples.extend(values)
                self._context.transactions.remember(session.transaction, session)
        for timer in self._clock_timers.values():
            timer.cancel()
        self._clock_timers.clear()
        for evse_id in list(self._rounds):
            self._stop_rounds(evse_id)

    def clock_changed(self) -> None:
        """The clock was set, or an interval: the clock-aligned rounds move with it."""
        self._schedule_aligned("idle", settings.ALIGNED_INTERVAL)
        self._schedule_aligned("ended", settings.ALIGNED_TX_ENDED_INTERVAL)

    # --- values for events

    def started_values(self, session: Session) -> tuple[MeterValue, ...]:
        """What a transaction's first event carries (E01.FR.09)."""
        return self._values(session, settings.TX_STARTED_MEASURANDS, ReadingContext.TRANSACTION_BEGIN)

    def updated_values(self, session: Session, trigger: Trigger) -> tuple[MeterValue, ...]:
        """What an event that the meter did not cause carries: values only where the CSMS asked for the event."""
        if trigger is Trigger.TRIGGER:
            return self._values(session, settings.TX_UPDATED_MEASURANDS, ReadingContext.TRIGGER)
        return ()

    def ended_values(self, session: Session) -> tuple[MeterValue, ...]:
        """What a transaction's last event carries: the values collected for it, and those at its end (E07.FR.08)."""
        collected = session.transaction.ended_samples if session.transaction else []
        if collected and collected[-1].context is ReadingContext.INTERRUPTION_BEGIN:
            collected += self._values(session, settings.TX_ENDED_MEASURANDS, ReadingContext.INTERRUPTION_END)
        return (*collected, *self._values(session, settings.TX_ENDED_MEASURANDS, ReadingContext.TRANSACTION_END))

    def current_values(
        self, evse: Evse, measurands: Collection[str], context: ReadingContext, series: Setting | None = None
    ) -> MeterValue | None:
        """The values of some measurands now; None when none of them can be measured here.

        `series` is the setting that named them: intervals count from its last periodic value.
        """
        if not evse.id:
            return None  # the driver has not chosen an EVSE yet
        if not evse.meter_works:
            return None
        reading = evse.energy.read(self._context.clock.monotonic())
        interval_wh = 0.0
        if ACTIVE_INTERVAL in measurands or REACTIVE_INTERVAL in measurands:
            interval_wh = self._interval_wh(evse, reading, context, series)
        found = samples(measurands, reading, evse, interval_wh)
        return MeterValue(self._context.clock.now(), context, found) if found else None

    def _interval_wh(self, evse: Evse, reading: Reading, context: ReadingContext, series: Setting | None) -> float:
        transaction = self._context.transactions.session(evse.id).transaction
        start_wh = reading.energy_wh if transaction is None else transaction.meter_start_wh
        place = (evse.id, str(series or settings.TX_UPDATED_MEASURANDS))
        since_wh = self._marks.get(place, start_wh)
        if context in ENDS_INTERVAL:
            self._marks[place] = reading.energy_wh
        return reading.energy_wh - since_wh

    def grid_values(self, measurands: Iterable[str], context: ReadingContext) -> MeterValue | None:
        """The values of the grid connection now; None when none of them can be measured there."""
        now_s = self._context.clock.monotonic()
        readings = [evse.energy.read(now_s) for evse in self._context.station.evses]
        power_w = sum(reading.power_w for reading in readings)
        phases = GRID.phases
        total = Reading(
            sum(reading.energy_wh for reading in readings),
            power_w,
            0.0,
            (power_w / phases / GRID_VOLTAGE_V,) * phases,
            (GRID_VOLTAGE_V,) * phases,
            None,
        )
        found = samples([name for name in measurands if name.split(".L")[0] in GRID_MEASURANDS], total, GRID)
        for sample in found:
            sample.location = "Inlet"
        return MeterValue(self._context.clock.now(), context, found) if found else None

    def _values(self, session: Session, setting: Setting, context: ReadingContext) -> tuple[MeterValue, ...]:
        enabled = settings.ALIGNED_DATA_ENABLED if setting in ALIGNED else settings.SAMPLED_DATA_ENABLED
        if not self._context.model.boolean(enabled):
            return ()
        value = self.current_values(session.evse, self._context.model.members(setting), context, setting)
        return (value,) if value else ()

    # --- sampled values

    def transaction_started(self, session: Session) -> None:
        """Begin the rounds of a transaction."""
        transaction = session.transaction
        if not session.evse.id:
            return
        for series in (
            settings.TX_UPDATED_MEASURANDS,
            settings.TX_ENDED_MEASURANDS,
            settings.ALIGNED_TX_ENDED_MEASURANDS,
        ):
            self._marks.pop((session.evse.id, str(series)), None)
        if transaction is not None:
            begin = self._values(session, settings.TX_ENDED_MEASURANDS, ReadingContext.TRANSACTION_BEGIN)
            transaction.ended_samples.extend(begin)
        self._start_rounds(session)

    def _start_rounds(self, session: Session) -> None:
        self._rounds[session.evse.id] = _Rounds(self._context.clock.monotonic())
        self._next_round(session, "updated")
        self._next_round(session, "ended")

    def transaction_ended(self, session: Session) -> None:
        """Stop the rounds of a transaction."""
        self._stop_rounds(session.evse.id)

    def _stop_rounds(self, evse_id: int) -> None:
        if (rounds := self._rounds.pop(evse_id, None)) is not None:
            rounds.cancel()

    def _restart_rounds(self) -> None:
        for session in self._context.transactions.ongoing():
            self._stop_rounds(session.evse.id)
            self._start_rounds(session)

    def _next_round(self, session: Session, name: str) -> None:
        setting = settings.TX_UPDATED_INTERVAL if name == "updated" else settings.TX_ENDED_INTERVAL
        interval_s = self._context.model.integer(setting)
        rounds = self._rounds.get(session.evse.id)
        if interval_s > 0 and rounds is not None:
            action = self._sample_updated if name == "updated" else self._sample_ended
            # From the first round on, not from this one: a timer that fired late must not shift all that follow.
            since_s = self._context.clock.monotonic() - rounds.began_s
            delay_s = past_this_round(interval_s - since_s % interval_s, interval_s)
            rounds.timers[name] = self._context.clock.call_later(delay_s, lambda: action(session))

    def _sample_updated(self, session: Session) -> None:
        self._next_round(session, "updated")
        values = self._values(session, settings.TX_UPDATED_MEASURANDS, ReadingContext.SAMPLE_PERIODIC)
        if values:
            self._context.transactions.update(session, Trigger.METER_VALUE_PERIODIC, values=values)

    def _sample_ended(self, session: Session) -> None:
        self._next_round(session, "ended")
        self._collect(session, settings.TX_ENDED_MEASURANDS, ReadingContext.SAMPLE_PERIODIC)

    def _collect(self, session: Session, setting: Setting, context: ReadingContext) -> None:
        if session.transaction is None:
            return
        kept = session.transaction.ended_samples
        kept.extend(self._values(session, setting, context))
        # 1.6 errata 3.91; the value at the end of the transaction is still to come
        if len(kept) >= self._context.model.integer(settings.MAXIMUM_ENDED_VALUES):
            del kept[1:-1:2]

    # --- clock-aligned values

    def _schedule_aligned(self, name: str, setting: Setting, *, after_round: bool = False) -> None:
        if (timer := self._clock_timers.pop(name, None)) is not None:
            timer.cancel()
        interval_s = self._context.model.integer(setting)
        if interval_s > 0:
            now = self._context.clock.now()
            delay_s = seconds_to_boundary(now, interval_s)
            if after_round and delay_s < past_this_round(delay_s, interval_s):
                delay_s += seconds_to_boundary(now + timedelta(seconds=delay_s), interval_s)
            action = self._aligned_round if name == "idle" else self._aligned_ended_round
            self._clock_timers[name] = self._context.clock.call_later(delay_s, action)

    def _aligned_round(self) -> None:
        self._schedule_aligned("idle", settings.ALIGNED_INTERVAL, after_round=True)
        transactions, model = self._context.transactions, self._context.model
        if not model.boolean(settings.ALIGNED_DATA_ENABLED):
            return
        only_idle = model.boolean(settings.ALIGNED_SEND_DURING_IDLE)
        if only_idle and any(transactions.ongoing()):
            return  # J01.FR.20
        measurands = model.members(settings.ALIGNED_MEASURANDS)
        if self._context.csms.tells_grid_values:
            grid = self.grid_values(measurands, ReadingContext.SAMPLE_CLOCK)
            if grid is not None:
                self._context.csms.meter_values(0, [grid])
        for session in transactions.sessions:
            value = self.current_values(
                session.evse, measurands, ReadingContext.SAMPLE_CLOCK, settings.ALIGNED_MEASURANDS
            )
            if value is None:
                continue
            if session.transaction is not None:
                transactions.update(session, Trigger.METER_VALUE_CLOCK, values=(value,))
            else:
                self._context.csms.meter_values(session.evse.id, [value])

    def _aligned_ended_round(self) -> None:
        self._schedule_aligned("ended", settings.ALIGNED_TX_ENDED_INTERVAL, after_round=True)
        for session in self._context.transactions.ongoing():
            self._collect(session, settings.ALIGNED_TX_ENDED_MEASURANDS, ReadingContext.SAMPLE_CLOCK)


def past_this_round(remaining_s: float, interval_s: float) -> float:
    """Seconds to the next round: a timer that fired a little early must not bring the same round twice."""
    return remaining_s if remaining_s > interval_s / 4 else remaining_s + interval_s


def seconds_to_boundary(now: datetime, interval_s: int) -> float:
    """Seconds until the next multiple of `interval_s` since midnight UTC (AlignedDataCtrlr.Interval)."""
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    since = (now - midnight).total_seconds()
    following = (since // interval_s + 1) * interval_s
    # Each day starts anew at midnight, also where the interval does not divide it.
    return min(following, timedelta(days=1).total_seconds()) - since
