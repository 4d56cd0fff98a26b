"""Looking at the station: snapshot, frames, waiting for something."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from emulator.domain.frames import Direction
from emulator.runtime.actions.registry import BadParameters, action, parameter
from emulator.runtime.snapshot import PARTS
from emulator.runtime.snapshot_schema import FRAME_SCHEMA, SNAPSHOT_SCHEMA
from emulator.runtime.waiting import frame_as_json, wait_for

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

WANTED_FRAME: dict[str, Any] = {
    "properties": {
        "direction": {"enum": ["sent", "received"]},
        "action": {"type": "string"},
        "type": {"enum": ["CALL", "CALLRESULT", "CALLERROR", "MALFORMED"]},
        "message_id": {"type": "string"},
        "where": {"type": "object", "description": "JSON Pointers into the payload, and the values there"},
    },
    "additionalProperties": False,
}


@action("snapshot", "Everything that a window would show, as one JSON object.", SNAPSHOT_SCHEMA)
class Snapshot:
    """The station's state."""

    parts: list[str] = parameter([], "only these parts; default: all", items={"enum": list(PARTS)})

    async def perform(self, emulator: Emulator) -> dict[str, Any]:
        """As of now."""
        return emulator.snapshot(*self.parts)


@action("frames", "The message log, as recorded.", {"type": "array", "items": FRAME_SCHEMA})
class Frames:
    """Recorded frames."""

    after: int = parameter(0, "frames with a greater seq", minimum=0)
    limit: int = parameter(1000, "at most so many", minimum=1, maximum=100_000)
    direction: Literal["sent", "received"] | None = parameter(None, "only this way", enum=["sent", "received", None])
    action: str | None = parameter(None, "only this action")
    text: str | None = parameter(None, "only frames that hold this text")

    async def perform(self, emulator: Emulator) -> list[dict[str, Any]]:
        """Oldest first."""
        direction = Direction(self.direction) if self.direction else None
        found = emulator.frames(self.after, self.limit, direction, self.action, self.text)
        return [frame_as_json(frame) for frame in found]


@action(
    "wait_for",
    "Waits until a frame comes or a state holds; returns the frame, or the values at the pointers.",
    {"type": "object"},
)
class WaitFor:
    """Wait."""

    frame: dict[str, Any] | None = parameter(None, "the frame that is waited for", **WANTED_FRAME)
    state: dict[str, Any] | None = parameter(None, "JSON Pointers into the snapshot, and the values there")
    timeout_s: float = parameter(30.0, "give up after so many station seconds", minimum=0)
    after: int | None = parameter(None, "also frames of the log with a greater seq; default: from now on", minimum=0)

    async def perform(self, emulator: Emulator) -> dict[str, Any]:
        """The frame, or the values found; raises TimedOut."""
        if (self.frame is None) == (self.state is None):
            raise BadParameters("The action 'wait_for' needs either frame or state.")
        for pointer in self.state or ():
            _check_pointer(pointer)
        return await wait_for(emulator, self.frame, self.state, self.timeout_s, self.after)


def _check_pointer(pointer: str) -> None:
    part = pointer.split("/")[1] if pointer.startswith("/") else None
    if part not in PARTS:
        raise BadParameters(
            f"The pointer {pointer!r} leads into no part of the snapshot: it starts with one of"
            f" {', '.join('/' + name for name in PARTS)}."
        )
