"""What the close codes of a WebSocket mean (RFC 6455 section 7.4, the IANA registry), in words for a person."""

from __future__ import annotations

_CLOSED = "The CSMS closed the connection"

_SENTENCES = {
    1000: f"{_CLOSED} in the normal way (1000).",
    1001: f"{_CLOSED}: it is going away or restarting (1001).",
    1002: f"{_CLOSED}: it saw a violation of the WebSocket protocol (1002).",
    1003: f"{_CLOSED}: it got a kind of data that it does not accept (1003).",
    1005: f"{_CLOSED} without saying why (1005).",
    1006: "The connection was cut without a goodbye (1006).",
    1007: f"{_CLOSED}: it got a text that is not valid UTF-8 (1007).",
    1008: f"{_CLOSED}: a message or this station broke one of its rules (1008).",
    1009: f"{_CLOSED}: a message was too big for it (1009).",
    1010: f"{_CLOSED}: it misses a WebSocket extension (1010).",
    1011: f"{_CLOSED}: something went wrong inside it (1011).",
    1012: f"{_CLOSED}: it restarts (1012).",
    1013: f"{_CLOSED}: it is overloaded and wants the station to try again later (1013).",
    1014: f"{_CLOSED}: a gateway in between got no good answer from the server behind it (1014).",
    1015: "The connection failed in the TLS handshake (1015).",
}


def close_sentence(code: int, reason: str = "") -> str:
    """One sentence that explains why the CSMS closed; `reason` is the text of its close frame, quoted when given."""
    sentence = _SENTENCES.get(code) or f"{_CLOSED} with {_kind(code)} {code}."
    return f'{sentence[:-1]}, saying "{readable(reason)}".' if reason else sentence


def _kind(code: int) -> str:
    if 4000 <= code <= 4999:
        return "its own code"
    return "the registered code" if 3000 <= code <= 3999 else "the unknown code"


def readable(text: str, limit: int = 120) -> str:
    """Foreign text made fit for one line on a screen: no control characters, no more than `limit` characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * limit])
    line = " ".join(line.split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"
