"""The one place where frames are recorded and sent: everything that an endpoint says or hears passes here once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

from emulator.domain.errors import NotConnected
from emulator.domain.frames import Direction, Frame, FrameType, Problem
from emulator.domain.ports import Clock, Connection
from emulator.rpc.interceptor import Interceptor
from emulator.rpc.ocpp_j import Call, CallError, CallResult, Malformed, decode

Sent: TypeAlias = Callable[[], None]
_NO_PROBLEMS: tuple[Problem, ...] = ()


class Origin:
    """What an answer answers: the CALL's id, action, place in the log and moment (station seconds)."""

    __slots__ = ("action", "message_id", "seq", "since")

    def __init__(self, message_id: str, action: str, seq: int | None, since: float) -> None:
        self.message_id = message_id
        self.action = action
        self.seq = seq
        self.since = since


class Wire:
    """A connection and the record of what travels on it."""

    __slots__ = ("_next_seq", "_record", "clock", "connection", "interceptor", "ocpp")

    def __init__(
        self,
        clock: Clock,
        ocpp: str,
        record: Callable[[Frame], None],
        next_seq: Callable[[], int],
        interceptor: Interceptor | None,
    ) -> None:
        self.clock = clock
        self.ocpp = ocpp
        self.interceptor = interceptor
        self.connection: Connection | None = None
        self._record = record
        self._next_seq = next_seq

    def note(
        self,
        direction: Direction,
        type_: FrameType,
        action: str,
        message_id: str,
        payload: Any,
        text: str,
        problems: tuple[Problem, ...] = _NO_PROBLEMS,
        origin: Origin | None = None,
    ) -> Frame:
        """Record one frame; `origin` is the CALL that it answers."""
        answers: int | None = None
        latency_ms: float | None = None
        if origin is not None and origin.seq is not None:
            answers = origin.seq
            # Real milliseconds: the network does not run faster with the station's clock.
            latency_ms = (self.clock.monotonic() - origin.since) * 1000 / self.clock.speed
        now = self.clock.now()
        frame = Frame(
            self._next_seq(),
            now,
            direction,
            type_,
            action,
            message_id,
            payload,
            text,
            self.ocpp,
            problems,
            answers,
            latency_ms,
        )
        self._record(frame)
        return frame

    def send(
        self,
        type_: FrameType,
        action: str,
        message_id: str,
        payload: Any,
        text: str,
        problems: tuple[Problem, ...] = _NO_PROBLEMS,
        origin: Origin | None = None,
        call: Origin | None = None,
        sent: Sent | None = None,
    ) -> None:
        """Record a frame and hand it to the connection, or hold it at a breakpoint until it is released.

        `call` is filled in with place and moment when the frame is a CALL of ours. `sent` hears when the frame was
        handed over, or when the operator let it get lost.
        """
        connection = self.connection
        if connection is None:
            return
        interceptor = self.interceptor
        if interceptor is not None and interceptor.breakpoints and interceptor.holds(Direction.SENT, action):
            contents = (type_, action, message_id, payload, text, problems, origin)
            interceptor.keep(Direction.SENT, action, text, partial(self._release, connection, contents, call, sent))
            return
        # Recorded first: a loopback may bring the answer before send() returns.
        frame = self.note(Direction.SENT, type_, action, message_id, payload, text, problems, origin)
        if call is not None:
            call.seq = frame.seq
            call.since = self.clock.monotonic()
        connection.send(text)
        if sent is not None:
            sent()

    def send_text(self, text: str, origin: Origin | None = None, call: Origin | None = None) -> Frame:
        """Record and send any text, parsed as far as it can be; raises NotConnected."""
        connection = self.connection
        if connection is None:
            raise NotConnected("there is no connection to the CSMS; connect first")
        type_, action, message_id, payload, problems = describe(text, self.ocpp)
        if origin is not None:
            action = origin.action
        frame = self.note(Direction.SENT, type_, action, message_id, payload, text, problems, origin)
        if call is not None:
            call.message_id = message_id
            call.action = action
            call.seq = frame.seq
            call.since = self.clock.monotonic()
        connection.send(text)
        return frame

    def _release(
        self,
        connection: Connection,
        contents: tuple[FrameType, str, str, Any, str, tuple[Problem, ...], Origin | None],
        call: Origin | None,
        sent: Sent | None,
        text: str | None,
        dropped: bool,
    ) -> None:
        """Go on with a frame that was held, unless its connection is gone."""
        if connection is not self.connection:
            return
        if not dropped:
            if text is None or text == contents[4]:
                frame = self.note(Direction.SENT, *contents)
                if call is not None:
                    call.seq = frame.seq
                    call.since = self.clock.monotonic()
                connection.send(contents[4])
            else:
                self.send_text(text, contents[6], call)
        if sent is not None:
            sent()


def describe(text: str, ocpp: str) -> tuple[FrameType, str, str, Any, tuple[Problem, ...]]:
    """Type, action, message id, payload and problems of a text, as a Frame holds them."""
    message = decode(text, ocpp)
    if isinstance(message, Call):
        return FrameType.CALL, message.action, message.message_id, message.payload, ()
    if isinstance(message, CallResult):
        return FrameType.CALLRESULT, "", message.message_id, message.payload, ()
    if isinstance(message, CallError):
        return FrameType.CALLERROR, "", message.message_id, error_payload(message), message.problems
    assert isinstance(message, Malformed)
    return FrameType.MALFORMED, message.action, message.message_id, None, (message.problem,)


def error_payload(error: CallError) -> dict[str, Any]:
    """A CALLERROR's contents as a Frame holds them."""
    return {"errorCode": error.code, "errorDescription": error.description, "errorDetails": error.details}
