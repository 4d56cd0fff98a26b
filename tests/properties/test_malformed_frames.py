"""Ten thousand malformed frames per version: none ends the endpoint, each gets the answer that is named for it."""

from __future__ import annotations

import itertools
import json
from collections import deque
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from emulator.domain.calls import Reply
from emulator.domain.frames import Direction, Frame
from emulator.rpc.endpoint import Endpoint
from emulator.runtime.clocks import VirtualClock

FRAMES_PER_EXAMPLE = 25
EXAMPLES = 10_000 // FRAMES_PER_EXAMPLE
NAMES_16 = {
    "FormatViolation": "FormationViolation",
    "OccurrenceConstraintViolation": "OccurenceConstraintViolation",
}
ERRORS = {
    "2.0.1": {
        "FormatViolation",
        "GenericError",
        "InternalError",
        "MessageTypeNotSupported",
        "NotImplemented",
        "NotSupported",
        "OccurrenceConstraintViolation",
        "PropertyConstraintViolation",
        "ProtocolError",
        "RpcFrameworkError",
        "SecurityError",
        "TypeConstraintViolation",
    },
    "1.6": {
        "FormationViolation",
        "GenericError",
        "InternalError",
        "NotImplemented",
        "NotSupported",
        "OccurenceConstraintViolation",
        "PropertyConstraintViolation",
        "ProtocolError",
        "SecurityError",
        "TypeConstraintViolation",
    },
}
VALID = {
    "1.6": ("ReserveNow", {"connectorId": 1, "expiryDate": "2026-01-05T12:00:00Z", "idTag": "A", "reservationId": 5}),
    "2.0.1": (
        "ReserveNow",
        {"id": 5, "expiryDateTime": "2026-01-05T12:00:00Z", "idToken": {"idToken": "A", "type": "eMAID"}},
    ),
}
DATE = {"1.6": "expiryDate", "2.0.1": "expiryDateTime"}
NUMBER = {"1.6": "reservationId", "2.0.1": "id"}


class Case(NamedTuple):
    """A text, and the answers (code, id) of 2.0.1 and 1.6; None is silence."""

    text: str
    in_201: tuple[str, str] | None
    in_16: tuple[str, str] | None


def both(text: str, code: str, message_id: str) -> Case:
    return Case(text, (code, message_id), (NAMES_16.get(code, code), message_id))


def only_201(text: str, code: str, message_id: str) -> Case:
    return Case(text, (code, message_id), None)


ODD: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**64,
    -1e300,
    "",
    "x",
    "\u0000",
    "\ud800",
    "é" * 40,
    [],
    [1, [2]],
    {},
    {"a": {"b": []}},
]
UNSAYABLE = ["NaN", "-Infinity", "1e999", "01", '"\\ud800"', '"\\x"', '"\n"', "9" * 400, "[" * 1500, "tru", "1 2", ""]

ids = st.integers(0, 10**36 - 1).map(str)
odd = st.sampled_from(ODD)
odd_list = st.lists(odd, max_size=3)
not_a_list = st.sampled_from([value for value in ODD if type(value) is not list])
not_an_object = st.sampled_from([value for value in ODD if type(value) is not dict and value is not None])
not_a_text = st.sampled_from([value for value in ODD if type(value) is not str])
no_integer = st.sampled_from([value for value in ODD if type(value) is not int])
odd_types = st.one_of(st.integers(5, 2**63 - 1), st.integers(-(2**63), 1), not_a_text, st.text(max_size=3))


def speakable(value: Any) -> bool:
    """Whether orjson reads it: Python's json writes lone surrogates too."""
    return "ud800" not in json.dumps(value)


