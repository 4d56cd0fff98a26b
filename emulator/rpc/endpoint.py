"""The station's end of an OCPP-J connection, without I/O: text comes in by `received`, and goes out by a Connection."""

from __future__ import annotations

import logging
from collections.abc import Callable
from os import urandom
from typing import Any

from emulator.domain.calls import CallHandler
from emulator.domain.frames import Direction, Frame, FrameType, Problem
from emulator.domain.ports import Clock, Connection
from emulator.rpc.inbox import Inbox
from emulator.rpc.interceptor import Interceptor
from emulator.rpc.ocpp_j import Call, CallError, CallResult, Malformed, Message, decode
from emulator.rpc.outbox import Answered, NextMessage, Outbox
from emulator.rpc.schemas import schemas_for
from emulator.rpc.wire import Wire, describe

log = logging.getLogger(__name__)

_ANSWER_TYPES = (FrameType.CALLRESULT, FrameType.CALLERROR)


def new_uuid() -> str:
    """A random UUID (version 4) as text, at a third of the cost of the uuid module's."""
    digits = urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


class Endpoint:
    """One station's pending calls, theirs and ours, on one version of OCPP; may be opened again after it was closed.

    Answers to their CALLs are never held up by ours. Nothing that comes in makes it raise.
    """

    __slots__ = ("_inbox", "_outbox", "_wire")

    def __init__(
        self,
        *,
        clock: Clock,
        ocpp: str,
        handler: CallHandler,
        record: Callable[[Frame], None],
        message_timeout_s: Callable[[], float],
        next_seq: Callable[[], int],
        new_message_id: Callable[[], str] = new_uuid,
        interceptor: Interceptor | None = None,
    ) -> None:
        schemas = schemas_for(ocpp)
        self._wire = Wire(clock, ocpp, record, next_seq, interceptor)
        self._outbox = Outbox(self._wire, schemas, message_timeout_s, new_message_id)
        self._inbox = Inbox(self._wire, schemas, handler)

    @property
    def ocpp(self) -> str:
        """The version that is spoken."""
        return self._wire.ocpp

    @property
    def connected(self) -> bool:
        """Whether there is a connection to send on."""
        return self._wire.connection is not None

    @property
    def busy(self) -> bool:
        """Whether a CALL of ours is in flight or in line."""
        return self._outbox.busy

    def opened(self, connection: Connection) -> None:
        """A connection is there: CALLs can be made."""
        if self._wire.connection is not None:
            self.closed()
        self._wire.connection = connection

    def closed(self, code: int = 1006, sentence: str = "") -> None:
        """The connection is gone: CALLs of ours fail with NotConnected, handlers of theirs are cancelled."""
        self._wire.connection = None
        if self._wire.interceptor is not None:
            self._wire.interceptor.forget_held()
        self._inbox.closed()
        self._outbox.closed()

    async def finish(self) -> None:
        """Close, and wait until every cancelled handler has ended."""
        self.closed()
        await self._inbox.finish()

    def received(self, text: str) -> None:
        """A text frame came in; it is recorded, paired, handled and answered as the specification says."""
        try:
            message = decode(text, self._wire.ocpp)
            interceptor = self._wire.interceptor
            if interceptor is not None and interceptor.breakpoints and self._hold(interceptor, text, message):
                return
            self._take(text, message)
        except Exception:
            log.exception("taking in a frame failed")

    def call(self, action: str, payload: Any, answered: Answered, forced: bool = False) -> None:
        """Send a CALL once those before it are answered or timed out; `answered` gets the payload or a CallFailed.

        An invalid request is recorded and not sent (InvalidRequest) unless `forced`. Without a connection `answered` is
        called at once, with NotConnected.
        """
        self._outbox.call(action, payload, answered, forced)

    def call_in_turn(self, ask: NextMessage, answered: Answered) -> None:
        """Take a place in the line of CALLs; when its turn comes, `ask` gives (action, payload), or None to pass.

        `answered` is called only for a message that was given. Places vanish with the connection.
        """
        self._outbox.call_in_turn(ask, answered)

    async def request(self, action: str, payload: Any, forced: bool = False) -> dict[str, Any]:
        """Send a CALL and wait for the answer's payload; raises CallFailed."""
        return await self._outbox.request(action, payload, forced)

    def send_text(self, text: str) -> None:
        """Send the operator's characters as they are; raises NotConnected. Answers to and by them are paired."""
        type_, action, message_id, _, _ = describe(text, self._wire.ocpp)
        origin = self._inbox.claim(message_id) if type_ in _ANSWER_TYPES and self.connected else None
        frame = self._wire.send_text(text, origin)
        if type_ is FrameType.CALL:
            self._outbox.expect_stray(message_id, action, frame.seq)

    def _take(self, text: str, message: Message) -> None:
        if isinstance(message, Call):
            self._inbox.take_call(text, message)
        elif isinstance(message, CallResult):
            self._outbox.take_result(text, message)
        elif isinstance(message, CallError):
            self._outbox.take_error(text, message)
        elif message.type in _ANSWER_TYPES:
            self._outbox.take_malformed(text, message)
        else:
            self._inbox.take_malformed(text, message)

    def _hold(self, interceptor: Interceptor, text: str, message: Message) -> bool:
        action = message.action if isinstance(message, Call | Malformed) else self._outbox.action_of(message.message_id)
        if not interceptor.holds(Direction.RECEIVED, action):
            return False
        connection = self._wire.connection

        def resume(edited: str | None, dropped: bool) -> None:
            if self._wire.connection is not connection:
                return
            if dropped:
                self._note_dropped(text)
                return
            going = text if edited is None else edited
            self._take(going, decode(going, self._wire.ocpp))

        interceptor.keep(Direction.RECEIVED, action, text, resume)
        return True

    def _note_dropped(self, text: str) -> None:
        type_, action, message_id, payload, problems = describe(text, self._wire.ocpp)
        dropped = Problem("", "dropped", "held at a breakpoint and dropped by the operator")
        self._wire.note(Direction.RECEIVED, type_, action, message_id, payload, text, (dropped, *problems))
