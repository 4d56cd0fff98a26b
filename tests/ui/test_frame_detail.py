"""The frame detail: tree, raw text, difference, sequence."""

import pytest
from PySide6.QtCore import QByteArray, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication

from emulator.domain.frames import Problem
from tests.support.log_frames import START, FrameMaker, event, meter_value, session
from ui.models.frame_tree import FrameTree
from ui.models.message_log import MessageLogModel
from ui.theme import Theme
from ui.views.frame_detail import FrameDetail
from ui.views.frame_text import MAX_SHOWN, pretty, shown

LEFT = Qt.MouseButton.LeftButton
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # the offscreen platform cannot
SEQ_OF_SET_VARIABLES = 13
WAITING = 15


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, "light")
    yield made
    qapp.setStyleSheet("")
    made.deleteLater()


@pytest.fixture
def log():
    return session()


@pytest.fixture
def model(qapp, log):
    made = MessageLogModel(now=lambda: log.time)
    made.append(log.frames)
    made.flush()
    yield made
    made.close()


@pytest.fixture
def detail(qtbot, model, theme):
    made = FrameDetail(model, theme, station_name="CP001")
    qtbot.addWidget(made)
    made.resize(914, 320)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.sequence._timer.stop()


def lines(tree, parent=None, depth=0):
    """All lines of a tree, indented."""
    from PySide6.QtCore import QModelIndex

    parent = parent or QModelIndex()
    found = []
    for row in range(tree.rowCount(parent)):
        index = tree.index(row, 0, parent)
        found.append("  " * depth + tree.data(index))
        found += lines(tree, index, depth + 1)
    return found


# --- the tree -------------------------------------------------------------------------------------------------------


def test_the_tree_shows_fields_values_and_what_is_wrong(log):
    tree = FrameTree()
    tree.show(log.frames[12], log.frames[13])
    assert lines(tree)[:7] == [
        "setVariableData [1]",
        "  0",
        '    component name "SampledDataCtrlr"',
        '      name "SampledDataCtrlr"',
        '    variable name "TxUpdatedInterval"',
        '      name "TxUpdatedInterval"',
        '    attributeValue "ten" ✕ integer expected',
    ]
    assert "answer Rejected · InvalidValue after 1 ms" in lines(tree)
    assert [tree.data(index) for index in tree.wrong()] == ['attributeValue "ten" ✕ integer expected']


def test_units_are_shown_where_they_are_known():
    maker = FrameMaker()
    profile = {
        "chargingProfile": {
            "chargingSchedule": [
                {"chargingRateUnit": "A", "chargingSchedulePeriod": [{"startPeriod": 60, "limit": 16.0}]}
            ]
        }
    }
    for payload, expected in (
        ({"interval": 300, "status": "Accepted"}, ["interval 300 s", 'status "Accepted"']),
        ({"meterStart": 5}, ["meterStart 5 Wh"]),
        ({"meterValue": meter_value(180, 11_000)}, ["value 180 Wh", "value 11000 W"]),
        ({"meterValue": [{"sampledValue": [{"value": "64", "measurand": "SoC"}]}]}, ['value "64" %']),
        (profile, ["startPeriod 60 s", "limit 16.0 A"]),
        ({"value": "x"}, ['value "x"']),
        ({"interval": True, "x": None}, ["interval true", "x null"]),
    ):
        tree = FrameTree()
        tree.show(maker.call("X", payload))
        stripped = [line.strip() for line in lines(tree)]
        assert set(expected) <= set(stripped)


def test_problems_without_a_field_stand_on_top():
    maker = FrameMaker()
    problems = (
        Problem("", "required", "'type' is missing"),
        Problem("/a/b~1c", "enum", "not one of these"),
        Problem("/gone/0", "type", "wrong"),
    )
    tree = FrameTree()
    tree.show(maker.call("Reset", {"a": {"b/c": 1, "d": [1]}}, problems=problems))
    found = lines(tree)
    assert found[:2] == ["✕ 'type' is missing", "✕ wrong"]
    assert "  b/c 1 ✕ not one of these" in found


def test_frames_without_fields():
    maker = FrameMaker()
    tree = FrameTree()
    tree.show(maker.malformed())
    assert lines(tree) == ["✕ not JSON: unexpected end", 'received [2,"1","Reset",{']
    tree.show(maker.call("Heartbeat"), None, "waiting")
    assert lines(tree) == ["empty payload", "answer waiting"]
    tree.show(maker.call("Heartbeat", "text"))
    assert lines(tree) == ["payload text"]
    tree.show(None)
    assert lines(tree) == []


