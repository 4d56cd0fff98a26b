"""The message log: cheap to append to, bounded, read and searched while it is written, alive on a full disk."""

import sqlite3
import threading
from datetime import UTC, datetime

import pytest

from emulator.domain.frames import Direction, Frame, FrameType, Problem
from emulator.storage import frame_search, frame_writer
from emulator.storage.database import Database


def seqs(frames):
    return [frame.seq for frame in frames]


def rows_on_disk(database):
    connection = sqlite3.connect(database.folder / "forecourt.sqlite3")
    try:
        return connection.execute("SELECT count(*) FROM frame").fetchone()[0]
    finally:
        connection.close()


EVERY_KIND = [
    Frame(
        seq=1,
        time=datetime(2026, 11, 20, 12, 0, 0, 123456, UTC),
        direction=Direction.SENT,
        type=FrameType.CALL,
        action="Heartbeat",
        message_id="a",
        payload={"x": [1, "ü"]},
        raw='[2,"a","Heartbeat",{"x":[1,"ü"]}]',
        ocpp="1.6",
    ),
    Frame(
        seq=2,
        time=datetime(2031, 1, 1, tzinfo=UTC),
        direction=Direction.RECEIVED,
        type=FrameType.CALLRESULT,
        action="Heartbeat",
        message_id="a",
        payload={"currentTime": "now"},
        raw='[3,"a",{"currentTime":"now"}]',
        ocpp="1.6",
        problems=(Problem("/currentTime", "format", 'not a "date-time"'), Problem("", "required", "ü")),
        answers=1,
        latency_ms=12.3456789,
    ),
    Frame(
        seq=3,
        time=datetime(1969, 12, 31, 23, 59, 59, 999999, UTC),
        direction=Direction.SENT,
        type=FrameType.CALLERROR,
        action="Nonsense",
        message_id="b",
        payload={"errorCode": "NotImplemented", "errorDescription": "", "errorDetails": {"a": 1}},
        raw='[4,"b","NotImplemented","",{"a":1}]',
        ocpp="2.0.1",
        answers=2,
        latency_ms=0.0,
    ),
    Frame(
        seq=4,
        time=datetime(2026, 11, 20, tzinfo=UTC),
        direction=Direction.RECEIVED,
        type=FrameType.MALFORMED,
        action="",
        message_id="-1",
        payload=None,
        raw='[2,"c", {',
        problems=(Problem("", "json", "ends too early"),),
    ),
    Frame(
        seq=5,
        time=datetime(2026, 11, 20, tzinfo=UTC),
        direction=Direction.SENT,
        type=FrameType.MALFORMED,
        action="",
        message_id="",
        payload=None,
        raw="",
    ),
]


def test_frames_come_back_as_they_were(database):
    log = database.frame_log("CP1")
    for frame in EVERY_KIND:
        log.append(frame)
    assert log.read() == EVERY_KIND
    database.flush()
    assert rows_on_disk(database) == 5
    assert log.read() == EVERY_KIND
    assert [log.get(seq) for seq in range(1, 7)] == [*EVERY_KIND, None]


def test_text_that_is_no_unicode_does_not_stop_the_log(database, make_frame):
    log = database.frame_log("CP1")
    broken = make_frame(
        1, raw='"\udcff"', action="A\udcff", type=FrameType.MALFORMED, message_id="\udcff",
        problems=(Problem("/\udcff", "type", "\udcff"),),
    )  # fmt: skip
    log.append(broken)
    log.append(make_frame(2))
    assert log.search_text("\udcff") == [1]
    database.flush()
    assert seqs(log.read()) == [1, 2]
    assert log.get(1).raw == '"?"'


def test_numbering_goes_on_after_a_restart(database, make_frame):
    log = database.frame_log("CP1")
    assert (log.first_seq, log.last_seq, log.count()) == (1, 0, 0)
    for seq in range(1, 4):
        log.append(make_frame(seq))
    assert (log.last_seq, log.count()) == (3, 3)
    database.close()
    with Database.open(database.folder) as again:
        log = again.frame_log("CP1")
        assert (log.first_seq, log.last_seq, log.count()) == (1, 3, 3)
        assert again.frame_log("CP2").last_seq == 0
        assert again.frame_log("CP1") is log


def test_frames_are_written_a_quarter_of_a_second_after_the_first(database, waits, make_frame):
    log = database.frame_log("CP1")
    for seq in range(1, 4):
        log.append(make_frame(seq))
    assert rows_on_disk(database) == 0
    assert waits.delays == [0.25]
    waits.run()
    assert rows_on_disk(database) == 3
    assert waits.delays == []
    log.append(make_frame(4))
    assert waits.delays == [0.25]


def test_five_hundred_frames_do_not_wait(database, waits, make_frame):
    log = database.frame_log("CP1")
    for seq in range(1, 500):
        log.append(make_frame(seq))
    assert rows_on_disk(database) == 0
    log.append(make_frame(500))
    assert rows_on_disk(database) == 500
    assert waits.delays == []


