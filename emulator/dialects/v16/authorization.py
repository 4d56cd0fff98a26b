"""Authorize and ClearCache of 1.6 (sections 4.1, 5.4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.dialects.dialect import Payload
from emulator.domain.calls import Reply
from emulator.domain.times import parsed_time
from emulator.domain.tokens import AuthorizationStatus, IdToken, IdTokenType, TokenInfo

if TYPE_CHECKING:
    from emulator.dialects.v16.dialect import V16

MAXIMUM_ID_TAG_LENGTH = 20


def id_token(id_tag: str) -> IdToken:
    """An idTag as a token; 1.6 knows one kind of token only."""
    return IdToken(id_tag, IdTokenType.ISO14443)


def token_info(id_tag_info: dict[str, Any]) -> TokenInfo:
    """What an IdTagInfo says (section 7.24)."""
    parent = id_tag_info.get("parentIdTag")
    return TokenInfo(
        id_tag_info["status"], id_token(parent) if parent else None, parsed_time(id_tag_info.get("expiryDate"))
    )


async def authorize(dialect: V16, token: IdToken) -> TokenInfo:
    """Ask the Central System about a token."""
    if len(token.value) > MAXIMUM_ID_TAG_LENGTH:
        dialect.context.note(f"The token {token.value} has more than 20 characters: 1.6 cannot name it (IdToken).")
        return TokenInfo(AuthorizationStatus.INVALID)
    answer = await dialect.request("Authorize", {"idTag": token.value})
    return token_info(answer["idTagInfo"])


def clear_cache(dialect: V16, payload: Payload) -> Reply:
    """Forget the Authorization Cache (section 5.4)."""
    cleared = dialect.context.authorizations.clear_cache()
    return Reply({"status": "Accepted" if cleared else "Rejected"})
