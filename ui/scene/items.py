"""The things of the scene as graphics items: each paints its part of the stage and reports what is done to it."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsSceneContextMenuEvent,
    QGraphicsSceneHoverEvent,
    QGraphicsSceneMouseEvent,
    QStyleOptionGraphicsItem,
    QWidget,
)

from ui.scene import texts
from ui.scene.layout import IslandPlace, ReaderPlace
from ui.scene.paint import bays, cabinet, cars, connectors, glyphs
from ui.scene.paint.brush import height_of, width_of
from ui.scene.rules import CarDrag, Kind, PlugDrag, Target
from ui.scene.stage import Stage
from ui.scene.states import LOOKS, State


class Hands(Protocol):
    """Who hears what the pointer does to an item."""

    def press(self, target: Target, at: QPointF) -> None:
        """The left button went down."""

    def move(self, at: QPointF) -> None:
        """The pointer moved with the button down."""

    def release(self, at: QPointF) -> None:
        """The button went up."""

    def open_menu(self, target: Target, at: QPointF) -> None:
        """A context menu is wanted."""

    def hover(self, target: Target | None) -> None:
        """The pointer is over a thing, or over none."""


class Thing(QGraphicsItem):
    """A thing that can be pointed at."""

    def __init__(self, stage: Stage, hands: Hands, target: Target, height: float) -> None:
        super().__init__()
        self.stage = stage
        self.target = target
        self._hands = hands
        self._bounds = QRectF()
        self.setZValue(height)
        self._shown: object = None
        self.setAcceptHoverEvents(True)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)  # cables move in front of things that do not

    def arrange(self) -> None:
        """Take the place and the picture that the stage gives; paint again only what has changed."""
        shown = self.shows()
        if shown != self._shown:
            self._shown = shown
            self.prepareGeometryChange()
            self._bounds = self.bounds()
            self.setToolTip(self.tip())
            self.update()

    def shows(self) -> object:
        """All that the item's picture depends on, beside theme and size."""
        raise NotImplementedError

    def bounds(self) -> QRectF:
        """All that is painted."""
        raise NotImplementedError

    def reach(self) -> QRectF:
        """What takes clicks and carries the focus ring."""
        return self._bounds

    def tip(self) -> str:
        """What the tool tip and assistive technology say."""
        return ""

    def boundingRect(self) -> QRectF:
        """All that is painted."""
        return self._bounds

    def shape(self) -> QPainterPath:
        """What takes clicks."""
        path = QPainterPath()
        path.addRect(self.reach())
        return path

    def mousePressEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Tell the hands."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._hands.press(self.target, event.scenePos())
        else:
            event.ignore()

    def mouseDoubleClickEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """A second click is a click."""
        self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Tell the hands."""
        self._hands.move(event.scenePos())

    def mouseReleaseEvent(self, event: QGraphicsSceneMouseEvent) -> None:
        """Tell the hands."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._hands.release(event.scenePos())

    def contextMenuEvent(self, event: QGraphicsSceneContextMenuEvent) -> None:
        """Tell the hands."""
        self._hands.open_menu(self.target, event.scenePos())

    def hoverEnterEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Tell the hands."""
        self._hands.hover(self.target)

    def hoverLeaveEvent(self, event: QGraphicsSceneHoverEvent) -> None:
        """Tell the hands."""
        self._hands.hover(None)


class CabinetItem(Thing):
    """A cabinet with the station's name."""

    def __init__(self, stage: Stage, hands: Hands, island: IslandPlace) -> None:
        super().__init__(stage, hands, Target(Kind.STATION), 2)
        self.island = island
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def shows(self) -> object:
        """All that its picture depends on."""
        station = self.stage.station
        states = tuple(self.stage.evse(place.id)[0].state for place in self.island.evses)
        return station.id, station.powered, station.connection, station.boot, states

    def bounds(self) -> QRectF:
        """The body, its base and its shadow."""
        rect = self.island.cabinet
        return rect.adjusted(-rect.width() * 0.2, -2, rect.width() * 0.2, rect.width() * 0.14)

    def reach(self) -> QRectF:
        """The body."""
        return self.island.cabinet

    def tip(self) -> str:
        """The station and its connection."""
        station = self.stage.station
        power = "" if station.powered else "\nno power"
        return f"Charging station {station.id}\nCSMS: {station.connection}, registration: {station.boot}{power}"

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The body, a light for each EVSE, the plate."""
        stage, station = self.stage, self.stage.station
        lights = []
        for place in self.island.evses:
            evse, _ = stage.evse(place.id)
            look = LOOKS[evse.state]
            dark = evse.state is State.OFF
            lights.append(stage.brushes.colours.off if dark else str(getattr(stage.brushes.palette, look.colour)))
        cabinet.cabinet(painter, self.island, stage.brushes, lights)
        online = station.connection == "connected" if station.powered else None
        cabinet.plate(painter, self.island.plate, station.id, online, stage.brushes)


class ScreenItem(Thing):
    """The display of an EVSE."""

    def __init__(self, stage: Stage, hands: Hands, evse: int) -> None:
        super().__init__(stage, hands, Target(Kind.EVSE, evse), 3)

    def shows(self) -> object:
        """All that its picture depends on."""
        evse, _ = self.stage.evse(self.target.evse)
        return texts.display(self.stage.station, evse), self.stage.selected == evse.id, bool(evse.lines)

    def bounds(self) -> QRectF:
        """The display."""
        return self.stage.evse(self.target.evse)[1].screen

    def tip(self) -> str:
        """What stands on it, in full."""
        evse, _ = self.stage.evse(self.target.evse)
        lines = texts.display_lines(self.stage.station, evse) or ("dark: no power",)
        return "\n".join((f"Display of EVSE {evse.id}", *lines))

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """What a driver reads."""
        evse, place = self.stage.evse(self.target.evse)
        shown = texts.display(self.stage.station, evse)
        chosen = self.stage.selected == evse.id and len(self.stage.station.evses) > 1
        optional = not evse.lines
        cabinet.screen(painter, place.screen, shown, self.stage.brushes, chosen=chosen, optional=optional)


class ReaderItem(Thing):
    """A card reader."""

    def __init__(self, stage: Stage, hands: Hands, place: ReaderPlace) -> None:
        super().__init__(stage, hands, Target(Kind.READER, place.evse), 3)
        self.place = place

    def shows(self) -> object:
        """All that its picture depends on."""
        station = self.stage.station
        return station.powered, station.reader_works, station.reader_waiting, self.stage.verdict_for(self.place.evse)

    def bounds(self) -> QRectF:
        """The reader with its words."""
        return self.place.rect

    def tip(self) -> str:
        """Whose it is and how to use it."""
        whose = f"Reader of EVSE {self.place.evse}" if self.place.evse else "Card reader"
        waiting = self.stage.station.reader_waiting
        read = f"\n{waiting} was read: plug in now" if waiting else ""
        return f"{whose}{read}\nDrag a card here, or S: swipe the selected card"

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The reader, with waves while it reads."""
        stage = self.stage
        cabinet.reader(
            painter,
            self.place.rect,
            stage.brushes,
            powered=stage.station.powered and stage.station.reader_works,
            wave=stage.waves.get(self.place.evse, 0.0),
            says=texts.reader_words(stage.station, stage.verdict_for(self.place.evse)),
            hot=stage.is_hot(Kind.READER, self.place.evse),
        )


