"""The pointer in the scene: clicks, and plugs, cards and cars in the hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

from ui.scene import rules
from ui.scene.rules import CardDrag, CarDrag, Drag, Intent, Kind, PlugDrag, Target

if TYPE_CHECKING:
    from ui.scene.scene import StationScene


class Pointer:
    """Hears what is done to the items, and turns it into clicks, drags and drops."""

    def __init__(self, scene: StationScene) -> None:
        self._scene = scene
        self._pressed: tuple[Target, QPointF] | None = None

    def press(self, target: Target, at: QPointF) -> None:
        """The left button went down on a thing."""
        self._pressed = (target, at)
        self._scene.keyboard.pointed(target)
        self._scene.show_focus()
        if target.evse:
            self._scene.select(target.evse, target.connector)

    def move(self, at: QPointF) -> None:
        """The pointer moved with the button down: after a little way that is a drag."""
        if self._scene.stage.drag is not None:
            self.carry(at)
        elif self._pressed is not None:
            target, start = self._pressed
            if (at - start).manhattanLength() >= QApplication.startDragDistance():
                drag = self._drag_of(target)
                if drag is not None:
                    self.pick(drag, at)

    def release(self, at: QPointF) -> None:
        """The button went up: a drop, or a click."""
        pressed, self._pressed = self._pressed, None
        if self._scene.stage.drag is not None:
            self.drop(at)
        elif pressed is not None:
            target, start = pressed
            still = (at - start).manhattanLength() < QApplication.startDragDistance()
            if still and target.kind in (Kind.CONNECTOR, Kind.READER):
                self._scene.main_action(target)

    def hover(self, target: Target | None) -> None:
        """The pointer is over a thing, or over none."""
        stage = self._scene.stage
        if target != stage.hot:
            changed = {stage.hot, target}
            stage.hot = target
            for thing in self._scene.things:
                if thing.target in changed:
                    thing.update()

    def open_menu(self, target: Target, at: QPointF) -> None:
        """A context menu is wanted."""
        self._scene.open_menu(target, at)

    def pick(self, drag: Drag, at: QPointF) -> None:
        """Take something into the hand."""
        self._scene.stage.drag, self._scene.stage.drag_at = drag, at
        self._scene.refresh()
        self.carry(at)

    def carry(self, at: QPointF) -> None:
        """Move what is in the hand."""
        self._scene.stage.drag_at = at
        self._scene.show_drag()
        self.hover(self.target_at(at))

    def drop(self, at: QPointF) -> bool:
        """Let go of what is in the hand; whether that asked for an action."""
        scene = self._scene
        drag, onto = scene.stage.drag, self.target_at(at)
        inside = scene.stage.world().contains(at)
        self.cancel()
        if isinstance(drag, PlugDrag):
            return scene.perform(rules.drop_plug(scene.station, drag, onto))
        if isinstance(drag, CardDrag):
            return scene.perform(rules.drop_card(scene.station, drag, onto, scene.stage.selected))
        return self._drop_car(drag, onto, inside) if isinstance(drag, CarDrag) else False

    def cancel(self) -> None:
        """Put back what is in the hand."""
        self._scene.stage.drag = None
        self._pressed = None
        self.hover(None)
        self._scene.refresh()

    def target_at(self, at: QPointF) -> Target | None:
        """The thing at a point; of several, the one on which what is in the hand can be dropped."""
        wanted = Kind.BAY if isinstance(self._scene.stage.drag, (PlugDrag, CarDrag)) else Kind.READER
        found = [each.target for each in self._scene.things if each.isVisible() and each.reach().contains(at)]
        ranked = sorted(found, key=lambda target: (target.kind is not wanted, target.kind is Kind.STATION))
        return ranked[0] if ranked else None

    def _drag_of(self, target: Target) -> Drag | None:
        station = self._scene.station
        evse = station.evse(target.evse)
        connector = station.connector(target.evse, target.connector)
        if target.kind is Kind.CONNECTOR and connector is not None and not connector.cable_left:
            return PlugDrag(target.evse, target.connector, from_car=connector.plugged)
        if target.kind is Kind.BAY and evse is not None and evse.car is not None:
            answer = rules.leave(station, evse.id)
            if isinstance(answer, Intent):
                return CarDrag(evse.car, evse.id)
            self._pressed = None
            self._scene.perform(answer)
        return None

    def _drop_car(self, drag: CarDrag, onto: Target | None, inside: bool) -> bool:
        scene = self._scene
        if onto is not None and onto.evse and onto.evse != drag.evse:
            answer, _ = rules.park(scene.station, onto.evse, drag.car)
            if isinstance(answer, Intent) and drag.evse:
                scene.sense_bay(drag.evse, occupied=False)
            return scene.park(onto.evse, drag.car.name)
        if drag.evse and not inside:
            scene.sense_bay(drag.evse, occupied=False)
            return True
        if onto is None or not onto.evse:
            scene.hint("Drop the car on an empty bay.")
        return False
