"""CertificateHashDataType as the specification (2.0.1 part 2, section 2.6) and RFC 6960 define it."""

from __future__ import annotations

import hashlib

from cryptography import x509

from emulator.certificates import der
from emulator.domain.vault import CertificateHash, HashAlgorithm

_FUNCTIONS = {
    HashAlgorithm.SHA256: hashlib.sha256,
    HashAlgorithm.SHA384: hashlib.sha384,
    HashAlgorithm.SHA512: hashlib.sha512,
}


def fingerprint(certificate: x509.Certificate) -> str:
    """The SHA-256 of the whole certificate in lower-case hexadecimal."""
    from cryptography.hazmat.primitives.serialization import Encoding

    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def key_bits(certificate: x509.Certificate) -> bytes:
    """The value of the subject public key field, as it is hashed when this certificate is the issuer."""
    return der.public_key_bits(certificate.tbs_certificate_bytes)


def serial_text(certificate: x509.Certificate) -> str:
    """The serial number in hexadecimal, without prefix and leading zeros."""
    return f"{certificate.serial_number:X}"


def hash_data(
    certificate: x509.Certificate,
    issuer_key: bytes | None = None,
    algorithm: HashAlgorithm = HashAlgorithm.SHA256,
) -> CertificateHash:
    """The hash data of a certificate; `issuer_key` is key_bits() of its issuer.

    A self-signed root is its own issuer. Where the issuer is not known (a sub-CA that was installed as a trust anchor)
    the specification names no value; its own key is taken, so that it is reported and deleted by the same hashes.
    """
    digest = _FUNCTIONS[algorithm]
    key = key_bits(certificate) if issuer_key is None else issuer_key
    return CertificateHash(
        hash_algorithm=algorithm,
        issuer_name_hash=digest(der.issuer_name(certificate.tbs_certificate_bytes)).hexdigest(),
        issuer_key_hash=digest(key).hexdigest(),
        serial_number=serial_text(certificate),
    )
