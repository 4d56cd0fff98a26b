"""What matters in the payload of each request: one small function per action, for 1.6 and 2.0.1 alike.

A function gets the payload as it came (any JSON object) and may raise anything on a shape that it does not know:
`summaries.summarize` then falls back to `generic`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

Payload: TypeAlias = dict[str, Any]
SummaryFunction: TypeAlias = Callable[[Payload], str]

DOT = " · "
ENERGY = "Energy.Active.Import.Register"
POWER = "Power.Active.Import"
MAX_SAMPLES = 48  # more samples than this in one meter value would cost more time than a row is worth
MAX_TEXT = 60
SECRETS = frozenset({"AuthorizationKey", "BasicAuthPassword"})


def join(*parts: object) -> str:
    """The parts that are not empty, with dots between them."""
    return DOT.join([str(part) for part in parts if part is not None and part != ""])


def short_id(value: object) -> str:
    """An identifier as a person says it: the first four characters of a long one, else all of it."""
    text = str(value)
    return text[:4] if len(text) > 12 else text


def transaction(value: object) -> str:
    """A transaction's identifier in words: "tx 7f3a"; nothing for nothing."""
    return "" if value is None or value == "" else f"tx {short_id(value)}"


def clip(value: object, limit: int = MAX_TEXT) -> str:
    """The value as text of at most `limit` characters."""
    text = str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def kilo(value: object, unit: object, multiplier: object = 0) -> str:
    """A sampled value in kWh, kW, % or its own unit; as it came when it is no number."""
    try:
        number = float(value) * 10.0 ** int(multiplier or 0)  # type: ignore[arg-type, call-overload]
    except (TypeError, ValueError, OverflowError):
        return clip(value, 12)
    if unit in ("Wh", "W"):
        number, unit = number / 1000, f"k{unit}"
    if unit == "Percent":
        return f"{number:.0f} %"
    return f"{number:.2f} {unit}" if unit == "kWh" and abs(number) < 10 else f"{number:.1f} {unit}"


def meter(values: Any) -> str:
    """Energy, power and state of charge of the last meter value: "12.4 kWh · 11.0 kW · 64 %"."""
    found = _samples(values)
    return join(found.get(ENERGY), found.get(POWER), found.get("SoC")) or join(*list(found.values())[:2])


def _samples(values: Any) -> dict[str, str]:
    """Texts of the last meter value's samples by measurand; a total wins over a phase."""
    found: dict[str, str] = {}
    if not values:
        return found
    for sample in values[-1]["sampledValue"][:MAX_SAMPLES]:
        measurand = sample.get("measurand", ENERGY)
        if measurand in found and "phase" in sample:
            continue
        unit = sample.get("unit")
        multiplier = 0
        of_measure = sample.get("unitOfMeasure")
        if of_measure:
            unit = of_measure.get("unit")
            multiplier = of_measure.get("multiplier", 0)
        found[measurand] = kilo(sample["value"], unit or DEFAULT_UNITS.get(measurand, "Wh"), multiplier)
    return found


DEFAULT_UNITS = {
    ENERGY: "Wh",
    POWER: "W",
    "Power.Offered": "W",
    "Current.Import": "A",
    "Current.Offered": "A",
    "Voltage": "V",
    "SoC": "Percent",
    "Frequency": "Hz",
}


def place(payload: Payload) -> str:
    """Which EVSE and connector: "EVSE 1 · connector 1" (2.0.1), "connector 1" or "station" (1.6)."""
    evse = payload.get("evseId")
    connector = payload.get("connectorId")
    nested = payload.get("evse")
    if isinstance(nested, dict):
        evse, connector = nested.get("id"), nested.get("connectorId")
    if evse is not None:
        return "station" if evse == 0 else join(f"EVSE {evse}", "" if connector is None else f"connector {connector}")
    if connector is None:
        return ""
    return "station" if connector == 0 else f"connector {connector}"


