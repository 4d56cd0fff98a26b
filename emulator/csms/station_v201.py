"""What the test CSMS answers to a 2.0.1 station, and what it learns from it."""

from __future__ import annotations

from typing import ClassVar

import ocpp.v201

from emulator.csms import metering
from emulator.csms.clock import rfc3339
from emulator.csms.link import Payload, answers, notes
from emulator.csms.records import ConnectorRecord, TransactionRecord
from emulator.csms.station import Station
from emulator.csms.tokens import TokenEntry


def id_token_info(entry: TokenEntry) -> Payload:
    """An IdTokenInfo; the parent becomes the group."""
    info: Payload = {"status": entry.status}
    if entry.parent:
        info["groupIdToken"] = {"idToken": entry.parent, "type": "Central"}
    if entry.expires_at is not None:
        info["cacheExpiryDateTime"] = rfc3339(entry.expires_at)
    return info


class Station201(Station, ocpp.v201.ChargePoint):  # type: ignore[misc]
    """A connected 2.0.1 station."""

    FIXED_ANSWERS: ClassVar[dict[str, Payload]] = {
        "ClearedChargingLimit": {},
        "FirmwareStatusNotification": {},
        "LogStatusNotification": {},
        "MeterValues": {},
        "NotifyChargingLimit": {},
        "NotifyCustomerInformation": {},
        "NotifyDisplayMessages": {},
        "NotifyEvent": {},
        "NotifyMonitoringReport": {},
        "PublishFirmwareStatusNotification": {},
        "ReportChargingProfiles": {},
        "ReservationStatusUpdate": {},
        "SecurityEventNotification": {},
        # there is no certificate authority, contract provider or scheduler behind this CSMS
        "Get15118EVCertificate": {"status": "Failed", "exiResponse": ""},
        "GetCertificateStatus": {"status": "Failed"},
        "NotifyEVChargingNeeds": {"status": "Rejected"},
        "NotifyEVChargingSchedule": {"status": "Accepted"},
        "SignCertificate": {"status": "Rejected"},
    }
    NOTICES = frozenset(FIXED_ANSWERS) - {"MeterValues"}

    @answers("StatusNotification")
    def answer_status(self, request: Payload) -> Payload:
        """An empty answer."""
        return {}

    @notes("StatusNotification")
    def note_status(self, request: Payload, answer: Payload) -> None:
        """How the connector is."""
        key = request["evseId"], request["connectorId"]
        self.station.connectors[key] = ConnectorRecord(*key, request["connectorStatus"], time=request["timestamp"])

    @answers("Authorize")
    def answer_authorize(self, request: Payload) -> Payload:
        """What the token list says."""
        return {"idTokenInfo": self._token_info(request["idToken"])}

    def _token_info(self, id_token: Payload) -> Payload:
        if id_token["type"] == "NoAuthorization":
            return {"status": "Accepted"}  # C02.FR.02
        return id_token_info(self.desk.authorize(id_token["idToken"]))

    @answers("TransactionEvent")
    def answer_transaction(self, request: Payload) -> Payload:
        """What holds for the token, if one is given."""
        if "idToken" not in request:
            return {}
        return {"idTokenInfo": self._token_info(request["idToken"])}  # E01.FR.12, E05.FR.01

    @notes("TransactionEvent")
    def note_transaction(self, request: Payload, answer: Payload) -> None:
        """How far the transaction is."""
        info = request["transactionInfo"]
        record = self.station.transaction(info["transactionId"])
        if record.seq_no is not None and request["seqNo"] <= record.seq_no:
            return  # told again, or late: what came after it stands
        _note_where(record, request)
        record.seq_no = request["seqNo"]
        record.charging_state = info.get("chargingState", record.charging_state)
        record.offline = record.offline or request.get("offline", False)
        metering.note(record, request.get("meterValue", []))
        if "idTokenInfo" in answer:
            record.authorized = answer["idTokenInfo"]["status"] == "Accepted"
        if request["eventType"] == "Started":
            record.started_at = request["timestamp"]
        elif request["eventType"] == "Ended":
            self.station.end(record, request["timestamp"], info.get("stoppedReason", "Local"))

    @answers("NotifyReport")
    def answer_report(self, request: Payload) -> Payload:
        """An empty answer."""
        return {}

    @notes("NotifyReport")
    def note_report(self, request: Payload, answer: Payload) -> None:
        """The rows of a report, collected by the number of the request."""
        rows = self.station.reports.setdefault(request["requestId"], [])
        if request["seqNo"] == 0:
            rows.clear()
        rows.extend(request.get("reportData", []))
        if not request.get("tbc", False):
            self.station.reports_done.add(request["requestId"])


def _note_where(record: TransactionRecord, request: Payload) -> None:
    """Take over the EVSE, the connector and the token that started it, where they are told."""
    evse = request.get("evse", {})
    record.evse = evse.get("id", record.evse)
    record.connector = evse.get("connectorId", record.connector)
    if not record.id_token and "idToken" in request:
        record.id_token = request["idToken"]["idToken"]
