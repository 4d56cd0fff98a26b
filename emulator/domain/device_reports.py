"""What reports of the device model hold: which variables, for a base report (B07) or a custom one (B08)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from emulator.domain.variables import ReportRow, Variable, VariableRef

# B07.FR.09: the state of every part, and what is abnormal about it.
STATES = frozenset(("AvailabilityState",))
ABNORMAL = frozenset(("Problem", "Tripped", "Overload", "Fallback"))
TextOf = Callable[[Variable], str]


class Wanted(NamedTuple):
    """A part that a custom report is asked for; what is None stands for every one (B08.FR.20 to 23)."""

    component: str
    variable: str | None = None
    instance: str | None = None
    evse: int | None = None
    connector: int | None = None

    def holds(self, ref: VariableRef) -> bool:
        """Whether the variable is asked for."""
        return (
            self.component.lower() == ref.component.lower()
            and (self.variable is None or self.variable.lower() == ref.variable.lower())
            and (not self.instance or self.instance.lower() == (ref.instance or "").lower())
            and (self.evse is None or self.evse == ref.evse)
            and (self.connector is None or self.connector == ref.connector)
        )


def base_variables(base: str, shown: Iterable[Variable], text_of: TextOf) -> Iterable[Variable]:
    """Which of the shown variables a base report tells; ValueError for an unknown base."""
    if base == "FullInventory":  # B07.FR.08
        return shown
    if base == "ConfigurationInventory":  # B07.FR.07
        return [v for v in shown if any(attribute.mutability != "ReadOnly" for attribute in v.attributes)]
    if base == "SummaryInventory":
        return [v for v in shown if v.ref.variable in STATES or (v.ref.variable in ABNORMAL and text_of(v) == "true")]
    raise ValueError(f"unknown base report {base!r}")


def custom_rows(
    shown: Collection[Variable],
    row_of: Callable[[Variable], ReportRow],
    text_of: TextOf,
    criteria: Collection[str],
    wanted: Collection[Wanted],
) -> Iterator[ReportRow]:
    """The rows of a custom report on the shown variables; no criteria and no wanted parts mean no restriction."""
    told: Mapping[tuple[str, int | None, int | None, str], str] = {
        (*_component(v), v.ref.variable): text_of(v)
        for v in shown
        if v.ref.variable in criteria and v.ref.instance is None
    }
    for variable in shown:
        if criteria and not any(_meets(_component(variable), criterion, told) for criterion in criteria):
            continue  # B08.FR.13: one criterion is enough
        if not wanted or any(part.holds(variable.ref) for part in wanted):
            yield row_of(variable)


def _component(variable: Variable) -> tuple[str, int | None, int | None]:
    return variable.ref.component, variable.ref.evse, variable.ref.connector


def _meets(
    component: tuple[str, int | None, int | None],
    criterion: str,
    told: Mapping[tuple[str, int | None, int | None, str], str],
) -> bool:
    """B08.FR.07 to 10: a component without the variable counts as active, available and enabled, not as a problem."""
    return told.get((*component, criterion), "false" if criterion == "Problem" else "true") == "true"
