"""The states that a connector can be seen in: each with a word, a shape and a colour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What a driver would say about a connector."""

    OFF = "off"
    AVAILABLE = "available"
    OCCUPIED = "occupied"
    PLUGGED = "plugged"
    CHARGING = "charging"
    SUSPENDED_EV = "suspended-ev"
    SUSPENDED_EVSE = "suspended-evse"
    FINISHING = "finishing"
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    FAULTED = "faulted"


class Shape(StrEnum):
    """The form of a light, so that it tells the state without its colour."""

    RING = "ring"
    DISC = "disc"
    HALF = "half"
    BOLT = "bolt"
    PAUSE = "pause"
    CHECK = "check"
    FLAG = "flag"
    BARRED = "barred"
    TRIANGLE = "triangle"
    DOT = "dot"


@dataclass(frozen=True, slots=True)
class Look:
    """How a state shows: its words from long to short, the token of its colour, the form of its light."""

    words: tuple[str, ...]
    colour: str
    shape: Shape


LOOKS: dict[State, Look] = {
    State.OFF: Look(("No power", "Off"), "dim", Shape.DOT),
    State.AVAILABLE: Look(("Available", "Free"), "good", Shape.RING),
    State.OCCUPIED: Look(("Occupied", "In use"), "accent", Shape.DISC),
    State.PLUGGED: Look(("Plugged in", "Plugged"), "accent", Shape.HALF),
    State.CHARGING: Look(("Charging",), "accent", Shape.BOLT),
    State.SUSPENDED_EV: Look(("Suspended by EV", "EV paused", "Paused"), "warning", Shape.PAUSE),
    State.SUSPENDED_EVSE: Look(("Suspended by EVSE", "EVSE paused", "Paused"), "warning", Shape.PAUSE),
    State.FINISHING: Look(("Finishing", "Done"), "accent", Shape.CHECK),
    State.RESERVED: Look(("Reserved",), "received", Shape.FLAG),
    State.UNAVAILABLE: Look(("Unavailable", "Closed"), "dim", Shape.BARRED),
    State.FAULTED: Look(("Faulted", "Fault"), "bad", Shape.TRIANGLE),
}

_BY_STATUS = {
    "Available": State.AVAILABLE,
    "Preparing": State.PLUGGED,
    "Charging": State.CHARGING,
    "SuspendedEV": State.SUSPENDED_EV,
    "SuspendedEVSE": State.SUSPENDED_EVSE,
    "Finishing": State.FINISHING,
    "Reserved": State.RESERVED,
    "Unavailable": State.UNAVAILABLE,
    "Faulted": State.FAULTED,
    "Occupied": State.OCCUPIED,
}
_BY_CHARGING_STATE = {
    "Charging": State.CHARGING,
    "SuspendedEV": State.SUSPENDED_EV,
    "SuspendedEVSE": State.SUSPENDED_EVSE,
    "EVConnected": State.PLUGGED,
}


def connector_state(status: str, charging_state: str, *, powered: bool, plugged: bool, faulted: bool) -> State:
    """The state to show, from the status of 1.6 or 2.0.1 and, where that says only "Occupied", the charging state."""
    if not powered:
        return State.OFF
    if faulted:
        return State.FAULTED
    state = _BY_STATUS.get(status, State.PLUGGED if plugged else State.AVAILABLE)
    if state is State.OCCUPIED and plugged:
        return _BY_CHARGING_STATE.get(charging_state, State.PLUGGED)
    return state


_CONNECTOR_TYPES = {
    "cCCS1": "CCS1", "cCCS2": "CCS2", "cG105": "CHAdeMO", "cTesla": "Tesla", "cType1": "Type 1", "cType2": "Type 2",
    "s309-1P-16A": "CEE 16 A", "s309-1P-32A": "CEE 32 A", "s309-3P-16A": "CEE 16 A", "s309-3P-32A": "CEE 32 A",
    "sBS1361": "BS 1361", "sCEE-7-7": "Schuko", "sType2": "Type 2", "sType3": "Type 3",
    "Other1PhMax16A": "1-phase", "Other1PhOver16A": "1-phase", "Other3Ph": "3-phase",
    "Pan": "Pantograph", "wInductive": "Inductive", "wResonant": "Resonant",
}  # fmt: skip


def connector_type_name(code: str) -> str:
    """What people call a value of ConnectorEnumType ("cCCS2" is "CCS2"); an unknown one as it is."""
    return "" if code in ("Unknown", "Undetermined") else _CONNECTOR_TYPES.get(code, code)