class Malformed:
    """Makes malformed frames of one version, each with the answers that it must get."""

    def __init__(self, ocpp: str) -> None:
        self.ocpp = ocpp
        self.action, self.payload = VALID[ocpp]

    def call(self, message_id: str, changed: dict[str, Any]) -> str:
        return json.dumps([2, message_id, self.action, {**self.payload, **changed}])

    def cut(self, message_id: str, share: float) -> Case:
        text = self.call(message_id, {})
        end = int(share * len(text))
        if end >= len(f'[2, "{message_id}",'):
            return both(text[:end], "FormatViolation", message_id)
        return only_201(text[:end], "RpcFrameworkError", "-1")

    def unsayable(self, message_id: str, bad: str) -> Case:
        return both(f'[2,"{message_id}","ReserveNow",{{"x":{bad}}}]', "FormatViolation", message_id)

    def deep(self, message_id: str, depth: int) -> Case:
        return self.unsayable(message_id, "[" * depth + "]" * depth)

    def no_array(self, value: Any) -> Case:
        return only_201(json.dumps(value), "RpcFrameworkError", "-1")

    def odd_type(self, message_id: str, kind: Any) -> Case:
        if not speakable(kind):
            return self.no_array(kind)
        # Integers beyond 64 bits are floats to orjson.
        number = type(kind) is int and -(2**63) <= kind < 2**64
        code = "MessageTypeNotSupported" if number else "RpcFrameworkError"
        return only_201(json.dumps([kind, message_id, self.action, self.payload]), code, message_id)

    def odd_id(self, bad: Any) -> Case:
        return only_201(json.dumps([2, bad, self.action, self.payload]), "RpcFrameworkError", "-1")

    def long_id(self, length: int) -> Case:
        message_id = "i" * length
        text = self.call(message_id, {})
        if length > 255:
            return only_201(text, "RpcFrameworkError", "-1")
        return Case(text, ("RpcFrameworkError", message_id), ("GenericError", message_id))

    def elements(self, message_id: str, rest: list[Any]) -> Case:
        if not speakable(rest):
            return both(json.dumps([2, message_id, *rest]), "FormatViolation", message_id)
        if len(rest) < 2:
            text = json.dumps([2, message_id, *rest])
            return Case(text, ("RpcFrameworkError", message_id), ("ProtocolError", message_id))
        text = json.dumps([2, message_id, self.action, self.payload, *rest])
        return Case(text, ("RpcFrameworkError", message_id), ("FormationViolation", message_id))

    def odd_action(self, message_id: str, bad: Any) -> Case:
        text = json.dumps([2, message_id, bad, self.payload])
        return Case(text, ("RpcFrameworkError", message_id), ("FormationViolation", message_id))

    def odd_payload(self, message_id: str, bad: Any) -> Case:
        return both(json.dumps([2, message_id, self.action, bad]), "FormatViolation", message_id)

    def unknown(self, message_id: str, name: str) -> Case:
        return both(json.dumps([2, message_id, f"X{name}", {}]), "NotImplemented", message_id)

    def not_served(self, message_id: str, name: str, payload: dict[str, Any]) -> Case:
        return both(json.dumps([2, message_id, name, payload]), "NotSupported", message_id)

    def lacking(self, message_id: str, choice: int) -> Case:
        keys = sorted(self.payload)
        rest = {key: value for key, value in self.payload.items() if key != keys[choice % len(keys)]}
        return both(json.dumps([2, message_id, self.action, rest]), "OccurrenceConstraintViolation", message_id)

    def mistyped(self, message_id: str, bad: Any) -> Case:
        text = self.call(message_id, {NUMBER[self.ocpp]: bad})
        if not speakable(bad):
            return both(text, "FormatViolation", message_id)
        whole = isinstance(bad, float) and bad.is_integer() and self.ocpp == "2.0.1"  # draft 6 takes it for an integer
        return both(text, "PropertyConstraintViolation" if whole else "TypeConstraintViolation", message_id)

    def huge(self, message_id: str, number: int) -> Case:
        return both(self.call(message_id, {NUMBER[self.ocpp]: number}), "PropertyConstraintViolation", message_id)

    def no_date(self, message_id: str, text: str) -> Case:
        return both(self.call(message_id, {DATE[self.ocpp]: f"x{text}"}), "TypeConstraintViolation", message_id)

    def unexpected(self, message_id: str, name: str, value: Any) -> Case:
        text = self.call(message_id, {f"x{name}": value})
        if not speakable(value):
            return both(text, "FormatViolation", message_id)
        return Case(text, ("ProtocolError", message_id), ("FormationViolation", message_id))

    def answer(self, kind: int, message_id: str, rest: list[Any]) -> Case:
        return Case(json.dumps([kind, message_id, *rest]), None, None)

    def strategy(self) -> st.SearchStrategy[Case]:
        few = st.integers(0, 9)
        words = st.text(max_size=10)
        return st.one_of(
            st.builds(self.cut, ids, st.floats(0, 0.99)),
            st.builds(self.unsayable, ids, st.sampled_from(UNSAYABLE)),
            st.builds(self.deep, ids, st.integers(63, 300)),
            st.builds(self.no_array, not_a_list),
            st.builds(self.odd_type, ids, odd_types),
            st.builds(self.odd_id, not_a_text),
            st.builds(self.long_id, st.integers(37, 300)),
            st.builds(self.elements, ids, odd_list),
            st.builds(self.odd_action, ids, not_a_text),
            st.builds(self.odd_payload, ids, not_an_object),
            st.builds(self.unknown, ids, words),
            st.builds(self.not_served, ids, st.sampled_from(["Reset", "Heartbeat", "GetLog"]), st.just({"x": 1})),
            st.builds(self.lacking, ids, few),
            st.builds(self.mistyped, ids, no_integer),
            st.builds(self.huge, ids, st.integers(2**63, 2**64 - 1)),
            st.builds(self.no_date, ids, words),
            st.builds(self.unexpected, ids, words, odd),
            st.builds(self.answer, st.sampled_from([3, 4]), ids, odd_list),
        )


