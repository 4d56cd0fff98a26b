"""What the scene makes of a snapshot: states, words, cars, and what a gesture asks for."""

import pytest

from ui.scene import entries, rules, texts
from ui.scene.car_park import CarPark
from ui.scene.entries import Entry, Group
from ui.scene.model import Card, read_station
from ui.scene.rules import CardDrag, Intent, Kind, PlugDrag, Refusal, Target
from ui.scene.states import LOOKS, State, connector_state, connector_type_name

CARS = [{"name": "Family EV", "battery_wh": 64000, "soc_percent": 64.0}, {"name": "Delivery van"}]


def connector(number=1, **facts):
    return {"id": number, "type": "cType2", "cable": "attached", "status": "Available", "plugged": False} | facts


def evse(number=1, *connectors, **facts):
    return {"id": number, "connectors": list(connectors) or [connector()], "charging_state": "Idle"} | facts


def station(*evses, **parts):
    return read_station({"station": {"id": "CP001", "powered": True}, "evses": list(evses), "vehicles": CARS} | parts)


def charging(number=1, **facts):
    return evse(
        number,
        connector(plugged=True, status="Occupied", locked=True),
        vehicle=CARS[0],
        charging_state="Charging",
        transaction="7f3a",
        power_w=11000.0,
        **facts,
    )


@pytest.mark.parametrize(
    ("status", "charging_state", "plugged", "expected"),
    [
        ("Available", "Idle", False, State.AVAILABLE),
        ("Preparing", "EVConnected", True, State.PLUGGED),
        ("Charging", "Charging", True, State.CHARGING),
        ("SuspendedEV", "SuspendedEV", True, State.SUSPENDED_EV),
        ("SuspendedEVSE", "SuspendedEVSE", True, State.SUSPENDED_EVSE),
        ("Finishing", "Idle", True, State.FINISHING),
        ("Reserved", "Idle", False, State.RESERVED),
        ("Unavailable", "Idle", False, State.UNAVAILABLE),
        ("Faulted", "Idle", False, State.FAULTED),
        ("Occupied", "Idle", False, State.OCCUPIED),
        ("Occupied", "Idle", True, State.PLUGGED),
        ("Occupied", "Charging", True, State.CHARGING),
        ("Occupied", "SuspendedEV", True, State.SUSPENDED_EV),
        ("", "Idle", False, State.AVAILABLE),
        ("", "Idle", True, State.PLUGGED),
    ],
)
def test_a_connectors_state_from_either_version(status, charging_state, plugged, expected):
    assert connector_state(status, charging_state, powered=True, plugged=plugged, faulted=False) is expected


def test_no_power_and_faults_go_before_the_status():
    assert connector_state("Available", "Idle", powered=False, plugged=False, faulted=True) is State.OFF
    assert connector_state("Available", "Idle", powered=True, plugged=False, faulted=True) is State.FAULTED


def test_every_state_differs_in_shape_or_word_and_never_in_colour_alone():
    assert set(LOOKS) == set(State)
    seen = [(look.shape, look.words[0]) for look in LOOKS.values()]
    assert len(set(seen)) == len(seen)


def test_an_empty_snapshot_is_survived():
    assert read_station({}).evses == ()
    assert texts.summary(read_station({})) == ""
    assert read_station({"evses": [{"id": 1}]}).evse(1).connectors == ()


def test_summary_counts_from_three_evses():
    assert texts.summary(station(charging(1), evse(2))) == "EVSE 1 charging · EVSE 2 available"
    assert texts.summary(station(charging(1), evse(2), evse(3))) == "1 charging · 2 available"
    assert texts.brief_summary(station(charging(1), evse(2), evse(3))) == "3 EVSEs · 1 charging"
    assert texts.summary(station(evse(1), station={"powered": False})) == "Power off"


def test_the_display_shows_the_engines_lines_else_what_fits_the_state():
    own = station(charging(), display={"evses": [{"evse": 1, "lines": ["Hello", "", "0.45 EUR"]}]})
    assert texts.display_lines(own, own.evse(1)) == ("Hello", "0.45 EUR")
    fallback = station(charging(), transactions=[{"id": "7f3a", "evse": 1, "energy_wh": 180, "ended_at": None}])
    assert texts.display_lines(fallback, fallback.evse(1)) == ("11.0 kW", "0.18 kWh")
    broken = station(evse(1, connector(status="Faulted", fault={"error_code": "GroundFailure"})))
    assert texts.display_lines(broken, broken.evse(1)) == ("Out of order", "GroundFailure")
    dark = station(evse(1), station={"powered": False})
    assert texts.display_lines(dark, dark.evse(1)) == ()
    booting = station(evse(1), boot={"state": "pending"})
    assert texts.display_lines(booting, booting.evse(1)) == ("Please wait",)


@pytest.mark.parametrize("state", State)
def test_every_state_has_something_for_the_display(state):
    statuses = {"off": "", "plugged": "Preparing", "suspended-ev": "SuspendedEV", "suspended-evse": "SuspendedEVSE"}
    status = statuses.get(state, state.value.capitalize())
    shown = station(evse(1, connector(status=status)), station={"powered": True})
    assert texts.display_lines(shown, shown.evse(1))[0]


