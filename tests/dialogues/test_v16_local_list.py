"""The Local Authorization List of 1.6: sections 3.5.2 to 3.5.4, 5.10, 5.15, 9.2."""

from __future__ import annotations

import time
from typing import Any

import pytest

from emulator.services import authorization, local_list
from emulator.storage.database import Database
from tests.support.dialogue import Dialogue

ACCEPTED = {"status": "Accepted"}
FAILED = {"status": "Failed"}
MISMATCH = {"status": "VersionMismatch"}
FULL, DIFFERENTIAL = "Full", "Differential"


def entry(tag: str, status: str | None = "Accepted", **info: Any) -> dict[str, Any]:
    """AuthorizationData; status None: without idTagInfo."""
    return {"idTag": tag} if status is None else {"idTag": tag, "idTagInfo": {"status": status, **info}}


async def send(d: Dialogue, version: int, entries: list[dict[str, Any]] | None, kind: str = FULL) -> Any:
    payload: dict[str, Any] = {"listVersion": version, "updateType": kind}
    return await d.call("SendLocalList", payload if entries is None else {**payload, "localAuthorizationList": entries})


async def version(d: Dialogue) -> int:
    return int((await d.call("GetLocalListVersion"))["listVersion"])


def listed(d: Dialogue) -> dict[str, str]:
    return {row["id_token"]: row["status"] for row in d.state("lists")["local_list"]}


@pytest.mark.req("1.6:5.10", "1.6:5.15")
async def test_a_full_list_replaces_and_a_differential_one_adds_updates_and_deletes() -> None:
    async with Dialogue("1.6") as d:
        assert await version(d) == 0
        assert await send(d, 7, [entry("A"), entry("B"), entry("C", "Blocked")]) == ACCEPTED
        assert await version(d) == 7
        change = [entry("A", "Blocked"), entry("B", None), entry("D"), entry("NOBODY", None)]
        assert await send(d, 8, change, DIFFERENTIAL) == ACCEPTED
        assert (await version(d), listed(d)) == (8, {"A": "Blocked", "C": "Blocked", "D": "Accepted"})
        assert await send(d, 3, [entry("E")]) == ACCEPTED  # a full one may count from anew
        assert (await version(d), listed(d)) == (3, {"E": "Accepted"})


@pytest.mark.req("1.6:7.47")
async def test_a_change_that_is_not_newer_is_refused() -> None:
    async with Dialogue("1.6") as d:
        await send(d, 5, [entry("A")])
        for old in (5, 4, 1):
            assert await send(d, old, [entry("B")], DIFFERENTIAL) == MISMATCH
        assert (await version(d), listed(d)) == (5, {"A": "Accepted"})
        assert await send(d, 6, [entry("B")], DIFFERENTIAL) == ACCEPTED


@pytest.mark.req("1.6:6.41")
async def test_versions_that_mean_something_else() -> None:
    async with Dialogue("1.6") as d:
        for kind in (FULL, DIFFERENTIAL):
            assert await send(d, 0, [entry("A")], kind) == FAILED
            assert await send(d, -1, [entry("A")], kind) == FAILED
        assert listed(d) == {}


@pytest.mark.req("1.6:6.41")
async def test_no_list_at_all() -> None:
    async with Dialogue("1.6") as d:
        await send(d, 2, [entry("A")])
        assert await send(d, 3, None, DIFFERENTIAL) == ACCEPTED
        assert (await version(d), listed(d)) == (3, {"A": "Accepted"})
        assert await send(d, 4, [], DIFFERENTIAL) == ACCEPTED
        assert (await version(d), listed(d)) == (4, {"A": "Accepted"})
        assert await send(d, 5, None) == ACCEPTED
        assert (await version(d), listed(d)) == (0, {})  # section 5.10: 0 tells an empty list
        assert await send(d, 1, [entry("B")], DIFFERENTIAL) == ACCEPTED
        assert await send(d, 2, [entry("B", None)], DIFFERENTIAL) == ACCEPTED
        assert await version(d) == 0


@pytest.mark.req("1.6:6.41", "1.6:7.1")
async def test_lists_that_cannot_be_taken_change_nothing() -> None:
    async with Dialogue("1.6") as d:
        await send(d, 2, [entry("A")])
        for kind in (FULL, DIFFERENTIAL):
            assert await send(d, 9, [entry("X"), entry("Y"), entry("x")], kind) == FAILED  # twice: case does not count
        assert await send(d, 9, [entry("X"), entry("Y", None)]) == FAILED
        assert (await version(d), listed(d)) == (2, {"A": "Accepted"})
        bad_dates = await send(d, 9, [entry("X", expiryDate="tomorrow")])
        assert bad_dates["error"] == "TypeConstraintViolation"
        assert (await send(d, 9, [entry("X" * 21)]))["error"] == "PropertyConstraintViolation"
        assert (await send(d, 9, [entry("X", "Splendid")]))["error"] == "PropertyConstraintViolation"
        assert (await send(d, 9, [], "Partial"))["error"] == "PropertyConstraintViolation"
        assert (await version(d), listed(d)) == (2, {"A": "Accepted"})


