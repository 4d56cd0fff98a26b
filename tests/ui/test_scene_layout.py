"""Geometry: one to eight EVSEs fit into the view, and nothing overlaps."""

import itertools

import pytest
from PySide6.QtCore import QPointF, QRectF, QSizeF

from ui.scene.layout import nearest, place_scene

SIZES = [(400, 240), (420, 260), (480, 330), (480, 520), (640, 420), (900, 330), (900, 700), (1600, 1000)]


def scene(evses, connectors, size, per_evse=False):
    shapes = [(evse, range(1, connectors + 1)) for evse in range(1, evses + 1)]
    return place_scene(shapes, QSizeF(*size), reader_per_evse=per_evse)


def apart(rects):
    for (name, one), (other_name, other) in itertools.combinations(rects, 2):
        common = one.intersected(other)
        assert common.width() <= 1 or common.height() <= 1, f"{name} overlaps {other_name}"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("connectors", [1, 2, 3])
@pytest.mark.parametrize("evses", range(1, 9))
@pytest.mark.parametrize("per_evse", [False, True])
def test_everything_fits_and_nothing_overlaps(evses, connectors, size, per_evse):
    place = scene(evses, connectors, size, per_evse)
    world = QRectF(QPointF(0, 0), QSizeF(*size)).adjusted(-0.5, -0.5, 0.5, 0.5)
    rects = []
    for number, island in enumerate(place.islands):
        rects.append((f"cabinet {number}", island.cabinet))
        inside = [(f"reader {each.evse}", each.rect) for each in island.readers]
        for each in island.evses:
            inside.append((f"screen {each.id}", each.screen))
            rects.append((f"car {each.id}", each.car.adjusted(0, 0, 0, -1)))
            rects.append((f"battery {each.id}", each.battery))
            rects.append((f"caption {each.id}", each.caption))
            for connector in each.connectors:
                rects.append((f"holster {each.id}.{connector.id}", connector.holster))
                rects.append((f"label {each.id}.{connector.id}", connector.label))
        for name, rect in inside:
            assert island.cabinet.contains(rect.adjusted(0.5, 0.5, -0.5, -0.5)), f"{name} sticks out of its cabinet"
        apart([*inside, ("plate", island.plate)])
    for name, rect in rects:
        assert world.contains(rect), f"{name} sticks out of the view"
        assert rect.width() > 8, name
        assert rect.height() > 8, name
    apart(rects)


@pytest.mark.parametrize("evses", range(1, 9))
def test_holsters_are_large_enough_to_hit(evses):
    place = scene(evses, 3, (480, 330))
    for island in place.islands:
        for evse in island.evses:
            for connector in evse.connectors:
                assert connector.hit.width() >= 40
                assert connector.hit.height() >= 14


def test_a_shared_reader_stands_once_and_own_readers_at_each_evse():
    assert [each.evse for island in scene(4, 1, (480, 330)).islands for each in island.readers] == [0]
    apart_ = scene(4, 1, (480, 330), per_evse=True)
    assert [each.evse for island in apart_.islands for each in island.readers] == [1, 2, 3, 4]


def test_a_wide_view_puts_islands_beside_each_other_and_a_tall_one_below():
    assert scene(4, 1, (1200, 330)).rows == 1
    assert scene(4, 1, (480, 700)).rows == 2
    assert scene(8, 1, (480, 330)).rows == 2


def test_a_tiny_view_gets_the_least_scene():
    assert scene(8, 3, (100, 100)).size == QSizeF(400, 240)
    assert place_scene((), QSizeF(480, 330)).islands


def test_arrow_keys_find_the_nearest_in_their_direction():
    places = [QPointF(0, 0), QPointF(10, 0), QPointF(50, 0), QPointF(0, 30)]
    assert nearest(places, places[0], 1, 0) == 1
    assert nearest(places, places[2], -1, 0) == 1
    assert nearest(places, places[0], 0, 1) == 3
    assert nearest(places, places[0], -1, 0) is None
