"""The tray: the cards that can be swiped and the cars that can be parked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtWidgets import QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from ui.scene.card_form import CardForm
from ui.scene.chips import CarChip, CardChip, Chip
from ui.scene.flow import HEADING_ALIGNMENT, WrapRow
from ui.scene.model import Car, Card, Station
from ui.theme import Theme, set_role

MOST_CARDS = 8
MOST_CARS = 5


class Tray(QWidget):
    """Cards and cars as chips; one card is the chosen one, which "Swipe" takes."""

    chosen = Signal(object)
    card_used = Signal(object)
    car_used = Signal(object)
    picked = Signal(object, QPoint)
    carried = Signal(QPoint)
    dropped = Signal(QPoint)
    card_added = Signal(dict)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._card: Card | None = None
        self._cards: tuple[Card, ...] | None = None
        self._names: tuple[str, ...] = ()
        self._card_row = WrapRow(_heading("Cards", self), self)
        self._car_row = WrapRow(_heading("Cars", self), self)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(12, 8, 12, 0)
        rows.setSpacing(8)
        rows.addWidget(self._card_row)
        rows.addWidget(self._car_row)
        self._form = CardForm(self)
        self._form.added.connect(self.card_added)
        self._add = self._round("+ card", "Add a card", "Add a card to the tray")
        self._add.clicked.connect(self._open_form)
        self._more_cards = self._menu_button("More cards")
        self._more_cars = self._menu_button("More cars")

    @property
    def card(self) -> Card | None:
        """The chosen card."""
        return self._card

    def card_chips(self) -> list[CardChip]:
        """The chips of the cards on show."""
        return [each for each in self._card_row.widgets() if isinstance(each, CardChip)]

    def car_chips(self) -> list[CarChip]:
        """The chips of the cars on show."""
        return [each for each in self._car_row.widgets() if isinstance(each, CarChip)]

    def show_cards(self, cards: tuple[Card, ...]) -> None:
        """Show these cards; the chosen one stays chosen while it is there."""
        if cards == self._cards:
            return
        self._cards = cards
        gone = self.card_chips()
        chips: list[QWidget] = [self._card_chip(card) for card in cards[:MOST_CARDS]]
        rest = cards[MOST_CARDS:]
        self._fill(self._more_cards, [(each.title, each) for each in rest], self.choose)
        self._card_row.set_widgets([*chips, *([self._more_cards] if rest else []), self._add])
        _delete(gone)
        if self._card not in cards:
            self.choose(cards[0] if cards else None)
        else:
            self.choose(self._card)

    def show_cars(self, station: Station) -> None:
        """Show the cars of the car park, and which of them stand in a bay."""
        bays = {evse.car.name: evse.id for evse in station.evses if evse.car}
        names = tuple(car.name for car in station.cars)
        if names != self._names:
            self._names = names
            gone = self.car_chips()
            chips: list[QWidget] = [self._car_chip(car, bays.get(car.name, 0)) for car in station.cars[:MOST_CARS]]
            self._car_row.set_widgets([*chips, *([self._more_cars] if len(names) > MOST_CARS else [])])
            self._car_row.setVisible(bool(names))
            _delete(gone)
        for chip in self.car_chips():
            chip.set_bay(bays.get(chip.car.name, 0))
        rest = [car for car in station.cars[MOST_CARS:] if car.name not in bays]
        self._fill(self._more_cars, [(f"Park {car.name}", car) for car in rest], self.car_used.emit)

    def choose(self, card: Card | None) -> None:
        """Make a card the one that "Swipe" takes."""
        self._card = card
        for chip in self.card_chips():
            chip.setChecked(chip.card == card)
        self.chosen.emit(card)

    def cancel_drag(self) -> None:
        """Give up a drag."""
        for chip in (*self.card_chips(), *self.car_chips()):
            chip.end_drag()

    def _card_chip(self, card: Card) -> CardChip:
        chip = CardChip(card, self._theme)
        chip.clicked.connect(lambda: self.choose(card))
        chip.used.connect(lambda: self.card_used.emit(card))
        self._wire(chip, card)
        return chip

    def _car_chip(self, car: Car, bay: int) -> CarChip:
        chip = CarChip(car, bay, self._theme)
        chip.used.connect(lambda: self.car_used.emit(car))
        self._wire(chip, car)
        return chip

    def _wire(self, chip: Chip, thing: Card | Car) -> None:
        chip.picked.connect(lambda at: self.picked.emit(thing, at))
        chip.carried.connect(self.carried)
        chip.dropped.connect(self.dropped)

    def _round(self, text: str, name: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        set_role(button, "chip")
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.hide()
        return button

    def _menu_button(self, name: str) -> QPushButton:
        button = self._round("…", name, name)
        button.setMenu(QMenu(button))
        return button

    def _fill(
        self, button: QPushButton, items: Sequence[tuple[str, Card | Car]], choose: Callable[[Any], None]
    ) -> None:
        menu = button.menu()
        menu.clear()
        for text, thing in items:
            action = menu.addAction(text)
            action.triggered.connect(lambda _=False, thing=thing: choose(thing))

    def _open_form(self) -> None:
        self._form.open_at(self._add.mapToGlobal(QPoint(0, -4)))


def _heading(text: str, parent: QWidget) -> QLabel:
    label = QLabel(text, parent)
    set_role(label, "dim")
    label.setAlignment(HEADING_ALIGNMENT)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
    return label


def _delete(chips: Iterable[QWidget]) -> None:
    for chip in chips:
        chip.deleteLater()
