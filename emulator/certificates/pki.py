"""The test PKI: a folder with the roots, sub-CAs and certificates that a user needs to try everything.

Layout: `<hierarchy>/root.pem, sub1.pem, sub2.pem` with `.key` beside each for cso, v2g, mo, oem and manufacturer, and
the certificates below them as chains (leaf first, no root). Good for tests alone: the keys lie in files in clear.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.certificates import facts, files, firmware, reading
from emulator.certificates.authority import LEAF_DAYS, Authority, new_root
from emulator.certificates.keys import PrivateKey, key_pem, new_key, pkcs12_bytes
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import CertificateSubject, KeyKind

DEFAULT_SERVICE_PORT = 8889
ORGANIZATION = "Forecourt test PKI"
HIERARCHIES = {
    "cso": "CSO",
    "v2g": "V2G",
    "mo": "MO",
    "oem": "OEM",
    "manufacturer": "Manufacturer",
}
_SETTINGS, _REVOKED = "pki.json", "revoked.json"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A certificate with its chain and key files; `key` shows nothing of itself."""

    name: str
    chain: tuple[x509.Certificate, ...]
    key: PrivateKey = field(repr=False)
    certificate_file: Path
    key_file: Path


class Pki:
    """A test PKI in a folder; everything that it issues is also written there."""

    def __init__(self, folder: Path, organization: str, authorities: dict[str, tuple[Authority, ...]]) -> None:
        """For create_pki() and load_pki(); `authorities` are root, sub 1, sub 2 by hierarchy."""
        self.folder = folder
        self.organization = organization
        self._authorities = authorities

    def root(self, hierarchy: str) -> x509.Certificate:
        """The root of "cso", "v2g", "mo", "oem" or "manufacturer"."""
        return self._authorities[hierarchy][0].certificate

    def root_file(self, hierarchy: str) -> Path:
        """The root as a PEM file, for --ca and --root."""
        return self.folder / hierarchy / "root.pem"

    def issuer(self, hierarchy: str) -> Authority:
        """The authority that issues leaves: sub-CA 2."""
        return self._authorities[hierarchy][-1]

    def authorities(self) -> list[Authority]:
        """Every authority."""
        return [authority for line in self._authorities.values() for authority in line]

    def server(
        self, host: str, now: datetime, name: str = "", start: datetime | None = None, days: float = LEAF_DAYS
    ) -> Leaf:
        """A certificate for a CSMS: CN and subjectAltName are the host (A00.FR.510)."""
        subject = CertificateSubject(host, self.organization)
        key = new_key(KeyKind.EC_P256)
        return self._issue("cso", f"servers/{name or _safe(host)}", key, subject, now, [host], start, days)

    def station(self, serial_number: str, now: datetime, organization: str = "") -> Leaf:
        """A charging station's certificate: CN is the serial number (A00.FR.511)."""
        subject = CertificateSubject(serial_number, organization or self.organization)
        return self._issue("cso", f"stations/{_safe(serial_number)}", new_key(KeyKind.EC_P256), subject, now)

    def secc(self, secc_id: str, now: datetime) -> Leaf:
        """A V2G certificate of a charging station (ISO 15118-2: domain component CPO)."""
        subject = CertificateSubject(secc_id, self.organization, "NL", "CPO")
        return self._issue("v2g", f"secc/{_safe(secc_id)}", new_key(KeyKind.EC_P256), subject, now)

    def contract(self, emaid: str, now: datetime) -> Leaf:
        """A contract certificate: CN is the eMAID."""
        subject = CertificateSubject(emaid, self.organization, "", "MO")
        return self._issue("mo", f"contracts/{_safe(emaid)}", new_key(KeyKind.EC_P256), subject, now)

    def firmware_signer(self, now: datetime, kind: KeyKind = KeyKind.EC_P256, name: str = "signing") -> Leaf:
        """A firmware signing certificate of the manufacturer."""
        subject = CertificateSubject(f"Firmware {name}", self.organization)
        return self._issue("manufacturer", f"firmware/{name}", new_key(kind), subject, now)

    def sign_csr(
        self,
        csr: str,
        now: datetime,
        hierarchy: str = "cso",
        start: datetime | None = None,
        days: float = LEAF_DAYS,
    ) -> str:
        """The signed chain (PEM, leaf first, no root) for a request; raises UnreadableCertificate.

        To misbehave: another `hierarchy`, or a `start` and `days` that make it expired or not yet valid.
        """
        request = reading.read_csr(csr)
        issuer = self.issuer(hierarchy)
        names = {oid: next((str(a.value) for a in request.subject.get_attributes_for_oid(oid)), "") for oid in _OIDS}
        subject = CertificateSubject(*(names[oid] for oid in _OIDS))
        certificate = issuer.leaf(request.public_key(), subject, now, start=start, days=days)
        return facts.pem(certificate, *issuer.chain())

    def sign_firmware(self, file: Path, name: str = "signing") -> tuple[str, str]:
        """Base64 signature of a file and the signing chain (PEM), for UpdateFirmware; raises EnvironmentProblem."""
        folder = self.folder / "manufacturer" / "firmware"
        key = reading.read_key(files.read(folder / f"{name}.key"))
        return firmware.sign_file(file, key), files.read(folder / f"{name}.pem").decode()

    def revoke(self, certificate: x509.Certificate, now: datetime) -> None:
        """Revoke a certificate, from now on, in the OCSP responder and in the lists; raises ValueError."""
        for authority in self.authorities():
            if facts.is_signed_by(certificate, authority.certificate):
                authority.revoke(certificate, now)
                break
        else:
            raise ValueError(f'"{facts.label(certificate)}" is not issued by this PKI.')
        content = {
            authority.name: {f"{serial:X}": time.isoformat() for serial, time in authority.revoked.items()}
            for authority in self.authorities()
            if authority.revoked
        }
        files.write_private(self.folder / _REVOKED, json.dumps(content, indent=1).encode())

    def _issue(
        self,
        hierarchy: str,
        name: str,
        key: PrivateKey,
        subject: CertificateSubject,
        now: datetime,
        hosts: Sequence[str] = (),
        start: datetime | None = None,
        days: float = LEAF_DAYS,
    ) -> Leaf:
        issuer = self.issuer(hierarchy)
        certificate = issuer.leaf(key.public_key(), subject, now, hosts, start, days)
        return self._write(hierarchy, name, (certificate, *issuer.chain()), key)

    def _write(self, hierarchy: str, name: str, chain: tuple[x509.Certificate, ...], key: PrivateKey) -> Leaf:
        stem = self.folder / hierarchy / name
        files.make_private_folder(stem.parent)
        certificate_file, key_file = stem.with_name(f"{stem.name}.pem"), stem.with_name(f"{stem.name}.key")
        files.write_private(certificate_file, facts.pem(*chain).encode())
        files.write_private(key_file, key_pem(key))
        return Leaf(stem.name, chain, key, certificate_file, key_file)


