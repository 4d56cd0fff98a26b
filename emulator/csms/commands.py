"""The CSMS's commands as forms: which fields each has, and how what was typed becomes a payload."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class BadForm(ValueError):
    """What was typed makes no payload; the text is one sentence that names the field."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a command's form.

    `name` is the path in the wire payload ("idToken.type", "getVariableData.0.component.name"); `kind` is text,
    integer, choice, boolean or json; `many` is a list typed with commas; `empty` says that an empty text is a value.
    """

    name: str
    kind: str = "text"
    choices: tuple[str, ...] = ()
    default: Any = None
    description: str = ""
    required: bool = False
    many: bool = False
    empty: bool = False


def build(ocpp: str, action: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """The wire payload of a command from a form's values by field name; raises BadForm.

    Values may be texts as typed; empty ones are left out; a field that is not given is left out, or a BadForm when it
    is required.
    """
    fields = COMMANDS[ocpp].get(action)
    if fields is None:
        raise BadForm(f"{action} has no form in OCPP {ocpp}; send it as JSON")
    unknown = set(values) - {field.name for field in fields}
    if unknown:
        raise BadForm(f"{action} has no field {', '.join(sorted(unknown))}")
    payload: dict[str, Any] = {}
    for field in fields:
        value = values.get(field.name)
        if value is None or (value == "" and not field.empty):
            if field.required:
                raise BadForm(f"{action}: {field.name} must be given")
            continue
        _put(payload, field.name.split("."), _converted(action, field, value))
    return payload


def _converted(action: str, field: Field, value: Any) -> Any:
    if field.many:
        parts = value.split(",") if isinstance(value, str) else value
        return [_single(action, field, part.strip() if isinstance(part, str) else part) for part in parts if part]
    return _single(action, field, value)


def _single(action: str, field: Field, value: Any) -> Any:
    try:
        if field.kind == "integer":
            return int(value)
        if field.kind == "json":
            return json.loads(value) if isinstance(value, str) else value
    except ValueError as error:
        raise BadForm(f"{action}: {field.name} is not {_article(field.kind)}: {value!r}") from error
    if field.kind == "boolean":
        return value if isinstance(value, bool) else str(value).lower() in ("true", "1", "yes", "on")
    if field.kind == "choice" and value not in field.choices:
        raise BadForm(f"{action}: {field.name} is one of {', '.join(field.choices)}, not {value!r}")
    return str(value)


def _article(kind: str) -> str:
    return "an integer" if kind == "integer" else "JSON"


def _put(target: Any, path: list[str], value: Any) -> None:
    """Set a value deep in a payload, making the objects and the one-element lists on the way."""
    head, *rest = path
    key: str | int = int(head) if head.isdigit() else head
    if not rest:
        target[key] = value
        return
    if isinstance(target, list):
        if len(target) <= int(key):
            target.append([] if rest[0].isdigit() else {})
        _put(target[int(key)], rest, value)
    else:
        _put(target.setdefault(head, [] if rest[0].isdigit() else {}), rest, value)


def _text(name: str, description: str, default: Any = None, *, required: bool = False, empty: bool = False) -> Field:
    return Field(name, "text", (), default, description, required, empty=empty)


def _integer(name: str, description: str, default: Any = None, *, required: bool = False) -> Field:
    return Field(name, "integer", (), default, description, required)


def _choice(name: str, description: str, choices: str, default: Any = None, *, required: bool = True) -> Field:
    return Field(name, "choice", tuple(choices.split()), default, description, required)


ATTRIBUTES = "Actual Target MinSet MaxSet"
ID_TOKEN_TYPES = "Central eMAID ISO14443 ISO15693 KeyCode Local MacAddress NoAuthorization"
EXAMPLE_TOKEN = "04A22B6C"


def _variable(prefix: str) -> list[Field]:
    """The fields that name a variable of the device model."""
    return [
        _text(f"{prefix}.component.name", "Component", "OCPPCommCtrlr", required=True),
        _text(f"{prefix}.component.instance", "Instance of the component"),
        _integer(f"{prefix}.component.evse.id", "EVSE of the component"),
        _integer(f"{prefix}.component.evse.connectorId", "Connector of the component"),
        _text(f"{prefix}.variable.name", "Variable", "HeartbeatInterval", required=True),
        _text(f"{prefix}.variable.instance", "Instance of the variable"),
        _choice(f"{prefix}.attributeType", "Attribute; Actual when left out", ATTRIBUTES, required=False),
    ]


COMMANDS_16: dict[str, list[Field]] = {
    "RemoteStartTransaction": [
        _text("idTag", "Token that the station is to charge for", EXAMPLE_TOKEN, required=True),
        _integer("connectorId", "Connector; the station chooses when left out", 1),
        Field("chargingProfile", "json", description="A TxProfile for this transaction"),
    ],
    "RemoteStopTransaction": [_integer("transactionId", "Transaction to stop", required=True)],
    "Reset": [_choice("type", "Soft ends transactions in an orderly way", "Soft Hard", "Soft")],
    "ChangeAvailability": [
        _integer("connectorId", "Connector; 0 is the whole station", 0, required=True),
        _choice("type", "Whether it may be used", "Operative Inoperative", "Inoperative"),
    ],
    "UnlockConnector": [_integer("connectorId", "Connector to unlock", 1, required=True)],
    "TriggerMessage": [
        _choice(
            "requestedMessage",
            "Message that the station is to send",
            "BootNotification DiagnosticsStatusNotification FirmwareStatusNotification Heartbeat MeterValues "
            "StatusNotification",
            "StatusNotification",
        ),
        _integer("connectorId", "Connector that it is about; all when left out"),
    ],
    "GetConfiguration": [Field("key", description="Keys, separated by commas; all when left out", many=True)],
    "ChangeConfiguration": [
        _text("key", "Configuration key", "HeartbeatInterval", required=True),
        _text("value", "Its new value, as text", "60", required=True, empty=True),
    ],
    "DataTransfer": [
        _text("vendorId", "Vendor identification", "Forecourt", required=True),
        _text("messageId", "Message of the vendor"),
        _text("data", "Free text"),
    ],
    "ClearCache": [],
}

COMMANDS_201: dict[str, list[Field]] = {
    "RequestStartTransaction": [
        _text("idToken.idToken", "Token that the station is to charge for", EXAMPLE_TOKEN, required=True, empty=True),
        _choice("idToken.type", "Kind of token", ID_TOKEN_TYPES, "ISO14443"),
        _integer("evseId", "EVSE; the station chooses when left out", 1),
        _integer("remoteStartId", "Number of this request, told back in TransactionEvent", 1, required=True),
        _text("groupIdToken.idToken", "Group that the token belongs to"),
        _choice("groupIdToken.type", "Kind of the group's token", ID_TOKEN_TYPES, required=False),
        Field("chargingProfile", "json", description="A TxProfile for this transaction"),
    ],
    "RequestStopTransaction": [_text("transactionId", "Transaction to stop", required=True)],
    "Reset": [
        _choice("type", "Immediate ends transactions, OnIdle waits for their end", "Immediate OnIdle", "Immediate"),
        _integer("evseId", "EVSE; the whole station when left out"),
    ],
    "ChangeAvailability": [
        _choice("operationalStatus", "Whether it may be used", "Operative Inoperative", "Inoperative"),
        _integer("evse.id", "EVSE; the whole station when left out"),
        _integer("evse.connectorId", "Connector; the whole EVSE when left out"),
    ],
    "UnlockConnector": [
        _integer("evseId", "EVSE", 1, required=True),
        _integer("connectorId", "Connector to unlock", 1, required=True),
    ],
    "TriggerMessage": [
        _choice(
            "requestedMessage",
            "Message that the station is to send",
            "BootNotification LogStatusNotification FirmwareStatusNotification Heartbeat MeterValues "
            "SignChargingStationCertificate SignV2GCertificate StatusNotification TransactionEvent "
            "SignCombinedCertificate PublishFirmwareStatusNotification",
            "StatusNotification",
        ),
        _integer("evse.id", "EVSE that it is about; all when left out"),
        _integer("evse.connectorId", "Connector that it is about"),
    ],
    "GetVariables": _variable("getVariableData.0"),
    "SetVariables": [
        *_variable("setVariableData.0"),
        _text("setVariableData.0.attributeValue", "Its new value, as text", "60", required=True, empty=True),
    ],
    "GetBaseReport": [
        _choice(
            "reportBase",
            "Which report",
            "ConfigurationInventory FullInventory SummaryInventory",
            "FullInventory",
        ),
        _integer("requestId", "Number of this request, told back in NotifyReport", 1, required=True),
    ],
    "GetTransactionStatus": [_text("transactionId", "Transaction; the message queue alone when left out")],
    "DataTransfer": [
        _text("vendorId", "Vendor identification", "Forecourt", required=True),
        _text("messageId", "Message of the vendor"),
        _text("data", "Free text"),
    ],
    "ClearCache": [],
}

COMMANDS: dict[str, dict[str, list[Field]]] = {"1.6": COMMANDS_16, "2.0.1": COMMANDS_201}
