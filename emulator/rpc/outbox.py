"""Our CALLs: one in flight, the others in line; each is told its answer, or why there is none."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, TypeAlias

from emulator.domain.calls import ErrorCode, InvalidAnswer, InvalidRequest
from emulator.domain.errors import CallFailed, CallRefused, CallTimedOut, NotConnected
from emulator.domain.frames import Direction, FrameType, Problem
from emulator.domain.ports import Timer
from emulator.rpc.ocpp_j import CallError, CallResult, Malformed, encode_call, settle_numbers
from emulator.rpc.schemas import Schemas
from emulator.rpc.wire import Origin, Wire, error_payload

log = logging.getLogger(__name__)

Answered: TypeAlias = Callable[[dict[str, Any] | CallFailed], None]
NextMessage: TypeAlias = Callable[[], tuple[str, dict[str, Any]] | None]
_REMEMBERED_STRAYS = 32


class _Waiting:
    """A CALL in line: either its action and payload, or whom to ask for them when its turn comes."""

    __slots__ = ("action", "answered", "ask", "forced", "payload")

    def __init__(self, action: str, payload: Any, answered: Answered, forced: bool, ask: NextMessage | None) -> None:
        self.action = action
        self.payload = payload
        self.answered = answered
        self.forced = forced
        self.ask = ask


class _InFlight(Origin):
    """The CALL that waits for its answer; without a seq it is held at a breakpoint."""

    __slots__ = ("answered", "timer")

    def __init__(self, message_id: str, action: str, answered: Answered) -> None:
        super().__init__(message_id, action, None, 0.0)
        self.answered = answered
        self.timer: Timer | None = None


class Outbox:
    """The calling half of an endpoint."""

    __slots__ = ("_choosing", "_in_flight", "_line", "_new_message_id", "_schemas", "_strays", "_timeout_s", "_wire")

    def __init__(
        self, wire: Wire, schemas: Schemas, message_timeout_s: Callable[[], float], new_message_id: Callable[[], str]
    ) -> None:
        self._wire = wire
        self._schemas = schemas
        self._timeout_s = message_timeout_s
        self._new_message_id = new_message_id
        self._line: deque[_Waiting] = deque()
        self._in_flight: _InFlight | None = None
        self._choosing = False
        # CALLs whose answers pair but change nothing: timed out, or typed by the operator.
        self._strays: dict[str, Origin] = {}

    @property
    def busy(self) -> bool:
        """Whether a CALL is in flight or in line."""
        return self._in_flight is not None or bool(self._line)

    def call(self, action: str, payload: Any, answered: Answered, forced: bool) -> None:
        """Put a CALL in line; without a connection it fails at once."""
        self._put(_Waiting(action, payload, answered, forced, None))

    def call_in_turn(self, ask: NextMessage, answered: Answered) -> None:
        """Put a place in line; who has it is asked for the message when its turn comes, and may pass (None)."""
        if self._wire.connection is not None:
            self._put(_Waiting("", None, answered, False, ask))

    async def request(self, action: str, payload: Any, forced: bool) -> dict[str, Any]:
        """Call and wait; raises CallFailed. When the caller is cancelled, a CALL that is still in line leaves it."""
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def answered(outcome: dict[str, Any] | CallFailed) -> None:
            if future.done():
                return
            if isinstance(outcome, CallFailed):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)

        waiting = _Waiting(action, payload, answered, forced, None)
        self._put(waiting)
        try:
            return await future
        finally:
            if waiting in self._line:
                self._line.remove(waiting)

    def expect_stray(self, message_id: str, action: str, seq: int) -> None:
        """Remember a CALL that went out by hand, so that its answer can be paired."""
        self._remember_stray(Origin(message_id, action, seq, self._wire.clock.monotonic()))

    def closed(self) -> None:
        """The connection is gone: every CALL that waits fails; places in line just end."""
        in_flight, self._in_flight = self._in_flight, None
        waiting = list(self._line)
        self._line.clear()
        if in_flight is not None:
            self._stop_timer(in_flight)
            if in_flight.seq is not None:
                self._remember_stray(in_flight)
            _tell(in_flight.answered, NotConnected("the connection closed before the CSMS answered"))
        for each in waiting:
            if each.ask is None:
                _tell(each.answered, NotConnected("the connection closed before the request was sent"))

    def action_of(self, message_id: str) -> str:
        """The action of the CALL that an answer belongs to, "" when there is none."""
        origin = self._origin(message_id)
        return origin.action if origin is not None else ""

    def take_result(self, text: str, result: CallResult) -> None:
        """A CALLRESULT came in: record it, pair it, tell the caller."""
        message_id, payload = result
        origin = self._origin(message_id)
        if origin is None:
            self._note_unexpected(FrameType.CALLRESULT, message_id, payload, text)
            return
        action = origin.action
        problems = self._schemas.response_problems(action, payload)
        self._wire.note(Direction.RECEIVED, FrameType.CALLRESULT, action, message_id, payload, text, problems, origin)
        settle_numbers(payload)
        if problems:
            self._finish(origin, InvalidAnswer(action, self._schemas.error_code(problems), problems, payload))
        else:
            self._finish(origin, payload)

    def take_error(self, text: str, error: CallError) -> None:
        """A CALLERROR came in: record it, pair it, tell the caller."""
        origin = self._origin(error.message_id)
        if origin is None:
            self._note_unexpected(FrameType.CALLERROR, error.message_id, error_payload(error), text)
            return
        self._wire.note(
            Direction.RECEIVED,
            FrameType.CALLERROR,
            origin.action,
            error.message_id,
            error_payload(error),
            text,
            error.problems,
            origin,
        )
        self._finish(origin, CallRefused(error.code, error.description, error.details))

    def take_malformed(self, text: str, malformed: Malformed) -> None:
        """A broken CALLRESULT or CALLERROR came in; if its id is readable the CALL need not wait any longer."""
        origin = self._origin(malformed.message_id)
        problems = (malformed.problem,)
        action = origin.action if origin is not None else ""
        self._wire.note(
            Direction.RECEIVED, FrameType.MALFORMED, action, malformed.message_id, None, text, problems, origin
        )
        if origin is not None:
            self._finish(origin, InvalidAnswer(action, ErrorCode.RPC_FRAMEWORK_ERROR, problems, None))

    def _put(self, waiting: _Waiting) -> None:
        if self._wire.connection is None:
            _tell(waiting.answered, NotConnected("there is no connection to the CSMS"))
            return
        self._line.append(waiting)
        self._send_next()

    def _send_next(self) -> None:
        # Whoever is asked for a message, or told of a failure, may put further CALLs in line meanwhile.
        if self._choosing:
            return
        self._choosing = True
        try:
            while self._line and self._in_flight is None:
                self._send(self._line.popleft())
        finally:
            self._choosing = False

    def _send(self, waiting: _Waiting) -> None:
        action, payload = waiting.action, waiting.payload
        if waiting.ask is not None:
            message = _asked(waiting.ask)
            if message is None or self._wire.connection is None:
                return
            action, payload = message
        problems = self._request_problems(action, payload)
        if problems and not waiting.forced:
            self._refuse_own(waiting.answered, action, payload, problems)
            return
        in_flight = _InFlight(self._new_message_id(), action, waiting.answered)
        try:
            text = encode_call(in_flight.message_id, action, payload)
        except (TypeError, ValueError) as error:
            _tell(waiting.answered, InvalidRequest(action, (Problem("", "", f"it cannot be said in JSON: {error}"),)))
            return
        self._in_flight = in_flight
        self._wire.send(
            FrameType.CALL,
            action,
            in_flight.message_id,
            payload,
            text,
            problems,
            None,
            in_flight,
            self._start_timer,
        )

    def _request_problems(self, action: str, payload: Any) -> tuple[Problem, ...]:
        if not self._schemas.knows(action):
            return (Problem("", "action", f"OCPP {self._schemas.ocpp} has no action {action!r}"),)
        return self._schemas.request_problems(action, payload)

    def _refuse_own(self, answered: Answered, action: str, payload: Any, problems: tuple[Problem, ...]) -> None:
        failure = InvalidRequest(action, problems)
        log.error("%s", failure)
        unsent = (Problem("", "not-sent", "this request breaks its schema and was not sent"), *problems)
        self._wire.note(Direction.SENT, FrameType.CALL, action, "", payload, "", unsent)
        _tell(answered, failure)

    def _start_timer(self) -> None:
        in_flight = self._in_flight
        if in_flight is not None and in_flight.timer is None:
            in_flight.timer = self._wire.clock.call_later(self._timeout_s(), self._timed_out)

    def _timed_out(self) -> None:
        in_flight = self._in_flight
        if in_flight is None:
            return
        self._remember_stray(in_flight)
        self._conclude(in_flight, CallTimedOut(f"the CSMS did not answer {in_flight.action} in time"))

    def _finish(self, origin: Origin, outcome: dict[str, Any] | CallFailed) -> None:
        in_flight = self._in_flight
        if in_flight is None or in_flight is not origin:
            self._strays.pop(origin.message_id, None)
            return
        self._stop_timer(in_flight)
        self._conclude(in_flight, outcome)

    def _conclude(self, in_flight: _InFlight, outcome: dict[str, Any] | CallFailed) -> None:
        """Tell the caller first and send the next CALL afterwards: what is put in line meanwhile keeps its order."""
        self._in_flight = None
        choosing, self._choosing = self._choosing, True
        try:
            _tell(in_flight.answered, outcome)
        finally:
            self._choosing = choosing
        self._send_next()

    def _origin(self, message_id: str) -> Origin | None:
        in_flight = self._in_flight
        if in_flight is not None and in_flight.message_id == message_id and in_flight.seq is not None:
            return in_flight
        return self._strays.get(message_id)

    def _remember_stray(self, origin: Origin) -> None:
        if len(self._strays) >= _REMEMBERED_STRAYS:
            del self._strays[next(iter(self._strays))]
        self._strays[origin.message_id] = Origin(origin.message_id, origin.action, origin.seq, origin.since)

    def _stop_timer(self, in_flight: _InFlight) -> None:
        if in_flight.timer is not None:
            in_flight.timer.cancel()

    def _note_unexpected(self, type_: FrameType, message_id: str, payload: Any, text: str) -> None:
        problem = Problem("", "messageId", "no CALL of the station waits for an answer with this message id")
        self._wire.note(Direction.RECEIVED, type_, "", message_id, payload, text, (problem,))


def _asked(ask: NextMessage) -> tuple[str, dict[str, Any]] | None:
    try:
        return ask()
    except Exception:
        log.exception("preparing a request failed; it is not sent")
        return None


def _tell(answered: Answered, outcome: dict[str, Any] | CallFailed) -> None:
    """A caller's mistake must not stop the line."""
    try:
        answered(outcome)
    except Exception:
        log.exception("what followed from an answer failed")
