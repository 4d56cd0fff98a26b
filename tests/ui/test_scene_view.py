"""The station view, used as a person uses it: clicks, drags, keys and menus, off-screen."""

import copy
import itertools

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QMenu, QToolButton

from ui.scene import StationView
from ui.scene.items import BayItem, CableItem, ConnectorItem
from ui.scene.rules import Kind, Target
from ui.theme import Theme

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support")  # what the off-screen platform cannot do

CARS = [
    {"name": "Family EV", "battery_wh": 64000, "soc_percent": 64.0, "ready": True, "wants_charge": True},
    {"name": "Delivery van", "battery_wh": 90000, "soc_percent": 22.0, "ready": True, "wants_charge": True},
]
TOKENS = [{"id_token": "04A22B6C", "type": "ISO14443", "label": ""}, {"id_token": "BLOCKED", "type": "Central"}]


def connector(number, **facts):
    return {
        "id": number, "type": "cCCS2", "cable": "attached", "max_current_a": 32, "status": "Available",
        "plugged": False, "locked": False, "energized": False, "operative": True, "fault": None,
    } | facts  # fmt: skip


def evse(number, *connectors, **facts):
    return {
        "id": number, "current": "dc", "max_power_w": 150000, "operative": True, "faults": [], "occupied": False,
        "power_w": 0.0, "vehicle": None, "transaction": None, "authorized": None, "reservation": None,
        "charging_state": "Idle", "connectors": list(connectors) or [connector(1)],
    } | facts  # fmt: skip


def parked(number, car=0, **facts):
    return evse(number, vehicle=copy.deepcopy(CARS[car]), occupied=True, **facts)


def charging(number, car=0):
    plugged = connector(1, plugged=True, locked=True, status="Occupied")
    busy = {"charging_state": "Charging", "transaction": "7f3a", "power_w": 11000.0}
    return evse(number, plugged, vehicle=copy.deepcopy(CARS[car]), occupied=True, **busy)


def snapshot(*evses, **parts):
    return {
        "station": {"id": "CP001", "powered": True}, "connection": {"state": "connected"},
        "boot": {"state": "accepted"},
        "evses": list(evses), "reader": {"layout": "shared", "waiting": None}, "transactions": [], "meters": [],
        "display": {"messages": [], "evses": []}, "tokens": TOKENS, "vehicles": CARS,
    } | parts  # fmt: skip


STATES = {
    "idle": snapshot(evse(1), evse(2)),
    "parked": snapshot(parked(1), evse(2)),
    "charging": snapshot(charging(1), evse(2)),
    "suspended": snapshot(
        evse(1, connector(1, plugged=True, status="SuspendedEV"), vehicle=CARS[0], charging_state="SuspendedEV")
    ),
    "faulted": snapshot(evse(1, connector(1, status="Faulted", fault={"error_code": "ConnectorLockFailure"}))),
    "reserved": snapshot(
        evse(1, connector(1, status="Reserved"), reservation={"id": 1, "expires_at": "2026-11-20T14:45:00Z"})
    ),
    "unavailable": snapshot(evse(1, connector(1, status="Unavailable", operative=False), operative=False)),
    "power off": snapshot(charging(1), evse(2), station={"id": "CP001", "powered": False}),
    "socket": snapshot(
        evse(1, connector(1, cable="socket", status="Finishing")), evse(2, connector(1, cable="socket"))
    ),
    "card read": snapshot(evse(1), reader={"layout": "per-evse", "waiting": {"id_token": "04A22B6C"}}),
    "nothing": snapshot(),
}


@pytest.fixture
def theme(qapp):
    made = Theme(qapp, "light")
    yield made
    qapp.setStyleSheet("")
    made.deleteLater()


@pytest.fixture
def view(theme, qtbot):
    made = StationView(theme)
    qtbot.addWidget(made)
    made.resize(480, 560)
    made.show_snapshot(STATES["parked"])
    made.show()
    qtbot.waitExposed(made)
    made.asked = []
    made.action.connect(lambda name, parameters: made.asked.append((name, parameters)))
    yield made
    if made.scene.menu is not None:
        made.scene.menu.close()


