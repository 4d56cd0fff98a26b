"""Frames as text: what is read from them, and what a malformed one is answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.domain.calls import ErrorCode
from emulator.domain.frames import FrameType
from emulator.rpc.ocpp_j import (
    MAX_DEPTH,
    MAX_FRAME_CHARACTERS,
    Call,
    CallError,
    CallResult,
    Malformed,
    decode,
    encode_call,
    encode_error,
    encode_result,
    settle_numbers,
    wire_code,
)

FRAMEWORK, FORMAT = ErrorCode.RPC_FRAMEWORK_ERROR, ErrorCode.FORMAT_VIOLATION
NO_ANSWER = None
LONG_ID = "x" * 37
ENDLESS_ID = "x" * 5000
DEEP = "[" * MAX_DEPTH + "]" * MAX_DEPTH

# text, then (code, id) of the answer in 2.0.1 and in 1.6
MALFORMED: list[tuple[str, Any, Any]] = [
    ("", (FRAMEWORK, "-1"), NO_ANSWER),
    ("hello", (FRAMEWORK, "-1"), NO_ANSWER),
    ("null", (FRAMEWORK, "-1"), NO_ANSWER),
    ("2", (FRAMEWORK, "-1"), NO_ANSWER),
    ('{"2": 3}', (FRAMEWORK, "-1"), NO_ANSWER),
    ("[]", (FRAMEWORK, "-1"), NO_ANSWER),
    ("[" * 100_000, (FRAMEWORK, "-1"), NO_ANSWER),
    ('[2,"a","Reset",{"type":"Soft"}', (FORMAT, "a"), (FORMAT, "a")),
    ('[2,"a","Reset",{"type":NaN}]', (FORMAT, "a"), (FORMAT, "a")),
    ('[2,"a","Reset",{"type":1e999}]', (FORMAT, "a"), (FORMAT, "a")),
    ('[2,"a","Reset",{"type":"\\ud800"}]', (FORMAT, "a"), (FORMAT, "a")),
    ('[2,"a","Reset",{"type":"\ud800"}]', (FORMAT, "a"), (FORMAT, "a")),
    ('[2,"\\ud800","Reset",{}]', (FRAMEWORK, "-1"), NO_ANSWER),
    ('[2,"a","Reset",' + "[" * 2000, (FORMAT, "a"), (FORMAT, "a")),
    (f'[2,"a","Reset",{{"a":{DEEP}}}]', (FORMAT, "a"), (FORMAT, "a")),
    ('[2,"a","Reset",{"a":"' + "x" * MAX_FRAME_CHARACTERS + '"}]', (FORMAT, "a"), (FORMAT, "a")),
    ('[2,"a', (FRAMEWORK, "-1"), NO_ANSWER),
    ("[2", (FRAMEWORK, "-1"), NO_ANSWER),
    ('[3,"a",{', NO_ANSWER, NO_ANSWER),
    ('[4,"a","GenericError"', NO_ANSWER, NO_ANSWER),
    ('[7,"a",{', (ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "a"), NO_ANSWER),
    ('["2","a","Reset",{"type":"Soft"}]', (FRAMEWORK, "a"), NO_ANSWER),
    ('[2.0,"a","Reset",{"type":"Soft"}]', (FRAMEWORK, "a"), NO_ANSWER),
    ('[true,"a","Reset",{"type":"Soft"}]', (FRAMEWORK, "a"), NO_ANSWER),
    ("[[]]", (FRAMEWORK, "-1"), NO_ANSWER),
    ('[5,"a",{}]', (ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "a"), NO_ANSWER),
    ('[6,"a","NotifyEvent",{}]', (ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "a"), NO_ANSWER),
    ("[99999999999999999999]", (FRAMEWORK, "-1"), NO_ANSWER),
    ("[6]", (ErrorCode.MESSAGE_TYPE_NOT_SUPPORTED, "-1"), NO_ANSWER),
    ("[2]", (FRAMEWORK, "-1"), NO_ANSWER),
    ('[2,12,"Reset",{"type":"Soft"}]', (FRAMEWORK, "-1"), NO_ANSWER),
    ('[2,null,"Reset",{"type":"Soft"}]', (FRAMEWORK, "-1"), NO_ANSWER),
    (f'[2,"{LONG_ID}","Reset",{{"type":"Soft"}}]', (FRAMEWORK, LONG_ID), (ErrorCode.GENERIC_ERROR, LONG_ID)),
    (f'[2,"{ENDLESS_ID}","Reset",{{"type":"Soft"}}]', (FRAMEWORK, "-1"), NO_ANSWER),
    ('[2,"a"]', (FRAMEWORK, "a"), (ErrorCode.PROTOCOL_ERROR, "a")),
    ('[2,"a","Reset"]', (FRAMEWORK, "a"), (ErrorCode.PROTOCOL_ERROR, "a")),
    ('[2,"a","Reset",{"type":"Soft"},{}]', (FRAMEWORK, "a"), (FORMAT, "a")),
    ('[2,"a",7,{"type":"Soft"}]', (FRAMEWORK, "a"), (FORMAT, "a")),
    ('[2,"a","Reset",[]]', (FORMAT, "a"), (FORMAT, "a")),
    ('[2,"a","Reset","Soft"]', (FORMAT, "a"), (FORMAT, "a")),
    ('[3,"a"]', NO_ANSWER, NO_ANSWER),
    ('[3,"a",[]]', NO_ANSWER, NO_ANSWER),
    ("[3,7,{}]", NO_ANSWER, NO_ANSWER),
    ('[4,"a","GenericError","",null]', NO_ANSWER, NO_ANSWER),
    ('[4,"a"]', NO_ANSWER, NO_ANSWER),
]


@pytest.mark.parametrize("ocpp", ["2.0.1", "1.6"])
@pytest.mark.parametrize(("text", "in_201", "in_16"), MALFORMED, ids=[row[0][:40] for row in MALFORMED])
def test_malformed_frame_names_its_answer(ocpp: str, text: str, in_201: Any, in_16: Any) -> None:
    message = decode(text, ocpp)
    assert isinstance(message, Malformed)
    answer = None if message.code is None else (message.code, message.answer_id)
    assert answer == (in_201 if ocpp == "2.0.1" else in_16)
    assert message.problem.message
    assert len(message.message_id) <= 255


@pytest.mark.parametrize("ocpp", ["2.0.1", "1.6"])
def test_well_formed_frames(ocpp: str) -> None:
    assert decode('[2,"a","Reset",{"type":"Soft"}]', ocpp) == Call("a", "Reset", {"type": "Soft"})
    assert decode(' [ 3 , "a" , {"status":"Accepted"} ] ', ocpp) == CallResult("a", {"status": "Accepted"})
    assert decode('[4,"a","NotSupported","no",{"b":1}]', ocpp) == CallError("a", "NotSupported", "no", {"b": 1})
    assert decode(f'[2,"{"x" * 36}","Reset",{{}}]', ocpp) == Call("x" * 36, "Reset", {})


def test_null_is_an_empty_payload() -> None:
    """2.0.1 part 4, 4.1.5: JSON allows for two notations."""
    assert decode('[2,"a","Heartbeat",null]', "2.0.1") == Call("a", "Heartbeat", {})
    assert decode('[3,"a",null]', "1.6") == CallResult("a", {})


def test_many_brackets_beside_each_other_are_not_deep() -> None:
    payload = {"list": [[index] for index in range(500)]}
    assert decode(json.dumps([2, "a", "X", payload]), "1.6") == Call("a", "X", payload)


def test_a_long_error_description_is_noted_not_refused() -> None:
    message = decode(json.dumps([4, "a", "GenericError", "x" * 256, {}]), "2.0.1")
    assert isinstance(message, CallError)
    assert [problem.pointer for problem in message.problems] == ["/errorDescription"]


def test_a_broken_result_still_tells_whose_answer_it_is() -> None:
    message = decode('[3,"a",[1', "2.0.1")
    assert isinstance(message, Malformed)
    assert (message.type, message.message_id) == (FrameType.CALLRESULT, "a")


def test_encoding() -> None:
    assert encode_call("a", "Reset", {"type": "Soft"}) == '[2,"a","Reset",{"type":"Soft"}]'
    assert encode_result("a", {"status": "Zürich"}) == '[3,"a",{"status":"Zürich"}]'
    assert encode_error("a", "FormatViolation", "", {}, "2.0.1") == '[4,"a","FormatViolation","",{}]'


def test_an_operator_may_say_what_orjson_cannot() -> None:
    assert encode_call("a", "X", {"n": 2**70}) == f'[2,"a","X",{{"n":{2**70}}}]'
    assert encode_call("a", "X", {"s": "\ud800"}) == '[2,"a","X",{"s":"\\ud800"}]'
    with pytest.raises((TypeError, ValueError)):
        encode_call("a", "X", {"s": object()})


def test_error_description_is_cut_and_speakable() -> None:
    text = encode_error("a", ErrorCode.GENERIC_ERROR, "\ud800" + "x" * 300, {}, "2.0.1")
    assert json.loads(text)[3] == "?" + "x" * 254
    text.encode()


def test_spelling_of_each_version() -> None:
    assert wire_code(ErrorCode.FORMAT_VIOLATION, "1.6") == "FormationViolation"
    assert wire_code(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "1.6") == "OccurenceConstraintViolation"
    assert wire_code(ErrorCode.OCCURRENCE_CONSTRAINT_VIOLATION, "2.0.1") == "OccurrenceConstraintViolation"
    assert wire_code(ErrorCode.RPC_FRAMEWORK_ERROR, "1.6") == "GenericError"
    assert wire_code("VendorError", "1.6") == "VendorError"


def test_whole_floats_become_integers() -> None:
    payload = {"a": 5.0, "b": [1.0, {"c": -2.0}], "d": 1.5, "e": 1e300, "f": "5.0"}
    settle_numbers(payload)
    assert payload == {"a": 5, "b": [1, {"c": -2}], "d": 1.5, "e": 1e300, "f": "5.0"}
    assert isinstance(payload["a"], int)
    assert isinstance(payload["e"], float)
