"""What transfers of firmware and of logs have in common: attempts, waiting, and addresses that may be shown."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import datetime

from emulator.domain.files import TransferFailed, TransferProblem
from emulator.domain.ports import Clock

# The station's own choice where the CSMS leaves it one.
OWN_RETRIES = 2
OWN_RETRY_INTERVAL_S = 30.0
# A clock may be set while something waits for a moment: this often it looks again.
LOOK_AGAIN_S = 60.0
# Trying again makes no sense.
HOPELESS = frozenset({TransferProblem.BAD_URL, TransferProblem.NOT_SUPPORTED, TransferProblem.TOO_LARGE})

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s\"]*@")


def without_credentials(text: str) -> str:
    """A text with the users and passwords of its URLs taken out."""
    return _CREDENTIALS.sub("***@", text)


async def until(clock: Clock, moment: datetime) -> None:
    """Wait for a date and time of the station's clock."""
    while (left_s := (moment - clock.now()).total_seconds()) > 0:
        await clock.sleep(min(left_s, LOOK_AGAIN_S))


async def attempts(
    clock: Clock,
    attempt: Callable[[], Awaitable[None]],
    *,
    retries: int | None,
    interval_s: float | None,
    failed: Callable[[TransferFailed, bool], None],
    again: Callable[[], None],
) -> bool:
    """Try, and try again so many times (1.6 errata 3.50); whether it worked.

    `failed` hears of each failure and whether another attempt follows; `again` is called before that.
    """
    left = OWN_RETRIES if retries is None else max(0, retries)
    while True:
        try:
            await attempt()
        except TransferFailed as failure:
            more = left > 0 and failure.problem not in HOPELESS
            failed(failure, more)
            if not more:
                return False
        else:
            return True
        left -= 1
        await clock.sleep(OWN_RETRY_INTERVAL_S if interval_s is None else max(0.0, interval_s))
        again()