def on_screen(view, at):
    return view.canvas.mapFromScene(at)


def holster(view, number, of=1):
    return view.scene.stage.place.connector(number, of).holster.center()


def car(view, number):
    return view.scene.stage.place.evse(number).car.center()


def click(qtbot, view, at, button=Qt.MouseButton.LeftButton):
    qtbot.mouseClick(view.canvas.viewport(), button, pos=on_screen(view, at))


def enter(view):
    """Bring the keyboard's focus into the scene by Tab."""
    view.tray.card_chips()[0].setFocus()
    view.canvas.setFocus(Qt.FocusReason.TabFocusReason)


def drag(view, start, *stops, release=True):
    viewport = view.canvas.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=on_screen(view, start))
    for stop in stops:
        middle = (start + stop) / 2
        for at in (middle, stop):
            QTest.mouseMove(viewport, on_screen(view, at))
        start = stop
    if release:
        QTest.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=on_screen(view, start))


def drag_chip(view, chip, at, release=True):
    """Drag a chip of the tray to a point of the scene."""
    target = chip.mapFromGlobal(view.canvas.viewport().mapToGlobal(on_screen(view, at)))
    middle = chip.rect().center()
    QTest.mousePress(chip, Qt.MouseButton.LeftButton, pos=middle)
    QTest.mouseMove(chip, middle + QPoint(0, -20))
    QTest.mouseMove(chip, target)
    if release:
        QTest.mouseRelease(chip, Qt.MouseButton.LeftButton, pos=target)


def menu_entry(menu, text):
    """An entry of a menu or its submenus by the beginning of its text."""
    for action in menu.actions():
        if action.text().startswith(text):
            return action
        inner = action.menu()
        found = menu_entry(inner, text) if isinstance(inner, QMenu) else None
        if found is not None:
            return found
    return None


class TestPointer:
    def test_a_click_on_a_connector_plugs_in(self, view, qtbot):
        click(qtbot, view, holster(view, 1))
        assert view.asked == [("plug", {"evse": 1, "connector": 1, "vehicle": "Family EV"})]

    def test_a_click_on_a_plugged_connector_unplugs(self, view, qtbot):
        view.show_snapshot(STATES["charging"])
        click(qtbot, view, holster(view, 1))
        assert view.asked == [("unplug", {"evse": 1, "connector": 1, "side": "vehicle"})]

    def test_a_click_on_the_plug_in_the_car_unplugs(self, view, qtbot):
        view.show_snapshot(STATES["charging"])
        plug = next(each for each in view.scene.things if isinstance(each, CableItem) and each.isVisible())
        click(qtbot, view, plug.reach().center())
        assert view.asked == [("unplug", {"evse": 1, "connector": 1, "side": "vehicle"})]

    def test_the_plug_dragged_to_the_car_plugs_in(self, view):
        drag(view, holster(view, 1), car(view, 1))
        assert view.asked == [("plug", {"evse": 1, "connector": 1, "vehicle": "Family EV"})]
        assert view.scene.stage.drag is None

    def test_while_dragged_the_plug_follows_and_the_car_is_marked(self, view):
        drag(view, holster(view, 1), car(view, 1), release=False)
        assert view.scene.stage.hot == Target(Kind.BAY, 1)
        home = next(each for each in view.scene.things if isinstance(each, ConnectorItem))
        assert not home.at_home
        QTest.keyClick(view.canvas, Qt.Key.Key_Escape)
        assert view.scene.stage.drag is None
        assert home.at_home
        assert view.asked == []

    def test_the_plug_dropped_elsewhere_goes_back_and_says_why(self, view):
        drag(view, holster(view, 1), car(view, 2))
        assert view.asked == []
        assert "does not reach" in view.scene.hint_text
        drag(view, holster(view, 2), car(view, 2))
        assert view.asked == []
        assert "empty" in view.scene.hint_text

    def test_the_plug_dragged_back_from_the_car_unplugs(self, view):
        view.show_snapshot(STATES["charging"])
        plug = next(each for each in view.scene.things if isinstance(each, CableItem) and each.isVisible())
        drag(view, plug.reach().center(), holster(view, 1))
        assert view.asked == [("unplug", {"evse": 1, "connector": 1, "side": "vehicle"})]

    def test_a_car_dragged_to_an_empty_bay_moves_there(self, view):
        drag(view, car(view, 1), car(view, 2))
        assert view.asked == [("bay", {"evse": 1, "occupied": False}), ("bay", {"evse": 2, "occupied": True})]
        assert view.scene.station.evse(1).car is None
        assert view.scene.station.evse(2).car.name == "Family EV"

    def test_a_plugged_car_stays_and_says_why(self, view):
        view.show_snapshot(STATES["charging"])
        drag(view, car(view, 1), car(view, 2))
        assert view.asked == []
        assert "unplug it first" in view.scene.hint_text

    def test_a_click_selects_the_evse(self, view, qtbot):
        with qtbot.waitSignal(view.selected) as heard:
            click(qtbot, view, view.scene.stage.place.evse(2).screen.center())
        assert heard.args[0] == 2
        assert view.row.findChildren(QToolButton)[1].text() == "Plug in"

    def test_a_click_on_the_reader_swipes_the_chosen_card(self, view, qtbot):
        reader = view.scene.stage.place.islands[0].readers[0].rect.center()
        click(qtbot, view, reader)
        assert view.asked == [("swipe", {"id_token": "04A22B6C", "type": "ISO14443"})]
        assert view.scene.motion.running


