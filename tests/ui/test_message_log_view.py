"""The message log as a user meets it: typing, chips, keys, following, marks, menu."""

import pytest
from PySide6.QtCore import QByteArray, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu

from tests.support.log_frames import FrameMaker, session
from ui.models.log_cells import Column
from ui.models.log_filter import LogFilter
from ui.models.message_log import Mark, MessageLogModel
from ui.theme import Theme
from ui.views.message_log import MessageLogView

SEQ_OF_SET_VARIABLES = 13
LEFT = Qt.MouseButton.LeftButton
pytestmark = pytest.mark.qt_log_ignore("This plugin does not support", extend=True)  # the offscreen platform cannot


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, "light")
    yield made
    qapp.setStyleSheet("")
    made.deleteLater()


@pytest.fixture
def make_view(qtbot, theme):
    models = []

    def make(frames, **options):
        model = MessageLogModel(**options)
        models.append(model)
        model.append(frames)
        model.flush()
        view = MessageLogView(model, theme)
        qtbot.addWidget(view)
        view.resize(914, 300)
        view.show()
        qtbot.waitExposed(view)
        return view

    yield make
    for model in models:
        model.close()


@pytest.fixture
def view(make_view):
    return make_view(session().frames)


def actions(view):
    model = view.model
    return [model.data(model.index(row, Column.ACTION)) for row in range(model.rowCount())]


def type_filter(view, qtbot, text):
    qtbot.keyClicks(view.filter_edit, text)
    qtbot.keyClick(view.filter_edit, Qt.Key.Key_Return)


def click_row(view, qtbot, row):
    place = view.table.visualRect(view.model.index(row, Column.SUMMARY)).center()
    qtbot.mouseClick(view.table.viewport(), LEFT, pos=place)


def feed(view, maker, count):
    before = len(maker.frames)
    for _ in range(count):
        maker.answer(maker.call("StatusNotification", {"connectorStatus": "Available", "evseId": 1, "connectorId": 1}))
    view.model.append(maker.frames[before:])
    view.model.flush()


def at_bottom(view):
    bar = view.table.verticalScrollBar()
    return bar.value() == bar.maximum()


# --- filter ---------------------------------------------------------------------------------------------------------


def test_heartbeats_are_hidden_until_the_chip_is_pressed(view, qtbot):
    assert "Heartbeat" not in actions(view)
    assert view.bar.heartbeat_chip.text() == "Heartbeat hidden"
    qtbot.mouseClick(view.bar.heartbeat_chip, LEFT)
    assert "Heartbeat" in actions(view)
    assert view.bar.heartbeat_chip.text() == "Heartbeat shown"


def test_typing_filters_after_a_pause(view, qtbot):
    qtbot.keyClicks(view.filter_edit, "authorize")
    assert len(actions(view)) == 7
    qtbot.waitUntil(lambda: actions(view) == ["Authorize", "TransactionEvent"], timeout=1000)


def test_escape_clears_the_box(view, qtbot):
    type_filter(view, qtbot, "setvariables")
    assert actions(view) == ["SetVariables"]
    qtbot.keyClick(view.filter_edit, Qt.Key.Key_Escape)
    assert view.filter_edit.text() == ""
    assert len(actions(view)) == 7


def test_control_f_goes_to_the_box_and_down_to_the_table(view, qtbot):
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert view.filter_edit.hasFocus()
    type_filter(view, qtbot, "started")
    qtbot.keyClick(view.filter_edit, Qt.Key.Key_Down)
    assert view.table.hasFocus()
    assert view.current_row().action == "TransactionEvent"


def test_chips_narrow_and_all_widens_again(view, qtbot):
    bar = view.bar
    qtbot.mouseClick(bar.received_chip, LEFT)
    assert actions(view) == ["SetVariables"]
    assert not bar.all_chip.isChecked()
    qtbot.mouseClick(bar.sent_chip, LEFT)
    assert "SetVariables" not in actions(view)
    assert not bar.received_chip.isChecked()
    qtbot.mouseClick(bar.sent_chip, LEFT)
    assert bar.all_chip.isChecked()
    qtbot.mouseClick(bar.problems_chip, LEFT)
    assert actions(view) == ["SetVariables"]
    qtbot.mouseClick(bar.all_chip, LEFT)
    assert len(actions(view)) == 7
    assert "Heartbeat" not in actions(view)


