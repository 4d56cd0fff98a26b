"""What a network may do to a station: up, down, silent, or flaky by figures."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class NetworkMode(StrEnum):
    """What the network does.

    `down` cuts the connection and refuses new ones; `silent` keeps it open and passes nothing; `flaky` and `up` pass
    frames as the figures say, which are usually all zero for `up`.
    """

    UP = "up"
    DOWN = "down"
    SILENT = "silent"
    FLAKY = "flaky"


_PROBABILITIES = ("loss", "duplicate", "reorder")
_AMOUNTS = {"latency_ms": "milliseconds", "jitter_ms": "milliseconds", "bandwidth": "bytes per second (0: unlimited)"}


@dataclass(frozen=True, slots=True)
class NetworkConditions:
    """How frames fare, each way alike; raises ValueError with one sentence that names what is wrong.

    `latency_ms` is one way, `jitter_ms` adds or takes up to as much at random without changing the order; `loss`,
    `duplicate` and `reorder` are probabilities from 0 to 1 per frame; `bandwidth` is in bytes/s, 0 for no limit.
    """

    mode: NetworkMode = NetworkMode.UP
    latency_ms: float = 0
    jitter_ms: float = 0
    loss: float = 0
    duplicate: float = 0
    reorder: float = 0
    bandwidth: float = 0

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "mode", NetworkMode(self.mode))
        except ValueError:
            raise ValueError(f"the network mode is one of {', '.join(NetworkMode)}, not {self.mode!r}") from None
        for name in _PROBABILITIES:
            if not _is_number(value := getattr(self, name)) or not 0 <= value <= 1:
                raise ValueError(f"{name} is a probability from 0 to 1, not {value!r}")
        for name, unit in _AMOUNTS.items():
            if not _is_number(value := getattr(self, name)) or value < 0:
                raise ValueError(f"{name} is a number of {unit} and not negative, not {value!r}")

    @property
    def shapes(self) -> bool:
        """Whether frames that pass are delayed, lost or otherwise changed."""
        return bool(self.latency_ms or self.jitter_ms or self.loss or self.duplicate or self.reorder or self.bandwidth)

    def as_dict(self) -> dict[str, Any]:
        """The conditions as the snapshot shows them (connection.network)."""
        return {**asdict(self), "mode": self.mode.value}


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
