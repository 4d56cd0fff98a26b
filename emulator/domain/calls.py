"""Calls: answers, refusals, error codes, what waits to be sent, and the line that carries them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from enum import StrEnum
from typing import Any, Protocol

from emulator.domain.errors import CallFailed, CallRefused
from emulator.domain.frames import Problem
from emulator.domain.ports import Connection


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

    @property
    def silent(self) -> bool:
        """Whether nothing that comes in is answered now (1.6 section 4.2: while the boot was rejected)."""

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


QUEUE_ENTRY_FIELDS: dict[str, type | tuple[type, ...]] = {
    "id": int,
    "ocpp": str,
    "action": str,
    "payload": dict,
    "transaction": (str, int, type(None)),
    "created_at": str,
    "attempts": int,
}


class QueueEntry:
    """One message that waits for the CSMS; `attempts` counts the transmissions that the CSMS failed to process."""

    __slots__ = ("action", "attempts", "created_at", "id", "key", "ocpp", "payload", "transaction")

    def __init__(self, key: str, fields: dict[str, Any]) -> None:
        self.key = key
        self.id: int = fields["id"]
        self.ocpp: str = fields["ocpp"]
        self.action: str = fields["action"]
        self.payload: dict[str, Any] = fields["payload"]
        self.transaction: str | int | None = fields["transaction"]
        self.created_at: str = fields["created_at"]
        self.attempts: int = fields["attempts"]

    def as_row(self) -> dict[str, Any]:
        """The entry as it is kept on disk."""
        return {name: getattr(self, name) for name in QUEUE_ENTRY_FIELDS}


class CallEndpoint(Protocol):
    """One version's end of the line, as a dialect uses it."""

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""

    def opened(self, connection: Connection) -> None:
        """A link is open."""

    def received(self, text: str) -> None:
        """A text frame came in."""

    def closed(self, code: int = 1006, sentence: str = "") -> None:
        """The link is gone: every call of ours that waits fails."""

    def call(
        self,
        action: str,
        payload: dict[str, Any],
        answered: Callable[[dict[str, Any] | CallFailed], None],
        forced: bool = False,
    ) -> None:
        """Queue a CALL; one is in flight at a time."""

    async def request(self, action: str, payload: dict[str, Any], forced: bool = False) -> dict[str, Any]:
        """The same as a coroutine; raises CallFailed."""

    def send_text(self, text: str) -> None:
        """Send characters as they are; raises NotConnected."""

    async def finish(self) -> None:
        """Close, and wait until what was being answered has ended."""


class MessageQueue(Protocol):
    """The queue of transaction-related messages, as a dialect uses it."""

    def __len__(self) -> int:
        """How many messages wait."""

    def append(self, ocpp: str, action: str, payload: dict[str, Any], transaction: str) -> QueueEntry:
        """Keep a message; it is on disk when this returns."""

    def release(self, endpoint: Any) -> None:
        """The messages may be sent, through this endpoint."""

    def hold(self) -> None:
        """The messages must wait."""

    def entries(self) -> tuple[QueueEntry, ...]:
        """What waits, oldest first."""
