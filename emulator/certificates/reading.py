"""Certificates out of PEM, DER and PKCS#12 that somebody else made: never a crash, always a reason."""

from __future__ import annotations

import base64
import binascii
import re
import warnings
from collections.abc import Sequence
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_pem_private_key, pkcs12
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

from emulator.certificates.keys import PrivateKey, is_private_key
from emulator.domain.errors import EnvironmentProblem

MAXIMUM_BYTES = 1_000_000
MAXIMUM_CERTIFICATES = 200

_BEGIN, _END = "-----BEGIN ", "-----END "
_CERTIFICATE_LABELS = ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE")
_LAZY_PARTS = ("not_valid_before_utc", "not_valid_after_utc", "signature_hash_algorithm", "extensions")
_BOUNDARY = re.compile(r"-----(BEGIN|END) ([A-Z0-9 ]{1,40})-----")


class UnreadableCertificate(EnvironmentProblem):
    """What was given is not what it should be; the sentence says why."""


class KeyStore(NamedTuple):
    """What a PKCS#12 file holds; the key shows nothing of itself."""

    key: PrivateKey | None
    chain: tuple[x509.Certificate, ...]


def read_certificates(data: bytes | str) -> list[x509.Certificate]:
    """The certificates in PEM (with text around), DER or PKCS#7 (.p7b), at least one; raises UnreadableCertificate."""
    raw = _as_bytes(data)
    if _looks_like_der(raw):
        return _from_der_file(raw)
    certificates = [_from_der(block, place) for place, block in enumerate(_pem_blocks(raw, _CERTIFICATE_LABELS), 1)]
    if not certificates:
        raise UnreadableCertificate("There is no certificate in it: no PEM block and no DER encoding was found.")
    return certificates


def read_one(data: bytes | str) -> x509.Certificate:
    """The only certificate in it; raises UnreadableCertificate when there are none or several."""
    certificates = read_certificates(data)
    if len(certificates) > 1:
        raise UnreadableCertificate(f"It holds {len(certificates)} certificates where exactly one is expected.")
    return certificates[0]


def read_key(data: bytes | str, passphrase: str | None = None) -> PrivateKey:
    """A private key in PEM or DER (PKCS#8, or the older forms); raises UnreadableCertificate, which never quotes it."""
    raw = _as_bytes(data)
    password = passphrase.encode() if passphrase else None
    try:
        if _looks_like_der(raw):
            key = load_der_private_key(raw, password)
        else:
            key = load_pem_private_key(raw, password)
    except TypeError as error:
        needed = "needs a passphrase" if password is None else "has no passphrase, but one was given"
        raise UnreadableCertificate(f"The private key {needed}.") from error
    except Exception as error:
        raise UnreadableCertificate("The private key cannot be read, or its passphrase is another one.") from error
    if not is_private_key(key):
        raise UnreadableCertificate("The private key is neither RSA nor elliptic curve.")
    return key


def read_pkcs12(data: bytes, passphrase: str | None = None) -> KeyStore:
    """Key and chain (leaf first) of a PKCS#12 file; raises UnreadableCertificate."""
    raw = _as_bytes(data)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            key, leaf, others = pkcs12.load_key_and_certificates(raw, passphrase.encode() if passphrase else None)
    except Exception as error:
        raise UnreadableCertificate("It is no PKCS#12 file, or its passphrase is another one.") from error
    chain = tuple(certificate for certificate in (leaf, *others) if certificate is not None)
    if key is not None and not is_private_key(key):
        raise UnreadableCertificate("The private key in the PKCS#12 file is neither RSA nor elliptic curve.")
    if not chain and key is None:
        raise UnreadableCertificate("The PKCS#12 file is empty.")
    for place, certificate in enumerate(chain, 1):
        _touch(certificate, place)
    return KeyStore(key, chain)


def read_csr(data: bytes | str) -> x509.CertificateSigningRequest:
    """A certificate signing request in PEM or DER with a right signature; raises UnreadableCertificate."""
    raw = _as_bytes(data)
    try:
        if _looks_like_der(raw):
            request = x509.load_der_x509_csr(raw)
        else:
            request = x509.load_pem_x509_csr(raw)
        right = request.is_signature_valid and bool(request.subject)
    except Exception as error:
        raise UnreadableCertificate("The certificate signing request cannot be read.") from error
    if not right:
        raise UnreadableCertificate("The certificate signing request is not signed by its own key, or names nobody.")
    return request


