"""The line to the CSMS, and the mains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from emulator.domain.errors import ActionRefused
from emulator.faults.network import NetworkConditions
from emulator.runtime.actions.registry import BadParameters, action, parameter
from emulator.services.connection import LinkState

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

BOOT_REASONS = [
    "ApplicationReset", "FirmwareUpdate", "LocalReset", "PowerUp", "RemoteReset", "ScheduledReset", "Triggered",
    "Unknown", "Watchdog",
]  # fmt: skip


@action("connect", "Opens the connection to the CSMS and keeps it open.")
class Connect:
    """Connect."""

    async def perform(self, emulator: Emulator) -> None:
        """The station tries until it succeeds or is told to disconnect."""
        if not emulator.connection.url:
            raise ActionRefused("There is no CSMS to connect to: give its URL first.")
        emulator.running.link.connect()


@action("disconnect", "Closes the connection in an orderly way and stops reconnecting.")
class Disconnect:
    """Disconnect."""

    async def perform(self, emulator: Emulator) -> None:
        """The station is offline until told to connect."""
        link = emulator.running.link
        if link.state is LinkState.OFFLINE:
            raise ActionRefused("The station is not connected.")
        link.disconnect()


@action("network", "Changes what the network does to frames, from fine to cut.")
class Network:
    """Network conditions."""

    mode: Literal["up", "down", "silent", "flaky"] = parameter(
        "up", "down: cut; silent: passes nothing; flaky: as below"
    )
    latency_ms: float = parameter(0.0, "one way", minimum=0)
    jitter_ms: float = parameter(0.0, "latency varies by this much", minimum=0)
    loss: float = parameter(0.0, "share of frames lost", minimum=0, maximum=1)
    duplicate: float = parameter(0.0, "share of frames that come twice", minimum=0, maximum=1)
    reorder: float = parameter(0.0, "share of frames that come late", minimum=0, maximum=1)
    bandwidth: float = parameter(0.0, "bytes a second; 0: unlimited", minimum=0)

    async def perform(self, emulator: Emulator) -> None:
        """The conditions hold at once."""
        values: dict[str, Any] = dict(vars(self))
        try:
            emulator.network.conditions = NetworkConditions(**values)
        except ValueError as problem:
            raise BadParameters(str(problem)) from problem
        emulator.running.context.changed()


@action("power_off", "Pulls the mains: nothing is said goodbye to; memory survives.")
class PowerOff:
    """Mains off."""

    async def perform(self, emulator: Emulator) -> None:
        """The station is dark."""
        await emulator.power_off()


@action("power_on", "Puts the mains back.")
class PowerOn:
    """Mains on."""

    async def perform(self, emulator: Emulator) -> None:
        """The station boots."""
        emulator.power_on()


@action("reboot", "An orderly restart.")
class Reboot:
    """Restart."""

    reason: str = parameter("LocalReset", "BootReasonEnumType", enum=BOOT_REASONS)

    async def perform(self, emulator: Emulator) -> None:
        """The station is up again when this returns."""
        await emulator.reboot(self.reason)


@action("clock", "Changes the station's time: speed, date and time, skew, freeze.")
class SetClock:
    """The clock."""

    speed: float | None = parameter(None, "station seconds per second", minimum=1, maximum=3600)
    set_: str | None = parameter(None, "date and time, RFC 3339")
    skew_s: float | None = parameter(None, "the date and time told are off by this many seconds")
    freeze: bool | None = parameter(None, "time stands")

    async def perform(self, emulator: Emulator) -> None:
        """The changes hold at once."""
        from emulator.domain.times import parsed_time
        from emulator.runtime.clocks import StationClock

        clock = emulator.clock
        time = parsed_time(self.set_) if self.set_ is not None else None
        if self.set_ is not None and time is None:
            raise BadParameters(f"{self.set_!r} is not a date and time such as 2026-01-05T12:00:00Z.")
        if isinstance(clock, StationClock):
            if self.speed is not None:
                clock.set_speed(self.speed)
            if self.freeze is not None:
                clock.freeze(self.freeze)
        if self.skew_s is not None:
            clock.skew_s = self.skew_s
        if time is not None:
            clock.set(time)
        if (time is not None or self.skew_s is not None) and emulator.software is not None:
            emulator.software.context.metering.clock_changed()
            emulator.software.context.smart_charging.clock_changed()
        emulator.announce()


@action("stop_station", "A clean stop of the station.")
class StopStation:
    """Clean stop."""

    async def perform(self, emulator: Emulator) -> None:
        """Everything is on disk and the connection closed when this returns."""
        await emulator.stop()