def test_the_problem_chip_counts(view):
    assert view.bar.problems_chip.text() == "✕ Problems 1"
    assert view.count_text() == "15 frames · 1 problem"


def test_one_evse_from_the_chip_s_menu(view, qtbot):
    menu = view.bar.evse_chip.menu()
    menu.aboutToShow.emit()
    assert [action.text() for action in menu.actions()] == ["Every EVSE", "EVSE 1"]
    menu.actions()[1].trigger()
    assert view.bar.evse_chip.text() == "EVSE 1"
    assert len(actions(view)) == 4


def test_further_conditions_have_a_chip_that_takes_them_away(view, qtbot):
    view.bar.set_filter(LogFilter(actions=frozenset({"Authorize"}), transaction="7f3a12c0-55aa", marked=True))
    assert view.bar.extra_chip.text() == "Authorize, tx 7f3a, marked  ✕"
    qtbot.mouseClick(view.bar.extra_chip, LEFT)
    assert not view.bar.extra_chip.isVisible()
    assert len(actions(view)) == 8


def test_the_menu_of_further_conditions(view, qtbot):
    qtbot.mouseClick(view.bar.more_chip, LEFT)
    menu = view.bar.findChild(QMenu)
    by_text = {action.text(): action for action in menu.actions()}
    by_text["Last minute"].trigger()
    assert view.bar.filter.after_s == view.model.now_s() - 60
    by_text["Only waiting for an answer"].trigger()
    assert actions(view) == ["TransactionEvent"]
    only = by_text["Only this action"].menu()
    {action.text(): action for action in only.actions()}["Heartbeat"].trigger()
    menu.close()


def test_a_filter_that_hides_everything_says_so(view, qtbot):
    type_filter(view, qtbot, "nothing like it")
    assert view.table.empty_title == "Nothing matches"
    assert "8 messages are hidden" in view.table.accessibleDescription()
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_Escape)
    assert len(actions(view)) == 8


def test_an_empty_log_says_what_to_do(make_view):
    view = make_view([])
    assert view.table.empty_title == "No messages yet"
    assert "Connect to a CSMS" in view.table.accessibleDescription()
    view.grab()


def test_the_current_row_survives_a_filter(view, qtbot):
    view.select(SEQ_OF_SET_VARIABLES)
    qtbot.mouseClick(view.bar.problems_chip, LEFT)
    assert view.current_row().seq == SEQ_OF_SET_VARIABLES
    qtbot.mouseClick(view.bar.all_chip, LEFT)
    assert view.current_row().seq == SEQ_OF_SET_VARIABLES


def test_highlighting_hides_nothing_and_f3_goes_from_match_to_match(view, qtbot):
    view.bar.highlight_action.trigger()
    type_filter(view, qtbot, "transactionevent")
    assert len(actions(view)) == 7
    seen = []
    for _ in range(3):
        view.jump_to_match(forward=True)
        seen.append(view.current_row().seq)
    assert seen == [5, 9, 15]
    view.jump_to_match(forward=False)
    assert view.current_row().seq == 9
    view.grab()


# --- rows -----------------------------------------------------------------------------------------------------------


def test_a_click_selects(view, qtbot):
    with qtbot.waitSignal(view.selected) as selected:
        click_row(view, qtbot, 5)
    assert selected.args == [SEQ_OF_SET_VARIABLES]


def test_j_and_k_and_arrows_move(view, qtbot):
    table = view.table
    table.setFocus()
    click_row(view, qtbot, 2)
    qtbot.keyClick(table, Qt.Key.Key_J)
    assert table.currentIndex().row() == 3
    qtbot.keyClick(table, Qt.Key.Key_K)
    qtbot.keyClick(table, Qt.Key.Key_K)
    assert table.currentIndex().row() == 1
    qtbot.keyClick(table, Qt.Key.Key_Down)
    assert table.currentIndex().row() == 2


def test_enter_and_double_click_open(view, qtbot):
    click_row(view, qtbot, 5)
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view.table, Qt.Key.Key_Return)
    assert opened.args == [SEQ_OF_SET_VARIABLES]
    place = view.table.visualRect(view.model.index(0, Column.ACTION)).center()
    qtbot.mouseClick(view.table.viewport(), LEFT, pos=place)
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.mouseDClick(view.table.viewport(), LEFT, pos=place)
    assert opened.args == [1]


