"""A disk that refuses for a while loses nothing."""

from __future__ import annotations

import pytest

from emulator.domain.errors import EnvironmentProblem
from emulator.storage.reserve import RETRY_S, ReserveMemory
from tests.support.memory import MemoryFake


class FullDisk(MemoryFake):
    """A memory that can refuse, also in the middle of a batch."""

    def __init__(self) -> None:
        super().__init__()
        self.room = 1_000_000

    def put(self, table, key, value):
        if self.room <= 0:
            raise EnvironmentProblem("The disk is full.", "Make room.")
        self.room -= 1
        super().put(table, key, value)

    def delete(self, table, key):
        if self.room <= 0:
            raise EnvironmentProblem("The disk is full.")
        super().delete(table, key)


class Waits:
    """The timers that were asked for."""

    def __init__(self) -> None:
        self.asked: list[float] = []
        self.due = None

    def call_later(self, delay_s, callback):
        self.asked.append(delay_s)
        self.due = callback
        return self

    def cancel(self):
        self.due = None


@pytest.fixture
def disk():
    return FullDisk()


@pytest.fixture
def waits():
    return Waits()


@pytest.fixture
def reports():
    return []


@pytest.fixture
def memory(disk, waits, reports):
    return ReserveMemory(disk, waits.call_later, reports.append)


def test_writes_go_through(memory, disk):
    memory.put("queue", "1", {"a": 1})
    with memory.batch():
        memory.put("queue", "2", 2)
        memory.delete("queue", "1")
        assert memory.items("queue") == [("2", 2)]
        assert disk.items("queue") == [("1", {"a": 1})]
    assert disk.items("queue") == [("2", 2)]
    memory.clear("queue")
    assert disk.items("queue") == []


def test_what_the_disk_refuses_is_read_all_the_same_and_written_later(memory, disk, waits, reports):
    memory.put("queue", "1", 1)
    disk.room = 0
    memory.put("queue", "2", 2)
    memory.put("queue", "1", "new")
    memory.delete("other", "x")
    assert [p.sentence for p in reports] == ["The disk is full."]
    assert waits.asked == [RETRY_S]
    assert memory.items("queue") == [("1", "new"), ("2", 2)]
    assert memory.get("queue", "2") == 2
    assert disk.items("queue") == [("1", 1)]
    disk.room = 10
    waits.due()
    assert disk.items("queue") == [("1", "new"), ("2", 2)]
    assert memory.waiting == 0
    assert reports[-1] is None


def test_the_next_write_tries_again_and_keeps_the_order(memory, disk, reports):
    disk.room = 0
    memory.put("queue", "1", 1)
    disk.room = 10
    memory.put("queue", "2", 2)
    assert disk.items("queue") == [("1", 1), ("2", 2)]
    assert reports[-1] is None


def test_a_batch_that_does_not_fit_waits_as_a_whole(memory, disk):
    disk.room = 1
    done = []
    with memory.batch():
        memory.put("queue", "1", 1)
        memory.put("queue", "2", 2)
        memory.after_commit(lambda: done.append(memory.items("queue")))
    assert disk.items("queue") == []
    assert done == [[("1", 1), ("2", 2)]]
    disk.room = 10
    assert memory.retry()
    assert disk.items("queue") == [("1", 1), ("2", 2)]


def test_an_exception_takes_a_batch_back(memory, disk):
    done = []
    with pytest.raises(KeyError), memory.batch():
        memory.put("queue", "1", 1)
        memory.after_commit(lambda: done.append("never"))
        with memory.batch():
            memory.put("queue", "2", 2)
        raise KeyError
    assert memory.items("queue") == [] == done
    assert disk.items("queue") == []


def test_closing_tries_a_last_time_and_leaves_no_timer(memory, disk, waits):
    disk.room = 0
    memory.put("queue", "1", 1)
    memory.close()
    assert waits.due is None
    assert memory.waiting == 1
    disk.room = 5
    memory.close()
    assert disk.items("queue") == [("1", 1)]
