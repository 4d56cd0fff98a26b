"""How much power an EVSE offers its car: the least of cable, connector, EVSE and the limit in force."""

from __future__ import annotations

from emulator.domain.energy import ALL_PHASES, MINIMUM_AC_CURRENT_A, Supply
from emulator.domain.station import ChargingState, Connector, Current, Evse, Station
from emulator.services.session import Session

NOTHING = Supply(0.0, 0, 0.0)


def wiring(evse: Evse) -> tuple[int, float]:
    """Phases (0: DC) and voltage between which power becomes current."""
    return (0, evse.voltage_v) if evse.current is Current.DC else (evse.phases, evse.voltage_v)


def phases_used(evse: Evse, phase_limit: int | None = None) -> int | None:
    """On how many phases the car can charge, on `phase_limit` at most; None on DC, or without a car."""
    phases, _ = wiring(evse)
    return min(phases, evse.vehicle.phases, phase_limit or phases) if phases and evse.vehicle else None


def offered_w(evse: Evse, connector: Connector, limit_w: float | None, phase_limit: int | None = None) -> float:
    """The power that the station's side allows, in watts; 0 where less than the minimum current would be left."""
    phases, voltage_v = wiring(evse)
    power_w = min(evse.max_power_w, connector.max_current_a * voltage_v * max(1, phases))
    used = phases_used(evse, phase_limit)
    if used is not None:
        # The hardware's power is that of all its phases; a car on fewer of them cannot take the others' share.
        power_w = power_w * used / phases
    if limit_w is not None:
        # A limit is one of the total, on however many phases (1.6 errata 3.34).
        power_w = min(power_w, max(0.0, limit_w))
    if used is not None and power_w < MINIMUM_AC_CURRENT_A * voltage_v * used * 0.999:
        return 0.0
    return power_w


def in_service(station: Station, evse: Evse) -> bool:
    """Whether a session can begin at an EVSE: where nobody may charge, neither plug nor token starts one (G03)."""
    plugged = evse.plugged_connector
    return evse.id == 0 or any(
        station.usable(evse, connector) and station.fault_of(evse, connector) is None
        for connector in ([plugged] if plugged else evse.connectors)
    )


def may_flow(station: Station, session: Session) -> bool:
    """Whether permission, cable and hardware allow energy to flow."""
    connector = session.evse.plugged_connector
    return (
        connector is not None
        and session.authorization is not None
        and not session.suspended
        and station.fault_of(session.evse, connector) is None
        and not connector.lock_fails
        and not _car_is_mute(station, session.evse, connector)
    )


def _car_is_mute(station: Station, evse: Evse, connector: Connector) -> bool:
    # 1.6 section 4.9: this warning goes with a suspended session, never with one that charges.
    warning = station.warning_of(evse, connector)
    return warning is not None and warning.error_code == "EVCommunicationError"


def supply(station: Station, session: Session, limit_w: float | None, phase_limit: int | None = None) -> Supply:
    """What is offered now, on no more than `phase_limit` phases."""
    connector = session.evse.plugged_connector
    if connector is None or not may_flow(station, session):
        return Supply(0.0, *wiring(session.evse))
    offered = offered_w(session.evse, connector, limit_w, phase_limit)
    return Supply(offered, *wiring(session.evse), phase_limit or ALL_PHASES)


def charging_state(session: Session) -> ChargingState:
    """ChargingStateEnumType as the facts of an EVSE give it (2.0.1 Part 2, ChargingStateEnumType)."""
    evse = session.evse
    if evse.plugged_connector is None:
        # The driver is there, the cable is not: the transaction waits.
        return ChargingState.IDLE
    if session.authorization is None:
        return ChargingState.EV_CONNECTED
    if evse.energy.flowing:
        return ChargingState.CHARGING
    if evse.energy.offered_w <= 0:
        return ChargingState.SUSPENDED_EVSE
    return ChargingState.SUSPENDED_EV
