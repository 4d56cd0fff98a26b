"""GetBaseReport, GetReport and NotifyReport (use cases B07, B08)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v201.answers import ACCEPTED, refused
from emulator.dialects.v201.device_model import GET_REPORT, check_size
from emulator.domain.calls import Reply
from emulator.domain.device_reports import Wanted
from emulator.domain.times import timestamp
from emulator.domain.variables import ReportAttribute, ReportRow, Variable, VariableRef

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201

# Variables in one NotifyReportRequest: some 20 KB, which no WebSocket library refuses.
ROWS_PER_MESSAGE = 60


def get_base_report(dialect: V201, payload: Payload) -> Reply:
    """Report the whole device model, what can be configured, or how the station is (B07)."""
    rows = list(dialect.context.model.report(payload["reportBase"]))
    return Reply(ACCEPTED, lambda: _notify(dialect, payload["requestId"], rows))  # B07.FR.01


def get_report(dialect: V201, payload: Payload) -> Reply:
    """Report what meets the criteria and was asked for (B08)."""
    asked = payload.get("componentVariable", [])
    check_size(dialect, payload, asked, GET_REPORT)
    wanted = list(_wanted(asked))
    nothing = bool(asked) and not wanted
    criteria = payload.get("componentCriteria", ())
    rows = [] if nothing else list(dialect.context.model.custom_report(criteria, wanted))
    if not rows:
        return Reply(refused("NotFound", "Nothing answers to this.", status="EmptyResultSet"))  # B08.FR.15
    return Reply(ACCEPTED, lambda: _notify(dialect, payload["requestId"], rows))  # B08.FR.01


def _wanted(asked: list[Payload]) -> Iterator[Wanted]:
    for each in asked:
        component, variable = each["component"], each.get("variable", {})
        if component.get("instance"):
            continue  # the components of this station have no instances
        evse = component.get("evse", {})
        yield Wanted(
            component["name"], variable.get("name"), variable.get("instance"), evse.get("id"), evse.get("connectorId")
        )


def _notify(dialect: V201, request_id: int, rows: list[ReportRow]) -> None:
    """Send a report in parts; allowed before the station is accepted, as the CSMS asked for it (B02.FR.02)."""
    parts = [rows[at : at + ROWS_PER_MESSAGE] for at in range(0, len(rows), ROWS_PER_MESSAGE)] or [[]]
    generated_at = timestamp(dialect.context.clock.now())
    for number, part in enumerate(parts):
        payload: Payload = {
            "requestId": request_id,  # B07.FR.04, B08.FR.04
            "generatedAt": generated_at,
            "seqNo": number,  # B07.FR.10, B08.FR.14
            "tbc": number < len(parts) - 1,
        }
        if part:
            payload["reportData"] = [report_data(row) for row in part]
        dialect.send("NotifyReport", payload, triggered=True)


def report_data(row: ReportRow) -> Payload:
    """A ReportDataType."""
    return {
        "component": _component(row.ref),
        "variable": _variable(row.ref),
        "variableAttribute": [_attribute(each) for each in row.attributes],  # B07.FR.11
        "variableCharacteristics": _characteristics(row.variable),  # B08.FR.12
    }


def _component(ref: VariableRef) -> Payload:
    component: Payload = {"name": ref.component}
    if ref.evse is not None:
        component["evse"] = {"id": ref.evse}
        if ref.connector is not None:
            component["evse"]["connectorId"] = ref.connector
    return component


def _variable(ref: VariableRef) -> Payload:
    return {"name": ref.variable} if ref.instance is None else {"name": ref.variable, "instance": ref.instance}


def _attribute(attribute: ReportAttribute) -> Payload:
    told: Payload = {"type": attribute.type}
    if attribute.value is not None:  # B07.FR.03, B08.FR.03: without the value of what is write-only
        told["value"] = attribute.value
    told["mutability"] = attribute.mutability
    told["persistent"] = attribute.persistent
    told["constant"] = attribute.constant
    return told


def _characteristics(variable: Variable) -> Payload:
    told: Payload = {"dataType": variable.data_type, "supportsMonitoring": variable.supports_monitoring}
    if variable.unit is not None:
        told["unit"] = variable.unit
    if variable.minimum is not None:
        told["minLimit"] = variable.minimum
    if variable.maximum is not None:
        told["maxLimit"] = variable.maximum
    if variable.values:
        told["valuesList"] = ",".join(variable.values)
    return told
