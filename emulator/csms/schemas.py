"""Strict validation of payloads by the JSON schemas that come with the ocpp package."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs

FOLDERS = {"1.6": "v16", "2.0.1": "v201"}
REQUEST_SUFFIX = {"1.6": "", "2.0.1": "Request"}

# 1.6-J spells two of the codes in its own way (errata sheet 5.1 and 5.2: known issues that will not be fixed).
ERROR_CODES = {
    "1.6": {"occurrence": "OccurenceConstraintViolation", "format": "FormationViolation"},
    "2.0.1": {"occurrence": "OccurrenceConstraintViolation", "format": "FormatViolation"},
}
RULE_OF_KEYWORD = {
    "required": "occurrence",
    "minItems": "occurrence",
    "maxItems": "occurrence",
    "additionalProperties": "format",
    "type": "TypeConstraintViolation",
    "maxLength": "TypeConstraintViolation",
}


class SchemaProblem(NamedTuple):
    """One breach of a schema."""

    pointer: str
    keyword: str
    message: str


def knows(ocpp: str, action: str) -> bool:
    """Whether an action exists in a version."""
    return _validator(ocpp, action, False) is not None


def request_problems(ocpp: str, action: str, payload: Any) -> list[SchemaProblem]:
    """What is wrong with a CALL's payload; nothing for an action that has no schema."""
    return _problems(_validator(ocpp, action, False), payload)


def answer_problems(ocpp: str, action: str, payload: Any) -> list[SchemaProblem]:
    """What is wrong with a CALLRESULT's payload; nothing for an action that has no schema."""
    return _problems(_validator(ocpp, action, True), payload)


def error_code(ocpp: str, problem: SchemaProblem) -> str:
    """The CALLERROR code for a breach, in the version's spelling."""
    rule = RULE_OF_KEYWORD.get(problem.keyword, "PropertyConstraintViolation")
    return ERROR_CODES[ocpp].get(rule, rule)


def _problems(validator: jsonschema_rs.Validator | None, payload: Any) -> list[SchemaProblem]:
    if validator is None:
        return []
    try:
        if validator.is_valid(payload):
            return []
        errors = list(validator.iter_errors(payload))
    except ValueError as error:  # nested more deeply than any message is
        return [SchemaProblem("", "depth", str(error))]
    return [SchemaProblem(_pointer(error.instance_path), error.kind.name, error.message) for error in errors]


def _pointer(path: list[str | int]) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in path)


@cache
def _validator(ocpp: str, action: str, answer: bool) -> jsonschema_rs.Validator | None:
    """The compiled schema; None for an action that the version does not have."""
    if not (action.isascii() and action.isalnum()):  # the action comes from the wire and becomes a file name
        return None
    name = f"{action}{'Response' if answer else REQUEST_SUFFIX[ocpp]}.json"
    path = files("ocpp").joinpath(FOLDERS[ocpp], "schemas", name)
    if not path.is_file():
        return None
    return jsonschema_rs.validator_for(json.loads(path.read_text(encoding="utf-8-sig")), validate_formats=True)
