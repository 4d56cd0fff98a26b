"""Where everything stands: pure geometry from the number of EVSEs and connectors and the size of the view.

EVSEs stand in pairs at *islands*: a cabinet in the middle, a bay on either side. Islands stand in rows, so that one
to eight EVSEs fit into any view from 400 by 240 pixels up without scrolling.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from PySide6.QtCore import QPointF, QRectF, QSizeF

LEAST_WIDTH = 400
LEAST_HEIGHT = 240
_ISLAND_WIDTH = 220.0
_ISLAND_HEIGHT = 140.0
_GAP = 4.0
CAR_ASPECT = 0.44
"""Height of a car's box to its width."""


@dataclass(frozen=True, slots=True)
class ConnectorPlace:
    """The holster at the cabinet's side, the words beside it, and the region that takes clicks."""

    id: int
    holster: QRectF
    label: QRectF
    hit: QRectF


@dataclass(frozen=True, slots=True)
class EvsePlace:
    """One EVSE: `side` is -1 where its bay is left of the cabinet, 1 where it is right."""

    id: int
    side: int
    screen: QRectF
    light: QRectF
    bay: QRectF
    car: QRectF
    battery: QRectF
    caption: QRectF
    connectors: tuple[ConnectorPlace, ...]


@dataclass(frozen=True, slots=True)
class ReaderPlace:
    """A card reader; `evse` is 0 for the one that all share."""

    evse: int
    rect: QRectF


@dataclass(frozen=True, slots=True)
class IslandPlace:
    """A cabinet with the EVSEs at it; `ground` is where the floor begins."""

    rect: QRectF
    cabinet: QRectF
    plate: QRectF
    ground: float
    readers: tuple[ReaderPlace, ...]
    evses: tuple[EvsePlace, ...]


@dataclass(frozen=True, slots=True)
class ScenePlace:
    """The whole scene; `unit` grows with the room that an island has (1 at 220 by 140 pixels)."""

    size: QSizeF
    unit: float
    rows: int
    islands: tuple[IslandPlace, ...]

    def evse(self, evse_id: int) -> EvsePlace | None:
        """The place of an EVSE, or None."""
        return next((each for island in self.islands for each in island.evses if each.id == evse_id), None)

    def connector(self, evse_id: int, connector_id: int) -> ConnectorPlace | None:
        """The place of a connector, or None."""
        evse = self.evse(evse_id)
        return next((each for each in evse.connectors if each.id == connector_id), None) if evse else None


@dataclass(frozen=True, slots=True)
class _Measures:
    """The sizes that follow from an island's room."""

    unit: float
    line: float
    floor: float
    holster: float
    margin: float


def place_scene(
    evses: Sequence[tuple[int, Sequence[int]]], size: QSizeF, *, reader_per_evse: bool = False
) -> ScenePlace:
    """Lay out EVSEs, each given as its number and its connectors' numbers, in a view of `size` pixels."""
    size = size.expandedTo(QSizeF(LEAST_WIDTH, LEAST_HEIGHT))
    pairs = [evses[at : at + 2] for at in range(0, len(evses), 2)] or [()]
    rows, columns = _grid(len(pairs), size)
    cell = QSizeF(size.width() / columns, size.height() / rows)
    unit = _unit(cell)
    islands = []
    for number, pair in enumerate(pairs):
        row, column = divmod(number, columns)
        in_row = min(columns, len(pairs) - row * columns)
        width = size.width() / in_row
        rect = QRectF(column * width, row * cell.height(), width, cell.height())
        readers = [evse for evse, _ in pair] if reader_per_evse else [0] if number == 0 else []
        islands.append(_island(rect, pair, readers, _measures(unit, rect)))
    return ScenePlace(size, unit, rows, tuple(islands))


def _grid(islands: int, size: QSizeF) -> tuple[int, int]:
    def room(rows: int) -> float:
        return _unit(QSizeF(size.width() / ceil(islands / rows), size.height() / rows))

    rows = max(range(1, islands + 1), key=room)
    return rows, ceil(islands / rows)


def _unit(cell: QSizeF) -> float:
    return min(cell.width() / _ISLAND_WIDTH, cell.height() / _ISLAND_HEIGHT)


def _between(least: float, value: float, most: float) -> float:
    return max(least, min(value, most))


def _measures(unit: float, rect: QRectF) -> _Measures:
    return _Measures(
        unit=unit,
        line=_between(12, 9.5 + unit * 2.4, 20),
        floor=_between(26, rect.height() * 0.2, 96),
        holster=_between(17, unit * 14.5, 44),
        margin=_between(3.5, unit * 4.5, 14),
    )


def _island(
    rect: QRectF, pair: Sequence[tuple[int, Sequence[int]]], readers: Sequence[int], measures: _Measures
) -> IslandPlace:
    ground = rect.bottom() - measures.floor
    foot = ground + measures.floor * 0.26
    height = min(foot - rect.top() - measures.margin, measures.unit * 150)
    width = _between(56, min(rect.width() * 0.28, height / 1.12), 230)
    height = min(height, width * 2.3)
    centre = rect.center().x() if len(pair) != 1 else rect.left() + rect.width() * 0.66
    cabinet = QRectF(round(centre - width / 2), round(foot - height), round(width), round(height))
    screens, reader_rects, plate = _front(cabinet, len(pair), len(readers), bool(readers))
    evses = tuple(
        _evse(rect, cabinet, ground, (evse, connectors), -1 if at == 0 else 1, screens[at], measures)
        for at, (evse, connectors) in enumerate(pair)
    )
    places = tuple(ReaderPlace(evse, rect_) for evse, rect_ in zip(readers, reader_rects))
    return IslandPlace(rect, cabinet, plate, ground, places, evses)


