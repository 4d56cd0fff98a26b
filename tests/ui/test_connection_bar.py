"""The connection bar: what the button says and does, the true state, and failures that explain themselves."""

from __future__ import annotations

import socket

import pytest
from PySide6.QtCore import Qt

from tests.support.window import Live
from ui.models.connection_state import ConnectionFields, offer, state_word
from ui.views.connection_bar import SHORT

UP = {"mode": "up"}


def snapshot(state: str = "connected", boot: str = "accepted", **connection) -> dict:
    return {
        "station": {"powered": connection.pop("powered", True)},
        "connection": {
            "state": state, "url": "ws://csms/ocpp", "identity": "CP1", "ocpp": "2.0.1", "problem": None,
            "retry_at": None, "since": "2026-01-05T12:00:00Z", "round_trip_ms": None, "network": UP,
        }
        | connection,
        "boot": {"state": boot, "interval_s": 300, "retry_at": "2026-01-05T14:03:00Z"},
    }  # fmt: skip


PROBLEM = {"kind": "tls", "sentence": "The certificate expired 3 days ago.", "hint": "Renew it."}


@pytest.mark.parametrize(
    ("seen", "text", "tone"),
    [
        (snapshot("offline"), "Offline", "neutral"),
        (snapshot("offline", powered=False), "Switched off", "neutral"),
        (snapshot("connecting"), "Connecting…", "accent"),
        (snapshot("waiting", problem=PROBLEM, retry_at="2026-01-05T14:03:10Z"), "TLS error · retry", "bad"),
        (snapshot("offline", problem=PROBLEM), "TLS error", "bad"),
        (snapshot(boot="booting"), "Booting…", "accent"),
        (snapshot(boot="pending"), "Pending · asks", "warning"),
        (snapshot(boot="rejected"), "Rejected until", "bad"),
        (snapshot(), "Accepted · 12 ms", "good"),
        (snapshot(round_trip_ms=0.4), "Accepted · < 1 ms", "good"),
        (snapshot(network={"mode": "silent"}), "Network silent", "warning"),
    ],
)
def test_the_pill_tells_the_true_state(seen: dict, text: str, tone: str) -> None:
    word = state_word(seen, 12.0)
    assert word.text.startswith(text)
    assert word.tone == tone
    assert word.sentence


FIELDS = ConnectionFields("ws://csms/ocpp", "CP1")


@pytest.mark.parametrize(
    ("seen", "wanted", "text", "deed"),
    [
        (snapshot("offline"), FIELDS, "Connect", "apply"),
        (snapshot("connecting"), FIELDS, "Cancel", "disconnect"),
        (snapshot("waiting"), FIELDS, "Stop trying", "disconnect"),
        (snapshot(), FIELDS, "Disconnect", "disconnect"),
        (snapshot(), FIELDS._replace(url="ws://other/ocpp"), "Reconnect", "apply"),
        (snapshot(), FIELDS._replace(identity="CP2"), "Switch to CP2", "apply"),
        (snapshot("offline", powered=False), FIELDS, "Power on", "power_on"),
    ],
)
def test_the_button_says_what_it_will_do(seen: dict, wanted: ConnectionFields, text: str, deed: str) -> None:
    made = offer(seen, wanted, FIELDS)
    assert (made.text, made.deed) == (text, deed)
    assert made.sentence


def test_typing_a_url_and_pressing_return_connects_and_the_button_disconnects(live: Live) -> None:
    live.start()
    url = live.run(live.window.csms.start(live.session.emulator.clock))
    live.type(live.window.bar.url, url)
    assert live.window.bar.button.text() == "Connect"
    live.key(live.window.bar.url, Qt.Key.Key_Return)
    live.until(lambda: live.window.bar.pill.word.text.startswith("Accepted"))
    assert live.window.bar.button.text() == "Disconnect"
    assert live.window.status.security.text().startswith("No TLS · 127.0.0.1")
    live.click(live.window.bar.button)
    live.until(lambda: live.window.bar.pill.word.text == "Offline")
    assert live.window.bar.button.text() == "Connect"
    assert not live.window.problem.isVisible()


def test_escape_takes_the_typing_back(live: Live) -> None:
    live.connect()
    url = live.window.bar.url.text()
    live.type(live.window.bar.url, "ws://other/")
    assert live.window.bar.button.text() == "Reconnect"
    live.key(live.window.bar.url, Qt.Key.Key_Escape)
    assert live.window.bar.url.text() == url
    assert live.window.bar.button.text() == "Disconnect"


