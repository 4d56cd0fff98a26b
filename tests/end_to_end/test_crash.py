"""SIGKILL at any moment of sessions, online and offline: every transaction-related message arrives, in order.

One driver plugs, swipes and unplugs as fast as it can; the process is killed at random moments, also while it starts
and while it sends what an earlier life left. What must arrive is known from two sides: what the control socket told
before the kill, and what lay in the queue on disk after it.
"""

from __future__ import annotations

import asyncio
import json
import random
import shutil
import sqlite3
from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import pytest

from tests.support.forecourt_process import Control, RpcFailure, start
from tests.support.ocpp_csms import Csms, running_csms

KILLS = 50
# Real seconds from the start of the process to its end; it says its first word after some 0.15 s.
SHORTEST_LIFE_S, LONGEST_LIFE_S = 0.05, 0.75
TRANSACTION_RELATED = {"StartTransaction", "StopTransaction", "MeterValues", "TransactionEvent"}
SETTINGS = {
    "1.6": {
        "MeterValueSampleInterval": 1,
        "AllowOfflineTxForUnknownId": "true",
        "TransactionMessageAttempts": 1000,
        "TransactionMessageRetryInterval": 1,
    },
    "2.0.1": {
        "SampledDataCtrlr.TxUpdatedInterval": 1,
        "AuthCtrlr.OfflineTxForUnknownIdEnabled": "true",
        "OCPPCommCtrlr.MessageAttempts[TransactionEvent]": 1000,
        "OCPPCommCtrlr.MessageAttemptInterval[TransactionEvent]": 1,
    },
}
COMMON = {"OCPPCommCtrlr.RetryBackOffWaitMinimum": 1, "OCPPCommCtrlr.RetryBackOffRandomRange": 0}

Message = tuple[str, dict[str, Any]]


class Story:
    """The lives of one station."""

    def __init__(self, csms: Csms, ocpp: str, folder: Path, seed: int) -> None:
        self.csms = csms
        self.ocpp = ocpp
        self.folder = folder
        self.random = random.Random(seed)
        self.told: list[dict[str, Any]] = []
        self.left: list[tuple[int, list[Message]]] = []

    def options(self) -> list[str]:
        settings = {**COMMON, **SETTINGS[self.ocpp]}
        sets = [word for name, value in settings.items() for word in ("--set", f"{name}={value}")]
        return [
            "run", "--url", self.csms.url, "--id", self.ocpp, "--ocpp", self.ocpp, "--data", str(self.folder),
            "--clock-speed", "20", "--control", "0", *sets,
        ]  # fmt: skip

    async def live_and_die(self) -> None:
        """One life, from the start of the process to SIGKILL."""
        forecourt = await start(*self.options())
        driver = asyncio.create_task(self.drive(forecourt))
        await asyncio.sleep(self.random.uniform(SHORTEST_LIFE_S, LONGEST_LIFE_S))
        await forecourt.kill()
        await asyncio.gather(driver, return_exceptions=True)
        said = (await forecourt.process.stderr.read()).decode()
        assert "Traceback" not in said, said
        # What the system had taken from the process still arrives.
        await self.csms.until(lambda: self.ocpp not in self.csms.stations)
        self.left.append((len(self.received()), queue_on_disk(self.folder)))

    async def drive(self, forecourt: Any) -> None:
        await forecourt.read_address()
        async with forecourt.control() as control:
            try:
                await control.subscribe(kinds=["transaction"])
                await self.charge(control)
            finally:
                self.told += control.events

    async def charge(self, control: Control) -> None:
        """A driver who never gets enough."""
        evse = self.random.choice((1, 2))
        while True:
            for method, parameters in (
                ("plug", {"evse": evse}),
                ("swipe", {"evse": evse, "id_token": "A"}),
                ("swipe", {"evse": evse, "id_token": "A"}),
                ("unplug", {"evse": evse}),
            ):
                await may_be_refused(asyncio.wait_for(control.call(method, **parameters), 5))
                await asyncio.sleep(self.random.uniform(0, 0.06))

    async def last_life(self) -> None:
        """Start once more, end what goes on, and let everything reach the CSMS."""
        forecourt = await start(*self.options())
        await forecourt.read_address()
        async with forecourt.control() as control:
            await control.wait_for(state={"/boot/state": "accepted"}, timeout_s=400)
            for evse in (1, 2):
                await may_be_refused(control.unplug(evse=evse))
            await control.wait_for(state={"/queue": [], "/transactions": []}, timeout_s=400)
        assert (await forecourt.stop()) == (0, "")

    def received(self) -> list[Message]:
        """The transaction-related messages that came from this station, in order."""
        calls = [call for call in self.csms.calls if call.identity == self.ocpp]
        return [(call.action, call.payload) for call in calls if call.action in TRANSACTION_RELATED]


async def may_be_refused(deed: Awaitable[Any]) -> None:
    """The driver does not know what an earlier life left plugged in."""
    try:
        await deed
    except RpcFailure as refusal:
        if refusal.code != 1:
            raise


