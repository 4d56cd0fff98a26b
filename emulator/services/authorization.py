"""Block C: whether a token may charge: by list and cache, by the CSMS, or by the rules for being offline."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from emulator.domain import settings
from emulator.domain.errors import CallFailed, CallRefused
from emulator.domain.tokens import AuthorizationStatus, IdToken, IdTokenType, TokenInfo
from emulator.services.context import StationContext

CACHE_TABLE = "authorization_cache"

ACCEPTED = TokenInfo(AuthorizationStatus.ACCEPTED)
# C02.FR.03, C05.FR.02
NEVER_CACHED = frozenset({IdTokenType.NO_AUTHORIZATION, IdTokenType.CENTRAL})

UNKNOWN = TokenInfo(AuthorizationStatus.UNKNOWN)

# Statuses of a valid identifier (1.6 section 3.5.2).
VALID = frozenset({AuthorizationStatus.ACCEPTED, AuthorizationStatus.CONCURRENT_TX})

# How many tokens the cache keeps.
CACHE_ENTRIES = 1000


class Authorizations:
    """Decides on tokens and remembers what the CSMS said of them."""

    def __init__(self, context: StationContext) -> None:
        self._context = context
        # Counted when it is first needed.
        self._cache_size: int | None = None

    async def check(self, token: IdToken) -> TokenInfo:
        """Whether a token may charge; never raises: without an answer the offline rules decide."""
        model = self._context.model
        if token.type == IdTokenType.NO_AUTHORIZATION or not model.boolean(settings.AUTH_ENABLED):
            return ACCEPTED
        known = self.remembered(token)
        if known is not None and known.accepted and model.boolean(settings.LOCAL_PRE_AUTHORIZE):
            return known  # C10.FR.02
        if not self._context.csms.online:
            return self._offline(known)
        try:
            info = await self._context.csms.authorize(token)
        except CallRefused:
            return UNKNOWN
        except CallFailed:
            return self._offline(known)
        self.remember(token, info)
        return info

    def _offline(self, known: TokenInfo | None) -> TokenInfo:
        model = self._context.model
        if known is not None and model.boolean(settings.LOCAL_AUTHORIZE_OFFLINE):
            return known
        if known is None and model.boolean(settings.OFFLINE_TX_FOR_UNKNOWN_ID_ENABLED):
            return ACCEPTED  # C15.FR.02
        return UNKNOWN

    # --- what the station knows by itself

    def remembered(self, token: IdToken) -> TokenInfo | None:
        """What the Local Authorization List says of a token, else the cache; None when neither says anything."""
        listed = self._context.local_list.find(token)
        return listed if listed is not None else self._cached(token)  # C14.FR.01, 1.6 section 3.5.3

    def remember(self, token: IdToken, info: TokenInfo) -> None:
        """Keep what the CSMS said of a token (C10.FR.01; 1.6 section 3.5.1), if it is not in the list."""
        listed = self._context.local_list.find(token)
        if listed is None:
            self._cache(token, info)
        elif (listed.status in VALID) != (info.status in VALID):
            # 1.6 section 3.5.2
            self._context.memory.after_commit(partial(self._context.csms.local_list_conflict, token))

    def forget(self, unwanted: Callable[[str], bool]) -> None:
        """Take the tokens with these keys from the cache: the list has them now (1.6 section 3.5.3)."""
        for key, _ in self._context.memory.items(CACHE_TABLE):
            if unwanted(key):
                self._context.memory.delete(CACHE_TABLE, key)
        self._cache_size = None

    # --- the cache

    def _cached(self, token: IdToken) -> TokenInfo | None:
        """What the cache says of a token; None when it says nothing or its entry is out of date."""
        if not self._context.model.boolean(settings.AUTH_CACHE_ENABLED):
            return None
        entry = self._context.memory.get(CACHE_TABLE, token.key)
        if entry is None:
            return None
        now = self._context.clock.now()
        forget_at = _moment(entry.get("forget_at"))
        if forget_at is not None and forget_at <= now:
            self._drop(token)
            return None
        expires_at = _moment(entry.get("expires_at"))
        if expires_at is not None and expires_at <= now:
            if entry["status"] != AuthorizationStatus.EXPIRED:
                # 1.6 section 3.5.1: "it SHALL be changed to expired in the Cache"
                self._context.memory.put(CACHE_TABLE, token.key, {**entry, "status": AuthorizationStatus.EXPIRED})
            return TokenInfo(AuthorizationStatus.EXPIRED)  # C10.FR.08: not valid any more
        group = IdToken.from_json(entry.get("group"))
        return TokenInfo(entry["status"], group, expires_at, tuple(entry.get("evse_ids", ())))

    def _cache(self, token: IdToken, info: TokenInfo) -> None:
        model = self._context.model
        if not model.boolean(settings.AUTH_CACHE_ENABLED) or token.type in NEVER_CACHED:
            return
        now = self._context.clock.now()
        if info.expires_at is not None and info.expires_at <= now:
            self._drop(token)  # C10.FR.10, note; C10.FR.13
            return
        life_time_s = model.integer(settings.AUTH_CACHE_LIFE_TIME) if model.has(settings.AUTH_CACHE_LIFE_TIME) else 0
        # C10.FR.08: the life time counts only where the CSMS has not said when the entry expires
        limited = life_time_s > 0 and info.expires_at is None
        forget_at = now + timedelta(seconds=life_time_s) if limited else None
        entry: dict[str, Any] = {
            "id_token": token.value,
            "type": token.type,
            "status": info.status,
            "group": info.group.to_json() if info.group else None,
            "expires_at": info.expires_at.isoformat() if info.expires_at else None,
            "forget_at": forget_at.isoformat() if forget_at else None,
            "evse_ids": list(info.evse_ids),
            "received_at": now.isoformat(),
        }
        self._make_room(token)
        self._context.memory.put(CACHE_TABLE, token.key, entry)

    def _make_room(self, token: IdToken) -> None:
        """A full cache loses its invalid entries, then the oldest valid one, for a new token (1.6 section 3.5.1)."""
        memory = self._context.memory
        if memory.get(CACHE_TABLE, token.key) is not None:
            return
        if self._cache_size is None:
            self._cache_size = len(memory.items(CACHE_TABLE))
        if self._cache_size >= CACHE_ENTRIES:
            self._cache_size -= self._evict()
        self._cache_size += 1

    def _evict(self) -> int:
        memory, now = self._context.memory, self._context.clock.now()
        entries = memory.items(CACHE_TABLE)
        gone = [key for key, entry in entries if not _valid(entry, now)]
        if len(entries) - len(gone) >= CACHE_ENTRIES:
            gone.append(min(entries, key=lambda item: str(item[1].get("received_at")))[0])
        with memory.batch():
            for key in gone:
                memory.delete(CACHE_TABLE, key)
        return len(gone)

    def _drop(self, token: IdToken) -> None:
        self._context.memory.delete(CACHE_TABLE, token.key)
        self._cache_size = None

    def clear_cache(self) -> bool:
        """Forget all tokens; False when the cache is switched off (C11.FR.04)."""
        if not self._context.model.boolean(settings.AUTH_CACHE_ENABLED):
            return False
        self._context.memory.clear(CACHE_TABLE)
        self._cache_size = 0
        return True

    def cache_entries(self) -> list[dict[str, Any]]:
        """The cache as a window shows it."""
        return [entry for _, entry in self._context.memory.items(CACHE_TABLE)]


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _valid(entry: dict[str, Any], now: datetime) -> bool:
    expires_at, forget_at = _moment(entry.get("expires_at")), _moment(entry.get("forget_at"))
    current = all(moment is None or moment > now for moment in (expires_at, forget_at))
    return current and entry["status"] in VALID