def _front(cabinet: QRectF, evses: int, readers: int, has_reader: bool) -> tuple[list[QRectF], list[QRectF], QRectF]:
    """Screens from the top, then the reader, then the plate with the station's name."""
    pad = _between(4, cabinet.width() * 0.08, 14)
    strip = _between(4, cabinet.height() * 0.03, 8)
    inner = cabinet.adjusted(pad, pad + strip, -pad, -pad)
    gap = _between(3, cabinet.height() * 0.022, 8)
    plate_height = 16.0 if inner.height() > 150 else 0.0
    room = inner.height() - plate_height - gap * (evses + 1)
    reader_height = _between(22, room * 0.34, 76) if has_reader else 0.0
    screen_height = _between(20, (room - reader_height) / max(1, evses), inner.width() * (0.66 if evses == 1 else 0.58))
    screens = [
        QRectF(inner.left(), round(inner.top() + at * (screen_height + gap)), inner.width(), round(screen_height))
        for at in range(max(1, evses))
    ]
    top = screens[-1].bottom() + gap * 1.5
    spare = inner.bottom() - plate_height - gap - reader_height - top
    width = inner.width() / max(1, readers)
    reader_rects = [
        QRectF(inner.left() + at * width, round(top + max(0.0, spare) * 0.35), width, reader_height)
        for at in range(readers)
    ]
    plate = QRectF(inner.left(), inner.bottom() - plate_height, inner.width(), plate_height)
    return screens, reader_rects, plate


def _evse(
    rect: QRectF,
    cabinet: QRectF,
    ground: float,
    evse: tuple[int, Sequence[int]],
    side: int,
    screen: QRectF,
    measures: _Measures,
) -> EvsePlace:
    """The bay beside the cabinet: words on top, the battery, the car, and a caption on the floor."""
    number, connectors = evse
    left, right = rect.left() + measures.margin, cabinet.left()
    if side > 0:
        left, right = cabinet.right(), rect.right() - measures.margin
    bay = QRectF(left, rect.top(), right - left, rect.height())
    reach = measures.holster * 0.5
    car_width = min(bay.width() - reach - measures.margin * 1.4, (ground - rect.top()) * 0.42 / CAR_ASPECT, 340)
    wheels = ground + measures.floor * 0.34
    car_height = car_width * CAR_ASPECT
    middle = bay.center().x() + side * reach / 2
    car = QRectF(middle - car_width / 2, wheels - car_height, car_width, car_height)
    battery_height = _between(12, measures.line, 18)
    battery_width = _between(42, car_width * 0.58, 110)
    battery = QRectF(
        round(car.center().x() - battery_width / 2),
        round(car.top() - battery_height - _GAP),
        round(battery_width),
        round(battery_height),
    )
    caption = QRectF(bay.left(), wheels + 2, bay.width(), rect.bottom() - wheels - 3)
    half = cabinet.width() / 2
    light = QRectF(cabinet.left() if side < 0 else cabinet.center().x(), cabinet.top(), half, cabinet.height())
    places = _connectors(bay, cabinet, battery.top() - _GAP, connectors, side, measures)
    return EvsePlace(number, side, screen, light, bay, car, battery, caption, places)


def _connectors(
    bay: QRectF, cabinet: QRectF, bottom: float, connectors: Sequence[int], side: int, measures: _Measures
) -> tuple[ConnectorPlace, ...]:
    top = max(bay.top() + measures.margin, cabinet.top() + min(8.0, cabinet.height() * 0.02))
    count = max(1, len(connectors))
    pitch = min((bottom - top) / count, measures.holster * 2.6)
    first = top if count > 1 else top + max(0.0, (bottom - top - pitch) * 0.35)
    height = min(pitch - 3, measures.holster * 1.25)
    places = []
    for at, connector in enumerate(connectors):
        y = first + at * pitch
        x = cabinet.left() - measures.holster + 1 if side < 0 else cabinet.right() - 1
        holster = QRectF(round(x), round(y + 1), round(measures.holster), round(height))
        gap = _between(2, measures.unit * 2.4, 8)
        if side < 0:
            label = QRectF(bay.left(), y, holster.left() - gap - bay.left(), pitch - 1)
        else:
            label = QRectF(holster.right() + gap, y, bay.right() - holster.right() - gap, pitch - 1)
        places.append(ConnectorPlace(connector, holster, label, holster.united(label)))
    return tuple(places)


def nearest(places: Sequence[QPointF], origin: QPointF, dx: int, dy: int) -> int | None:
    """Which of `places` an arrow key leads to from `origin`: the nearest in that direction, or None."""

    def cost(place: QPointF) -> float | None:
        along = (place.x() - origin.x()) * dx + (place.y() - origin.y()) * dy
        across = abs((place.x() - origin.x()) * dy) + abs((place.y() - origin.y()) * dx)
        return along + 2 * across if along > 1 else None

    costs = [(value, at) for at, place in enumerate(places) if (value := cost(place)) is not None]
    return min(costs)[1] if costs else None
