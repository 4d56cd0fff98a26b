"""The model of the message log: pairing, batches, cap, filters."""

import threading
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt

from tests.support.log_frames import START, FrameMaker, event, session
from ui.models.log_cells import Column, duration_text, one_liner
from ui.models.log_filter import LogFilter
from ui.models.log_rows import BLOCK_ROWS
from ui.models.message_log import Mark, MessageLogModel


@pytest.fixture
def make_model(qapp):
    made = []

    def make(frames=(), **options):
        model = MessageLogModel(**options)
        made.append(model)
        model.append(frames)
        model.flush()
        return model

    yield make
    for model in made:
        model.close()


def texts(model, column):
    return [model.data(model.index(row, column)) for row in range(model.rowCount())]


def wait_for_scan(model, qtbot):
    qtbot.waitUntil(lambda: not model.scanning, timeout=5000)


def many(count, first=1):
    maker = FrameMaker(first)
    for number in range(count):
        action = "Heartbeat" if number % 10 == 0 else "StatusNotification"
        payload = (
            {}
            if action == "Heartbeat"
            else {"connectorStatus": "Available", "evseId": 1 + number % 3, "connectorId": 1}
        )
        maker.answer(maker.call(action, payload, message_id=f"message-{number}"))
    return maker


def test_a_call_and_its_answer_are_one_row(make_model):
    model = make_model(session().frames)
    assert model.rowCount() == 8
    row = model.row_at(0)
    assert (row.seq, row.answer_seq, row.answer, row.latency_ms) == (1, 2, "Accepted", 18)
    assert texts(model, Column.ACTION)[:3] == ["BootNotification", "StatusNotification", "TransactionEvent"]
    assert texts(model, Column.LATENCY)[0] == "18 ms"
    assert model.frame_count == 15
    assert model.problem_count == 1


def test_verdicts_are_ticks_crosses_and_dots(make_model):
    model = make_model(session().frames)
    assert texts(model, Column.VERDICT) == ["✓"] * 6 + ["✕", "…"]
    spoken = Qt.ItemDataRole.AccessibleTextRole
    assert model.data(model.index(6, Column.VERDICT), spoken) == "problem: not as the schema says, refused"
    assert model.data(model.index(7, Column.VERDICT), spoken) == "waiting for the answer"
    assert model.data(model.index(6, Column.DIRECTION), spoken) == "received"


def test_an_answer_that_comes_later_fills_its_row(make_model, qtbot):
    maker = FrameMaker()
    call = maker.call("Authorize", {"idToken": {"idToken": "X", "type": "Central"}})
    model = make_model([call])
    assert model.row_at(0).waiting
    with qtbot.waitSignal(model.dataChanged):
        model.append([maker.answer(call, {"idTokenInfo": {"status": "Blocked"}})])
    assert model.row_at(0).answer == "Blocked"
    assert model.problem_count == 1


def test_an_answer_without_a_request_has_a_row_of_its_own(make_model):
    maker = FrameMaker()
    maker.make("received", "CALLRESULT", "", {"status": "Accepted"}, message_id="unknown")
    model = make_model(maker.frames)
    row = model.row_at(0)
    assert (row.action, row.answer, row.problem, row.waiting) == ("Answer", "Accepted", True, False)
    assert model.data(model.index(0, Column.VERDICT), Qt.ItemDataRole.ToolTipRole) == "problem: without a request"


def test_a_malformed_frame_has_a_row_of_its_own(make_model):
    maker = FrameMaker()
    maker.malformed()
    maker.malformed(raw="\x00\n\x1f\ud800 not text")
    model = make_model(maker.frames)
    assert texts(model, Column.ACTION) == ["Malformed", "Malformed"]
    assert texts(model, Column.VERDICT) == ["✕", "✕"]
    assert all(text.isprintable() for text in texts(model, Column.SUMMARY))


def test_no_answer_in_time_is_a_problem(make_model):
    maker = FrameMaker()
    maker.call("Heartbeat")
    now = [START]
    model = make_model(maker.frames, now=lambda: now[0])
    now[0] += timedelta(seconds=4.2)
    assert texts(model, Column.LATENCY) == ["4.2 s"]
    now[0] += timedelta(seconds=30)
    model.flush()
    assert texts(model, Column.ANSWER) == ["no answer"]
    assert model.problem_count == 1
    model.append([maker.answer(maker.frames[0])])
    model.flush()
    assert model.problem_count == 0