def variable(entry: Payload) -> str:
    """Component and variable as `--set` writes them: "SampledDataCtrlr.TxUpdatedInterval", with instance and EVSE."""
    component, name = entry["component"], entry["variable"]
    text = component["name"]
    if "evse" in component:
        text += f"#{component['evse']['id']}"
    if "instance" in component:
        text += f"[{component['instance']}]"
    text += f".{name['name']}"
    return f"{text}[{name['instance']}]" if "instance" in name else text


def and_more(first: str, count: int) -> str:
    """The first of several: "Model +2"."""
    return f"{first}  +{count - 1}" if count > 1 else first


def token(payload: Payload) -> str:
    """The identifier of whoever wants to charge: 1.6's idTag, or 2.0.1's idToken."""
    id_token = payload.get("idToken")
    if isinstance(id_token, dict):
        return clip(id_token["idToken"] or id_token["type"], 36)
    return clip(payload.get("idTag", ""), 36)


def _boot(payload: Payload) -> str:
    station = payload.get("chargingStation")
    if station:
        return join(f"{station['vendorName']} {station['model']}", payload.get("reason"))
    return join(f"{payload['chargePointVendor']} {payload['chargePointModel']}", payload.get("firmwareVersion"))


def _status(payload: Payload) -> str:
    error = payload.get("errorCode")
    status = payload.get("connectorStatus") or payload["status"]
    return join(place(payload), status, "" if error == "NoError" else error, payload.get("info"))


def _authorize(payload: Payload) -> str:
    id_token = payload.get("idToken")
    return join(token(payload), id_token["type"] if isinstance(id_token, dict) else "")


def _start_transaction(payload: Payload) -> str:
    reservation = payload.get("reservationId")
    at = kilo(payload["meterStart"], "Wh")
    return join(place(payload), token(payload), at, "" if reservation is None else f"reservation {reservation}")


def _stop_transaction(payload: Payload) -> str:
    return join(transaction(payload["transactionId"]), kilo(payload["meterStop"], "Wh"), payload.get("reason"))


def _meter_values(payload: Payload) -> str:
    return join(place(payload), transaction(payload.get("transactionId")), meter(payload["meterValue"]))


def _transaction_event(payload: Payload) -> str:
    info = payload["transactionInfo"]
    reason = payload["triggerReason"]
    if reason == "ChargingStateChanged":
        reason = info.get("chargingState", reason)
    ended = info.get("stoppedReason") if payload["eventType"] == "Ended" else ""
    return join(
        payload["eventType"],
        reason,
        "" if ended == reason else ended,
        meter(payload.get("meterValue")),
        transaction(info["transactionId"]),
        f"seq {payload['seqNo']}",
        "offline" if payload.get("offline") is True else "",
    )


def _data_transfer(payload: Payload) -> str:
    data = payload.get("data")
    return join(clip(payload["vendorId"]), payload.get("messageId"), "" if data is None else clip(data))


def _change_configuration(payload: Payload) -> str:
    key = payload["key"]
    return f'{key} = "{"•••" if key in SECRETS else clip(payload["value"])}"'


def _get_configuration(payload: Payload) -> str:
    keys = payload.get("key")
    return and_more(join(*keys[:3]), max(1, len(keys) - 2)) if keys else "all keys"


def _set_variables(payload: Payload) -> str:
    entries = payload["setVariableData"]
    first = entries[0]
    value = "•••" if first["variable"]["name"] in SECRETS else clip(first["attributeValue"])
    kind = first.get("attributeType", "Actual")
    return and_more(f'{variable(first)}{"" if kind == "Actual" else f" {kind}"} = "{value}"', len(entries))


def _get_variables(payload: Payload) -> str:
    entries = payload["getVariableData"]
    return and_more(variable(entries[0]), len(entries))


def _remote_start(payload: Payload) -> str:
    remote_id = payload.get("remoteStartId")
    profile = "with profile" if payload.get("chargingProfile") else ""
    return join(token(payload), place(payload), "" if remote_id is None else f"remote {remote_id}", profile)


def _one_transaction(payload: Payload) -> str:
    return transaction(payload.get("transactionId")) or "any transaction"


