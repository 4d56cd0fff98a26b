"""What all items of the scene share: the picture to show, where things stand, and what is going on."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSizeF

from ui.scene.layout import ConnectorPlace, EvsePlace, ScenePlace, place_scene
from ui.scene.model import Connector, Evse, Station
from ui.scene.paint import connectors as draw
from ui.scene.paint.brush import Brushes
from ui.scene.paint.cars import inlet
from ui.scene.rules import Drag, Kind, PlugDrag, Target
from ui.theme import Theme


class Stage:
    """Shared by the items; the scene writes, items read."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.station = Station()
        self.size = QSizeF(480, 330)
        self.place: ScenePlace = place_scene((), self.size)
        self.brushes = Brushes(theme.palette, self.place.unit, theme.text_scale)
        self.selected = 0
        self.hot: Target | None = None
        self.drag: Drag | None = None
        self.drag_at = QPointF()
        self.flow = 0.0
        self.waves: dict[int, float] = {}
        self.verdict = ""
        self.verdict_at = 0  # whose reader; 0 where nobody said it

    def arrange(self) -> None:
        """Lay out anew for the picture, the size and the theme in force."""
        shapes = [(evse.id, [each.id for each in evse.connectors]) for evse in self.station.evses]
        self.place = place_scene(shapes, self.size, reader_per_evse=self.station.reader_per_evse)
        self.brushes = Brushes(self.theme.palette, self.place.unit, self.theme.text_scale)

    def shape(self) -> tuple[object, ...]:
        """What the arrangement depends on, beside size and theme."""
        evses = tuple((evse.id, tuple(each.id for each in evse.connectors)) for evse in self.station.evses)
        return evses, self.station.reader_per_evse

    def evse(self, evse_id: int) -> tuple[Evse, EvsePlace]:
        """An EVSE and its place; KeyError when it is not there."""
        evse, place = self.station.evse(evse_id), self.place.evse(evse_id)
        if evse is None or place is None:
            raise KeyError(f"there is no EVSE {evse_id} in the scene")
        return evse, place

    def connector(self, evse_id: int, connector_id: int) -> tuple[Connector, ConnectorPlace, EvsePlace]:
        """A connector, its place and that of its EVSE; KeyError when it is not there."""
        evse, evse_place = self.evse(evse_id)
        connector, place = evse.connector(connector_id), self.place.connector(evse_id, connector_id)
        if connector is None or place is None:
            raise KeyError(f"EVSE {evse_id} has no connector {connector_id} in the scene")
        return connector, place, evse_place

    def in_hand(self, evse_id: int, connector_id: int) -> bool:
        """Whether this connector's plug is being dragged."""
        drag = self.drag
        return isinstance(drag, PlugDrag) and (drag.evse, drag.connector) == (evse_id, connector_id)

    def is_hot(self, kind: Kind, evse: int = 0, connector: int = 0) -> bool:
        """Whether the pointer, or what it drags, is over this thing."""
        return self.hot == Target(kind, evse, connector)

    def verdict_for(self, reader: int) -> str:
        """The verdict that a reader shows now, or ""."""
        return self.verdict if self.verdict_at in (0, reader) or reader == 0 else ""

    def inlet(self, evse_id: int) -> QPointF:
        """Where the plug goes into the car of a bay."""
        evse, place = self.evse(evse_id)
        return inlet(evse.car.name if evse.car else "", place.car, place.side)

    def cable_start(self, evse_id: int, connector_id: int) -> QPointF:
        """Where the cable of a connector begins."""
        connector, place, evse_place = self.connector(evse_id, connector_id)
        if connector.attached:
            return draw.outlet(place.holster, evse_place.side)
        tip = draw.parked_tip(place.holster, evse_place.side)
        return draw.cable_end(tip, -evse_place.side, self.brushes)

    def cable_clear(self, evse_id: int) -> float:
        """How far down a cable falls before it may turn to the car."""
        _, place = self.evse(evse_id)
        return max((each.holster.bottom() for each in place.connectors), default=place.car.top()) + 3

    def floor(self, evse_id: int) -> float:
        """The lowest that a cable of this EVSE hangs."""
        _, place = self.evse(evse_id)
        return place.car.bottom() - 1

    def world(self) -> QRectF:
        """The whole scene."""
        return QRectF(QPointF(0, 0), self.place.size)
