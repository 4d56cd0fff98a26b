"""TLS for security profiles 2 and 3: what the station trusts, and what it shows.

`ssl` is imported where it is used: a station without TLS starts without it.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import ConnectionProfile

if TYPE_CHECKING:
    import ssl


def _failed(sentence: str, hint: str = "") -> ConnectionFailed:
    return ConnectionFailed(ConnectionProblem.TLS, sentence, hint)


def client_context(profile: ConnectionProfile) -> ssl.SSLContext:
    """The rules of the TLS connection that `profile` asks for; raises ConnectionFailed (TLS) for unusable files.

    TLS 1.2 or newer, forward secrecy, the certificates of `ca_file` as the only trust anchors, the server's name
    checked (against the common name where there is no subjectAltName, which OCPP advises against: A00.FR.511), and the
    station's own certificate with profile 3.
    """
    if not profile.ca_file:
        raise _failed(
            "The station trusts no CSMS yet: no CA certificate is installed.",
            "Give the root certificate of the CSMS: --ca FILE.",
        )
    own = (profile.certificate_file, profile.key_file)
    if profile.security_profile == 3 and not all(own):  # A00.FR.401
        raise _failed(
            "Security profile 3 needs the station's own certificate and its key.", "Give both: --cert FILE, --key FILE."
        )
    files = (profile.ca_file, *(own if profile.security_profile == 3 else ("", "")))
    return _context(files, tuple(_stamp(file) for file in files))


def _stamp(file: str) -> tuple[int, int]:
    """What changes when a file does, so that a context is never older than its files."""
    try:
        status = os.stat(file) if file else None
    except OSError as error:
        raise _failed(
            f"The file {file} cannot be read: {error.strerror}.", "Check its path and permissions."
        ) from error
    return (status.st_mtime_ns, status.st_size) if status else (0, 0)


# Stations of a fleet share a context: each costs some hundred kilobytes.
@lru_cache(maxsize=16)
def _context(files: tuple[str, ...], _stamps: tuple[tuple[int, int], ...]) -> ssl.SSLContext:
    import ssl

    ca_file, certificate_file, key_file = files
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # A00.FR.313, A00.FR.416
    context.sslobject_class = _reporting_ssl_object()
    try:
        context.load_verify_locations(ca_file)
    except (ssl.SSLError, OSError) as error:
        raise _failed(
            f"The CA file {ca_file} holds no usable certificate.", "It must hold certificates in PEM form."
        ) from error
    if certificate_file:
        _load_own_certificate(context, certificate_file, key_file)
    return context


def _load_own_certificate(context: ssl.SSLContext, certificate_file: str, key_file: str) -> None:
    import ssl

    try:
        # An empty password, or OpenSSL would ask for one on the terminal.
        context.load_cert_chain(certificate_file, key_file, password="")
    except (ssl.SSLError, OSError) as error:
        why = (
            "they do not belong together"
            if getattr(error, "reason", "") == "KEY_VALUES_MISMATCH"
            else "they are unusable"
        )
        raise _failed(
            f"The station's certificate {certificate_file} and its key {key_file} cannot be loaded: {why}.",
            "Both must be in PEM form, the key without a password.",
        ) from error


@lru_cache(maxsize=1)
def _reporting_ssl_object() -> type[ssl.SSLObject]:
    """An SSLObject that notes the server's certificates on the error when it rejects them.

    A second connection to fetch them would look to a CSMS under test as if the station had accepted them.
    """
    import ssl

    class ReportingSSLObject(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError as error:
                error.rejected_chain = _chain_of(self)  # type: ignore[attr-defined]
                raise

    return ReportingSSLObject


def _chain_of(connection: Any) -> list[bytes]:
    """The certificates (DER) that the server showed, leaf first; none where this Python cannot tell."""
    import ssl

    public = getattr(connection, "get_unverified_chain", None)  # Python 3.13
    if public is not None:
        return [bytes(certificate) for certificate in public()]
    private = getattr(getattr(connection, "_sslobj", None), "get_unverified_chain", None)
    der = getattr(ssl, "_ssl", None)
    if private is None or der is None:
        return []
    return [certificate.public_bytes(der.ENCODING_DER) for certificate in private() or ()]
