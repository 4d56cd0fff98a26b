"""Parts that break and work again, and limits that somebody outside puts on the station's power."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.domain.station import Connector, Evse, Fault, Station
from emulator.runtime.actions.registry import BadParameters, action, parameter
from emulator.services.context import StationContext

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

# ChargingLimitSourceEnumType.
LIMIT_SOURCES = ["EMS", "Other", "SO", "CSO"]


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
        _check_place(self.evse, self.connector)
        fault = Fault(self.error_code, self.info, self.vendor_error_code)
        emulator.running.context.availability.set_fault(self.evse, self.connector, fault)


@action("clear_fault", "What was broken works again.")
class MendPart:
    """The end of a fault."""

    evse: int = parameter(0, "EVSE; 0: the station", minimum=0)
    connector: int = parameter(0, "connector; 0: the whole EVSE", minimum=0)

    async def perform(self, emulator: Emulator) -> None:
        """The fault is gone."""
        _check_place(self.evse, self.connector)
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
        _report(context, self.evse, self.connector, "ConnectorLockFailure", broken=self.on)


@action("meter_failure", "An EVSE's meter breaks, or works again.")
class MeterFailure:
    """Energy meter."""

    evse: int = parameter(1, "EVSE number", minimum=1)
    on: bool = parameter(True, "it is broken")

    async def perform(self, emulator: Emulator) -> None:
        """A broken meter gives no values, and without a meter no energy is sold."""
        context = emulator.running.context
        context.availability.evse(self.evse).meter_works = not self.on
        _report(context, self.evse, 0, "PowerMeterFailure", broken=self.on)


@action("reader_failure", "The card reader breaks, or works again.")
class ReaderFailure:
    """Token reader."""

    on: bool = parameter(True, "it is broken")

    async def perform(self, emulator: Emulator) -> None:
        """No token can be read while it is broken."""
        emulator.station.reader_works = not self.on
        _report(emulator.running.context, 0, 0, "ReaderFailure", broken=self.on)


@action("local_limit", "Something outside limits the power: an energy management system, the grid.")
class LocalLimit:
    """An external charging limit."""

    evse: int = parameter(0, "EVSE; 0: the station, whose EVSEs then share the limit", minimum=0)
    limit_w: float | None = parameter(None, "the limit in watts", minimum=0)
    limit_a: float | None = parameter(None, "the limit in amperes (on AC: of each phase)", minimum=0)
    source: str = parameter("EMS", "ChargingLimitSourceEnumType", enum=LIMIT_SOURCES)
    duration_s: float | None = parameter(None, "lifted after so many station seconds", exclusiveMinimum=0)
    clear: bool = parameter(False, "lift the limit")

    async def perform(self, emulator: Emulator) -> None:
        """The limit is in force, and what is offered to the cars follows at once."""
        if [self.limit_w is not None, self.limit_a is not None, self.clear].count(True) != 1:
            raise BadParameters("The action 'local_limit' needs one of limit_w, limit_a and clear.")
        if self.evse:
            emulator.running.context.availability.evse(self.evse)
        if self.clear:
            emulator.local_limits.lift(self.evse)
        else:
            emulator.local_limits.put(self.evse, self.limit_w, self.limit_a, self.duration_s, self.source)


def _check_place(evse_id: int, connector_id: int) -> None:
    if connector_id and not evse_id:
        raise BadParameters("A connector is named together with its EVSE.")


def _report(context: StationContext, evse_id: int, connector_id: int, error_code: str, *, broken: bool) -> None:
    """Set the fault that belongs to a broken part, or take it away if no other has taken its place."""
    if broken:
        context.availability.set_fault(evse_id, connector_id, Fault(error_code))
        return
    part: Station | Evse | Connector = context.availability.evse(evse_id) if evse_id else context.station
    if connector_id:
        part = context.availability.connector(evse_id, connector_id)[1]
    if part.fault is not None and part.fault.error_code == error_code:
        context.availability.set_fault(evse_id, connector_id, None)