@pytest.mark.req("1.6:9.2.2", "1.6:9.2.3")
async def test_lists_that_are_too_long() -> None:
    settings = {"LocalAuthListCtrlr.ItemsPerMessage": 3}
    async with Dialogue("1.6", settings=settings) as d:
        keys = await d.call("GetConfiguration", key=["LocalAuthListMaxLength", "SendLocalListMaxLength"])
        assert [row["value"] for row in keys["configurationKey"]] == ["20000", "3"]
        assert await send(d, 1, [entry(tag) for tag in "ABCD"]) == FAILED
        assert await send(d, 1, [entry(tag) for tag in "ABC"]) == ACCEPTED
    async with Dialogue("1.6") as d:
        for number in range(2):
            tags = [entry(f"T{number}-{n}") for n in range(10_000)]
            assert await send(d, number + 1, tags, DIFFERENTIAL) == ACCEPTED
        assert await send(d, 3, [entry("ONE MORE")], DIFFERENTIAL) == FAILED
        swap = [entry("T0-0", None), entry("ONE MORE")]
        assert await send(d, 3, swap, DIFFERENTIAL) == ACCEPTED
        assert len(listed(d)) == 20_000


@pytest.mark.req("1.6:9.2.1")
async def test_a_list_that_is_switched_off_neither_counts_nor_changes() -> None:
    async with Dialogue("1.6", settings={"LocalPreAuthorize": "true"}) as d:
        await send(d, 2, [entry("A")])
        assert await d.call("ChangeConfiguration", key="LocalAuthListEnabled", value="false") == ACCEPTED
        assert await version(d) == -1
        assert await send(d, 3, [entry("B")]) == {"status": "NotSupported"}
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="A")
        await d.expect("Authorize", idTag="A")
        assert await d.call("ChangeConfiguration", key="LocalAuthListEnabled", value="true") == ACCEPTED
        assert (await version(d), listed(d)) == (2, {"A": "Accepted"})


async def test_the_profile_is_told() -> None:
    async with Dialogue("1.6") as d:
        answer = await d.call("GetConfiguration", key=["SupportedFeatureProfiles", "LocalAuthListEnabled"])
        assert "LocalAuthListManagement" in answer["configurationKey"][0]["value"].split(",")
        assert answer["configurationKey"][1] == {"key": "LocalAuthListEnabled", "readonly": False, "value": "true"}


@pytest.mark.req("1.6:3.5.2")
async def test_the_list_outlives_a_power_cut() -> None:
    async with Dialogue("1.6", settings={"LocalPreAuthorize": "true"}) as d:
        await send(d, 4, [entry("A"), entry("B", "Invalid")])
        await d.restart()
        assert (await version(d), listed(d)) == (4, {"A": "Accepted", "B": "Invalid"})
        await d.perform("plug", evse=1)
        assert await d.perform("swipe", id_token="A") == ACCEPTED
        await d.expect_none("Authorize")


# --- authorization by the list


@pytest.mark.req("1.6:3.5", "1.6:4.1")
async def test_pre_authorization_by_the_list() -> None:
    async with Dialogue("1.6", settings={"LocalPreAuthorize": "true"}) as d:
        await send(d, 1, [entry("FRIEND"), entry("foe", "Blocked")])
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="friend")  # idTags are compared without regard to case
        await d.expect("StartTransaction", idTag="friend")
        assert "Authorize" not in d.actions()
        await d.perform("plug", evse=2)
        await d.perform("swipe", id_token="foe", evse=2)
        await d.expect("Authorize", idTag="foe")  # section 4.1: what is not valid is asked again


@pytest.mark.req("1.6:3.5")
async def test_without_pre_authorization_the_central_system_is_asked() -> None:
    async with Dialogue("1.6", settings={"LocalPreAuthorize": "false"}) as d:
        await send(d, 1, [entry("FRIEND")])
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="FRIEND")
        await d.expect("Authorize", idTag="FRIEND")