class TestTray:
    def test_a_card_dragged_to_the_reader_swipes(self, view):
        drag_chip(view, view.tray.card_chips()[1], view.scene.stage.place.islands[0].readers[0].rect.center())
        assert view.asked == [("swipe", {"id_token": "BLOCKED", "type": "Central"})]

    def test_the_reader_is_marked_while_a_card_hovers_and_escape_gives_up(self, view):
        chip = view.tray.card_chips()[0]
        drag_chip(view, chip, view.scene.stage.place.islands[0].readers[0].rect.center(), release=False)
        assert view.scene.stage.hot == Target(Kind.READER)
        QTest.keyClick(view, Qt.Key.Key_Escape)
        QTest.mouseRelease(chip, Qt.MouseButton.LeftButton)
        assert view.asked == []
        assert not chip.dragging

    def test_a_card_dropped_elsewhere_says_where_it_belongs(self, view):
        drag_chip(view, view.tray.card_chips()[0], car(view, 2))
        assert view.asked == []
        assert "reader" in view.scene.hint_text

    def test_a_double_click_or_enter_swipes(self, view, qtbot):
        chip = view.tray.card_chips()[1]
        qtbot.mouseDClick(chip, Qt.MouseButton.LeftButton)
        QTest.keyClick(chip, Qt.Key.Key_Return)
        assert view.asked == [("swipe", {"id_token": "BLOCKED", "type": "Central"})] * 2
        assert view.tray.card.id_token == "BLOCKED"

    def test_a_car_dragged_to_an_empty_bay_parks(self, view):
        van = view.tray.car_chips()[1]
        drag_chip(view, van, car(view, 2))
        assert view.asked == [("bay", {"evse": 2, "occupied": True})]
        assert view.scene.station.evse(2).car.name == "Delivery van"
        assert not view.tray.car_chips()[1].isEnabled()

    def test_a_car_dragged_to_a_taken_bay_says_why(self, view):
        drag_chip(view, view.tray.car_chips()[1], car(view, 1))
        assert view.asked == []
        assert "taken" in view.scene.hint_text

    def test_a_parked_car_is_then_named_when_it_is_plugged_in(self, view, qtbot):
        drag_chip(view, view.tray.car_chips()[1], car(view, 2))
        click(qtbot, view, holster(view, 2))
        assert view.asked[-1] == ("plug", {"evse": 2, "connector": 1, "vehicle": "Delivery van"})

    def test_a_new_card_joins_the_tray(self, view, qtbot):
        form = view.tray._form
        view.tray._add.click()
        form.identifier.setText("NEW-1")
        form.kind.setCurrentText("Central")
        with qtbot.waitSignal(view.card_added) as heard:
            QTest.keyClick(form.identifier, Qt.Key.Key_Return)
        assert heard.args == [{"id_token": "NEW-1", "type": "Central", "label": ""}]
        assert [chip.card.id_token for chip in view.tray.card_chips()] == ["04A22B6C", "BLOCKED", "NEW-1"]
        assert view.extra_cards() == [{"id_token": "NEW-1", "type": "Central", "label": ""}]
        QTest.keyClick(view.canvas, Qt.Key.Key_S)
        assert view.asked[-1] == ("swipe", {"id_token": "NEW-1", "type": "Central"})

    def test_many_cards_and_cars_go_into_a_menu(self, view):
        tokens = [{"id_token": f"CARD-{number}", "type": "Central"} for number in range(20)]
        cars = [{"name": f"Car {number}"} for number in range(12)]
        view.show_snapshot(snapshot(evse(1), tokens=tokens, vehicles=cars))
        assert len(view.tray.card_chips()) == 8
        assert len(view.tray._more_cards.menu().actions()) == 12
        view.tray._more_cards.menu().actions()[0].trigger()
        assert view.tray.card.id_token == "CARD-8"
        view.tray._more_cars.menu().actions()[0].trigger()
        assert view.scene.station.evse(1).car.name == "Car 5"


