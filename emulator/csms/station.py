"""What the test CSMS answers to a station of either version: the messages that have one shape in both."""

from __future__ import annotations

from emulator.csms.clock import rfc3339
from emulator.csms.link import Payload, StationLink, answers, notes


class Station(StationLink):
    """A connected station, as far as the versions agree."""

    @answers("BootNotification")
    def answer_boot(self, request: Payload) -> Payload:
        """As decided for this station."""
        decision = self.desk.boot(self.identity)
        now = rfc3339(self.desk.clock.now())
        return {"status": decision.status, "currentTime": now, "interval": decision.interval_s}

    @notes("BootNotification")
    def note_boot(self, request: Payload, answer: Payload) -> None:
        """Who the station is."""
        self.station.boot, self.station.boot_status = request, answer["status"]
        self.station.booted_at = self.desk.clock.now()
        self.permitted.clear()

    @answers("Heartbeat")
    def answer_heartbeat(self, request: Payload) -> Payload:
        """The time."""
        return {"currentTime": rfc3339(self.desk.clock.now())}

    @notes("Heartbeat")
    def note_heartbeat(self, request: Payload, answer: Payload) -> None:
        """When the heart beat last."""
        self.station.last_heartbeat = self.desk.clock.now()

    @answers("DataTransfer")
    def answer_data_transfer(self, request: Payload) -> Payload:
        """Accepted from the vendors that the CSMS was told of."""
        known = request["vendorId"] in self.desk.settings.vendor_ids
        return {"status": "Accepted" if known else "UnknownVendorId"}
