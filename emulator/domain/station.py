"""The charging station's hardware as facts: what is plugged, locked, broken, switched on.

Statuses are not kept here: each dialect derives them from these facts. Hardware outlives a reboot and a power cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from emulator.domain.energy import EnergyTransfer
from emulator.domain.vehicle import Vehicle


class Current(StrEnum):
    """What an EVSE delivers."""

    AC = "ac"
    DC = "dc"


class Cable(StrEnum):
    """Whether the cable belongs to the station or to the driver."""

    ATTACHED = "attached"
    SOCKET = "socket"


class ChargingState(StrEnum):
    """ChargingStateEnumType of OCPP 2.0.1."""

    CHARGING = "Charging"
    EV_CONNECTED = "EVConnected"
    SUSPENDED_EV = "SuspendedEV"
    SUSPENDED_EVSE = "SuspendedEVSE"
    IDLE = "Idle"


# "When the 'status' field is not Faulted, the condition should be considered a warning" (1.6 section 4.9).
WARNINGS = frozenset({"EVCommunicationError", "LocalListConflict", "NoError", "WeakSignal"})


class Fault:
    """Something that is broken; `error_code` is a name of 1.6's ChargePointErrorCode or any other."""

    __slots__ = ("error_code", "info", "vendor_error_code")

    def __init__(self, error_code: str, info: str = "", vendor_error_code: str = "") -> None:
        self.error_code = error_code
        self.info = info
        self.vendor_error_code = vendor_error_code

    @property
    def warns_only(self) -> bool:
        """Whether the outlet works on all the same."""
        return self.error_code in WARNINGS

    def to_json(self) -> dict[str, str]:
        """The fault as a snapshot shows it."""
        return {"error_code": self.error_code, "info": self.info, "vendor_error_code": self.vendor_error_code}


class Connector:
    """One outlet of an EVSE.

    `cable_present`: a cable sits in the station's side (always so for an attached one); `vehicle_present`: its other
    end sits in a car.
    """

    __slots__ = (
        "cable", "cable_present", "evse_id", "fault", "id", "lock_fails", "locked", "max_current_a", "operative",
        "type", "vehicle_present",
    )  # fmt: skip

    def __init__(self, evse_id: int, connector_id: int, kind: str, cable: Cable, max_current_a: float) -> None:
        self.evse_id = evse_id
        self.id = connector_id
        self.type = kind
        self.cable = cable
        self.max_current_a = max_current_a
        self.cable_present = cable is Cable.ATTACHED
        self.vehicle_present = False
        self.locked = False
        self.lock_fails = False
        self.operative = True
        self.fault: Fault | None = None

    @property
    def plugged(self) -> bool:
        """Whether a car is connected to the station through this connector."""
        return self.cable_present and self.vehicle_present

    @property
    def occupied(self) -> bool:
        """Whether the connector is in use, if only by a cable that the driver left in the socket."""
        return self.vehicle_present or (self.cable is Cable.SOCKET and self.cable_present)


class Evse:
    """One place that serves one car at a time, with a meter of its own."""

    __slots__ = (
        "bay_occupied", "connectors", "current", "energy", "fault", "held", "id", "max_power_w", "meter_works",
        "operative", "phases", "vehicle", "voltage_v",
    )  # fmt: skip

    def __init__(
        self, evse_id: int, current: Current, max_power_w: float, phases: int, voltage_v: float, register_wh: float = 0
    ) -> None:
        self.id = evse_id
        self.current = current
        self.max_power_w = max_power_w
        self.phases = phases
        self.voltage_v = voltage_v
        self.connectors: list[Connector] = []
        self.operative = True
        # The software keeps it out of use for a while: it is being reset, or waits for the rest of the station.
        self.held = False
        self.fault: Fault | None = None
        self.bay_occupied = False
        self.vehicle: Vehicle | None = None
        self.energy = EnergyTransfer(register_wh)
        self.meter_works = True

    def connector(self, connector_id: int) -> Connector | None:
        """The connector of that number, or None."""
        return self.connectors[connector_id - 1] if 0 < connector_id <= len(self.connectors) else None

    @property
    def plugged_connector(self) -> Connector | None:
        """The connector through which a car is connected, or None."""
        for connector in self.connectors:
            if connector.vehicle_present and connector.cable_present:
                return connector
        return None

    @property
    def occupied(self) -> bool:
        """Whether any connector is in use."""
        return any(c.occupied for c in self.connectors)

    @property
    def faulted(self) -> bool:
        """Whether a fault keeps this EVSE from charging."""
        return self.fault is not None


class Station:
    """The whole cabinet."""

    __slots__ = ("evses", "fault", "operative", "reader_works")

    def __init__(self, evses: list[Evse]) -> None:
        self.evses = evses
        self.operative = True
        self.fault: Fault | None = None
        self.reader_works = True

    def evse(self, evse_id: int) -> Evse | None:
        """The EVSE of that number, or None."""
        return self.evses[evse_id - 1] if 0 < evse_id <= len(self.evses) else None

    def connectors(self) -> Iterator[tuple[Evse, Connector]]:
        """Every connector with its EVSE, in order of numbers."""
        for evse in self.evses:
            for connector in evse.connectors:
                yield evse, connector

    def usable(self, evse: Evse, connector: Connector) -> bool:
        """Whether station, EVSE and connector are all operative (each has a state of its own: G03, note 1)."""
        return self.operative and evse.operative and connector.operative and not evse.held

    def fault_of(self, evse: Evse, connector: Connector) -> Fault | None:
        """The fault that concerns a connector: its own, its EVSE's or the station's."""
        for fault in (connector.fault, evse.fault, self.fault):
            if fault is not None and not fault.warns_only:
                return fault
        return None

    def warning_of(self, evse: Evse, connector: Connector) -> Fault | None:
        """The warning that concerns a connector: its own, its EVSE's or the station's."""
        for fault in (connector.fault, evse.fault, self.fault):
            if fault is not None and fault.warns_only:
                return fault
        return None