class ConnectorItem(Thing):
    """A holster or socket with its words; the plug too while it is at home."""

    def __init__(self, stage: Stage, hands: Hands, evse: int, connector: int) -> None:
        super().__init__(stage, hands, Target(Kind.CONNECTOR, evse, connector), 5)

    def shows(self) -> object:
        """All that its picture depends on."""
        connector = self.stage.connector(self.target.evse, self.target.connector)[0]
        return connector, self.stage.evse(self.target.evse)[0].reserved_until, self.at_home

    def bounds(self) -> QRectF:
        """Holster, words, and the loop of cable below."""
        place = self.stage.connector(self.target.evse, self.target.connector)[1]
        return place.hit.adjusted(-6, -3, 6, place.holster.height() * 0.7)

    def reach(self) -> QRectF:
        """Holster and words."""
        holster = self.stage.connector(self.target.evse, self.target.connector)[1].holster
        return holster.united(self._words().cover)

    def _words(self) -> connectors.Words:
        connector, place, evse_place = self.stage.connector(self.target.evse, self.target.connector)
        detail = connectors.detail_of(connector, self.stage.evse(self.target.evse)[0].reserved_until)
        return connectors.set_words(place.label, connector, detail, evse_place.side, self.stage.brushes)

    def tip(self) -> str:
        """Everything about the connector."""
        return texts.connector_tip(self.stage.connector(self.target.evse, self.target.connector)[0])

    @property
    def at_home(self) -> bool:
        """Whether the plug hangs in its holster, or the loose cable on its hook."""
        connector = self.stage.connector(self.target.evse, self.target.connector)[0]
        away = connector.plugged or connector.cable_left
        return not away and not self.stage.in_hand(connector.evse, connector.id)

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Words, holster, plug."""
        stage = self.stage
        connector, place, evse_place = stage.connector(self.target.evse, self.target.connector)
        side, brushes = evse_place.side, stage.brushes
        connectors.words(painter, self._words(), connector, side, brushes)
        hot = stage.is_hot(*self.target)
        home = self.at_home
        if home and connector.attached:
            drop = min(place.holster.height() * 0.36, 16)
            connectors.cable(painter, connectors.parked_cable(place.holster, side, brushes, drop), brushes)
        elif home:
            connectors.coil(painter, place.holster, side, brushes)
        connectors.holster(painter, place.holster, connector, side, brushes, hot=hot)
        if home and connector.attached:
            connectors.gun(painter, connectors.parked_tip(place.holster, side), -side, brushes, hot=hot)
        elif connector.cable_left:
            connectors.gun(painter, connectors.parked_tip(place.holster, side), -side, brushes)


class BayItem(Thing):
    """A bay: its floor, the car with its battery, or the invitation to bring one."""

    def __init__(self, stage: Stage, hands: Hands, island: IslandPlace, evse: int) -> None:
        super().__init__(stage, hands, Target(Kind.BAY, evse), 4)
        self.island = island

    def shows(self) -> object:
        """All that its picture depends on."""
        stage = self.stage
        evse, _ = stage.evse(self.target.evse)
        soc = texts.soc_percent(evse)
        car = (evse.car.name, evse.car.ready, evse.car.wants_charge, evse.car.battery_wh) if evse.car else None
        battery = (None if soc is None else round(soc, 1), evse.charging)
        plugged = tuple((each.state, each.plugged) for each in evse.connectors)
        in_hand = stage.drag if getattr(stage.drag, "evse", 0) == evse.id else None
        return car, battery, plugged, evse.operative, evse.reserved_until, stage.selected == evse.id, in_hand

    def bounds(self) -> QRectF:
        """From the battery down to the caption."""
        _, place = self.stage.evse(self.target.evse)
        top = min(place.battery.top(), bays.invitation_rect(place).top()) - 3
        wide = place.car.adjusted(-12, 0, 12, 0).united(place.caption)
        return QRectF(wide.left(), top, wide.width(), place.caption.bottom() - top + 2)

    def reach(self) -> QRectF:
        """The car or the invitation, and the caption."""
        evse, place = self.stage.evse(self.target.evse)
        body = place.car.united(place.battery) if evse.car else bays.invitation_rect(place)
        return QRectF(body.left(), body.top(), body.width(), place.caption.bottom() - body.top())

    def tip(self) -> str:
        """Everything about the bay."""
        return texts.bay_tip(self.stage.evse(self.target.evse)[0])

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """The floor, then car or invitation, then the caption."""
        stage, brushes = self.stage, self.stage.brushes
        evse, place = stage.evse(self.target.evse)
        closed = all(each.state is State.UNAVAILABLE for each in evse.connectors) or not evse.operative
        chosen = stage.selected == evse.id
        hot = stage.is_hot(*self.target)
        bays.bay_floor(painter, self.island, place, brushes, chosen=chosen, closed=closed)
        taken = isinstance(stage.drag, CarDrag) and stage.drag.evse == evse.id
        if evse.car is not None and not taken:
            cars.car(painter, place.car, place.side, evse.car.name, brushes)
            soc = texts.soc_percent(evse)
            text = texts.percent(soc) if soc is not None else "– %"
            cars.battery(painter, place.battery, soc, text, brushes, charging=evse.charging)
        else:
            bays.invitation(painter, place, brushes, hot=hot, closed=closed)
        if isinstance(stage.drag, PlugDrag) and stage.drag.evse == evse.id and evse.car is not None:
            bays.inlet_ring(painter, stage.inlet(evse.id), brushes, hot=hot)
        name, detail = (evse.car.name, texts.car_detail(evse)) if evse.car is not None and not taken else ("", "")
        bays.caption(painter, place, name, detail, brushes, chosen=chosen)
        if evse.reserved_until and evse.plugged is None:
            self._ribbon(painter, evse.reserved_until)

    def _ribbon(self, painter: QPainter, until: str) -> None:
        brushes = self.stage.brushes
        evse, place = self.stage.evse(self.target.evse)
        text = f"reserved until {until}"
        width = width_of(brushes.tiny, text) + 20
        if width > place.car.width() + 16:
            text = f"until {until}"
            width = width_of(brushes.tiny, text) + 18
        height = height_of(brushes.tiny) + 3
        top = place.battery.top() - height - 2 if evse.car else bays.invitation_rect(place).top() - height + 4
        rect = QRectF(place.car.center().x() - width / 2, round(top), width, height)
        glyphs.ribbon(painter, rect, brushes.tiny, text, brushes.token("on_accent"), brushes.token("received"))


class CableItem(Thing):
    """A cable that leads to a car, with the plug in the car; or one that was left in its socket."""

    def __init__(self, stage: Stage, hands: Hands, evse: int, connector: int) -> None:
        super().__init__(stage, hands, Target(Kind.CONNECTOR, evse, connector), 6)
        self.setCacheMode(QGraphicsItem.CacheMode.NoCache)
        self._path = QPainterPath()
        self._gun = QRectF()

    @property
    def flows(self) -> bool:
        """Whether energy moves in it."""
        connector = self.stage.connector(self.target.evse, self.target.connector)[0]
        return connector.plugged and connector.state is State.CHARGING

    @property
    def shown(self) -> bool:
        """Whether there is such a cable now."""
        connector = self.stage.connector(self.target.evse, self.target.connector)[0]
        return connector.plugged or connector.cable_left

    def shows(self) -> object:
        """All that its picture depends on."""
        evse, _ = self.stage.evse(self.target.evse)
        connector = self.stage.connector(self.target.evse, self.target.connector)[0]
        return connector, evse.car.name if evse.car else "", self.stage.in_hand(connector.evse, connector.id)

    def bounds(self) -> QRectF:
        """Cable, plug and padlock."""
        stage = self.stage
        connector, _, place = stage.connector(self.target.evse, self.target.connector)
        self.setVisible(self.shown)
        start = stage.cable_start(connector.evse, connector.id)
        clear, floor = stage.cable_clear(connector.evse), stage.floor(connector.evse)
        if connector.plugged:
            tip = stage.inlet(connector.evse)
            end = connectors.cable_end(tip, place.side, stage.brushes)
            self._gun = connectors.gun_transform(tip, place.side, connectors.gun_scale(stage.brushes)).mapRect(
                connectors.GUN
            )
        else:
            end = QPointF(start.x() + place.side * 16, floor - 2)
            self._gun = QRectF(end.x() - 8, end.y() - 8, 16, 16)
        self._path = connectors.hanging_cable(start, clear, end, floor)
        return self._path.boundingRect().united(self._gun).adjusted(-10, -10, 10, 10)

    def reach(self) -> QRectF:
        """The plug."""
        return self._gun.adjusted(-2, -2, 2, 2)

    def tip(self) -> str:
        """Everything about the connector."""
        return texts.connector_tip(self.stage.connector(self.target.evse, self.target.connector)[0])

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None) -> None:
        """Cable with the energy in it, plug, padlock."""
        stage, brushes = self.stage, self.stage.brushes
        connector, place, evse_place = stage.connector(self.target.evse, self.target.connector)
        side = evse_place.side
        if stage.in_hand(connector.evse, connector.id):
            return  # hidden would lose the mouse, which drags it
        if not connector.attached:
            tip = connectors.parked_tip(place.holster, side)
            connectors.gun(painter, tip, -side, brushes)
        connectors.cable(painter, self._path, brushes, flow=stage.flow if self.flows else None)
        if connector.plugged:
            hot = stage.is_hot(*self.target)
            connectors.gun(painter, stage.inlet(connector.evse), side, brushes, hot=hot)
        else:
            connectors.gun(painter, self._path.pointAtPercent(1), side, brushes)
        if connector.locked:
            size = max(13.0, min(20.0, 9 + brushes.unit * 3))
            at = QPointF(self._gun.center().x() + side * size * 0.1, self._gun.top() - size * 0.42)
            glyphs.padlock(painter, at, size, brushes.token("text"), brushes.token("panel"))
