"""Authorize, ClearCache and the tokens on the wire (use cases C01 to C12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.dialects.dialect import Payload
from emulator.dialects.v201.answers import ACCEPTED, refused
from emulator.domain.calls import Reply
from emulator.domain.times import parsed_time
from emulator.domain.tokens import AuthorizationStatus, IdToken, TokenInfo

if TYPE_CHECKING:
    from emulator.dialects.v201.dialect import V201

MAXIMUM_TOKEN_LENGTH = 36


def id_token(token: IdToken) -> Payload:
    """An IdTokenType."""
    return {"idToken": token.value, "type": str(token.type)}


def token(id_token: Payload) -> IdToken:
    """The token that an IdTokenType names; additionalInfo does not take part (C01.FR.25)."""
    return IdToken(id_token["idToken"], id_token["type"])


def token_info(id_token_info: Payload) -> TokenInfo:
    """What an IdTokenInfoType says."""
    group = id_token_info.get("groupIdToken")
    return TokenInfo(
        id_token_info["status"],
        token(group) if group else None,
        parsed_time(id_token_info.get("cacheExpiryDateTime")),
        tuple(id_token_info.get("evseId", ())),  # C01.FR.20
    )


async def authorize(dialect: V201, token: IdToken) -> TokenInfo:
    """Ask the CSMS about a token (C01.FR.02)."""
    if len(token.value) > MAXIMUM_TOKEN_LENGTH:
        dialect.context.note(
            f"The token {token.value} has more than 36 characters: 2.0.1 cannot name it (IdTokenType)."
        )
        return TokenInfo(AuthorizationStatus.INVALID)
    answer = await dialect.request("Authorize", {"idToken": id_token(token)})
    return token_info(answer["idTokenInfo"])


def clear_cache(dialect: V201, payload: Payload) -> Reply:
    """Forget the Authorization Cache (C11)."""
    if dialect.context.authorizations.clear_cache():
        return Reply(ACCEPTED)  # C11.FR.03
    return Reply(refused("NotEnabled", "The Authorization Cache is switched off."))  # C11.FR.04
