"""Identification tokens and what the CSMS says of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class IdTokenType(StrEnum):
    """IdTokenEnumType of OCPP 2.0.1."""

    CENTRAL = "Central"
    EMAID = "eMAID"
    ISO14443 = "ISO14443"
    ISO15693 = "ISO15693"
    KEY_CODE = "KeyCode"
    LOCAL = "Local"
    MAC_ADDRESS = "MacAddress"
    NO_AUTHORIZATION = "NoAuthorization"


class AuthorizationStatus(StrEnum):
    """AuthorizationStatusEnumType of OCPP 2.0.1."""

    ACCEPTED = "Accepted"
    BLOCKED = "Blocked"
    CONCURRENT_TX = "ConcurrentTx"
    EXPIRED = "Expired"
    INVALID = "Invalid"
    NO_CREDIT = "NoCredit"
    NOT_ALLOWED_TYPE_EVSE = "NotAllowedTypeEVSE"
    NOT_AT_THIS_LOCATION = "NotAtThisLocation"
    NOT_AT_THIS_TIME = "NotAtThisTime"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class IdToken:
    """A token as presented.

    Two are the same when value and type are (2.0.1 C01.FR.25); case does not matter (idToken is an identifierString).
    """

    value: str
    type: str = IdTokenType.ISO14443

    @property
    def key(self) -> str:
        """What the token is remembered and compared by."""
        return f"{self.type}:{self.value.casefold()}"

    def same_as(self, other: IdToken | None) -> bool:
        """Whether both stand for the same token."""
        return other is not None and self.key == other.key

    def to_json(self) -> dict[str, str]:
        """The token as kept in memory."""
        return {"id_token": self.value, "type": str(self.type)}

    @classmethod
    def from_json(cls, data: Any) -> IdToken | None:
        """The token as read from memory; None for None."""
        return cls(data["id_token"], data["type"]) if data else None


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """What is known of a token: IdTokenInfoType of 2.0.1, IdTagInfo of 1.6.

    `expires_at` is when the station may no longer rely on it (cacheExpiryDateTime, expiryDate); `evse_ids` are the only
    EVSEs on which it may charge, none meaning all (C01.FR.19, C01.FR.20).
    """

    status: str
    group: IdToken | None = None
    expires_at: datetime | None = None
    evse_ids: tuple[int, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the token may charge."""
        return self.status == AuthorizationStatus.ACCEPTED

    def allows(self, evse_id: int) -> bool:
        """Whether the token may charge on this EVSE (C01.FR.21); 0: the driver has not chosen one yet."""
        return self.accepted and (not self.evse_ids or evse_id == 0 or evse_id in self.evse_ids)


@dataclass(frozen=True, slots=True)
class Authorization:
    """A driver's permission to charge on an EVSE.

    `token` is None only where charging needs no identification; `remote_start_id` is set when the CSMS started it.
    `confirmed` is False while the permission is the station's own decision, made offline or from its memory.
    `evse_ids` are the only EVSEs for which it holds, none meaning all.
    """

    token: IdToken
    group: IdToken | None = None
    remote_start_id: int | None = None
    confirmed: bool = True
    evse_ids: tuple[int, ...] = ()

    def allows(self, evse_id: int) -> bool:
        """Whether it holds for this EVSE (C01.FR.21)."""
        return not self.evse_ids or evse_id in self.evse_ids

    def covers(self, other: IdToken, other_group: IdToken | None = None) -> bool:
        """Whether `other` may stop what this authorized: the same token, or one of the same group."""
        return self.token.same_as(other) or (self.group is not None and self.group.same_as(other_group))
