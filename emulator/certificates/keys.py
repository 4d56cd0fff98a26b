"""Private keys: made, written and used; nothing here shows one in a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeGuard

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from emulator.domain.vault import CertificateSubject, KeyKind

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey

_PUBLIC_EXPONENT = 65537
_CURVES: dict[KeyKind, type[ec.EllipticCurve]] = {KeyKind.EC_P256: ec.SECP256R1, KeyKind.EC_P384: ec.SECP384R1}
_MODULUS_BITS = {KeyKind.RSA_2048: 2048, KeyKind.RSA_3072: 3072, KeyKind.RSA_4096: 4096}


def is_private_key(key: object) -> TypeGuard[PrivateKey]:
    """Whether it is a private key of a kind that OCPP certificates have."""
    return isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey)


def new_key(kind: KeyKind) -> PrivateKey:
    """A new key from the system's random numbers (A02.FR.02)."""
    if kind in _CURVES:
        return ec.generate_private_key(_CURVES[kind]())
    return rsa.generate_private_key(_PUBLIC_EXPONENT, _MODULUS_BITS[kind])


def hash_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """The hash that is as strong as the key: SHA-384 for curves of 384 bits, else SHA-256 (A00.FR.506)."""
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size > 256:
        return hashes.SHA384()
    return hashes.SHA256()


def key_pem(key: PrivateKey, passphrase: str | None = None) -> bytes:
    """The key as PKCS#8 PEM, encrypted when there is a passphrase."""
    protection: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protection)


def pkcs12_bytes(name: str, key: PrivateKey, chain: Sequence[x509.Certificate], passphrase: str) -> bytes:
    """Key and chain (leaf first) as a PKCS#12 file, encrypted when there is a passphrase."""
    protection: serialization.KeySerializationEncryption = (
        serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    )
    return pkcs12.serialize_key_and_certificates(name.encode(), key, chain[0], chain[1:], protection)


def public_der(key: PrivateKey | x509.Certificate | x509.CertificateSigningRequest) -> bytes:
    """The public key (SubjectPublicKeyInfo, DER), to tell whether two belong together."""
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def x509_name(subject: CertificateSubject) -> x509.Name:
    """The subject as a distinguished name: C, O, CN, DC, in the order of ISO 15118-2; empty parts are left out."""
    parts = (
        (NameOID.COUNTRY_NAME, subject.country),
        (NameOID.ORGANIZATION_NAME, subject.organization),
        (NameOID.COMMON_NAME, subject.common_name),
        (NameOID.DOMAIN_COMPONENT, subject.domain_component),
    )
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in parts if value])


def signing_request(key: PrivateKey, subject: CertificateSubject) -> bytes:
    """A PKCS#10 request in PEM (A02.FR.03); raises ValueError for a subject that X.509 cannot hold."""
    usage = x509.KeyUsage(
        digital_signature=True,
        key_agreement=isinstance(key, ec.EllipticCurvePrivateKey),
        key_encipherment=isinstance(key, rsa.RSAPrivateKey),
        content_commitment=False,
        data_encipherment=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509_name(subject))
    builder = builder.add_extension(usage, critical=True)  # A00.FR.512
    return builder.sign(key, hash_for(key)).public_bytes(serialization.Encoding.PEM)
