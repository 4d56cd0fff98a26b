"""What a measurement is asked and what it answers."""

from __future__ import annotations

import contextlib
import os
import platform
import statistics
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version


@dataclass(frozen=True, slots=True)
class Settings:
    """How long (`seconds` of one closed loop) and how often (`rounds`) to measure, and on which core (`cpu`)."""

    seconds: float
    rounds: int
    cpu: int


@dataclass(frozen=True, slots=True)
class Figure:
    """The median of `ours` beside that of `bare`, in `unit`; `limit` is in `unit`, or in times the bare one."""

    name: str
    unit: str
    ours: Sequence[float]
    bare: Sequence[float]
    limit: float
    limit_is_ratio: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours divided by the bare one's, medians both; 0 when the bare one is 0."""
        bare = statistics.median(self.bare) if self.bare else 0.0
        return statistics.median(self.ours) / bare if bare else 0.0

    @property
    def kept(self) -> bool:
        """Whether the figure is within its limit."""
        return (self.ratio if self.limit_is_ratio else statistics.median(self.ours)) <= self.limit

    def __str__(self) -> str:
        """One line for a person."""
        limit = f"{self.limit:g} times" if self.limit_is_ratio else f"{self.limit:g} {self.unit}"
        bare = f"bare {_amount(self.bare)} {self.unit}, {self.ratio:.2f} times" if self.bare else ""
        parts = [f"{self.name:34} {_amount(self.ours)} {self.unit}", bare, f"limit {limit}", self.note]
        return f"{'ok   ' if self.kept else 'SHORT'} {' | '.join(part for part in parts if part)}"


def _amount(values: Sequence[float]) -> str:
    median = statistics.median(values)
    text = f"{median:.4g}"
    return text if len(values) == 1 else f"{text} ({min(values):.4g} to {max(values):.4g})"


@contextlib.contextmanager
def pinned(cpu: int) -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, on one core: CPU per answer then depends on no wake-ups afar."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {cpu})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def headline(settings: Settings) -> str:
    """One line that says on what all this was measured."""
    libraries = ", ".join(f"{name} {version(name)}" for name in ("websockets", "orjson", "uvloop"))
    python = f"Python {platform.python_version()}, {libraries}"
    how = f"CPU times on core {settings.cpu}, medians of {settings.rounds}"
    return f"{sys.platform} {platform.release()}, {python}; {how}"
