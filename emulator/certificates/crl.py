"""Certificate revocation lists: read, verified, and asked about a certificate."""

from __future__ import annotations

import warnings
from datetime import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from emulator.certificates import facts
from emulator.certificates.hash_data import serial_text
from emulator.certificates.ocsp import OcspStatus

MAXIMUM_LIST_BYTES = 20_000_000


class ListAnswer(NamedTuple):
    """What a list says about a certificate, in the same words as an OCSP response; times in UTC."""

    status: OcspStatus
    sentence: str
    next_update: datetime | None = None


def judge_list(content: bytes, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> ListAnswer:
    """Look a certificate up in a list (DER or PEM) that its issuer must have signed and that must be in its time."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _judge(content, certificate, issuer, at)
    except Exception as error:
        return _invalid(f"cannot be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}")


def _invalid(why: str) -> ListAnswer:
    return ListAnswer(OcspStatus.INVALID, f"The revocation list {why.rstrip('.')}.")


def _judge(content: bytes, certificate: x509.Certificate, issuer: x509.Certificate, at: datetime) -> ListAnswer:
    if len(content) > MAXIMUM_LIST_BYTES:
        return _invalid(f"has {len(content):,} bytes; more than {MAXIMUM_LIST_BYTES:,} are not read")
    if content.lstrip().startswith(b"-----BEGIN"):
        revoked = x509.load_pem_x509_crl(content)
    else:
        revoked = x509.load_der_x509_crl(content)
    if revoked.issuer != certificate.issuer:
        return _invalid(
            f'is by "{facts.common_name(revoked.issuer)}", not by the issuer of "{facts.label(certificate)}"'
        )
    key = issuer.public_key()
    if not isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) or not revoked.is_signature_valid(key):
        return _invalid(f'is not signed by "{facts.label(issuer)}"')
    if any(extension.critical and not _is_understood(extension.value) for extension in revoked.extensions):
        return _invalid("covers only a part of the certificates, in a way that is not understood")
    end = revoked.next_update_utc
    if end is not None and end < at:
        return _invalid(f"is outdated since {facts.span(at - end)}: it was good until {end:%Y-%m-%d %H:%M} UTC")
    entry = revoked.get_revoked_certificate_by_serial_number(certificate.serial_number)
    if entry is None:
        return ListAnswer(OcspStatus.GOOD, "The certificate is not on the revocation list.", end)
    when = f"{entry.revocation_date_utc:%Y-%m-%d %H:%M} UTC"
    sentence = (
        f"The certificate with the serial number {serial_text(certificate)} was revoked on {when}{_reason(entry)}."
    )
    return ListAnswer(OcspStatus.REVOKED, sentence, end)


def _is_understood(value: x509.ExtensionType) -> bool:
    return isinstance(value, x509.CRLNumber | x509.AuthorityKeyIdentifier)


def _reason(entry: x509.RevokedCertificate) -> str:
    try:
        return f", reason {entry.extensions.get_extension_for_class(x509.CRLReason).value.reason.value}"
    except x509.ExtensionNotFound:
        return ""
