"""The menus of the scene as values: what each entry asks for, and why it cannot be had."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ui.scene import rules
from ui.scene.model import Card, Connector, Evse, Station
from ui.scene.rules import Answer, Intent, Kind, Refusal, Target
from ui.scene.texts import connector_name

FAULT_CODES = (
    "GroundFailure", "OverCurrentFailure", "OverVoltage", "UnderVoltage", "HighTemperature", "ConnectorLockFailure",
    "EVCommunicationError", "PowerMeterFailure", "PowerSwitchFailure", "ReaderFailure", "InternalError", "OtherError",
)  # fmt: skip
"""The hardware faults of 1.6's ChargePointErrorCode, which the engine also takes for 2.0.1."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its text, and what it asks for or the refusal that is its tool tip; `argument` names a car or card."""

    text: str
    answer: Answer
    tip: str = ""
    key: str = ""
    icon: str = ""
    does: Literal["action", "park", "card"] = "action"
    argument: str = ""

    @property
    def enabled(self) -> bool:
        """Whether it can be chosen now."""
        return isinstance(self.answer, Intent)

    @property
    def tool_tip(self) -> str:
        """What it does, or why it cannot."""
        if isinstance(self.answer, Refusal):
            return self.answer.sentence
        name = self.tip or self.text.rstrip("…")
        return f"{name} ({self.key})" if self.key else name


@dataclass(frozen=True, slots=True)
class Group:
    """A submenu."""

    text: str
    entries: tuple[Entry, ...]
    icon: str = ""


Separator = None
Menu = list[Entry | Group | None]


def plug_entry(station: Station, evse: Evse, connector: Connector | None = None) -> Entry:
    """The entry "Plug in" or "Unplug", whichever comes next."""
    chosen = connector or evse.in_use or (rules.first_usable(evse) if evse.connectors else None)
    answer = rules.toggle_plug(station, evse.id, chosen.id if chosen else 0)
    where = connector_name(chosen) if chosen else f"EVSE {evse.id}"
    if chosen is not None and chosen.plugged:
        return Entry("Unplug", answer, f"Unplug {where} at the car", "P", "unplug")
    if chosen is not None and chosen.cable_left:
        return Entry("Take cable", answer, f"Take the cable out of {where}", "P", "unplug")
    return Entry("Plug in", answer, f"Plug in {where}", "P", "plug")


def swipe_entry(station: Station, card: Card | None, selected: int, reader: int = 0) -> Entry:
    """Present the chosen card."""
    name = card.title if card else "a card"
    answer = rules.swipe(station, card, reader, selected)
    return Entry("Swipe", answer, f"Swipe {name} at the reader", "S", "card")


def pause_entry(station: Station, evse: Evse) -> Entry:
    """Pause or resume on the car's side."""
    paused = rules.is_charging_pause(evse)
    answer = rules.pause(station, evse.id)
    if paused:
        return Entry("Resume EV", answer, "Let the car draw power again", "", "play")
    return Entry("Pause EV", answer, "Let the car stop drawing power: SuspendedEV", "", "pause")


def stop_entry(station: Station, evse: Evse) -> Entry:
    """The stop button."""
    return Entry("Stop", rules.stop(station, evse.id), f"Press the stop button of EVSE {evse.id}", "X", "stop")


def fault_group(station: Station, evse: Evse | None, connector: Connector | None = None) -> Group:
    """Every hardware fault for a connector, an EVSE or the station, and how to clear the one that is there."""
    where = {"evse": evse.id if evse else 0, "connector": connector.id if connector else 0}
    faults = tuple(
        Entry(
            code, Intent("fault", where | {"error_code": code}), f"StatusNotification: errorCode {code}", icon="fault"
        )
        for code in FAULT_CODES
    )
    clear = Entry("Clear fault", _clear_fault(station, evse, connector), "What is broken works again", icon="check")
    return Group("Fault", (clear, *faults), "fault")


def _clear_fault(station: Station, evse: Evse | None, connector: Connector | None) -> Answer:
    """Clear the fault at the level where it is: station, EVSE or connector."""
    if station.error_code:
        return Intent("clear_fault", {"evse": 0, "connector": 0})
    if evse is None:
        return Refusal("The station as such has no fault.")
    if evse.own_error:
        return Intent("clear_fault", {"evse": evse.id, "connector": 0})
    broken = [each for each in evse.connectors if each.error_code and connector in (None, each)]
    if broken:
        return Intent("clear_fault", {"evse": evse.id, "connector": broken[0].id})
    return Refusal(f"{connector_name(connector) if connector else f'EVSE {evse.id}'} has no fault.")


