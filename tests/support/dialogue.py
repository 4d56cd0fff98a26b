"""A dialogue between a whole station and a scripted CSMS, on the virtual clock.

    async with Dialogue("1.6") as d:                       # booted and accepted
        await d.perform("plug", evse=1)
        await d.expect("StatusNotification", connectorId=1, status="Preparing")
        answer = await d.call("Reset", type="Soft")

`expect` looks for the next CALL of the station that fits, after the last one that was expected; what lies between is
passed over. Every frame that the station sends must satisfy its schema.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any

from emulator.runtime.clocks import VirtualClock
from emulator.runtime.configuration import ConnectionConfiguration, StationConfiguration
from emulator.runtime.emulator import Emulator
from emulator.transports.loopback import LoopbackConnection, LoopbackServer, LoopbackTransport
from tests.support.memory import FrameLogFake, MemoryFake

Payload = dict[str, Any]


class Refuse(Exception):
    """An answer that is a CALLERROR."""

    def __init__(self, code: str = "InternalError", description: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.description = description


SILENCE = object()
"""An answer that never comes."""

Answer = Payload | Refuse | object | Callable[[Payload], Any]


def _answers(ocpp: str, clock: VirtualClock) -> dict[str, Answer]:
    def now() -> str:
        return clock.now().isoformat().replace("+00:00", "Z")

    numbers = itertools.count(1001)
    accepted = {"status": "Accepted"}
    common: dict[str, Answer] = {
        "BootNotification": lambda _: {"status": "Accepted", "currentTime": now(), "interval": 300},
        "Heartbeat": lambda _: {"currentTime": now()},
        "DataTransfer": accepted,
    }
    if ocpp == "1.6":
        return common | {
            "Authorize": {"idTagInfo": accepted},
            "StartTransaction": lambda _: {"transactionId": next(numbers), "idTagInfo": accepted},
            "StopTransaction": {},
        }
    return common | {
        "Authorize": {"idTokenInfo": accepted},
        "TransactionEvent": lambda call: {"idTokenInfo": accepted} if "idToken" in call else {},
    }


class Dialogue:
    """The station, its world, and what was said."""

    def __init__(
        self,
        ocpp: str,
        *,
        answers: dict[str, Answer] | None = None,
        settings: dict[str, object] | None = None,
        configuration: StationConfiguration | None = None,
        accepted: bool = True,
    ) -> None:
        self.ocpp = ocpp
        self.clock = VirtualClock()
        self.server = LoopbackServer(self.clock, speaks=(ocpp,))
        self.server.on_text = self._heard
        self.memory = MemoryFake()
        self.log = FrameLogFake()
        self.answers = _answers(ocpp, self.clock) | (answers or {})
        self.notes: list[str] = []
        self._wait_for_acceptance = accepted
        connection = ConnectionConfiguration(url="ws://csms.test/ocpp", ocpp=(ocpp,))
        base = configuration or StationConfiguration()
        values = tuple((name, str(value)) for name, value in (settings or {}).items())
        self.configuration = replace(base, connection=connection, settings=base.settings + values)
        self._calls: list[tuple[str, str, Payload]] = []
        self._cursor = 0
        self._replies: dict[str, list[Any]] = {}
        self._story: list[str] = []
        self._ids = itertools.count(1)
        self.emulator = self._make()

    def _make(self) -> Emulator:
        emulator = Emulator(
            self.configuration,
            memory=self.memory,
            frame_log=self.log,  # type: ignore[arg-type]
            transport=LoopbackTransport(self.server),
            clock=self.clock,
            seed=1,
        )
        emulator.subscribe(lambda event: self.notes.append(event.body["text"]), ["log"])
        return emulator

    async def __aenter__(self) -> Dialogue:
        await self.emulator.start()
        await self.settle()
        if self._wait_for_acceptance:
            assert self.state("boot")["state"] == "accepted", self.story()
            self.forget()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        await self.run(self.emulator.stop())
        if kind is None:
            invalid = [f for f in self.log.kept if f.direction == "sent" and f.type != "MALFORMED" and not f.valid]
            assert not invalid, "The station sent invalid frames:\n" + "\n".join(
                f"{frame.raw}\n  {frame.problems}" for frame in invalid
            )

    # --- the CSMS's side

    def _heard(self, text: str, connection: LoopbackConnection) -> None:
        message = json.loads(text)
        if message[0] == 2:
            _, message_id, action, payload = message
            self._story.append(f"  station  {action} {json.dumps(payload)}")
            self._calls.append((message_id, action, payload))
            self._answer(message_id, action, payload, connection)
        else:
            self._story.append(f"  station    = {json.dumps(message[2:])}")
            self._replies[message[1]] = message

    def _answer(self, message_id: str, action: str, payload: Payload, connection: LoopbackConnection) -> None:
        answer = self.answers.get(action, {})
        if callable(answer):
            answer = answer(payload)
        if answer is SILENCE:
            self._story.append("  csms       (says nothing)")
        elif isinstance(answer, Refuse):
            self.reply(connection, [4, message_id, answer.code, answer.description, {}])
        else:
            self.reply(connection, [3, message_id, answer])

    def reply(self, connection: LoopbackConnection, message: list[Any]) -> None:
        self._story.append(f"  csms       = {json.dumps(message[2:])}")
        self.server.send(json.dumps(message), connection)

    async def call(self, action: str, payload: Payload | None = None, /, **fields: Any) -> Payload:
        """Send a CALL to the station; gives the payload of its CALLRESULT, or {"error": code}."""
        message_id = f"csms-{next(self._ids)}"
        self._story.append(f"csms     {action} {json.dumps(payload or fields)}")
        self.server.send(json.dumps([2, message_id, action, payload or fields]))
        await self.settle()
        message = self._replies.pop(message_id, None)
        assert message is not None, f"no answer to {action}\n{self.story()}"
        return message[2] if message[0] == 3 else {"error": message[2], "description": message[3]}

    # --- time and hands

    async def settle(self) -> None:
        """Let everything happen that needs no time."""
        await self.clock.advance(0)

    async def advance(self, seconds: float) -> None:
        """Let time pass."""
        self._story.append(f"({seconds:g} s)")
        await self.clock.advance(seconds)

    async def run(self, coroutine: Any) -> Any:
        """Run a coroutine of the station to its end, without any time passing unless it needs some."""
        task = asyncio.ensure_future(coroutine)
        for _ in range(200):
            await self.settle()
            if task.done():
                return task.result()
            await self.clock.advance(0.1)
        task.cancel()
        raise AssertionError(f"still waiting\n{self.story()}")

    async def perform(self, name: str, /, **parameters: Any) -> Any:
        """Perform an action."""
        self._story.append(f"hands    {name} {parameters}")
        result = await self.run(self.emulator.perform_named(name, parameters))
        await self.settle()
        return result

    async def restart(self) -> None:
        """Kill the process: whatever was not in memory is gone; then start it again on the same memory."""
        self._story.append("(process killed and started again)")
        self.server.offline = True
        await self.settle()
        await self.run(self.emulator.power_off())
        self.server.offline = False
        self.emulator = self._make()
        await self.emulator.start()
        await self.settle()

    # --- looking

    def state(self, part: str) -> Any:
        return self.emulator.snapshot(part)[part]

    def status(self, evse: int = 1, connector: int = 1) -> str:
        """The status of a connector, in the dialect's word."""
        return str(self.state("evses")[evse - 1]["connectors"][connector - 1]["status"])

    def calls(self, action: str | None = None) -> list[Payload]:
        """The payloads of all CALLs of the station since the last `forget`, of one action."""
        return [payload for _, name, payload in self._calls if action in {None, name}]

    def actions(self) -> list[str]:
        """The actions of all CALLs since the last `forget`."""
        return [name for _, name, _ in self._calls]

    def forget(self) -> None:
        """Start looking anew."""
        self._calls.clear()
        self._cursor = 0

    async def expect(self, action: str, /, **fields: Any) -> Payload:
        """The next CALL of that action whose fields fit; a dict fits when its own fields do."""
        await self.settle()
        for index in range(self._cursor, len(self._calls)):
            _, name, payload = self._calls[index]
            if name == action and _fits(payload, fields):
                self._cursor = index + 1
                return payload
        raise AssertionError(f"expected {action} {fields}\n{self.story()}")

    async def expect_none(self, action: str | None = None) -> None:
        """No further CALL (of that action) since the last one expected."""
        await self.settle()
        later = [(name, payload) for _, name, payload in self._calls[self._cursor :] if action in {None, name}]
        assert not later, f"did not expect {later}\n{self.story()}"

    def story(self) -> str:
        """The dialogue so far, to be read."""
        return "\n".join(["the dialogue so far:", *self._story[-60:], *(f"note: {note}" for note in self.notes[-5:])])


def _fits(value: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict) and isinstance(value, dict):
        return all(key in value and _fits(value[key], each) for key, each in wanted.items())
    return bool(value == wanted)
