"""What a row of the message log says about a frame: summary, answer, and the facts to filter by.

Everything here survives any payload: invalid frames are what the log is for.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from emulator.domain.frames import Frame, FrameType
from ui.models.summary_texts import SUMMARIES, and_more, clip, generic, join, transaction

MAX_SUMMARY = 240

AGREED = frozenset(
    {
        "Accepted",
        "AcceptedCanceled",
        "DownloadOngoing",
        "Pending",
        "Processing",
        "RebootRequired",
        "Scheduled",
        "Unlocked",
        "Unpublished",
    }
)
"""Answer statuses that are not a refusal."""


class Facts(NamedTuple):
    """What the filters ask of a frame: EVSE (0: none; 1.6's connector number), connector (0: none), transaction."""

    evse: int = 0
    connector: int = 0
    transaction: str = ""


class Answer(NamedTuple):
    """An answer in words, and whether it refuses what was asked."""

    text: str
    refused: bool


def summarize(frame: Frame) -> str:
    """What matters in a frame's payload, in one line of at most 240 characters."""
    if frame.type is FrameType.MALFORMED:
        return _malformed(frame)
    if frame.type is not FrameType.CALL:
        return "answer without a request"
    function = SUMMARIES.get(frame.action, generic)
    try:
        text = function(frame.payload)
    except Exception:  # any JSON may come; the first fields say more than nothing
        text = generic(frame.payload)
    return text if len(text) <= MAX_SUMMARY else clip(text, MAX_SUMMARY)


def _malformed(frame: Frame) -> str:
    reason = frame.problems[0].message if frame.problems else "no OCPP-J message"
    return join(clip(reason, 100), clip(frame.raw, 80))


def facts(frame: Frame) -> Facts:
    """EVSE, connector and transaction that a frame is about."""
    payload = frame.payload
    if not isinstance(payload, dict):
        return Facts()
    evse, connector = payload.get("evseId"), payload.get("connectorId")
    nested = payload.get("evse")
    if isinstance(nested, dict):
        evse, connector = nested.get("id"), nested.get("connectorId")
    if evse is None and not frame.ocpp.startswith("2"):
        evse = connector
    return Facts(_number(evse), _number(connector), _transaction(payload))


def _number(value: object) -> int:
    """A small positive number, else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10_000 else 0


def _transaction(payload: dict[str, Any]) -> str:
    value = payload.get("transactionId")
    if value is None:
        for key in ("transactionInfo", "chargingProfile", "csChargingProfiles"):
            nested = payload.get(key)
            if isinstance(nested, dict) and "transactionId" in nested:
                value = nested["transactionId"]
                break
    return str(value)[:64] if isinstance(value, (str, int)) and not isinstance(value, bool) else ""


def answer_summary(frame: Frame) -> Answer:
    """What an answer says: "Accepted", "Rejected · InvalidValue", of a CALLERROR its code."""
    payload = frame.payload
    try:
        if frame.type is FrameType.CALLERROR:
            return Answer(join(clip(payload["errorCode"]), clip(payload.get("errorDescription") or "")), True)
        if not isinstance(payload, dict):
            return Answer("", False)
        special = ANSWERS.get(frame.action)
        return special(payload) if special else _status(payload)
    except Exception:  # any JSON may come
        return Answer(clip(generic(payload)), frame.type is FrameType.CALLERROR)


def _status(payload: dict[str, Any]) -> Answer:
    status = payload.get("status")
    if status is None:
        info = payload.get("idTokenInfo") or payload.get("idTagInfo")
        status = info.get("status") if isinstance(info, dict) else None
    if not isinstance(status, str):
        return Answer("", False)
    if status == "Accepted" and "statusInfo" not in payload:
        return _ACCEPTED
    reason = payload["statusInfo"].get("reasonCode") if "statusInfo" in payload else ""
    return Answer(join(clip(status), reason), status not in AGREED)


_ACCEPTED = Answer("Accepted", False)


def _boot(payload: dict[str, Any]) -> Answer:
    answer = _status(payload)
    if answer is _ACCEPTED:
        return answer
    return Answer(join(answer.text, f"{payload['interval']} s"), answer.refused)


def _start(payload: dict[str, Any]) -> Answer:
    answer = _status(payload)
    return Answer(join(answer.text, transaction(payload.get("transactionId"))), answer.refused)


def _results(payload: dict[str, Any], key: str) -> Answer:
    """Results of several variables: the first refusal, or that all were accepted."""
    results = payload[key]
    refusals = [entry for entry in results if entry["attributeStatus"] not in AGREED]
    if not refusals:
        first = results[0]
        value = first.get("attributeValue")
        shown = "" if value is None or len(results) > 1 else f'"{clip(value, 24)}"'
        return Answer(and_more(join(first["attributeStatus"], shown), len(results)), False)
    reason = refusals[0].get("attributeStatusInfo", {}).get("reasonCode")
    text = join(refusals[0]["attributeStatus"], reason)
    return Answer(text if len(results) == 1 else f"{text} ({len(refusals)} of {len(results)})", True)


def _get_variables(payload: dict[str, Any]) -> Answer:
    return _results(payload, "getVariableResult")


def _set_variables(payload: dict[str, Any]) -> Answer:
    return _results(payload, "setVariableResult")


def _configuration(payload: dict[str, Any]) -> Answer:
    keys, unknown = payload.get("configurationKey") or [], payload.get("unknownKey") or []
    if len(keys) == 1 and not unknown:
        return Answer(f'"{clip(keys[0].get("value", ""), 24)}"', False)
    return Answer(join(f"{len(keys)} keys" if keys else "", f"{len(unknown)} unknown" if unknown else ""), False)


def _list_version(payload: dict[str, Any]) -> Answer:
    version = payload["versionNumber"] if "versionNumber" in payload else payload["listVersion"]
    return Answer(f"version {version}", False)


def _event(payload: dict[str, Any]) -> Answer:
    answer = _status(payload)
    cost = payload.get("totalCost")
    return answer if cost is None else Answer(join(answer.text, f"cost {cost:.2f}"), answer.refused)


ANSWERS = {
    "BootNotification": _boot,
    "GetConfiguration": _configuration,
    "GetLocalListVersion": _list_version,
    "GetVariables": _get_variables,
    "RequestStartTransaction": _start,
    "SetVariables": _set_variables,
    "StartTransaction": _start,
    "TransactionEvent": _event,
}