class Station:
    """An endpoint that serves two actions, and its far end."""

    def __init__(self, ocpp: str) -> None:
        self.ocpp = ocpp
        self.actions = frozenset({"ReserveNow", "ClearCache"})
        self.silent = False
        self.texts: list[str] = []
        self.frames: deque[Frame] = deque(maxlen=3)
        self.recorded = 0
        self.endpoint = Endpoint(
            clock=VirtualClock(),
            ocpp=ocpp,
            handler=self,
            record=self._record,
            message_timeout_s=lambda: 30,
            next_seq=itertools.count(1).__next__,
        )
        self.endpoint.opened(self)

    def _record(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.recorded += 1

    def handle(self, action: str, payload: dict[str, Any]) -> Reply:
        return Reply({"status": "Accepted"})

    def send(self, text: str) -> None:
        self.texts.append(text)

    def close(self, code: int = 1000, reason: str = "") -> None:
        raise AssertionError

    def abort(self) -> None:
        raise AssertionError

    def hear(self, text: str) -> list[Any]:
        """What the station answers to a text; it must record it once, and every answer once."""
        self.texts.clear()
        before = self.recorded
        self.endpoint.received(text)
        assert self.recorded == before + 1 + len(self.texts)
        return [json.loads(answer) for answer in self.texts]

    def check_alive(self) -> None:
        assert self.hear('[2,"alive","ClearCache",{}]') == [[3, "alive", {"status": "Accepted"}]]


stations = {ocpp: Station(ocpp) for ocpp in VALID}
# Not shrunk: the assertion names the frame, and shrinking a batch of them takes minutes.
many = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("ocpp", ["1.6", "2.0.1"])
def test_each_malformed_frame_gets_its_answer(ocpp: str) -> None:
    @many
    @given(st.lists(Malformed(ocpp).strategy(), min_size=FRAMES_PER_EXAMPLE, max_size=FRAMES_PER_EXAMPLE))
    def check(batch: list[Case]) -> None:
        station = stations[ocpp]
        for case in batch:
            expected = case.in_16 if ocpp == "1.6" else case.in_201
            answers = station.hear(case.text)
            if expected is None:
                assert answers == [], case
                assert not station.frames[-1].valid
                continue
            assert len(answers) == 1, case
            kind, message_id, code, words, details = answers[0]
            assert (kind, code, message_id) == (4, *expected), case
            assert isinstance(words, str)
            assert len(words) <= 255
            assert details == {}
            call, answer = list(station.frames)[-2:]
            assert (call.direction, call.raw, answer.answers) == (Direction.RECEIVED, case.text, call.seq)
        station.check_alive()

    check()


@pytest.mark.parametrize("ocpp", ["1.6", "2.0.1"])
def test_scribbled_frames_never_do_harm(ocpp: str) -> None:
    """Valid frames with characters replaced, inserted and taken out: any verdict will do, but it must be one."""
    whole = json.dumps([2, "the-id", *VALID[ocpp]])
    noise = st.text(st.sampled_from('[]{}",:\\ue0129.-+aZ\x00\ud800\ufeff '), max_size=3)
    scribbles = st.lists(st.tuples(st.integers(0, len(whole)), st.integers(0, 3), noise), min_size=1, max_size=3)

    @settings(many, max_examples=1000)
    @given(scribbles)
    def check(changes: list[tuple[int, int, str]]) -> None:
        text = whole
        for place, taken, put in changes:
            text = text[:place] + put + text[place + taken :]
        station = stations[ocpp]
        for answer in station.hear(text):
            assert (len(answer), answer[0]) in {(3, 3), (5, 4)}
            if answer[0] == 4:
                assert answer[2] in ERRORS[ocpp]
        station.check_alive()

    check()
