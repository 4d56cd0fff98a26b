"""GetLocalListVersion and SendLocalList of 1.6 (sections 3.5.2, 5.10, 5.15)."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from emulator.dialects.dialect import Payload
from emulator.dialects.v16.authorization import id_token, token_info
from emulator.domain import settings
from emulator.domain.calls import Reply
from emulator.services.local_list import Change, UpdateStatus

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16

NOT_SUPPORTED = -1
EMPTY = 0


def version(dialect: V16) -> int:
    """The version as 1.6 tells it: 0 for an empty list, -1 for one that is switched off (section 5.10)."""
    local_list = dialect.context.local_list
    if not local_list.enabled:
        return NOT_SUPPORTED
    return local_list.version if local_list.count else EMPTY


def get_local_list_version(dialect: V16, payload: Payload) -> Reply:
    """Tell the version of the list (section 5.10)."""
    return Reply({"listVersion": version(dialect)})


def send_local_list(dialect: V16, payload: Payload) -> Reply | Awaitable[Reply]:
    """Replace the list or change it (section 5.15)."""
    context, entries = dialect.context, payload.get("localAuthorizationList", [])
    if not context.local_list.enabled:
        return Reply({"status": str(UpdateStatus.NOT_SUPPORTED)})
    longest = context.model.integer(settings.LOCAL_AUTH_LIST_ITEMS_PER_MESSAGE)
    if len(entries) > longest:
        context.note(f"SendLocalList: {len(entries)} entries came, SendLocalListMaxLength allows {longest}.")
        return Reply({"status": str(UpdateStatus.FAILED)})
    return _update(dialect, payload, entries)


async def _update(dialect: V16, payload: Payload, entries: list[dict[str, Any]]) -> Reply:
    outcome = await dialect.context.local_list.update(
        payload["listVersion"],
        (_change(entry) for entry in entries),
        full=payload["updateType"] == "Full",
        after=version(dialect),
    )
    if outcome.sentence:
        dialect.context.note(f"SendLocalList: {outcome.sentence}")
    return Reply({"status": str(outcome.status)})


def _change(entry: dict[str, Any]) -> Change:
    info = entry.get("idTagInfo")
    return Change(id_token(entry["idTag"]), token_info(info) if info is not None else None)
