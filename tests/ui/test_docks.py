"""The docks: settings, queue, test CSMS, composer, network and breakpoints, command palette."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLineEdit

from emulator.domain.frames import Direction
from tests.support.window import Live


def find(model, name: str):
    for group in range(model.rowCount()):
        parent = model.index(group, 0)
        for row in range(model.rowCount(parent)):
            if model.setting(model.index(row, 0, parent)).name == name:
                return model.index(row, 1, parent)
    raise AssertionError(f"no setting {name}")


class TestSettings:
    def test_the_filter_finds_a_variable_by_its_key_of_1_6(self, live: Live) -> None:
        live.connect()
        view = live.page("settings")
        live.type(view.filter, "metervaluesampleinterval")
        live.pause()
        names = {view.model.setting(find(view.model, "TxUpdatedInterval")).name}
        assert names == {"TxUpdatedInterval"}
        assert view.count.text().endswith(f"of {view.model.total}")
        live.key(view.filter, Qt.Key.Key_Escape)
        assert view.model.shown == view.model.total

    def test_a_value_is_edited_in_place_and_obeyed(self, live: Live) -> None:
        live.connect()
        view = live.page("settings")
        live.type(view.filter, "HeartbeatInterval")
        index = find(view.model, "HeartbeatInterval")
        view.tree.setCurrentIndex(index)
        live.do(view.edit_current)
        live.pause()
        editor = view.tree.findChild(QLineEdit)
        live.type(editor, "77")
        live.key(editor, Qt.Key.Key_Return)
        live.until(lambda: live.session.emulator.model.get_named("HeartbeatInterval") == "77")
        live.until(lambda: view.model.setting(find(view.model, "HeartbeatInterval")).value == "77")
        assert view.model.setting(find(view.model, "HeartbeatInterval")).changed_by == "operator"

    def test_a_refused_value_stays_visible_with_the_reason(self, live: Live) -> None:
        live.connect()
        view = live.page("settings")
        live.type(view.filter, "HeartbeatInterval")
        setting = view.model.setting(find(view.model, "HeartbeatInterval"))
        live.do(lambda: view.assign(setting, "ten"))
        live.until(lambda: view.model.refusal(setting) is not None)
        index = find(view.model, "HeartbeatInterval")
        assert index.data() == "ten"
        assert index.siblingAtColumn(4).data() == "must be a whole number, not 'ten'."
        assert index.data(Qt.ItemDataRole.ForegroundRole) == live.theme.colour("bad")
        live.do(lambda: view.assign(setting, "60"))
        live.until(lambda: live.session.emulator.model.get_named("HeartbeatInterval") == "60")
        assert view.model.refusal(setting) is None

    def test_choices_are_offered_and_keys_of_1_6_are_a_list(self, live: Live) -> None:
        live.connect()
        view = live.page("settings")
        live.click(view.kinds.button(1))
        live.pause()
        index = find(view.model, "AuthorizeRemoteTxRequests")
        view.tree.setCurrentIndex(index)
        live.do(view.edit_current)
        live.pause()
        combo = view.tree.findChild(QComboBox)
        assert [combo.itemText(place) for place in range(combo.count())] == ["true", "false"]
        combo.hidePopup()
        before = view.model.setting(index).value
        live.do(lambda: view.assign(view.model.setting(index), "true" if before == "false" else "false"))
        live.until(lambda: live.session.emulator.model.get_named("AuthorizeRemoteTxRequests") != before)


class TestQueue:
    @pytest.fixture
    def queued(self, live: Live):
        live.connect()
        live.perform("plug")
        live.perform("swipe", id_token="04A22B6C")
        live.until(lambda: not live.snapshot["queue"] and live.snapshot["transactions"])
        live.perform("network", mode="down")
        live.perform("stop")
        live.until(lambda: live.snapshot["queue"])
        live.session.bridge.refresh()
        return live

    def test_what_waits_is_counted_on_the_tab_and_can_be_edited(self, queued: Live) -> None:
        view = queued.page("queue")
        assert queued.window.bench.panels["queue"].tab_text == "Queue 1"
        view.table.selectRow(0)
        queued.do(view.edit)
        queued.until(view.editing.isVisible)
        payload = view.editor.read.value
        assert "meterStop" in payload
        payload["meterStop"] = 123456
        view.editor.set_value(payload)
        queued.do(view.keep)
        queued.until(lambda: not view.editing.isVisible())
        entry = queued.perform("queue_entry", id=queued.snapshot["queue"][0]["id"])
        assert entry["payload"]["meterStop"] == 123456

    def test_a_message_is_dropped_with_the_delete_key(self, queued: Live) -> None:
        view = queued.page("queue")
        view.table.selectRow(0)
        view.table.setFocus()
        queued.do(view.drop)
        queued.until(lambda: not queued.snapshot["queue"])
        queued.session.bridge.refresh()
        assert view.model.rowCount() == 0

    def test_an_entry_that_is_gone_is_refused_in_the_dock(self, queued: Live) -> None:
        view = queued.page("queue")
        queued.do(lambda: view._perform("queue_drop", id=999))
        queued.until(lambda: "999" in view.refusal.text())


class TestCsms:
    def test_started_from_its_dock_and_connected_with_one_click(self, live: Live) -> None:
        live.start()
        view = live.page("csms")
        assert view.stack.currentIndex() == 0
        both = next(button for button in view.findChildren(type(view.start_button)) if "connect" in button.text())
        live.click(both)
        live.until(lambda: live.state() == "accepted")
        live.until(lambda: view.stack.currentIndex() == 1 and "Accepted" in view.line.text())
        assert view.station.currentText() == "CP001"
        live.click(view.stop_button)
        live.until(lambda: view.stack.currentIndex() == 0)

    @pytest.mark.parametrize(
        ("ocpp", "action", "field", "value", "status"),
        [
            ("1.6", "RemoteStartTransaction", "idTag", "04A22B6C", "Accepted"),
            ("2.0.1", "RequestStartTransaction", "idToken.idToken", "04A22B6C", "Accepted"),
        ],
    )
    def test_a_command_is_sent_by_its_form_and_its_answer_shown(
        self, live: Live, ocpp: str, action: str, field: str, value: str, status: str
    ) -> None:
        live.connect((ocpp,))
        live.perform("plug")
        view = live.page("csms")
        live.until(lambda: view.commands.send_button.isEnabled())
        live.do(lambda: view.commands.choose(action))
        live.type(view.commands.form.fields[field], value)
        live.click(view.commands.send_button)
        live.until(lambda: view.commands.answer_title.text() == f"{action} · {status}")
        assert view.commands.answer.read.value["status"] == status
        live.until(lambda: live.snapshot["transactions"])

    def test_a_bad_form_names_the_field_and_sends_nothing(self, live: Live) -> None:
        live.connect()
        view = live.page("csms")
        live.until(lambda: view.commands.send_button.isEnabled())
        live.do(lambda: view.commands.choose("UnlockConnector"))
        live.type(view.commands.form.fields["connectorId"], "one")
        live.click(view.commands.send_button)
        assert "connectorId" in view.commands.problem.text()

    def test_a_command_may_be_invalid_json_text_and_the_refusal_is_shown(self, live: Live) -> None:
        live.connect()
        view = live.page("csms")
        live.until(lambda: view.commands.send_button.isEnabled())
        live.do(lambda: view.commands.choose("Reset"))
        live.click(view.commands.as_json)
        live.do(lambda: view.commands.editor.set_text('{"type": "Gentle"}'))
        assert view.commands.editor.problems
        live.click(view.commands.send_button)
        live.until(lambda: "ConstraintViolation" in view.commands.answer_title.text())

    def test_tokens_are_edited_while_it_runs(self, live: Live) -> None:
        live.connect()
        view = live.page("csms")
        live.until(lambda: view.tokens.model.rowCount() > 0)
        live.type(view.tokens.token, "MINE")
        live.do(lambda: view.tokens.status.setCurrentText("Blocked"))
        live.click(view.tokens.put_button)
        assert live.window.csms.csms.tokens.get("MINE").status == "Blocked"
        assert live.perform("swipe", id_token="MINE") == {"status": "Blocked"}
        live.do(lambda: view.tokens.table.choose("MINE"))
        live.click(view.tokens.remove_button)
        assert live.window.csms.csms.tokens.get("MINE") is None
        live.click(view.tokens.unknown)
        assert live.perform("swipe", id_token="MINE") == {"status": "Accepted"}


class TestComposer:
    def test_a_skeleton_is_valid_and_is_sent(self, live: Live) -> None:
        live.connect()
        view = live.page("composer")
        live.do(lambda: view.action_box.setCurrentText("StatusNotification"))
        live.do(view.start_anew)
        assert not view.editor.problems
        assert {record["path"] for record in view.fields.records} >= {"connectorId", "errorCode", "status"}
        live.click(view.send_button)
        live.until(lambda: "Answered" in view.note.text())

    def test_an_invalid_message_is_marked_and_sent_all_the_same(self, live: Live) -> None:
        live.connect()
        view = live.page("composer")
        live.do(lambda: view.action_box.setCurrentText("Authorize"))
        live.do(lambda: view.editor.set_text('{"idTag": 5}'))
        assert view.send_button.text() == "Send anyway"
        assert "idTag" in view.editor.verdict.text()
        live.click(view.send_button)
        live.until(lambda: "ConstraintViolation" in view.note.text())
        sent = [frame for frame in live.session.emulator.frames() if frame.action == "Authorize"]
        assert sent[0].problems

    def test_text_that_is_not_json_cannot_be_a_call_but_a_raw_frame(self, live: Live) -> None:
        live.connect()
        view = live.page("composer")
        live.do(lambda: view.editor.set_text("{"))
        assert not view.send_button.isEnabled()
        assert "Line 1" in view.editor.verdict.text()
        live.click(view.modes.button(2))
        live.do(lambda: view.editor.set_text("{"))
        live.click(view.send_button)
        live.until(lambda: any(frame.raw == "{" for frame in live.session.emulator.frames()))

    def test_the_next_answer_is_prepared(self, live: Live) -> None:
        live.connect()
        view = live.page("composer")
        live.click(view.modes.button(1))
        live.do(lambda: view.action_box.setCurrentText("ClearCache"))
        live.do(lambda: view.editor.set_text('{"status": "Rejected"}'))
        live.click(view.send_button)
        live.until(lambda: "answered so" in view.note.text())
        answer = live.run(live.window.csms.csms.command("CP001", "ClearCache", {}))
        assert answer == {"status": "Rejected"}


class TestNetwork:
    def test_modes_and_figures_hold_at_once(self, live: Live) -> None:
        live.connect()
        view = live.page("network").conditions
        live.do(lambda: view.figures["latency_ms"].setValue(40))
        live.until(lambda: live.snapshot["connection"]["network"]["latency_ms"] == 40)
        assert live.snapshot["connection"]["network"]["mode"] == "flaky"
        live.click(view.modes.button(3))
        live.until(lambda: live.snapshot["connection"]["state"] == "waiting")
        live.until(lambda: "switched off in this emulator" in live.window.problem.text.text())
        live.perform("network", mode="up")
        live.session.bridge.refresh()
        assert view.modes.button(0).isChecked()
        assert view.figures["latency_ms"].value() == 0

    def test_a_prepared_error_answers_the_next_command_and_is_listed_until_then(self, live: Live) -> None:
        live.connect()
        view = live.page("network").answers
        live.do(lambda: view.action.setCurrentText("ClearCache"))
        live.do(lambda: view.kind.setCurrentText("InternalError"))
        live.click(view.add_button)
        live.until(lambda: view.model.rowCount() == 1)
        assert view.model.record(0)["words"] == "CALLERROR InternalError"
        with pytest.raises(Exception, match="InternalError"):
            live.run(live.window.csms.csms.command("CP001", "ClearCache", {}))
        live.until(lambda: view.model.rowCount() == 0)
        live.click(view.add_button)
        live.until(lambda: view.model.rowCount() == 1)
        live.click(view.clear_button)
        live.until(lambda: view.model.rowCount() == 0)

    def test_a_breakpoint_holds_a_frame_that_is_edited_and_released(self, live: Live) -> None:
        live.connect()
        view = live.page("network").breakpoints
        live.do(lambda: view.action.setCurrentText("DataTransfer"))
        live.do(lambda: view.direction.setCurrentIndex(1))
        live.click(view.add_button)
        live.until(lambda: view.model.rowCount() == 1)
        live.do(lambda: live.session.perform("send", {"action": "DataTransfer", "payload": {"vendorId": "A"}}))
        live.until(lambda: view.held_model.rowCount() == 1)
        assert view.holder.isVisible()
        live.do(lambda: view.editor.set_text(view.editor.text().replace('"A"', '"B"')))
        live.click(view.release_button)
        live.until(lambda: view.held_model.rowCount() == 0)
        messages = live.window.csms.csms.messages("CP001")
        assert next(each.payload for each in messages if each.action == "DataTransfer") == {"vendorId": "B"}
        live.click(view.remove_button)
        live.until(lambda: view.model.rowCount() == 0)


class TestPalette:
    def test_an_action_with_parameters_by_keyboard_alone(self, live: Live) -> None:
        live.connect()
        window = live.window
        live.do(window.open_palette)
        palette = window._palette
        live.type(palette.edit, "presents a token")
        assert palette.model.commands[0].title == "swipe"
        live.key(palette.edit, Qt.Key.Key_Return)
        assert palette.pages.currentIndex() == 1
        live.type(palette.form.fields["id_token"], "BLOCKED")
        live.key(palette.form.fields["id_token"], Qt.Key.Key_Return)
        live.until(lambda: palette.result.isVisible())
        assert palette.result.read.value == {"status": "Blocked"}
        live.key(palette, Qt.Key.Key_Escape)
        live.key(palette, Qt.Key.Key_Escape)
        assert not palette.isVisible()

    def test_arrows_choose_and_a_window_command_runs_at_once(self, live: Live) -> None:
        live.do(live.window.open_palette)
        palette = live.window._palette
        live.type(palette.edit, "dark theme")
        live.key(palette.edit, Qt.Key.Key_Down)
        live.key(palette.edit, Qt.Key.Key_Up)
        live.key(palette.edit, Qt.Key.Key_Return)
        assert not palette.isVisible()
        assert live.theme.dark

    def test_a_refusal_and_a_bad_parameter_are_told_in_the_palette(self, live: Live) -> None:
        live.connect()
        live.do(live.window.open_palette)
        palette = live.window._palette
        live.type(palette.edit, "press stop button")
        live.do(lambda: palette._choose(next(c for c in palette._commands if c.action == "stop")))
        live.click(palette.do_button)
        live.until(lambda: "nothing to stop" in palette.problem.text())
        live.type(palette.form.fields["evse"], "one")
        live.click(palette.do_button)
        assert "evse must be a number" in palette.problem.text()

    def test_every_action_of_the_registry_is_there_with_its_parameters(self, live: Live) -> None:
        from emulator.runtime.actions.registry import load

        live.do(live.window.open_palette)
        palette = live.window._palette
        listed = {command.action for command in palette._commands if command.action}
        assert listed == set(load())
        for command in palette._commands:
            if command.action:
                live.do(lambda command=command: palette._choose(command))
                assert set(palette.form.fields) == set(command.schema["properties"])
                live.do(palette.back)


def test_frames_sent_again_from_the_log(live: Live) -> None:
    live.connect()
    page = live.page("messages")
    frame = next(f for f in live.session.emulator.frames() if f.direction is Direction.SENT)
    before = len(live.session.emulator.frames())
    live.do(lambda: page.send_again.emit(frame))
    live.until(lambda: len(live.session.emulator.frames()) >= before + 2)


def test_ctrl_f_goes_to_the_filter_from_everywhere(live: Live) -> None:
    live.connect()
    page = live.page("messages")
    page.table.setFocus()
    live.do(live.window.focus_filter)
    assert live.window.focusWidget() is page.filter_edit
