"""What the command line asks of the window."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.runtime.run_options import RunOptions


@dataclass(frozen=True, slots=True)
class WindowOptions:
    """The options of the window; `run` pre-fills its connection bar.

    `screenshot`: draw off-screen, perform the actions of `do` ({"plug": {"evse": 1}}, one each), write a PNG of `size`
    (width, height) after `after_s` seconds and end. `theme` is "light", "dark" or None: as the system has it.
    """

    demo: bool = False
    screenshot: Path | None = None
    after_s: float = 5.0
    size: tuple[int, int] | None = None
    theme: str | None = None
    do: tuple[dict[str, Any], ...] = ()
    run: RunOptions = field(default_factory=RunOptions)

    @property
    def station_file(self) -> Path | None:
        """The station file that the window opens with."""
        return self.run.station_file
