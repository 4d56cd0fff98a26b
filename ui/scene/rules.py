"""What a gesture means: which action of the engine it asks for, or why it cannot be done."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from ui.scene.model import Car, Card, Connector, Evse, Station
from ui.scene.states import State


class Kind(StrEnum):
    """The sorts of things in the scene."""

    STATION = "station"
    READER = "reader"
    CONNECTOR = "connector"
    BAY = "bay"
    EVSE = "evse"


class Target(NamedTuple):
    """One thing in the scene; `evse` and `connector` are 0 where they do not apply."""

    kind: Kind
    evse: int = 0
    connector: int = 0


@dataclass(frozen=True, slots=True)
class Intent:
    """An action of the engine with its parameters (control.md)."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something cannot be done now, in one sentence that says what would help."""

    sentence: str


Answer = Intent | Refusal


@dataclass(frozen=True, slots=True)
class PlugDrag:
    """A plug in the hand, taken from its holster or from the car."""

    evse: int
    connector: int
    from_car: bool


@dataclass(frozen=True, slots=True)
class CardDrag:
    """A card in the hand."""

    card: Card


@dataclass(frozen=True, slots=True)
class CarDrag:
    """A car on the move, from the car park (`evse` 0) or from a bay."""

    car: Car
    evse: int


Drag = PlugDrag | CardDrag | CarDrag


def plug(station: Station, evse: Evse, connector: Connector) -> Answer:
    """Put the plug into the car of the bay; with an empty bay, into the next car of the car park."""
    if connector.plugged:
        return Refusal(f"EVSE {evse.id} connector {connector.id} is plugged in already.")
    other = evse.plugged
    if other is not None:
        return Refusal(f"EVSE {evse.id} serves the car through connector {other.id}: unplug that first.")
    parameters: dict[str, Any] = {"evse": evse.id, "connector": connector.id}
    car = evse.car or next(iter(station.free_cars()), None)
    if car is not None and any(each.name == car.name for each in station.cars):
        parameters["vehicle"] = car.name
    return Intent("plug", parameters)


def unplug(evse: Evse, connector: Connector) -> Answer:
    """Take the plug out of the car; a cable left in a socket out of the station."""
    if connector.plugged:
        return Intent("unplug", {"evse": evse.id, "connector": connector.id, "side": "vehicle"})
    if connector.cable_left:
        return Intent("unplug", {"evse": evse.id, "connector": connector.id, "side": "station"})
    return Refusal(f"EVSE {evse.id} connector {connector.id}: no cable is plugged in.")


def toggle_plug(station: Station, evse_id: int, connector_id: int = 0) -> Answer:
    """Plug in or unplug; connector 0 is the one in use, else the first that works."""
    evse = station.evse(evse_id)
    if evse is None or not evse.connectors:
        return Refusal(f"There is no EVSE {evse_id}.")
    connector = evse.connector(connector_id) if connector_id else evse.in_use or first_usable(evse)
    if connector is None:
        return Refusal(f"EVSE {evse_id} has no connector {connector_id}.")
    return unplug(evse, connector) if connector.plugged or connector.cable_left else plug(station, evse, connector)


def first_usable(evse: Evse) -> Connector:
    """The connector that a driver would take: the first in service, else the first."""
    usable = (each for each in evse.connectors if each.operative and not each.error_code)
    return next(usable, evse.connectors[0])


def swipe(station: Station, card: Card | None, reader: int, selected: int) -> Answer:
    """Present a card at a reader.

    At a shared reader the EVSE is named only where the selected one is plugged in: with the card first, the driver
    chooses by plugging in.
    """
    if card is None:
        return Refusal("There is no card in the tray: add one with “+ card”.")
    if not station.powered:
        return Refusal("The reader has no power: switch the station on first.")
    parameters: dict[str, Any] = {"id_token": card.id_token, "type": card.type}
    evse = station.evse(selected)
    plugged_in = evse is not None and evse.plugged is not None and len(station.evses) > 1
    if reader:
        parameters["evse"] = reader
    elif selected and (station.reader_per_evse or plugged_in):
        parameters["evse"] = selected
    return Intent("swipe", parameters)