def _reset(payload: Payload) -> str:
    return join(payload["type"], place(payload))


def _place(payload: Payload) -> str:
    return place(payload)


def _change_availability(payload: Payload) -> str:
    return join(place(payload) or "station", payload.get("operationalStatus") or payload["type"])


def _trigger(payload: Payload) -> str:
    return join(payload["requestedMessage"], place(payload))


def _nothing(_payload: Payload) -> str:
    return ""


def _reserve_now(payload: Payload) -> str:
    number = payload["id"] if "id" in payload else payload["reservationId"]
    until = payload.get("expiryDateTime") or payload.get("expiryDate", "")
    return join(f"reservation {number}", place(payload), token(payload), f"until {str(until)[:16]}")


def _reservation(payload: Payload) -> str:
    return join(f"reservation {payload['reservationId']}", payload.get("reservationUpdateStatus"))


def _send_local_list(payload: Payload) -> str:
    entries = payload.get("localAuthorizationList") or ()
    version = payload["versionNumber"] if "versionNumber" in payload else payload["listVersion"]
    return join(payload["updateType"], f"version {version}", f"{len(entries)} entries")


def schedule(parts: Payload) -> str:
    """A charging schedule's limits: "16 A, 10 A after 45 min"."""
    unit = parts["chargingRateUnit"]
    periods = parts["chargingSchedulePeriod"]
    texts = [f"{period['limit']:g} {unit}{_after(period['startPeriod'])}" for period in periods[:3]]
    return and_more(", ".join(texts), max(1, len(periods) - 2))


def _after(start_s: float) -> str:
    if not start_s:
        return ""
    return f" after {start_s / 60:g} min" if start_s >= 60 else f" after {start_s} s"


def _profile(payload: Payload) -> str:
    profile = payload.get("chargingProfile") or payload["csChargingProfiles"]
    if isinstance(profile, list):
        return and_more(_profile(payload | {"chargingProfile": profile[0]}), len(profile))
    parts = profile["chargingSchedule"]
    number = profile["id"] if "id" in profile else profile["chargingProfileId"]
    limits = schedule(parts[0] if isinstance(parts, list) else parts)
    return join(f"{profile['chargingProfilePurpose']} {number}", place(payload), limits)


def _clear_profile(payload: Payload) -> str:
    criteria = payload.get("chargingProfileCriteria") or payload
    number = payload.get("chargingProfileId", payload.get("id"))
    level = criteria.get("stackLevel")
    return (
        join(
            "" if number is None else f"profile {number}",
            place(criteria),
            criteria.get("chargingProfilePurpose"),
            "" if level is None else f"level {level}",
        )
        or "all profiles"
    )


def _composite(payload: Payload) -> str:
    return join(place(payload), f"{payload['duration']} s", payload.get("chargingRateUnit"))


def _file(payload: Payload) -> str:
    holder = payload.get("log") or payload.get("firmware") or payload
    where = holder.get("remoteLocation") or holder["location"]
    return join(payload.get("logType"), clip(where), _request(payload))


def _request(payload: Payload) -> str:
    return f"request {payload['requestId']}" if "requestId" in payload else ""


def _status_of_request(payload: Payload) -> str:
    return join(payload["status"], _request(payload))


def _base_report(payload: Payload) -> str:
    return join(payload.get("reportBase") or payload.get("monitoringBase"), _request(payload))


def _report(payload: Payload) -> str:
    rows = payload.get("reportData") or payload.get("monitor") or payload.get("messageInfo") or ()
    more = "more follows" if payload.get("tbc") is True else "last part"
    return join(_request(payload), f"seq {payload['seqNo']}", f"{len(rows)} rows", more)


def _notify_event(payload: Payload) -> str:
    events = payload["eventData"]
    first = events[0]
    return and_more(join(f"{variable(first)} = {clip(first['actualValue'])}", first["trigger"]), len(events))


def _security_event(payload: Payload) -> str:
    return join(payload["type"], clip(payload.get("techInfo", "")))


