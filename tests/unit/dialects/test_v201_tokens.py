"""Tokens and what is known of them, between the wire of 2.0.1 and the domain."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from emulator.dialects.v201.authorization import id_token, token, token_info
from emulator.domain.tokens import Authorization, IdToken, TokenInfo


@pytest.mark.req("C01.FR.25")
def test_tokens_are_the_same_by_value_and_type():
    wire = {"idToken": "ab12", "type": "ISO14443", "additionalInfo": [{"additionalIdToken": "x", "type": "y"}]}
    assert token(wire).same_as(IdToken("AB12", "ISO14443"))
    assert not token(wire).same_as(IdToken("AB12", "Central"))
    assert id_token(token(wire)) == {"idToken": "ab12", "type": "ISO14443"}


@pytest.mark.req("C01.FR.19", "C01.FR.20", "C09.FR.02", "C10.FR.13")
def test_everything_that_counts_is_taken_from_the_answer():
    info = token_info(
        {
            "status": "Accepted",
            "cacheExpiryDateTime": "2026-01-05T13:00:00+01:00",
            "groupIdToken": {"idToken": "G", "type": "Central"},
            "evseId": [2, 3],
            "chargingPriority": 3,
            "language1": "nl",
        }
    )
    assert info == TokenInfo("Accepted", IdToken("G", "Central"), datetime(2026, 1, 5, 12, tzinfo=UTC), (2, 3))
    assert token_info({"status": "Blocked"}) == TokenInfo("Blocked")


@pytest.mark.req("C01.FR.21", "C01.FR.19")
@pytest.mark.parametrize(
    ("info", "allowed"),
    [
        (TokenInfo("Accepted"), {0, 1, 2}),
        (TokenInfo("Accepted", evse_ids=(2,)), {0, 2}),
        (TokenInfo("Blocked", evse_ids=(2,)), set()),
    ],
)
def test_on_which_evses_a_token_may_charge(info: TokenInfo, allowed: set[int]):
    assert {evse for evse in (0, 1, 2) if info.allows(evse)} == allowed


@pytest.mark.req("C09.FR.03")
def test_a_group_covers_its_tokens():
    family = IdToken("FAMILY", "Central")
    held = Authorization(IdToken("A"), family)
    assert held.covers(IdToken("A"))
    assert held.covers(IdToken("B"), family)
    assert not held.covers(IdToken("B"), IdToken("OTHERS", "Central"))
    assert not Authorization(IdToken("A")).covers(IdToken("B"))
