"""Everything that a window would show, as JSON values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.domain.energy import Reading
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.station import Connector, Evse, Fault
from emulator.domain.times import timestamp
from emulator.domain.tokens import IdToken
from emulator.domain.transaction import Transaction
from emulator.domain.variables import VariableRef
from emulator.domain.vehicle import Vehicle
from emulator.runtime.display import lines
from emulator.services import energy_supply

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

Json = Any

FIRMWARE_VERSION = VariableRef("ChargingStation", "FirmwareVersion")


def snapshot(emulator: Emulator, parts: tuple[str, ...]) -> dict[str, Json]:
    """The parts named, or all of them; KeyError for a part that does not exist."""
    return {name: PARTS[name](emulator) for name in parts or PARTS}


def _time(moment: datetime | None) -> str | None:
    return timestamp(moment) if moment else None


def _station(emulator: Emulator) -> Json:
    configuration = emulator.configuration
    names = ("id", "vendor", "model", "serial_number")
    values = {name: getattr(configuration, name) for name in names}
    values["firmware_version"] = emulator.model.text(FIRMWARE_VERSION)
    return {
        **values,
        "powered": emulator.software is not None,
        "fault": _fault(emulator.station.fault),
        "problem": emulator.storage_problem.sentence if emulator.storage_problem else None,
    }


def _connection(emulator: Emulator) -> Json:
    wanted, software = emulator.connection, emulator.software
    link = software.link if software else None
    connection = link.connection if link else None
    inner = getattr(connection, "inner", connection)
    return {
        "state": str(link.state) if link else "offline",
        "url": wanted.url,
        "identity": emulator.station_id,
        "ocpp": connection.ocpp if connection else None,
        "offered": list(wanted.ocpp),
        "security_profile": wanted.security_profile,
        "user": wanted.user,
        "problem": _problem(link.problem_kind, link.problem) if link else None,
        "retry_at": _time(link.retry_at) if link else None,
        "since": _time(link.since) if link else None,
        "round_trip_ms": getattr(inner, "latency_ms", None),
        "network": emulator.network.conditions.as_dict(),
    }


def _problem(kind: str, problem: EnvironmentProblem | None) -> Json:
    return {"kind": kind, "sentence": problem.sentence, "hint": problem.hint} if problem else None


def _boot(emulator: Emulator) -> Json:
    if emulator.software is None:
        return {"state": "none", "interval_s": None, "retry_at": None}
    provisioning = emulator.software.context.provisioning
    return {
        "state": str(provisioning.state),
        "interval_s": provisioning.interval_s,
        "retry_at": _time(provisioning.retry_at),
    }


def _clock(emulator: Emulator) -> Json:
    clock = emulator.clock
    return {"time": _time(clock.now()), "speed": clock.speed, "skew_s": clock.skew_s, "frozen": clock.frozen}


def _evses(emulator: Emulator) -> Json:
    return [_evse(emulator, evse) for evse in emulator.station.evses]


def _evse(emulator: Emulator, evse: Evse) -> Json:
    software = emulator.software
    session = software.context.transactions.session(evse.id) if software else None
    reading = _read(emulator, evse)
    authorization = session.authorization if session else None
    return {
        "id": evse.id,
        "current": str(evse.current),
        "max_power_w": evse.max_power_w,
        "phases": evse.phases,
        "voltage_v": evse.voltage_v,
        "operative": evse.operative,
        "faults": [fault.error_code for fault in (evse.fault, emulator.station.fault) if fault],
        "occupied": evse.occupied,
        "bay_occupied": evse.bay_occupied,
        "power_w": reading.power_w,
        "limit_w": software.context.transactions.limit_w(evse.id) if software else None,
        "energy_wh": reading.energy_wh,
        "soc_percent": reading.soc_percent,
        "vehicle": _vehicle(evse.vehicle, reading.soc_percent),
        "transaction": session.transaction.id if session and session.transaction else None,
        "authorized": authorization.token.to_json() if authorization else None,
        "reservation": _reservation(emulator, evse),
        "charging_state": str(energy_supply.charging_state(session)) if session else "Idle",
        "connectors": [_connector(emulator, evse, connector) for connector in evse.connectors],
    }


def _read(emulator: Emulator, evse: Evse) -> Reading:
    return evse.energy.read(emulator.clock.monotonic())


def _connector(emulator: Emulator, evse: Evse, connector: Connector) -> Json:
    software = emulator.software
    return {
        "id": connector.id,
        "type": connector.type,
        "cable": str(connector.cable),
        "max_current_a": connector.max_current_a,
        "status": software.dialect.connector_status(evse, connector) if software else "Unavailable",
        "plugged": connector.plugged,
        "cable_present": connector.cable_present,
        "locked": connector.locked,
        "energized": connector.plugged and evse.energy.flowing,
        "operative": connector.operative,
        "fault": _fault(emulator.station.fault_of(evse, connector) or emulator.station.warning_of(evse, connector)),
    }


def _fault(fault: Fault | None) -> Json:
    return fault.to_json() if fault else None


def _vehicle(vehicle: Vehicle | None, soc_percent: float | None = None) -> Json:
    if vehicle is None:
        return None
    values = asdict(vehicle)
    if soc_percent is not None:
        values["soc_percent"] = soc_percent
    return values


def _reader(emulator: Emulator) -> Json:
    waiting = emulator.software.context.reader.waiting if emulator.software else None
    last = emulator.software.context.reader.last if emulator.software else None
    return {
        "layout": emulator.configuration.reader_layout,
        "works": emulator.station.reader_works,
        "waiting": {**waiting.authorization.token.to_json(), "until": _time(waiting.until)} if waiting else None,
        "last": {**last[0].to_json(), "status": last[1]} if last else None,
    }


def _transactions(emulator: Emulator) -> Json:
    if emulator.software is None:
        return []
    sessions = emulator.software.context.transactions.ongoing()
    return [_transaction(emulator, session.evse, session.transaction) for session in sessions if session.transaction]


def _transaction(emulator: Emulator, evse: Evse, transaction: Transaction) -> Json:
    reading = _read(emulator, evse)
    token: IdToken | None = transaction.token
    return {
        "id": transaction.id,
        "csms_id": transaction.csms_id,
        "evse": transaction.evse_id,
        "connector": transaction.connector_id,
        "id_token": token.value if token else None,
        "started_at": _time(transaction.started_at),
        "ended_at": _time(transaction.ended_at),
        "charging_state": str(transaction.charging_state),
        "energy_wh": reading.energy_wh - transaction.meter_start_wh,
        "power_w": reading.power_w,
        "soc_percent": reading.soc_percent,
        "stopped_reason": transaction.stopped_reason,
        "seq_no": transaction.next_seq_no - 1,
        "remote_start_id": transaction.remote_start_id,
    }


def _meters(emulator: Emulator) -> Json:
    time = _time(emulator.clock.now())
    return [_meter(evse, _read(emulator, evse), time) for evse in emulator.station.evses]


def _meter(evse: Evse, reading: Reading, time: str | None) -> Json:
    return {
        "evse": evse.id,
        "time": time,
        "energy_wh": reading.energy_wh,
        "power_w": reading.power_w,
        "offered_w": reading.offered_w,
        "current_a": list(reading.current_a),
        "voltage_v": list(reading.voltage_v),
        "soc_percent": reading.soc_percent,
        "frequency_hz": 50.0 if evse.current == "ac" else None,
    }


def _queue(emulator: Emulator) -> Json:
    return emulator.software.queue.snapshot() if emulator.software else []


def _display(emulator: Emulator) -> Json:
    return {
        "messages": [],
        "evses": [{"evse": evse.id, "lines": lines(emulator, evse)} for evse in emulator.station.evses],
    }


def _tokens(emulator: Emulator) -> Json:
    return [{"id_token": c.id_token, "type": c.type, "label": c.label} for c in emulator.configuration.cards]


def _vehicles(emulator: Emulator) -> Json:
    return [_vehicle(vehicle) for vehicle in emulator.vehicles.values()]


def _variables(emulator: Emulator) -> Json:
    return emulator.model.snapshot()


def _lists(emulator: Emulator) -> Json:
    if emulator.software is None:
        return {"local_list_version": 0, "local_list": [], "cache": []}
    context = emulator.software.context
    return {
        "local_list_version": context.local_list.version,
        "local_list": context.local_list.entries(),
        "cache": context.authorizations.cache_entries(),
    }


def _profiles(emulator: Emulator) -> Json:
    return emulator.software.context.smart_charging.snapshot() if emulator.software else []


def _reservation(emulator: Emulator, evse: Evse) -> Json:
    reservation = emulator.software.context.reservations.of_evse(evse.id) if emulator.software else None
    if reservation is None:
        return None
    return {
        "id": reservation.id,
        "id_token": reservation.token.value,
        "expires_at": _time(reservation.expires_at),
    }


def _reservations(emulator: Emulator) -> Json:
    return emulator.software.context.reservations.snapshot() if emulator.software else []


def _firmware(emulator: Emulator) -> Json:
    return emulator.software.context.firmware.snapshot() if emulator.software else None


def _diagnostics(emulator: Emulator) -> Json:
    return emulator.software.context.diagnostics.snapshot() if emulator.software else None


def _none_yet(emulator: Emulator) -> Json:
    return []


PARTS: dict[str, Callable[[Emulator], Json]] = {
    "station": _station,
    "connection": _connection,
    "boot": _boot,
    "clock": _clock,
    "evses": _evses,
    "reader": _reader,
    "transactions": _transactions,
    "meters": _meters,
    "queue": _queue,
    "display": _display,
    "tokens": _tokens,
    "vehicles": _vehicles,
    "variables": _variables,
    "lists": _lists,
    "reservations": _reservations,
    "profiles": _profiles,
    "monitors": _none_yet,
    "certificates": _none_yet,
    "firmware": _firmware,
    "diagnostics": _diagnostics,
}