def test_a_refused_connection_explains_itself_and_can_be_dismissed(live: Live) -> None:
    live.start()
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        live.type(live.window.bar.url, f"ws://127.0.0.1:{port}/ocpp")
        live.click(live.window.bar.button)
        live.until(live.window.problem.isVisible)
    assert "Refused" in live.window.bar.pill.word.text
    assert str(port) in live.window.problem.text.text()
    live.click(live.window.problem.close_button)
    live.pause(0.7)
    assert not live.window.problem.isVisible()
    live.do(live.window.connecting.press)
    live.until(lambda: live.window.bar.pill.word.text == "Refused" or live.window.bar.button.text() == "Connect")


@pytest.mark.parametrize(
    ("url", "word"), [("htp://x", "Bad URL"), ("ws://nowhere.invalid/ocpp", "Host not found"), ("", "")]
)
def test_a_url_that_cannot_work_says_why(live: Live, url: str, word: str) -> None:
    live.start()
    live.type(live.window.bar.url, url or "x")
    if not url:
        live.window.bar.url.clear()
    live.click(live.window.bar.button)
    live.until(live.window.problem.isVisible)
    assert word in live.window.bar.pill.word.text


def test_a_wrong_password_is_told(live: Live) -> None:
    live.start()
    url = live.run(live.window.csms.start(live.session.emulator.clock))
    live.window.csms.csms.passwords["CP001"] = "the right password"
    live.window.bar.url.setText(url)
    live.do(lambda: live.window.bar.profile.setCurrentIndex(1))
    live.window.bar.details.setChecked(True)
    assert live.window.details.isVisible()
    live.type(live.window.details.password, "the wrong password")
    live.click(live.window.bar.button)
    live.until(lambda: "Wrong credentials" in live.window.bar.pill.word.text)
    live.type(live.window.details.password, "the right password")
    assert live.window.bar.button.text() == "Reconnect"
    live.click(live.window.bar.button)
    live.until(lambda: live.state() == "accepted")
    # Kept by the station, not in the workspace.
    assert live.session.connection_fields().password == "the right password"


def test_no_common_version_is_told(live: Live) -> None:
    live.start()
    live.window.bar.set_fields(live.session.connection_fields()._replace(ocpp=("9.9",)), in_use=False)
    assert live.window.bar.versions.currentText() == "OCPP 9.9"
    assert live.window.bar.fields().ocpp == ("9.9",)


def test_pending_and_rejected_show_with_their_times(live: Live) -> None:
    live.start()
    live.run(live.window.csms.start(live.session.emulator.clock))
    live.window.csms.csms.on_boot("Pending", 60)
    live.window.bar.url.setText(live.window.csms.url)
    live.click(live.window.bar.button)
    live.until(lambda: live.window.bar.pill.word.text.startswith("Pending"))
    assert live.window.bar.pill.word.tone == "warning"


def test_another_identity_is_another_station_in_the_same_tab(live: Live) -> None:
    live.connect()
    live.perform("plug")
    live.type(live.window.bar.identity, "OTHER")
    assert live.window.bar.button.text() == "Switch to OTHER"
    live.click(live.window.bar.button)
    live.until(lambda: live.session.identity == "OTHER" and live.state() == "accepted")
    assert live.window.sessions.identities() == ["OTHER"]
    assert not live.snapshot["evses"][0]["connectors"][0]["plugged"]


def test_the_clock_is_set_from_the_bar(live: Live) -> None:
    live.connect()
    clock = live.window.bar.clock
    live.do(clock.speed_actions()[2].trigger)
    live.until(lambda: live.snapshot["clock"]["speed"] == 60)
    live.do(clock.freeze_action().trigger)
    live.until(lambda: live.snapshot["clock"]["frozen"])
    live.session.bridge.refresh()
    assert "stands" in clock.accessibleDescription()
    live.do(clock.freeze_action().trigger)
    live.do(clock.speed_actions()[0].trigger)
    live.until(lambda: live.snapshot["clock"]["speed"] == 1 and not live.snapshot["clock"]["frozen"])


def test_nothing_in_the_bar_is_cut_at_1280_and_1440(live: Live) -> None:
    live.connect()
    for width in (1280, 1440):
        live.window.resize(width, 800)
        live.pause()
        bar = live.window.bar
        for combo in (bar.versions, bar.profile):
            assert combo.width() >= combo.sizeHint().width()
        for widget in (bar.button, bar.clock, bar.pill):
            assert widget.width() >= widget.minimumSizeHint().width()
        assert bar.url.width() >= 200
        assert bar.versions.itemData(0, SHORT) == "2.0.1, 1.6"


def test_every_control_of_the_bar_has_a_name_and_is_reached_by_tab(live: Live) -> None:
    live.pause()
    bar = live.window.bar
    widgets = [
        bar.tabs.add_button,
        bar.url,
        bar.identity,
        bar.versions,
        bar.profile,
        bar.details,
        bar.button,
        bar.clock,
    ]
    for widget in widgets:
        assert widget.accessibleName() or widget.text()
        assert widget.toolTip() or widget is bar.clock
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
