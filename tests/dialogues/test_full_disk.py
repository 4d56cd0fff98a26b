"""A disk that is full in mid-session: the station goes on, says so once, and loses nothing."""

from __future__ import annotations

import pytest

from emulator.domain.errors import EnvironmentProblem
from tests.support.dialogue import Dialogue


@pytest.mark.parametrize("ocpp", ["1.6", "2.0.1"])
async def test_a_session_on_a_full_disk(ocpp: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with Dialogue(ocpp) as d:
        await d.perform("plug", evse=1)
        put, full = d.memory.put, [True]

        def refusing(table: str, key: str, value: object) -> None:
            if full[0]:
                raise EnvironmentProblem("The disk is full.", "Make room.")
            put(table, key, value)

        monkeypatch.setattr(d.memory, "put", refusing)
        await d.perform("swipe", id_token="04A22B6C")
        assert d.state("evses")[0]["charging_state"] == "Charging"
        assert d.state("station")["problem"] == "The disk is full."
        assert sum("disk is full" in note for note in d.notes) == 1
        await d.advance(120)
        full[0] = False
        await d.advance(10)
        assert d.state("station")["problem"] is None
        d.server.offline = True
        await d.perform("stop", evse=1)
        await d.restart()
        await d.advance(60)
        if ocpp == "1.6":
            await d.expect("StopTransaction", transactionId=1001)
        else:
            await d.expect("TransactionEvent", eventType="Ended")
