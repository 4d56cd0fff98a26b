"""Whom the station trusts among file servers."""

from __future__ import annotations

from typing import Any

from emulator.domain.files import TransferFailed, TransferProblem, TransferProfile
from emulator.domain.ports import ConnectionProfile
from emulator.transports.files.location import Location
from emulator.transports.tls import client_context


def tls_context(location: Location, profile: TransferProfile) -> Any:
    """The rules of TLS with a file server: the CSMS roots are trusted, no others (N01.FR.15). Raises TransferFailed."""
    if not profile.ca_file:
        raise TransferFailed(
            TransferProblem.TLS,
            f"The station trusts no file server over {location.scheme}: it has no CSMS root certificate.",
            "Give one: --ca FILE.",
        )
    return client_context(ConnectionProfile(url=location.url, identity="", offered=(), ca_file=profile.ca_file))
