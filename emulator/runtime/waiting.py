"""Frames as JSON objects, and waiting for a frame or a state to come."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from emulator.domain.errors import ForecourtError
from emulator.domain.frames import Frame
from emulator.domain.times import timestamp

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator, Event

MISSING = object()


class TimedOut(ForecourtError):
    """What was waited for did not come in time (the control socket's code 2)."""


def frame_as_json(frame: Frame) -> dict[str, Any]:
    """A frame event of control.md."""
    return {
        "seq": frame.seq,
        "time": timestamp(frame.time),
        "direction": str(frame.direction),
        "type": str(frame.type),
        "action": frame.action,
        "message_id": frame.message_id,
        "payload": frame.payload,
        "raw": frame.raw,
        "ocpp": frame.ocpp,
        "valid": frame.valid,
        "problems": [{"pointer": p.pointer, "keyword": p.keyword, "message": p.message} for p in frame.problems],
        "answers": frame.answers,
        "latency_ms": frame.latency_ms,
    }


def at_pointer(document: Any, pointer: str) -> Any:
    """What a JSON Pointer (RFC 6901) points at; MISSING when there is nothing."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(key, MISSING)
        elif isinstance(document, list) and key.isdigit() and int(key) < len(document):
            document = document[int(key)]
        else:
            return MISSING
    return document


def frame_matches(frame: Frame, wanted: dict[str, Any]) -> bool:
    """Whether direction, action, type and the values at the pointers of `where` are as wanted."""
    plain = ("direction", "action", "type", "message_id")
    if any(key in wanted and str(getattr(frame, key)) != wanted[key] for key in plain):
        return False
    return all(at_pointer(frame.payload, pointer) == value for pointer, value in (wanted.get("where") or {}).items())


async def wait_for(
    emulator: Emulator, frame: dict[str, Any] | None, state: dict[str, Any] | None, timeout_s: float, after: int | None
) -> dict[str, Any]:
    """The first frame (later than seq `after`), or the values of the state, that match; raises TimedOut.

    The time-out is in station seconds.
    """
    found: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

    def offer(result: dict[str, Any] | None) -> None:
        if result is not None and not found.done():
            found.set_result(result)

    def give_up() -> None:
        found.cancel()

    def heard(event: Event) -> None:
        if frame is not None and event.kind == "frame" and frame_matches(event.body, frame):
            offer(frame_as_json(event.body))
        elif state is not None:
            offer(_state_match(emulator, state))

    unsubscribe = emulator.subscribe(heard, ["frame", "state"])
    timer = emulator.clock.call_later(timeout_s, give_up)
    try:
        if frame is not None and after is not None:
            offer(next((frame_as_json(f) for f in emulator.frames(after, 100_000) if frame_matches(f, frame)), None))
        elif state is not None:
            offer(_state_match(emulator, state))
        return await found
    except asyncio.CancelledError:
        if not found.cancelled() or asyncio.current_task().cancelling():  # type: ignore[union-attr]
            raise
        what = f"frame {frame}" if frame is not None else f"state {state}"
        raise TimedOut(f"No {what} within {timeout_s:g} s.") from None
    finally:
        timer.cancel()
        unsubscribe()


def _state_match(emulator: Emulator, wanted: dict[str, Any]) -> dict[str, Any] | None:
    parts = {pointer.split("/")[1] for pointer in wanted if pointer.count("/")}
    known = emulator.snapshot(*parts)
    values = {pointer: at_pointer(known, pointer) for pointer in wanted}
    return values if values == wanted else None