class TestKeyboard:
    def test_tab_walks_through_the_scene_and_out_of_it(self, view):
        enter(view)
        seen = [view.scene.keyboard.target]
        while view.scene.keyboard.step(True):
            seen.append(view.scene.keyboard.target)
        assert seen == view.scene.keyboard.order()
        assert [each.kind for each in seen].count(Kind.BAY) == 2
        assert view.canvas.focusNextPrevChild(True)
        assert not view.canvas.hasFocus()

    def test_enter_does_the_main_thing(self, view):
        enter(view)
        QTest.keyClick(view.canvas, Qt.Key.Key_Return)
        assert view.asked == [("plug", {"evse": 1, "connector": 1, "vehicle": "Family EV"})]
        view.scene.keyboard.focus(Target(Kind.BAY, 2))
        QTest.keyClick(view.canvas, Qt.Key.Key_Return)
        assert view.asked[-1] == ("bay", {"evse": 2, "occupied": True})
        view.scene.keyboard.focus(Target(Kind.READER))
        QTest.keyClick(view.canvas, Qt.Key.Key_Return)
        assert view.asked[-1][0] == "swipe"

    def test_arrows_go_to_the_neighbour(self, view):
        enter(view)
        QTest.keyClick(view.canvas, Qt.Key.Key_Right)
        assert view.scene.keyboard.target != Target(Kind.CONNECTOR, 1, 1)
        assert view.scene._focus.isVisible()

    def test_the_ring_shows_only_while_the_keyboard_is_in_use(self, view, qtbot):
        enter(view)
        QTest.keyClick(view.canvas, Qt.Key.Key_Down)
        assert view.scene._focus.isVisible()
        click(qtbot, view, view.scene.stage.place.evse(2).screen.center())
        assert not view.scene._focus.isVisible()

    def test_letters_and_digits(self, view):
        view.show_snapshot(snapshot(charging(1), evse(2)))
        for key in (Qt.Key.Key_X, Qt.Key.Key_S, Qt.Key.Key_P, Qt.Key.Key_2, Qt.Key.Key_P):
            QTest.keyClick(view.canvas, key)
        assert view.asked == [
            ("stop", {"evse": 1, "reason": "Local"}),
            ("swipe", {"id_token": "04A22B6C", "type": "ISO14443", "evse": 1}),
            ("unplug", {"evse": 1, "connector": 1, "side": "vehicle"}),
            ("plug", {"evse": 2, "connector": 1, "vehicle": "Delivery van"}),
        ]

    def test_the_keys_work_from_a_button_too(self, view):
        button = view.row.findChildren(QToolButton)[1]
        button.setFocus()
        QTest.keyClick(button, Qt.Key.Key_2)
        assert view.scene.stage.selected == 2

    def test_a_key_that_cannot_be_says_why(self, view):
        QTest.keyClick(view.canvas, Qt.Key.Key_X)
        assert view.asked == []
        assert "no transaction" in view.scene.hint_text

    def test_f_opens_the_faults_and_menu_the_context_menu(self, view):
        QTest.keyClick(view.canvas, Qt.Key.Key_F)
        menu_entry(view.scene.menu, "GroundFailure").trigger()
        assert view.asked == [("fault", {"evse": 1, "connector": 0, "error_code": "GroundFailure"})]
        view.scene.menu.close()
        view.scene.keyboard.focus(Target(Kind.BAY, 1))
        QTest.keyClick(view.canvas, Qt.Key.Key_Menu)
        menu_entry(view.scene.menu, "Drive away").trigger()
        assert view.asked[-1] == ("bay", {"evse": 1, "occupied": False})