def power_group(station: Station) -> Group:
    """Mains and restart."""
    on, off = Intent("power_on"), Intent("power_off")
    no_power = Refusal("The station has no power.")
    entries = (
        Entry(
            "Power off",
            off if station.powered else no_power,
            "Pull the mains: nothing is said goodbye to",
            icon="power",
        ),
        Entry(
            "Power on",
            on if not station.powered else Refusal("The station has power."),
            "Switch the mains on",
            icon="power",
        ),
        Entry(
            "Reboot", Intent("reboot") if station.powered else no_power, "An orderly restart: LocalReset", icon="reboot"
        ),
    )
    return Group("Power", entries, "power")


def connector_menu(station: Station, evse: Evse, connector: Connector) -> Menu:
    """What a connector offers."""
    station_side: Answer = Intent("unplug", {"evse": evse.id, "connector": connector.id, "side": "station"})
    if connector.attached:
        station_side = Refusal("The cable is attached to the station.")
    elif not (connector.plugged or connector.cable_left):
        station_side = Refusal(f"EVSE {evse.id} connector {connector.id}: no cable is plugged in.")
    elif connector.locked:
        station_side = Refusal("The plug is locked: stop the transaction first.")
    return [
        plug_entry(station, evse, connector),
        Entry("Unplug at the station", station_side, "Take the cable out of the socket", icon="unplug"),
        Separator,
        stop_entry(station, evse),
        fault_group(station, evse, connector),
    ]


def bay_menu(station: Station, evse: Evse) -> Menu:
    """What a bay offers, empty or with a car."""
    if evse.car is None:
        cars = [
            Entry(f"Park {car.name}", rules.park(station, evse.id, car)[0], icon="car", does="park", argument=car.name)
            for car in station.free_cars()
        ]
        none = Entry("Park a car", Refusal("No car is free: all of the car park stand in bays."), icon="car")
        return [*(cars or [none]), Separator, *_evse_entries(station, evse)]
    ready = evse.car.ready
    not_plugged = Refusal(f"{evse.car.name} is not plugged in.")
    make_ready: Answer = Intent("vehicle", {"evse": evse.id, "ready": not ready}) if evse.plugged else not_plugged
    full: Answer = Intent("vehicle", {"evse": evse.id, "soc": 100}) if evse.plugged else not_plugged
    return [
        plug_entry(station, evse),
        pause_entry(station, evse),
        Entry("Not ready" if ready else "Ready", make_ready, "Whether the car takes part at all", icon="car"),
        Entry("Fill the battery", full, "State of charge 100 %", icon="battery"),
        Separator,
        Entry("Drive away", rules.leave(station, evse.id), "Leave the bay", icon="arrow-right"),
        Separator,
        stop_entry(station, evse),
        fault_group(station, evse),
    ]


def _evse_entries(station: Station, evse: Evse) -> Menu:
    occupied = {"evse": evse.id, "occupied": True}
    return [
        Entry("Bay sensor: occupied", Intent("bay", occupied), "Something stands in the bay", icon="eye"),
        fault_group(station, evse),
    ]


def evse_menu(station: Station, evse: Evse) -> Menu:
    """What an EVSE offers at its display."""
    emergency = rules.stop(station, evse.id, "EmergencyStop")
    button = Intent("start_button", {"evse": evse.id})
    return [
        plug_entry(station, evse),
        pause_entry(station, evse),
        Entry("Start button", button, "Press the start button: no authorization", icon="play"),
        stop_entry(station, evse),
        Entry("Emergency stop", emergency, "The red button: EmergencyStop", icon="stop"),
        fault_group(station, evse),
    ]


def reader_menu(station: Station, reader: int, cards: Iterable[Card], selected: int) -> Menu:
    """Every card of the tray, to be swiped."""
    return [
        Entry(
            f"Swipe {card.title}",
            rules.swipe(station, card, reader, selected),
            f"{card.type} {card.id_token}",
            icon="card",
            does="card",
            argument=card.id_token,
        )
        for card in cards
    ] or [Entry("Swipe", rules.swipe(station, None, reader, selected), icon="card")]


def station_menu(station: Station) -> Menu:
    """What the cabinet offers."""
    return [*power_group(station).entries, Separator, fault_group(station, None)]


def menu_for(station: Station, target: Target, cards: Iterable[Card], selected: int) -> Menu:
    """The context menu of a thing in the scene."""
    evse = station.evse(target.evse)
    if target.kind is Kind.READER:
        return reader_menu(station, target.evse, cards, selected)
    if evse is None:
        return station_menu(station)
    connector = evse.connector(target.connector)
    if target.kind is Kind.CONNECTOR and connector is not None:
        return connector_menu(station, evse, connector)
    return bay_menu(station, evse) if target.kind is Kind.BAY else evse_menu(station, evse)