def test_numbers_as_a_driver_reads_them():
    assert texts.power(11000) == "11.0 kW"
    assert texts.power(149_600) == "150 kW"
    assert texts.energy(180) == "0.18 kWh"
    assert texts.percent(99.7) == "99 %"
    assert texts.percent(100) == "100 %"
    assert connector_type_name("cCCS2") == "CCS2"
    assert connector_type_name("MyOwn") == "MyOwn"
    assert connector_type_name("Unknown") == ""


def test_a_cable_left_in_a_socket_is_seen():
    left = station(evse(1, connector(cable="socket", status="Occupied"))).connector(1, 1)
    assert left.cable_left
    assert not station(evse(1, connector(status="Occupied"))).connector(1, 1).cable_left


def test_plug_names_the_car_of_the_bay_or_the_next_free_one():
    assert rules.toggle_plug(station(evse(1)), 1) == Intent("plug", {"evse": 1, "connector": 1, "vehicle": "Family EV"})
    taken = station(charging(1), evse(2))
    assert rules.toggle_plug(taken, 2).parameters["vehicle"] == "Delivery van"
    unknown = station(evse(1, vehicle={"name": "Stranger"}))
    assert "vehicle" not in rules.toggle_plug(unknown, 1).parameters


def test_plug_and_unplug_alternate():
    assert rules.toggle_plug(station(charging()), 1) == Intent("unplug", {"evse": 1, "connector": 1, "side": "vehicle"})
    left = station(evse(1, connector(cable="socket", status="Finishing")))
    assert rules.toggle_plug(left, 1).parameters["side"] == "station"


def test_the_first_connector_in_service_is_taken():
    mixed = station(evse(1, connector(1, status="Unavailable", operative=False), connector(2)))
    assert rules.toggle_plug(mixed, 1).parameters["connector"] == 2


def test_refusals_say_why_and_what_helps():
    busy = station(evse(1, connector(1, plugged=True, status="Occupied"), connector(2), vehicle=CARS[0]), evse(2))
    refused = rules.toggle_plug(busy, 1, 2)
    assert refused == Refusal("EVSE 1 serves the car through connector 1: unplug that first.")
    assert "no transaction" in rules.stop(busy, 1).sentence
    assert "empty" in rules.pause(busy, 2).sentence
    assert "unplug it first" in rules.leave(busy, 1).sentence
    assert "taken" in rules.park(busy, 1)[0].sentence
    assert "card" in rules.swipe(busy, None, 0, 1).sentence
    assert "power" in rules.swipe(station(evse(1), station={"powered": False}), Card("A"), 0, 1).sentence


def test_a_swipe_names_the_evse_only_where_that_is_meant():
    card = Card("04A2", "Central")
    token = {"id_token": "04A2", "type": "Central"}
    assert rules.swipe(station(evse(1), evse(2)), card, 0, 1) == Intent("swipe", token)
    assert rules.swipe(station(charging(1), evse(2)), card, 0, 1) == Intent("swipe", token | {"evse": 1})
    apart = station(evse(1), evse(2), reader={"layout": "per-evse"})
    assert rules.swipe(apart, card, 2, 1) == Intent("swipe", token | {"evse": 2})


def test_drops_of_a_plug():
    parked = station(evse(1, vehicle=CARS[0], occupied=True), evse(2))
    drag = PlugDrag(1, 1, from_car=False)
    assert rules.drop_plug(parked, drag, Target(Kind.BAY, 1)).name == "plug"
    assert rules.drop_plug(parked, drag, Target(Kind.CONNECTOR, 1, 1)) is None
    assert rules.drop_plug(parked, drag, None) is None
    assert "does not reach" in rules.drop_plug(parked, drag, Target(Kind.BAY, 2)).sentence
    assert "empty" in rules.drop_plug(parked, PlugDrag(2, 1, from_car=False), Target(Kind.BAY, 2)).sentence
    assert "on the car" in rules.drop_plug(parked, drag, Target(Kind.READER)).sentence


def test_drops_of_a_plug_taken_from_the_car():
    plugged = station(charging(1))
    drag = PlugDrag(1, 1, from_car=True)
    assert rules.drop_plug(plugged, drag, Target(Kind.CONNECTOR, 1, 1)).name == "unplug"
    assert rules.drop_plug(plugged, drag, Target(Kind.STATION)).name == "unplug"
    assert rules.drop_plug(plugged, drag, Target(Kind.BAY, 1)) is None
    assert "holster" in rules.drop_plug(plugged, drag, None).sentence


def test_drops_of_a_card():
    shown = station(evse(1))
    assert rules.drop_card(shown, CardDrag(Card("A")), Target(Kind.READER), 1).name == "swipe"
    assert rules.drop_card(shown, CardDrag(Card("A")), Target(Kind.STATION), 1).name == "swipe"
    assert "reader" in rules.drop_card(shown, CardDrag(Card("A")), None, 1).sentence


