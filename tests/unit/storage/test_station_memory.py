"""The station's memory: what was put is there, all or nothing, also when the disk is full."""

import sys

import pytest

from emulator.domain.errors import EnvironmentProblem
from emulator.storage.database import Database

LARGE = "x" * 20_000


def reopened(database: Database) -> Database:
    database.close()
    return Database.open(database.folder)


def test_what_was_put_is_there_after_a_restart(database):
    memory = database.memory("CP1")
    memory.put("boot", "state", {"interval_s": 300, "names": ["a", None, True, 1.5]})
    memory.put("boot", "state", {"interval_s": 600})
    memory.put("boot", "text", "ü\0")
    memory.put("boot", "nothing", None)
    with reopened(database) as again:
        assert again.memory("CP1").items("boot") == [("state", {"interval_s": 600}), ("text", "ü\0"), ("nothing", None)]
        assert again.memory("CP1").get("boot", "state") == {"interval_s": 600}


def test_what_is_not_there_is_none_and_may_be_deleted(database):
    memory = database.memory("CP1")
    memory.delete("queue", "1")
    memory.clear("queue")
    assert memory.get("queue", "1") is None
    assert memory.items("queue") == []


def test_items_come_in_the_order_in_which_their_keys_were_first_written(database):
    memory = database.memory("CP1")
    for key in ("b", "c", "a"):
        memory.put("queue", key, 1)
    memory.put("queue", "b", 2)
    memory.delete("queue", "c")
    memory.put("queue", "c", 3)
    assert memory.items("queue") == [("b", 2), ("a", 1), ("c", 3)]


def test_clear_empties_one_table_of_one_station(database):
    memory, other = database.memory("CP1"), database.memory("CP2")
    for each in (memory, other):
        each.put("cache", "1", 1)
        each.put("list", "1", 1)
    memory.clear("cache")
    assert memory.items("cache") == []
    assert memory.items("list") == [("1", 1)]
    assert other.items("cache") == [("1", 1)]


def test_a_batch_is_all_or_nothing(database):
    memory = database.memory("CP1")
    memory.put("queue", "0", 0)
    with memory.batch():
        memory.put("queue", "1", 1)
        memory.delete("queue", "0")
        assert memory.items("queue") == [("1", 1)]
    with pytest.raises(KeyError), memory.batch():
        memory.put("queue", "2", 2)
        memory.clear("queue")
        raise KeyError
    assert memory.items("queue") == [("1", 1)]
    memory.put("queue", "3", 3)
    with reopened(database) as again:
        assert again.memory("CP1").items("queue") == [("1", 1), ("3", 3)]


def test_nested_batches_join(database):
    memory = database.memory("CP1")
    with pytest.raises(KeyError), memory.batch():
        with memory.batch():
            memory.put("queue", "1", 1)
        raise KeyError
    assert memory.items("queue") == []
    with pytest.raises(RuntimeError, match="a part of the batch failed"), memory.batch():
        memory.put("queue", "1", 1)
        with pytest.raises(KeyError), memory.batch():
            memory.put("queue", "2", 2)
            raise KeyError
        memory.put("queue", "3", 3)
    assert memory.items("queue") == []
    memory.put("queue", "4", 4)
    assert memory.items("queue") == [("4", 4)]


def test_a_batch_takes_no_writes_of_another_station(database):
    memory, other = database.memory("CP1"), database.memory("CP2")
    with memory.batch():
        memory.put("queue", "1", 1)
        with pytest.raises(RuntimeError, match="batch of another station"):
            other.put("queue", "1", 1)
    assert memory.items("queue") == [("1", 1)]
    assert other.items("queue") == []


def test_a_full_disk_refuses_a_put_and_the_next_one_works_when_there_is_room(database, fill_disk):
    memory = database.memory("CP1")
    memory.put("queue", "1", "kept")
    make_room = fill_disk(database)
    with pytest.raises(EnvironmentProblem) as problem:
        memory.put("queue", "1", LARGE)
    assert problem.value.sentence == f"The disk that holds {database.folder} is full."
    assert problem.value.hint
    assert memory.items("queue") == [("1", "kept")]
    make_room()
    memory.put("queue", "1", LARGE)
    with reopened(database) as again:
        assert again.memory("CP1").items("queue") == [("1", LARGE)]


def test_a_full_disk_takes_back_the_whole_batch(database, fill_disk):
    memory = database.memory("CP1")
    memory.put("queue", "1", "kept")
    make_room = fill_disk(database)
    with pytest.raises(EnvironmentProblem), memory.batch():
        memory.put("queue", "1", "changed")
        memory.put("queue", "2", LARGE)
    assert memory.items("queue") == [("1", "kept")]
    make_room()
    with memory.batch():
        memory.put("queue", "2", LARGE)
    assert memory.get("queue", "2") == LARGE


def test_a_batch_that_hides_a_refused_write_still_fails_as_a_whole(database, fill_disk):
    memory = database.memory("CP1")
    fill_disk(database)
    with pytest.raises(EnvironmentProblem), memory.batch():
        memory.put("queue", "1", "small")
        with memory.batch():
            with pytest.raises(EnvironmentProblem):
                memory.put("queue", "2", LARGE)
        with pytest.raises(EnvironmentProblem):
            memory.put("queue", "3", "small")
    assert memory.items("queue") == []
    memory.put("queue", "4", "small")
    assert memory.items("queue") == [("4", "small")]


def test_a_value_that_json_cannot_hold_is_a_bug_and_changes_nothing(database):
    memory = database.memory("CP1")
    memory.put("queue", "1", 1)
    with pytest.raises(TypeError):
        memory.put("queue", "1", object())
    assert memory.items("queue") == [("1", 1)]


def test_an_idle_memory_is_tiny(database):
    assert sys.getsizeof(database.memory("CP1")) < 100
    assert not hasattr(database.memory("CP1"), "__dict__")


def test_what_waits_for_a_commit_is_done_after_it_and_not_after_a_roll_back(database):
    memory, done = database.memory("CP1"), []
    memory.after_commit(lambda: done.append("at once"))
    with memory.batch():
        memory.put("queue", "1", 1)
        with memory.batch():
            memory.after_commit(lambda: done.append("after"))
        assert done == ["at once"]
    assert done == ["at once", "after"]
    with pytest.raises(KeyError), memory.batch():
        memory.after_commit(lambda: done.append("never"))
        raise KeyError
    with memory.batch():
        memory.put("queue", "2", 2)
    assert done == ["at once", "after"]
