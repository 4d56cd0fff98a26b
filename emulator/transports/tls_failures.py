"""What went wrong with TLS, in words: which certificate, why, and what to try.

`cryptography` is imported where it is used: only a failure needs it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import ConnectionProfile
from emulator.transports.address import Address
from emulator.transports.close_codes import readable

if TYPE_CHECKING:
    from cryptography.x509 import Certificate


def _failed(sentence: str, hint: str = "") -> ConnectionFailed:
    return ConnectionFailed(ConnectionProblem.TLS, sentence, hint)


_NOT_YET_VALID, _EXPIRED = 9, 10
_SELF_SIGNED = (18, 19)
_UNKNOWN_ISSUER = (2, 20, 21)
_WRONG_NAME = (62, 64)
_OTHER_VERDICTS = {
    23: "is revoked",
    24: "is signed by a certificate that is no CA",
    26: "is not meant for a TLS server",
    28: "is not trusted for a TLS server",
    66: "has too short a key",
    67: "is signed by a CA with too short a key",
    68: "is signed with too weak a hash",
}

_OLD_VERSION = "speaks only versions of TLS before 1.2"
_ALERTS = {
    "WRONG_VERSION_NUMBER": (
        "does not speak TLS on this port",
        "Use ws:// (security profile 0 or 1), or the TLS port.",
    ),
    "HTTP_REQUEST": ("does not speak TLS on this port", "Use ws:// (security profile 0 or 1), or the TLS port."),
    "RECORD_LAYER_FAILURE": (
        "does not speak TLS on this port",
        "Use ws:// (security profile 0 or 1), or the TLS port.",
    ),
    "PACKET_LENGTH_TOO_LONG": (
        "does not speak TLS on this port",
        "Use ws:// (security profile 0 or 1), or the TLS port.",
    ),
    "UNSUPPORTED_PROTOCOL": (_OLD_VERSION, "Switch on TLS 1.2 or 1.3 in the CSMS."),
    "TLSV1_ALERT_PROTOCOL_VERSION": (_OLD_VERSION, "Switch on TLS 1.2 or 1.3 in the CSMS."),
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        "found no common ground in the TLS handshake",
        "Check its cipher suites, and whether it wants a certificate of the station (security profile 3).",
    ),
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": (
        "wants a certificate of the station",
        "Use security profile 3 with --cert and --key.",
    ),
    "TLSV1_ALERT_UNKNOWN_CA": (
        "does not know the issuer of the station's certificate",
        "Install that CA in the CSMS, or use a certificate that it issued.",
    ),
    "SSLV3_ALERT_CERTIFICATE_EXPIRED": ("calls the station's certificate expired", "Renew the station's certificate."),
    "SSLV3_ALERT_CERTIFICATE_REVOKED": ("calls the station's certificate revoked", "Renew the station's certificate."),
    "TLSV1_UNRECOGNIZED_NAME": (
        "does not know the host name in the URL",
        "Use a name that the CSMS has a certificate for.",
    ),
    "TLSV1_ALERT_UNRECOGNIZED_NAME": (
        "does not know the host name in the URL",
        "Use a name that the CSMS has a certificate for.",
    ),
}
_CERTIFICATE_REFUSED = ("rejected the station's certificate", "Check the certificate, its issuer and its validity.")


def tls_failure(error: BaseException, profile: ConnectionProfile, address: Address) -> ConnectionFailed:
    """One sentence for an SSLError of a handshake, or of a connection on which the other side sent an alert."""
    code = getattr(error, "verify_code", None)
    if code is not None:
        return _rejected(error, code, profile, address)
    reason = str(getattr(error, "reason", "") or "")
    known = _ALERTS.get(reason)
    if known is None and "ALERT" in reason and "CERTIFICATE" in reason:
        known = _CERTIFICATE_REFUSED
    if known is None:
        words = reason.replace("_", " ").lower() or "no reason given"
        known = (
            f"failed in the TLS handshake ({words})",
            "Check the TLS settings of the CSMS, and any proxy in between.",
        )
    return _failed(f"{address.place} {known[0]}.", known[1])


def _rejected(error: BaseException, code: int, profile: ConnectionProfile, address: Address) -> ConnectionFailed:
    """Why the station does not accept the server's certificate (A00.FR.311, A00.FR.414)."""
    chain = _parsed(getattr(error, "rejected_chain", ()))
    leaf = chain[0] if chain else None
    what = f'The certificate of {address.place} ("{_name(leaf)}")' if leaf else f"The certificate of {address.place}"
    if code in (_EXPIRED, _NOT_YET_VALID):
        return _out_of_time(code, [*chain, *_trusted(profile)], what)
    if code in _WRONG_NAME:
        names = f": it names {' and '.join(_server_names(leaf))}" if leaf and _server_names(leaf) else ""
        return _failed(
            f"{what} is for another host, not for {address.host}{names}.",
            "Use the host name of the certificate in the URL, or a certificate for this host.",
        )
    if code in _SELF_SIGNED and len(chain) < 2:
        return _failed(
            f"{what} is self-signed, and {profile.ca_file} does not hold it.",
            "Install it as CA certificate if you trust it, or the root certificate of the CSMS.",
        )
    if code in _UNKNOWN_ISSUER or code in _SELF_SIGNED:
        issuer = f'the issuer "{_issuer(chain[-1])}"' if chain else "an unknown issuer"
        return _failed(
            f"{what} leads to {issuer}, which is not in {profile.ca_file}.",
            "Install the root certificate of the CSMS: --ca FILE; the CSMS itself must send what lies between.",
        )
    verdict = _OTHER_VERDICTS.get(code) or f"is not valid ({getattr(error, 'verify_message', '') or f'code {code}'})"
    return _failed(f"{what} {verdict}.", "The CSMS needs another certificate.")


