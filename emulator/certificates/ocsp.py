"""OCSP (RFC 6960): what to ask, the request, and the judgement on an answer."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID

from emulator.certificates import der, facts
from emulator.certificates.hash_data import hash_data, key_bits
from emulator.domain.vault import CertificateHash, HashAlgorithm, OcspRequestData

# Clocks differ: an answer that starts this little in the future is taken.
_CLOCK_TOLERANCE = timedelta(minutes=5)
_LIFE_WITHOUT_END = timedelta(days=7)
MAXIMUM_RESPONSE_BYTES = 100_000

ALGORITHMS: dict[HashAlgorithm, type[hashes.SHA256 | hashes.SHA384 | hashes.SHA512]] = {
    HashAlgorithm.SHA256: hashes.SHA256,
    HashAlgorithm.SHA384: hashes.SHA384,
    HashAlgorithm.SHA512: hashes.SHA512,
}


class OcspStatus(StrEnum):
    """What an answer says; INVALID is an answer that proves nothing."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"
    INVALID = "invalid"


class OcspAnswer(NamedTuple):
    """The judgement on an OCSP response; times in UTC; `sentence` is for people."""

    status: OcspStatus
    sentence: str
    this_update: datetime | None = None
    next_update: datetime | None = None


def request_data(
    chain: Sequence[x509.Certificate],
    issuer_of_last: x509.Certificate | None = None,
    algorithm: HashAlgorithm = HashAlgorithm.SHA256,
) -> list[OcspRequestData]:
    """OCSPRequestDataType for the certificates of a chain (leaf first) that name a responder; no root is asked about.

    A certificate whose issuer is neither next in the chain nor given as `issuer_of_last` cannot be asked about.
    """
    found = []
    for certificate, issuer in zip(chain, [*chain[1:], issuer_of_last], strict=True):
        urls = facts.ocsp_urls(certificate)
        if issuer is None or facts.is_self_issued(certificate) or not urls:
            continue
        found.append(OcspRequestData(hash_data(certificate, key_bits(issuer), algorithm), urls[0]))
    return found


def issuer_matches(wanted: CertificateHash, issuer: x509.Certificate) -> bool:
    """Whether the certificate is the issuer that the hashes name."""
    name_hash, key_hash = hashlib.new(wanted.hash_algorithm), hashlib.new(wanted.hash_algorithm)
    name_hash.update(der.subject_name(issuer.tbs_certificate_bytes))
    key_hash.update(key_bits(issuer))
    found = (name_hash.hexdigest(), key_hash.hexdigest())
    return found == (wanted.issuer_name_hash.lower(), wanted.issuer_key_hash.lower())


def build_request(wanted: CertificateHash, nonce: bytes | None = None) -> bytes:
    """The OCSP request (DER) for a certificate known by its hashes; raises ValueError for other than hexadecimal."""
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        bytes.fromhex(wanted.issuer_name_hash),
        bytes.fromhex(wanted.issuer_key_hash),
        int(wanted.serial_number, 16),
        ALGORITHMS[wanted.hash_algorithm](),
    )
    if nonce is not None:
        builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
    return builder.build().public_bytes(Encoding.DER)