_OIDS = (
    x509.oid.NameOID.COMMON_NAME,
    x509.oid.NameOID.ORGANIZATION_NAME,
    x509.oid.NameOID.COUNTRY_NAME,
    x509.oid.NameOID.DOMAIN_COMPONENT,
)


def create_pki(
    folder: Path,
    now: datetime,
    host: str = "localhost",
    organization: str = ORGANIZATION,
    stations: Sequence[str] = (),
    service_port: int = DEFAULT_SERVICE_PORT,
) -> Pki:
    """Make a whole PKI in a folder; raises EnvironmentProblem when there is one already, or when the disk refuses.

    `host` is the CSMS's; `service_port` is where the certificates say that the OCSP responder is (127.0.0.1).
    """
    if (folder / _SETTINGS).exists():
        raise EnvironmentProblem(f"There is a PKI in {folder} already.", "Choose another folder, or remove that one.")
    files.make_private_folder(folder)
    service_url = f"http://127.0.0.1:{service_port}"
    pki = Pki(folder, organization, {})
    for hierarchy, title in HIERARCHIES.items():
        pki._authorities[hierarchy] = _create_hierarchy(folder, hierarchy, title, organization, now, service_url)
    _create_leaves(pki, host, stations, now)
    settings = {"version": 1, "organization": organization, "host": host, "service_url": service_url}
    files.write_private(folder / _SETTINGS, json.dumps(settings, indent=1).encode())
    return pki


