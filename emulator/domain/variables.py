"""The words of the device model: what a variable is, how it is named, and what comes of reading and setting it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from emulator.domain.errors import ForecourtError

ACTUAL = "Actual"
ATTRIBUTE_TYPES = (ACTUAL, "Target", "MinSet", "MaxSet")


class VariableRef(NamedTuple):
    """The name of a variable: component (with its tier: station, EVSE or connector), variable and instance."""

    component: str
    variable: str
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None

    def __str__(self) -> str:
        """The name as --set spells it: EVSE#1.Power, OCPPCommCtrlr.MessageTimeout[Default]."""
        tier = (
            "" if self.evse is None else f"#{self.evse}" if self.connector is None else f"#{self.evse}/{self.connector}"
        )
        instance = "" if self.instance is None else f"[{self.instance}]"
        return f"{self.component}{tier}.{self.variable}{instance}"


# Services name a variable by one of these: see settings.py.
Setting = VariableRef


class VariableName(NamedTuple):
    """What a person's name for a setting means: an attribute of a variable, or a configuration key of 1.6."""

    ref: VariableRef
    attribute: str = ACTUAL
    key: str | None = None


class Author(StrEnum):
    """Who changed a value last."""

    CSMS = "csms"
    OPERATOR = "operator"
    FILE = "file"
    STATION = "station"


class SetStatus(StrEnum):
    """SetVariableStatusEnumType."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    UNKNOWN_COMPONENT = "UnknownComponent"
    UNKNOWN_VARIABLE = "UnknownVariable"
    NOT_SUPPORTED_ATTRIBUTE_TYPE = "NotSupportedAttributeType"
    REBOOT_REQUIRED = "RebootRequired"


class SetOutcome(NamedTuple):
    """What came of setting a value; `reason_code` is one of Part 2 Appendix 5, `sentence` says what was wrong."""

    status: SetStatus
    reason_code: str = ""
    sentence: str = ""

    @property
    def done(self) -> bool:
        """Whether the value is kept: in force now, or after a reboot."""
        return self.status in (SetStatus.ACCEPTED, SetStatus.REBOOT_REQUIRED)


class ReadOutcome(NamedTuple):
    """What came of reading a value; `status` is a GetVariableStatusEnumType, `value` None unless it is Accepted."""

    status: str
    value: str | None = None
    reason_code: str = ""
    sentence: str = ""


class UnknownName(ForecourtError):
    """No setting has this name; the text says so and names the nearest one."""


class BadValue(ForecourtError):
    """A value that a variable cannot take; `reason_code` is one of Part 2 Appendix 5."""

    def __init__(self, reason_code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason_code = reason_code
        self.sentence = sentence

    @property
    def outcome(self) -> SetOutcome:
        """The refusal as an outcome."""
        return SetOutcome(SetStatus.REJECTED, self.reason_code, self.sentence)


class ConnectorMakeup(NamedTuple):
    """The make-up of a connector; `type` is a ConnectorEnumType value."""

    id: int
    type: str = "cType2"
    attached_cable: bool = True


class EvseMakeup(NamedTuple):
    """The make-up of an EVSE; `phases` counts alternating-current phases (of no meaning for direct current)."""

    id: int
    dc: bool
    phases: int
    max_power_w: float
    connectors: tuple[ConnectorMakeup, ...]


class StationMakeup(NamedTuple):
    """What a station is built of; stations of the same make-up share one schema."""

    evses: tuple[EvseMakeup, ...]


class SecretStore(NamedTuple):
    """Where a value that must not lie in the open is kept: how to read it and how to write it."""

    read: Callable[[], str | None]
    write: Callable[[str], None]


class Attribute:
    """One attribute of a variable: who may change it, whether it survives a reboot, its value out of the box.

    `default` is None where nothing is set; `typed` is the default as services read it. Shared between stations.
    """

    __slots__ = ("constant", "default", "mutability", "name", "persistent", "type", "typed", "variable")

    def __init__(
        self, variable: Variable, kind: str, mutability: str, default: str | None, *, persistent: bool, constant: bool
    ) -> None:
        self.variable = variable
        self.type = kind
        self.mutability = mutability
        self.persistent = persistent
        self.constant = constant
        self.default = default
        self.typed = parsed(variable.data_type, default or "")
        self.name = str(variable.ref) if kind == ACTUAL else f"{variable.ref}:{kind}"


class Variable:
    """One variable of one component, as declared; shared between the stations of a make-up.

    `maximum` is a length for strings and lists (as VariableCharacteristicsType has it); `kind` is (component,
    variable); `function` names the part of the station that is still to be built, or is empty; `hidden` variables exist
    for the engine but not for a CSMS of 2.x; `phased` lists take measurands with a phase from a CSMS of 1.6.
    """

    __slots__ = (
        "actual", "attributes", "characters", "data_type", "function", "hidden", "keys", "kind", "maximum", "minimum",
        "minimum_length", "phased", "reboot_required", "ref", "report_row", "secret", "supports_monitoring", "unit",
        "values",
    )  # fmt: skip

    def __init__(self, ref: VariableRef, data_type: str) -> None:
        self.ref = ref
        self.kind = (ref.component, ref.variable)
        self.data_type = data_type
        self.unit: str | None = None
        self.minimum: float | None = None
        self.maximum: float | None = None
        self.minimum_length = 0
        self.characters = ""
        self.values: tuple[str, ...] = ()
        self.phased = False
        self.secret = False
        self.supports_monitoring = False
        self.reboot_required = False
        self.function = ""
        self.hidden = False
        self.attributes: tuple[Attribute, ...] = ()
        self.keys: tuple[str, ...] = ()
        # Set once all of the above is known.
        self.actual: Attribute
        self.report_row: ReportRow

    def attribute(self, kind: str) -> Attribute | None:
        """The attribute of that type, or None when the variable does not have it."""
        return next((attribute for attribute in self.attributes if attribute.type == kind), None)


class ReportAttribute(NamedTuple):
    """One attribute in a report; `value` is None only where it is write-only."""

    type: str
    value: str | None
    mutability: str
    persistent: bool
    constant: bool


class ReportRow:
    """One variable in a report. Rows of untouched variables are shared: a dialect may cache by the row's identity."""

    __slots__ = ("attributes", "variable")

    def __init__(self, variable: Variable, attributes: tuple[ReportAttribute, ...]) -> None:
        self.variable = variable
        self.attributes = attributes

    @property
    def ref(self) -> VariableRef:
        """The name of the variable."""
        return self.variable.ref


def parsed(data_type: str, text: str) -> Any:
    """A checked text as services read it: int, float, bool, a tuple of members, or the text itself."""
    if data_type == "integer":
        return int(text or 0)
    if data_type == "boolean":
        return text == "true"
    if data_type == "decimal":
        return float(text or 0)
    if data_type in ("MemberList", "SequenceList"):
        return tuple(text.split(",")) if text else ()
    return text


def to_text(value: object) -> str:
    """Any value as OCPP writes it; None is the empty text, a time is RFC 3339 in UTC with milliseconds."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, float):
        return f"{value:.6f}".rstrip("0").rstrip(".")
    if isinstance(value, (list, tuple, set, frozenset)):
        return ",".join(map(str, value))
    return str(value)