def in_chain_order(certificates: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """Leaf first, each followed by its issuer as far as it is there; the first given is the leaf; repeats dropped."""
    rest = list(certificates[1:])
    chain = [certificates[0]]
    while True:
        issuer = next((other for other in rest if other.subject == chain[-1].issuer and other not in chain), None)
        if issuer is None:
            return chain
        chain.append(issuer)


def _as_bytes(data: bytes | str) -> bytes:
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if not raw.strip():
        raise UnreadableCertificate("It is empty.")
    if len(raw) > MAXIMUM_BYTES:
        raise UnreadableCertificate(f"It has {len(raw):,} bytes; more than {MAXIMUM_BYTES:,} are not read.")
    return raw


def _looks_like_der(raw: bytes) -> bool:
    # A DER sequence of 128 bytes or more: 0x30 is also the digit zero, but no text goes on with 0x81 to 0x84.
    return len(raw) > 2 and raw[0] == 0x30 and 0x80 <= raw[1] <= 0x84


def _from_der_file(raw: bytes) -> list[x509.Certificate]:
    try:
        return [_from_der(raw, 1)]
    except UnreadableCertificate as problem:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = list(load_der_pkcs7_certificates(raw))
        except Exception:
            raise problem from None
        if not found:
            raise problem from None
        for place, certificate in enumerate(found, 1):
            _touch(certificate, place)
        return found


def _pem_blocks(raw: bytes, labels: Sequence[str]) -> list[bytes]:
    """The decoded contents of the PEM blocks with these labels; raises UnreadableCertificate for a broken one."""
    if b"\x00" in raw:
        raise UnreadableCertificate("It holds a NUL character, which no PEM text has.")
    text = raw.decode("latin-1")
    blocks: list[bytes] = []
    opened: tuple[str, int] | None = None
    for boundary in _BOUNDARY.finditer(text):
        kind, label = boundary.groups()
        if kind == "BEGIN":
            if opened and opened[0] in labels:
                raise _cut_off(len(blocks) + 1)
            opened = (label, boundary.end())
        elif opened and label == opened[0]:
            if label in labels:
                blocks.append(_decode(text[opened[1] : boundary.start()], len(blocks) + 1))
            opened = None
        if len(blocks) > MAXIMUM_CERTIFICATES:
            raise UnreadableCertificate(f"It holds more than {MAXIMUM_CERTIFICATES} certificates.")
    if opened and opened[0] in labels:
        raise _cut_off(len(blocks) + 1)
    return blocks


def _cut_off(place: int) -> UnreadableCertificate:
    return UnreadableCertificate(f"Certificate {place} is cut off: its END line is missing.")


def _decode(body: str, place: int) -> bytes:
    try:
        return base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        if "\\n" in body:
            raise UnreadableCertificate(
                f"Certificate {place} has the two characters \\n where a line ends: it was escaped twice."
            ) from error
        raise UnreadableCertificate(
            f"Certificate {place} is not proper Base64 between its BEGIN and END lines."
        ) from error


def _from_der(block: bytes, place: int) -> x509.Certificate:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            certificate = x509.load_der_x509_certificate(block)
    except Exception as error:
        raise UnreadableCertificate(f"Certificate {place} is damaged: its DER encoding cannot be read.") from error
    _touch(certificate, place)
    return certificate


def _touch(certificate: x509.Certificate, place: int) -> None:
    """Read every part once: the library decodes lazily, and a damaged part must show here and nowhere later."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for part in _LAZY_PARTS:
                getattr(certificate, part)
            certificate.public_key()
            certificate.subject.rfc4514_string()
            certificate.issuer.rfc4514_string()
            serial = certificate.serial_number
    except Exception as error:
        raise UnreadableCertificate(
            f"Certificate {place} holds a part that cannot be read: {_reason(error)}."
        ) from error
    if serial <= 0 or serial.bit_length() > 160:
        raise UnreadableCertificate(f"Certificate {place} has a serial number that is not positive or over 20 bytes.")


def _reason(error: Exception) -> str:
    first = str(error).splitlines()[0] if str(error) else type(error).__name__
    return first[:160].rstrip(".")
