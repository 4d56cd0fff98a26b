"""What the connection bar says of a station: its true state as a word with a tone, and what its button will do."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

Snapshot = Mapping[str, Any]


class StateWord(NamedTuple):
    """A state for a pill: `text`, its `tone` (good, warning, bad, accent, neutral), and a sentence for the tool tip."""

    text: str
    tone: str
    sentence: str


class ConnectionFields(NamedTuple):
    """What the operator has typed into the bar, or what is in use."""

    url: str = ""
    identity: str = ""
    ocpp: tuple[str, ...] = ("2.0.1", "1.6")
    security_profile: int = 0
    user: str = ""
    password: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""


class Offer(NamedTuple):
    """What the one button will do: its text, the deed (connect, disconnect, apply), and a sentence."""

    text: str
    deed: str
    sentence: str
    primary: bool = False


PROBLEM_WORDS = {
    "invalid-url": "Bad URL",
    "name-not-found": "Host not found",
    "refused": "Refused",
    "unreachable": "Unreachable",
    "timed-out": "No answer",
    "tls": "TLS error",
    "unauthorized": "Wrong credentials",
    "not-found": "Not found",
    "http-status": "HTTP error",
    "subprotocol": "No common version",
    "protocol": "Protocol error",
    "closed": "Closed",
    "lost": "Connection lost",
}


def local_time(text: str | None) -> datetime | None:
    """A time of a snapshot in the time zone of this machine."""
    return datetime.fromisoformat(text).astimezone() if text else None


def clock_text(text: str | None) -> str:
    """A time of a snapshot as hours, minutes and seconds."""
    moment = local_time(text)
    return f"{moment:%H:%M:%S}" if moment else ""


def short_time(text: str | None) -> str:
    """A time of a snapshot as hours and minutes."""
    return clock_text(text)[:5]


def state_word(snapshot: Snapshot, answer_ms: float | None = None) -> StateWord:
    """The state of a station's connection in a word; `answer_ms` is how long the CSMS took for its last answer."""
    connection, boot = snapshot["connection"], snapshot["boot"]
    if not snapshot["station"]["powered"]:
        return StateWord("Switched off", "neutral", "The station has no power.")
    known = {"offline": _offline, "connecting": _connecting, "waiting": _waiting}
    state = known.get(connection["state"])
    if state is not None:
        return state(connection)
    return _connected(connection, boot, answer_ms)


def _offline(connection: Snapshot) -> StateWord:
    if connection["problem"]:
        return StateWord(_problem_word(connection), "bad", connection["problem"]["sentence"])
    return StateWord("Offline", "neutral", "The station is not connected, and does not try to be.")


def _connecting(connection: Snapshot) -> StateWord:
    return StateWord("Connecting…", "accent", f"Opening {connection['url']} as {connection['identity']}.")


def _waiting(connection: Snapshot) -> StateWord:
    retry = clock_text(connection["retry_at"])
    word = _problem_word(connection)
    sentence = connection["problem"]["sentence"] if connection["problem"] else "The connection was lost."
    return StateWord(f"{word} · retry {retry}" if retry else word, "bad", f"{sentence} The next attempt is at {retry}.")


def _problem_word(connection: Snapshot) -> str:
    problem = connection["problem"]
    return PROBLEM_WORDS.get(problem["kind"], "Failed") if problem else "Not connected"


def _connected(connection: Snapshot, boot: Snapshot, answer_ms: float | None) -> StateWord:
    since = clock_text(connection["since"])
    spoken = f"Connected since {since}, speaking OCPP {connection['ocpp']}."
    mode = connection["network"]["mode"]
    if mode == "silent":
        return StateWord("Network silent", "warning", f"{spoken} This emulator's network passes nothing now.")
    retry = clock_text(boot["retry_at"])
    if boot["state"] == "rejected":
        return StateWord(f"Rejected until {retry[:5]}", "bad", f"{spoken} The CSMS rejected BootNotification.")
    if boot["state"] == "pending":
        text = f"Pending · asks {retry[:5]}" if retry else "Pending"
        return StateWord(text, "warning", f"{spoken} The CSMS has not accepted BootNotification yet.")
    if boot["state"] != "accepted":
        return StateWord("Booting…", "accent", f"{spoken} BootNotification is not answered yet.")
    return _accepted(connection, boot, spoken, answer_ms)


def _accepted(connection: Snapshot, boot: Snapshot, spoken: str, answer_ms: float | None) -> StateWord:
    round_trip_ms = connection["round_trip_ms"] if connection["round_trip_ms"] is not None else answer_ms
    text = f"Accepted · {_milliseconds(round_trip_ms)}" if round_trip_ms is not None else "Accepted"
    every = f" A Heartbeat goes out every {boot['interval_s']:g} s." if boot["interval_s"] else ""
    tone = "warning" if connection["network"]["mode"] == "flaky" else "good"
    return StateWord(text, tone, f"{spoken}{every}")


def _milliseconds(value: float) -> str:
    return f"{value:.0f} ms" if value >= 1 else "< 1 ms"


def offer(snapshot: Snapshot, wanted: ConnectionFields, in_use: ConnectionFields) -> Offer:
    """What the button says and does, given what is typed (`wanted`) and what the station uses (`in_use`)."""
    state = snapshot["connection"]["state"]
    changed = wanted != in_use
    target = f"{wanted.url or 'the CSMS'} as {wanted.identity}"
    if not snapshot["station"]["powered"]:
        return Offer("Power on", "power_on", "Puts the mains back; the station boots.", True)
    if changed and state != "offline":
        text = "Reconnect" if wanted.identity == in_use.identity else f"Switch to {wanted.identity}"
        return Offer(text, "apply", f"Closes this connection and opens {target}, {offered_text(wanted.ocpp)}.", True)
    if state == "offline":
        return Offer("Connect", "apply", f"Opens {target}, {offered_text(wanted.ocpp)}.", True)
    if state == "waiting":
        return Offer("Stop trying", "disconnect", "The station stays offline until you connect it.")
    if state == "connecting":
        return Offer("Cancel", "disconnect", "Gives this attempt up.")
    return Offer("Disconnect", "disconnect", "Closes the connection in an orderly way; the station stays offline.")


def offered_text(versions: tuple[str, ...]) -> str:
    """Which versions are offered, in words."""
    return f"offering OCPP {' then '.join(versions)}"


def security_word(connection: Snapshot) -> str:
    """How the line is protected, for the status bar."""
    url = connection["url"]
    host = url.split("//", 1)[-1].split("/", 1)[0] if url else ""
    if not host:
        return "No CSMS chosen"
    kind = "TLS" if url.startswith(("wss:", "https:")) else "No TLS"
    return f"{kind} · {host}"


def evse_count(snapshot: Snapshot) -> str:
    """How many EVSEs, in words."""
    count = len(snapshot["evses"])
    return f"{count} EVSE" if count == 1 else f"{count} EVSEs"