def test_the_wait_grows_by_itself(make_model, qtbot):
    maker = FrameMaker()
    maker.call("Heartbeat")
    model = make_model(maker.frames, now=lambda: maker.time)
    with qtbot.waitSignal(model.dataChanged, timeout=2000) as changed:
        pass
    assert changed.args[0].column() == Column.LATENCY


def test_frames_seen_before_are_ignored(make_model):
    frames = session().frames
    model = make_model(frames)
    model.append(frames)
    model.flush()
    assert (model.rowCount(), model.frame_count) == (8, 15)


def test_at_most_ten_updates_a_second(make_model, qtbot):
    model = make_model()
    published = []
    model.published.connect(lambda: published.append(1))
    maker = FrameMaker()
    for _ in range(40):
        model.append([maker.call("Heartbeat")])
        qtbot.wait(10)
    model.flush()
    assert model.rowCount() == 40
    assert 2 <= len(published) <= 9


def test_old_rows_fall_off(make_model):
    maker = many(1000)
    model = make_model(maker.frames[:1200], cap=500)
    assert model.rowCount() == 500
    model.append(maker.frames[1200:])
    model.flush()
    assert model.rowCount() == 500
    assert model.row_at(499).message_id == "message-999"
    assert model.row_at(0).message_id == "message-500"
    assert model.find(1) is None
    assert model.frame_count == 2000


def test_an_answer_to_a_row_that_fell_off_is_no_problem(make_model):
    maker = FrameMaker()
    first = maker.call("Heartbeat")
    for _ in range(20):
        maker.call("Heartbeat")
    model = make_model(maker.frames, cap=5)
    model.append([maker.answer(first)])
    model.flush()
    assert model.row_at(4).action == "Heartbeat"
    assert not model.row_at(4).problem


def test_problems_that_fall_off_are_no_longer_counted(make_model):
    maker = FrameMaker()
    for _ in range(10):
        maker.malformed()
    model = make_model(maker.frames, cap=10)
    for _ in range(7):
        maker.answer(maker.call("Heartbeat"))
    model.append(maker.frames[10:])
    model.flush()
    assert model.problem_count == 3


def test_frames_not_in_memory_are_fetched(make_model):
    maker = many(3000)
    asked = []

    def fetch(seq):
        asked.append(seq)
        return maker.frames[seq - 1]

    model = make_model(maker.frames, fetch=fetch)
    assert model.frame(5999).seq == 5999
    assert asked == []
    assert model.frame(1).seq == 1
    assert asked == [1]


def test_clear_forgets_everything(make_model):
    model = make_model(session().frames)
    model.clear()
    assert (model.rowCount(), model.frame_count, model.problem_count) == (0, 0, 0)
    model.append(session().frames)
    model.flush()
    assert model.rowCount() == 8


@pytest.mark.parametrize(
    ("wanted", "actions"),
    [
        (LogFilter(text="authorize"), ["Authorize", "TransactionEvent"]),
        (LogFilter(text="04a22b6c"), ["Authorize"]),
        (LogFilter(text="invalidvalue"), ["SetVariables"]),
        (LogFilter(text="ID-13"), ["SetVariables"]),
        (LogFilter(text="transaction cableplugged"), ["TransactionEvent"]),
        (LogFilter(text='"· connector 1"'), ["StatusNotification"]),
        (LogFilter(text='"connector  1"'), []),
        (LogFilter(sent=False), ["SetVariables"]),
        (LogFilter(verdict="problem"), ["SetVariables"]),
        (LogFilter(verdict="waiting"), ["TransactionEvent"]),
        (LogFilter(verdict="good", actions=frozenset({"TransactionEvent"})), ["TransactionEvent", "TransactionEvent"]),
        (LogFilter(evse=1), ["StatusNotification", "TransactionEvent", "TransactionEvent", "TransactionEvent"]),
        (LogFilter(evse=1, text="meter"), ["TransactionEvent"]),
        (LogFilter(transaction="7f3a12c0-55aa-4c1e-9b1f-0a4b8f2f3c11", sent=True, text="seq 2"), ["TransactionEvent"]),
        (LogFilter(before_s=START.timestamp() + 1), ["BootNotification"]),
        (LogFilter(after_s=START.timestamp() + 9), ["SetVariables", "TransactionEvent"]),
        (LogFilter(marked=True), ["Heartbeat"]),
        (LogFilter(text="é"), []),
    ],
)
def test_filters_alone_and_together(make_model, wanted, actions):
    model = make_model(session().frames)
    model.set_marks({11: Mark(star=True)})
    model.set_filter(wanted)
    assert texts(model, Column.ACTION) == actions


