"""Stations for dialogues that the default one does not fit, and steps that many dialogues share."""

from __future__ import annotations

from typing import Any

from emulator.domain.station import Cable, Current
from emulator.runtime.configuration import ConnectorConfiguration, EvseConfiguration, StationConfiguration
from tests.support.dialogue import Dialogue

TOKEN = "04A22B6C"
ID_TOKEN = {"idToken": TOKEN, "type": "ISO14443"}


def one_socket() -> StationConfiguration:
    """One AC EVSE with a socket: the driver brings the cable."""
    connector = ConnectorConfiguration(1, "sType2", Cable.SOCKET, 32.0)
    return StationConfiguration(evses=(EvseConfiguration(1, Current.AC, 22_000.0, 3, 230.0, (connector,)),))


def two_connectors() -> StationConfiguration:
    """One DC EVSE with two connectors, of which one can be used at a time."""
    connectors = (ConnectorConfiguration(1, "cCCS2"), ConnectorConfiguration(2, "cG105"))
    return StationConfiguration(evses=(EvseConfiguration(1, Current.DC, 50_000.0, 3, 400.0, connectors),))


def started(d: Dialogue) -> dict[str, Any]:
    """The first event of the transaction that started last."""
    return next(p for p in reversed(d.calls("TransactionEvent")) if p["eventType"] == "Started")


def transaction_id(d: Dialogue) -> str:
    """The id of the transaction that started last."""
    return str(started(d)["transactionInfo"]["transactionId"])


async def charging(d: Dialogue, evse: int = 1, token: str = TOKEN) -> str:
    """Plug in and swipe (2.0.1); the transaction's id."""
    await d.perform("plug", evse=evse)
    await d.perform("swipe", id_token=token)
    event = await d.expect("TransactionEvent", transactionInfo={"chargingState": "Charging"})
    return str(event["transactionInfo"]["transactionId"])


def events(d: Dialogue) -> list[tuple[str, str, str]]:
    """All transaction events so far as (eventType, triggerReason, chargingState)."""
    return [
        (p["eventType"], p["triggerReason"], p["transactionInfo"]["chargingState"]) for p in d.calls("TransactionEvent")
    ]
