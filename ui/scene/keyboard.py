"""The keyboard's way through the scene: a focus that walks from thing to thing, and a key for each deed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt

from ui.scene import rules
from ui.scene.layout import nearest
from ui.scene.rules import Kind, Target

if TYPE_CHECKING:
    from ui.scene.scene import StationScene

_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Keyboard:
    """Knows which thing has the focus, and whether its ring is to be seen."""

    def __init__(self, scene: StationScene) -> None:
        self._scene = scene
        self.target: Target | None = None
        self.in_use = False

    def order(self) -> list[Target]:
        """Where Tab goes: connectors and bay of each EVSE, then readers, then the station."""
        order: list[Target] = []
        for evse in self._scene.station.evses:
            order += [Target(Kind.CONNECTOR, evse.id, each.id) for each in evse.connectors]
            order.append(Target(Kind.BAY, evse.id))
        readers = [place.evse for island in self._scene.stage.place.islands for place in island.readers]
        return [*order, *(Target(Kind.READER, each) for each in readers), Target(Kind.STATION)]

    def step(self, forward: bool) -> bool:
        """Move the focus to the next or previous thing; False when there is none left."""
        order = self.order()
        self.in_use = True
        if self.target not in order:
            at = 0 if forward else len(order) - 1
        else:
            at = order.index(self.target) + (1 if forward else -1)
        if not 0 <= at < len(order):
            return False
        self.focus(order[at])
        return True

    def enter(self, forward: bool) -> None:
        """The keyboard's focus comes into the scene from before or behind."""
        self.target = None
        self.step(forward)

    def focus(self, target: Target) -> None:
        """Put the focus on a thing, and say what it is."""
        scene = self._scene
        self.target = target
        if target.evse:
            scene.select(target.evse, target.connector)
        scene.show_focus()
        thing = scene.thing(target)
        if thing is not None:
            scene.hinted.emit(thing.tip())

    def pointed(self, target: Target) -> None:
        """The pointer took over: remember where it was, without a ring."""
        self.in_use = False
        if target in self.order():
            self.target = target

    def handle(self, key: Qt.Key) -> bool:
        """Do what a key stands for; False when it stands for nothing."""
        scene = self._scene
        if key == Qt.Key.Key_Escape and scene.stage.drag is not None:
            scene.pointer.cancel()
            return True
        if key in _ARROWS:
            return self._arrow(*_ARROWS[key])
        if Qt.Key.Key_1 <= key <= Qt.Key.Key_8:
            scene.select(int(key) - int(Qt.Key.Key_0))
            return True
        deed = self._deeds().get(key)
        if deed is not None:
            deed()
        return deed is not None

    def _deeds(self) -> dict[Qt.Key, Callable[[], object]]:
        scene = self._scene
        target = self.target if self.target is not None else self.order()[0]
        return {
            Qt.Key.Key_P: scene.toggle_plug,
            Qt.Key.Key_S: scene.swipe,
            Qt.Key.Key_X: lambda: scene.perform(rules.stop(scene.station, scene.stage.selected)),
            Qt.Key.Key_F: scene.open_fault_menu,
            Qt.Key.Key_Return: lambda: scene.main_action(target),
            Qt.Key.Key_Enter: lambda: scene.main_action(target),
            Qt.Key.Key_Space: lambda: scene.main_action(target),
            Qt.Key.Key_Menu: lambda: scene.open_menu(target, scene.centre_of(target)),
        }

    def _arrow(self, dx: int, dy: int) -> bool:
        order = self.order()
        self.in_use = True
        if self.target not in order:
            self.focus(order[0])
            return True
        centres = [self._scene.centre_of(each) for each in order]
        found = nearest(centres, self._scene.centre_of(self.target), dx, dy)
        if found is not None:
            self.focus(order[found])
        return True
