"""The main window as a whole: a session by mouse, docks, layout, stations, and that nothing is left when it closes."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.support.window import Live
from ui.docks.pages import DOCKS
from ui.theme import Theme
from ui.views.station_tabs import MOST_TABS
from ui.workspace import Workspace


def connector(live: Live) -> dict:
    return live.snapshot["evses"][0]["connectors"][0]


@pytest.mark.parametrize("ocpp", ["1.6", "2.0.1"])
def test_a_whole_session_by_mouse(live: Live, ocpp: str) -> None:
    live.connect((ocpp,))
    view = live.page("station")
    place = view.scene.stage.place
    # The car is dragged out of the tray by a double click, the plug to the car by hand.
    live.double_click(view.tray.car_chips()[0])
    live.until(lambda: live.snapshot["evses"][0]["bay_occupied"])
    live.session.bridge.refresh()
    plug = view.canvas.mapFromScene(place.connector(1, 1).holster.center())
    live.drag(view.canvas.viewport(), plug, view.canvas.mapFromScene(place.evse(1).car.center()))
    live.until(lambda: connector(live)["plugged"])
    live.double_click(view.tray.card_chips()[0])
    live.until(lambda: live.snapshot["evses"][0]["charging_state"] == "Charging")
    live.session.bridge.refresh()
    assert "charging" in live.window.bench.panels["station"].header.headline.text()
    (transaction,) = live.page("transactions").model.records
    assert transaction["id_token"] == "04A22B6C"
    live.do(view.actions()[0].trigger)  # unplug, as the row of buttons has it
    live.until(lambda: not connector(live)["plugged"])
    live.until(lambda: not live.snapshot["transactions"] and not live.snapshot["queue"])
    (transaction,) = live.page("transactions").model.records
    assert transaction["ended_at"]
    live.session.bridge.refresh()
    live.session.log.flush()
    actions = {frame.action for frame in live.session.emulator.frames()}
    wanted = {"1.6": {"StartTransaction", "StopTransaction"}, "2.0.1": {"TransactionEvent"}}[ocpp]
    assert wanted | {"BootNotification", "Authorize", "StatusNotification"} <= actions
    assert live.session.log.frame_count == len(live.session.emulator.frames())


def test_every_dock_opens_by_its_key_and_closes(live: Live) -> None:
    live.connect()
    for dock in DOCKS:
        live.do(live.window.menus.docks[dock.name].trigger)
        live.pause()
        panel = live.window.bench.panels[dock.name]
        assert panel.isVisible(), dock.name
        assert not panel.visibleRegion().isEmpty(), dock.name
        assert panel.header.tab(dock.name).isChecked(), dock.name
    live.window.bench.panels["settings"].close()
    live.pause()
    assert not live.window.bench.panels["settings"].isVisible()


def test_docks_that_share_a_place_are_tabs_of_one_header(live: Live) -> None:
    charts = live.window.bench.panels["charts"]
    live.click(charts.header.tab("transactions"))
    live.pause()
    transactions = live.window.bench.panels["transactions"]
    assert not transactions.visibleRegion().isEmpty()
    assert charts.visibleRegion().isEmpty()
    assert transactions.header.tab("transactions").isChecked()


def test_a_dock_floats_and_comes_back(live: Live) -> None:
    panel = live.window.bench.panels["queue"]
    live.window.show_dock("queue")
    live.pause()
    panel.header.floated.emit()
    live.pause()
    assert panel.isFloating()
    live.window.looks.reset()
    live.pause()
    assert not panel.isFloating()


def test_the_frame_dock_shows_one_head_line_alone_and_two_beside_others(live: Live) -> None:
    live.connect()
    panel = live.window.bench.panels["frame"]
    detail = panel.page()
    assert detail.tabs.button(0).window() is live.window
    assert panel.header.isAncestorOf(detail.tabs.button(0))
    live.page("settings")
    live.window.show_dock("frame")
    live.pause()
    assert detail.isAncestorOf(detail.tabs.button(0))
    assert panel.header.tab("settings").isVisible()


def test_selecting_a_message_shows_the_frame_and_edit_opens_the_composer(live: Live) -> None:
    live.connect()
    log, detail = live.page("messages"), live.page("frame")
    live.session.log.flush()
    assert log.select(1)
    live.pause()
    assert detail.frame.action == "BootNotification"
    live.click(detail.edit_button)
    live.pause()
    composer = live.window.bench.panels["composer"].page()
    assert composer.action_box.currentText() == "BootNotification"
    assert composer.editor.read.value == detail.frame.payload


def test_layout_columns_theme_and_connection_come_back(live: Live) -> None:
    live.connect()
    live.window.resize(1300, 820)
    live.page("settings").tree.header().resizeSection(0, 333)
    live.window.bench.panels["queue"].close()
    live.window.looks.set_theme("dark")
    live.window.looks.scale_text(1)
    live.page("station").card_added.emit({"id_token": "NEW", "type": "Central", "label": ""})
    live.pause()
    url = live.session.emulator.connection.url
    live.close()
    kept = json.loads((live.folder / "workspace.json").read_text())
    assert kept["theme"] == "dark"
    assert kept["text_scale"] == 1.15
    assert kept["connections"]["CP001"]["url"] == url
    assert "password" not in json.dumps(kept)
    live.open()
    assert not live.window.bench.panels["queue"].isVisible()
    assert live.page("settings").tree.header().sectionSize(0) == 333
    assert live.window.workspace.connection("CP001").url == url


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 99}', "\0" * 10, '{"format": 1, "layout": 5, "cards": []}'])
def test_a_bad_workspace_file_is_kept_aside_and_the_window_opens_with_its_defaults(
    qapp: QApplication, tmp_path, text: str
) -> None:
    (tmp_path / "workspace.json").write_text(text)
    live = Live(qapp, tmp_path)
    sound = text.startswith('{"format": 1,')
    assert live.window.problem.isVisible() is not sound
    if not sound:
        assert "kept as workspace.bad-1.json" in live.window.problem.text.text()
        assert (tmp_path / "workspace.bad-1.json").read_text() == text
    live.close()
    live.end()
    assert json.loads((tmp_path / "workspace.json").read_text())["format"] == 1


def test_a_workspace_that_cannot_be_written_says_so(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    workspace = Workspace(tmp_path / "file")
    workspace.put("theme", "dark")
    assert "could not be kept" in str(workspace.save())


def test_a_second_station_has_its_own_tab_state_and_memory(live: Live) -> None:
    live.connect()
    live.click(live.window.bar.tabs.add_button)
    live.until(lambda: live.session.identity == "CP002" and live.state() == "accepted")
    live.perform("plug")
    live.pause(0.2)
    assert live.window.bar.identity.text() == "CP002"
    live.click(live.window.bar.tabs.button("CP001"))
    live.pause(0.2)
    assert live.session.identity == "CP001"
    assert not connector(live)["plugged"]
    assert live.page("station").scene.station.id == "CP001"
    live.do(lambda: live.window.sessions.close("CP002"))
    live.until(lambda: "CP002" not in live.window.bar.tabs._buttons)
    live.do(lambda: live.window.sessions.close("CP001"))
    assert "last station stays" in live.window.problem.text.text()


def test_a_refusal_shows_in_the_scene_and_in_the_status_bar_and_never_blocks(live: Live) -> None:
    live.connect()
    live.do(lambda: live.session.perform("stop", {"evse": 1}))
    live.until(lambda: "nothing to stop" in live.window.status.message.text())
    assert QApplication.activeModalWidget() is None


def test_the_theme_switches_while_charging(live: Live) -> None:
    live.connect()
    live.perform("plug")
    live.perform("swipe", id_token="04A22B6C")
    theme: Theme = live.theme
    pictures = []
    for choice in ("light", "dark"):
        live.window.looks.set_theme(choice)
        live.pause(0.1)
        picture = live.window.grab().toImage()
        pictures.append(picture.pixelColor(picture.width() - 20, picture.height() // 3).lightness())
        assert theme.name == choice
    assert pictures[0] > 200 > 80 > pictures[1]


def test_closing_the_window_stops_the_station_cleanly(live: Live) -> None:
    live.connect()
    emulator = live.session.emulator
    live.perform("plug")
    live.close()
    assert emulator.software is None
    # The folder is free again: its lock and its database are closed.
    live.open()
    assert live.snapshot["evses"][0]["connectors"][0]["plugged"]


def test_history_is_in_the_log_after_a_restart(live: Live) -> None:
    live.connect()
    log = live.session.emulator.log
    live.close()
    count = log.last_seq
    live.open()
    live.start()
    live.session.log.flush()
    assert live.session.log.frame_count == count


def test_f1_explains_what_has_the_focus(live: Live) -> None:
    live.window.bar.profile.setFocus()
    live.window.help.explain()
    card = live.window.help.card
    assert card.isVisible()
    assert "Security profile" in card.accessibleName()
    assert "A00" in card.accessibleDescription()
    live.key(card, Qt.Key.Key_Escape)
    assert not card.isVisible()
    live.window.help.keys()
    assert any("Ctrl+K" in label.text() for label in card.findChildren(type(live.window.status.message)))
    live.click(live.window.status)
    assert not card.isVisible()


def test_an_identity_that_is_open_already_is_refused(live: Live) -> None:
    live.start()
    live.do(live.window.sessions.add_next)
    live.until(lambda: live.session.identity == "CP002")
    live.type(live.window.bar.identity, "CP001")
    live.click(live.window.bar.button)
    live.until(lambda: "CP001 is open already" in live.window.problem.text.text())
    assert live.window.sessions.identities() == ["CP001", "CP002"]


def test_many_stations_have_few_tabs_and_a_list(qapp: QApplication, tmp_path) -> None:
    live = Live(qapp, tmp_path, count=12)
    tabs = live.window.bar.tabs
    assert len(tabs._buttons) == MOST_TABS
    assert tabs.more_button.isVisible()
    live.do(tabs._list_all)
    actions = tabs._all.actions()
    assert len(actions) == 12
    live.do(actions[11].trigger)
    assert live.session.identity == "CP001-0012"
    assert tabs.button("CP001-0012").isChecked()
    live.close()
    live.end()


def test_a_bug_in_an_action_is_told_and_logged(live: Live, caplog, monkeypatch) -> None:
    live.start()

    async def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr(live.session.emulator, "perform_named", broken)
    live.do(lambda: live.session.perform("plug"))
    live.until(lambda: "a bug in Forecourt" in live.window.status.message.text())
    assert "ZeroDivisionError" in caplog.text
