"""The frames of OCPP-J as pure functions: text to message and back, and the answer that a malformed frame gets.

Sources: chapter 4 of 2.0.1 part 4 (edition 3) and of OCPP-J 1.6, with their errata. What a wrong frame gets:

| what is wrong                                   | 2.0.1                        | 1.6                          |
| ----------------------------------------------- | ---------------------------- | ---------------------------- |
| not JSON, not an array; no message id readable  | RpcFrameworkError, id "-1"   | no answer: none can match    |
| not JSON, but a CALL with a readable id         | FormatViolation              | FormationViolation           |
| message type is not a number                    | RpcFrameworkError            | ignored (4.1.3)              |
| unknown message type number                     | MessageTypeNotSupported (4.4)| ignored (4.1.3)              |
| CALL: message id is not a string                | RpcFrameworkError, id "-1"   | no answer: none can match    |
| CALL: message id of more than 36 characters     | RpcFrameworkError            | GenericError                 |
| CALL: fewer than 4 elements                     | RpcFrameworkError            | ProtocolError ("incomplete") |
| CALL: more than 4 elements, action not a string | RpcFrameworkError            | FormationViolation           |
| CALL: payload is not an object (null means {})  | FormatViolation              | FormationViolation           |
| CALL: too long, nested too deep                 | FormatViolation              | FormationViolation           |
| anything wrong with a CALLRESULT or a CALLERROR | no answer: only CALLs get one                              ||

A message id that is too long is returned as it came ("must be the exact same id") up to 255 characters; above that it
counts as unreadable. 2.1's SEND (6) and CALLRESULTERROR (5) have their place in `_ANSWER_DECODERS` and `decode`; until
then they are unknown message types.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeAlias

import orjson

from emulator.domain.calls import ErrorCode
from emulator.domain.frames import FrameType, Problem

MAX_MESSAGE_ID = 36
MAX_DESCRIPTION = 255
MAX_FRAME_CHARACTERS = 2_097_152
MAX_DEPTH = 64
UNREADABLE_ID = "-1"
_LONGEST_RETURNED_ID = 255
_EXACT = 2**53
_CALL, _CALL_RESULT, _CALL_ERROR = 2, 3, 4
_TYPE_NAMES = {_CALL: FrameType.CALL, _CALL_RESULT: FrameType.CALLRESULT, _CALL_ERROR: FrameType.CALLERROR}

# The names of 1.6 (OCPP-J 1.6, table 7). Its misspellings are official: errata 5.1 and 5.2 say "do not fix".
_WIRE_CODES_1_6 = {
    ErrorCode.FORMAT_VIOLATION: "FormationViolation",
    ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION: "OccurenceConstraintViolation",
    ErrorCode.RPC_FRAMEWORK_ERROR: "GenericError",
    ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED: "GenericError",
}

_HEADER = re.compile(r'\s*\[\s*(-?\d+)\s*(?:,\s*("(?:[^"\\\x00-\x1f]|\\.){0,255}")\s*[,\]])?')


class Call(NamedTuple):
    """A request: [2, message id, action, payload]."""

    message_id: str
    action: str
    payload: dict[str, Any]


class CallResult(NamedTuple):
    """An answer: [3, message id, payload]."""

    message_id: str
    payload: dict[str, Any]


class CallError(NamedTuple):
    """An answer that says why there is none: [4, message id, code, description, details]; `problems` are its flaws."""

    message_id: str
    code: str
    description: str
    details: dict[str, Any]
    problems: tuple[Problem, ...] = ()


class Malformed(NamedTuple):
    """A frame that cannot be taken as a message; `code` is the error code to answer with, None for no answer.

    `answer_id` is the id that the answer bears, `message_id` the one that could be read ("" if none), `action` the
    CALL's if readable, `type` what the frame meant to be, None where that is unknown.
    """

    type: FrameType | None
    message_id: str
    action: str
    problem: Problem
    code: ErrorCode | None = None
    answer_id: str = ""


Message: TypeAlias = Call | CallResult | CallError | Malformed


def decode(text: str, ocpp: str, max_characters: int = MAX_FRAME_CHARACTERS) -> Message:
    """Turn one text frame into a message; never raises. A payload of null is taken as {} (2.0.1 part 4, 4.1.5)."""
    if len(text) > max_characters:
        return _undecodable(text, ocpp, "size", f"the frame has {len(text)} characters, more than {max_characters}")
    try:
        frame = orjson.loads(text)
    except ValueError as error:
        return _undecodable(text, ocpp, "json", f"the frame is not valid JSON: {error}")
    if type(frame) is not list:
        return _nameless(ocpp, "frame", "the frame is not a JSON array")
    if text.count("[") + text.count("{") > MAX_DEPTH and _depth_exceeds(frame, MAX_DEPTH):
        return _undecodable(text, ocpp, "depth", f"the frame is nested deeper than {MAX_DEPTH} levels")
    # The common case, spelled out because every CALL and CALLRESULT takes this path.
    kind = frame[0] if frame else None
    if kind == _CALL and type(kind) is int:
        if len(frame) == 4:
            _, message_id, action, payload = frame
            if (
                type(message_id) is str
                and type(action) is str
                and type(payload) is dict
                and len(message_id) <= MAX_MESSAGE_ID
            ):
                return Call(message_id, action, payload)
        return _decode_odd_call(frame, ocpp)
    if type(kind) is int and kind in _ANSWER_DECODERS:
        return _ANSWER_DECODERS[kind](frame)
    return _unknown_type(frame, ocpp)


def encode_call(message_id: str, action: str, payload: Any) -> str:
    """The text of a CALL; raises TypeError or ValueError when the payload cannot be said in JSON."""
    return _dump([_CALL, message_id, action, payload])


def encode_result(message_id: str, payload: Any) -> str:
    """The text of a CALLRESULT; raises TypeError or ValueError when the payload cannot be said in JSON."""
    return _dump([_CALL_RESULT, message_id, payload])


def encode_error(message_id: str, code: str, description: str, details: Mapping[str, Any], ocpp: str) -> str:
    """The text of a CALLERROR, with the version's spelling of the code and at most 255 characters of description."""
    # A lone surrogate cannot be said in UTF-8, and a description may quote what came in.
    speakable = description[:MAX_DESCRIPTION].encode("utf-8", "replace").decode()
    return _dump([_CALL_ERROR, message_id, wire_code(code, ocpp), speakable, dict(details)])


