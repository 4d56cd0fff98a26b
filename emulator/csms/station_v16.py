"""What the test CSMS answers to a 1.6 station, and what it learns from it."""

from __future__ import annotations

from typing import ClassVar

import ocpp.v16

from emulator.csms import metering
from emulator.csms.clock import rfc3339
from emulator.csms.desk import next_transaction_id
from emulator.csms.link import Payload, answers, notes
from emulator.csms.records import ConnectorRecord, TransactionRecord
from emulator.csms.station import Station
from emulator.csms.tokens import TokenEntry

STATUSES = frozenset(("Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx"))


def id_tag_info(entry: TokenEntry) -> Payload:
    """An IdTagInfo; statuses that only 2.0.1 has become Invalid (unknown) or Blocked (known, but not here)."""
    status = entry.status
    if status not in STATUSES:
        status = "Invalid" if status == "Unknown" else "Blocked"
    info: Payload = {"status": status}
    if entry.parent:
        info["parentIdTag"] = entry.parent
    if entry.expires_at is not None:
        info["expiryDate"] = rfc3339(entry.expires_at)
    return info


class Station16(Station, ocpp.v16.ChargePoint):  # type: ignore[misc]
    """A connected 1.6 station."""

    FIXED_ANSWERS: ClassVar[dict[str, Payload]] = {
        "DiagnosticsStatusNotification": {},
        "FirmwareStatusNotification": {},
        "LogStatusNotification": {},
        "SecurityEventNotification": {},
        "SignedFirmwareStatusNotification": {},
        "SignCertificate": {"status": "Rejected"},  # there is no certificate authority behind this CSMS
    }
    NOTICES = frozenset(FIXED_ANSWERS)

    @answers("StatusNotification")
    def answer_status(self, request: Payload) -> Payload:
        """An empty answer."""
        return {}

    @notes("StatusNotification")
    def note_status(self, request: Payload, answer: Payload) -> None:
        """How the connector is."""
        connector = request["connectorId"]
        self.station.connectors[0, connector] = ConnectorRecord(
            evse=0,
            connector=connector,
            status=request["status"],
            error_code=request["errorCode"],
            info=request.get("info", ""),
            time=request.get("timestamp", ""),
        )

    @answers("MeterValues")
    def answer_meter_values(self, request: Payload) -> Payload:
        """An empty answer."""
        return {}

    @notes("MeterValues")
    def note_meter_values(self, request: Payload, answer: Payload) -> None:
        """How far the transaction is."""
        record = self.station.open.get(str(request.get("transactionId", "")))
        if record is not None:
            metering.note(record, request["meterValue"])

    @answers("Authorize")
    def answer_authorize(self, request: Payload) -> Payload:
        """What the token list says; ConcurrentTx is for StartTransaction alone (1.6, 7.2)."""
        return {"idTagInfo": id_tag_info(self.desk.authorize(request["idTag"]))}

    @answers("StartTransaction")
    def answer_start(self, request: Payload) -> Payload:
        """A transaction id (the same again when the request is repeated) and what holds for the token."""
        known = self._known_start(request)
        info = id_tag_info(self.desk.authorize(request["idTag"]))
        if info["status"] == "Accepted" and self.desk.charging_elsewhere(
            request["idTag"], self.identity, request["connectorId"]
        ):
            info["status"] = "ConcurrentTx"
        return {"transactionId": int(known.id) if known else next_transaction_id(), "idTagInfo": info}

    def _known_start(self, request: Payload) -> TransactionRecord | None:
        """The transaction that this request started already: its answer was lost."""
        wanted = _start_of(request)
        for record in reversed(self.station.transactions.values()):
            if (record.connector, record.id_token, record.started_at, record.meter_start_wh) == wanted:
                return record
        return None

    @notes("StartTransaction")
    def note_start(self, request: Payload, answer: Payload) -> None:
        """A transaction began; one that was still open on the connector is over."""
        record = self.station.transaction(str(answer["transactionId"]))
        for other in self.station.running():
            if other.connector == request["connectorId"] and other is not record:
                self.station.end(other, request["timestamp"], "")
        record.connector, record.id_token, record.started_at, record.meter_start_wh = _start_of(request)
        if record.meter_wh is None:
            record.meter_wh = record.meter_start_wh
        record.authorized = answer["idTagInfo"]["status"] == "Accepted"

    @answers("StopTransaction")
    def answer_stop(self, request: Payload) -> Payload:
        """What holds for the token that stopped it, if one did."""
        if "idTag" not in request:
            return {}
        return {"idTagInfo": id_tag_info(self.desk.authorize(request["idTag"]))}

    @notes("StopTransaction")
    def note_stop(self, request: Payload, answer: Payload) -> None:
        """The transaction ended."""
        record = self.station.transaction(str(request["transactionId"]))
        metering.note(record, request.get("transactionData", []))
        record.meter_wh = float(request["meterStop"])
        self.station.end(record, request["timestamp"], request.get("reason", "Local"))


def _start_of(request: Payload) -> tuple[int, str, str, float]:
    return request["connectorId"], request["idTag"], request["timestamp"], float(request["meterStart"])
