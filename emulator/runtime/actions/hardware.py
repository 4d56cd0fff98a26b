"""What hands do at a station: plugs, cars, cards, buttons, and parts that break."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from emulator.domain.errors import ActionRefused
from emulator.domain.station import Current
from emulator.domain.tokens import IdToken, IdTokenType
from emulator.domain.transaction import StoppedReason, Trigger
from emulator.domain.vehicle import Vehicle
from emulator.runtime.actions.registry import REQUIRED, BadParameters, action, parameter
from emulator.runtime.vehicle_fields import FIELDS, VEHICLE_KEYWORDS, BadVehicle, vehicle_values

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

TOKEN_RESULT = {
    "type": "object",
    "properties": {"status": {"type": "string", "description": "AuthorizationStatusEnumType"}},
    "required": ["status"],
}


def _vehicle_values(fields: dict[str, Any]) -> dict[str, Any]:
    try:
        return vehicle_values(fields)
    except BadVehicle as wrong:
        raise BadParameters(f"The vehicle: {wrong}.") from wrong


def _limits(field: str) -> dict[str, Any]:
    return {key: value for key, value in FIELDS[field].schema.items() if key != "type"}


def _choose_vehicle(emulator: Emulator, wanted: Any) -> Vehicle:
    in_bays = {id(evse.vehicle) for evse in emulator.station.evses if evse.vehicle is not None}
    if wanted is None:
        free = [vehicle for vehicle in emulator.vehicles.values() if id(vehicle) not in in_bays]
        return free[0] if free else Vehicle(f"Guest {len(emulator.vehicles) + 1}")
    if isinstance(wanted, str):
        vehicle = emulator.vehicles.get(wanted)
        if vehicle is None:
            raise ActionRefused(
                f"There is no vehicle {wanted!r}: {', '.join(emulator.vehicles) or 'the park is empty'}."
            )
        if id(vehicle) in in_bays:
            raise ActionRefused(f"The vehicle {wanted!r} stands in a bay already.")
        return vehicle
    vehicle = Vehicle(**_vehicle_values(wanted))
    known = emulator.vehicles.get(vehicle.name)
    if known is not None and id(known) in in_bays:
        raise ActionRefused(f"The vehicle {vehicle.name!r} stands in a bay already: give this one another name.")
    emulator.vehicles[vehicle.name] = vehicle
    return vehicle


@action("plug", "Puts the cable into station and car.")
class Plug:
    """Plug in."""

    evse: int = parameter(1, "EVSE number", minimum=1)
    connector: int = parameter(1, "connector number", minimum=1)
    vehicle: str | dict[str, Any] | None = parameter(
        None, "a car's name, or its fields; default: the next free one", **VEHICLE_KEYWORDS
    )

    async def perform(self, emulator: Emulator) -> None:
        """The car is connected; what follows is the station's matter."""
        emulator.running.context.availability.connector(self.evse, self.connector)
        vehicle = _choose_vehicle(emulator, self.vehicle)
        emulator.running.context.availability.plug(self.evse, self.connector, vehicle)
        emulator.keep_hardware()


@action("unplug", "Takes the cable out of the car (EV disconnect), or out of the station's socket.")
class Unplug:
    """Unplug."""

    evse: int = parameter(1, "EVSE number", minimum=1)
    connector: int = parameter(1, "connector number", minimum=1)
    side: Literal["vehicle", "station"] = parameter("vehicle", "at which end")

    async def perform(self, emulator: Emulator) -> None:
        """The car is disconnected; refused where a lock holds."""
        emulator.running.context.availability.unplug(self.evse, self.connector, self.side)
        emulator.keep_hardware()


@action("vehicle", "Changes the car at an EVSE: suspends, resumes, fills.")
class ChangeVehicle:
    """Change the car in a bay."""

    evse: int = parameter(1, "EVSE number", minimum=1)
    ready: bool | None = parameter(None, "the car is ready to take energy")
    wants_charge: bool | None = parameter(None, "the car wants energy")
    soc: float | None = parameter(None, "state of charge, percent", **_limits("soc"))
    max_power_kw: float | None = parameter(None, "the most it takes from this EVSE", minimum=0)
    max_ac_kw: float | None = parameter(None, "the most it takes on AC", **_limits("max_ac_kw"))
    max_dc_kw: float | None = parameter(None, "the most it takes on DC", **_limits("max_dc_kw"))
    battery_kwh: float | None = parameter(None, "battery capacity", **_limits("battery_kwh"))
    phases: int | None = parameter(None, "phases of its charger", **_limits("phases"))
    taper_soc: float | None = parameter(None, "percent from which it takes less", **_limits("taper_soc"))
    departure_time: str | None = parameter(None, "when it leaves, RFC 3339", **_limits("departure_time"))

    async def perform(self, emulator: Emulator) -> None:
        """The car changes and the energy flow follows."""
        transactions = emulator.running.context.transactions
        evse = emulator.running.context.availability.evse(self.evse)
        if evse.vehicle is None:
            raise ActionRefused(f"EVSE {self.evse}: no car is there.")
        given = {name: value for name, value in vars(self).items() if name != "evse"}
        power_kw = given.pop("max_power_kw")
        if power_kw is not None:
            given["max_ac_kw" if evse.current is Current.AC else "max_dc_kw"] = power_kw
        values = _vehicle_values(given)
        evse.energy.settle(emulator.clock.monotonic())
        for name, value in values.items():
            setattr(evse.vehicle, name, value)
        transactions.refresh_energy(transactions.session(self.evse))
        emulator.keep_hardware()


