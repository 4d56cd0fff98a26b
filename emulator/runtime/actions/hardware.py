"""What hands do at a station: plugs, cars, cards, buttons, and parts that break."""

from __future__ import annotations

import dataclasses
import difflib
from typing import TYPE_CHECKING, Any, Literal

from emulator.domain.errors import ActionRefused
from emulator.domain.station import Fault
from emulator.domain.tokens import IdToken, IdTokenType
from emulator.domain.transaction import StoppedReason, Trigger
from emulator.domain.vehicle import Vehicle
from emulator.runtime.actions.registry import REQUIRED, BadParameters, action, parameter

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

VEHICLE_FIELDS = {field.name for field in dataclasses.fields(Vehicle)}
# Names of station files and control clients, and what they mean in the car's own units.
IN_KILO = {"battery_kwh": "battery_wh", "max_ac_kw": "max_ac_w", "max_dc_kw": "max_dc_w"}
IN_PERCENT = {"soc": "soc_percent", "taper_soc": "taper_soc_percent"}

TOKEN_RESULT = {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]}


def vehicle_values(fields: dict[str, Any]) -> dict[str, Any]:
    """Fields of a car as a file or a client writes them, in the car's own names and units; raises BadParameters."""
    values: dict[str, Any] = {}
    for key, value in fields.items():
        if key in IN_KILO:
            values[IN_KILO[key]] = value * 1000
        elif (name := IN_PERCENT.get(key, key)) in VEHICLE_FIELDS:
            values[name] = value
        else:
            known = [*IN_KILO, *IN_PERCENT, *VEHICLE_FIELDS]
            near = difflib.get_close_matches(key, known, n=1)
            raise BadParameters(f"A vehicle has no field {key!r}." + (f" Did you mean {near[0]!r}?" if near else ""))
    _check_vehicle(values)
    return values


def _check_vehicle(values: dict[str, Any]) -> None:
    for name in ("battery_wh", "max_ac_w", "max_dc_w"):
        if name in values and not values[name] > 0:
            raise BadParameters(f"A vehicle's {name} must be greater than 0, not {values[name]}.")
    for name in ("soc_percent", "taper_soc_percent"):
        if name in values and not 0 <= values[name] <= 100:
            raise BadParameters(f"A vehicle's {name} must be 0 to 100, not {values[name]}.")
    if "phases" in values and values["phases"] not in {1, 2, 3}:
        raise BadParameters(f"A vehicle's phases must be 1, 2 or 3, not {values['phases']}.")


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
    vehicle = Vehicle(**vehicle_values(wanted))
    emulator.vehicles[vehicle.name] = vehicle
    return vehicle


@action("plug", "Puts the cable into station and car.")
class Plug:
    """Plug in."""

    evse: int = parameter(1, "EVSE number", minimum=1)
    connector: int = parameter(1, "connector number", minimum=1)
    vehicle: str | dict[str, Any] | None = parameter(None, "a car's name, or its fields; default: the next free one")

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
    soc: float | None = parameter(None, "state of charge, percent", minimum=0, maximum=100)
    max_power_w: float | None = parameter(None, "the most it takes, in watts", exclusiveMinimum=0)
    max_ac_kw: float | None = parameter(None, "the most it takes on AC", exclusiveMinimum=0)
    max_dc_kw: float | None = parameter(None, "the most it takes on DC", exclusiveMinimum=0)
    battery_kwh: float | None = parameter(None, "battery capacity", exclusiveMinimum=0)
    phases: int | None = parameter(None, "phases of its charger", minimum=1, maximum=3)
    taper_soc: float | None = parameter(None, "percent from which it takes less", minimum=0, maximum=100)
    departure_time: str | None = parameter(None, "when it leaves, RFC 3339")

    async def perform(self, emulator: Emulator) -> None:
        """The car changes and the energy flow follows."""
        evse = emulator.running.context.availability.evse(self.evse)
        if evse.vehicle is None:
            raise ActionRefused(f"EVSE {self.evse}: no car is there.")
        given = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "evse"}
        fields = {name: value for name, value in given.items() if value is not None}
        power_w = fields.pop("max_power_w", None)
        if power_w is not None:
            fields["max_ac_w" if evse.current == "ac" else "max_dc_w"] = power_w
        evse.energy.settle(emulator.clock.monotonic())
        for name, value in vehicle_values(fields).items():
            setattr(evse.vehicle, name, value)
        transactions = emulator.running.context.transactions
        transactions.refresh_energy(transactions.session(self.evse))
        emulator.keep_hardware()


