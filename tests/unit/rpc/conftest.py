"""A station's end of a line whose other end is the test."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from emulator.domain.calls import Reply
from emulator.domain.errors import CallFailed
from emulator.domain.frames import Frame
from emulator.rpc.endpoint import Endpoint
from emulator.rpc.interceptor import Interceptor
from emulator.runtime.clocks import VirtualClock


class RecordingConnection:
    """Keeps what was sent."""

    def __init__(self, ocpp: str) -> None:
        self.ocpp = ocpp
        self.texts: list[str] = []

    def send(self, text: str) -> None:
        self.texts.append(text)

    def close(self, code: int = 1000, reason: str = "") -> None:
        raise AssertionError("an endpoint does not close its connection")

    abort = close


class Answers:
    """A handler that answers as the test says: a payload, a function of the payload, or an exception to raise."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.silent = False
        self.seen: list[tuple[str, Any]] = []

    @property
    def actions(self) -> Any:
        return self.answers.keys()

    def handle(self, action: str, payload: dict[str, Any]) -> Reply | Awaitable[Reply]:
        self.seen.append((action, payload))
        answer = self.answers[action]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer(payload)  # type: ignore[no-any-return]
        return answer if isinstance(answer, Reply) else Reply(answer)


class Line:
    """The endpoint under test, its connection, its log, and the CSMS's voice."""

    def __init__(self, ocpp: str, answers: dict[str, Any] | None = None) -> None:
        self.ocpp = ocpp
        self.clock = VirtualClock()
        self.interceptor = Interceptor(self.clock)
        self.handler = Answers(answers or {})
        self.frames: list[Frame] = []
        self.outcomes: list[dict[str, Any] | CallFailed] = []
        self.timeout_s = 30.0
        self._ids = 0
        self.endpoint = Endpoint(
            clock=self.clock,
            ocpp=ocpp,
            handler=self.handler,
            record=self.frames.append,
            message_timeout_s=lambda: self.timeout_s,
            next_seq=lambda: len(self.frames) + 1,
            new_message_id=self._new_id,
            interceptor=self.interceptor,
        )
        self.connect()

    def _new_id(self) -> str:
        self._ids += 1
        return f"our-{self._ids}"

    def connect(self) -> None:
        self.connection = RecordingConnection(self.ocpp)
        self.endpoint.opened(self.connection)

    def csms(self, frame: Any) -> list[Any]:
        """The CSMS sends a frame (text, or what is to be JSON); gives what the station sends thereupon."""
        before = len(self.connection.texts)
        self.endpoint.received(frame if isinstance(frame, str) else json.dumps(frame))
        return [json.loads(text) for text in self.connection.texts[before:]]

    @property
    def sent(self) -> list[Any]:
        return [json.loads(text) for text in self.connection.texts]

    @property
    def story(self) -> list[tuple[str, str, str]]:
        """Direction, type and action of each frame in the log."""
        return [(str(frame.direction), str(frame.type), frame.action) for frame in self.frames]

    def call(self, action: str, payload: Any, **options: Any) -> None:
        self.endpoint.call(action, payload, self.outcomes.append, **options)


@pytest.fixture
def line() -> Callable[..., Line]:
    """Makes a line: line("1.6", {"Reset": {"status": "Accepted"}})."""
    return Line


class DictMemory:
    """A StationMemory in a dict; `commits` counts the durable steps."""

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, str]] = {}
        self.commits = 0
        self._deeds: list[Callable[[], None]] = []
        self._depth = 0

    def put(self, table: str, key: str, value: Any) -> None:
        self.tables.setdefault(table, {})[key] = json.dumps(value)
        self._commit()

    def get(self, table: str, key: str) -> Any:
        text = self.tables.get(table, {}).get(key)
        return None if text is None else json.loads(text)

    def delete(self, table: str, key: str) -> None:
        self.tables.get(table, {}).pop(key, None)
        self._commit()

    def items(self, table: str) -> list[tuple[str, Any]]:
        return [(key, json.loads(text)) for key, text in self.tables.get(table, {}).items()]

    def clear(self, table: str) -> None:
        self.tables.pop(table, None)
        self._commit()

    def batch(self) -> DictMemory:
        return self

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *_: object) -> None:
        self._depth -= 1
        self._commit()

    def after_commit(self, deed: Callable[[], None]) -> None:
        self._deeds.append(deed)
        self._run_deeds()

    def _commit(self) -> None:
        if not self._depth:
            self.commits += 1
            self._run_deeds()

    def _run_deeds(self) -> None:
        while self._deeds and not self._depth:
            self._deeds.pop(0)()


@pytest.fixture
def memory() -> DictMemory:
    """A station's memory that survives a restart within a test."""
    return DictMemory()
