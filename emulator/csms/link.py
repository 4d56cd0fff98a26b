"""One station's connection: the ocpp package's ChargePoint, with frames routed in wire names."""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar, TypeVar, cast

from ocpp import routing
from ocpp.charge_point import ChargePoint
from websockets.asyncio.server import ServerConnection
from websockets.exceptions import ConnectionClosed

from emulator.csms import frames, schemas
from emulator.csms.desk import Desk
from emulator.csms.frames import Decoded
from emulator.csms.hooks import SILENCE, Override, Refusal, Special
from emulator.csms.records import Message
from emulator.csms.schemas import SchemaProblem

logger = logging.getLogger(__name__)

Payload = dict[str, Any]
Handler = TypeVar("Handler", bound=Callable[..., Any])
KEPT_LATE_CALLS = 100


class CommandFailed(Exception):
    """A command got no CALLRESULT: the CALLERROR's code and description, or NotConnected, or TimedOut."""

    def __init__(self, code: str, description: str = "", details: Payload | None = None) -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description
        self.details = details or {}


def answers(action: str) -> Callable[[Handler], Handler]:
    """Mark the method that decides the answer to an action: (payload) -> payload, in wire names."""
    return cast("Callable[[Handler], Handler]", routing.on(action, skip_schema_validation=True))


def notes(action: str) -> Callable[[Handler], Handler]:
    """Mark the method that remembers what a request and its answer say: (payload, answer) -> None."""
    return cast("Callable[[Handler], Handler]", routing.after(action))