def test_hidden_actions_are_left_out(make_model):
    model = make_model(session().frames)
    model.set_filter(LogFilter(hidden_actions=frozenset({"Heartbeat"})))
    assert "Heartbeat" not in texts(model, Column.ACTION)
    assert model.rowCount() == 7


def test_letters_beyond_ascii_are_found_in_any_case(make_model):
    maker = FrameMaker()
    maker.call("DataTransfer", {"vendorId": "Säule MÜNCHEN Привет"})
    model = make_model(maker.frames)
    for text in ("säule", "münchen", "SÄULE", "привет"):
        model.set_filter(LogFilter(text=text))
        assert model.rowCount() == 1, text
    model.set_filter(LogFilter(text="bär"))
    assert model.rowCount() == 0


def test_new_rows_pass_through_the_filter(make_model):
    maker = session()
    model = make_model(maker.frames)
    model.set_filter(LogFilter(text="StatusNotification"))
    before = maker.seq
    for status in ("Faulted", "Available"):
        maker.call("StatusNotification", {"connectorStatus": status, "evseId": 2, "connectorId": 1})
    maker.call("Heartbeat")
    model.append(maker.frames[before:])
    model.flush()
    assert [row.split(" · ")[-1] for row in texts(model, Column.SUMMARY)] == ["Occupied", "Faulted", "Available"]


def test_a_row_comes_and_goes_with_its_answer(make_model):
    maker = FrameMaker()
    calls = [maker.call("Heartbeat"), maker.call("Reset", {"type": "Hard"}, direction="received")]
    model = make_model(maker.frames)
    model.set_filter(LogFilter(verdict="waiting"))
    assert model.rowCount() == 2
    model.append([maker.answer(calls[0])])
    model.flush()
    assert texts(model, Column.ACTION) == ["Reset"]
    model.set_filter(LogFilter(verdict="problem"))
    assert model.rowCount() == 0
    model.append([maker.answer(calls[1], {"status": "Rejected"})])
    model.flush()
    assert texts(model, Column.ACTION) == ["Reset"]


def test_a_long_log_is_filtered_in_slices(make_model, qtbot):
    count = 40 * BLOCK_ROWS
    maker = FrameMaker()
    frames = []
    for number in range(count):
        frames.append(maker.call("Heartbeat", message_id=f"m{number}x"))
    model = make_model(frames)
    model._scan_timer.timeout.disconnect()  # the test takes the steps itself
    model.set_filter(LogFilter(text="7x"))
    first = model.rowCount()
    assert model.row_at(first - 1).message_id == f"m{count - 3}x"  # the newest rows come first
    steps = 0
    while model.scanning:
        model._continue_scan()
        steps += 1
    assert texts(model, Column.TIME)
    assert model.rowCount() == count // 10
    ordinals = [model.ordinal_at(row) for row in range(model.rowCount())]
    assert ordinals == sorted(set(ordinals))


def test_a_newer_filter_ends_the_one_that_runs(make_model, qtbot):
    model = make_model(many(20 * BLOCK_ROWS).frames)
    model.set_filter(LogFilter(text="message"))
    model.set_filter(LogFilter(text="message-77"))
    wait_for_scan(model, qtbot)
    assert set(texts(model, Column.ACTION)) <= {"Heartbeat", "StatusNotification"}
    assert all(model.row_at(row).message_id.startswith("message-77") for row in range(model.rowCount()))
    assert model.rowCount() == sum(str(number).startswith("77") for number in range(20 * BLOCK_ROWS))


def test_answers_during_a_scan_are_not_lost(make_model, qtbot):
    maker = FrameMaker()
    calls = [maker.call("Heartbeat") for _ in range(30 * BLOCK_ROWS)]
    model = make_model(maker.frames)
    model._scan_timer.timeout.disconnect()
    model.set_filter(LogFilter(verdict="waiting"))
    answered = [calls[5], calls[15 * BLOCK_ROWS], calls[-1]]
    model.append([maker.answer(call) for call in answered])
    model.flush()
    while model.scanning:
        model._continue_scan()
    assert model.rowCount() == len(calls) - 3
    assert all(model.row_at(row).waiting for row in range(0, model.rowCount(), 97))


