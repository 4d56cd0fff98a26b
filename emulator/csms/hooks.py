"""Hooks for tests: answers that differ from what the CSMS would say by itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any


class Special(Enum):
    """Answers that are no payload."""

    SILENCE = "no answer at all"
    DEFAULT = "what the CSMS would say by itself"


SILENCE = Special.SILENCE
DEFAULT = Special.DEFAULT


class Refusal(Exception):
    """A CALLERROR as the answer; may be given to `respond` or raised by a callable answer."""

    def __init__(self, code: str, description: str = "", details: Mapping[str, Any] | None = None) -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description
        self.details = dict(details or {})


Payload = dict[str, Any]
AnswerFunction = Callable[[str, Payload], Payload | Awaitable[Payload]]
Answer = Payload | AnswerFunction | Refusal | Special


class Override:
    """One programmed answer; `used` counts how often it was given."""

    def __init__(self, action: str, identity: str, answer: Answer, delay_s: float, times: int | None) -> None:
        self.action = action
        self.identity = identity
        self.answer = answer
        self.delay_s = delay_s
        self.times = times
        self.used = 0
        self.cancelled = False

    def cancel(self) -> None:
        """Give this answer no more."""
        self.cancelled = True

    @property
    def spent(self) -> bool:
        """Whether it will not be given again."""
        return self.cancelled or (self.times is not None and self.used >= self.times)

    def fits(self, identity: str, action: str) -> bool:
        """Whether it answers this CALL of this station."""
        return not self.spent and self.action in ("*", action) and self.identity in ("*", identity)


class Overrides:
    """The programmed answers, used in the order in which they were programmed."""

    def __init__(self) -> None:
        self._overrides: list[Override] = []

    def add(self, override: Override) -> Override:
        """Program one more answer."""
        self._overrides.append(override)
        return override

    def take(self, identity: str, action: str) -> Override | None:
        """The programmed answer to a CALL, counted as used; None: answer as always."""
        if not self._overrides:
            return None
        self._overrides = [override for override in self._overrides if not override.spent]
        found = next((override for override in self._overrides if override.fits(identity, action)), None)
        if found is not None:
            found.used += 1
        return found
