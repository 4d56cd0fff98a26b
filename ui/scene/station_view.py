"""The station as a widget: the drawn scene, and for everything in it a button, a chip or a menu entry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAction, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from ui.scene import texts
from ui.scene.canvas import Canvas
from ui.scene.chips import Ghost, local_point
from ui.scene.flow import HEADING_ALIGNMENT, OverflowRow
from ui.scene.model import Car, Card, read_cards
from ui.scene.paint.brush import fit
from ui.scene.rules import CardDrag, CarDrag
from ui.scene.scene import StationScene
from ui.scene.station_actions import StationActions, button_for
from ui.scene.tray import Tray
from ui.theme import Theme, set_role

_ROLES = {"station-fault": "warning"}
LEAST_WIDTH = 420


class StationView(QWidget):
    """Head line, scene, tray and the actions of the selected EVSE.

    `action` carries what the user asks for (a name and parameters of control.md); `selected` which EVSE and connector
    was selected; `card_added` a new card {id_token, type, label}; `summary_changed` the text of the head line.
    """

    action = Signal(str, dict)
    selected = Signal(int, int)
    card_added = Signal(dict)
    summary_changed = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._extra: tuple[Card, ...] = ()
        self._ghost: Ghost | None = None
        self._carried: Card | Car | None = None
        self._summary = ""
        self.scene = StationScene(theme, self)
        self.canvas = Canvas(self.scene, self)
        self.tray = Tray(theme, self)
        self._actions = StationActions(self.scene, theme, self)
        set_role(self, "surface")
        self.setMinimumWidth(LEAST_WIDTH)
        self._build()
        self._connect()

    # for the main window

    def show_snapshot(self, snapshot: Mapping[str, Any]) -> None:
        """Show the engine's snapshot (or the parts that the scene needs)."""
        self.scene.show(snapshot)

    def select(self, evse: int, connector: int = 0) -> None:
        """Select an EVSE, and a connector of it."""
        self.scene.select(evse, connector)

    def show_refusal(self, sentence: str) -> None:
        """Say in the scene why an action was refused."""
        self.scene.hint(sentence, refusal=True)

    def show_hint(self, sentence: str) -> None:
        """Say something in the scene."""
        self.scene.hint(sentence)

    def card_read(self, evse: int = 0) -> None:
        """Let the waves of a reader run: a card was swiped by somebody else."""
        self.scene.card_read(evse)

    def set_extra_cards(self, cards: Sequence[Mapping[str, Any]]) -> None:
        """Cards of the user's own, beside those of the snapshot: {id_token, type, label} each."""
        self._extra = read_cards(cards)
        self._show_cards()

    def extra_cards(self) -> list[dict[str, str]]:
        """The cards of the user's own."""
        return [{"id_token": each.id_token, "type": each.type, "label": each.label} for each in self._extra]

    def actions(self) -> list[QAction]:
        """The actions of the selected EVSE; those of fault and power have a menu."""
        return self._actions.all()

    def summary(self) -> str:
        """The station in a line."""
        return self._summary

    def set_header_visible(self, visible: bool) -> None:
        """Show or hide the head line."""
        self._header.setVisible(visible)

    # the parts

    def _build(self) -> None:
        self._header = QWidget(self)
        set_role(self._header, "header")
        title = QLabel("Station", self._header)
        set_role(title, "title")
        self._summary_label = QLabel(self._header)
        set_role(self._summary_label, "dim")
        self._summary_label.setAccessibleName("Summary of the station")
        self._summary_label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._summary_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        line = QHBoxLayout(self._header)
        line.setContentsMargins(12, 0, 12, 0)
        line.setSpacing(12)
        line.addWidget(title)
        line.addWidget(self._summary_label, 1)
        self._evse_label = QLabel(self)
        set_role(self._evse_label, "dim")
        self._evse_label.setAlignment(HEADING_ALIGNMENT)
        self.row = OverflowRow(self._evse_label, self._theme, self)
        for action in self._actions.all():
            self.row.add(action, button_for(action, _ROLES.get(action.objectName(), ""), self.row))
        foot = QVBoxLayout()
        foot.setContentsMargins(12, 8, 12, 10)
        foot.addWidget(self.row)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._header)
        whole.addWidget(self.canvas, 1)
        whole.addWidget(self.tray)
        whole.addLayout(foot)

    def _connect(self) -> None:
        self.scene.action.connect(self.action)
        self.scene.selected.connect(self.selected)
        self.scene.shown.connect(self._follow)
        self.scene.hinted.connect(self._announce)
        self._theme.changed.connect(self._follow)
        tray = self.tray
        tray.chosen.connect(lambda card: self._choose_card(card))
        tray.card_used.connect(self._use_card)
        tray.car_used.connect(lambda car: self.scene.park(self.scene.stage.selected, car.name))
        tray.picked.connect(self._pick)
        tray.carried.connect(self._carry)
        tray.dropped.connect(self._drop)
        tray.card_added.connect(self._add_card)
        self._follow()

    def _follow(self) -> None:
        """Bring head line, tray and buttons in step with the picture."""
        station = self.scene.station
        self._show_cards()
        self.tray.show_cars(station)
        self._actions.show()
        self._evse_label.setText(f"EVSE {self.scene.stage.selected}" if station.evses else "")
        summary = texts.summary(station)
        if summary != self._summary:
            self._summary = summary
            self.canvas.setAccessibleDescription(summary)
            self.summary_changed.emit(summary)
        self._show_summary()

    def _show_summary(self) -> None:
        label = self._summary_label
        label.setToolTip(self._summary)
        room = self.width() - 110
        label.setText(fit(label.font(), room, self._summary, texts.brief_summary(self.scene.station)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shorten the summary where it finds no room."""
        super().resizeEvent(event)
        self._show_summary()

    # cards

    def _show_cards(self) -> None:
        known = {each.id_token for each in self.scene.station.cards}
        cards = (*self.scene.station.cards, *(each for each in self._extra if each.id_token not in known))
        self.tray.show_cards(cards)
        self.scene.set_cards(cards, self.tray.card)

    def _choose_card(self, card: Card | None) -> None:
        self.scene.card = card
        self._actions.show()

    def _use_card(self, card: Card) -> None:
        self.tray.choose(card)
        self.scene.swipe(card=card)

    def _add_card(self, card: dict[str, str]) -> None:
        self._extra = (*(each for each in self._extra if each.id_token != card["id_token"]), *read_cards([card]))
        self._show_cards()
        self.tray.choose(read_cards([card])[0])
        self.card_added.emit(card)

    # a chip in the hand

    def _pick(self, thing: Card | Car, at: QPoint) -> None:
        if isinstance(thing, Card):
            self.tray.choose(thing)
        self._carried = thing
        self._ghost = Ghost(thing, self._theme, self)
        self.scene.pointer.pick(CardDrag(thing) if isinstance(thing, Card) else CarDrag(thing, 0), self._in_scene(at))
        self._carry(at)

    def _carry(self, at: QPoint) -> None:
        if self._ghost is not None:
            self._ghost.follow(local_point(self, at).toPoint())
            self.scene.pointer.carry(self._in_scene(at))

    def _drop(self, at: QPoint) -> None:
        if self._ghost is None:
            return
        self._put_down()
        inside = self.canvas.viewport().rect().contains(self.canvas.viewport().mapFromGlobal(at))
        if inside:
            self.scene.pointer.drop(self._in_scene(at))
        else:
            self.scene.pointer.cancel()

    def _put_down(self) -> None:
        if self._ghost is not None:
            self._ghost.hide()
            self._ghost.deleteLater()
        self._ghost = self._carried = None

    def _in_scene(self, at: QPoint) -> QPointF:
        return self.canvas.mapToScene(self.canvas.viewport().mapFromGlobal(at))

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of the scene work wherever the focus is in this widget."""
        key = Qt.Key(event.key())
        if key == Qt.Key.Key_Escape and self._ghost is not None:
            self._put_down()
            self.tray.cancel_drag()
            self.scene.pointer.cancel()
        elif event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier or not self._serves(key):
            super().keyPressEvent(event)
        else:
            self.scene.keyboard.handle(key)

    def _serves(self, key: Qt.Key) -> bool:
        return key in (Qt.Key.Key_P, Qt.Key.Key_S, Qt.Key.Key_X, Qt.Key.Key_F) or Qt.Key.Key_1 <= key <= Qt.Key.Key_8

    def _announce(self, sentence: str) -> None:
        """Tell assistive technology what the bubble or the focus says."""
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.canvas, sentence))