class TestMenus:
    def test_the_menu_of_a_connector(self, view):
        view.scene.open_menu(Target(Kind.CONNECTOR, 1, 1), QPointF(100, 100))
        menu = view.scene.menu
        assert menu.toolTipsVisible()
        stop = menu_entry(menu, "Stop")
        assert not stop.isEnabled()
        assert stop.toolTip() == "EVSE 1: no transaction is running."
        menu_entry(menu, "GroundFailure").trigger()
        menu_entry(menu, "Plug in").trigger()
        assert view.asked == [
            ("fault", {"evse": 1, "connector": 1, "error_code": "GroundFailure"}),
            ("plug", {"evse": 1, "connector": 1, "vehicle": "Family EV"}),
        ]

    def test_the_menu_of_a_bay_parks_the_car_that_was_chosen(self, view):
        view.scene.open_menu(Target(Kind.BAY, 2), QPointF(300, 200))
        menu_entry(view.scene.menu, "Park Delivery van").trigger()
        assert view.asked == [("bay", {"evse": 2, "occupied": True})]
        assert view.scene.station.evse(2).car.name == "Delivery van"

    def test_the_menus_of_reader_display_and_station(self, view):
        view.scene.open_menu(Target(Kind.READER), QPointF())
        menu_entry(view.scene.menu, "Swipe BLOCKED").trigger()
        view.scene.open_menu(Target(Kind.EVSE, 2), QPointF())
        menu_entry(view.scene.menu, "Start button").trigger()
        view.scene.open_menu(Target(Kind.STATION), QPointF())
        menu_entry(view.scene.menu, "Power off").trigger()
        assert [name for name, _ in view.asked] == ["swipe", "start_button", "power_off"]

    def test_a_right_click_opens_it(self, view):
        at = on_screen(view, holster(view, 1))
        where = view.canvas.viewport().mapToGlobal(at)
        QApplication.sendEvent(view.canvas.viewport(), QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, where))
        assert view.scene.menu is not None
        assert "connector 1" in view.scene.menu.accessibleName()


class TestActionRow:
    def button(self, view, text):
        return next(each for each in view.row.findChildren(QToolButton) if each.text() == text)

    def test_buttons_are_the_twins_of_the_gestures(self, view, qtbot):
        qtbot.mouseClick(self.button(view, "Plug in"), Qt.MouseButton.LeftButton)
        qtbot.mouseClick(self.button(view, "Swipe"), Qt.MouseButton.LeftButton)
        assert [name for name, _ in view.asked] == ["plug", "swipe"]

    def test_words_follow_the_state(self, view):
        view.show_snapshot(STATES["charging"])
        texts = [action.text() for action in view.actions()]
        assert texts == ["Unplug", "Swipe", "Pause EV", "Stop", "Fault", "Power"]
        paused = copy.deepcopy(STATES["charging"])
        paused["evses"][0]["vehicle"]["wants_charge"] = False
        view.show_snapshot(paused)
        assert self.button(view, "Resume EV").isEnabled()
        self.button(view, "Resume EV").click()
        assert view.asked == [("vehicle", {"evse": 1, "wants_charge": True})]

    def test_what_cannot_be_done_says_why(self, view):
        stop = self.button(view, "Stop")
        assert not stop.isEnabled()
        assert stop.toolTip() == "EVSE 1: no transaction is running."

    @pytest.mark.parametrize("width", [420, 480, 560, 900])
    def test_nothing_is_cut_and_what_has_no_room_is_in_the_menu(self, view, width, qtbot):
        view.resize(width, 560)
        QApplication.processEvents()
        shown = [each for each in view.row.findChildren(QToolButton) if each.isVisible()]
        for button in shown:
            assert button.width() >= button.sizeHint().width()
            assert button.geometry().right() <= view.row.width()
        hidden = view.row.hidden_actions()
        assert len(shown) - (1 if hidden else 0) + len(hidden) == 6
        assert all(action.text() for action in hidden)
        for chip in (*view.tray.card_chips(), *view.tray.car_chips()):
            assert chip.geometry().right() <= chip.parentWidget().width()

    def test_the_summary_is_in_the_head_line(self, view, qtbot):
        with qtbot.waitSignal(view.summary_changed) as heard:
            view.show_snapshot(STATES["charging"])
        assert heard.args == ["EVSE 1 charging · EVSE 2 available"]
        assert view.summary() == view.canvas.accessibleDescription()


