"""The tree of errors.

ForecourtError
├── EnvironmentProblem      the surroundings do not allow it: shown to the user in one sentence
│   └── ConnectionFailed    a connection to the CSMS could not be made, or was lost
├── ActionRefused           the station cannot do this now (the control socket's code 1)
└── CallFailed              a CALL to the CSMS got no CALLRESULT
    ├── NotConnected        there is no connection, or it closed before the answer
    ├── CallTimedOut        no answer within the message time-out
    └── CallRefused         the CSMS answered with a CALLERROR
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ForecourtError(Exception):
    """Base of every error that this program raises on purpose."""


class EnvironmentProblem(ForecourtError):
    """Something outside the program is wrong: `sentence` says what and where, `hint` what to do."""

    def __init__(self, sentence: str, hint: str = "") -> None:
        super().__init__(f"{sentence} {hint}".strip())
        self.sentence = sentence
        self.hint = hint


class ConnectionProblem(StrEnum):
    """Why a connection to the CSMS failed or ended."""

    INVALID_URL = "invalid-url"
    NAME_NOT_FOUND = "name-not-found"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMED_OUT = "timed-out"
    TLS = "tls"
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not-found"
    HTTP_STATUS = "http-status"
    SUBPROTOCOL = "subprotocol"
    PROTOCOL = "protocol"
    CLOSED = "closed"
    LOST = "lost"


class ConnectionFailed(EnvironmentProblem):
    """A connection to the CSMS could not be made or was lost; `problem` tells the kind."""

    def __init__(self, problem: ConnectionProblem, sentence: str, hint: str = "") -> None:
        super().__init__(sentence, hint)
        self.problem = problem


class ActionRefused(ForecourtError):
    """The station cannot do now what was asked; the text is one sentence that says why."""


class CallFailed(ForecourtError):
    """A CALL to the CSMS got no CALLRESULT."""


class NotConnected(CallFailed):
    """There is no connection to the CSMS, or it closed before the answer came."""


class CallTimedOut(CallFailed):
    """The CSMS did not answer within the message time-out."""


class CallRefused(CallFailed):
    """The CSMS answered a CALL with a CALLERROR."""

    def __init__(self, code: str, description: str, details: Mapping[str, object] | None = None) -> None:
        super().__init__(f"{code}: {description}" if description else code)
        self.code = code
        self.description = description
        self.details = dict(details or {})
