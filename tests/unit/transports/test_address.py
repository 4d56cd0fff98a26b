"""The connection URL and what is said about a bad one."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import ConnectionProfile
from emulator.transports.address import address_of


def profile(url: str, identity: str = "CP001", **more: Any) -> ConnectionProfile:
    return ConnectionProfile(url, identity, ("1.6",), **more)


@pytest.mark.parametrize(
    ("url", "identity", "expected"),
    [
        # The examples of OCPP-J section 3.1.1.
        ("ws://centralsystem.example.com/ocpp", "CP001", "ws://centralsystem.example.com/ocpp/CP001"),
        ("wss://centralsystem.example.com/ocppj", "RDAM 123", "wss://centralsystem.example.com/ocppj/RDAM%20123"),
        ("ws://host:9000", "CP1", "ws://host:9000/CP1"),
        ("ws://host:9000/", "CP1", "ws://host:9000/CP1"),
        ("ws://host/ocpp/", "CP1", "ws://host/ocpp/CP1"),
        ("ws://host/ocpp?tenant=a%20b&x=1", "CP1", "ws://host/ocpp/CP1?tenant=a%20b&x=1"),
        ("ws://host/a b".replace(" ", "%20"), "a/b?c#d%é", "ws://host/a%20b/a%2Fb%3Fc%23d%25%C3%A9"),
        ("WS://Host:80/ocpp", "CP1", "ws://host/ocpp/CP1"),
        ("wss://host:443", "CP1", "wss://host/CP1"),
        ("ws://[::1]:9000/ocpp", "CP1", "ws://[::1]:9000/ocpp/CP1"),
        ("ws://bücher.example/über", "CP1", "ws://xn--bcher-kva.example/%C3%BCber/CP1"),
    ],
)
def test_the_identity_is_appended(url: str, identity: str, expected: str) -> None:
    assert address_of(profile(url, identity)).url == expected


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "There is no URL"),
        ("localhost:9000/ocpp", "does not start with ws:// or wss://"),
        ("ftp://host/ocpp", "does not start with ws:// or wss://"),
        ("ws:/host/ocpp", "does not start with ws:// or wss://"),
        ("https://host/ocpp", "is a web address"),
        ("ws:///ocpp", "names no host"),
        ("ws://:9000/ocpp", "names no host"),
        ("ws://host:port/ocpp", "port"),
        ("ws://host:0/ocpp", "port"),
        ("ws://host:70000/ocpp", "port"),
        ("ws://[::1/ocpp", "cannot be understood"),
        ("ws://ho st/ocpp", "space or a control character"),
        ("ws://host/ocpp\n", "space or a control character"),
        ("ws://host/ocpp#x", "fragment"),
        (f"ws://{'ü' * 70}.example/", "not a valid name"),
    ],
)
def test_a_bad_url_is_explained(url: str, says: str) -> None:
    with pytest.raises(ConnectionFailed) as failed:
        address_of(profile(url))
    assert failed.value.problem is ConnectionProblem.INVALID_URL
    assert says in failed.value.sentence
    assert failed.value.hint


@pytest.mark.parametrize("url", ["ws://me:secret@host/ocpp", "ws://me:secret@host /ocpp", "http://me:secret@host/"])
def test_a_password_in_the_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConnectionFailed) as failed:
        address_of(profile(url))
    assert "secret" not in str(failed.value)


def test_https_gets_the_address_to_try() -> None:
    with pytest.raises(ConnectionFailed) as failed:
        address_of(profile("https://host/ocpp"))
    assert "wss://host/ocpp" in failed.value.hint


def test_a_station_without_an_identity_does_not_connect() -> None:
    with pytest.raises(ConnectionFailed, match="no identity"):
        address_of(profile("ws://host/", identity=""))


@pytest.mark.req("A00.FR.312", "A00.FR.415")
@pytest.mark.parametrize("security_profile", [2, 3])
def test_profiles_with_tls_refuse_ws(security_profile: int) -> None:
    with pytest.raises(ConnectionFailed, match="needs TLS"):
        address_of(profile("ws://host/", security_profile=security_profile))
