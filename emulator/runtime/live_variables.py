"""Variables of the device model whose value is the station itself."""

from __future__ import annotations

from emulator.dialects.v201.statuses import connector_status
from emulator.domain.times import timestamp
from emulator.domain.variables import VariableRef
from emulator.services.context import StationContext


def provide_live_values(context: StationContext) -> None:
    """Register what is asked at each read: date and time, power, statuses."""

    def date_time(ref: VariableRef) -> object:
        return timestamp(context.clock.now())

    def power(ref: VariableRef) -> object:
        evse = context.station.evse(ref.evse or 0)
        return round(evse.energy.read(context.clock.monotonic()).power_w) if evse else 0

    def station_state(ref: VariableRef) -> object:
        if context.station.fault is not None:
            return "Faulted"
        return "Available" if context.station.operative else "Unavailable"

    def availability_state(ref: VariableRef) -> object:
        evse = context.station.evse(ref.evse or 0)
        if evse is None:
            return station_state(ref)
        session = context.transactions.session(evse.id)
        connectors = [c for c in evse.connectors if ref.connector in {None, c.id}]
        states = [str(connector_status(context.station, session, connector)) for connector in connectors]
        return next((state for state in ORDER if state in states), "Available")

    def charging_profiles(ref: VariableRef) -> object:
        return context.smart_charging.count

    def list_entries(ref: VariableRef) -> object:
        return context.local_list.count

    context.model.provide("SmartChargingCtrlr", "Entries", charging_profiles)
    context.model.provide("LocalAuthListCtrlr", "Entries", list_entries)
    context.model.provide("ClockCtrlr", "DateTime", date_time)
    context.model.provide("EVSE", "Power", power)
    context.model.provide("ChargingStation", "AvailabilityState", station_state)
    context.model.provide("EVSE", "AvailabilityState", availability_state)
    context.model.provide("Connector", "AvailabilityState", availability_state)


# Which connector's state speaks for the whole EVSE.
ORDER = ("Occupied", "Reserved", "Available", "Faulted", "Unavailable")