def test_a_large_payload_is_opened_only_a_little(detail, model, log):
    rows = [{"component": {"name": f"c{number}"}, "variable": {"name": "v"}} for number in range(3000)]
    frame = log.call("NotifyReport", {"requestId": 1, "seqNo": 0, "reportData": rows})
    model.append([frame])
    model.flush()
    detail.show_seq(frame.seq)
    tree = detail.tree.tree
    index = tree.index(2, 0)
    assert tree.data(index) == "reportData [3000]"
    assert not detail.tree.isExpanded(index)


# --- the widget -----------------------------------------------------------------------------------------------------


def test_nothing_is_selected_at_first(detail):
    assert detail.title.text() == ""
    assert not detail.copy_button.isEnabled()
    assert not detail.edit_button.isEnabled()
    detail.grab()


def test_title_and_buttons_of_a_received_request(detail, qtbot):
    detail.show_seq(SEQ_OF_SET_VARIABLES)
    assert detail.title.text().startswith("← SetVariables · id-13 · ")
    assert detail.edit_button.text() == "Edit and answer"
    with qtbot.waitSignal(detail.edit_and_answer) as asked:
        qtbot.mouseClick(detail.edit_button, LEFT)
    assert asked.args[0].seq == SEQ_OF_SET_VARIABLES


def test_a_sent_request_can_be_edited_and_sent(detail, qtbot):
    detail.show_seq(1)
    assert detail.edit_button.text() == "Edit and send"
    with qtbot.waitSignal(detail.edit_and_send) as asked:
        qtbot.mouseClick(detail.edit_button, LEFT)
    assert asked.args[0].action == "BootNotification"


def test_the_wrong_field_is_in_sight(detail):
    detail.show_seq(SEQ_OF_SET_VARIABLES)
    tree = detail.tree
    (wrong,) = tree.tree.wrong()
    assert tree.isExpanded(wrong.parent())
    assert tree.viewport().rect().intersects(tree.visualRect(wrong))


def test_an_answer_is_shown_in_its_request_s_place(detail):
    detail.show_seq(SEQ_OF_SET_VARIABLES + 1)
    assert detail.frame.seq == SEQ_OF_SET_VARIABLES
    assert detail.tree.isExpanded(detail.tree.tree.index_of(detail.tree.tree.answer))
    assert detail.raw.frame.seq == SEQ_OF_SET_VARIABLES + 1


def test_an_answer_that_comes_is_shown_at_once(detail, model, log):
    detail.show_seq(WAITING)
    assert lines(detail.tree.tree)[-1] == "answer waiting"
    model.append([log.answer(log.frames[14], {"totalCost": 1.2})])
    model.flush()
    assert "answer cost 1.20 after 12 ms" in lines(detail.tree.tree)


def test_copy_takes_what_the_tab_shows(detail, qtbot, log):
    clipboard = QGuiApplication.clipboard()
    detail.show_seq(SEQ_OF_SET_VARIABLES)
    qtbot.mouseClick(detail.copy_button, LEFT)
    assert clipboard.text() == log.frames[12].raw
    detail.set_tab(1)
    qtbot.mouseClick(detail.raw.answer_chip, LEFT)
    qtbot.mouseClick(detail.copy_button, LEFT)
    assert clipboard.text() == log.frames[13].raw


def test_raw_text_laid_out_and_as_it_was(detail, qtbot, log):
    detail.show_seq(1)
    qtbot.mouseClick(detail.tabs.button(1), LEFT)
    assert '\n  "BootNotification",\n' in detail.raw.text.toPlainText()
    qtbot.mouseClick(detail.raw.raw_chip, LEFT)
    assert detail.raw.text.toPlainText() == log.frames[0].raw


def test_finding_in_the_raw_text(detail, qtbot):
    detail.show_seq(1)
    detail.set_tab(1)
    qtbot.keyClicks(detail.raw.find_edit, "a")
    count = detail.raw.text.toPlainText().lower().count("a")
    assert detail.raw.found_label.text() == f"{count} found"
    first = detail.raw.text.textCursor().position()
    qtbot.keyClick(detail.raw.find_edit, Qt.Key.Key_Return)
    assert detail.raw.text.textCursor().position() != first
    qtbot.keyClicks(detail.raw.find_edit, "zzz")
    assert detail.raw.found_label.text() == "0 found"


