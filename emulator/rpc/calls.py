"""What passes between the endpoint and those who handle or make calls: answers, refusals, error codes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from emulator.domain.errors import CallFailed, CallRefused
from emulator.domain.frames import Problem


class ErrorCode(StrEnum):
    """The error codes of a CALLERROR, as 2.0.1 part 4, table 8 names them; `ocpp_j.wire_code` knows 1.6's spellings."""

    FORMAT_VIOLATION = "FormatViolation"
    GENERIC_ERROR = "GenericError"
    INTERNAL_ERROR = "InternalError"
    MESSAGE_TYPE_NOT_SUPPORTED = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE_CONSTRAINT_VIOLATION = "OccurrenceConstraintViolation"
    PROPERTY_CONSTRAINT_VIOLATION = "PropertyConstraintViolation"
    PROTOCOL_ERROR = "ProtocolError"
    RPC_FRAMEWORK_ERROR = "RpcFrameworkError"
    SECURITY_ERROR = "SecurityError"
    TYPE_CONSTRAINT_VIOLATION = "TypeConstraintViolation"


class Reply:
    """A handler's answer: the CALLRESULT's payload, and what to do once it was handed to the connection."""

    __slots__ = ("payload", "then")

    def __init__(self, payload: dict[str, Any], then: Callable[[], None] | None = None) -> None:
        self.payload = payload
        self.then = then


class CallRefusal(Exception):
    """Raised by a handler to answer with a CALLERROR; `code` is an ErrorCode in the spelling of 2.0.1."""

    def __init__(self, code: str, description: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {description}" if description else str(code))
        self.code = code
        self.description = description
        self.details = dict(details or {})


class CallHandler(Protocol):
    """Who answers the CALLs that come in."""

    @property
    def actions(self) -> Collection[str]:
        """The actions that this station handles; all others are answered NotSupported or NotImplemented."""

    def handle(self, action: str, payload: dict[str, Any]) -> Reply | Awaitable[Reply]:
        """Answer one valid CALL, at once or later; raises CallRefusal. The log keeps the payload: do not change it."""


class InvalidRequest(CallFailed):
    """A CALL of ours breaks its schema, which is our mistake: it was recorded, and not sent."""

    def __init__(self, action: str, problems: tuple[Problem, ...]) -> None:
        first = problems[0]
        super().__init__(
            f"the {action} request is invalid and was not sent: {first.message} (at {first.pointer or '/'})"
        )
        self.action = action
        self.problems = problems


class InvalidAnswer(CallRefused):
    """The CSMS's answer breaks the framing or its schema; `payload` is what it said, None where that cannot be read.

    2.0.1 part 4, 4.1.2 and 4.2.3 leave such a message to the receiver ("has the right to reject", "is allowed to
    drop"). It counts as a CALL that the CSMS failed to process; `code` is the error code that fits.
    """

    def __init__(self, action: str, code: str, problems: tuple[Problem, ...], payload: Any) -> None:
        first = problems[0]
        super().__init__(code, f"the answer to {action} is invalid: {first.message} (at {first.pointer or '/'})")
        self.problems = problems
        self.payload = payload


def rfc3339(time: datetime) -> str:
    """A moment as snapshots and the queue write it: UTC, milliseconds, Z."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
