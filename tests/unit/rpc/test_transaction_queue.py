"""The queue of transaction-related messages: durable, in order, retried, held."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import pytest

from emulator.domain.calls import InvalidRequest
from emulator.domain.errors import ActionRefused, CallFailed, CallRefused, CallTimedOut
from emulator.rpc.transaction_queue import SET_ASIDE, TABLE, QueueEntry, TransactionQueue

ACCEPTED = {"idTagInfo": {"status": "Accepted"}, "transactionId": 7}


def start(number: int) -> dict[str, Any]:
    return {"connectorId": 1, "idTag": f"T{number}", "meterStart": 0, "timestamp": "2026-01-05T12:00:00Z"}


class Owner:
    """Remembers what it was told; `ready` is what prepare() allows."""

    def __init__(self) -> None:
        self.attempts, self.interval_s = 3, 60.0
        self.told: list[tuple[str, int, Any]] = []
        self.ready: Callable[[QueueEntry], dict[str, Any] | None] = lambda entry: entry.payload
        self.on_answer: Callable[[QueueEntry], None] = lambda entry: None

    def policy(self) -> tuple[int, float]:
        return self.attempts, self.interval_s

    def prepare(self, entry: QueueEntry) -> dict[str, Any] | None:
        return self.ready(entry)

    def answered(self, entry: QueueEntry, payload: dict[str, Any]) -> None:
        self.told.append(("answered", entry.id, payload))
        self.on_answer(entry)

    def dropped(self, entry: QueueEntry, failure: CallFailed | None) -> None:
        self.told.append(("dropped", entry.id, failure))


class Bench:
    """A queue on a line to the test's CSMS."""

    def __init__(self, line: Any, memory: Any) -> None:
        self.line = line
        self.memory = memory
        self.changes = 0
        self.restart()

    def restart(self) -> None:
        self.owner = Owner()
        self.queue = TransactionQueue(
            memory=self.memory, clock=self.line.clock, owner=self.owner, changed=self._note_change
        )

    def _note_change(self) -> None:
        self.changes += 1

    def append(self, *numbers: int) -> None:
        for number in numbers:
            self.queue.append("1.6", "StartTransaction", start(number), f"tx-{number}")

    def release(self) -> None:
        self.queue.release(self.line.endpoint)

    def accept(self) -> None:
        """The CSMS accepts the frame that was sent last."""
        self.line.csms([3, self.line.sent[-1][1], ACCEPTED])

    def refuse(self) -> None:
        self.line.csms([4, self.line.sent[-1][1], "InternalError", "", {}])

    @property
    def tags(self) -> list[str]:
        return [frame[3].get("idTag", frame[2]) for frame in self.line.sent if frame[0] == 2]

    @property
    def states(self) -> list[str]:
        return [entry["state"] for entry in self.queue.snapshot()]

    @property
    def rows(self) -> list[int]:
        return [row["id"] for _, row in sorted(self.memory.items(TABLE))]


@pytest.fixture
def bench(line: Callable[..., Any], memory: Any) -> Bench:
    """A queue, not yet released."""
    return Bench(line("1.6"), memory)


def test_on_disk_before_it_is_sent_with_one_commit_each(bench: Bench) -> None:
    bench.release()
    bench.append(1)
    assert bench.memory.commits == 1
    assert bench.rows == [1]
    assert bench.tags == ["T1"]
    assert bench.states == ["in-flight"]
    bench.accept()
    assert bench.memory.commits == 2
    assert bench.rows == []
    assert bench.owner.told == [("answered", 1, ACCEPTED)]
    assert len(bench.queue) == 0


def test_strictly_in_order_one_in_flight(bench: Bench) -> None:
    bench.append(1, 2, 3)
    assert bench.states == ["held"] * 3
    bench.release()
    assert bench.tags == ["T1"]
    assert bench.states == ["in-flight", "waiting", "waiting"]
    for _ in range(3):
        bench.accept()
    assert bench.tags == ["T1", "T2", "T3"]
    assert [entry for _, entry, _ in bench.owner.told] == [1, 2, 3]