def test_a_goes_to_the_answer(view, qtbot):
    click_row(view, qtbot, 5)
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view.table, Qt.Key.Key_A)
    assert opened.args == [SEQ_OF_SET_VARIABLES + 1]


def test_select_finds_requests_and_answers_and_hidden_rows(view):
    assert view.select(SEQ_OF_SET_VARIABLES + 1)
    assert view.current_row().seq == SEQ_OF_SET_VARIABLES
    assert view.select(11)
    assert view.current_row().action == "Heartbeat"
    assert not view.select(999)


def test_copying(view, qtbot):
    clipboard = QGuiApplication.clipboard()
    click_row(view, qtbot, 0)
    qtbot.keyClick(view.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert [line.split()[2] for line in clipboard.text().splitlines()] == ["BootNotification", "StatusNotification"]
    view.copy_json()
    assert len(clipboard.text().splitlines()) == 4
    assert clipboard.text().startswith('[2,"id-1","BootNotification"')


def test_stars(view, qtbot):
    click_row(view, qtbot, 0)
    qtbot.keyClick(view.table, Qt.Key.Key_M)
    assert view.model.marks == {1: Mark(star=True)}
    view.grab()
    qtbot.keyClick(view.table, Qt.Key.Key_M)
    assert view.model.marks == {}


def test_comments_are_written_over_the_row(view, qtbot):
    click_row(view, qtbot, 1)
    qtbot.keyClick(view.table, Qt.Key.Key_C)
    editor = next(edit for edit in view.table.findChildren(QLineEdit) if edit.isVisible())
    qtbot.keyClicks(editor, "too early")
    qtbot.keyClick(editor, Qt.Key.Key_Return)
    assert view.model.marks == {3: Mark(comment="too early")}
    assert not editor.isVisible()
    qtbot.keyClick(view.table, Qt.Key.Key_C)
    qtbot.keyClicks(editor, "other")
    qtbot.keyClick(editor, Qt.Key.Key_Escape)
    assert view.model.marks == {3: Mark(comment="too early")}
    view.grab()


def menu_of(view, qtbot, row):
    click_row(view, qtbot, row)
    place = view.table.visualRect(view.model.index(row, Column.SUMMARY)).center()
    QApplication.sendEvent(
        view.table.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, QPoint(5, 5))
    )
    menu = next(menu for menu in view.findChildren(QMenu) if menu.isVisible())
    return menu, {action.text(): action for action in menu.actions()}


def test_the_menu_of_a_sent_row(view, qtbot):
    menu, by_text = menu_of(view, qtbot, 3)
    with qtbot.waitSignal(view.send_again) as sent:
        by_text["Send again"].trigger()
    assert sent.args[0].action == "Authorize"
    with qtbot.waitSignal(view.edit_and_send):
        by_text["Edit and send…"].trigger()
    by_text["Only Authorize"].trigger()
    assert actions(view) == ["Authorize"]
    menu.close()


def test_the_menu_of_a_received_row(view, qtbot):
    menu, by_text = menu_of(view, qtbot, 5)
    assert "Send again" not in by_text
    with qtbot.waitSignal(view.edit_and_answer) as asked:
        by_text["Edit and answer…"].trigger()
    assert asked.args[0].action == "SetVariables"
    by_text["Hide SetVariables"].trigger()
    assert "SetVariables" not in actions(view)
    menu.close()


def test_the_menu_filters_by_what_the_row_is_about(view, qtbot):
    menu, by_text = menu_of(view, qtbot, 4)
    by_text["Only tx 7f3a"].trigger()
    assert len(actions(view)) == 3
    menu.close()
    menu, by_text = menu_of(view, qtbot, 1)
    by_text["From here on"].trigger()
    assert len(actions(view)) == 2
    by_text["Mark with a star"].trigger()
    assert len(view.model.marks) == 1
    menu.close()


def test_a_malformed_row_cannot_be_sent_again(make_view, qtbot):
    maker = FrameMaker()
    maker.malformed()
    view = make_view(maker.frames)
    menu, by_text = menu_of(view, qtbot, 0)
    assert not by_text["Edit and answer…"].isEnabled()
    menu.close()


# --- following ------------------------------------------------------------------------------------------------------