def _create_hierarchy(
    folder: Path, hierarchy: str, title: str, organization: str, now: datetime, service_url: str
) -> tuple[Authority, ...]:
    root = new_root(f"{hierarchy}-root", f"{title} Root CA", organization, now, service_url)
    sub1 = root.sub_ca(f"{hierarchy}-sub1", f"{title} Sub-CA 1", now, path_length=1)
    sub2 = sub1.sub_ca(f"{hierarchy}-sub2", f"{title} Sub-CA 2", now, path_length=0)
    files.make_private_folder(folder / hierarchy)
    for name, authority in (("root", root), ("sub1", sub1), ("sub2", sub2)):
        files.write_private(folder / hierarchy / f"{name}.pem", facts.pem(authority.certificate).encode())
        files.write_private(folder / hierarchy / f"{name}.key", key_pem(authority.key))
    return root, sub1, sub2


def _create_leaves(pki: Pki, host: str, stations: Sequence[str], now: datetime) -> None:
    pki.server(host, now, name="csms")
    pki.server(host, now, name="expired", start=now - timedelta(days=30), days=27)
    pki.server(host, now, name="not-yet-valid", start=now + timedelta(days=7), days=30)
    pki.server("wrong.example.org", now, name="wrong-host")
    _create_weak_server(pki, host, now)
    revoked = pki.server(host, now, name="revoked")
    pki.revoke(revoked.chain[0], now)
    for serial_number in stations:
        pki.station(serial_number, now)
    pki.secc("SECC-1", now)
    pki.contract("DE8EMI12345678", now)
    pki.firmware_signer(now)


def _create_weak_server(pki: Pki, host: str, now: datetime) -> None:
    # Weak on purpose (A00.FR.502): what the station must refuse.
    key = rsa.generate_private_key(65537, 1024)
    subject = CertificateSubject(host, pki.organization)
    issuer = pki.issuer("cso")
    chain = (issuer.leaf(key.public_key(), subject, now, [host]), *issuer.chain())
    pki._write("cso", "servers/weak-key", chain, key)


def load_pki(folder: Path) -> Pki:
    """A PKI that was made before; raises EnvironmentProblem when it is not there or damaged."""
    try:
        settings = json.loads(files.read(folder / _SETTINGS))
        revoked_file = folder / _REVOKED
        revoked = json.loads(files.read(revoked_file)) if revoked_file.exists() else {}
        organization, service_url = str(settings["organization"]), str(settings["service_url"])
    except (ValueError, KeyError, TypeError) as error:
        raise EnvironmentProblem(
            f"The test PKI in {folder} is damaged.", "Make a new one: forecourt pki create."
        ) from error
    pki = Pki(folder, organization, {})
    for hierarchy in HIERARCHIES:
        pki._authorities[hierarchy] = _load_hierarchy(folder, hierarchy, service_url)
    for authority in pki.authorities():
        times = revoked.get(authority.name, {})
        authority.revoked.update({int(serial, 16): datetime.fromisoformat(time) for serial, time in times.items()})
    return pki


def _load_hierarchy(folder: Path, hierarchy: str, service_url: str) -> tuple[Authority, ...]:
    authorities: list[Authority] = []
    for name in ("root", "sub1", "sub2"):
        certificate = reading.read_one(files.read(folder / hierarchy / f"{name}.pem"))
        key = reading.read_key(files.read(folder / hierarchy / f"{name}.key"))
        parent = authorities[-1] if authorities else None
        authorities.append(Authority(f"{hierarchy}-{name}", certificate, key, parent, service_url))
    return tuple(authorities)


def create(directory: Path, host: str, now: datetime, stations: Sequence[str] = ()) -> str:
    """For `forecourt pki create DIR`: make the PKI and say what is where, for people; raises EnvironmentProblem."""
    create_pki(directory, now, host, stations=stations)
    return (
        f"The test PKI is in {directory}.\n"
        f"CSMS at {host}: cso/servers/csms.pem and csms.key; the station trusts it with --ca {directory}/cso/root.pem\n"
        f"Servers that a station must refuse: cso/servers/expired, not-yet-valid, wrong-host, weak-key, revoked\n"
        f"Roots: {', '.join(f'{name}/root.pem' for name in HIERARCHIES)}\n"
        f"The keys are in clear: use it for tests only."
    )


def pkcs12_of(leaf: Leaf, passphrase: str = "") -> bytes:
    """A certificate with chain and key as a PKCS#12 file, encrypted when there is a passphrase."""
    return pkcs12_bytes(leaf.name, leaf.key, leaf.chain, passphrase)


def _safe(name: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-_.") else "_" for letter in name)
