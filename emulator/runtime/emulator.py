"""One emulated charging station: actions in, events and snapshots out."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Mapping
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator.domain import settings
from emulator.domain.device_model import DeviceModel
from emulator.domain.errors import ActionRefused, EnvironmentProblem
from emulator.domain.frames import Direction, Frame
from emulator.domain.ports import ConnectionProfile, StationMemory, Transport
from emulator.domain.variables import Author, SecretStore, UnknownName, VariableRef
from emulator.domain.vehicle import Vehicle
from emulator.faults.network import FaultyTransport
from emulator.rpc.interceptor import Interceptor
from emulator.runtime.clocks import StationClock, VirtualClock
from emulator.runtime.configuration import BadConfiguration, StationConfiguration
from emulator.runtime.files import Files
from emulator.runtime.hardware_memory import HardwareMemory
from emulator.runtime.local_limits import LocalLimits
from emulator.runtime.software import Machine, Software
from emulator.runtime.tables import device_schema
from emulator.services.connection import LinkState
from emulator.storage.frame_log import FrameLog
from emulator.storage.reserve import ReserveMemory

if TYPE_CHECKING:
    from emulator.runtime.actions.registry import Action

Clock = StationClock | VirtualClock

# How long the station takes to come up again after a reset, in station seconds.
REBOOT_S = 2.0

IDENTITY_VARIABLES = {
    "vendor": VariableRef("ChargingStation", "VendorName"),
    "model": VariableRef("ChargingStation", "Model"),
    "serial_number": VariableRef("ChargingStation", "SerialNumber"),
    "firmware_version": VariableRef("ChargingStation", "FirmwareVersion"),
    "iccid": VariableRef("DataLink", "ICCID"),
    "imsi": VariableRef("DataLink", "IMSI"),
    "meter_type": VariableRef("FiscalMetering", "Model"),
    "meter_serial_number": VariableRef("FiscalMetering", "SerialNumber"),
}


EVENT_KINDS = ("frame", "state", "transaction", "fault", "certificate", "log")


class Event(NamedTuple):
    """Something a listener may want to know; kind is one of EVENT_KINDS."""

    kind: str
    body: Any


Listener = Callable[[Event], None]


class Emulator:
    """The front door of one station."""

    def __init__(
        self,
        configuration: StationConfiguration,
        *,
        memory: StationMemory,
        frame_log: FrameLog,
        transport: Transport,
        clock: Clock,
        secrets: SecretStore | None = None,
        seed: int | None = None,
        folder: Path | None = None,
    ) -> None:
        """`folder` is where firmware and archives are kept; without one, temporary files."""
        self.configuration = configuration
        self.station_id = configuration.id
        self.clock = clock
        self.log = frame_log
        # Stations of a fleet share their configuration, but no cars.
        self.vehicles: dict[str, Vehicle] = {vehicle.name: copy(vehicle) for vehicle in configuration.vehicles}
        self.stopped: Callable[[], None] | None = None
        self._listeners: list[tuple[Listener, frozenset[str]]] = []
        self._wanted: frozenset[str] = frozenset()
        self._state_event_due = False
        self._last_seq = frame_log.last_seq
        self._rebooting: asyncio.Task[None] | None = None
        randomness = random.Random(seed)
        self.network = FaultyTransport(transport, clock, randomness)
        self.interceptor = Interceptor(clock)
        self.storage_problem: EnvironmentProblem | None = None
        self.memory = ReserveMemory(memory, clock.call_later, self._storage_changed)
        self.local_limits = LocalLimits(self)
        self.station = configuration.build()
        self.model = DeviceModel(device_schema(configuration.makeup()), self.memory, secrets)
        self._configure_model()
        self.connection = configuration.connection
        self.model.on_change(settings.BASIC_AUTH_PASSWORD, self._password_changed)
        self.files = Files(folder, frame_log, lambda: self.profile().ca_file)
        self._hardware = HardwareMemory(self.station, self.vehicles, self.memory)
        self._hardware.restore()
        self._machine = self._make_machine(randomness)
        self.software: Software | None = None

    def _make_machine(self, randomness: random.Random) -> Machine:
        """What every life of the software is given."""
        return Machine(
            identity=self.station_id,
            station=self.station,
            model=self.model,
            memory=self.memory,
            clock=self.clock,
            transport=self.network,
            interceptor=self.interceptor,
            random=randomness,
            profile=self.profile,
            record=self._record,
            next_seq=self._next_seq,
            publish=self._publish,
            reboot=self._reboot_wanted,
            files=self.files,
        )

    def _configure_model(self) -> None:
        for name, ref in IDENTITY_VARIABLES.items():
            value = getattr(self.configuration, name)
            if value and self.model.has(ref) and self.model.text(ref) != value:
                self.model.assign(ref, value, by=Author.FILE)
        for name, value in self.configuration.settings:
            self._set(name, value)

    def _set(self, name: str, value: str) -> None:
        try:
            outcome = self.model.set_named(name, value, by=Author.OPERATOR)
        except UnknownName as problem:
            raise BadConfiguration(f"The setting {name} cannot be set: {problem}") from problem
        if not outcome.done:
            raise BadConfiguration(f"The setting {name}={value} cannot be set: {outcome.sentence}")

    # --- life

    async def start(self, *, connect: bool = True) -> None:
        """Switch the station on; it connects when it has a URL."""
        self.power_on("PowerUp", connect=connect)

    async def stop(self) -> None:
        """Switch off in an orderly way: the connection is closed, everything is on disk, nothing runs any more."""
        if self._rebooting is not None:
            self._rebooting.cancel()
            await asyncio.gather(self._rebooting, return_exceptions=True)
        if self.software is not None:
            link = self.software.link
            link.disconnect(1001, "Station switched off")
            await self._closed(link.state)
            link.abort()
            await self._end_software()
            self.local_limits.stop()
            if self.stopped is not None:
                self.stopped()
        self.memory.close()

    async def _closed(self, state: LinkState) -> None:
        if state is LinkState.CONNECTED and self.software is not None:
            await self.software.link.until_closed()

    def power_on(self, boot_reason: str = "PowerUp", *, ended_by: str = "PowerLoss", connect: bool = True) -> None:
        """The mains are there: the software starts."""
        if self.software is not None:
            raise ActionRefused("The station is switched on already.")
        self.software = Software(self._machine, boot_reason)
        self.software.start(ended_by)
        self.local_limits.apply()
        if connect and self.connection.url:
            self.software.link.connect()
        self._publish("state", None)

    async def power_off(self) -> None:
        """The mains are gone: nothing is said goodbye to, what is in memory stays."""
        if self.software is None:
            raise ActionRefused("The station is switched off already.")
        self.software.link.abort()
        await self._end_software()

    async def reboot(self, boot_reason: str, *, ended_by: str = "Reboot") -> None:
        """An orderly restart of the software."""
        if self.software is None:
            raise ActionRefused("The station is switched off: switch it on first.")
        wanted = self.software.link.state is not LinkState.OFFLINE
        self.software.link.disconnect(1001, "Reboot")
        await self._closed(self.software.link.state)
        self.software.link.abort()
        await self._end_software()
        await self.clock.sleep(REBOOT_S)
        self.power_on(boot_reason, ended_by=ended_by, connect=wanted)

    def _reboot_wanted(self, boot_reason: str) -> None:
        # The software asks from within one of its own tasks, which end with it: the restart is the machine's task.
        if self._rebooting is None or self._rebooting.done():
            self._rebooting = asyncio.get_running_loop().create_task(self.reboot(boot_reason), name="reboot")

    async def _end_software(self) -> None:
        software, self.software = self.software, None
        if software is not None:
            await software.stop()
            self.keep_hardware()
        self._publish("state", None)

    @property
    def running(self) -> Software:
        """The software; raises ActionRefused while the station is switched off."""
        if self.software is None:
            raise ActionRefused("The station is switched off: switch it on first.")
        return self.software

    def _storage_changed(self, problem: EnvironmentProblem | None) -> None:
        """The disk refuses to keep the station's memory, or takes everything again (None)."""
        self.storage_problem = problem
        if problem is None:
            text = "The station's memory is on disk again."
        else:
            text = f"{problem.sentence} The station goes on; what it must remember is written when the disk takes it."
        self._publish("log", {"text": text, "hint": problem.hint if problem else ""})
        self._publish("state", None)

    def announce(self) -> None:
        """Something that a window shows has changed."""
        self._publish("state", None)

    def keep_hardware(self) -> None:
        """Write down what is plugged in where, and what the meters show, after it has changed."""
        for evse in self.station.evses:
            evse.energy.settle(self.clock.monotonic())
        self._hardware.keep()

    # --- connection

    def profile(self) -> ConnectionProfile:
        """What the next connection attempt uses."""
        wanted = self.connection
        return ConnectionProfile(
            url=wanted.url,
            identity=self.configuration.id,
            offered=wanted.ocpp,
            security_profile=wanted.security_profile,
            user=wanted.user,
            password=wanted.password or self.model.text(settings.BASIC_AUTH_PASSWORD),
            ca_file=wanted.ca,
            certificate_file=wanted.certificate,
            key_file=wanted.key,
            ping_interval_s=float(self.model.integer(settings.WEB_SOCKET_PING_INTERVAL)),
        )

    def _password_changed(self) -> None:
        # What the CSMS sets goes before what the operator had given for this run.
        self.connection = replace(self.connection, password="")

    # --- actions

    async def perform(self, action: Action) -> Any:
        """Do something; raises ActionRefused with one sentence when it cannot be done now."""
        return await action.perform(self)

    async def perform_named(self, name: str, parameters: Mapping[str, Any]) -> Any:
        """Do something by the names of control.md; raises UnknownAction and BadParameters besides."""
        from emulator.runtime.actions.registry import build

        return await self.perform(build(name, parameters))

    # --- looking

    def snapshot(self, *parts: str) -> dict[str, Any]:
        """Everything that a window would show, as JSON values; or only the parts named."""
        from emulator.runtime.snapshot import snapshot

        return snapshot(self, parts)

    def frames(
        self,
        after: int = 0,
        limit: int = 1000,
        direction: Direction | None = None,
        action: str | None = None,
        text: str | None = None,
    ) -> list[Frame]:
        """Frames of the log with a greater seq than `after`, oldest first."""
        return self.log.read(after, limit, direction, action, text)

    def subscribe(self, listener: Listener, kinds: Collection[str] = ()) -> Callable[[], None]:
        """Hear of events of these kinds (none named: all) until the returned function is called."""
        entry = (listener, frozenset(kinds))
        self._listeners.append(entry)
        self._note_wanted()

        def unsubscribe() -> None:
            if entry in self._listeners:
                self._listeners.remove(entry)
                self._note_wanted()

        return unsubscribe

    # --- events

    def _note_wanted(self) -> None:
        self._wanted = frozenset(kind for _, kinds in self._listeners for kind in kinds or EVENT_KINDS)

    def _next_seq(self) -> int:
        self._last_seq += 1
        return self._last_seq

    def _record(self, frame: Frame) -> None:
        self.log.append(frame)
        if "frame" in self._wanted:
            self._tell(Event("frame", frame))

    def _publish(self, kind: str, body: Any) -> None:
        if kind not in self._wanted:
            return
        if kind == "state":
            if not self._state_event_due:
                # However much changes in one turn of the loop, listeners hear of it once.
                self._state_event_due = True
                asyncio.get_running_loop().call_soon(self._tell_state)
            return
        self._tell(Event(kind, body))

    def _tell_state(self) -> None:
        self._state_event_due = False
        self._tell(Event("state", None))

    def _tell(self, event: Event) -> None:
        for listener, kinds in tuple(self._listeners):
            if not kinds or event.kind in kinds:
                listener(event)