def test_it_follows_the_tail_until_scrolled_and_resumes_with_end(make_view, qtbot):
    maker = FrameMaker()
    view = make_view(maker.frames)
    feed(view, maker, 100)
    assert view.follow
    assert at_bottom(view)
    bar = view.table.verticalScrollBar()
    bar.setValue(20)
    assert not view.follow
    assert not view.bar.follow_chip.isChecked()
    feed(view, maker, 50)
    assert bar.value() == 20
    view.table.setFocus()
    qtbot.keyClick(view.table, Qt.Key.Key_End)
    assert view.follow
    feed(view, maker, 50)
    assert at_bottom(view)


def test_scrolling_back_to_the_end_follows_again(make_view):
    maker = FrameMaker()
    view = make_view(maker.frames)
    feed(view, maker, 100)
    bar = view.table.verticalScrollBar()
    bar.setValue(0)
    bar.setValue(bar.maximum())
    assert view.follow


def test_the_follow_chip(make_view, qtbot):
    maker = FrameMaker()
    view = make_view(maker.frames)
    feed(view, maker, 100)
    qtbot.mouseClick(view.bar.follow_chip, LEFT)
    assert not view.follow
    value = view.table.verticalScrollBar().value()
    feed(view, maker, 10)
    assert view.table.verticalScrollBar().value() == value
    qtbot.mouseClick(view.bar.follow_chip, LEFT)
    assert at_bottom(view)


def test_what_is_read_stays_in_place_when_old_rows_fall_off(make_view):
    maker = FrameMaker()
    view = make_view(maker.frames, cap=200)
    feed(view, maker, 200)
    bar = view.table.verticalScrollBar()
    bar.setValue(100)
    top = view.model.row_at(view.table.rowAt(2)).seq
    feed(view, maker, 30)
    assert view.model.row_at(view.table.rowAt(2)).seq == top
    assert not view.follow


def test_what_is_read_stays_in_place_when_a_filter_finds_older_rows(make_view, qtbot):
    maker = FrameMaker()
    view = make_view([])
    feed(view, maker, 40_000)
    view.model._scan_timer.timeout.disconnect()
    type_filter(view, qtbot, "available")
    bar = view.table.verticalScrollBar()
    bar.setValue(bar.maximum() // 2)
    top = view.model.row_at(view.table.rowAt(2)).seq
    while view.model.scanning:
        view.model._continue_scan()
    assert view.model.rowCount() == 40_000
    assert view.model.row_at(view.table.rowAt(2)).seq == top


# --- the rest -------------------------------------------------------------------------------------------------------


def test_state_is_saved_and_restored(make_view):
    first, second = make_view([]), make_view([])
    first.table.horizontalHeader().resizeSection(Column.ACTION, 222)
    first.bar.set_filter(LogFilter(text="x", sent=True, hidden_actions=frozenset({"Heartbeat"}), after_s=5.0))
    first.set_follow(False)
    assert second.restoreState(first.saveState())
    assert second.table.columnWidth(Column.ACTION) == 222
    assert second.bar.filter == LogFilter(text="x", sent=True, hidden_actions=frozenset({"Heartbeat"}))
    assert second.filter_edit.text() == "x"
    assert not second.follow
    for wrong in (b"", b"[]", b"{}", b'{"version": 1, "filter": {"no": 1}, "header": "", "follow": 1}'):
        assert not second.restoreState(QByteArray(wrong))


def test_narrow_windows_keep_the_summary_and_wrap_the_chips(view, qtbot):
    view.resize(560, 300)
    qtbot.waitUntil(lambda: view.bar.height() > 60)
    assert view.table.columnWidth(Column.SUMMARY) > 80
    view.resize(1200, 300)
    qtbot.waitUntil(lambda: view.bar.height() < 60)
    assert view.table.columnWidth(Column.SUMMARY) > 400


def test_both_themes_paint(view, theme):
    light = view.grab().toImage()
    theme.set_choice("dark")
    dark = view.grab().toImage()
    assert light.pixelColor(400, 250).lightness() > 200
    assert dark.pixelColor(400, 250).lightness() < 60


def test_names_for_screen_readers(view):
    assert view.table.accessibleName() == "Messages"
    assert view.filter_edit.accessibleName() == "Filter messages"
    assert view.bar.more_chip.accessibleName() == "More conditions"


def test_the_pointer_marks_a_row(view, qtbot):
    place = view.table.visualRect(view.model.index(2, Column.SUMMARY)).center()
    qtbot.mouseMove(view.table.viewport(), place)
    qtbot.waitUntil(lambda: view.table.delegate.hovered == 2)
