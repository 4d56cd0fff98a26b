"""The sentences of the scene: displays, captions, tool tips and the summary in the head line."""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from ui.scene.model import Connector, Evse, Station
from ui.scene.states import LOOKS, State, connector_type_name

_BOOT_TEXTS = {"booting": "Starting", "pending": "Please wait", "rejected": "Please wait"}


def power(watts: float) -> str:
    """A power as a driver reads it: "11.0 kW", "150 kW"."""
    kilowatts = watts / 1000
    return f"{kilowatts:.0f} kW" if kilowatts >= 100 else f"{kilowatts:.1f} kW"


def energy(watt_hours: float) -> str:
    """An energy as a driver reads it: "0.18 kWh", "41.2 kWh"."""
    kilowatt_hours = watt_hours / 1000
    return f"{kilowatt_hours:.2f} kWh" if kilowatt_hours < 10 else f"{kilowatt_hours:.1f} kWh"


def percent(soc: float) -> str:
    """A state of charge: "64 %"; full only when it is."""
    return f"{min(int(soc + 0.5), 99 if soc < 99.95 else 100)} %"


def display_lines(station: Station, evse: Evse) -> tuple[str, ...]:
    """What stands on an EVSE's display: the engine's lines, or a text that fits its state; nothing without power."""
    if not station.powered:
        return ()
    if evse.lines:
        return evse.lines
    if station.boot in _BOOT_TEXTS and evse.state is State.AVAILABLE:
        return (_BOOT_TEXTS[station.boot],)
    return _fallback_lines(station, evse)


def _fallback_lines(station: Station, evse: Evse) -> tuple[str, ...]:
    taken = energy(evse.energy_wh) if evse.energy_wh is not None else ""
    if evse.state is State.AVAILABLE:
        waits = evse.authorized or station.reader_waiting
        return ("Welcome", "Card read: plug in") if waits else ("Available", "Plug in or tap card")
    if evse.state is State.PLUGGED:
        return ("Plugged in", "Please wait" if evse.authorized else "Tap your card")
    return {
        State.CHARGING: (power(evse.power_w), taken),
        State.SUSPENDED_EV: ("Car pauses", taken),
        State.SUSPENDED_EVSE: ("Paused", taken),
        State.FINISHING: ("Finished", "Please unplug"),
        State.OCCUPIED: ("Occupied", taken),
        State.RESERVED: ("Reserved", f"until {evse.reserved_until}" if evse.reserved_until else ""),
        State.UNAVAILABLE: ("Out of service",),
        State.FAULTED: ("Out of order", evse.error_code),
    }.get(evse.state, (LOOKS[evse.state].words[0],))


class Display(NamedTuple):
    """A display as it is set: a small caption, the head line, the rest; and the head line where room is scarce."""

    caption: str
    lines: tuple[str, ...]
    brief: str


def display(station: Station, evse: Evse) -> Display:
    """What stands on an EVSE's display, with the power as head line where there is one."""
    lines = display_lines(station, evse)
    caption = f"EVSE {evse.id}"
    if len(lines) > 1 and lines[0].startswith(caption):
        caption, lines = lines[0], lines[1:]
    if len(lines) > 1 and not _POWER.fullmatch(lines[0]) and _POWER.fullmatch(lines[1]):
        caption, lines = f"{caption} · {lines[0]}" if caption == f"EVSE {evse.id}" else caption, lines[1:]
    return Display(caption, lines, brief_display(evse))


_POWER = re.compile(r"\d+([.,]\d+)? kW")


def reader_words(station: Station, verdict: str) -> tuple[str, str]:
    """What stands under the reader, and its tone: "good", "bad" or "" for plain."""
    if not station.reader_works:
        return "out of order", "bad"
    if verdict:
        return _spaced(verdict), "good" if verdict == "Accepted" else "bad"
    return ("card read" if station.reader_waiting else "tap card"), ""


def _spaced(code: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", code).lower()


def brief_display(evse: Evse) -> str:
    """The one most telling line for a display that has room for no more."""
    if evse.state is State.CHARGING:
        return power(evse.power_w)
    return LOOKS[evse.state].words[-1]


def summary(station: Station) -> str:
    """The station in a line: "EVSE 1 charging · EVSE 2 available"; counted from three EVSEs up."""
    if not station.powered:
        return "Power off"
    if len(station.evses) <= 2:
        return " · ".join(f"EVSE {evse.id} {_word(evse.state)}" for evse in station.evses)
    counts = Counter(_word(evse.state) for evse in station.evses)
    return " · ".join(f"{count} {word}" for word, count in counts.items())


def brief_summary(station: Station) -> str:
    """The same with less words: how many, how many charge, how many are broken."""
    if not station.powered:
        return "Power off"
    if len(station.evses) <= 2:
        return " · ".join(f"{evse.id} {_word(evse.state)}" for evse in station.evses)
    charging = sum(evse.charging for evse in station.evses)
    faulted = sum(evse.state is State.FAULTED for evse in station.evses)
    return f"{len(station.evses)} EVSEs · {charging} charging" + (f" · {faulted} faulted" if faulted else "")


def _word(state: State) -> str:
    word = LOOKS[state].words[0]
    return word[0].lower() + word[1:]


def car_detail(evse: Evse) -> str:
    """What is known of the battery: "41 of 64 kWh"."""
    car = evse.car
    if car is None or not car.battery_wh:
        return ""
    soc = soc_percent(evse)
    whole = f"{car.battery_wh / 1000:.0f} kWh"
    return f"{car.battery_wh * soc / 100_000:.0f} of {whole}" if soc is not None else whole


def soc_percent(evse: Evse) -> float | None:
    """How full the car in the bay is, from the car, else from the EVSE's meter; None when nobody knows."""
    if evse.car is not None and evse.car.soc_percent is not None:
        return evse.car.soc_percent
    return evse.soc_percent


def connector_name(connector: Connector) -> str:
    """A connector in words: "EVSE 1 connector 2 (CCS2)"."""
    kind = connector_type_name(connector.type)
    return f"EVSE {connector.evse} connector {connector.id}" + (f" ({kind})" if kind else "")


def connector_tip(connector: Connector) -> str:
    """Everything about a connector, with the names of the OCPP fields."""
    parts = [
        connector_name(connector),
        f"{LOOKS[connector.state].words[0]} · StatusNotification: {connector.status or 'not sent'}",
    ]
    if connector.error_code:
        parts.append(f"errorCode: {connector.error_code}")
    parts.append(
        ("attached cable" if connector.attached else "socket")
        + (", plugged in" if connector.plugged else "")
        + (", cable left in the socket" if connector.cable_left else "")
        + (", locked" if connector.locked else "")
    )
    if connector.plugged or connector.cable_left:
        parts.append("Click or P: unplug")
    else:
        parts.append("Click, P, or drag the plug to the car: plug in")
    return "\n".join(parts)


def bay_tip(evse: Evse) -> str:
    """Everything about a bay and its car."""
    if evse.car is None:
        return f"Bay {evse.id} is empty\nDrag a car here, or press Enter"
    soc = soc_percent(evse)
    parts = [f"Bay {evse.id}: {evse.car.name}"]
    if soc is not None:
        parts.append(f"battery {percent(soc)} · {car_detail(evse)} · MeterValue: SoC")
    if not evse.car.ready:
        parts.append("the car is not ready to charge")
    elif not evse.car.wants_charge:
        parts.append("the car wants no charge now")
    return "\n".join(parts)
