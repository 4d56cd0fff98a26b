"""What the services of one running station share."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from emulator.domain.csms import Csms
from emulator.domain.device_model import DeviceModel
from emulator.domain.files import StationFiles
from emulator.domain.ports import Clock, StationMemory
from emulator.domain.station import Station
from emulator.domain.tasks import Tasks
from emulator.domain.variables import Setting

if TYPE_CHECKING:
    from emulator.domain.vault import Vault
    from emulator.services.authorization import Authorizations
    from emulator.services.availability import Availability
    from emulator.services.diagnostics import Diagnostics
    from emulator.services.firmware import Firmware
    from emulator.services.local_list import LocalList
    from emulator.services.metering import Metering
    from emulator.services.provisioning import Provisioning
    from emulator.services.reader import Reader
    from emulator.services.remote_control import RemoteControl
    from emulator.services.reservation import Reservations
    from emulator.services.security_events import SecurityEvents
    from emulator.services.smart_charging import SmartCharging
    from emulator.services.transactions import Transactions


class StationContext:
    """The running station: its hardware, settings, memory, clock, its CSMS, and its services."""

    __slots__ = (
        "_diagnostics", "_firmware", "_following", "_security_events", "authorizations", "availability", "clock",
        "csms", "files", "identity", "local_list", "memory", "metering", "model", "new_id", "provisioning", "publish",
        "random", "reader", "reboot", "remote_control", "reservations", "smart_charging", "station", "tasks",
        "transactions", "vault",
    )  # fmt: skip

    csms: Csms
    authorizations: Authorizations
    availability: Availability
    local_list: LocalList
    metering: Metering
    provisioning: Provisioning
    reader: Reader
    remote_control: RemoteControl
    reservations: Reservations
    smart_charging: SmartCharging
    transactions: Transactions

    def __init__(
        self,
        *,
        identity: str,
        station: Station,
        model: DeviceModel,
        memory: StationMemory,
        clock: Clock,
        publish: Callable[[str, Any], None],
        reboot: Callable[[str], None],
        new_id: Callable[[], str],
        random_source: random.Random,
        files: StationFiles,
    ) -> None:
        self.identity = identity
        self.station = station
        self.model = model
        self.memory = memory
        self.clock = clock
        self.publish = publish
        self.reboot = reboot
        self.new_id = new_id
        self.random = random_source
        self.files = files
        # Where there is no store of certificates, nothing that needs one is accepted.
        self.vault: Vault | None = None
        self.tasks = Tasks()
        self._following: list[Callable[[], None]] = []

        self._diagnostics: Diagnostics | None = None
        self._firmware: Firmware | None = None
        self._security_events: SecurityEvents | None = None

    # --- services that most stations do not need most of the time: a start-up has nothing to spare for them

    @property
    def diagnostics(self) -> Diagnostics:
        """Uploads of logs."""
        if self._diagnostics is None:
            from emulator.services.diagnostics import Diagnostics

            self._diagnostics = Diagnostics(self)
        return self._diagnostics

    @property
    def firmware(self) -> Firmware:
        """Firmware updates."""
        if self._firmware is None:
            from emulator.services.firmware import Firmware

            self._firmware = Firmware(self)
        return self._firmware

    @property
    def security_events(self) -> SecurityEvents:
        """The security log."""
        if self._security_events is None:
            from emulator.services.security_events import SecurityEvents

            self._security_events = SecurityEvents(self)
        return self._security_events

    # --- following and telling

    def on_change(self, setting: Setting, changed: Callable[[], None], attribute: str = "Actual") -> None:
        """Follow a setting for as long as this software runs."""
        self._following.append(self.model.on_change(setting, changed, attribute))

    async def close(self) -> None:
        """The software ends: follow nothing any more, and end every task."""
        for stop_following in self._following:
            stop_following()
        self._following.clear()
        await self.tasks.cancel()

    def facts_changed(self, evse_id: int) -> None:
        """Facts of an EVSE (0: the station) changed: what is to be told of it comes after what goes to disk first."""
        self.memory.after_commit(partial(self.csms.facts_changed, evse_id))

    def changed(self) -> None:
        """Something that a window shows has changed."""
        self.publish("state", None)

    def note(self, sentence: str, **details: object) -> None:
        """A line for the station's own log."""
        self.publish("log", {"text": sentence, **details})
