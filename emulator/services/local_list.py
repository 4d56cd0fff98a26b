"""Block D: the Local Authorization List that the CSMS sends: kept on disk, looked up there, replaced in one step."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from zlib import crc32

from emulator.domain import settings
from emulator.domain.tokens import AuthorizationStatus, IdToken, TokenInfo
from emulator.services.context import StationContext

TABLE = "local_list"
STATE_TABLE = "local_list_state"
STATE = "state"

# Entries lie together in this many rows: ten thousand of them are then written, or one is changed, in some
# milliseconds, and none of them needs a place in the process's memory.
SHELVES = 64
# A long list is taken in slices of so many entries, so that nothing else has to wait for it.
SLICE = 500


class UpdateStatus(StrEnum):
    """SendLocalListStatusEnumType, and the NotSupported of 1.6."""

    ACCEPTED = "Accepted"
    FAILED = "Failed"
    VERSION_MISMATCH = "VersionMismatch"
    NOT_SUPPORTED = "NotSupported"


class Change(NamedTuple):
    """One entry of an update: what holds for a token from now on; None: it leaves the list."""

    token: IdToken
    info: TokenInfo | None


class Outcome(NamedTuple):
    """How an update ended, and why where it was refused."""

    status: UpdateStatus
    sentence: str = ""


ACCEPTED = Outcome(UpdateStatus.ACCEPTED)

# Shelf -> key of a token -> its row, None for one that leaves.
Shelves = dict[int, dict[str, list[Any] | None]]


class LocalList:
    """The list: its version and what it says of a token."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        # Version and length, read when first needed.
        self._known: tuple[int, int] | None = None

    @property
    def enabled(self) -> bool:
        """Whether the list counts (LocalAuthListEnabled)."""
        return self._context.model.boolean(settings.LOCAL_AUTH_LIST_ENABLED)

    @property
    def version(self) -> int:
        """The number that came with the last update; 0 before the first."""
        return self._state()[0]

    @property
    def count(self) -> int:
        """How many tokens it has."""
        return self._state()[1]

    def _state(self) -> tuple[int, int]:
        if self._known is None:
            state = self._context.memory.get(STATE_TABLE, STATE) or {"version": 0, "count": 0}
            self._known = state["version"], state["count"]
        return self._known

    def find(self, token: IdToken) -> TokenInfo | None:
        """What the list says of a token now; None when it is not in it, or the list does not count."""
        if not self.enabled or not self.count:
            return None
        row = (self._context.memory.get(TABLE, str(_shelf(token.key))) or {}).get(token.key)
        if row is None:
            return None
        _, _, status, group, group_type, expiry = row
        expires_at = datetime.fromisoformat(expiry) if expiry else None
        if expires_at is not None and expires_at <= self._context.clock.now():
            return TokenInfo(AuthorizationStatus.EXPIRED)  # 1.6 section 3.5.4: expired by the passage of time
        return TokenInfo(status, IdToken(group, group_type) if group else None, expires_at)

    def entries(self) -> list[dict[str, Any]]:
        """The list as a window shows it, by token."""
        rows = [row for _, shelf in self._context.memory.items(TABLE) for row in shelf.values()]
        return [
            {
                "id_token": value,
                "type": kind,
                "status": status,
                "group": {"id_token": group, "type": group_type} if group else None,
                "expires_at": expiry,
            }
            for value, kind, status, group, group_type, expiry in sorted(rows)
        ]

    async def update(self, version: int, changes: Iterable[Change], *, full: bool, after: int) -> Outcome:
        """Replace the list, or change it: all of it, or nothing.

        A version must be greater than 0, that of a change greater than `after`, the one that the CSMS was told last.
        """
        if version <= 0:
            # D01.FR.18, 1.6 errata 3.52: 0 and -1 mean something else
            return Outcome(UpdateStatus.FAILED, f"Version {version} cannot be that of a list: it must be 1 or more.")
        if not full and version <= after:
            # D01.FR.19, 1.6 section 7.47
            text = f"A change to version {version} cannot follow version {after}."
            return Outcome(UpdateStatus.VERSION_MISMATCH, text)
        shelves = await self._sorted(changes, full=full)
        return shelves if isinstance(shelves, Outcome) else self._apply(version, shelves, full=full)

    async def _sorted(self, changes: Iterable[Change], *, full: bool) -> Shelves | Outcome:
        shelves: Shelves = {}
        for number, (token, info) in enumerate(changes, 1):
            if number % SLICE == 0:
                await self._context.clock.sleep(0)
            key = token.key
            shelf = shelves.setdefault(_shelf(key), {})
            if key in shelf:
                # D01.FR.06, 1.6 section 6.41
                return Outcome(UpdateStatus.FAILED, f"The token {token.value} comes twice.")
            if full and info is None:
                # 1.6 section 7.1
                return Outcome(UpdateStatus.FAILED, f"A full list must say what holds for the token {token.value}.")
            shelf[key] = None if info is None else _row(token, info)
        return shelves

    def _apply(self, version: int, shelves: Shelves, *, full: bool) -> Outcome:
        memory, count = self._context.memory, 0 if full else self.count
        written: dict[int, dict[str, Any]] = {}
        for number, changes in shelves.items():
            shelf = {} if full else memory.get(TABLE, str(number)) or {}
            count -= len(shelf)
            shelf.update(changes)
            written[number] = shelf = {key: row for key, row in shelf.items() if row is not None}
            count += len(shelf)
        longest = int(self._context.model.schema.actual[settings.LOCAL_AUTH_LIST_ENTRIES].variable.maximum or 0)
        if count > longest:
            text = f"The list would have {count} entries, {longest} is the most."
            return Outcome(UpdateStatus.FAILED, text)
        with memory.batch():
            if full:
                memory.clear(TABLE)
            for number, shelf in written.items():
                memory.put(TABLE, str(number), shelf)
            memory.put(STATE_TABLE, STATE, {"version": version, "count": count})
            self._context.authorizations.forget(lambda key: _listed(shelves, key))
        self._known = version, count
        self._context.changed()
        return ACCEPTED


def _listed(shelves: Shelves, key: str) -> bool:
    return shelves.get(_shelf(key), {}).get(key) is not None


def _shelf(key: str) -> int:
    return crc32(key.encode()) % SHELVES


def _row(token: IdToken, info: TokenInfo) -> list[Any]:
    group = info.group
    expiry = info.expires_at.isoformat() if info.expires_at else None
    return [
        token.value,
        str(token.type),
        str(info.status),
        group.value if group else None,
        str(group.type) if group else None,
        expiry,
    ]