def _check_place(emulator: Emulator, evse_id: int | None, connector_id: int | None = None) -> None:
    """Refuse an EVSE or a connector that does not exist."""
    availability = emulator.running.context.availability
    if connector_id is not None:
        if evse_id is None:
            raise BadParameters("A connector is named together with its EVSE.")
        availability.connector(evse_id, connector_id)
    elif evse_id is not None:
        availability.evse(evse_id)


@action("swipe", "Presents a token at the reader; the result is the verdict.", TOKEN_RESULT)
class Swipe:
    """Hold a card to the reader."""

    id_token: str = parameter(REQUIRED, "the token", minLength=1, maxLength=36)
    type_: str = parameter(IdTokenType.ISO14443.value, "IdTokenEnumType", enum=[t.value for t in IdTokenType])
    evse: int | None = parameter(None, "EVSE that it is meant for; default: what the facts suggest", minimum=1)
    connector: int | None = parameter(None, "connector that it is meant for", minimum=1)

    async def perform(self, emulator: Emulator) -> dict[str, str]:
        """Start, stop or be refused."""
        context = emulator.running.context
        _check_place(emulator, self.evse, self.connector)
        if self.evse is not None and self.connector is not None:
            session = context.transactions.session(self.evse)
            if session.idle:
                session.connector_id = self.connector
        info = await context.reader.present(IdToken(self.id_token, self.type_), self.evse)
        return {"status": str(info.status)}


@action("stop", "Presses the stop button, or with reason EmergencyStop the emergency stop.")
class Stop:
    """Stop charging at the station."""

    evse: int = parameter(1, "EVSE number", minimum=1)
    reason: str = parameter("Local", "ReasonEnumType", enum=[reason.value for reason in StoppedReason])

    async def perform(self, emulator: Emulator) -> None:
        """The session ends."""
        context = emulator.running.context
        context.availability.evse(self.evse)
        session = context.transactions.session(self.evse)
        if session.transaction is None and session.authorization is None:
            raise ActionRefused(f"EVSE {self.evse}: nothing to stop, no session is going on.")
        abnormal = self.reason not in {StoppedReason.LOCAL, StoppedReason.STOPPED_BY_EV}
        trigger = Trigger.ABNORMAL_CONDITION if abnormal else Trigger.STOP_AUTHORIZED
        context.transactions.stop(session, self.reason, trigger)


@action("bay", "The parking bay sensor sees a car come or go.")
class Bay:
    """Parking bay detector."""

    evse: int = parameter(1, "EVSE number", minimum=1)
    occupied: bool = parameter(True, "a car stands in the bay")

    async def perform(self, emulator: Emulator) -> None:
        """The bay's fact changes."""
        context = emulator.running.context
        evse = context.availability.evse(self.evse)
        if evse.bay_occupied != self.occupied:
            evse.bay_occupied = self.occupied
            context.transactions.bay_changed(context.transactions.session(self.evse))
            emulator.keep_hardware()


@action("start_button", "Presses the start button: charging without a token, where that is allowed.", TOKEN_RESULT)
class StartButton:
    """Start without identification."""

    evse: int = parameter(1, "EVSE number", minimum=1)

    async def perform(self, emulator: Emulator) -> dict[str, str]:
        """As a token of type NoAuthorization (C02)."""
        context = emulator.running.context
        context.availability.evse(self.evse)
        info = await context.reader.present(IdToken("", IdTokenType.NO_AUTHORIZATION), self.evse)
        return {"status": str(info.status)}


@action("pin", "Types a code at the PIN pad.", TOKEN_RESULT)
class Pin:
    """Key code."""

    id_token: str = parameter(REQUIRED, "the code", minLength=1, maxLength=36)
    evse: int | None = parameter(None, "EVSE that it is meant for; default: what the facts suggest", minimum=1)

    async def perform(self, emulator: Emulator) -> dict[str, str]:
        """As a token of type KeyCode (C04)."""
        _check_place(emulator, self.evse)
        info = await emulator.running.context.reader.present(IdToken(self.id_token, IdTokenType.KEY_CODE), self.evse)
        return {"status": str(info.status)}