@pytest.mark.req("1.6:3.5.4")
@pytest.mark.parametrize("unknown", ["true", "false"])
async def test_offline_the_list_decides_also_where_unknown_tokens_may_charge(unknown: str) -> None:
    settings = {"LocalAuthorizeOffline": "true", "AllowOfflineTxForUnknownId": unknown}
    async with Dialogue("1.6", settings=settings) as d:
        entries = [
            entry("GOOD"),
            entry("LATER", expiryDate="2026-01-05T13:00:00Z"),
            *(entry(status, status) for status in ("Blocked", "Expired", "Invalid")),
        ]
        await send(d, 1, entries)
        d.server.offline = True
        await d.settle()
        for status in ("Blocked", "Expired", "Invalid"):
            assert await d.perform("swipe", id_token=status, evse=1) == {"status": status}
        stranger = await d.perform("swipe", id_token="STRANGER", evse=1)
        assert (stranger == ACCEPTED) is (unknown == "true")
        assert await d.perform("swipe", id_token="LATER", evse=2) == ACCEPTED
        await d.advance(7200)
        assert await d.perform("swipe", id_token="LATER", evse=2) == {"status": "Expired"}
        assert await d.perform("swipe", id_token="GOOD", evse=2) == ACCEPTED


@pytest.mark.req("1.6:3.5")
async def test_offline_without_local_authorization_nobody_of_the_list_charges() -> None:
    settings = {"LocalAuthorizeOffline": "false", "AllowOfflineTxForUnknownId": "true"}
    async with Dialogue("1.6", settings=settings) as d:
        await send(d, 1, [entry("GOOD"), entry("BAD", "Invalid")])
        d.server.offline = True
        await d.settle()
        assert await d.perform("swipe", id_token="BAD", evse=1) == {"status": "Unknown"}
        assert await d.perform("swipe", id_token="GOOD", evse=1) == {"status": "Unknown"}
        assert await d.perform("swipe", id_token="STRANGER", evse=1) == ACCEPTED


@pytest.mark.req("1.6:3.5.2", "1.6:3.5.4")
async def test_an_entry_expires() -> None:
    async with Dialogue("1.6", settings={"LocalPreAuthorize": "true"}) as d:
        await send(d, 1, [entry("A", expiryDate="2026-01-05T12:10:00+00:00")])
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="A")
        await d.expect_none("Authorize")
        await d.perform("swipe", id_token="A")
        await d.advance(601)
        await d.perform("swipe", id_token="A")
        await d.expect("Authorize", idTag="A")


@pytest.mark.req("1.6:3.10")
async def test_a_parent_in_the_list_lets_the_family_stop() -> None:
    async with Dialogue("1.6", settings={"LocalPreAuthorize": "true"}) as d:
        await send(d, 1, [entry("MUM", parentIdTag="HOME"), entry("DAD", parentIdTag="HOME")])
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="MUM")
        await d.perform("swipe", id_token="DAD")
        await d.expect("StopTransaction", idTag="DAD", reason="Local")
        assert "Authorize" not in d.actions()


# --- list and cache


CACHE = {"AuthorizationCacheEnabled": "true", "LocalPreAuthorize": "true", "LocalAuthorizeOffline": "true"}


@pytest.mark.req("1.6:3.5.3")
async def test_a_token_of_the_list_is_never_in_the_cache() -> None:
    async with Dialogue("1.6", settings={**CACHE, "LocalPreAuthorize": "false"}) as d:
        for tag in ("A", "B"):
            await d.perform("plug", evse=1)
            await d.perform("swipe", id_token=tag)
            await d.perform("swipe", id_token=tag)
            await d.perform("unplug", evse=1)
        assert {row["id_token"] for row in d.state("lists")["cache"]} == {"A", "B"}
        assert await send(d, 1, [entry("A"), entry("C")]) == ACCEPTED
        assert {row["id_token"] for row in d.state("lists")["cache"]} == {"B"}
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="C")
        await d.expect("StartTransaction", idTag="C")
        assert {row["id_token"] for row in d.state("lists")["cache"]} == {"B"}
        assert await d.call("ClearCache") == ACCEPTED
        assert set(listed(d)) == {"A", "C"}


@pytest.mark.req("1.6:3.5.3")
async def test_the_list_goes_before_the_cache() -> None:
    async with Dialogue("1.6", settings=CACHE) as d:
        await d.call("ChangeConfiguration", key="LocalAuthListEnabled", value="false")
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="A")
        await d.perform("swipe", id_token="A")
        await d.call("ChangeConfiguration", key="LocalAuthListEnabled", value="true")
        await send(d, 1, [entry("A", "Blocked")])
        d.server.offline = True
        await d.settle()
        assert await d.perform("swipe", id_token="A", evse=2) == {"status": "Blocked"}


