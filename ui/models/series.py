"""What the charts draw: samples, marks and states of every EVSE, bounded, without Qt's or numpy's help."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from math import nan
from typing import Any, NamedTuple

from PySide6.QtCore import QObject, Signal

SCALARS = ("power_w", "offered_w", "soc_percent", "energy_wh")
PHASES = ("current_a", "voltage_v")
PHASE_COUNT = 3
COLUMNS = (*SCALARS, *(f"{name}_{phase + 1}" for name in PHASES for phase in range(PHASE_COUNT)))
"""power_w, offered_w, soc_percent, energy_wh, current_a_1 .. 3, voltage_v_1 .. 3; nan where nothing was measured."""

CLOSEST_S = 0.5
MAX_MARKS = 2_000
MAX_STATES = 10_000


class ChartMark(NamedTuple):
    """Something that happened: POSIX seconds, the EVSE (0: the whole station), what in a few words."""

    time_s: float
    evse: int
    text: str


class Span(NamedTuple):
    """A state of an EVSE from one moment to another (POSIX seconds); the last one goes on: end_s is infinite."""

    start_s: float
    end_s: float
    state: str


class EvseSamples:
    """The samples of one EVSE in columns of equal length, ascending in time."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self.times = array("d")
        self.columns = {name: array("d") for name in COLUMNS}

    def __len__(self) -> int:
        return len(self.times)

    def add(self, time_s: float, values: Mapping[str, Any]) -> None:
        """Add a sample; one that comes within half a second replaces the one before."""
        if self.times and time_s < self.times[-1]:
            self._forget_from(bisect_left(self.times, time_s))  # the clock was set back: what lay ahead never was
        if len(self.times) > 1 and time_s - self.times[-2] < CLOSEST_S:
            self._forget_from(len(self.times) - 1)
        elif len(self.times) > self._capacity + self._capacity // 8:
            self._forget_oldest(len(self.times) - self._capacity)
        self.times.append(time_s)
        for name in SCALARS:
            self.columns[name].append(_number(values.get(name)))
        for name in PHASES:
            phases = values.get(name)
            for phase in range(PHASE_COUNT):
                self.columns[f"{name}_{phase + 1}"].append(_phase(phases, phase))

    def _forget_from(self, index: int) -> None:
        for column in (self.times, *self.columns.values()):
            del column[index:]

    def _forget_oldest(self, count: int) -> None:
        for column in (self.times, *self.columns.values()):
            del column[:count]

    def nearest(self, time_s: float) -> int | None:
        """The index of the sample that is closest in time; None when there is none."""
        if not self.times:
            return None
        after = bisect_left(self.times, time_s)
        if after == 0:
            return 0
        if after == len(self.times) or time_s - self.times[after - 1] <= self.times[after] - time_s:
            return after - 1
        return after

    def between(self, start_s: float, end_s: float) -> range:
        """The indexes of the samples from one moment to another."""
        return range(bisect_left(self.times, start_s), bisect_right(self.times, end_s))


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else nan


def _phase(values: object, phase: int) -> float:
    return _number(values[phase]) if isinstance(values, Sequence) and phase < len(values) else nan


class Series(QObject):
    """All that is drawn for one station; fed by samples, marks and states in station time."""

    changed = Signal()

    def __init__(self, *, capacity: int = 86_400, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._capacity = capacity
        self._samples: dict[int, EvseSamples] = {}
        self._states: dict[int, tuple[array[float], list[str]]] = {}
        self.marks: list[ChartMark] = []

    def add_sample(self, time_s: float, evse: int, values: Mapping[str, Any]) -> None:
        """Add a measurement: any of power_w, offered_w, soc_percent, energy_wh; current_a and voltage_v per phase."""
        samples = self._samples.get(evse)
        if samples is None:
            samples = self._samples[evse] = EvseSamples(self._capacity)
        samples.add(time_s, values)
        self.changed.emit()

    def add_mark(self, time_s: float, evse: int, text: str) -> None:
        """Add an event to be seen at its time; evse 0: it concerns the whole station."""
        self.marks.append(ChartMark(time_s, evse, text))
        if len(self.marks) > MAX_MARKS:
            del self.marks[: MAX_MARKS // 8]
        self.changed.emit()

    def add_state(self, time_s: float, evse: int, state: str) -> None:
        """The EVSE is in this state from now on; the same state again changes nothing."""
        times, states = self._states.setdefault(evse, (array("d"), []))
        keep = bisect_left(times, time_s)
        del times[keep:], states[keep:]
        if states and states[-1] == state:
            return
        times.append(time_s)
        states.append(state)
        if len(states) > MAX_STATES:
            del times[: MAX_STATES // 8], states[: MAX_STATES // 8]
        self.changed.emit()

    def clear(self) -> None:
        """Forget everything."""
        self._samples.clear()
        self._states.clear()
        self.marks.clear()
        self.changed.emit()

    @property
    def evses(self) -> tuple[int, ...]:
        """The EVSEs of which something is known, ascending."""
        return tuple(sorted(self._samples.keys() | self._states.keys()))

    @property
    def newest_s(self) -> float:
        """The time of the newest sample or state; 0 when there is none."""
        times = [samples.times[-1] for samples in self._samples.values() if samples.times]
        times += [starts[-1] for starts, _ in self._states.values() if starts]
        return max(times, default=0.0)

    def samples(self, evse: int) -> EvseSamples:
        """The samples of an EVSE; none when nothing was measured yet."""
        return self._samples.get(evse) or EvseSamples(self._capacity)

    def spans(self, evse: int, start_s: float, end_s: float) -> Iterator[Span]:
        """The states of an EVSE that fall into a time, in order."""
        times, states = self._states.get(evse, (array("d"), []))
        for index in range(max(0, bisect_right(times, start_s) - 1), len(times)):
            if times[index] > end_s:
                return
            yield Span(times[index], times[index + 1] if index + 1 < len(times) else float("inf"), states[index])

    def marks_between(self, evse: int, start_s: float, end_s: float) -> list[ChartMark]:
        """The marks of an EVSE and of the station that fall into a time."""
        return [mark for mark in self.marks if mark.evse in (0, evse) and start_s <= mark.time_s <= end_s]