def test_a_fleet_writes_larger_batches(database, make_frame):
    logs = [database.frame_log(f"CP{number}") for number in range(100)]
    for seq in range(1, 9):
        assert rows_on_disk(database) == 0
        for log in logs:
            log.append(make_frame(seq))
    assert rows_on_disk(database) == 800
    assert all(seqs(log.read()) == list(range(1, 9)) for log in logs)


def test_frames_wait_while_a_batch_is_open_and_do_not_fall_with_it(database, waits, make_frame):
    log, memory = database.frame_log("CP1"), database.memory("CP1")
    with pytest.raises(KeyError), memory.batch():
        memory.put("queue", "1", 1)
        for seq in range(1, 1200):
            log.append(make_frame(seq))
        raise KeyError
    assert memory.items("queue") == []
    assert log.count() == 1199
    waits.run()
    assert rows_on_disk(database) == 1199


def test_reading_filters_what_is_on_disk_and_what_waits(database, make_frame):
    log = database.frame_log("CP1")
    other = database.frame_log("CP2")

    def fill(start):
        for seq in range(start, start + 4):
            other.append(make_frame(seq, raw="[needle]"))
        log.append(make_frame(start, action="Authorize"))
        log.append(make_frame(start + 1, direction=Direction.RECEIVED))
        log.append(make_frame(start + 2, raw='[2,"1","Heartbeat",{"a":"NEEDLE"}]'))
        log.append(make_frame(start + 3, action="Authorize", direction=Direction.RECEIVED))

    fill(1)
    database.flush()
    fill(5)
    assert seqs(log.read()) == list(range(1, 9))
    assert seqs(log.read(after=2, limit=4)) == [3, 4, 5, 6]
    assert seqs(log.read(after=5)) == [6, 7, 8]
    assert seqs(log.read(after=8)) == []
    assert seqs(log.read(limit=0)) == []
    assert seqs(log.read(action="Authorize")) == [1, 4, 5, 8]
    assert seqs(log.read(direction=Direction.RECEIVED)) == [2, 4, 6, 8]
    assert seqs(log.read(direction=Direction.SENT, action="Authorize")) == [1, 5]
    assert seqs(log.read(text="needle")) == [3, 7]
    assert log.search_text("Needle") == [3, 7]
    assert log.search_text("needle", after_seq=3) == [7]
    assert log.search_text("needle", limit=1) == [3]


@pytest.mark.parametrize("on_disk", [True, False])
def test_text_is_taken_literally(database, make_frame, on_disk):
    log = database.frame_log("CP1")
    raws = ["100%", "100 %", "a_b", "aXb", "back\\slash", "ÄRGER", "ärger", "nothing"]
    for seq, raw in enumerate(raws, start=1):
        log.append(make_frame(seq, raw=raw))
    if on_disk:
        database.flush()

    def found(text):
        assert seqs(log.read(text=text)) == log.search_text(text)
        return [raws[seq - 1] for seq in log.search_text(text)]

    assert found("0%") == ["100%"]
    assert found("%") == ["100%", "100 %"]
    assert found("A_B") == ["a_b"]
    assert found("\\") == ["back\\slash"]
    assert found("ärger") == ["ärger"]
    assert found("RGER") == ["ÄRGER", "ärger"]


def test_a_large_log_is_searched_in_two_threads_with_the_same_result(database, make_frame, monkeypatch):
    log = database.frame_log("CP1")
    for seq in range(1, 301):
        log.append(make_frame(seq, raw="odd" if seq % 2 else "even"))
    database.flush()
    monkeypatch.setattr(frame_search, "_ROWS_FOR_TWO_THREADS", 10)
    assert log.search_text("odd") == list(range(1, 301, 2))
    assert log.search_text("odd", after_seq=101, limit=90) == list(range(103, 283, 2))


def test_the_log_is_searched_by_another_thread_while_it_is_written(database, make_frame):
    log = database.frame_log("CP1")
    done = threading.Event()
    found, failures = [], []

    def search():
        try:
            while not done.is_set():
                found.append(log.search_text("needle"))
        except Exception as error:
            failures.append(error)

    reader = threading.Thread(target=search)
    reader.start()
    try:
        for seq in range(1, 20_001):
            log.append(make_frame(seq, raw="needle" if seq % 10 == 0 else "hay"))
            if seq % 1000 == 0:
                database.memory("CP1").put("queue", str(seq), seq)
    finally:
        done.set()
        reader.join()
    assert failures == []
    # Whenever it looked, it saw all up to some moment and nothing twice.
    assert all(seen == list(range(10, 10 * len(seen) + 1, 10)) for seen in found)
    assert len(log.search_text("needle")) == 2000