def test_the_car_park_remembers_what_the_snapshot_does_not_say():
    park = CarPark()
    park.park(1, "Delivery van")
    seen = station(evse(1))
    assert read_station({"evses": [evse(1)], "vehicles": CARS}, park.parked).evse(1).car.name == "Delivery van"
    park.look({"evses": [charging(1)]})
    park.look({"evses": [evse(1)]})
    assert park.parked == {1: "Family EV"}
    park.look({"evses": [evse(1, occupied=True)]})
    park.look({"evses": [evse(1, occupied=False)]})
    assert park.parked == {}
    assert seen.evse(1).car is None


def every_entry(menu):
    for each in menu:
        if isinstance(each, Group):
            yield from each.entries
        elif isinstance(each, Entry):
            yield each


@pytest.mark.parametrize("kind", Kind)
def test_every_entry_of_every_menu_asks_for_something_or_says_why_not(kind):
    for shown in (
        station(evse(1), evse(2)),
        station(charging(1), evse(2)),
        station(evse(1), station={"powered": False}),
    ):
        target = Target(kind, 0 if kind in (Kind.STATION, Kind.READER) else 1, 1 if kind is Kind.CONNECTOR else 0)
        listed = list(every_entry(entries.menu_for(shown, target, (Card("A"), Card("B")), 1)))
        assert listed
        for entry in listed:
            assert entry.tool_tip
            assert entry.enabled == isinstance(entry.answer, Intent)


def test_only_actions_of_the_contract_are_asked_for():
    known = {"plug", "unplug", "swipe", "stop", "vehicle", "fault", "clear_fault", "bay", "power_on", "power_off"}
    known |= {"reboot", "start_button"}
    shown = station(charging(1), evse(2))
    targets = [Target(Kind.STATION), Target(Kind.READER), Target(Kind.CONNECTOR, 1, 1), Target(Kind.BAY, 1)]
    targets += [Target(Kind.BAY, 2), Target(Kind.EVSE, 1), Target(Kind.CONNECTOR, 2, 1)]
    for target in targets:
        for entry in every_entry(entries.menu_for(shown, target, (Card("A"),), 1)):
            if isinstance(entry.answer, Intent):
                assert entry.answer.name in known


def clear_answer(shown, connector_id=0):
    evse_ = shown.evse(1)
    return entries.fault_group(shown, evse_, evse_.connector(connector_id) if connector_id else None).entries[0].answer


def test_a_fault_is_cleared_at_the_level_where_it_is():
    fault = {"error_code": "GroundFailure"}
    broken = connector(status="Faulted", fault=fault)
    assert clear_answer(station(evse(1, broken)), 1) == Intent("clear_fault", {"evse": 1, "connector": 1})
    assert clear_answer(station(evse(1, broken))) == Intent("clear_fault", {"evse": 1, "connector": 1})
    of_evse = station(evse(1, broken, faults=["GroundFailure"]))
    assert clear_answer(of_evse, 1) == Intent("clear_fault", {"evse": 1, "connector": 0})
    of_station = station(evse(1, broken, faults=["GroundFailure"]), station={"powered": True, "fault": fault})
    assert clear_answer(of_station, 1) == Intent("clear_fault", {"evse": 0, "connector": 0})
    assert of_station.evse(1).own_error == ""
    assert clear_answer(station(evse(1)), 1) == Refusal("EVSE 1 connector 1 (Type 2) has no fault.")
    assert not entries.fault_group(station(evse(1)), None).entries[0].enabled


def test_a_display_puts_the_power_first():
    lines = {"evses": [{"evse": 1, "lines": ["Charging", "11.0 kW", "0.18 kWh"]}]}
    shown = station(charging(), display=lines)
    assert texts.display(shown, shown.evse(1)) == ("EVSE 1 · Charging", ("11.0 kW", "0.18 kWh"), "11.0 kW")
    own = station(evse(1), display={"evses": [{"evse": 1, "lines": ["EVSE 1 · Hello", "Come in"]}]})
    assert texts.display(own, own.evse(1))[:2] == ("EVSE 1 · Hello", ("Come in",))


def test_the_reader_says_what_came_of_a_card():
    assert texts.reader_words(station(evse(1)), "") == ("tap card", "")
    assert texts.reader_words(station(evse(1)), "Accepted") == ("accepted", "good")
    assert texts.reader_words(station(evse(1)), "NotAllowedTypeEVSE")[1] == "bad"
    assert texts.reader_words(station(evse(1), reader={"waiting": {"id_token": "A"}}), "") == ("card read", "")
    assert texts.reader_words(station(evse(1), reader={"works": False}), "") == ("out of order", "bad")


def test_the_bay_sensor_goes_before_what_is_in_use():
    assert station(evse(1, occupied=True, bay_occupied=False)).evse(1).car is None
    assert station(evse(1, occupied=False, bay_occupied=True)).evse(1).car is not None


def test_a_known_cable_goes_before_the_status():
    left = station(evse(1, connector(cable="socket", cable_present=True)), evse(2, connector(cable="socket")))
    assert left.connector(1, 1).cable_left
    assert not left.connector(2, 1).cable_left