def test_the_difference_with_the_previous_of_its_kind(detail, qtbot):
    detail.show_seq(WAITING)
    qtbot.mouseClick(detail.tabs.button(2), LEFT)
    text = detail.difference.text.toPlainText().splitlines()
    assert '-   "triggerReason": "Authorized",' in text
    assert '+   "triggerReason": "MeterValuePeriodic",' in text
    assert '    "eventType": "Updated",' in text
    assert not any("transactionInfo" in line for line in text if line[0] != " ")
    with qtbot.waitSignal(detail.jump) as jumped:
        qtbot.mouseClick(detail.difference.go_button, LEFT)
    assert jumped.args == [9]


def test_the_first_of_its_kind_has_no_difference(detail):
    detail.show_seq(1)
    detail.set_tab(2)
    assert detail.difference.label.text().startswith("This is the first BootNotification")


def test_state_is_saved_and_restored(detail):
    detail.set_tab(1)
    state = detail.saveState()
    detail.set_tab(0)
    assert detail.restoreState(state)
    assert detail.stack.currentIndex() == 1
    for wrong in (b"", b"[]", b'{"tab": 9, "sizes": [1, 2]}', b'{"tab": 0, "sizes": []}'):
        assert not detail.restoreState(QByteArray(wrong))


def test_both_themes_paint_all_tabs(detail, theme):
    detail.show_seq(WAITING)
    for choice in ("dark", "light"):
        theme.set_choice(choice)
        for tab in range(3):
            detail.set_tab(tab)
            assert not detail.grab().isNull()


def test_texts_are_cut_before_they_hold_up_the_window():
    assert pretty("not json") == "not json"
    assert pretty('{"a":1}') == '{\n  "a": 1\n}'
    long = shown("x" * (MAX_SHOWN + 5))
    assert max(map(len, long.split("\n"))) <= 2000
    assert long.endswith("… 5 characters more: Copy takes all of them")


# --- the sequence ---------------------------------------------------------------------------------------------------


def test_the_sequence_shows_what_is_around_the_selected(detail):
    detail.show_seq(SEQ_OF_SET_VARIABLES)
    arrows = detail.sequence.arrows
    texts = [arrow.text for arrow in arrows]
    at = texts.index("SetVariables")
    assert texts[at + 1] == "Rejected · 1 ms"
    assert texts[at + 2] == "TransactionEvent seq 2"
    assert texts[at + 3].startswith("waiting 0.0 ms of 30 s")
    request, answer, waiting = arrows[at], arrows[at + 1], arrows[at + 3]
    assert (request.rightwards, request.dashed, request.colour) == (False, False, "received")
    assert (answer.rightwards, answer.dashed, answer.colour) == (True, True, "bad")
    assert (waiting.drawn, waiting.text_colour) == (False, "warning")
    assert "SetVariables" in detail.sequence.accessibleDescription()


def test_the_sequence_is_live(detail, model, log):
    detail.show_seq(WAITING)
    assert detail.sequence.arrows[-1].text.startswith("waiting")
    model.append([log.answer(log.frames[14])])
    model.flush()
    assert detail.sequence.arrows[-1].text == "12 ms"


def test_a_click_in_the_sequence_selects(detail, qtbot):
    detail.show_seq(SEQ_OF_SET_VARIABLES)
    panel = detail.sequence
    number = [arrow.text for arrow in panel.arrows].index("TransactionEvent seq 2")
    place = QPointF(panel.width() / 2, panel._line_y(number) - 2).toPoint()
    with qtbot.waitSignal(detail.jump) as jumped:
        qtbot.mouseClick(panel, LEFT, pos=place)
    assert jumped.args == [WAITING]
    assert detail.frame.seq == WAITING
    assert panel.arrow_at(5) is None
    qtbot.mouseMove(panel, QPoint(10, 10))


def test_an_empty_sequence_says_so(qtbot, theme):
    model = MessageLogModel()
    detail = FrameDetail(model, theme)
    qtbot.addWidget(detail)
    assert detail.sequence.arrows == []
    detail.grab()
    model.close()


def test_no_answer_in_time_and_lone_frames_in_the_sequence(qtbot, theme):
    maker = FrameMaker()
    maker.call("TransactionEvent", event("Started", "CablePluggedIn", 0))
    maker.wait(60).malformed()
    model = MessageLogModel()
    model.append(maker.frames)
    model.flush()
    detail = FrameDetail(model, theme)
    qtbot.addWidget(detail)
    assert [arrow.text for arrow in detail.sequence.arrows] == ["TransactionEvent seq 0", "no answer", "Malformed"]
    assert maker.frames[0].time == START
    model.close()