class TestMotion:
    def test_the_timer_runs_only_while_something_moves_and_is_seen(self, view):
        motion = view.scene.motion
        assert not motion.running
        view.show_snapshot(STATES["charging"])
        assert motion.running
        view.hide()
        assert not motion.running
        view.show()
        assert motion.running
        view.show_snapshot(STATES["power off"])
        assert not motion.running
        view.show_snapshot(STATES["idle"])
        assert not motion.running

    def test_waves_run_once_and_stop(self, view, qtbot):
        view.card_read()
        assert view.scene.motion.running
        qtbot.waitUntil(lambda: not view.scene.motion.running, timeout=4000)
        assert view.scene.stage.waves == {}

    def test_energy_flows(self, view, qtbot):
        view.show_snapshot(STATES["charging"])
        before = view.scene.stage.flow
        qtbot.waitUntil(lambda: view.scene.stage.flow > before, timeout=2000)

    def test_a_card_read_elsewhere_is_seen(self, view):
        view.show_snapshot(snapshot(evse(1), evse(2)))
        view.show_snapshot(snapshot(evse(1), evse(2), reader={"layout": "shared", "waiting": {"id_token": "A"}}))
        assert view.scene.motion.running

    def test_the_verdict_on_a_card_shows_for_some_seconds(self, view):
        view.show_snapshot(snapshot(evse(1)))
        last = {"id_token": "BLOCKED", "type": "Central", "status": "Blocked"}
        view.show_snapshot(snapshot(evse(1), reader={"layout": "shared", "waiting": None, "last": last}))
        assert view.scene.stage.verdict == "Blocked"
        view.scene.set_visible(False)
        refused = view.canvas.grab().toImage()
        view.show_snapshot(snapshot(evse(1), reader={"layout": "shared", "last": last | {"status": "Accepted"}}))
        view.scene.set_visible(False)
        assert view.canvas.grab().toImage() != refused
        view.scene._verdict_timer.timeout.emit()
        assert view.scene.stage.verdict == ""


