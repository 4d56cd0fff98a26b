"""A certification authority of the test PKI: issues, revokes, and lists what it revoked."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from emulator.certificates import facts
from emulator.certificates.keys import PrivateKey, hash_for, new_key, x509_name
from emulator.domain.vault import CertificateSubject, KeyKind

# Certificates start a little early, for partners whose clock is behind.
_EARLY = timedelta(hours=1)
_ROOT_DAYS, _SUB_CA_DAYS, LEAF_DAYS = 20 * 365, 10 * 365, 2 * 365
_LIST_DAYS = 7


@dataclass(slots=True)
class Authority:
    """A root or a sub-CA with its key; `name` is its file name; `revoked` maps serial numbers to times."""

    name: str
    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    parent: Authority | None = None
    service_url: str = ""
    revoked: dict[int, datetime] = field(default_factory=dict)

    def chain(self) -> list[x509.Certificate]:
        """The certificates to send with a leaf: this one and its parents, without the root."""
        return [] if self.parent is None else [self.certificate, *self.parent.chain()]

    def issue(
        self,
        public_key: CertificatePublicKeyTypes,
        subject: x509.Name,
        start: datetime,
        end: datetime,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> x509.Certificate:
        """A certificate for a key; `extensions` come with their criticality, the usual ones are added."""
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.certificate.subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(end)
        )
        return _signed(builder, public_key, self.certificate, self.key, [*extensions, *self._addresses()])

    def _addresses(self) -> list[tuple[x509.ExtensionType, bool]]:
        """Where to ask whether a certificate of this authority is revoked."""
        if not self.service_url:
            return []
        responder = x509.UniformResourceIdentifier(f"{self.service_url}/ocsp")
        access = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)
        crl = x509.UniformResourceIdentifier(f"{self.service_url}/crl/{self.name}.crl")
        point = x509.DistributionPoint([crl], None, None, None)
        return [(x509.AuthorityInformationAccess([access]), False), (x509.CRLDistributionPoints([point]), False)]

    def sub_ca(self, name: str, common_name: str, now: datetime, path_length: int) -> Authority:
        """A new authority below this one."""
        key = new_key(KeyKind.EC_P256)
        subject = x509_name(CertificateSubject(common_name, facts.organization(self.certificate.subject)))
        extensions = ca_extensions(path_length)
        end = min(now + timedelta(days=_SUB_CA_DAYS), self.certificate.not_valid_after_utc)
        certificate = self.issue(key.public_key(), subject, now - _EARLY, end, extensions)
        return Authority(name, certificate, key, self, self.service_url)

    def leaf(
        self,
        public_key: CertificatePublicKeyTypes,
        subject: CertificateSubject,
        now: datetime,
        hosts: Sequence[str] = (),
        start: datetime | None = None,
        days: float = LEAF_DAYS,
    ) -> x509.Certificate:
        """A certificate for a server, a station, a contract or a signer; valid from just before `now`, or `start`."""
        begin = start or now - _EARLY
        extensions = list(leaf_extensions())
        if hosts:
            extensions.append((x509.SubjectAlternativeName([_general_name(host) for host in hosts]), False))
        return self.issue(public_key, x509_name(subject), begin, begin + timedelta(days=days), extensions)

    def responder(self, now: datetime) -> tuple[x509.Certificate, PrivateKey]:
        """A certificate and key that may sign OCSP responses for this authority (RFC 6960, section 4.2.2.2)."""
        key = new_key(KeyKind.EC_P256)
        organization = facts.organization(self.certificate.subject)
        subject = CertificateSubject(f"OCSP responder of {facts.label(self.certificate)}", organization)
        extensions: list[tuple[x509.ExtensionType, bool]] = [
            *leaf_extensions(),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
            (x509.OCSPNoCheck(), False),
        ]
        name = x509_name(subject)
        end = now + timedelta(days=_LIST_DAYS)
        return self.issue(key.public_key(), name, now - _EARLY, end, extensions), key

    def revoke(self, certificate: x509.Certificate, now: datetime) -> None:
        """Revoke a certificate of this authority; raises ValueError for one of another."""
        if not facts.is_signed_by(certificate, self.certificate):
            raise ValueError(f'"{facts.label(certificate)}" is not issued by "{facts.label(self.certificate)}".')
        self.revoked[certificate.serial_number] = now

    def revocation_list(self, now: datetime) -> bytes:
        """The list of what is revoked (DER), good for a week."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.certificate.subject)
            .last_update(now)
            .next_update(now + timedelta(days=_LIST_DAYS))
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        )
        for serial, time in self.revoked.items():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(time)
            entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hash_for(self.key)).public_bytes(Encoding.DER)


def new_root(name: str, common_name: str, organization: str, now: datetime, service_url: str = "") -> Authority:
    """A new root, signed by itself."""
    key = new_key(KeyKind.EC_P256)
    subject = x509_name(CertificateSubject(common_name, organization))
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _EARLY)
        .not_valid_after(now + timedelta(days=_ROOT_DAYS))
    )
    certificate = _signed(builder, key.public_key(), None, key, ca_extensions(None))
    return Authority(name, certificate, key, None, service_url)


def _signed(
    builder: x509.CertificateBuilder,
    public_key: CertificatePublicKeyTypes,
    issuer: x509.Certificate | None,
    key: PrivateKey,
    extensions: Sequence[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    issuer_key = issuer.public_key() if issuer else key.public_key()
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key)  # type: ignore[arg-type]
    builder = builder.add_extension(authority, critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, hash_for(key))


def ca_extensions(path_length: int | None) -> list[tuple[x509.ExtensionType, bool]]:
    """What makes a certificate one of an authority."""
    return [(x509.BasicConstraints(ca=True, path_length=path_length), True), (_usage(signs_others=True), True)]


def leaf_extensions() -> list[tuple[x509.ExtensionType, bool]]:
    """What keeps a certificate from being one of an authority (A00.FR.512; no extended key usage: A00.FR.514)."""
    return [(x509.BasicConstraints(ca=False, path_length=None), True), (_usage(signs_others=False), True)]


def _usage(signs_others: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_others,
        key_agreement=not signs_others,
        key_cert_sign=signs_others,
        crl_sign=signs_others,
        key_encipherment=False,
        content_commitment=False,
        data_encipherment=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return x509.DNSName(host)