@pytest.mark.req("1.6:3.5.2")
@pytest.mark.parametrize(("in_list", "told"), [("Accepted", "Blocked"), ("Invalid", "Accepted")])
async def test_a_conflict_is_told(in_list: str, told: str) -> None:
    verdict = {"idTagInfo": {"status": told}}
    answers = {"Authorize": verdict, "StartTransaction": {"transactionId": 5, **verdict}}
    settings = {"LocalPreAuthorize": "true", "StopTransactionOnInvalidId": "false"}
    async with Dialogue("1.6", settings=settings, answers=answers) as d:
        await send(d, 1, [entry("A", in_list)])
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="A")
        conflict = {"connectorId": 0, "status": "Available", "errorCode": "LocalListConflict"}
        await d.expect("StatusNotification", **conflict)
        assert listed(d) == {"A": in_list}  # the list itself is only changed by SendLocalList


@pytest.mark.req("1.6:3.5.2")
async def test_what_agrees_is_no_conflict() -> None:
    async with Dialogue("1.6", settings={"LocalPreAuthorize": "true"}) as d:
        await send(d, 1, [entry("A")])
        await d.perform("plug", evse=1)
        await d.perform("swipe", id_token="A")
        await d.perform("swipe", id_token="A")
        assert not [p for p in d.calls("StatusNotification") if p["errorCode"] != "NoError"]


@pytest.mark.req("1.6:3.5.1")
async def test_a_full_cache_loses_invalid_entries_first_then_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authorization, "CACHE_ENTRIES", 3)
    status = {"X": "Blocked"}
    answers = {"Authorize": lambda call: {"idTagInfo": {"status": status.get(call["idTag"], "Accepted")}}}
    async with Dialogue("1.6", settings={**CACHE, "LocalPreAuthorize": "false"}, answers=answers) as d:

        async def present(tag: str) -> set[str]:
            await d.perform("swipe", id_token=tag, evse=1)
            await d.advance(61)  # nobody plugs in
            return {row["id_token"] for row in d.state("lists")["cache"]}

        assert await present("A") == {"A"}
        assert await present("X") == {"A", "X"}
        assert await present("B") == {"A", "B", "X"}
        assert await present("C") == {"A", "B", "C"}
        assert await present("A") == {"A", "B", "C"}  # A is now the latest
        assert await present("D") == {"A", "C", "D"}
        await d.restart()
        assert await present("E") == {"A", "D", "E"}


@pytest.mark.req("1.6:3.5.1")
async def test_a_cache_entry_becomes_expired() -> None:
    answers = {"Authorize": {"idTagInfo": {"status": "Accepted", "expiryDate": "2026-01-05T12:05:00Z"}}}
    async with Dialogue("1.6", settings=CACHE, answers=answers) as d:
        await d.perform("swipe", id_token="A", evse=1)
        await d.advance(600)
        d.server.offline = True
        await d.settle()
        assert await d.perform("swipe", id_token="A", evse=1) == {"status": "Expired"}
        assert [row["status"] for row in d.state("lists")["cache"]] == ["Expired"]


# --- atomic and quick


async def test_a_list_goes_to_disk_in_one_step(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Dialogue("1.6") as d:
        await send(d, 2, [entry("A")])
        outside: list[str] = []
        put, clear = d.memory.put, d.memory.clear

        def watched(table: str, key: str, value: Any) -> None:
            if d.memory._deeds is None and table.startswith(local_list.TABLE):
                outside.append(key)
            put(table, key, value)

        def watched_clear(table: str) -> None:
            if d.memory._deeds is None:
                outside.append(table)
            clear(table)

        monkeypatch.setattr(d.memory, "put", watched)
        monkeypatch.setattr(d.memory, "clear", watched_clear)
        assert await send(d, 3, [entry(f"T{n}") for n in range(2000)]) == ACCEPTED
        assert await send(d, 4, [entry("T7", None), entry("NEW")], DIFFERENTIAL) == ACCEPTED
        assert not outside


async def test_ten_thousand_entries_on_a_real_disk(tmp_path: Any) -> None:
    entries = [entry(f"TAG{n:06}", parentIdTag=f"PARENT{n % 50}") for n in range(10_000)]
    with Database.open(tmp_path) as database:
        d = Dialogue("1.6")
        d.memory = database.memory("CP1")  # type: ignore[assignment]
        d.emulator = d._make()
        async with d:
            before = time.process_time()
            assert await send(d, 1, entries) == ACCEPTED
            spent_s = time.process_time() - before
            assert spent_s < 1.0  # 0.25 s is what it may take (packaging/bench measures); machines differ
            assert await version(d) == 1
            assert d.state("lists")["local_list"][9_999]["id_token"] == "TAG009999"