def test_the_order_of_the_story_is_kept(bench: Bench) -> None:
    """Other messages do not overtake without need."""
    line = bench.line
    bench.release()
    bench.append(1)
    line.call("Authorize", {"idTag": "S1"})
    bench.append(2)
    line.call("Authorize", {"idTag": "S2"})
    for _ in range(4):
        bench.accept() if bench.tags[-1].startswith("T") else line.csms(
            [3, line.sent[-1][1], {"idTagInfo": ACCEPTED["idTagInfo"]}]
        )
    assert bench.tags == ["T1", "S1", "T2", "S2"]


@pytest.mark.req("E13.FR.02", "E13.FR.03", "E13.FR.04")
async def test_retries_after_longer_and_longer_waits_then_gives_up(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    clock = bench.line.clock
    bench.release()
    bench.append(1, 2)
    bench.refuse()
    assert bench.states == ["retrying", "waiting"]
    assert bench.queue.snapshot()[0]["next_attempt_at"] == "2026-01-05T12:01:00.000Z"
    assert bench.memory.items(TABLE)[0][1]["attempts"] == 1
    bench.line.call("Authorize", {"idTag": "S"})
    assert bench.tags == ["T1", "S"]  # 1.6, 3.7: the queue must not hold up others
    bench.line.csms([3, bench.line.sent[-1][1], {"idTagInfo": ACCEPTED["idTagInfo"]}])
    bench.append(3)
    await clock.advance(59)
    assert bench.tags == ["T1", "S"]
    await clock.advance(1)
    assert bench.tags == ["T1", "S", "T1"]
    bench.refuse()
    await clock.advance(119)
    assert len(bench.tags) == 3
    await clock.advance(1)
    assert len(bench.tags) == 4
    bench.refuse()
    assert bench.tags[-1] == "T2"
    (verdict, entry, failure) = bench.owner.told[0]
    assert (verdict, entry) == ("dropped", 1)
    assert isinstance(failure, CallRefused)
    assert bench.rows == [2, 3]
    assert "given up" in caplog.text
    bench.accept()
    bench.accept()
    assert bench.rows == []


async def test_a_time_out_is_a_failure_too(bench: Bench) -> None:
    bench.owner.attempts = 2
    bench.release()
    bench.append(1)
    await bench.line.clock.advance(30)
    assert bench.states == ["retrying"]
    await bench.line.clock.advance(60)
    assert bench.tags == ["T1", "T1"]
    bench.accept()
    assert bench.owner.told == [("answered", 1, ACCEPTED)]


async def test_a_time_out_at_last(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    bench.owner.attempts = 0  # even then it is sent once
    bench.release()
    bench.append(1)
    await bench.line.clock.advance(30)
    assert isinstance(bench.owner.told[0][2], CallTimedOut)
    assert caplog.records


def test_a_lost_connection_is_no_attempt(bench: Bench) -> None:
    bench.release()
    bench.append(1, 2)
    bench.queue.hold()
    bench.line.endpoint.closed()
    assert bench.states == ["held", "held"]
    bench.append(3)
    bench.line.connect()
    assert bench.line.sent == []
    bench.release()
    assert bench.tags == ["T1"]
    assert bench.queue.entries()[0].attempts == 0
    bench.accept()
    bench.accept()
    bench.accept()
    assert bench.tags == ["T1", "T2", "T3"]


def test_a_lost_connection_without_hold_resumes_on_release(bench: Bench) -> None:
    bench.release()
    bench.append(1, 2)
    bench.line.endpoint.closed()
    bench.line.connect()
    bench.queue.hold()
    bench.release()
    assert bench.tags == ["T1"]


def test_an_answer_that_comes_while_held_still_counts(bench: Bench) -> None:
    bench.release()
    bench.append(1, 2)
    bench.queue.hold()
    bench.accept()
    assert bench.rows == [2]
    assert bench.tags == ["T1"]


async def test_a_retry_that_falls_due_while_held_waits_for_release(bench: Bench) -> None:
    bench.release()
    bench.append(1)
    bench.refuse()
    bench.queue.hold()
    await bench.line.clock.advance(100)
    assert bench.tags == ["T1"]
    bench.release()
    assert bench.tags == ["T1", "T1"]


def test_resumes_after_a_restart(bench: Bench) -> None:
    bench.release()
    bench.append(1, 2, 3)
    bench.line.endpoint.closed()
    bench.restart()
    assert [entry.payload["idTag"] for entry in bench.queue.entries()] == ["T1", "T2", "T3"]
    assert bench.states == ["held"] * 3
    bench.append(4)
    assert bench.rows == [1, 2, 3, 4]
    bench.line.connect()
    bench.release()
    for _ in range(4):
        bench.accept()
    assert bench.tags == ["T1", "T2", "T3", "T4"]


async def test_attempts_survive_a_restart(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.release()
    bench.append(1)
    bench.refuse()
    bench.queue.stop()
    assert bench.line.clock.waiting == 0
    bench.restart()
    bench.release()
    bench.refuse()
    bench.queue.stop()
    bench.release()
    bench.refuse()
    assert [told[0] for told in bench.owner.told] == ["dropped"]


def test_damaged_rows_are_set_aside(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.append(1, 2)
    bench.memory.put(TABLE, "000000000000007", {"id": 7, "action": "StopTransaction"})
    bench.memory.put(TABLE, "000000000000008", ["nonsense"])
    bench.memory.put(TABLE, "key", {})
    bench.restart()
    assert [entry.id for entry in bench.queue.entries()] == [1, 2]
    assert {key for key, _ in bench.memory.items(SET_ASIDE)} == {"000000000000007", "000000000000008", "key"}
    assert len(caplog.records) == 3
    bench.append(9)
    assert bench.rows == [1, 2, 9]


def test_a_memory_that_cannot_be_read_does_not_end_the_station(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.append(1)
    bench.memory.tables[TABLE]["000000000000001"] = "{broken"
    bench.restart()
    assert len(bench.queue) == 0
    bench.append(2)
    assert len(bench.memory.tables[TABLE]) == 2
    assert caplog.records


def test_the_payload_is_prepared_just_before_it_goes(bench: Bench) -> None:
    bench.owner.ready = lambda entry: {**entry.payload, "idTag": "real"}
    bench.append(1)
    bench.release()
    assert bench.tags == ["real"]
    assert bench.queue.entries()[0].payload["idTag"] == "T1"


def test_an_entry_that_cannot_be_sent_yet_blocks_until_woken(bench: Bench) -> None:
    bench.owner.ready = lambda entry: None
    bench.release()
    bench.append(1, 2)
    assert bench.tags == []
    bench.owner.ready = lambda entry: entry.payload
    bench.queue.wake()
    bench.accept()
    assert bench.tags == ["T1", "T2"]


def test_the_owner_may_drop_an_entry_instead_of_preparing_it(bench: Bench) -> None:
    def prepare(entry: QueueEntry) -> dict[str, Any] | None:
        if entry.id == 1:
            bench.queue.drop(1)
            return None
        return entry.payload

    bench.append(1, 2)
    bench.owner.ready = prepare
    bench.release()
    bench.accept()
    assert bench.tags == ["T2"]
    assert bench.owner.told[0] == ("dropped", 1, None)


def test_the_answer_and_the_removal_are_one_step(bench: Bench) -> None:
    bench.owner.on_answer = lambda entry: bench.memory.put("transactions", "7", entry.payload)
    bench.release()
    bench.append(1)
    before = bench.memory.commits
    bench.accept()
    assert bench.memory.commits == before + 1


def test_what_the_owner_appends_over_an_answer_comes_last(bench: Bench) -> None:
    bench.release()
    bench.append(1, 2)
    bench.owner.on_answer = lambda entry: bench.append(3) if entry.id == 1 else None
    for _ in range(3):
        bench.accept()
    assert bench.tags == ["T1", "T2", "T3"]
    assert bench.rows == []


def test_a_mistake_of_the_owner_does_not_stop_the_queue(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.owner.on_answer = lambda entry: 1 / 0  # type: ignore[assignment, return-value]
    bench.release()
    bench.append(1, 2)
    bench.accept()
    assert bench.tags == ["T1", "T2"]
    assert "ZeroDivisionError" in caplog.text


def test_a_disk_that_fails_does_not_stop_the_queue(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.release()
    bench.append(1, 2)

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    bench.memory.delete = fail
    bench.memory.batch = nullcontext
    bench.accept()
    assert bench.tags == ["T1", "T2"]
    bench.memory.put = fail
    bench.refuse()
    assert bench.states == ["retrying"]
    with pytest.raises(OSError, match="disk full"):
        bench.append(3)
    assert len(bench.queue) == 1
    assert len(caplog.records) == 2
    bench.queue.stop()


def test_an_invalid_message_is_given_up_at_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    bench.release()
    bench.queue.append("1.6", "StartTransaction", {"connectorId": "x"}, None)
    bench.append(2)
    assert isinstance(bench.owner.told[0][2], InvalidRequest)
    assert bench.tags == ["T2"]
    assert caplog.records


def test_messages_of_another_version_wait_for_it(bench: Bench) -> None:
    bench.queue.append("2.0.1", "TransactionEvent", {}, "tx")
    bench.append(1)
    bench.release()
    assert bench.tags == ["T1"]
    assert bench.states == ["held", "in-flight"]
    bench.accept()
    assert bench.rows == [1]
    bench.release()
    assert len(bench.line.sent) == 1


def test_drop(bench: Bench) -> None:
    bench.release()
    bench.append(1, 2, 3)
    bench.queue.drop(2)
    with pytest.raises(ActionRefused, match="being sent"):
        bench.queue.drop(1)
    with pytest.raises(ActionRefused, match="no queue entry 9"):
        bench.queue.drop(9)
    bench.accept()
    bench.accept()
    assert bench.tags == ["T1", "T3"]
    assert bench.owner.told[0] == ("dropped", 2, None)


def test_dropping_the_one_that_is_retried_frees_the_queue(bench: Bench) -> None:
    bench.release()
    bench.append(1, 2)
    bench.refuse()
    bench.queue.drop(1)
    assert bench.tags == ["T1", "T2"]
    assert bench.rows == [2]


def test_edit(bench: Bench) -> None:
    bench.append(1, 2)
    bench.queue.edit(2, start(8))
    bench.restart()
    bench.release()
    bench.accept()
    assert bench.tags == ["T1", "T8"]


def test_move(bench: Bench) -> None:
    bench.append(1, 2, 3, 4)
    bench.queue.move(4, 2)
    bench.queue.move(1, None)
    bench.queue.move(3, 3)
    assert bench.rows == [4, 2, 3, 1]
    bench.restart()
    assert [entry.id for entry in bench.queue.entries()] == [4, 2, 3, 1]
    bench.append(5)
    bench.release()
    with pytest.raises(ActionRefused):
        bench.queue.move(2, 4)
    for _ in range(5):
        bench.accept()
    assert bench.tags == ["T4", "T2", "T3", "T1", "T5"]
    assert bench.rows == []


def test_moving_another_one_to_the_front_ends_the_wait(bench: Bench) -> None:
    bench.release()
    bench.append(1, 2)
    bench.refuse()
    bench.queue.move(2, 1)
    assert bench.tags == ["T1", "T2"]
    bench.accept()
    assert bench.tags == ["T1", "T2", "T1"]


def test_snapshot(bench: Bench) -> None:
    bench.append(1)
    assert bench.queue.snapshot() == [
        {
            "id": 1,
            "action": "StartTransaction",
            "transaction": "tx-1",
            "created_at": "2026-01-05T12:00:00.000Z",
            "attempts": 0,
            "next_attempt_at": None,
            "state": "held",
        }
    ]
    changes = bench.changes
    bench.release()
    bench.accept()
    assert bench.changes > changes


def test_appends_of_an_empty_queue_that_nobody_watches(line: Callable[..., Any], memory: Any) -> None:
    station = line("1.6")
    queue = TransactionQueue(memory=memory, clock=station.clock, owner=Owner())
    queue.release(station.endpoint)
    queue.append("1.6", "StartTransaction", start(1), None)
    assert len(station.sent) == 1


async def test_a_message_is_sent_only_when_its_batch_is_on_disk(bench: Bench) -> None:
    bench.release()
    with bench.memory.batch():
        bench.append(1)
        assert bench.tags == [], "sent before the commit"
    assert bench.tags == ["T1"]