def test_the_oldest_frames_go(tmp_path, make_frame):
    with Database.open(tmp_path, frames_kept=100) as database:
        log, other = database.frame_log("CP1"), database.frame_log("CP2")
        other.append(make_frame(1))
        for seq in range(1, 1001):
            log.append(make_frame(seq))
            if seq % 7 == 0:
                database.flush()
                assert log.count() <= 100
        database.flush()
        assert 80 <= log.count() <= 100
        assert rows_on_disk(database) == log.count() + 1
        assert seqs(log.read()) == list(range(log.first_seq, 1001))
        assert seqs(other.read()) == [1]
        first = log.first_seq
    with Database.open(tmp_path) as database:
        assert (database.frame_log("CP1").first_seq, database.frame_log("CP1").last_seq) == (first, 1000)


def test_much_too_much_is_pruned_in_steps(tmp_path, make_frame, monkeypatch):
    monkeypatch.setattr(frame_writer, "_PRUNED_AT_ONCE", 300)
    with Database.open(tmp_path) as database:
        for seq in range(1, 1001):
            database.frame_log("CP1").append(make_frame(seq))
    with Database.open(tmp_path, frames_kept=10) as database:
        log = database.frame_log("CP1")
        counts = []
        for seq in range(1001, 1006):
            log.append(make_frame(seq))
            database.flush()
            counts.append(log.count())
        assert counts == [701, 402, 103, 9, 10]
        assert rows_on_disk(database) == 10


@pytest.fixture
def problems():
    return []


@pytest.fixture
def reporting(tmp_path, waits, problems):
    with Database.open(tmp_path / "data", call_later=waits, report=problems.append) as database:
        yield database


def test_a_full_disk_is_reported_once_and_the_frames_are_written_when_there_is_room(
    reporting, problems, waits, make_frame, fill_disk
):
    log = reporting.frame_log("CP1")
    log.append(make_frame(1))
    reporting.flush()
    make_room = fill_disk(reporting)
    for seq in range(2, 1502):
        log.append(make_frame(seq))
    assert [problem.sentence for problem in problems] == [f"The disk that holds {reporting.folder} is full."]
    assert waits.delays == [1.0]
    waits.run()
    assert len(problems) == 1
    assert waits.delays == [1.0]
    assert seqs(log.read(limit=5000)) == list(range(1, 1502))
    assert log.get(1501).seq == 1501
    assert rows_on_disk(reporting) == 1
    make_room()
    waits.run()
    assert rows_on_disk(reporting) == 1501
    assert waits.delays == []
    # The next outage is a new one.
    fill_disk(reporting)
    for seq in range(1502, 2002):
        log.append(make_frame(seq))
    assert len(problems) == 2


def test_frames_that_cannot_be_written_are_kept_up_to_a_limit(
    reporting, problems, waits, make_frame, fill_disk, monkeypatch
):
    monkeypatch.setattr(frame_writer, "FRAMES_WAITING_AT_MOST", 2000)
    log = reporting.frame_log("CP1")
    make_room = fill_disk(reporting)
    for seq in range(1, 10_001):
        log.append(make_frame(seq, raw="x" * 100))
        assert len(reporting._frames._waiting) < 2500
    kept = seqs(log.read(limit=10_000))
    assert kept == list(range(10_001 - len(kept), 10_001))
    assert 2000 <= len(kept) < 2500
    assert reporting._frames.lost == 10_000 - len(kept)
    make_room()
    waits.run()
    assert rows_on_disk(reporting) == len(kept)
    assert log.last_seq == 10_000
    assert len(problems) == 1


def test_without_a_timer_a_full_disk_is_tried_again_every_five_hundred_frames(
    tmp_path, problems, make_frame, fill_disk
):
    with Database.open(tmp_path, report=problems.append) as database:
        log = database.frame_log("CP1")
        make_room = fill_disk(database)
        for seq in range(1, 700):
            log.append(make_frame(seq, raw="x" * 100))
        make_room()
        for seq in range(700, 1001):
            log.append(make_frame(seq))
        assert rows_on_disk(database) == 1000
        assert len(problems) == 1


def test_closing_on_a_full_disk_reports_it_and_ends(reporting, problems, waits, make_frame, fill_disk):
    log = reporting.frame_log("CP1")
    fill_disk(reporting)
    for seq in range(1, 300):
        log.append(make_frame(seq, raw="x" * 100))
    reporting.close()
    assert len(problems) == 1
    assert waits.delays == []


def test_a_frame_that_breaks_the_writing_is_raised_and_does_not_stop_those_behind_it(database, make_frame):
    log = database.frame_log("CP1")
    log.append(make_frame(1, ocpp=None))
    with pytest.raises(sqlite3.IntegrityError):
        database.flush()
    log.append(make_frame(2))
    database.flush()
    assert seqs(log.read()) == [2]


def test_a_seq_used_twice_keeps_the_later_frame(database, make_frame):
    log = database.frame_log("CP1")
    log.append(make_frame(1))
    database.flush()
    log.append(make_frame(1, raw="later"))
    log.append(make_frame(1, raw="last"))
    database.flush()
    assert [frame.raw for frame in log.read()] == ["last"]
