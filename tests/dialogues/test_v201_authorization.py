"""Whether a token may charge in 2.0.1: the CSMS, the cache, being offline (C01, C05, C10 to C12, C15, E05)."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.domain.errors import ActionRefused
from emulator.domain.tokens import IdToken, TokenInfo
from tests.support.dialogue import SILENCE, Dialogue, Refuse
from tests.support.stations import ID_TOKEN, TOKEN, charging, events, one_socket, transaction_id

ACCEPTED = {"idTokenInfo": {"status": "Accepted"}}
INVALID = {"idTokenInfo": {"status": "Invalid"}}


def cached(d: Dialogue) -> dict[str, str]:
    return {row["id_token"]: row["status"] for row in d.state("lists")["cache"]}


@pytest.mark.req("C01.FR.02", "C01.FR.07")
@pytest.mark.parametrize("status", ["Blocked", "Expired", "Invalid", "NoCredit", "NotAtThisLocation", "Unknown"])
async def test_a_refused_token_starts_nothing(status: str) -> None:
    async with Dialogue("2.0.1", answers={"Authorize": {"idTokenInfo": {"status": status}}}) as d:
        await d.perform("plug", evse=1)
        await d.expect("TransactionEvent", eventType="Started")
        assert await d.perform("swipe", id_token=TOKEN) == {"status": status}
        await d.expect("Authorize", idToken=ID_TOKEN)
        await d.expect_none("TransactionEvent")
        assert d.state("meters")[0]["power_w"] == 0


@pytest.mark.parametrize("answer", [Refuse(), {"idTokenInfo": {}}])
async def test_an_answer_that_is_none_starts_nothing(answer: Any) -> None:
    async with Dialogue("2.0.1", answers={"Authorize": answer}) as d:
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token=TOKEN) == {"status": "Unknown"}
        await d.expect("Authorize")
        assert events(d) == [("Started", "CablePluggedIn", "EVConnected")]


@pytest.mark.req("C01.FR.20", "C01.FR.21")
async def test_a_token_for_one_evse_only_charges_there() -> None:
    only_2 = {"idTokenInfo": {"status": "Accepted", "evseId": [2]}}
    async with Dialogue("2.0.1", answers={"Authorize": only_2}) as d:
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token=TOKEN, evse=1) == {"status": "NotAllowedTypeEVSE"}
        assert events(d) == [("Started", "CablePluggedIn", "EVConnected")]
        await d.perform("plug", evse=2)
        assert await d.perform("swipe", id_token=TOKEN) == {"status": "Accepted"}
        assert [evse["authorized"] is not None for evse in d.state("evses")] == [False, True]


@pytest.mark.req("C01.FR.21")
async def test_a_waiting_driver_may_not_plug_in_elsewhere() -> None:
    only_2 = {"idTokenInfo": {"status": "Accepted", "evseId": [2]}}
    async with Dialogue("2.0.1", answers={"Authorize": only_2}) as d:
        await d.perform("swipe", id_token=TOKEN)
        await d.perform("plug", evse=1)
        assert d.state("evses")[0]["authorized"] is None
        await d.perform("plug", evse=2)
        assert d.state("evses")[1]["authorized"]["id_token"] == TOKEN


@pytest.mark.req("C01.FR.21")
async def test_a_remote_start_keeps_to_the_evses_of_the_token() -> None:
    only_2 = {"idTokenInfo": {"status": "Accepted", "evseId": [2]}}
    settings = {"AuthCtrlr.AuthorizeRemoteStart": "true"}
    async with Dialogue("2.0.1", answers={"Authorize": only_2}, settings=settings) as d:
        await d.perform("plug", evse=1)
        await d.call("RequestStartTransaction", evseId=1, remoteStartId=1, idToken=ID_TOKEN)
        assert d.state("evses")[0]["authorized"] is None
        await d.call("RequestStartTransaction", evseId=2, remoteStartId=2, idToken=ID_TOKEN)
        assert d.state("evses")[1]["authorized"]["id_token"] == TOKEN


async def test_a_token_that_the_message_has_no_room_for_is_invalid() -> None:
    async with Dialogue("2.0.1") as d:
        too_long = IdToken("X" * 37)
        verdict = await d.run(d.emulator.running.context.reader.present(too_long))
        assert verdict.status == "Invalid"
        await d.expect_none("Authorize")


async def test_one_reader_waits_for_one_driver_at_a_time() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token=TOKEN)
        with pytest.raises(ActionRefused, match="reader waits"):
            await d.perform("swipe", id_token="OTHER")
        assert d.state("reader")["waiting"]["id_token"] == TOKEN


# --- the cache


@pytest.mark.req("C10.FR.01", "C10.FR.04", "C12.FR.06", "C10.FR.02")
async def test_the_cache_holds_every_verdict_and_survives_a_restart() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token="GOOD", evse=1)
        d.answers["Authorize"] = {"idTokenInfo": {"status": "Blocked"}}
        await d.perform("swipe", id_token="BAD", evse=2)
        assert cached(d) == {"GOOD": "Accepted", "BAD": "Blocked"}
        await d.restart()
        assert cached(d) == {"GOOD": "Accepted", "BAD": "Blocked"}


@pytest.mark.req("C10.FR.05", "C12.FR.06")
async def test_the_answer_to_a_transaction_event_updates_the_cache() -> None:
    async with Dialogue("2.0.1", answers={"TransactionEvent": {"idTokenInfo": {"status": "NoCredit"}}}) as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        assert cached(d) == {TOKEN: "NoCredit"}


@pytest.mark.req("C10.FR.11")
async def test_a_cache_that_is_switched_off_holds_nothing() -> None:
    async with Dialogue("2.0.1", settings={"AuthCacheCtrlr.Enabled": "false"}) as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        assert cached(d) == {}


@pytest.mark.req("C05.FR.02")
async def test_tokens_that_the_csms_made_are_not_cached() -> None:
    async with Dialogue("2.0.1", answers={"TransactionEvent": ACCEPTED}) as d:
        await d.perform("plug", evse=1)
        central = {"idToken": "APP-1", "type": "Central"}
        await d.call("RequestStartTransaction", evseId=1, remoteStartId=1, idToken=central)
        await d.expect("TransactionEvent", triggerReason="RemoteStart", idToken=central)
        assert cached(d) == {}


@pytest.mark.req("C12.FR.02", "C12.FR.04")
async def test_a_known_token_charges_without_asking_where_that_is_set() -> None:
    async with Dialogue("2.0.1", settings={"AuthCtrlr.LocalPreAuthorize": "true"}) as d:
        await charging(d)
        await d.perform("unplug", evse=1)
        d.forget()
        await charging(d)
        assert "Authorize" not in d.actions()
        assert d.calls("TransactionEvent")[1]["idToken"] == ID_TOKEN


@pytest.mark.req("C10.FR.03", "C12.FR.05")
async def test_a_token_known_as_refused_is_asked_again() -> None:
    settings = {"AuthCtrlr.LocalPreAuthorize": "true"}
    async with Dialogue("2.0.1", answers={"Authorize": INVALID}, settings=settings) as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        d.answers["Authorize"] = ACCEPTED
        d.forget()
        assert await d.perform("swipe", id_token=TOKEN, evse=1) == {"status": "Accepted"}
        await d.expect("Authorize")


@pytest.mark.req("C10.FR.08", "C10.FR.10")
async def test_a_cached_token_is_forgotten_after_its_life_time() -> None:
    settings = {"AuthCtrlr.LocalPreAuthorize": "true", "AuthCacheCtrlr.LifeTime": 3600}
    async with Dialogue("2.0.1", settings=settings) as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.advance(3599)
        d.forget()
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect_none("Authorize")  # that verdict came by the TransactionEvent an hour ago
        await d.advance(3601)
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect("Authorize")


@pytest.mark.req("C10.FR.08", "C10.FR.13")
async def test_a_cached_token_lives_as_long_as_the_csms_says() -> None:
    until = {"status": "Accepted", "cacheExpiryDateTime": "2026-01-05T15:00:00Z"}
    settings = {"AuthCtrlr.LocalPreAuthorize": "true", "AuthCacheCtrlr.LifeTime": 60}
    answers = {"Authorize": {"idTokenInfo": until}, "TransactionEvent": {}}
    async with Dialogue("2.0.1", settings=settings, answers=answers) as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.advance(2 * 3600)
        d.forget()
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect_none("Authorize")
        await d.advance(1.5 * 3600)
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect("Authorize")


@pytest.mark.req("C10.FR.10")
async def test_an_expiry_in_the_past_keeps_a_token_out_of_the_cache() -> None:
    past = {"status": "Accepted", "cacheExpiryDateTime": "2026-01-05T11:59:59Z"}
    async with Dialogue("2.0.1", answers={"TransactionEvent": {"idTokenInfo": past}}) as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        await d.expect("TransactionEvent", eventType="Started")
        assert cached(d) == {}


@pytest.mark.req("C11.FR.01", "C11.FR.02", "C11.FR.03")
async def test_the_csms_clears_the_cache() -> None:
    async with Dialogue("2.0.1") as d:
        await d.perform("swipe", id_token=TOKEN, evse=1)
        assert cached(d) == {TOKEN: "Accepted"}
        assert await d.call("ClearCache") == {"status": "Accepted"}
        assert cached(d) == {}


@pytest.mark.req("C11.FR.04")
async def test_a_cache_that_is_switched_off_cannot_be_cleared() -> None:
    async with Dialogue("2.0.1", settings={"AuthCacheCtrlr.Enabled": "false"}) as d:
        answer = await d.call("ClearCache")
        assert (answer["status"], answer["statusInfo"]["reasonCode"]) == ("Rejected", "NotEnabled")


# --- offline


@pytest.mark.req("C15.FR.08", "C15.FR.01", "C15.FR.02")
async def test_unknown_tokens_charge_offline_where_that_is_allowed() -> None:
    settings = {"AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
    async with Dialogue("2.0.1", settings=settings, answers={"TransactionEvent": {}}) as d:
        d.server.offline = True
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token=TOKEN) == {"status": "Accepted"}
        assert cached(d) == {}
        d.server.offline = False
        await d.advance(30)
        await d.expect("TransactionEvent", triggerReason="Authorized", idToken=ID_TOKEN, offline=True)


async def test_unknown_tokens_do_not_charge_offline_otherwise() -> None:
    async with Dialogue("2.0.1") as d:
        d.server.offline = True
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token=TOKEN) == {"status": "Unknown"}


@pytest.mark.parametrize(("allowed", "verdict"), [("true", "Accepted"), ("false", "Unknown")])
async def test_known_tokens_charge_offline_where_that_is_allowed(allowed: str, verdict: str) -> None:
    async with Dialogue("2.0.1", settings={"AuthCtrlr.LocalAuthorizeOffline": allowed}) as d:
        await charging(d)
        await d.perform("unplug", evse=1)
        d.server.offline = True
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token=TOKEN) == {"status": verdict}


async def test_a_silent_csms_is_as_good_as_none() -> None:
    settings = {"OCPPCommCtrlr.MessageTimeout[Default]": 5, "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true"}
    async with Dialogue("2.0.1", settings=settings, answers={"Authorize": SILENCE}) as d:
        assert await d.perform("swipe", id_token=TOKEN, evse=1) == {"status": "Accepted"}


# --- the verdict that comes with the answer to a TransactionEvent


async def refused_later(d: Dialogue) -> None:
    """Plug in and swipe; the CSMS accepts at first, and not when it hears of the transaction."""
    d.answers["TransactionEvent"] = lambda call: INVALID if "idToken" in call else {}
    await d.perform("plug", evse=1)
    await d.perform("swipe", id_token=TOKEN)


@pytest.mark.req("E05.FR.10", "C15.FR.04", "E06.FR.04")
@pytest.mark.parametrize("points", ["Authorized", "PowerPathClosed", "EVConnected,Authorized"])
async def test_a_refusal_ends_the_transaction(points: str) -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": points}) as d:
        await refused_later(d)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="Deauthorized")
        assert event["transactionInfo"]["stoppedReason"] == "DeAuthorized"
        assert "idToken" not in event
        assert d.state("meters")[0]["power_w"] == 0


@pytest.mark.req("E05.FR.09", "C15.FR.03")
async def test_a_refusal_only_stops_the_energy_where_the_stop_point_is_the_cable() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "EVConnected"}) as d:
        await refused_later(d)
        await d.expect("TransactionEvent", eventType="Updated", triggerReason="Deauthorized")
        await d.expect("TransactionEvent", eventType="Updated", transactionInfo={"chargingState": "EVConnected"})
        await d.perform("unplug", evse=1)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="EVCommunicationLost")
        assert event["transactionInfo"]["stoppedReason"] == "DeAuthorized"


@pytest.mark.req("E05.FR.02", "C15.FR.06")
async def test_a_refusal_suspends_where_the_transaction_may_go_on() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.StopTxOnInvalidId": "false"}) as d:
        await refused_later(d)
        state = {"chargingState": "SuspendedEVSE"}
        await d.expect(
            "TransactionEvent", eventType="Updated", triggerReason="ChargingStateChanged", transactionInfo=state
        )
        assert d.state("meters")[0]["power_w"] == 0
        await d.advance(600)
        assert "Ended" not in [kind for kind, _, _ in events(d)]
        await d.perform("swipe", id_token=TOKEN)
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")


@pytest.mark.req("E05.FR.03", "C15.FR.07")
async def test_a_refused_token_gets_as_much_energy_as_is_allowed() -> None:
    settings = {"TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.MaxEnergyOnInvalidId": 1100}
    async with Dialogue("2.0.1", settings=settings) as d:
        await refused_later(d)
        await d.advance(359)  # 11 kW
        assert d.state("meters")[0]["power_w"] == 11_000
        await d.advance(2)
        await d.expect(
            "TransactionEvent", triggerReason="ChargingStateChanged", transactionInfo={"chargingState": "SuspendedEVSE"}
        )
        assert d.state("meters")[0]["energy_wh"] == pytest.approx(1100, abs=1)


@pytest.mark.req("E05.FR.03")
async def test_a_pause_of_the_car_does_not_cost_it_the_energy_that_is_allowed() -> None:
    settings = {"TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.MaxEnergyOnInvalidId": 1100}
    async with Dialogue("2.0.1", settings=settings) as d:
        d.answers["TransactionEvent"] = lambda call: INVALID if "idToken" in call else {}
        await d.perform("plug", evse=1, vehicle={"name": "Sleeper", "ready": False})
        await d.perform("swipe", id_token=TOKEN)
        await d.advance(60)
        assert events(d)[-1][2] == "SuspendedEV"
        await d.perform("vehicle", evse=1, ready=True)
        await d.advance(300)
        assert d.state("meters")[0]["power_w"] == 11_000
        await d.advance(100)
        assert d.state("meters")[0]["energy_wh"] == pytest.approx(1100, abs=1)


@pytest.mark.req("E05.FR.02")
async def test_a_refusal_ends_the_transaction_by_the_end_of_energy() -> None:
    settings = {"TxCtrlr.StopTxOnInvalidId": "false", "TxCtrlr.TxStopPoint": "EnergyTransfer"}
    async with Dialogue("2.0.1", settings=settings) as d:
        await refused_later(d)
        event = await d.expect("TransactionEvent", eventType="Ended", triggerReason="ChargingStateChanged")
        assert event["transactionInfo"]["stoppedReason"] == "DeAuthorized"


@pytest.mark.req("E05.FR.11", "C15.FR.05")
async def test_a_refused_driver_does_not_lose_the_cable_to_others() -> None:
    async with Dialogue("2.0.1", configuration=one_socket()) as d:
        await refused_later(d)
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="Deauthorized")
        with pytest.raises(ActionRefused, match="locked"):
            await d.perform("unplug", evse=1, side="station")
        await d.perform("swipe", id_token=TOKEN)
        await d.perform("unplug", evse=1, side="station")


@pytest.mark.req("E05.FR.10")
async def test_a_refusal_of_the_token_that_stopped_changes_nothing() -> None:
    async with Dialogue("2.0.1", settings={"TxCtrlr.TxStopPoint": "EVConnected"}) as d:
        await charging(d)
        await d.perform("plug", evse=2)
        await d.perform("swipe", id_token="OTHER")
        d.answers["TransactionEvent"] = INVALID
        await d.perform("swipe", id_token=TOKEN)  # ends the first
        assert d.state("evses")[1]["authorized"]["id_token"] == "OTHER"


@pytest.mark.req("E05.FR.10")
async def test_a_verdict_on_a_token_that_no_longer_charges_changes_nothing() -> None:
    async with Dialogue("2.0.1") as d:
        transaction = await charging(d)
        transactions = d.emulator.running.context.transactions
        transactions.token_info_received(transaction, IdToken("SISTER"), TokenInfo("Invalid"))
        await d.settle()
        assert d.state("meters")[0]["power_w"] == 11_000
        transactions.token_info_received(transaction, IdToken(TOKEN), TokenInfo("Invalid"))
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="Deauthorized")


@pytest.mark.req("C09.FR.12", "C09.FR.03")
async def test_the_group_that_comes_with_the_answer_counts() -> None:
    group = {"idToken": "FAMILY", "type": "Central"}
    of_group = {"idTokenInfo": {"status": "Accepted", "groupIdToken": group}}
    async with Dialogue("2.0.1", answers={"TransactionEvent": of_group}) as d:
        await charging(d)
        d.answers["Authorize"] = of_group
        await d.perform("swipe", id_token="SISTER")
        await d.expect("TransactionEvent", eventType="Ended", triggerReason="StopAuthorized")
        assert transaction_id(d)
