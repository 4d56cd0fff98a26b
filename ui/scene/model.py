"""What the scene shows: the engine's snapshot, read into values that drawing code can trust."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ui.scene.states import State, connector_state

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Car:
    """The car in a bay, or in the car park."""

    name: str
    battery_wh: float = 0
    soc_percent: float | None = None
    ready: bool = True
    wants_charge: bool = True


@dataclass(frozen=True, slots=True)
class Card:
    """A card in the tray."""

    id_token: str
    type: str = "ISO14443"
    label: str = ""

    @property
    def title(self) -> str:
        """Label and identifier in words."""
        return f"{self.label} ({self.id_token})" if self.label else self.id_token


@dataclass(frozen=True, slots=True)
class Connector:
    """One outlet; `status` is the word of the OCPP version in use, `state` what the scene makes of it."""

    evse: int
    id: int
    type: str
    attached: bool
    status: str
    state: State
    plugged: bool
    cable_left: bool
    locked: bool
    operative: bool
    error_code: str


@dataclass(frozen=True, slots=True)
class Evse:
    """One charging place with its bay; powers in watts, energies in watt-hours.

    `own_error` is the fault of the EVSE as such, `error_code` also one of its station or of a connector.
    """

    id: int
    current: str
    max_power_w: float
    power_w: float
    energy_wh: float | None
    soc_percent: float | None
    operative: bool
    error_code: str
    own_error: str
    car: Car | None
    connectors: tuple[Connector, ...]
    transaction: str | None
    authorized: bool
    reserved_until: str
    state: State
    lines: tuple[str, ...]

    @property
    def plugged(self) -> Connector | None:
        """The connector through which the car is connected, or None."""
        return next((each for each in self.connectors if each.plugged), None)

    @property
    def in_use(self) -> Connector | None:
        """The plugged connector, or one whose socket still holds a cable."""
        return self.plugged or next((each for each in self.connectors if each.cable_left), None)

    @property
    def charging(self) -> bool:
        """Whether energy flows."""
        return self.state is State.CHARGING

    def connector(self, connector_id: int) -> Connector | None:
        """The connector of that number, or None."""
        return next((each for each in self.connectors if each.id == connector_id), None)


@dataclass(frozen=True, slots=True)
class Station:
    """The whole picture; `reader_last` is the token that was presented last, and the verdict on it."""

    id: str = ""
    powered: bool = True
    connection: str = "offline"
    boot: str = "none"
    error_code: str = ""
    evses: tuple[Evse, ...] = ()
    reader_per_evse: bool = False
    reader_works: bool = True
    reader_waiting: str = ""
    reader_last: tuple[str, str] = ("", "")
    cards: tuple[Card, ...] = ()
    cars: tuple[Car, ...] = ()

    def evse(self, evse_id: int) -> Evse | None:
        """The EVSE of that number, or None."""
        return next((each for each in self.evses if each.id == evse_id), None)

    def connector(self, evse_id: int, connector_id: int) -> Connector | None:
        """A connector by its two numbers, or None."""
        evse = self.evse(evse_id)
        return evse.connector(connector_id) if evse else None

    def free_cars(self) -> tuple[Car, ...]:
        """The cars of the car park that stand in no bay."""
        taken = {evse.car.name for evse in self.evses if evse.car}
        return tuple(car for car in self.cars if car.name not in taken)


def read_station(snapshot: Json, parked: Mapping[int, str] | None = None, left: Iterable[int] = ()) -> Station:
    """The picture that a snapshot describes.

    `parked` names the cars that stand in a bay unplugged where the snapshot knows only that the bay is occupied;
    `left` are the bays that a car was seen to leave although the snapshot still names it.
    """
    station, reader = _part(snapshot, "station"), _part(snapshot, "reader")
    cars = tuple(map(_car, snapshot.get("vehicles") or ()))
    powered = bool(station.get("powered", True))
    station_error = str((station.get("fault") or {}).get("error_code") or "")
    lines = {each.get("evse"): each.get("lines") or () for each in _part(snapshot, "display").get("evses") or ()}
    energies = {
        each.get("evse"): each.get("energy_wh")
        for each in snapshot.get("transactions") or ()
        if not each.get("ended_at")
    }
    evses = tuple(
        _evse(
            each,
            powered,
            station_error,
            cars,
            parked or {},
            left,
            tuple(lines.get(each.get("id"), ())),
            energies.get(each.get("id")),
        )
        for each in snapshot.get("evses") or ()
    )
    waiting, last = reader.get("waiting") or {}, reader.get("last") or {}
    return Station(
        id=str(station.get("id") or ""),
        powered=powered,
        connection=str(_part(snapshot, "connection").get("state") or "offline"),
        boot=str(_part(snapshot, "boot").get("state") or "none"),
        error_code=station_error,
        evses=evses,
        reader_per_evse=reader.get("layout") == "per-evse",
        reader_works=bool(reader.get("works", True)),
        reader_waiting=str(waiting.get("id_token") or ""),
        reader_last=(str(last.get("id_token") or ""), str(last.get("status") or "")),
        cards=read_cards(snapshot.get("tokens") or ()),
        cars=cars,
    )


def read_cards(tokens: Iterable[Json]) -> tuple[Card, ...]:
    """The cards that a snapshot's `tokens` describe."""
    return tuple(
        Card(str(each["id_token"]), str(each.get("type") or "ISO14443"), str(each.get("label") or ""))
        for each in tokens
        if each.get("id_token")
    )


