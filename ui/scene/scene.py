"""The drawn charging station: shows a snapshot, turns gestures and keys into intentions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QPointF, QSizeF, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QGraphicsScene, QMenu

from ui.scene import entries, rules, texts
from ui.scene.car_park import CarPark
from ui.scene.entries import Entry
from ui.scene.items import BayItem, CabinetItem, CableItem, ConnectorItem, ReaderItem, ScreenItem, Thing
from ui.scene.keyboard import Keyboard
from ui.scene.menus import build_menu
from ui.scene.model import Card, Station, read_station
from ui.scene.motion import Motion
from ui.scene.overlays import DragItem, FocusItem, HintItem
from ui.scene.paint.bays import backdrop
from ui.scene.pointer import Pointer
from ui.scene.rules import Answer, Intent, Kind, Refusal, Target
from ui.scene.stage import Stage
from ui.theme import Theme

HINT_MS = 6000
VERDICT_MS = 5000


class StationScene(QGraphicsScene):
    """A charging station that can be plugged, swiped and broken.

    `action` carries the name and the parameters of an action of control.md; the scene itself changes nothing: it
    shows what the next snapshot says.
    """

    action = Signal(str, dict)
    selected = Signal(int, int)
    hinted = Signal(str)
    shown = Signal()

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.theme = theme
        self.stage = Stage(theme)
        self.motion = Motion(self.stage, self)
        self.motion.stepped.connect(self._moved)
        self.car_park = CarPark()
        self.card: Card | None = None
        self.cards: tuple[Card, ...] = ()
        self.menu: QMenu | None = None
        self.things: list[Thing] = []
        self.pointer = Pointer(self)
        self.keyboard = Keyboard(self)
        self._snapshot: Mapping[str, Any] = {}
        self._waved: set[int] = set()
        self._hint_timer = QTimer(self)
        self._hint_timer.setSingleShot(True)
        self._hint_timer.timeout.connect(lambda: self._hint.say("", refusal=False))
        self._verdict_timer = QTimer(self)
        self._verdict_timer.setSingleShot(True)
        self._verdict_timer.timeout.connect(self._forget_verdict)
        self._rebuild()
        theme.changed.connect(self._rebuild)

    # what is shown

    @property
    def station(self) -> Station:
        """The picture on show."""
        return self.stage.station

    @property
    def hint_text(self) -> str:
        """The sentence in the bubble, or ""."""
        return self._hint.text

    def show(self, snapshot: Mapping[str, Any]) -> None:
        """Show a snapshot of the engine."""
        self._snapshot = snapshot
        self.car_park.look(snapshot)
        before, shape = self.stage.station, self.stage.shape()
        self.stage.station = read_station(snapshot, self.car_park.parked, self.car_park.left)
        self._look_at_reader(before)
        ids = [evse.id for evse in self.station.evses]
        if self.stage.selected not in ids:
            self.stage.selected = ids[0] if ids else 0
        if self.stage.shape() != shape:
            self._rebuild()
        elif self.station != before:
            self.refresh()
        self.motion.settle()
        self.shown.emit()

    def _look_at_reader(self, before: Station) -> None:
        """A card that somebody presented: waves, and for some seconds the verdict."""
        last = self.station.reader_last
        if last[0] and last != before.reader_last and before.evses:
            self._show_verdict(last[1])
            self.card_read(self.stage.verdict_at)
        elif self.station.reader_waiting and not before.reader_waiting:
            self.card_read()

    def _show_verdict(self, verdict: str) -> None:
        self.stage.verdict = verdict
        self._verdict_timer.start(VERDICT_MS)

    def _forget_verdict(self) -> None:
        self.stage.verdict, self.stage.verdict_at = "", 0
        self.refresh()

    def set_size(self, size: QSizeF) -> None:
        """Fill a view of this size in pixels."""
        if size != self.stage.size:
            self.stage.size = size
            self._rebuild()

    def set_visible(self, visible: bool) -> None:
        """Whether anybody can see the scene: nothing moves unseen."""
        self.motion.set_visible(visible)

    def select(self, evse: int, connector: int = 0) -> None:
        """Select an EVSE (and a connector) and say so when it is another."""
        if self.station.evse(evse) is None:
            return
        changed = self.stage.selected != evse
        self.stage.selected = evse
        if changed:
            self.refresh()
            self.shown.emit()
        if changed or connector:
            self.selected.emit(evse, connector)

    def card_read(self, evse: int = 0) -> None:
        """Let the waves of the reader run; `evse` 0 is the shared reader."""
        readers = {place.evse for island in self.stage.place.islands for place in island.readers}
        chosen = evse if evse in readers else min(readers, default=0)
        self.motion.wave(chosen)

    def hint(self, sentence: str, *, refusal: bool = False) -> None:
        """Show a sentence in a bubble for some seconds."""
        self._hint.say(sentence, refusal=refusal)
        self._hint_timer.start(HINT_MS)
        self.hinted.emit(sentence)

    def _rebuild(self) -> None:
        """Make all items anew: another theme, size or set of EVSEs."""
        hint = getattr(self, "_hint", None)
        said = hint.text if hint else ""
        self.clear()
        self.stage.drag = None  # the item that held the mouse is gone
        self.stage.arrange()
        self.setSceneRect(self.stage.world())
        self.things = []
        for island in self.stage.place.islands:
            self.things.append(CabinetItem(self.stage, self.pointer, island))
            self.things += [ReaderItem(self.stage, self.pointer, each) for each in island.readers]
            for place in island.evses:
                self.things.append(ScreenItem(self.stage, self.pointer, place.id))
                self.things.append(BayItem(self.stage, self.pointer, island, place.id))
                self.things += [ConnectorItem(self.stage, self.pointer, place.id, each.id) for each in place.connectors]
                self.things += [CableItem(self.stage, self.pointer, place.id, each.id) for each in place.connectors]
        for thing in self.things:
            self.addItem(thing)
        self._drag = DragItem(self.stage)
        self._focus = FocusItem(self.stage)
        self._hint = HintItem(self.stage)
        for item in (self._drag, self._focus, self._hint):
            self.addItem(item)
        self._hint.say(said, refusal=False)
        for view in self.views():
            view.resetCachedContent()
        self.refresh()

    def refresh(self) -> None:
        """Let every item take its part of the picture anew."""
        for thing in self.things:
            thing.arrange()
        self.show_drag()
        self.show_focus()

    def show_drag(self) -> None:
        """Show what is in the hand, where it is."""
        self._drag.setVisible(self.stage.drag is not None)
        self._drag.update()

    def show_focus(self) -> None:
        """Show the ring around what has the keyboard's focus, while the keyboard is in use."""
        view = next(iter(self.views()), None)
        visible = self.keyboard.in_use and view is not None and view.hasFocus()
        thing = self.thing(self.keyboard.target) if self.keyboard.target and visible else None
        self._focus.surround(thing.reach() if thing else None)

    def _moved(self) -> None:
        """Paint again only what moves."""
        waving = set(self.stage.waves)
        for thing in self.things:
            if isinstance(thing, CableItem):
                if thing.flows:
                    thing.update()
            elif isinstance(thing, ReaderItem) and thing.place.evse in waving | self._waved:
                thing.update()
        self._waved = waving

    def drawBackground(self, painter: QPainter, rect: Any) -> None:
        """The world."""
        backdrop(painter, self.stage.place, self.stage.brushes)

    # what is asked for

    def perform(self, answer: Answer | None) -> bool:
        """Ask for an action, or say why not; whether it was asked for."""
        if isinstance(answer, Intent):
            self._hint.say("", refusal=False)
            if answer.name == "swipe":
                self.stage.verdict_at = int(answer.parameters.get("evse", 0))
                self.card_read(self.stage.verdict_at)
            self.action.emit(answer.name, dict(answer.parameters))
            return True
        if isinstance(answer, Refusal):
            self.hint(answer.sentence)
        return False

    def choose(self, entry: Entry) -> None:
        """Do what a menu entry says."""
        answer = entry.answer
        if not isinstance(answer, Intent) or answer.name != "bay":
            self.perform(answer)
        elif entry.does == "park":
            self.park(int(answer.parameters["evse"]), entry.argument)
        else:
            self.sense_bay(int(answer.parameters["evse"]), occupied=bool(answer.parameters["occupied"]))

    def sense_bay(self, evse: int, *, occupied: bool) -> None:
        """Set the bay sensor; the car goes when the bay gets free."""
        if not occupied:
            self.car_park.leave(evse)
        self.perform(Intent("bay", {"evse": evse, "occupied": occupied}))
        self._read_again()

    def park(self, evse: int, name: str = "") -> bool:
        """Drive a car of the car park (by default the next free one) into a bay."""
        wanted = next((car for car in self.station.cars if car.name == name), None)
        answer, car = rules.park(self.station, evse, wanted)
        if isinstance(answer, Intent) and car is not None:
            self.car_park.park(evse, car.name)
            self.select(evse)
            self.perform(answer)
            self._read_again()
            return True
        return self.perform(answer)

    def _read_again(self) -> None:
        self.show(self._snapshot)

    def toggle_plug(self, evse: int = 0, connector: int = 0) -> bool:
        """Plug in or unplug; 0 is the selected EVSE, and the connector in use or the first that works."""
        return self.perform(rules.toggle_plug(self.station, evse or self.stage.selected, connector))

    def swipe(self, reader: int = 0, card: Card | None = None) -> bool:
        """Present a card, by default the selected one."""
        return self.perform(rules.swipe(self.station, card or self.card, reader, self.stage.selected))

    def main_action(self, target: Target) -> None:
        """What a click or Enter does with a thing."""
        evse = self.station.evse(target.evse)
        if target.kind is Kind.CONNECTOR:
            self.toggle_plug(target.evse, target.connector)
        elif target.kind is Kind.READER:
            self.swipe(target.evse)
        elif target.kind is Kind.BAY and evse is not None:
            if evse.car is None:
                self.park(target.evse)
            elif evse.plugged is not None:
                self.perform(rules.pause(self.station, target.evse))
            else:
                self.toggle_plug(target.evse)
        elif target.kind is Kind.STATION and not self.station.powered:
            self.perform(Intent("power_on"))
        else:
            self.open_menu(target, self.centre_of(target))

    # menus

    def open_menu(self, target: Target, at: QPointF) -> None:
        """The context menu of a thing."""
        if target.evse:
            self.select(target.evse, target.connector)
        listed = entries.menu_for(self.station, target, self.cards, self.stage.selected)
        self._pop_up(f"Actions of {self.name_of(target)}", listed, at)

    def open_fault_menu(self) -> None:
        """The faults of the selected EVSE."""
        group = entries.fault_group(self.station, self.station.evse(self.stage.selected))
        listed: entries.Menu = list(group.entries)
        centre = self.centre_of(Target(Kind.BAY, self.stage.selected))
        self._pop_up(f"Faults of EVSE {self.stage.selected}", listed, centre)

    def _pop_up(self, name: str, listed: entries.Menu, at: QPointF) -> None:
        view = next(iter(self.views()), None)
        if self.menu is not None:
            self.menu.deleteLater()
        self.menu = build_menu(QMenu(view), listed, self.theme, self.choose)
        self.menu.setAccessibleName(name)
        if view is not None:
            self.menu.popup(view.viewport().mapToGlobal(view.mapFromScene(at)))

    def thing(self, target: Target) -> Thing | None:
        """The item that stands for a target."""
        return next((each for each in self.things if each.target == target), None)

    def name_of(self, target: Target) -> str:
        """A thing in words."""
        connector = self.station.connector(target.evse, target.connector)
        if connector is not None:
            return texts.connector_name(connector)
        reader = f"reader of EVSE {target.evse}" if target.evse else "card reader"
        named = {Kind.READER: reader, Kind.BAY: f"bay {target.evse}", Kind.EVSE: f"EVSE {target.evse}"}
        return named.get(target.kind, "charging station")

    def centre_of(self, target: Target) -> QPointF:
        """The middle of a thing."""
        thing = self.thing(target)
        return thing.reach().center() if thing else self.stage.world().center()

    # what Qt tells

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the ring away."""
        super().focusOutEvent(event)
        self.show_focus()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring again where it was."""
        super().focusInEvent(event)
        self.show_focus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what a key stands for."""
        if self.keyboard.handle(Qt.Key(event.key())):
            event.accept()
        else:
            super().keyPressEvent(event)

    def set_cards(self, cards: Iterable[Card], chosen: Card | None) -> None:
        """The cards of the tray, and the one that S swipes."""
        self.cards, self.card = tuple(cards), chosen
