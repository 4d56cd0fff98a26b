"""The record of one frame on the wire, made once at the rpc boundary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Direction(StrEnum):
    """Which way a frame went, as the station sees it."""

    SENT = "sent"
    RECEIVED = "received"


class FrameType(StrEnum):
    """What kind of OCPP-J message a frame is."""

    CALL = "CALL"
    CALLRESULT = "CALLRESULT"
    CALLERROR = "CALLERROR"
    MALFORMED = "MALFORMED"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a frame: where (a JSON Pointer into the payload), which rule, in words."""

    pointer: str
    keyword: str
    message: str


@dataclass(slots=True)
class Frame:
    """One frame as recorded.

    `seq` counts from 1 per station log; `answers` is the seq of the CALL that this frame answers and `latency_ms`
    the station time between the two; `action` is the CALL's, for answers too ("" where it cannot be known);
    `ocpp` is the version spoken ("1.6", "2.0.1"); `payload` is the parsed payload (of a CALLERROR: an object with
    errorCode, errorDescription, errorDetails; of a malformed frame: None).
    """

    seq: int
    time: datetime
    direction: Direction
    type: FrameType
    action: str
    message_id: str
    payload: Any
    raw: str
    ocpp: str = ""
    problems: tuple[Problem, ...] = ()
    answers: int | None = None
    latency_ms: float | None = None

    @property
    def valid(self) -> bool:
        """Whether the frame is well formed and its payload satisfies the schema."""
        return not self.problems