def queue_on_disk(folder: Path) -> list[Message]:
    """The queue as a kill left it, read from a copy: the files themselves stay as they are."""
    copy = folder / "copy"
    copy.mkdir(exist_ok=True)
    for name in ("forecourt.sqlite3", "forecourt.sqlite3-wal"):
        if (folder / name).exists():
            shutil.copyfile(folder / name, copy / name)
    connection = sqlite3.connect(copy / "forecourt.sqlite3")
    try:
        rows = connection.execute("SELECT value FROM memory WHERE name = 'transaction_queue' ORDER BY key").fetchall()
    except sqlite3.OperationalError:
        return []  # killed before there was a database
    finally:
        connection.close()
        shutil.rmtree(copy)
    return [(row["action"], row["payload"]) for row in (json.loads(value) for (value,) in rows)]


def essence(message: Message) -> str:
    """What makes a message the one that it is: all but what is only known when it is sent."""
    action, payload = message
    fields = {key: value for key, value in payload.items() if key not in {"transactionId", "offline"}}
    return json.dumps([action, fields], sort_keys=True)


def without_repetitions(messages: list[Message]) -> list[Message]:
    """The messages, each once; one that comes again must be the last one, sent once more."""
    seen: set[str] = set()
    kept: list[Message] = []
    for message in messages:
        if essence(message) in seen:
            assert essence(message) == essence(kept[-1]), f"{message} came again after {kept[-1]}"
            kept[-1] = message
        else:
            seen.add(essence(message))
            kept.append(message)
    return kept


def check_what_was_left(story: Story) -> None:
    """What lay on disk after each kill came next, in that order."""
    received = story.received()
    for count, left in story.left:
        following = [essence(message) for message in received[count:]]
        expected = [essence(message) for message in left]
        found = list(dict.fromkeys(following))[: len(expected)]
        assert found == expected, f"after message {count} of {len(received)}"


def check_1_6(story: Story, messages: list[Message]) -> int:
    """Every StartTransaction is followed by its values and its StopTransaction; gives how many there were."""
    given = iter(transaction_ids(story))
    open_ones: set[int] = set()
    ended = 0
    for action, payload in messages:
        if action == "StartTransaction":
            open_ones.add(next(given))
        elif action == "MeterValues":
            assert payload["transactionId"] in open_ones, payload
        else:
            open_ones.remove(payload["transactionId"])
            ended += 1
    assert not open_ones
    return ended


def transaction_ids(story: Story) -> list[int]:
    """The numbers that this CSMS gave, one to each StartTransaction; of one that came again, the last."""
    numbers: list[int] = []
    last = None
    starts = [message for message in story.received() if message[0] == "StartTransaction"]
    for number, message in enumerate(starts, 1):
        if essence(message) == last:
            numbers[-1] = number
        else:
            numbers.append(number)
        last = essence(message)
    return numbers


def check_2_0_1(story: Story, messages: list[Message]) -> int:
    """The events of every transaction are numbered without a gap, from Started to Ended; gives how many there were."""
    transactions: dict[str, list[dict[str, Any]]] = {}
    for _, payload in messages:
        transactions.setdefault(payload["transactionInfo"]["transactionId"], []).append(payload)
    for events in transactions.values():
        assert [event["seqNo"] for event in events] == list(range(len(events)))
        kinds = [event["eventType"] for event in events]
        assert (kinds[0], kinds[-1]) == ("Started", "Ended")
        assert set(kinds[1:-1]) <= {"Updated"}
    return len(transactions)


def check_what_was_told(story: Story, messages: list[Message]) -> None:
    """Every event that a control client had heard of has its message."""
    told = [event for event in story.told if event["event_type"] != "Updated"]
    if story.ocpp == "1.6":
        came = {payload["timestamp"] for action, payload in messages if action != "MeterValues"}
        assert [event for event in told if (event["ended_at"] or event["started_at"]) not in came] == []
    else:
        came = {(payload["transactionInfo"]["transactionId"], payload["seqNo"]) for _, payload in messages}
        assert {(event["transaction"], event["seq_no"]) for event in story.told} <= came


@pytest.mark.parametrize("ocpp", ["1.6", "2.0.1"])
@pytest.mark.req("E04.FR.01", "E12.FR.01")
async def test_nothing_is_lost_however_the_process_ends(tmp_path, ocpp):
    async with running_csms() as csms:
        story = Story(csms, ocpp, tmp_path, seed=2026)
        for number in range(KILLS):
            # Twelve lives online, twelve offline, and those between begin with the one and end with the other.
            if number % 6 == 3:
                csms.go_offline()
            elif number % 6 == 0:
                csms.go_online()
            await story.live_and_die()
        csms.go_online()
        await story.last_life()
        assert csms.errors == []
        messages = without_repetitions(story.received())
        check_what_was_left(story)
        check_what_was_told(story, messages)
        transactions = check_1_6(story, messages) if ocpp == "1.6" else check_2_0_1(story, messages)
        assert transactions >= KILLS // 5
        assert any(left for _, left in story.left)
