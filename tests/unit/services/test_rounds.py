"""When the meters are read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from emulator.services.metering import past_this_round, seconds_to_boundary
from tests.support.dialogue import Dialogue


@pytest.mark.parametrize(("remaining_s", "delay_s"), [(60, 60), (59.9, 59.9), (0.001, 60.001), (14, 74), (16, 16)])
def test_a_timer_that_fires_early_brings_no_round_twice(remaining_s: float, delay_s: float) -> None:
    assert past_this_round(remaining_s, 60) == pytest.approx(delay_s)


@pytest.mark.parametrize(
    ("now", "seconds"), [((12, 0, 0), 900), ((12, 14, 0), 60), ((23, 59, 0), 60), ((0, 0, 1), 899)]
)
def test_boundaries_count_from_midnight(now: tuple[int, int, int], seconds: float) -> None:
    assert seconds_to_boundary(datetime(2026, 1, 5, *now, tzinfo=UTC), 900) == seconds


def test_the_last_boundary_of_a_day_is_midnight() -> None:
    assert seconds_to_boundary(datetime(2026, 1, 5, 23, 0, tzinfo=UTC), 7 * 3600) == 3600


async def test_clock_aligned_rounds_that_begin_just_before_a_boundary() -> None:
    async with Dialogue("1.6") as d:
        await d.advance(890)
        await d.call("ChangeConfiguration", key="ClockAlignedDataInterval", value="900")
        await d.advance(11)
        assert len(d.calls("MeterValues")) == 3  # of the grid, too
        await d.advance(900)
        assert len(d.calls("MeterValues")) == 6