def test_rows_fall_off_while_a_filter_is_on(make_model, qtbot):
    maker = many(1500)
    model = make_model(maker.frames[:2000], cap=800)
    model.set_filter(LogFilter(hidden_actions=frozenset({"Heartbeat"})))
    wait_for_scan(model, qtbot)
    assert model.rowCount() == 720
    model.append(maker.frames[2000:])
    model.flush()
    assert model.rowCount() == 720
    assert model.row_at(719).message_id == "message-1499"


def test_raw_text_is_searched_in_a_worker(make_model, qtbot):
    threads = []

    def search(text):
        threads.append(threading.current_thread())
        return [4] if text == "vendorname-in-raw" else []

    model = make_model(session().frames, search_raw=search)
    model.set_filter(LogFilter(text="vendorname-in-raw"))
    assert model.rowCount() == 0
    qtbot.waitUntil(lambda: model.rowCount() == 1, timeout=3000)
    assert model.row_at(0).answer_seq == 4
    assert threads[0] is not threading.main_thread()


def test_a_search_that_fails_finds_what_is_in_memory(make_model, qtbot):
    def search(text):
        raise OSError("the log is closed")

    model = make_model(session().frames, search_raw=search)
    model.set_filter(LogFilter(text="authorize"))
    qtbot.wait(50)
    assert model.rowCount() == 2


def test_the_previous_of_a_kind(make_model):
    model = make_model(session().frames)
    last = model.row_at(7)
    before = model.rows.previous_of_kind(last)
    assert before.summary == "Updated · Authorized · tx 7f3a · seq 1"
    assert model.rows.previous_of_kind(model.row_at(0)) is None


def test_marks_are_kept_by_seq(make_model):
    model = make_model(session().frames)
    model.set_mark(7, Mark(star=True, comment="look"))
    model.set_mark(1, Mark(star=True))
    model.set_mark(1, Mark())
    assert model.marks == {7: Mark(star=True, comment="look")}
    row = next(row for row in range(8) if model.row_at(row).seq == 7)
    assert model.data(model.index(row, Column.SUMMARY), Qt.ItemDataRole.ToolTipRole).endswith("look")


def test_a_row_as_one_line(make_model):
    model = make_model(session().frames)
    assert one_liner(model.row_at(0)) == (
        "2026-11-20T14:31:52.104Z → BootNotification [ChargeDesk DC-150 · PowerUp] ⇒ Accepted (18 ms)"
    )
    assert one_liner(model.row_at(6)).endswith("⇒ Rejected · InvalidValue (1 ms)")


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(-5, "0.0 ms"), (0.42, "0.4 ms"), (18, "18 ms"), (4200, "4.2 s"), (90_000, "2 min"), (7_200_000, "2 h")],
)
def test_durations(milliseconds, text):
    assert duration_text(milliseconds) == text


def test_a_transaction_brings_its_evse(make_model):
    maker = FrameMaker()
    maker.call("TransactionEvent", event("Started", "CablePluggedIn", 0))
    maker.call("TransactionEvent", event("Updated", "Authorized", 1))
    start = maker.call("StartTransaction", {"connectorId": 2, "idTag": "T", "meterStart": 0}, ocpp="1.6")
    maker.answer(start, {"transactionId": 9, "idTagInfo": {"status": "Accepted"}})
    maker.call("StopTransaction", {"transactionId": 9, "meterStop": 5}, ocpp="1.6")
    model = make_model(maker.frames)
    assert [model.row_at(row).evse for row in range(4)] == [1, 1, 2, 2]
    assert model.row_at(2).transaction == "9"
    assert model.evses == (1, 2)


def test_headers_and_other_roles(make_model):
    model = make_model(session().frames)
    across = Qt.Orientation.Horizontal
    assert [model.headerData(column, across) for column in range(7)] == [
        "Time",
        "",
        "Action",
        "Summary",
        "Answer",
        "Latency",
        "",
    ]
    assert model.headerData(1, across, Qt.ItemDataRole.AccessibleTextRole) == "Direction"
    assert model.headerData(0, Qt.Orientation.Vertical) is None
    assert model.data(model.index(0, 0), Qt.ItemDataRole.ToolTipRole) == "2026-11-20T14:31:52.104Z"
    assert model.data(model.index(0, 2), Qt.ItemDataRole.ToolTipRole) == "BootNotification\nmessage id id-1"
    assert model.data(model.index(99, 0)) is None
    assert model.rowCount(model.index(0, 0)) == 0
