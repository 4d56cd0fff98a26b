"""The operator's hand on the frames: answers given instead of the engine's, and breakpoints.

These are the actions answer, hold, held and release. One per station; it outlives connections. While neither rules nor
breakpoints are set, an endpoint only looks at two empty lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from emulator.domain.frames import Direction
from emulator.domain.ports import Clock
from emulator.domain.times import timestamp

ANY = "*"


# Lets a held frame go: as it was (None), edited, or (True) as if it had got lost on its way.
Resume: TypeAlias = Callable[[str | None, bool], None]


class AnswerRule:
    """How the next CALLs of an action are answered; without payload, error and drop: by the engine, but later."""

    __slots__ = ("action", "delay_s", "drop", "error", "payload", "times")

    def __init__(
        self, action: str, payload: Any, error: Mapping[str, Any] | None, drop: bool, delay_s: float, times: int
    ) -> None:
        self.action = action
        self.payload = payload
        self.error = error
        self.drop = drop
        self.delay_s = delay_s
        self.times = times

    @property
    def replaces(self) -> bool:
        """Whether the engine is not asked."""
        return self.drop or self.error is not None or self.payload is not None

    def as_dict(self) -> dict[str, Any]:
        """What a window or a control client shows."""
        return {
            "action": self.action,
            "payload": self.payload,
            "error": dict(self.error) if self.error is not None else None,
            "drop": self.drop,
            "delay_ms": self.delay_s * 1000,
            "times": self.times,
        }


class _Held:
    __slots__ = ("action", "direction", "resume", "since", "text")

    def __init__(self, direction: str, action: str, text: str, since: datetime, resume: Resume) -> None:
        self.direction = direction
        self.action = action
        self.text = text
        self.since = since
        self.resume = resume


class Interceptor:
    """Rules and breakpoints of one station."""

    __slots__ = ("_clock", "_held", "_last_id", "answers", "breakpoints")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._held: dict[int, _Held] = {}
        self._last_id = 0
        self.answers: list[AnswerRule] = []
        self.breakpoints: list[tuple[str, str]] = []

    def answer(
        self,
        action: str = ANY,
        payload: Any = None,
        error: Mapping[str, Any] | None = None,
        drop: bool = False,
        delay_ms: float = 0,
        times: int = 1,
    ) -> None:
        """Decide the answer of the next `times` CALLs of an action ("*": any); the rule set last is asked first.

        `error` is {"code", "description", "details"}, of which only the code must be there. Times 0 takes the action's
        rules away.
        """
        if times <= 0:
            self.answers = [rule for rule in self.answers if action not in (rule.action, ANY)]
            return
        self.answers.insert(0, AnswerRule(action, payload, error, drop, delay_ms / 1000, times))

    def take_answer(self, action: str) -> AnswerRule | None:
        """The rule for the CALL that just came, used up by one."""
        for rule in self.answers:
            if rule.action in (action, ANY):
                rule.times -= 1
                if rule.times == 0:
                    self.answers.remove(rule)
                return rule
        return None

    def hold(self, direction: str = ANY, action: str = ANY, on: bool = True) -> None:
        """Set a breakpoint on the frames of a direction ("sent", "received", "*") and action, or take it away."""
        breakpoint_ = (str(direction), action)
        if breakpoint_ in self.breakpoints:
            self.breakpoints.remove(breakpoint_)
        if on:
            self.breakpoints.append(breakpoint_)

    def holds(self, direction: Direction, action: str) -> bool:
        """Whether a breakpoint stops such a frame."""
        return any(way in (direction, ANY) and name in (action, ANY) for way, name in self.breakpoints)

    def keep(self, direction: Direction, action: str, text: str, resume: Resume) -> None:
        """Take a frame that a breakpoint stopped, until it is released."""
        self._last_id += 1
        self._held[self._last_id] = _Held(str(direction), action, text, self._clock.now(), resume)

    def held(self) -> list[dict[str, Any]]:
        """The frames that wait: {id, direction, action, text, since}, the oldest first."""
        return [
            {
                "id": held_id,
                "direction": held.direction,
                "action": held.action,
                "text": held.text,
                "since": timestamp(held.since),
            }
            for held_id, held in self._held.items()
        ]

    def release(self, held_id: int | str = ANY, text: str | None = None, drop: bool = False) -> bool:
        """Let one frame go (edited, when `text` is given, or lost), or all ("*"); False when no such frame is held."""
        ids = list(self._held) if held_id == ANY else [held_id]
        released = [held for held in (self._held.pop(one, None) for one in ids if isinstance(one, int)) if held]
        for held in released:
            held.resume(text, drop)
        return bool(released)

    def forget_held(self) -> None:
        """The connection on which the frames were held is gone."""
        self._held.clear()

    def clear(self) -> None:
        """Take all rules and breakpoints away and let every held frame go."""
        self.answers.clear()
        self.breakpoints.clear()
        self.release()

    def snapshot(self) -> dict[str, Any]:
        """The rules, breakpoints and held frames."""
        return {
            "answers": [rule.as_dict() for rule in self.answers],
            "breakpoints": [{"direction": direction, "action": action} for direction, action in self.breakpoints],
            "held": self.held(),
        }
