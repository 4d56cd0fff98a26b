"""Validation against OCPP's JSON schemas, compiled when first needed and shared by all stations of the process.

The files are those of the `ocpp` package, read as data: none of its Python is imported. Two rules are added that the
schemas leave out: an integer has 32 bits (2.0.1 part 2, primitive data types; 1.6 names no width, there it is 64), and
formats are checked.

Several things can be wrong at once, an answer names one code. The order is that of 2.0.1 part 4, 4.1.7: the form first
(the other codes say "syntactically correct but ..."), then that all fields are there, then their types, then values.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Sequence
from functools import cache
from itertools import islice
from typing import Any

import orjson

from emulator.domain.calls import ErrorCode
from emulator.domain.frames import Problem

# Per version: the folder in the package, how a request's file ends, the width of an integer.
_VERSIONS = {"1.6": ("v16", ".json", 64), "2.0.1": ("v201", "Request.json", 32)}
_MAX_PROBLEMS = 20
_MAX_WORDS = 300

_CODES = {
    "": ErrorCode.FORMAT_VIOLATION,
    "additionalProperties": ErrorCode.FORMAT_VIOLATION,
    "required": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "minItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "maxItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "additionalItems": ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION,
    "type": ErrorCode.TYPE_CONSTRAINT_VIOLATION,
    # dateTime and anyURI are data types of OCPP: text that is none has the wrong type.
    "format": ErrorCode.TYPE_CONSTRAINT_VIOLATION,
}
_PRECEDENCE = {
    ErrorCode.FORMAT_VIOLATION: 0,
    ErrorCode.PROTOCOL_ERROR: 0,
    ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: 1,
    ErrorCode.TYPE_CONSTRAINT_VIOLATION: 2,
    ErrorCode.PROPERTY_CONSTRAINT_VIOLATION: 3,
}


class Schemas:
    """The requests and responses of one OCPP version; make it with `schemas_for`, which shares it."""

    __slots__ = ("_requests", "_responses", "_suffix", "actions", "folder", "integer_bits", "ocpp")

    def __init__(self, ocpp: str) -> None:
        folder, self._suffix, self.integer_bits = _VERSIONS[ocpp]
        self.ocpp = ocpp
        self.folder = os.path.join(_package_folder(), folder, "schemas")
        names = [name for name in os.listdir(self.folder) if name.endswith(self._suffix)]
        self.actions = frozenset(
            name.removesuffix(self._suffix) for name in names if not name.endswith("Response.json")
        )
        self._requests: dict[str, _Validator] = {}
        self._responses: dict[str, _Validator] = {}

    def knows(self, action: str) -> bool:
        """Whether the version has an action of this name."""
        return action in self.actions

    def request_problems(self, action: str, payload: Any) -> tuple[Problem, ...]:
        """What is wrong with a request's payload; empty when it is valid, or when the action is not known."""
        validator = self._requests.get(action) or self._compiled(self._requests, action, self._suffix)
        try:
            if validator.is_valid(payload):
                return ()
        except ValueError:
            pass  # a key that is no text: only our own code can make that, and `problems` says it
        return validator.problems(payload)

    def response_problems(self, action: str, payload: Any) -> tuple[Problem, ...]:
        """What is wrong with a response's payload; empty when it is valid, or when the action is not known."""
        validator = self._responses.get(action) or self._compiled(self._responses, action, "Response.json")
        try:
            if validator.is_valid(payload):
                return ()
        except ValueError:
            pass  # as above
        return validator.problems(payload)

    def request_schema(self, action: str) -> dict[str, Any] | None:
        """The JSON schema of a request, None for an unknown action."""
        return self._read(action + self._suffix) if action in self.actions else None

    def response_schema(self, action: str) -> dict[str, Any] | None:
        """The JSON schema of a response, None for an unknown action."""
        return self._read(action + "Response.json") if action in self.actions else None

    def error_code(self, problems: Sequence[Problem]) -> ErrorCode:
        """The error code that answers these problems."""
        return min((self._code(problem) for problem in problems), key=_PRECEDENCE.__getitem__)

    def _code(self, problem: Problem) -> ErrorCode:
        if problem.keyword == "type" and not problem.pointer:
            return ErrorCode.FORMAT_VIOLATION
        if problem.keyword == "additionalProperties" and self.ocpp != "1.6":
            # 1.6 counts "not conform the PDU structure" among FormationViolation, 2.0.1 gives it to ProtocolError.
            return ErrorCode.PROTOCOL_ERROR
        return _CODES.get(problem.keyword, ErrorCode.PROPERTY_CONSTRAINT_VIOLATION)

    def _read(self, name: str) -> dict[str, Any]:
        with open(os.path.join(self.folder, name), "rb") as file:
            schema = orjson.loads(file.read().removeprefix(b"\xef\xbb\xbf"))
        assert isinstance(schema, dict)
        return schema

    def _compiled(self, validators: dict[str, _Validator], action: str, suffix: str) -> _Validator:
        if action not in self.actions:
            return _Validator({})
        schema = self._read(action + suffix)
        _bound_integers(schema, 1 << (self.integer_bits - 1))
        validator = validators[action] = _Validator(schema)
        return validator


class _Validator:
    """One compiled schema: the quick question, and the details."""

    __slots__ = ("_iter_errors", "is_valid")

    def __init__(self, schema: dict[str, Any]) -> None:
        # Imported late: it takes 15 ms, which a start-up can spend while the connection is being made.
        from jsonschema_rs import Draft4Validator, Draft6Validator

        draft = Draft4Validator if "draft-04" in schema.get("$schema", "") else Draft6Validator
        validator = draft(schema, validate_formats=True)
        self.is_valid: Callable[[Any], bool] = validator.is_valid
        self._iter_errors = validator.iter_errors

    def problems(self, payload: Any) -> tuple[Problem, ...]:
        """At most twenty things that are wrong with a payload."""
        try:
            errors = list(islice(self._iter_errors(payload), _MAX_PROBLEMS))
        except ValueError as error:
            return (Problem("", "", _shorten(f"the payload is not JSON: {error}")),)
        return tuple(
            Problem(_pointer(error.instance_path), error.kind.name, _shorten(error.message)) for error in errors
        )


@cache
def schemas_for(ocpp: str) -> Schemas:
    """The shared schemas of a version ("1.6", "2.0.1"); raises KeyError for another one."""
    return Schemas(ocpp)


@cache
def _package_folder() -> str:
    spec = importlib.util.find_spec("ocpp")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("the package `ocpp` with the JSON schemas is not installed; run packaging/run again")
    return next(iter(spec.submodule_search_locations))


def _bound_integers(schema: Any, limit: int) -> None:
    """Give every integer of the schema without bounds of its own those of its width; changes `schema`."""
    if isinstance(schema, list):
        for part in schema:
            _bound_integers(part, limit)
    elif isinstance(schema, dict):
        if schema.get("type") == "integer":
            schema.setdefault("minimum", -limit)
            schema.setdefault("maximum", limit - 1)
        for part in schema.values():
            _bound_integers(part, limit)


def _pointer(path: Sequence[str | int]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def _shorten(words: str) -> str:
    return words if len(words) <= _MAX_WORDS else words[: _MAX_WORDS - 3] + "..."