class TestPainting:
    @pytest.mark.parametrize("choice", ["light", "dark"])
    @pytest.mark.parametrize("state", STATES)
    def test_every_state_paints_in_both_themes(self, view, theme, state, choice):
        view.show_snapshot(STATES[state])
        theme.set_choice(choice)
        image = view.grab().toImage()
        assert image.size().width() >= 480
        colours = {image.pixelColor(x, y).name() for x in range(0, 480, 12) for y in range(0, 540, 12)}
        assert len(colours) > 10

    @pytest.mark.parametrize("scale", [0.85, 1.5])
    def test_text_scales(self, view, theme, scale):
        theme.set_text_scale(scale)
        QApplication.processEvents()
        view.show_snapshot(STATES["charging"])
        view.grab()
        chip = view.tray.card_chips()[0]
        assert chip.sizeHint().width() <= chip.width()

    @pytest.mark.parametrize("count", range(1, 9))
    @pytest.mark.parametrize("size", [(420, 460), (480, 560), (900, 700)])
    def test_one_to_eight_evses_fit_without_overlap(self, view, count, size):
        three = [connector(1), connector(2), connector(3)]
        evses = [charging(n) if n % 3 == 0 else evse(n, *copy.deepcopy(three)) for n in range(1, count + 1)]
        view.show_snapshot(snapshot(*evses))
        view.resize(*size)
        QApplication.processEvents()
        visible = QRectF(view.canvas.viewport().rect())
        assert view.canvas.horizontalScrollBar().maximum() == 0
        assert view.canvas.verticalScrollBar().maximum() == 0
        things = [each for each in view.scene.things if isinstance(each, (BayItem, ConnectorItem))]
        for thing in things:
            assert visible.adjusted(-1, -1, 1, 1).contains(thing.reach()), thing.target
        for one, other in itertools.combinations(things, 2):
            common = one.reach().intersected(other.reach())
            assert common.width() <= 2 or common.height() <= 2, (one.target, other.target)

    def test_the_picture_differs_between_states(self, view):
        pictures = {}
        for state, shown in STATES.items():
            view.show_snapshot(shown)
            image = view.canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
            pictures[state] = bytes(image.constBits())
        assert len(set(pictures.values())) == len(STATES)

    @pytest.mark.parametrize("choice", ["light", "dark"])
    def test_what_is_in_the_hand_is_painted(self, view, theme, choice):
        theme.set_choice(choice)
        before = view.canvas.grab().toImage()
        drag(view, holster(view, 1), car(view, 1), release=False)
        assert view.canvas.grab().toImage() != before
        view.scene.pointer.cancel()
        drag(view, car(view, 1), car(view, 2), release=False)
        assert view.canvas.grab().toImage() != before
        view.scene.pointer.cancel()
        for chip in (view.tray.card_chips()[0], view.tray.car_chips()[1]):
            drag_chip(view, chip, car(view, 2), release=False)
            assert view._ghost.isVisible()
            view.grab()
            QTest.mouseRelease(chip, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))
            assert view._ghost is None

    def test_the_focus_ring_is_painted(self, view):
        enter(view)
        before = view.canvas.grab().toImage()
        QTest.keyClick(view.canvas, Qt.Key.Key_Down)
        assert view.canvas.grab().toImage() != before

    def test_a_refusal_and_a_hint_are_shown_and_go(self, view):
        view.show_refusal("EVSE 1 connector 1: no cable is plugged in.")
        assert view.scene.hint_text == "EVSE 1 connector 1: no cable is plugged in."
        assert view.scene._hint.isVisible()
        assert view.scene._hint_timer.isSingleShot()
        view.scene._hint_timer.timeout.emit()
        assert not view.scene._hint.isVisible()
        view.show_hint("Hello")
        view.grab()


class TestAccessibility:
    @pytest.mark.parametrize("state", ["idle", "charging", "faulted"])
    def test_every_control_has_a_name_and_a_tip(self, view, state):
        view.show_snapshot(STATES[state])
        controls = [*view.findChildren(QAbstractButton), *view.findChildren(QLineEdit), *view.findChildren(QComboBox)]
        controls = [each for each in controls if not each.objectName().startswith("qt_")]
        assert len(controls) > 10
        for control in controls:
            assert control.accessibleName(), control
            assert control.toolTip(), control.accessibleName()
        assert view.canvas.accessibleName() == "Charging station"

    def test_everything_in_the_scene_has_a_tool_tip(self, view):
        view.show_snapshot(STATES["charging"])
        for thing in view.scene.things:
            assert thing.toolTip()

    def test_every_widget_is_reached_by_tab(self, view):
        enter(view)
        view.scene.keyboard.target = Target(Kind.STATION)
        seen = set()
        for _ in range(40):
            QTest.keyClick(QApplication.focusWidget() or view, Qt.Key.Key_Tab)
            seen.add(QApplication.focusWidget())
        wanted = [
            *view.tray.card_chips(),
            view.tray._add,
            *(each for each in view.tray.car_chips() if each.isEnabled()),
        ]
        wanted += [each for each in view.row.findChildren(QToolButton) if each.isVisible() and each.isEnabled()]
        assert [each.accessibleName() for each in wanted if each not in seen] == []
