"""The device model: the one store of a station's settings, under the names of every OCPP version."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from emulator.domain.configuration_keys import Configuration, ConfigurationKey
from emulator.domain.device_reports import Wanted, base_variables, custom_rows
from emulator.domain.device_schema import DeviceSchema, report_row
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.kept_values import Held, KeptValues, held
from emulator.domain.ports import StationMemory
from emulator.domain.values import checked
from emulator.domain.variable_names import parse_name
from emulator.domain.variables import (
    ACTUAL,
    Attribute,
    Author,
    BadValue,
    ReadOutcome,
    ReportRow,
    SecretStore,
    SetOutcome,
    SetStatus,
    Setting,
    Variable,
    VariableName,
    VariableRef,
    parsed,
    to_text,
)

ACCEPTED = SetOutcome(SetStatus.ACCEPTED)
REBOOT_REQUIRED = SetOutcome(SetStatus.REBOOT_REQUIRED)
Unsubscribe = Callable[[], None]


class DeviceModel:
    """The settings of one station: it keeps what differs from the schema that stations of its make-up share.

    `memory` keeps changed values through a power cut, `secrets` the password. `revision` counts up with each change of
    a kept value (live values of `provide` do not count).
    """

    __slots__ = (
        "_actual", "_any_listeners", "_checks", "_kept", "_key_rows", "_listeners", "_live_keys", "_providers", "_rows",
        "_values", "revision", "schema",
    )  # fmt: skip

    def __init__(
        self, schema: DeviceSchema, memory: StationMemory | None = None, secrets: SecretStore | None = None
    ) -> None:
        self.schema = schema
        self.revision = 0
        self._actual = schema.actual
        self._kept = KeptValues(memory, secrets)
        self._kept.load(schema.by_name)
        self._values: dict[Attribute, Held] = self._kept.values
        self._providers: dict[tuple[str, str], Callable[[VariableRef], object]] = {}
        self._checks: dict[Attribute, list[Callable[[str], str | None]]] = {}
        self._listeners: dict[Attribute, list[Callable[[], None]]] = {}
        self._any_listeners: list[Callable[[VariableRef], None]] = []
        self._rows: list[dict[str, object]] | None = None
        self._key_rows: dict[str, dict[str, object]] = {}
        self._live_keys = False

    # --- reading, for services

    def text(self, setting: Setting, attribute: str = ACTUAL) -> str:
        """The value in force as text ("" where nothing is set); KeyError for a setting that no station has."""
        return self._text(self._attribute(setting, attribute))

    def integer(self, setting: Setting) -> int:
        """The value in force of an integer variable."""
        value: int = self._typed(setting)
        return value

    def decimal(self, setting: Setting) -> float:
        """The value in force of a decimal variable."""
        value: float = self._typed(setting)
        return value

    def boolean(self, setting: Setting) -> bool:
        """The value in force of a boolean variable."""
        value: bool = self._typed(setting)
        return value

    def members(self, setting: Setting) -> tuple[str, ...]:
        """The members, in order, of a MemberList or a SequenceList."""
        value: tuple[str, ...] = self._typed(setting)
        return value

    def author(self, setting: Setting) -> Author | None:
        """Who set the value in force; None while it is the default."""
        value = self._values.get(self._actual[setting])
        return value[2] if value is not None else None

    def has(self, setting: Setting) -> bool:
        """Whether the station has this variable: it belongs to its make-up and its function is built."""
        attribute = self._actual.get(setting)
        return attribute is not None and not attribute.variable.function

    # --- reading, by names from outside

    def get(
        self,
        component: str,
        variable: str,
        attribute: str = ACTUAL,
        instance: str | None = None,
        evse: int | None = None,
        connector: int | None = None,
    ) -> str | None:
        """The value in force, or None when there is no such variable or it cannot be read."""
        return self.read(component, variable, attribute, instance, evse, connector).value

    def read(
        self,
        component: str,
        variable: str,
        attribute: str = ACTUAL,
        instance: str | None = None,
        evse: int | None = None,
        connector: int | None = None,
        *,
        by: Author = Author.CSMS,
    ) -> ReadOutcome:
        """One entry of GetVariables (B06): the value in force, or why there is none."""
        found = self._locate(VariableRef(component, variable, instance or None, evse, connector), attribute, by)
        if isinstance(found, SetOutcome):
            return ReadOutcome(found.status, None, found.reason_code, found.sentence)
        if found.mutability == "WriteOnly":  # B06.FR.09
            return ReadOutcome("Rejected", None, "WriteOnly", f"{found.name} cannot be read.")
        return ReadOutcome("Accepted", self._text(found))  # B06.FR.10, B06.FR.13: "" where nothing is set

    def parse_name(self, name: str) -> VariableName:
        """What a person's name for a setting means (EVSE#1.Power:MaxSet, HeartbeatInterval); raises UnknownName."""
        return parse_name(self.schema, name)

    def get_named(self, name: str) -> str | None:
        """The value by a person's name; None where it is write-only; raises UnknownName."""
        meant = self.parse_name(name)
        if meant.key is not None:
            key = self.schema.keys[meant.key]
            return None if key.access == "W" else key.read(self._text)
        found = self._attribute(meant.ref, meant.attribute)
        return None if found.mutability == "WriteOnly" else self._text(found)

    # --- writing

    def set(
        self,
        component: str,
        variable: str,
        value: str,
        attribute: str = ACTUAL,
        instance: str | None = None,
        evse: int | None = None,
        connector: int | None = None,
        *,
        by: Author = Author.CSMS,
        force: bool = False,
    ) -> SetOutcome:
        """One entry of SetVariables (B05); `force` is the operator's hand, which writes read-only variables too."""
        found = self._locate(VariableRef(component, variable, instance or None, evse, connector), attribute, by)
        if isinstance(found, SetOutcome):
            return found
        try:
            text = checked(found.variable, value, lenient=by is not Author.CSMS, forced=force)
        except BadValue as bad:  # B05.FR.07, B05.FR.08
            return bad.outcome
        if found.mutability == "ReadOnly" and not force:  # B05.FR.09
            return SetOutcome(SetStatus.REJECTED, "ReadOnly", f"{found.name} cannot be set.")
        return self._change([(found, text)], by, force)

    def assign(
        self,
        setting: Setting,
        value: object,
        *,
        attribute: str = ACTUAL,
        by: Author = Author.STATION,
        force: bool = True,
    ) -> SetOutcome:
        """Give a setting a value (text, number, bool, list); KeyError for a setting that no station has."""
        found = self._attribute(setting, attribute)
        try:
            text = checked(found.variable, to_text(value), lenient=True, forced=force)
        except BadValue as bad:
            return bad.outcome
        return self._change([(found, text)], by, force)

    def set_named(self, name: str, value: str, *, by: Author = Author.OPERATOR, force: bool = True) -> SetOutcome:
        """Set by a person's name: Component.Variable or a configuration key of 1.6; raises UnknownName."""
        meant = self.parse_name(name)
        if meant.key is not None:
            return self.configure(meant.key, value, by=by, force=force)
        ref = meant.ref
        return self.set(
            ref.component,
            ref.variable,
            value,
            meant.attribute,
            ref.instance,
            ref.evse,
            ref.connector,
            by=by,
            force=force,
        )

    def apply_pending(self) -> None:
        """At a reboot: what waited for it comes into force."""
        for attribute, text, by in self._kept.end_waiting():
            self._take(attribute, text, by)

    # --- configuration keys of 1.6

    def configuration(self, keys: Iterable[str] = ()) -> Configuration:
        """GetConfiguration: these keys, or all when none is named. Rows are shared: do not change them."""
        wanted = list(keys)
        if not wanted:
            return Configuration(self._all_rows(), [])
        rows, unknown = [], []
        for name in wanted:
            key = self.schema.key(name)
            if key is None:
                unknown.append(name)
            else:
                rows.append(self._row(key))
        return Configuration(rows, unknown)

    def configure(self, key: str, value: str, *, by: Author = Author.CSMS, force: bool = False) -> SetOutcome:
        """ChangeConfiguration: UNKNOWN_VARIABLE is its NotSupported, the other statuses are its own words."""
        found = self.schema.key(key)
        if found is None:
            return SetOutcome(SetStatus.UNKNOWN_VARIABLE, "NotFound", f"This station has no configuration key {key!r}.")
        if found.access == "R" and not force:
            return SetOutcome(SetStatus.REJECTED, "ReadOnly", f"{found.name} cannot be set.")
        try:
            writes = found.writes(value, forced=force)
        except BadValue as bad:
            return bad.outcome
        return self._change(writes, by, force)

    # --- reports

    def report(self, base: str) -> Iterator[ReportRow]:
        """The rows of a base report: FullInventory, ConfigurationInventory, SummaryInventory; else ValueError (B07)."""
        touched = {attribute.variable for attribute in self._values}
        for variable in base_variables(base, self.schema.shown, self._variable_text):
            if variable in touched or variable.kind in self._providers:
                yield report_row(variable, self._text)
            else:
                yield variable.report_row

    def custom_report(self, criteria: Collection[str] = (), wanted: Iterable[Wanted] = ()) -> Iterator[ReportRow]:
        """The rows of a custom report (B08); none when nothing answers to the criteria and wanted parts."""
        return custom_rows(self.schema.shown, self._report_row, self._variable_text, frozenset(criteria), tuple(wanted))

    def snapshot(self) -> list[dict[str, Any]]:
        """Every variable with its characteristics, value and last author, as a window shows it."""
        return [
            self._described(attribute)
            for variable in self.schema.variables
            if not (variable.hidden and variable.function)
            for attribute in variable.attributes
        ]

    # --- for the owners of values

    def provide(self, component: str, variable: str, value: Callable[[VariableRef], object]) -> None:
        """Let `value` tell the variable's live value (on every tier) at each reading; what an operator set hides it."""
        if (component, variable) not in self.schema.kinds:
            raise KeyError(f"{component}.{variable}")
        self._providers[component, variable] = value
        self._live_keys = self._live_keys or (component, variable) in self.schema.keyed_kinds

    def check(self, setting: Setting, refuse: Callable[[str], str | None]) -> None:
        """Ask `refuse` about each new value that does not come from the operator: a sentence rejects it."""
        self._checks.setdefault(self._actual[setting], []).append(refuse)

    def on_change(self, setting: Setting, changed: Callable[[], None], attribute: str = ACTUAL) -> Unsubscribe:
        """Call `changed` whenever another value is in force (and on disk); gives back how to stop it."""
        listeners = self._listeners.setdefault(self._attribute(setting, attribute), [])
        listeners.append(changed)
        return lambda: listeners.remove(changed) if changed in listeners else None

    def on_any_change(self, changed: Callable[[VariableRef], None]) -> Unsubscribe:
        """Call `changed` whenever any value was set, in force or pending; gives back how to stop it."""
        listeners = self._any_listeners
        listeners.append(changed)
        return lambda: listeners.remove(changed) if changed in listeners else None

    # --- within

    def _attribute(self, setting: Setting, kind: str) -> Attribute:
        actual = self._actual[setting]
        found = actual if kind == ACTUAL else actual.variable.attribute(kind)
        if found is None:
            raise KeyError(f"{setting}:{kind}")
        return found

    def _typed(self, setting: Setting) -> Any:
        attribute = self._actual[setting]
        value = self._values.get(attribute)
        if value is not None:
            return value[1]
        if attribute.variable.kind in self._providers:
            return parsed(attribute.variable.data_type, self._text(attribute))
        return attribute.typed

    def _text(self, attribute: Attribute) -> str:
        value = self._values.get(attribute)
        if value is not None:
            return value[0]
        if attribute.type == ACTUAL:
            provider = self._providers.get(attribute.variable.kind)
            if provider is not None:
                return to_text(provider(attribute.variable.ref))
        return attribute.default or ""

    def _variable_text(self, variable: Variable) -> str:
        return self._text(variable.actual)

    def _locate(self, ref: VariableRef, kind: str, by: Author) -> Attribute | SetOutcome:
        actual = self._actual.get(ref)
        variable = actual.variable if actual is not None else self.schema.find(*ref)
        if variable is None or (variable.hidden and (variable.function or by is Author.CSMS)):
            return self._unknown(ref)
        found = variable.actual if kind == ACTUAL else variable.attribute(kind)
        if found is None:
            sentence = f"{variable.ref} has no attribute {kind}."
            return SetOutcome(SetStatus.NOT_SUPPORTED_ATTRIBUTE_TYPE, "UnsupportedParam", sentence)
        return found

    def _unknown(self, ref: VariableRef) -> SetOutcome:
        name = str(ref)
        if (ref.component.lower(), ref.evse, ref.connector) in self.schema.components:
            return SetOutcome(SetStatus.UNKNOWN_VARIABLE, "NotFound", f"This station has no variable {name}.")
        component = name.split(".", maxsplit=1)[0]
        return SetOutcome(SetStatus.UNKNOWN_COMPONENT, "NotFound", f"This station has no component {component}.")

    def _change(self, writes: list[tuple[Attribute, str]], by: Author, force: bool) -> SetOutcome:
        for attribute, text in () if force else writes:
            sentence = self._refusal(attribute, text)
            if sentence is not None:
                return SetOutcome(SetStatus.REJECTED, "InvalidValue", sentence)
        waits = [self._must_wait(attribute, text) for attribute, text in writes]
        try:
            self._kept.write([(*write, wait) for write, wait in zip(writes, waits)], by)
        except EnvironmentProblem as problem:  # B05.FR.09: it cannot be kept, so it is not set
            return SetOutcome(SetStatus.REJECTED, "InternalError", problem.sentence)
        for (attribute, text), wait in zip(writes, waits):
            if wait:
                self._kept.pending[attribute] = held(attribute, text, by)
                self._tell_all(attribute)
            else:
                self._take(attribute, text, by)
        return REBOOT_REQUIRED if any(waits) else ACCEPTED

    def _refusal(self, attribute: Attribute, text: str) -> str | None:
        for refuse in self._checks.get(attribute, ()):
            sentence = refuse(text)
            if sentence is not None:
                return sentence
        if len(attribute.variable.attributes) > 1 and text:
            return self._bounds_refusal(attribute, float(text))
        return None

    def _bounds_refusal(self, attribute: Attribute, number: float) -> str | None:
        """MinSet and MaxSet bound the target (Part 1, 4.1) and each other."""
        for bound, below in (("MinSet", True), ("MaxSet", False)):
            other = attribute.variable.attribute(bound)
            limit = self._text(other) if other is not None and other is not attribute else ""
            if limit and (number < float(limit) if below else number > float(limit)):
                return f"{attribute.name} must be {'at least' if below else 'at most'} {limit}, its {bound}."
        return None

    def _must_wait(self, attribute: Attribute, text: str) -> bool:
        return attribute.variable.reboot_required and attribute.type == ACTUAL and text != self._text(attribute)

    def _take(self, attribute: Attribute, text: str, by: Author) -> None:
        before = self._text(attribute)
        self._kept.pending.pop(attribute, None)
        self._values[attribute] = held(attribute, text, by)
        self._rows = None
        for name in attribute.variable.keys:
            self._key_rows.pop(name, None)
        if before != text:
            for changed in tuple(self._listeners.get(attribute, ())):
                changed()
        self._tell_all(attribute)

    def _tell_all(self, attribute: Attribute) -> None:
        self.revision += 1
        for told in tuple(self._any_listeners):
            told(attribute.variable.ref)

    def _all_rows(self) -> list[dict[str, object]]:
        if self._rows is None or self._live_keys:
            self._rows = [self._row(key) for key in self.schema.keys.values()]
        return self._rows

    def _row(self, key: ConfigurationKey) -> dict[str, object]:
        row = self._key_rows.get(key.name)
        if row is not None:
            return row
        live = False
        kept = False
        for attribute in key.attributes:
            kept = kept or attribute in self._values
            live = live or (attribute.variable.kind in self._providers and attribute not in self._values)
        if not kept and not live:
            return key.default_row
        row = key.row(self._text)
        if not live:
            self._key_rows[key.name] = row
        return row

    def _report_row(self, variable: Variable) -> ReportRow:
        if variable.kind in self._providers or any(attribute in self._values for attribute in variable.attributes):
            return report_row(variable, self._text)
        return variable.report_row

    def _described(self, attribute: Attribute) -> dict[str, Any]:
        variable, value, pending = attribute.variable, self._values.get(attribute), self._kept.pending.get(attribute)
        readable = attribute.mutability != "WriteOnly"
        return {
            **variable.ref._asdict(),
            "attribute": attribute.type,
            "value": self._text(attribute) if readable else None,
            "pending": pending[0] if pending is not None and readable else None,
            "mutability": attribute.mutability,
            "persistent": attribute.persistent,
            "data_type": variable.data_type,
            "unit": variable.unit,
            "min": variable.minimum,
            "max": variable.maximum,
            "values": list(variable.values),
            "keys": list(variable.keys),
            "reboot_required": variable.reboot_required,
            "changed_by": value[2].value if value is not None else None,
        }