def settle_numbers(container: dict[str, Any] | list[Any]) -> None:
    """Make whole numbers of the floats that are whole: draft 6 takes 5.0 for an integer, Python's range() does not."""
    slots: Any = container  # keys or indexes: both are assigned to in the same way
    for key, value in container.items() if isinstance(container, dict) else enumerate(container):
        kind = type(value)
        if kind is float:
            if value.is_integer() and -_EXACT < value < _EXACT:
                slots[key] = int(value)
        elif kind is dict or kind is list:
            settle_numbers(value)


def wire_code(code: str, ocpp: str) -> str:
    """How a version writes an error code; codes that are no ErrorCode stay as they are."""
    if ocpp == "1.6":
        return _WIRE_CODES_1_6.get(code, str(code))  # type: ignore[call-overload, no-any-return]
    return str(code)


def _dump(frame: list[Any]) -> str:
    try:
        return orjson.dumps(frame).decode()
    except TypeError:
        # What orjson cannot say: integers beyond 64 bits and lone surrogates, which an operator may want to send.
        return json.dumps(frame, separators=(",", ":"), allow_nan=False)


def _decode_odd_call(frame: list[Any], ocpp: str) -> Call | Malformed:
    message_id = frame[1] if len(frame) > 1 else None
    action = frame[2] if len(frame) > 2 and type(frame[2]) is str else ""
    if type(message_id) is not str or len(message_id) > _LONGEST_RETURNED_ID:
        readable = message_id[:_LONGEST_RETURNED_ID] if type(message_id) is str else ""
        problem = Problem("", "messageId", "the message id of a CALL must be a string of at most 36 characters")
        return _refusal(ocpp, readable, action, problem, ErrorCode.RPC_FRAMEWORK_ERROR, None, readable=False)
    keyword, words, code, code_1_6 = _flaw_of_call(frame, message_id)
    if not keyword:
        return Call(message_id, action, {})
    return _refusal(ocpp, message_id, action, Problem("", keyword, words), code, code_1_6)


def _flaw_of_call(frame: list[Any], message_id: str) -> tuple[str, str, ErrorCode, ErrorCode]:
    """Keyword, words, error codes (2.0.1, 1.6) of what is wrong; no keyword: the payload is null, which is right."""
    framework, form = ErrorCode.RPC_FRAMEWORK_ERROR, ErrorCode.FORMAT_VIOLATION
    if len(message_id) > MAX_MESSAGE_ID:
        words = f"the message id has {len(message_id)} characters, more than {MAX_MESSAGE_ID}"
        return "messageId", words, framework, ErrorCode.GENERIC_ERROR
    if len(frame) < 4:
        return "elements", f"a CALL has 4 elements, this one {len(frame)}", framework, ErrorCode.PROTOCOL_ERROR
    if len(frame) > 4:
        return "elements", f"a CALL has 4 elements, this one {len(frame)}", framework, form
    if type(frame[2]) is not str:
        return "action", "the action of a CALL must be a string", framework, form
    if frame[3] is not None:
        return "payload", "the payload of a CALL must be a JSON object", form, form
    return "", "", form, form


