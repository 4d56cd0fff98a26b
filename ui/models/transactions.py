"""The transactions of a station since the window was opened: ongoing ones as they are, ended ones as they ended."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from emulator.domain.transaction import EventType, TransactionEvent
from ui.models.connection_state import clock_text
from ui.models.records import Column, Record

KEPT = 500


class TransactionHistory(QObject):
    """Newest first; `changed` when there is something new."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._records: dict[str, dict[str, Any]] = {}

    def show(self, ongoing: list[dict[str, Any]]) -> None:
        """The transactions of a snapshot; what was ongoing and is not there any more keeps its last values."""
        before = {key: record for key, record in self._records.items() if record["ended_at"] is None}
        changed = False
        for transaction in ongoing:
            if self._records.get(transaction["id"]) != transaction:
                self._records[transaction["id"]] = dict(transaction)
                changed = True
        gone = set(before) - {transaction["id"] for transaction in ongoing}
        for key in gone:
            self._records[key].update(power_w=0.0, charging_state="Ended")
        if changed or gone:
            self._forget_oldest()
            self.changed.emit()

    def note(self, event: TransactionEvent) -> None:
        """A transaction ended: what it says then is final."""
        transaction = event.transaction
        if event.type is not EventType.ENDED:
            return
        record = self._records.setdefault(transaction.id, _record(transaction))
        stop_wh = transaction.meter_stop_wh
        record.update(
            ended_at=event.at.isoformat(),
            csms_id=transaction.csms_id,
            stopped_reason=str(transaction.stopped_reason or ""),
            charging_state="Ended",
            power_w=0.0,
            seq_no=event.seq_no,
        )
        if stop_wh is not None:
            record["energy_wh"] = stop_wh - transaction.meter_start_wh
        self.changed.emit()

    def records(self) -> list[Record]:
        """All of them, the newest first."""
        return sorted(self._records.values(), key=lambda record: str(record["started_at"]), reverse=True)

    def _forget_oldest(self) -> None:
        while len(self._records) > KEPT:
            del self._records[next(iter(self._records))]


def _record(transaction: Any) -> dict[str, Any]:
    return {
        "id": transaction.id,
        "csms_id": transaction.csms_id,
        "evse": transaction.evse_id,
        "connector": transaction.connector_id,
        "id_token": transaction.token.value if transaction.token else None,
        "started_at": transaction.started_at.isoformat(),
        "ended_at": None,
        "charging_state": str(transaction.charging_state),
        "energy_wh": 0.0,
        "power_w": 0.0,
        "soc_percent": None,
        "stopped_reason": None,
        "seq_no": None,
    }


def short_id(record: Record) -> str:
    """How a transaction is called in a table: the CSMS's number where it gave one, else the head of ours."""
    return str(record["csms_id"]) if record["csms_id"] is not None else str(record["id"])[:8]


def state_text(record: Record) -> str:
    """The charging state, or why the transaction ended."""
    if record["ended_at"] is None:
        return str(record["charging_state"])
    return f"Ended · {record['stopped_reason']}" if record["stopped_reason"] else "Ended"


def _tone(record: Record) -> str:
    if record["ended_at"] is not None:
        return "dim"
    return {"Charging": "accent", "SuspendedEV": "warning", "SuspendedEVSE": "warning"}.get(
        record["charging_state"], ""
    )


COLUMNS = (
    Column("Id", short_id, "transactionId: the CSMS's number in 1.6, the station's in 2.0.1", 72, fixed=True),
    Column("EVSE", lambda r: str(r["evse"]), "evse.id", 40, right=True),
    Column("Token", lambda r: r["id_token"] or "none", "idTag, idToken", 82, fixed=True),
    Column("State", state_text, "chargingState, stoppedReason (1.6: reason)", 128, tone=_tone),
    Column("Energy", lambda r: f"{r['energy_wh'] / 1000:.2f} kWh", "meterStop minus meterStart", 78, right=True),
    Column("Power", lambda r: f"{r['power_w'] / 1000:.1f} kW", "Power.Active.Import", 66, right=True),
    Column("Started", lambda r: clock_text(r["started_at"]), "timestamp of its start", 70, fixed=True),
    Column("Ended", lambda r: clock_text(r["ended_at"]), "timestamp of its end", 70, fixed=True),
)