class StationLink(ChargePoint):  # type: ignore[misc]
    """A connected station.

    Replaces the package's routing of frames: that one rewrites names (and garbles some), validates slowly and forgets
    the raw text. Its handler registration, message ids and one-call-at-a-time lock are used.
    """

    _ocpp_version: str
    FIXED_ANSWERS: ClassVar[dict[str, Payload]] = {}  # actions that are always answered alike
    NOTICES: ClassVar[frozenset[str]] = frozenset()  # actions that are kept in the station's record

    def __init__(self, identity: str, connection: ServerConnection, desk: Desk) -> None:
        super().__init__(identity, connection)
        self.identity = identity
        self.desk = desk
        self.station = desk.station(identity)
        self.station.ocpp = self._ocpp_version
        for action, answer in self.FIXED_ANSWERS.items():
            self.route_map[action] = {"_on_action": lambda _request, answer=answer: answer}
        self.permitted: set[str] = set()
        self._pending: dict[str, tuple[str, asyncio.Future[Decoded]]] = {}
        self._late: deque[tuple[str, str]] = deque(maxlen=KEPT_LATE_CALLS)
        self._tasks: set[asyncio.Task[None]] = set()

    # frames in

    async def route_message(self, raw_msg: str | bytes) -> None:
        """Take in one frame of the station; never raises for what is in it."""
        frame = frames.decode(raw_msg)
        raw = raw_msg if isinstance(raw_msg, str) else raw_msg.decode("latin-1")
        if frame.kind == "CALL":
            await self._take_call(frame, raw)
        elif frame.kind == "MALFORMED":
            await self._take_malformed(frame, raw)
        else:
            self._take_answer(frame, raw)

    def _record(self, frame: Decoded, raw: str, problems: list[SchemaProblem]) -> Message:
        message = self.desk.record(self.station, "received", frame, raw, problems)
        for problem in problems:
            self.desk.complain(message, problem)
        return message

    async def _take_malformed(self, frame: Decoded, raw: str) -> None:
        self._record(frame, raw, [SchemaProblem("", "frame", frame.fault)])
        # 1.6-J lets the receiver ignore what it cannot read; 2.0.1 part 4, 4.2.3: answered with -1 for an unknown id
        if self._ocpp_version == "1.6" and frame.fault_code != "FormatViolation":
            return
        if frame.fault_code:
            code = schemas.ERROR_CODES[self._ocpp_version]["format"]
            code = code if frame.fault_code == "FormatViolation" else frame.fault_code
            await self._send_error(frame.message_id or "-1", "", Refusal(code, frame.fault))

    async def _take_call(self, frame: Decoded, raw: str) -> None:
        problems = schemas.request_problems(self._ocpp_version, frame.action, frame.payload)
        refusal = self._refusal(frame.action, problems)
        message = self._record(frame, raw, problems)
        override = self.desk.overrides.take(self.identity, frame.action)
        if override is not None:
            if override.answer is not SILENCE:
                self._own(self._answer_as_programmed(message, override, refusal))
        elif refusal is not None:
            await self._send_error(frame.message_id, frame.action, refusal)
        else:
            await self._answer(message)

    def _refusal(self, action: str, problems: list[SchemaProblem]) -> Refusal | None:
        """Why a CALL is not processed at all, if it is not; may add to its problems."""
        if action not in self.route_map:
            known = schemas.knows(self._ocpp_version, action)
            problems.append(SchemaProblem("", "action", f"{action} is not a message that a station sends"))
            return Refusal("NotSupported" if known else "NotImplemented", problems[-1].message)
        if problems and self.desk.settings.strict:
            return Refusal(
                schemas.error_code(self._ocpp_version, problems[0]),
                f"{problems[0].pointer}: {problems[0].message}"[:255],
            )
        if self.station.boot_status in ("Pending", "Rejected") and action not in ("BootNotification", *self.permitted):
            sentence = f"{action} is not allowed while the station is {self.station.boot_status.lower()}"
            problems.append(SchemaProblem("", "boot", sentence))
            if self._ocpp_version != "1.6":
                return Refusal("SecurityError", sentence)  # B02.FR.09, B03.FR.07
        return None

    def _take_answer(self, frame: Decoded, raw: str) -> None:
        action, future = self._pending.pop(frame.message_id, ("", None))
        if future is None:
            action = next((late for message_id, late in self._late if message_id == frame.message_id), "")
        frame = frame._replace(action=action)
        problems = [SchemaProblem("", "frame", frame.fault)] if frame.fault else []
        if not action:
            problems.append(SchemaProblem("", "messageId", f"answers no CALL: {frame.message_id!r}"))
        elif frame.kind == "CALLRESULT":
            problems += schemas.answer_problems(self._ocpp_version, action, frame.payload)
        self._record(frame, raw, problems)
        if future is not None and not future.done():
            future.set_result(frame)

    # answers

    async def _answer(self, message: Message) -> None:
        try:
            answer = cast("Payload", self.route_map[message.action]["_on_action"](message.payload))
        except Exception:
            if not message.problems:  # else a CSMS that is not strict could make nothing of it
                logger.exception("the test CSMS could not answer %s", message.raw)
            await self._send_error(
                message.message_id, message.action, Refusal("InternalError", "the CSMS could not process this")
            )
        else:
            await self._send_result(message, answer)

    async def _answer_as_programmed(self, message: Message, override: Override, refusal: Refusal | None) -> None:
        if override.delay_s > 0:
            await self.desk.clock.sleep(override.delay_s)
        answer = override.answer
        if isinstance(answer, Special):
            await (self._answer(message) if refusal is None else self._send_error(message.message_id, "", refusal))
            return
        try:
            if isinstance(answer, Refusal):
                raise answer
            if callable(answer):
                given = answer(self.identity, message.payload)
                answer = await given if inspect.isawaitable(given) else given
        except Refusal as error:
            await self._send_error(message.message_id, message.action, error)
        except Exception:
            logger.exception("a programmed answer to %s failed", message.action)
            failure = Refusal("InternalError", "the programmed answer failed")
            await self._send_error(message.message_id, message.action, failure)
        else:
            await self._send_result(message, answer)

    async def _send_result(self, message: Message, answer: Payload) -> None:
        """Remember first, then answer: who has the answer sees the record already."""
        if message.action in self.NOTICES:
            self.station.notices.append(message)
        note = self.route_map.get(message.action, {}).get("_after_action")
        if note is not None:
            try:
                note(message.payload, answer)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                # only what was allowed to be invalid comes here: a programmed answer, or a CSMS that is not strict
                logger.debug("nothing learned from %s: %r", message.action, error)
        if note is not None or message.action in self.NOTICES:
            self.desk.station_changed(self.station)
        problems = schemas.answer_problems(self._ocpp_version, message.action, answer)
        frame = Decoded("CALLRESULT", message.message_id, message.action, answer)
        await self._send_frame(frame, frames.encode(frames.CALLRESULT, message.message_id, answer), problems)

    async def _send_error(self, message_id: str, action: str, error: Refusal) -> None:
        payload = {"errorCode": error.code, "errorDescription": error.description, "errorDetails": error.details}
        raw = frames.encode(frames.CALLERROR, message_id, error.code, error.description[:255], error.details)
        await self._send_frame(Decoded("CALLERROR", message_id, action, payload), raw, [])

    async def _send_frame(self, frame: Decoded, raw: str, problems: list[SchemaProblem]) -> bool:
        """Record a frame and send it; False when the station is gone."""
        self.desk.record(self.station, "sent", frame, raw, problems)
        try:
            await self._connection.send(raw)
        except ConnectionClosed:
            return False
        return True

    # commands

    async def request(self, action: str, payload: Payload, timeout_s: float) -> Payload:
        """Send a CALL, valid or not, and wait for its CALLRESULT; one at a time; raises CommandFailed."""
        async with self._call_lock:
            message_id = str(self._unique_id_generator())
            future: asyncio.Future[Decoded] = asyncio.get_running_loop().create_future()
            self._pending[message_id] = (action, future)
            self._permit(action, payload)
            problems = schemas.request_problems(self._ocpp_version, action, payload)
            raw = frames.encode(frames.CALL, message_id, action, payload)
            try:
                async with asyncio.timeout(timeout_s):
                    if not await self._send_frame(Decoded("CALL", message_id, action, payload), raw, problems):
                        raise CommandFailed("NotConnected", f"{self.identity} went before {action} was sent")
                    frame = await future
            except TimeoutError:
                self._late.append((message_id, action))
                raise CommandFailed("TimedOut", f"{self.identity} did not answer {action} in {timeout_s} s") from None
            finally:
                self._pending.pop(message_id, None)
        if frame.kind == "CALLERROR":
            code, description, details = frame.payload.values()
            raise CommandFailed(str(code), str(description), details if isinstance(details, dict) else {})
        return cast("Payload", frame.payload)

    def _permit(self, action: str, payload: Payload) -> None:
        """Note what a pending station may send now, because it was asked to (B02.FR.02)."""
        if action == "TriggerMessage":
            wanted = str(payload.get("requestedMessage", ""))
            self.permitted.add("SignCertificate" if wanted.startswith("Sign") else wanted)
        elif action in ("GetBaseReport", "GetReport"):
            self.permitted.add("NotifyReport")

    async def send_text(self, text: str) -> None:
        """Send characters as they are."""
        await self._send_frame(frames.decode(text), text, [])

    # life

    def _own(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"csms answer to {self.identity}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self, code: int, reason: str) -> None:
        """Close the connection in an orderly way."""
        await self._connection.close(code, reason)

    async def end(self) -> None:
        """The connection is gone: fail what waits, end what was delayed."""
        for _action, future in self._pending.values():
            if not future.done():
                future.set_exception(CommandFailed("NotConnected", f"{self.identity} went before it answered"))
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
