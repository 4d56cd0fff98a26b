"""Frames by hand: sending, answering, holding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from emulator.domain.calls import InvalidAnswer
from emulator.domain.errors import ActionRefused, CallFailed, CallRefused, NotConnected
from emulator.runtime.actions.registry import REQUIRED, action, parameter

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator


SENT_RESULT = {
    "type": "object",
    "properties": {
        "response": {"description": "the payload of the CALLRESULT, valid or not"},
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string"},
                "description": {"type": "string"},
                "details": {"type": "object"},
            },
        },
    },
    "minProperties": 1,
    "maxProperties": 1,
}
ERROR = {
    "properties": {"code": {"type": "string"}, "description": {"type": "string"}, "details": {"type": "object"}},
    "required": ["code"],
    "additionalProperties": False,
}
HELD_FRAME = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "direction": {"enum": ["sent", "received"]},
        "action": {"type": "string"},
        "text": {"type": "string"},
        "since": {"type": "string", "format": "date-time"},
    },
}


@action("send", "Sends a CALL as given, valid or not; returns what came back.", SENT_RESULT)
class Send:
    """A CALL of the operator's."""

    action: str = parameter(REQUIRED, "the action's name", minLength=1)
    payload: dict[str, Any] = parameter({}, "the payload")

    async def perform(self, emulator: Emulator) -> dict[str, Any]:
        """The answer as {"response": ...} or {"error": {code, description, details}}."""
        endpoint = emulator.running.dialect.endpoint
        try:
            return {"response": await endpoint.request(self.action, dict(self.payload), forced=True)}
        except InvalidAnswer as answer:
            return {"response": answer.payload}
        except CallRefused as refusal:
            error = {"code": refusal.code, "description": refusal.description, "details": refusal.details}
            return {"error": error}
        except CallFailed as failure:
            raise ActionRefused(f"{self.action} was not answered: {failure}") from failure


@action("send_frame", "Sends these characters as they are.")
class SendFrame:
    """A text frame of the operator's."""

    text: str = parameter(REQUIRED, "the characters")

    async def perform(self, emulator: Emulator) -> None:
        """The frame is on its way."""
        try:
            emulator.running.dialect.endpoint.send_text(self.text)
        except NotConnected as failure:
            raise ActionRefused(f"The frame was not sent: {failure}") from failure


@action("answer", "Decides how the next CALLs of an action are answered, instead of the engine.")
class Answer:
    """A prepared answer."""

    action: str = parameter("*", "the action; *: any")
    payload: dict[str, Any] | None = parameter(None, "answer with this payload")
    error: dict[str, Any] | None = parameter(None, "answer with a CALLERROR", **ERROR)
    drop: bool = parameter(False, "do not answer at all")
    delay_ms: float = parameter(0.0, "answer so much later", minimum=0)
    times: int = parameter(1, "for so many CALLs; 0 takes earlier decisions on this action back", minimum=0)

    async def perform(self, emulator: Emulator) -> None:
        """The next CALLs are answered so."""
        emulator.interceptor.answer(
            self.action, payload=self.payload, error=self.error, drop=self.drop, delay_ms=self.delay_ms,
            times=self.times,
        )  # fmt: skip


@action("hold", "Sets a breakpoint: frames of an action wait until they are released.")
class Hold:
    """A breakpoint."""

    direction: Literal["sent", "received", "*"] = parameter("*", "which way")
    action: str = parameter("*", "the action; *: any")
    on: bool = parameter(True, "false takes the breakpoint away")

    async def perform(self, emulator: Emulator) -> None:
        """Frames that match stop from now on."""
        emulator.interceptor.hold(self.direction, self.action, self.on)


@action("held", "Lists the frames that wait at breakpoints.", {"type": "array", "items": HELD_FRAME})
class Held:
    """What waits."""

    async def perform(self, emulator: Emulator) -> list[dict[str, Any]]:
        """Each with id, direction, action, text."""
        return emulator.interceptor.held()


@action("release", "Lets a held frame go: as it is, edited, or not at all.")
class Release:
    """Go on."""

    id_: int | str = parameter(REQUIRED, "the frame's id; *: all")
    text: str | None = parameter(None, "send this instead")
    drop: bool = parameter(False, "throw it away")

    async def perform(self, emulator: Emulator) -> None:
        """The frame goes on its way, or is gone."""
        if not emulator.interceptor.release(self.id_, self.text, self.drop) and self.id_ != "*":
            raise ActionRefused(f"No frame with id {self.id_!r} is held.")