def clock_time(text: str | None) -> str:
    """An RFC 3339 time as hours and minutes on this machine's clock; "" when there is none."""
    if not text:
        return ""
    try:
        return datetime.fromisoformat(text).astimezone().strftime("%H:%M")
    except ValueError:
        return text


def _part(snapshot: Json, name: str) -> Json:
    part = snapshot.get(name)
    return part if isinstance(part, Mapping) else {}


def _car(vehicle: Json) -> Car:
    soc = vehicle.get("soc_percent")
    return Car(
        name=str(vehicle.get("name") or "Car"),
        battery_wh=float(vehicle.get("battery_wh") or 0),
        soc_percent=None if soc is None else float(soc),
        ready=bool(vehicle.get("ready", True)),
        wants_charge=bool(vehicle.get("wants_charge", True)),
    )


def _evse(
    evse: Json,
    powered: bool,
    station_error: str,
    cars: tuple[Car, ...],
    parked: Mapping[int, str],
    left: Iterable[int],
    lines: tuple[str, ...],
    energy_wh: float | None,
) -> Evse:
    evse_id = int(evse["id"])
    connectors = tuple(_connector(evse, each, powered) for each in evse.get("connectors") or ())
    faults = [str(each) for each in evse.get("faults") or ()]
    own_error = faults[0] if len(faults) > 1 or (faults and not station_error) else ""
    return Evse(
        id=evse_id,
        current=str(evse.get("current") or "ac"),
        max_power_w=float(evse.get("max_power_w") or 0),
        power_w=float(evse.get("power_w") or 0),
        energy_wh=energy_wh,
        soc_percent=evse.get("soc_percent"),
        operative=bool(evse.get("operative", True)),
        error_code=own_error or next((each.error_code for each in connectors if each.error_code), ""),
        own_error=own_error,
        car=_car_in_bay(evse, connectors, cars, parked.get(evse_id), evse_id in left),
        connectors=connectors,
        transaction=evse.get("transaction"),
        authorized=bool(evse.get("authorized")),
        reserved_until=clock_time((evse.get("reservation") or {}).get("expires_at")),
        state=max((each.state for each in connectors), default=State.AVAILABLE, key=_PROMINENCE.index),
        lines=tuple(str(line) for line in lines if line),
    )


_PROMINENCE = (
    State.OFF,
    State.AVAILABLE,
    State.UNAVAILABLE,
    State.RESERVED,
    State.FAULTED,
    State.OCCUPIED,
    State.FINISHING,
    State.PLUGGED,
    State.SUSPENDED_EVSE,
    State.SUSPENDED_EV,
    State.CHARGING,
)
"""Which connector's state speaks for the whole EVSE: the later in this row."""


def _connector(evse: Json, connector: Json, powered: bool) -> Connector:
    fault = connector.get("fault") or {}
    evse_faults = evse.get("faults") or ()
    status = str(connector.get("status") or "")
    plugged = bool(connector.get("plugged"))
    attached = connector.get("cable") != "socket"
    operative = bool(connector.get("operative", True)) and bool(evse.get("operative", True))
    error_code = str(fault.get("error_code") or (evse_faults[0] if evse_faults else ""))
    state = connector_state(
        status, str(evse.get("charging_state") or ""), powered=powered, plugged=plugged, faulted=bool(error_code)
    )
    in_use = bool(connector.get("cable_present", status in ("Occupied", "Preparing", "Finishing")))
    return Connector(
        evse=int(evse["id"]),
        id=int(connector["id"]),
        type=str(connector.get("type") or ""),
        attached=attached,
        status=status,
        state=state,
        plugged=plugged,
        cable_left=in_use and not plugged and not attached,
        locked=bool(connector.get("locked")),
        operative=operative,
        error_code=error_code,
    )


def _car_in_bay(
    evse: Json, connectors: tuple[Connector, ...], cars: tuple[Car, ...], parked: str | None, left: bool
) -> Car | None:
    if any(each.plugged for each in connectors):
        return _car(evse.get("vehicle") or {})
    if evse.get("vehicle") and not left:
        return _car(evse["vehicle"])
    if parked:
        return next((car for car in cars if car.name == parked), Car(parked))
    return Car("Car") if bay_occupied(evse) and not left else None


def bay_occupied(evse: Json) -> bool:
    """Whether the bay's sensor sees a car."""
    return bool(evse.get("bay_occupied", evse.get("occupied")))