def judge_response(
    response: bytes,
    wanted: CertificateHash,
    issuer: x509.Certificate | None,
    at: datetime,
    nonce: bytes | None = None,
) -> OcspAnswer:
    """Judge a response (DER) about a certificate: right certificate, right signer, in its time, and the nonce sent.

    The signer is the issuer or a responder that the issuer authorized (RFC 6960, section 4.2.2.2). Without the issuer
    the signature cannot be checked, and the answer proves nothing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _judge(response, wanted, issuer, at, nonce)
    except Exception as error:
        # The library decodes lazily, and a hostile response may fail at any field.
        return _invalid(f"cannot be read: {str(error).splitlines()[0] if str(error) else type(error).__name__}")


def _invalid(why: str) -> OcspAnswer:
    return OcspAnswer(OcspStatus.INVALID, f"The OCSP response {why.rstrip('.')}.")


def _judge(
    response: bytes, wanted: CertificateHash, issuer: x509.Certificate | None, at: datetime, nonce: bytes | None
) -> OcspAnswer:
    if len(response) > MAXIMUM_RESPONSE_BYTES:
        return _invalid(f"has {len(response):,} bytes; more than {MAXIMUM_RESPONSE_BYTES:,} are not read")
    answer = ocsp.load_der_ocsp_response(response)
    if answer.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
        return _invalid(f"is a refusal of the responder: {answer.response_status.name.lower()}")
    single = next((one for one in answer.responses if _is_about(one, wanted)), None)
    if single is None:
        return _invalid(f"is not about the certificate with the serial number {wanted.serial_number}")
    if issuer is None:
        return _invalid("cannot be verified: the issuer of the certificate is not known")
    if why := _signature_wrong(answer, issuer, at):
        return _invalid(why)
    if nonce is not None and _nonce(answer) not in (None, nonce):
        return _invalid("answers another request: its nonce is not the one that was sent")
    return _read(single, at)


def _is_about(single: ocsp.OCSPSingleResponse, wanted: CertificateHash) -> bool:
    return (
        f"{single.serial_number:X}" == wanted.serial_number.upper().lstrip("0")
        and isinstance(single.hash_algorithm, ALGORITHMS[wanted.hash_algorithm])
        and single.issuer_name_hash.hex() == wanted.issuer_name_hash.lower()
        and single.issuer_key_hash.hex() == wanted.issuer_key_hash.lower()
    )


def _nonce(answer: ocsp.OCSPResponse) -> bytes | None:
    try:
        return answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return None


def _signature_wrong(answer: ocsp.OCSPResponse, issuer: x509.Certificate, at: datetime) -> str:
    """Why the response is not signed by somebody who may, or ""."""
    if _verifies(answer, issuer):
        return ""
    for responder in answer.certificates:
        if not _verifies(answer, responder):
            continue
        signer = f'is signed by "{facts.label(responder)}", which'
        if not facts.is_signed_by(responder, issuer):
            return f'{signer} the issuer "{facts.label(issuer)}" did not authorize'
        if not _may_sign_responses(responder):
            return f"{signer} is no OCSP responder: its extended key usage lacks OCSPSigning"
        if invalid := facts.validity_problem(responder, at):
            return f"{signer} {invalid[1]}"
        return ""
    return f'is not signed by "{facts.label(issuer)}" nor by a responder that comes with it'


def _may_sign_responses(responder: x509.Certificate) -> bool:
    try:
        usage = responder.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usage


def _verifies(answer: ocsp.OCSPResponse, signer: x509.Certificate) -> bool:
    key, algorithm = signer.public_key(), answer.signature_hash_algorithm
    if algorithm is None:
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(answer.signature, answer.tbs_response_bytes, ec.ECDSA(algorithm))
        else:
            return False
    except Exception:
        return False
    return True


def _read(single: ocsp.OCSPSingleResponse, at: datetime) -> OcspAnswer:
    start, end = single.this_update_utc, single.next_update_utc
    if start > at + _CLOCK_TOLERANCE:
        return _invalid(f"comes from the future: it starts on {start:%Y-%m-%d %H:%M} UTC")
    if end is not None and end < at:
        return _invalid(f"is outdated since {facts.span(at - end)}: it was good until {end:%Y-%m-%d %H:%M} UTC")
    if end is None and start < at - _LIFE_WITHOUT_END:
        return _invalid(f"is {facts.span(at - start)} old and does not say how long it is good")
    if single.certificate_status is ocsp.OCSPCertStatus.REVOKED:
        since = single.revocation_time_utc
        reason = f", reason {single.revocation_reason.value}" if single.revocation_reason else ""
        sentence = f"The certificate was revoked{f' on {since:%Y-%m-%d %H:%M} UTC' if since else ''}{reason}."
        return OcspAnswer(OcspStatus.REVOKED, sentence, start, end)
    if single.certificate_status is ocsp.OCSPCertStatus.UNKNOWN:
        return OcspAnswer(OcspStatus.UNKNOWN, "The responder does not know the certificate.", start, end)
    return OcspAnswer(OcspStatus.GOOD, "The certificate is not revoked.", start, end)