def stop(station: Station, evse_id: int, reason: str = "Local") -> Answer:
    """Press the stop button of an EVSE."""
    evse = station.evse(evse_id)
    if evse is None:
        return Refusal(f"There is no EVSE {evse_id}.")
    if not station.powered:
        return Refusal("The station has no power: switch it on first.")
    if evse.transaction is None and not evse.authorized:
        return Refusal(f"EVSE {evse_id}: no transaction is running.")
    return Intent("stop", {"evse": evse_id, "reason": reason})


def pause(station: Station, evse_id: int) -> Answer:
    """Let the car stop or resume drawing power."""
    evse = station.evse(evse_id)
    if evse is None or evse.car is None:
        return Refusal(f"Bay {evse_id} is empty: there is no car to pause.")
    if evse.plugged is None:
        return Refusal(f"{evse.car.name} is not plugged in.")
    return Intent("vehicle", {"evse": evse_id, "wants_charge": not evse.car.wants_charge})


def park(station: Station, evse_id: int, car: Car | None = None) -> tuple[Answer, Car | None]:
    """Drive a car (by default the next of the car park) into an empty bay; which car it is comes second."""
    evse = station.evse(evse_id)
    if evse is None:
        return Refusal(f"There is no bay {evse_id}."), None
    if evse.car is not None:
        return Refusal(f"Bay {evse_id} is taken by {evse.car.name}."), None
    car = car or next(iter(station.free_cars()), None)
    if car is None:
        return Refusal("No car is free: all of the car park stand in bays."), None
    return Intent("bay", {"evse": evse_id, "occupied": True}), car


def leave(station: Station, evse_id: int) -> Answer:
    """Drive the car out of a bay."""
    evse = station.evse(evse_id)
    if evse is None or evse.car is None:
        return Refusal(f"Bay {evse_id} is empty.")
    if evse.plugged is not None:
        return Refusal(f"{evse.car.name} is plugged in: unplug it first.")
    return Intent("bay", {"evse": evse_id, "occupied": False})


def drop_plug(station: Station, drag: PlugDrag, onto: Target | None) -> Answer | None:
    """What dropping a plug means; None: it just goes back."""
    evse = station.evse(drag.evse)
    connector = station.connector(drag.evse, drag.connector)
    if evse is None or connector is None:
        return None
    own = onto is not None and onto.evse == drag.evse
    if drag.from_car:
        back = onto is not None and (onto.kind is Kind.STATION or (own and onto.kind in (Kind.CONNECTOR, Kind.EVSE)))
        if back:
            return unplug(evse, connector)
        if own and onto is not None and onto.kind is Kind.BAY:
            return None
        return Refusal("Drop the plug on its holster to unplug it.")
    if onto is None or (own and onto.kind is Kind.CONNECTOR):
        return None
    if onto.kind is not Kind.BAY:
        return Refusal("Drop the plug on the car to plug it in.")
    if not own:
        return Refusal(f"The cable of EVSE {drag.evse} does not reach bay {onto.evse}.")
    if evse.car is None:
        return Refusal(f"Bay {drag.evse} is empty: drag a car there first.")
    return plug(station, evse, connector)


def drop_card(station: Station, drag: CardDrag, onto: Target | None, selected: int) -> Answer:
    """What dropping a card means."""
    if onto is not None and onto.kind is Kind.READER:
        return swipe(station, drag.card, onto.evse, selected)
    if onto is not None and onto.kind in (Kind.STATION, Kind.EVSE):
        return swipe(station, drag.card, onto.evse if station.reader_per_evse else 0, selected)
    return Refusal("Drop the card on the reader.")


def is_charging_pause(evse: Evse) -> bool:
    """Whether the car itself holds the charging."""
    return evse.state is State.SUSPENDED_EV or (evse.car is not None and not evse.car.wants_charge)