@action("swipe", "Presents a token at the reader; the result is the verdict.", TOKEN_RESULT)
class Swipe:
    """Hold a card to the reader."""

    id_token: str = parameter(REQUIRED, "the token", minLength=1, maxLength=36)
    type_: str = parameter(IdTokenType.ISO14443.value, "IdTokenEnumType", enum=[t.value for t in IdTokenType])
    evse: int | None = parameter(None, "EVSE whose reader it is; default: the shared one")
    connector: int | None = parameter(None, "connector")

    async def perform(self, emulator: Emulator) -> dict[str, str]:
        """Start, stop or be refused."""
        context = emulator.running.context
        if self.evse is not None:
            context.availability.evse(self.evse)
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
    evse: int | None = parameter(None, "EVSE")

    async def perform(self, emulator: Emulator) -> dict[str, str]:
        """As a token of type KeyCode (C04)."""
        info = await emulator.running.context.reader.present(IdToken(self.id_token, IdTokenType.KEY_CODE), self.evse)
        return {"status": str(info.status)}


@action("fault", "Something breaks: at a connector, an EVSE (connector 0) or the station (evse 0).")
class BreakPart:
    """A hardware fault."""

    evse: int = parameter(0, "EVSE; 0: the station", minimum=0)
    connector: int = parameter(0, "connector; 0: the whole EVSE", minimum=0)
    error_code: str = parameter("InternalError", "a ChargePointErrorCode of 1.6, or a name of your own", minLength=1)
    info: str = parameter("", "text")
    vendor_error_code: str = parameter("", "the vendor's code")

    async def perform(self, emulator: Emulator) -> None:
        """The fault is there until it is cleared."""
        fault = Fault(self.error_code, self.info, self.vendor_error_code)
        emulator.running.context.availability.set_fault(self.evse, self.connector, fault)


@action("clear_fault", "What was broken works again.")
class MendPart:
    """The end of a fault."""

    evse: int = parameter(0, "EVSE; 0: the station", minimum=0)
    connector: int = parameter(0, "connector; 0: the whole EVSE", minimum=0)

    async def perform(self, emulator: Emulator) -> None:
        """The fault is gone."""
        emulator.running.context.availability.set_fault(self.evse, self.connector, None)


@action("lock_failure", "A connector's lock jams, or works again.")
class LockFailure:
    """Connector lock."""

    evse: int = parameter(1, "EVSE number", minimum=1)
    connector: int = parameter(1, "connector number", minimum=1)
    on: bool = parameter(True, "it jams")

    async def perform(self, emulator: Emulator) -> None:
        """No energy flows through a connector that cannot be locked (G05)."""
        context = emulator.running.context
        _, connector = context.availability.connector(self.evse, self.connector)
        connector.lock_fails = self.on
        fault = Fault("ConnectorLockFailure") if self.on else None
        context.availability.set_fault(self.evse, self.connector, fault)


@action("reader_failure", "The card reader breaks, or works again.")
class ReaderFailure:
    """Token reader."""

    on: bool = parameter(True, "it is broken")

    async def perform(self, emulator: Emulator) -> None:
        """No token can be read while it is broken."""
        emulator.station.reader_works = not self.on
        fault = Fault("ReaderFailure") if self.on else None
        emulator.running.context.availability.set_fault(0, 0, fault)


__all__ = ["vehicle_values"]