def _network_profile(payload: Payload) -> str:
    data = payload["connectionData"]
    security = f"profile {data['securityProfile']}"
    return join(f"slot {payload['configurationSlot']}", clip(data["ocppCsmsUrl"]), security)


def _certificate(payload: Payload) -> str:
    return str(payload.get("certificateType", "ChargingStationCertificate"))


def _limit(payload: Payload) -> str:
    limit = payload.get("chargingLimit") or payload
    schedules = payload.get("chargingSchedule")
    return join(limit["chargingLimitSource"], place(payload), schedule(schedules[0]) if schedules else "")


def _cost(payload: Payload) -> str:
    return join(transaction(payload["transactionId"]), f"cost {payload['totalCost']:.2f}")


def _display_message(payload: Payload) -> str:
    message = payload["message"]
    return join(f"message {message['id']}", message["priority"], clip(message["message"]["content"]))


def generic(payload: object) -> str:
    """The first scalar fields of any payload: "requestId 5 · report true"."""
    if isinstance(payload, dict):
        parts = [f"{clip(key, 24)} {_scalar(value)}" for key, value in list(payload.items())[:12] if _is_scalar(value)]
        return DOT.join(parts[:4])
    if isinstance(payload, list):
        return f"{len(payload)} items"
    return "" if payload is None else clip(payload)


def _is_scalar(value: object) -> bool:
    return isinstance(value, (str, int, float))


def _scalar(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else clip(value, 32)


SUMMARIES: dict[str, SummaryFunction] = {
    "Authorize": _authorize,
    "BootNotification": _boot,
    "CancelReservation": _reservation,
    "CertificateSigned": _certificate,
    "ChangeAvailability": _change_availability,
    "ChangeConfiguration": _change_configuration,
    "ClearCache": _nothing,
    "ClearChargingProfile": _clear_profile,
    "ClearedChargingLimit": _limit,
    "CostUpdated": _cost,
    "DataTransfer": _data_transfer,
    "DiagnosticsStatusNotification": _status_of_request,
    "ExtendedTriggerMessage": _trigger,
    "FirmwareStatusNotification": _status_of_request,
    "GetBaseReport": _base_report,
    "GetCompositeSchedule": _composite,
    "GetConfiguration": _get_configuration,
    "GetDiagnostics": _file,
    "GetLocalListVersion": _nothing,
    "GetLog": _file,
    "GetTransactionStatus": _one_transaction,
    "GetVariables": _get_variables,
    "Heartbeat": _nothing,
    "InstallCertificate": _certificate,
    "LogStatusNotification": _status_of_request,
    "MeterValues": _meter_values,
    "NotifyChargingLimit": _limit,
    "NotifyDisplayMessages": _report,
    "NotifyEvent": _notify_event,
    "NotifyMonitoringReport": _report,
    "NotifyReport": _report,
    "PublishFirmware": _file,
    "RemoteStartTransaction": _remote_start,
    "RemoteStopTransaction": _one_transaction,
    "ReportChargingProfiles": _profile,
    "RequestStartTransaction": _remote_start,
    "RequestStopTransaction": _one_transaction,
    "ReservationStatusUpdate": _reservation,
    "ReserveNow": _reserve_now,
    "Reset": _reset,
    "SecurityEventNotification": _security_event,
    "SendLocalList": _send_local_list,
    "SetChargingProfile": _profile,
    "SetDisplayMessage": _display_message,
    "SetMonitoringBase": _base_report,
    "SetNetworkProfile": _network_profile,
    "SetVariables": _set_variables,
    "SignCertificate": _certificate,
    "SignedFirmwareStatusNotification": _status_of_request,
    "SignedUpdateFirmware": _file,
    "StartTransaction": _start_transaction,
    "StatusNotification": _status,
    "StopTransaction": _stop_transaction,
    "TransactionEvent": _transaction_event,
    "TriggerMessage": _trigger,
    "UnlockConnector": _place,
    "UpdateFirmware": _file,
}
