"""What a certificate says about itself, in words and in answers to questions."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from emulator.certificates import der
from emulator.certificates.hash_data import fingerprint, serial_text
from emulator.domain.vault import CertificateInfo

_CURVE_NAMES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
           "key_cert_sign", "crl_sign")  # fmt: skip
_MINIMUM_RSA_BITS = 2048
_MINIMUM_CURVE_BITS = 224


def pem(*certificates: x509.Certificate) -> str:
    """The certificates in PEM, one after the other."""
    return "".join(certificate.public_bytes(Encoding.PEM).decode() for certificate in certificates)


def common_name(name: x509.Name) -> str:
    """The first CN of a name, or ""."""
    return _first(name, NameOID.COMMON_NAME)


def organization(name: x509.Name) -> str:
    """The first O of a name, or ""."""
    return _first(name, NameOID.ORGANIZATION_NAME)


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    return next((str(attribute.value) for attribute in name.get_attributes_for_oid(oid)), "")


def label(certificate: x509.Certificate) -> str:
    """What to call a certificate in a sentence."""
    return (
        common_name(certificate.subject) or certificate.subject.rfc4514_string() or f"number {serial_text(certificate)}"
    )


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Whether subject and issuer are the same name."""
    raw = certificate.tbs_certificate_bytes
    return der.issuer_name(raw) == der.subject_name(raw)


def is_self_signed(certificate: x509.Certificate) -> bool:
    """Whether the certificate is signed by its own key."""
    return is_self_issued(certificate) and is_signed_by(certificate, certificate)


def is_signed_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    """Whether the names join and the signature is the issuer's."""
    if der.issuer_name(certificate.tbs_certificate_bytes) != der.subject_name(issuer.tbs_certificate_bytes):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except Exception:
        # A signature may fail in more ways than InvalidSignature: keys and algorithms that do not fit, or are unknown.
        return False
    return True


def basic_constraints(certificate: x509.Certificate) -> x509.BasicConstraints | None:
    """The basic constraints, or None."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return None


def key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    """The key usage, or None: then any use is allowed."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def is_ca(certificate: x509.Certificate) -> bool:
    """Whether the certificate may sign others, as far as its basic constraints say."""
    constraints = basic_constraints(certificate)
    return constraints is not None and constraints.ca


def weak_key(certificate: x509.Certificate) -> str:
    """Why the key is too weak (A00.FR.502, A00.FR.503), or ""."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size < _MINIMUM_RSA_BITS:
        return f"{key_text(certificate)}; {_MINIMUM_RSA_BITS} bits are the least"
    if isinstance(key, ec.EllipticCurvePublicKey) and key.key_size < _MINIMUM_CURVE_BITS:
        return f"{key_text(certificate)}; {_MINIMUM_CURVE_BITS} bits are the least"
    return ""


def key_text(certificate: x509.Certificate) -> str:
    """The kind and size of the public key: "EC P-256", "RSA 2048"."""
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {_CURVE_NAMES.get(key.curve.name, key.curve.name)}"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    names = {ed25519.Ed25519PublicKey: "Ed25519", ed448.Ed448PublicKey: "Ed448"}
    return next((name for kind, name in names.items() if isinstance(key, kind)), "unknown kind")


def signature_text(certificate: x509.Certificate) -> str:
    """How the certificate is signed: "ECDSA with SHA256"."""
    method = certificate.signature_algorithm_oid._name
    algorithm = certificate.signature_hash_algorithm
    family = {"ecdsa": "ECDSA", "sha": "RSA", "RSAS": "RSA-PSS", "md5": "RSA", "dsa": "DSA"}
    kind = next((word for start, word in family.items() if method.startswith(start)), method)
    return f"{kind} with {algorithm.name.upper()}" if algorithm else kind


def ocsp_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """The addresses of the OCSP responders that the certificate names."""
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(
        str(entry.access_location.value)
        for entry in access
        if entry.access_method == AuthorityInformationAccessOID.OCSP
        and isinstance(entry.access_location, x509.UniformResourceIdentifier)
    )


def crl_urls(certificate: x509.Certificate) -> tuple[str, ...]:
    """The addresses of the revocation lists that the certificate names."""
    try:
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    except x509.ExtensionNotFound:
        return ()
    names = [name for point in points for name in point.full_name or ()]
    return tuple(str(name.value) for name in names if isinstance(name, x509.UniformResourceIdentifier))


def alternative_names(certificate: x509.Certificate) -> tuple[str, ...]:
    """The host names and IP addresses of the subjectAltName."""
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return ()
    return tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))


def matches_host(certificate: x509.Certificate, host: str) -> bool:
    """Whether the certificate is for this host: a subjectAltName, else the CN (A00.FR.412)."""
    names = alternative_names(certificate) or (common_name(certificate.subject),)
    return any(_same_host(name, host) for name in names)


def _same_host(name: str, host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")) == ipaddress.ip_address(name)
    except ValueError:
        pass
    name, host = name.lower().rstrip("."), host.lower().rstrip(".")
    if name.startswith("*."):
        return "." in host and host.split(".", 1)[1] == name[2:]
    return name == host


def span(difference: timedelta) -> str:
    """A length of time in words: "3 days", "1 hour", "40 seconds"."""
    seconds = abs(int(difference.total_seconds()))
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        if seconds >= size:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return "less than a second"


def validity_problem(certificate: x509.Certificate, at: datetime) -> tuple[bool, str] | None:
    """None when valid at that time; else whether it has expired (or is not yet valid), and how it is said."""
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if at > end:
        return True, f"expired {span(at - end)} ago, on {end:%Y-%m-%d %H:%M} UTC"
    if at < start:
        return False, f"is not yet valid: it starts in {span(start - at)}, on {start:%Y-%m-%d %H:%M} UTC"
    return None


def describe(certificate: x509.Certificate) -> CertificateInfo:
    """The certificate for people."""
    usage = key_usage(certificate)
    return CertificateInfo(
        fingerprint=fingerprint(certificate),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        common_name=common_name(certificate.subject),
        serial_number=serial_text(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        key=key_text(certificate),
        signature=signature_text(certificate),
        is_ca=is_ca(certificate),
        self_signed=is_self_signed(certificate),
        key_usages=tuple(name for name in _USAGES if usage and getattr(usage, name)),
        names=alternative_names(certificate),
        ocsp_urls=ocsp_urls(certificate),
        crl_urls=crl_urls(certificate),
    )
