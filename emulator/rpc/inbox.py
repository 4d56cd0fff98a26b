"""Their CALLs: checked, handed to the station's handler, answered at once or when the handler's coroutine is done."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from emulator.domain.calls import CallHandler, CallRefusal, ErrorCode, Reply
from emulator.domain.frames import Direction, FrameType, Problem
from emulator.domain.ports import Timer
from emulator.rpc.interceptor import AnswerRule
from emulator.rpc.ocpp_j import (
    MAX_DESCRIPTION,
    Call,
    Malformed,
    encode_error,
    encode_result,
    settle_numbers,
    wire_code,
)
from emulator.rpc.schemas import Schemas
from emulator.rpc.wire import Origin, Wire

log = logging.getLogger(__name__)

# A CSMS has one CALL open at a time (4.1.1); this many let it err widely, and keep a flood from filling the memory.
MAX_OPEN_CALLS = 100
_INTERNAL_ERROR = "the station made a mistake while it processed this request"


class _Incoming(Origin):
    """A CALL that is being handled; `delay_s` is how long the operator wants its answer held up."""

    __slots__ = ("delay_s",)

    def __init__(self, message_id: str, action: str, seq: int, since: float) -> None:
        super().__init__(message_id, action, seq, since)
        self.delay_s = 0.0


class Inbox:
    """The answering half of an endpoint."""

    __slots__ = ("_handler", "_open", "_schemas", "_tasks", "_timers", "_wire")

    def __init__(self, wire: Wire, schemas: Schemas, handler: CallHandler) -> None:
        self._wire = wire
        self._schemas = schemas
        self._handler = handler
        self._open: dict[str, _Incoming] = {}
        self._timers: dict[str, Timer] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def take_call(self, text: str, call: Call) -> None:
        """A CALL came in: record it, check it, have it handled, answer it."""
        message_id, action, payload = call
        problems = self._schemas.request_problems(action, payload)
        if action not in self._handler.actions and not self._schemas.knows(action):
            problems = (Problem("", "action", f"OCPP {self._wire.ocpp} has no action {action[:50]!r}"),)
        since = self._wire.clock.monotonic()
        frame = self._wire.note(Direction.RECEIVED, FrameType.CALL, action, message_id, payload, text, problems)
        incoming = _Incoming(message_id, action, frame.seq, since)
        if message_id in self._open:
            # 2.0.1 part 4, 4.2.3: "an existing call with the same unique identifier is being handled already"
            code = ErrorCode.GENERIC_ERROR if self._wire.ocpp == "1.6" else ErrorCode.RPC_FRAMEWORK_ERROR
            self._send_error(incoming, code, "a call with this message id is being handled already")
            return
        interceptor = self._wire.interceptor
        if interceptor is not None and interceptor.answers:
            rule = interceptor.take_answer(action)
            if rule is not None:
                incoming.delay_s = rule.delay_s
                if rule.replaces:
                    self._answer_by_rule(incoming, rule)
                    return
        if self._handler.silent:
            return
        if problems or action not in self._handler.actions:
            self._refuse_unhandled(incoming, problems)
            return
        if payload:
            settle_numbers(payload)
        self._handle(incoming, payload)

    def take_malformed(self, text: str, malformed: Malformed) -> None:
        """Something came in that is no message: record it, and answer if the specification names an answer."""
        since = self._wire.clock.monotonic()
        frame = self._wire.note(
            Direction.RECEIVED,
            FrameType.MALFORMED,
            malformed.action,
            malformed.message_id,
            None,
            text,
            (malformed.problem,),
        )
        if malformed.code is not None and not self._handler.silent:
            incoming = _Incoming(malformed.answer_id, malformed.action, frame.seq, since)
            self._send_error(incoming, malformed.code, malformed.problem.message)

    def claim(self, message_id: str) -> Origin | None:
        """The open CALL that the operator answers by hand; the handler's answer is not sent any more."""
        self._stop_timer(message_id)
        return self._open.pop(message_id, None)

    def closed(self) -> None:
        """The connection is gone: nothing is answered any more, coroutines are cancelled."""
        self._open.clear()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        # A handler that ends the connection itself must get to its end.
        current = asyncio.current_task() if self._tasks else None
        for task in self._tasks:
            if task is not current:
                task.cancel()

    async def finish(self) -> None:
        """Wait until the cancelled coroutines have ended."""
        current = asyncio.current_task()
        await asyncio.gather(*(task for task in self._tasks if task is not current), return_exceptions=True)

    def _handle(self, incoming: _Incoming, payload: dict[str, Any]) -> None:
        try:
            reply = self._handler.handle(incoming.action, payload)
            if not isinstance(reply, Reply):
                self._await(incoming, reply)
                return
        except Exception as error:
            self._failed(incoming, error)
            return
        self._answer(incoming, reply)

    def _await(self, incoming: _Incoming, reply: Awaitable[Reply]) -> None:
        if len(self._open) >= MAX_OPEN_CALLS:
            if asyncio.iscoroutine(reply):
                reply.close()
            raise CallRefusal(ErrorCode.INTERNAL_ERROR, f"{MAX_OPEN_CALLS} calls are being handled already")
        self._open[incoming.message_id] = incoming
        name = f"handle {incoming.action} {incoming.message_id}"
        task = asyncio.get_running_loop().create_task(self._answer_later(incoming, reply), name=name)
        self._tasks.add(task)
        task.add_done_callback(partial(self._task_ended, reply))

    def _task_ended(self, reply: Awaitable[Reply], task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if asyncio.iscoroutine(reply):
            reply.close()  # cancelled before its first step, it would complain of never having been awaited

    async def _answer_later(self, incoming: _Incoming, awaitable: Awaitable[Reply]) -> None:
        try:
            reply = await awaitable
            if not isinstance(reply, Reply):
                raise TypeError(f"the handler of {incoming.action} returned {type(reply).__name__}, not a Reply")
        except Exception as error:
            if self._close(incoming):
                self._failed(incoming, error)
            return
        if self._close(incoming):
            self._answer(incoming, reply)

    def _close(self, incoming: _Incoming) -> bool:
        """Take a CALL from the open ones; False when it was answered by hand or its connection is gone."""
        if self._open.get(incoming.message_id) is not incoming:
            return False
        del self._open[incoming.message_id]
        return True

    def _answer(self, incoming: _Incoming, reply: Reply) -> None:
        if incoming.delay_s:
            self._delay(incoming, partial(self._answer, incoming, reply))
            return
        action, payload = incoming.action, reply.payload
        problems = self._schemas.response_problems(action, payload)
        if not problems:
            try:
                text = encode_result(incoming.message_id, payload)
            except (TypeError, ValueError) as error:
                problems = (Problem("", "", f"the answer cannot be said in JSON: {error}"),)
        if problems:
            log.error(
                "the station's answer to %s is invalid and was not sent: %s; answer: %r", action, problems, payload
            )
            self._send_error(incoming, ErrorCode.INTERNAL_ERROR, _INTERNAL_ERROR, problems=problems)
            return
        then = reply.then
        sent = None if then is None else partial(_follow, action, then)
        self._wire.send(FrameType.CALLRESULT, action, incoming.message_id, payload, text, (), incoming, None, sent)

    def _failed(self, incoming: _Incoming, error: Exception) -> None:
        if isinstance(error, CallRefusal):
            self._refuse(incoming, error.code, error.description, error.details)
            return
        log.error("handling %s failed", incoming.action, exc_info=error)
        self._refuse(incoming, ErrorCode.INTERNAL_ERROR, _INTERNAL_ERROR)

    def _refuse_unhandled(self, incoming: _Incoming, problems: tuple[Problem, ...]) -> None:
        """Unknown, then not ours, then invalid: whether an action is served does not hang on its payload."""
        action = incoming.action
        if not self._schemas.knows(action) and action not in self._handler.actions:
            self._refuse(incoming, ErrorCode.NOT_IMPLEMENTED, problems[0].message)
        elif action not in self._handler.actions:
            self._refuse(incoming, ErrorCode.NOT_SUPPORTED, f"{action} is not supported by this station")
        else:
            code = self._schemas.error_code(problems)
            first = next(problem for problem in problems if self._schemas.error_code((problem,)) == code)
            self._refuse(incoming, code, f"{first.message} (at {first.pointer or '/'})")

    def _refuse(self, incoming: _Incoming, code: str, words: str, details: Mapping[str, Any] | None = None) -> None:
        if incoming.delay_s:
            self._delay(incoming, partial(self._refuse, incoming, code, words, details))
            return
        self._send_error(incoming, code, words, details)

    def _send_error(
        self,
        incoming: _Incoming,
        code: str,
        words: str,
        details: Mapping[str, Any] | None = None,
        problems: tuple[Problem, ...] = (),
    ) -> None:
        ocpp, details = self._wire.ocpp, details or {}
        try:
            text = encode_error(incoming.message_id, code, words, details, ocpp)
        except (TypeError, ValueError):
            log.exception("the details of an error cannot be said in JSON and are left out")
            details = {}
            text = encode_error(incoming.message_id, code, words, details, ocpp)
        payload = {
            "errorCode": wire_code(code, ocpp),
            "errorDescription": words[:MAX_DESCRIPTION],
            "errorDetails": dict(details),
        }
        self._wire.send(FrameType.CALLERROR, incoming.action, incoming.message_id, payload, text, problems, incoming)

    def _answer_by_rule(self, incoming: _Incoming, rule: AnswerRule) -> None:
        """The operator's answer is sent as it is, valid or not."""
        if incoming.delay_s:
            self._delay(incoming, partial(self._answer_by_rule, incoming, rule))
            return
        if rule.drop:
            return
        if rule.error is not None:
            code, words = str(rule.error.get("code", "")), str(rule.error.get("description", ""))
            self._send_error(incoming, code, words, rule.error.get("details"))
            return
        problems = self._schemas.response_problems(incoming.action, rule.payload)
        text = encode_result(incoming.message_id, rule.payload)
        self._wire.send(
            FrameType.CALLRESULT, incoming.action, incoming.message_id, rule.payload, text, problems, incoming
        )

    def _delay(self, incoming: _Incoming, go: Callable[[], None]) -> None:
        delay_s, incoming.delay_s = incoming.delay_s, 0.0
        self._open[incoming.message_id] = incoming
        self._timers[incoming.message_id] = self._wire.clock.call_later(delay_s, partial(self._go, incoming, go))

    def _go(self, incoming: _Incoming, go: Callable[[], None]) -> None:
        self._timers.pop(incoming.message_id, None)
        if self._close(incoming):
            try:
                go()
            except Exception:
                log.exception("the delayed answer to %s failed", incoming.action)

    def _stop_timer(self, message_id: str) -> None:
        timer = self._timers.pop(message_id, None)
        if timer is not None:
            timer.cancel()


def _follow(action: str, then: Callable[[], None]) -> None:
    try:
        then()
    except Exception:
        log.exception("what followed from the answer to %s failed", action)
