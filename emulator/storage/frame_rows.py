"""Frames as rows of the database, and back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from emulator.domain.frames import Direction, Frame, FrameType, Problem

# A row's id is the station's number * 2^40 + the frame's seq: two decades at a thousand frames a second.
SEQ_BITS = 40
SEQ_MASK = (1 << SEQ_BITS) - 1

COLUMNS = "id, time, direction, type, action, ocpp, raw, answers, latency_ms, message_id, problems"
# REPLACE: one seq used twice must not stop all that is behind it.
INSERT = f"INSERT OR REPLACE INTO frame ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"

Row = tuple[int, int, int, int, str, str, str, int | None, float | None, str | None, str | None]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TYPES = (FrameType.CALL, FrameType.CALLRESULT, FrameType.CALLERROR, FrameType.MALFORMED)
# By plain text: an enum's own hash is a call into Python.
_TYPE_NUMBERS = {kind.value: number for number, kind in enumerate(_TYPES)}


def direction_number(direction: Direction) -> int:
    """The number that stands for a direction."""
    return 0 if direction is Direction.SENT else 1


def row_of(base: int, frame: Frame) -> Row:
    """The row of a frame; `base` is the id of the station's seq 0."""
    raw, action = frame.raw, frame.action
    odd = bool(frame.problems) or frame.type is FrameType.MALFORMED
    return (
        base + frame.seq,
        (frame.time - _EPOCH) // _MICROSECOND,
        0 if frame.direction is Direction.SENT else 1,
        _TYPE_NUMBERS[frame.type._value_],
        action if action.isascii() else _encodable(action),
        frame.ocpp,
        raw if raw.isascii() else _encodable(raw),
        frame.answers,
        frame.latency_ms,
        # A sound frame's raw text tells its message id.
        _encodable(frame.message_id) if odd else None,
        _problems_text(frame.problems) if odd and frame.problems else None,
    )


def frame_of(row: Row) -> Frame:
    """The frame of a row; its payload is parsed again from the raw text."""
    number, time, direction, kind, action, ocpp, raw, answers, latency_ms, message_id, problems = row
    elements = _elements(raw) if kind != _TYPE_NUMBERS["MALFORMED"] else ()
    return Frame(
        seq=number & SEQ_MASK,
        time=_EPOCH + timedelta(microseconds=time),
        direction=Direction.RECEIVED if direction else Direction.SENT,
        type=_TYPES[kind],
        action=action,
        message_id=message_id if message_id is not None else str(elements[1]) if len(elements) > 1 else "",
        payload=_payload(kind, elements),
        raw=raw,
        ocpp=ocpp,
        problems=tuple(Problem(*texts) for texts in orjson.loads(problems)) if problems else (),
        answers=answers,
        latency_ms=latency_ms,
    )


def _elements(raw: str) -> Sequence[Any]:
    try:
        elements = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return ()
    return elements if isinstance(elements, list) else ()


def _payload(kind: int, elements: Sequence[Any]) -> Any:
    values = [*elements, None, None, None, None, None]
    if kind == _TYPE_NUMBERS["CALL"]:
        return values[3]
    if kind == _TYPE_NUMBERS["CALLRESULT"]:
        return values[2]
    if kind == _TYPE_NUMBERS["CALLERROR"]:
        return {"errorCode": values[2], "errorDescription": values[3], "errorDetails": values[4]}
    return None


def _problems_text(problems: Sequence[Problem]) -> str:
    texts = [[_encodable(text) for text in (item.pointer, item.keyword, item.message)] for item in problems]
    return orjson.dumps(texts).decode()


def _encodable(text: str) -> str:
    # Half of a surrogate pair, which a frame typed by hand may hold, has no place in UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")
