"""RequestStartTransaction, RequestStopTransaction, UnlockConnector (use cases F01 to F05)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v201 import authorization
from emulator.dialects.v201.answers import ACCEPTED, refused, status_info
from emulator.dialects.v201.availability import unknown_place
from emulator.domain.calls import Reply
from emulator.services.provisioning import BootState
from emulator.services.remote_control import UnlockStatus
from emulator.services.session import Session

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201

NOT_ACCEPTED = refused("CSNotAccepted", "The CSMS has not accepted this station yet.")  # B02.FR.05

# F05.FR.05: a fixed cable has no lock that could be opened; Appendix 5 has a reason code for it.
UNLOCK_ANSWERS: dict[UnlockStatus, Payload] = {
    UnlockStatus.UNLOCKED: {"status": "Unlocked"},
    UnlockStatus.FAILED: {"status": "UnlockFailed", "statusInfo": status_info("InternalError", "The lock is stuck.")},
    UnlockStatus.NO_LOCK: {
        "status": "UnlockFailed",
        "statusInfo": status_info("FixedCable", "The cable is attached to the station: there is no lock to open."),
    },
    UnlockStatus.ONGOING_TRANSACTION: {"status": "OngoingAuthorizedTransaction"},
}


def request_start(dialect: V201, payload: Payload) -> Reply:
    """Start for a token, on an EVSE or on one of the station's choice (F01, F02).

    A chargingProfile is passed over: there is no smart charging yet (F01.FR.12, F02.FR.20).
    """
    if dialect.context.provisioning.state is not BootState.ACCEPTED:
        return Reply(NOT_ACCEPTED)
    evse_id = payload.get("evseId")
    if evse_id is not None and (problem := unknown_place(dialect, {"id": evse_id})) is not None:
        return Reply(problem)
    remote = dialect.context.remote_control
    session = remote.startable(evse_id)
    if session is None:
        return Reply(_not_startable(dialect, evse_id))
    answer = dict(ACCEPTED)
    if session.transaction is not None:
        answer["transactionId"] = session.transaction.id  # F01.FR.13
    token, group = authorization.token(payload["idToken"]), payload.get("groupIdToken")
    return Reply(
        answer,
        lambda: remote.start(
            session,
            token,
            remote_start_id=payload["remoteStartId"],
            group=authorization.token(group) if group else None,
        ),
    )


def _not_startable(dialect: V201, evse_id: int | None) -> Payload:
    """Why no transaction can be started."""
    if evse_id is None:
        return refused("Unspecified", "No EVSE is free.")
    session = dialect.context.transactions.session(evse_id)
    if session.transaction is not None:
        return refused("TxInProgress", f"EVSE {evse_id} has an authorized transaction.")  # F01.FR.24
    if session.authorization is not None or session.authorizing:
        return refused("TxInProgress", f"EVSE {evse_id} waits for the car of another driver.")
    return refused("Unspecified", f"EVSE {evse_id} is unavailable or faulted.")  # F01.FR.23


def request_stop(dialect: V201, payload: Payload) -> Reply:
    """Stop a transaction (F03)."""
    if dialect.context.provisioning.state is not BootState.ACCEPTED:
        return Reply(NOT_ACCEPTED)
    session = dialect.context.transactions.find(payload["transactionId"])
    if session is None:
        return Reply(refused("TxNotFound", "No such transaction goes on."))  # F03.FR.08
    return Reply(ACCEPTED, lambda: dialect.context.remote_control.stop(session))  # F03.FR.07


def unlock_connector(dialect: V201, payload: Payload) -> Reply:
    """Open a connector's lock, but not under a transaction (F05)."""
    place = {"id": payload["evseId"], "connectorId": payload["connectorId"]}
    if (problem := unknown_place(dialect, place, status="UnknownConnector")) is not None:
        return Reply(problem)  # F05.FR.03
    session = dialect.context.transactions.session(payload["evseId"])
    if session.transaction is not None and session.authorization is not None and _uses(session, payload["connectorId"]):
        return Reply(UNLOCK_ANSWERS[UnlockStatus.ONGOING_TRANSACTION])  # F05.FR.02
    outcome = dialect.context.remote_control.unlock(payload["evseId"], payload["connectorId"])
    return Reply(UNLOCK_ANSWERS[outcome])


def _uses(session: Session, connector_id: int) -> bool:
    return session.connector_id in {None, connector_id}