def _decode_result(frame: list[Any]) -> CallResult | Malformed:
    if len(frame) == 3:
        _, message_id, payload = frame
        if type(message_id) is str and (type(payload) is dict or payload is None):
            return CallResult(message_id, payload or {})
    problem = Problem("", "frame", "a CALLRESULT must be [3, message id as string, payload as object]")
    return Malformed(FrameType.CALLRESULT, _readable_id(frame), "", problem)


def _decode_error(frame: list[Any]) -> CallError | Malformed:
    if len(frame) == 5:
        _, message_id, code, description, details = frame
        if type(message_id) is str and type(code) is str and type(description) is str and type(details) is dict:
            problems: tuple[Problem, ...] = ()
            if len(description) > MAX_DESCRIPTION:
                words = f"the error description has {len(description)} characters, more than {MAX_DESCRIPTION}"
                problems = (Problem("/errorDescription", "maxLength", words),)
            return CallError(message_id, code, description, details, problems)
    words = "a CALLERROR must be [4, message id, code, description as strings, details as object]"
    return Malformed(FrameType.CALLERROR, _readable_id(frame), "", Problem("", "frame", words))


_ANSWER_DECODERS: dict[int, Callable[[list[Any]], Message]] = {_CALL_RESULT: _decode_result, _CALL_ERROR: _decode_error}


def _unknown_type(frame: list[Any], ocpp: str) -> Malformed:
    if not frame:
        return _nameless(ocpp, "frame", "the frame is an empty array")
    code = ErrorCode.RPC_FRAMEWORK_ERROR
    problem = Problem("", "messageType", "the message type must be a number")
    if type(frame[0]) is int:
        code = ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED
        problem = Problem("", "messageType", f"the message type {frame[0]} is not known")
    message_id = _readable_id(frame)
    if ocpp == "1.6":
        return Malformed(None, message_id, "", problem)
    return Malformed(None, message_id, "", problem, code, message_id or UNREADABLE_ID)


def _undecodable(text: str, ocpp: str, keyword: str, words: str) -> Malformed:
    """A frame that cannot be parsed, or shall not be: its head tells who is to be answered, if anyone."""
    problem = Problem("", keyword, words)
    header = _HEADER.match(text)
    if header is None:
        return _nameless(ocpp, keyword, words)
    try:
        message_id = orjson.loads(header[2] or '""')
    except ValueError:
        message_id = ""
    kind = int(header[1]) if len(header[1]) < 10 else 0
    if kind in (_CALL_RESULT, _CALL_ERROR):
        return Malformed(_TYPE_NAMES[kind], message_id, "", problem)
    if kind != _CALL:
        return _unknown_type([kind, message_id], ocpp)
    code = ErrorCode.FORMAT_VIOLATION if message_id else ErrorCode.RPC_FRAMEWORK_ERROR
    return _refusal(ocpp, message_id, "", problem, code, code, readable=bool(message_id))


def _refusal(
    ocpp: str,
    message_id: str,
    action: str,
    problem: Problem,
    code: ErrorCode,
    code_1_6: ErrorCode | None,
    *,
    readable: bool = True,
) -> Malformed:
    """What a malformed CALL gets: 1.6 names no answer for an unreadable id, 2.0.1 the id "-1"."""
    if ocpp != "1.6":
        return Malformed(FrameType.CALL, message_id, action, problem, code, message_id if readable else UNREADABLE_ID)
    if not readable:
        return Malformed(FrameType.CALL, message_id, action, problem)
    return Malformed(FrameType.CALL, message_id, action, problem, code_1_6, message_id)


def _nameless(ocpp: str, keyword: str, words: str) -> Malformed:
    problem = Problem("", keyword, words)
    if ocpp == "1.6":
        return Malformed(None, "", "", problem)
    return Malformed(None, "", "", problem, ErrorCode.RPC_FRAMEWORK_ERROR, UNREADABLE_ID)


def _readable_id(frame: list[Any]) -> str:
    message_id = frame[1] if len(frame) > 1 else None
    return message_id if type(message_id) is str and len(message_id) <= _LONGEST_RETURNED_ID else ""


def _depth_exceeds(container: Any, levels: int) -> bool:
    """Whether arrays and objects are nested deeper than `levels`; goes no deeper itself."""
    if levels == 0:
        return True
    values = container.values() if type(container) is dict else container
    return any(type(value) in (dict, list) and _depth_exceeds(value, levels - 1) for value in values)