def _out_of_time(code: int, certificates: Sequence[Certificate], what: str) -> ConnectionFailed:
    # OpenSSL judged by this machine's clock, so the sentence counts by it too, not by the station's.
    now = datetime.now(UTC)  # noqa: TID251
    hint = "The CSMS needs a new certificate; or check the date of this machine."
    for number, certificate in enumerate(certificates):
        subject = what if number == 0 else f'"{_name(certificate)}", which signs the certificate of the CSMS,'
        start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
        if code == _EXPIRED and end < now:
            return _failed(f"{subject} expired {_span((now - end).total_seconds())} ago, on {end:%Y-%m-%d}.", hint)
        if code == _NOT_YET_VALID and start > now:
            wait = _span((start - now).total_seconds())
            return _failed(f"{subject} is not valid before {start:%Y-%m-%d}, in {wait}.", hint)
    return _failed(f"{what} or one that signs it {'is expired' if code == _EXPIRED else 'is not valid yet'}.", hint)


def _span(seconds: float) -> str:
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = int(seconds // length)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a minute"


def _parsed(chain: Iterable[bytes]) -> list[Certificate]:
    from cryptography.x509 import load_der_x509_certificate

    try:
        return [load_der_x509_certificate(der) for der in chain]
    except ValueError:
        return []


def _trusted(profile: ConnectionProfile) -> list[Certificate]:
    from cryptography.x509 import load_pem_x509_certificates

    try:
        with open(profile.ca_file, "rb") as file:
            return load_pem_x509_certificates(file.read())
    except (OSError, ValueError):
        return []


def _name(certificate: Certificate) -> str:
    return _readable_name(certificate.subject) or f"serial number {certificate.serial_number:x}"


def _issuer(certificate: Certificate) -> str:
    return _readable_name(certificate.issuer) or "unnamed"


def _readable_name(name: Any) -> str:
    from cryptography.x509.oid import NameOID

    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return readable(str(common[0].value) if common else name.rfc4514_string(), 80)


def _server_names(certificate: Certificate) -> list[str]:
    """The hosts that a certificate is for: its subjectAltName, or else its common name."""
    from cryptography.x509 import DNSName, ExtensionNotFound, IPAddress, SubjectAlternativeName

    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except (ExtensionNotFound, ValueError):
        return [_name(certificate)]
    hosts = [*names.get_values_for_type(DNSName), *map(str, names.get_values_for_type(IPAddress))]
    return [readable(host, 80) for host in hosts[:3]]
