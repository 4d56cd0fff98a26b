"""The back-off of 2.0.1 Part 4 section 5.3."""

from __future__ import annotations

from random import Random

import pytest

from emulator.services.back_off import SHORTEST_DELAY_S, BackOff


class Always(Random):
    """Draws the same part of the range each time."""

    def __init__(self, part: float) -> None:
        super().__init__()
        self.part = part

    def uniform(self, a: float, b: float) -> float:
        return a + self.part * (b - a)


def delays(back_off: BackOff, count: int) -> list[float]:
    return [back_off.next_delay_s() for _ in range(count)]


def test_doubles_as_often_as_told_and_then_stays() -> None:
    assert delays(BackOff(3, 0, 5, Random(1)), 7) == [5, 10, 20, 40, 40, 40, 40]


def test_a_random_part_is_added_to_every_increase() -> None:
    # 10 + 2, 2 * 12 + 2, 2 * 26 + 2, and then the last one for ever.
    assert delays(BackOff(2, 4, 10, Always(0.5)), 5) == [12, 26, 54, 54, 54]


def test_the_random_part_stays_in_its_range_and_varies() -> None:
    firsts = {BackOff(3, 10, 30, Random(seed)).next_delay_s() for seed in range(200)}
    assert len(firsts) > 150
    assert all(30 <= delay <= 40 for delay in firsts)


def test_no_doubling_at_all() -> None:
    assert delays(BackOff(0, 0, 7, Random()), 3) == [7, 7, 7]


def test_a_successful_connection_starts_it_again() -> None:
    back_off = BackOff(3, 0, 5, Random())
    delays(back_off, 3)
    back_off.reset()
    assert delays(back_off, 2) == [5, 10]


def test_changed_settings_hold_from_the_next_increase_on() -> None:
    back_off = BackOff(1, 0, 5, Random())
    assert delays(back_off, 3) == [5, 10, 10]
    back_off.repeat_times = 2
    back_off.wait_minimum_s = 1
    assert delays(back_off, 2) == [20, 20]
    back_off.reset()
    assert delays(back_off, 1) == [1]


@pytest.mark.parametrize("repeat_times", [0, 5])
def test_settings_of_zero_make_no_busy_loop(repeat_times: int) -> None:
    assert delays(BackOff(repeat_times, 0, 0, Random()), 3) == [SHORTEST_DELAY_S] * 3
