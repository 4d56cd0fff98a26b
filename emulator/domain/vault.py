"""The port to the station's certificates and keys, and the values that pass through it.

The values are named tuples: as immutable as a frozen dataclass, and an eighth of its cost to import. They are many all
the same: modules on the way to the first BootNotification import this one where they use it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple, Protocol


class CertificateUse(StrEnum):
    """What a certificate in the station serves for, in the words of OCPP 2.x (OEM roots: 2.1)."""

    CSMS_ROOT = "CSMSRootCertificate"
    MANUFACTURER_ROOT = "ManufacturerRootCertificate"
    V2G_ROOT = "V2GRootCertificate"
    MO_ROOT = "MORootCertificate"
    OEM_ROOT = "OEMRootCertificate"
    STATION = "ChargingStationCertificate"
    V2G_CHAIN = "V2GCertificateChain"


ROOT_USES = (
    CertificateUse.CSMS_ROOT,
    CertificateUse.MANUFACTURER_ROOT,
    CertificateUse.V2G_ROOT,
    CertificateUse.MO_ROOT,
    CertificateUse.OEM_ROOT,
)


class HashAlgorithm(StrEnum):
    """The hash algorithms of CertificateHashDataType."""

    SHA256 = "SHA256"
    SHA384 = "SHA384"
    SHA512 = "SHA512"


class KeyKind(StrEnum):
    """The keys that the station can make; RSA-4096 takes seconds."""

    EC_P256 = "EC P-256"
    EC_P384 = "EC P-384"
    RSA_2048 = "RSA 2048"
    RSA_3072 = "RSA 3072"
    RSA_4096 = "RSA 4096"


class CertificateStatus(StrEnum):
    """How a request about a certificate ended; each message allows some of these words."""

    ACCEPTED = "Accepted"
    REJECTED = "Rejected"
    FAILED = "Failed"
    NOT_FOUND = "NotFound"


class CertificateProblem(StrEnum):
    """What is wrong with a certificate, a chain or a request about one."""

    NONE = "none"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    UNKNOWN_ISSUER = "unknown-issuer"
    WRONG_SIGNATURE = "wrong-signature"
    PATH_TOO_LONG = "path-too-long"
    NOT_A_CA = "not-a-ca"
    IS_A_CA = "is-a-ca"
    KEY_USAGE = "key-usage"
    WEAK_KEY = "weak-key"
    WEAK_SIGNATURE = "weak-signature"
    CRITICAL_EXTENSION = "critical-extension"
    REVOKED = "revoked"
    WRONG_HOST = "wrong-host"
    KEY_NOT_OURS = "key-not-ours"
    WRONG_SUBJECT = "wrong-subject"
    NOT_SIGNED_BY_OLD_ROOT = "not-signed-by-old-root"
    IN_USE = "in-use"
    OWN_CERTIFICATE = "own-certificate"
    NOT_FOUND = "not-found"
    BAD_RESPONSE = "bad-response"
    STATUS_UNKNOWN = "status-unknown"
    STORAGE = "storage"


_REASON_CODES = {
    CertificateProblem.NONE: "NoError",
    CertificateProblem.TOO_LARGE: "TooLargeElement",
    CertificateProblem.TOO_MANY: "OutOfStorage",
    CertificateProblem.STORAGE: "InternalError",
    CertificateProblem.NOT_FOUND: "NotFound",
    CertificateProblem.IN_USE: "UnsupportedRequest",
    CertificateProblem.OWN_CERTIFICATE: "UnsupportedRequest",
}


class Outcome(NamedTuple):
    """How a request ended: the status for the answer, what was wrong, and one sentence that names the certificate."""

    status: CertificateStatus
    problem: CertificateProblem
    sentence: str

    @property
    def accepted(self) -> bool:
        """Whether it was done."""
        return self.status is CertificateStatus.ACCEPTED

    @property
    def reason_code(self) -> str:
        """The reasonCode of statusInfo: a word of the 2.0.1 appendix, at most 20 characters."""
        return _REASON_CODES.get(self.problem, "InvalidCertificate")


class CertificateHash(NamedTuple):
    """CertificateHashDataType: hashes in lower-case hexadecimal, the serial number in upper case (as "FFF" in 1.6)."""

    hash_algorithm: HashAlgorithm
    issuer_name_hash: str
    issuer_key_hash: str
    serial_number: str

    def matches(self, other: CertificateHash) -> bool:
        """Whether both name the same certificate: case and leading zeros do not count."""
        return self._comparable() == other._comparable()

    def _comparable(self) -> tuple[str, str, str, str]:
        serial = self.serial_number.lower().lstrip("0")
        return (str(self.hash_algorithm), self.issuer_name_hash.lower(), self.issuer_key_hash.lower(), serial)


class OcspRequestData(NamedTuple):
    """OCSPRequestDataType: which certificate, and who is to be asked about it."""

    certificate: CertificateHash
    responder_url: str


class CertificateInfo(NamedTuple):
    """A certificate for people: names, times (UTC), key and signature in words, and what it may be used for."""

    fingerprint: str
    subject: str
    issuer: str
    common_name: str
    serial_number: str
    not_before: datetime
    not_after: datetime
    key: str
    signature: str
    is_ca: bool
    self_signed: bool
    key_usages: tuple[str, ...]
    names: tuple[str, ...]
    ocsp_urls: tuple[str, ...]
    crl_urls: tuple[str, ...]


class InstalledCertificate(NamedTuple):
    """A certificate of the store with the certificates of its chain (CertificateHashDataChainType).

    `state` is "installed" or "fallback" for roots, "active", "spare" or "waiting" for the station's own; `evse` is the
    EVSE of a V2G certificate, or None.
    """

    use: CertificateUse
    certificate: CertificateHash
    children: tuple[CertificateHash, ...]
    state: str
    evse: int | None
    infos: tuple[CertificateInfo, ...]


class CertificateSubject(NamedTuple):
    """The subject that the specification wants in a CSR.

    For the station's certificate: CN is the serial number (A00.FR.511), O is OrganizationName (CpoName in 1.6). For a
    V2G certificate: CN is SeccId, O and C those of ISO15118Ctrlr, the domain component is "CPO" (ISO 15118-2).
    """

    common_name: str
    organization: str
    country: str = ""
    domain_component: str = ""


class SigningRequest(NamedTuple):
    """A CSR (PEM) whose key the station keeps until the signed certificate comes; several uses: a combined one."""

    id: str
    uses: tuple[CertificateUse, ...]
    csr: str
    evse: int | None
    created_at: datetime


class OwnCertificate(NamedTuple):
    """The certificate that the station shows now: PEM files for TLS, the chain leaf first (the root left out).

    `encrypted` tells that the key file needs the vault's passphrase.
    """

    certificate_file: Path
    key_file: Path
    encrypted: bool
    infos: tuple[CertificateInfo, ...]


class TrustFiles(NamedTuple):
    """The trusted roots of a use as a PEM file for TLS; `fallback_file` holds the replaced root, while it is kept."""

    ca_file: Path | None
    fallback_file: Path | None


class ChainVerdict(NamedTuple):
    """The judgement on a chain: `path` from leaf to root as far as it goes; `faulty` indexes the wrong certificate."""

    problem: CertificateProblem
    sentence: str
    path: tuple[CertificateInfo, ...]
    faulty: int | None

    @property
    def valid(self) -> bool:
        """Whether the chain leads to a trusted root and nothing is wrong with it."""
        return self.problem is CertificateProblem.NONE


class ContractCheck(NamedTuple):
    """A contract certificate judged (C07): its eMAID, the verdict, and iso15118CertificateHashData (at most four)."""

    emaid: str
    verdict: ChainVerdict
    ocsp: tuple[OcspRequestData, ...]


class RevocationInfo(NamedTuple):
    """What was found out about one certificate: `status` is good, revoked, unknown or invalid.

    Invalid: there was no answer, or one that proves nothing. `source` is the address of the responder or the list, ""
    when the certificate names none.
    """

    certificate: CertificateInfo
    status: str
    sentence: str
    source: str


class VaultRules(NamedTuple):
    """What the device model says about certificates; sizes in characters of PEM.

    `maximum_entries` counts every certificate (CertificateEntries of 2.0.1), `maximum_roots` the roots alone
    (CertificateStoreMaxLength of 1.6).
    `future_certificates`: 1.6 keeps a signed certificate until its notBefore comes (A02.FR.08); the errata of 2.0.1
    refuse it (A02.FR.06).
    """

    maximum_entries: int = 100
    maximum_roots: int = 100
    maximum_certificate_size: int = 5500
    maximum_chain_size: int = 10_000
    additional_root_check: bool = False
    future_certificates: bool = False


class SignedMeterValue(NamedTuple):
    """SignedMeterValueType: Base64 of signed data, method of signing ("" when inside the data), format, Base64 key."""

    signed_meter_data: str
    signing_method: str
    encoding_method: str
    public_key: str


class MeterReading(NamedTuple):
    """One reading to be signed: `kind` is B (begin), E (end), C (during charging), T (tariff change) or X (failed)."""

    time: datetime
    energy_wh: float
    kind: str
    direct_current: bool = False


class MeterSigner(Protocol):
    """The signing half of a meter: its key never leaves it."""

    @property
    def public_key(self) -> str:
        """The value of MeterPublicKey[n] (1.6) and FiscalMetering.PublicKey (2.x): Base64 of "oca:base16:asn1:..."."""

    def sign(
        self, readings: Collection[MeterReading], id_token: str, id_type: str, with_public_key: bool
    ) -> SignedMeterValue:
        """Sign readings in one OCMF container; `id_type` is a word of OCMF ("ISO14443", "LOCAL", "NONE", ...)."""


class Vault(Protocol):
    """The station's certificates and keys: durable when a call returns; only look_up_revocation uses the network."""

    def install_root(self, use: CertificateUse, pem: str) -> Outcome:
        """InstallCertificate (M05): Accepted, Rejected (invalid, or too many) or Failed (the disk)."""

    def installed(
        self, uses: Collection[CertificateUse] = (), algorithm: HashAlgorithm = HashAlgorithm.SHA256
    ) -> list[InstalledCertificate]:
        """The certificates of these uses (none named: all) with their hashes (M03)."""

    def certificate_count(self, uses: Collection[CertificateUse] = ()) -> int:
        """How many certificates are kept, those of chains included: CertificateEntries."""

    def delete(self, wanted: CertificateHash) -> Outcome:
        """DeleteCertificate (M04): Accepted, Failed (in use, or the station's own), NotFound."""

    def trust(self, use: CertificateUse) -> TrustFiles:
        """The roots of a use as PEM files, for TLS."""

    def root_in_use(self, fingerprint: str | None) -> None:
        """The CSMS root (SHA-256, hex) that verified the connection, or None when that is gone: not deletable (M04).

        When it is the new one, the fallback goes (M05.FR.13).
        """

    def create_request(
        self,
        uses: Collection[CertificateUse],
        subject: CertificateSubject,
        key: KeyKind = KeyKind.EC_P256,
        evse: int | None = None,
    ) -> SigningRequest:
        """Make a key and a CSR (A02.FR.02, A02.FR.03); raises EnvironmentProblem when the disk refuses."""

    def waiting_requests(self) -> list[SigningRequest]:
        """The requests whose signed certificate has not come yet, oldest first; they survive a restart."""

    def accept_signed(self, pem: str, use: CertificateUse | None = None) -> Outcome:
        """CertificateSigned (A02.FR.06): check the chain, install and use it, or discard it with Rejected."""

    def activate_due(self) -> list[CertificateUse]:
        """Use the waiting certificates whose notBefore has come; the uses that changed."""

    def next_activation(self) -> datetime | None:
        """When the next waiting certificate becomes valid, or None."""

    def own_certificate(self, use: CertificateUse, evse: int | None = None) -> OwnCertificate | None:
        """The certificate to show now, or None."""

    def fall_back(self, use: CertificateUse, evse: int | None = None) -> bool:
        """Switch to the other generation (A02.FR.28); again: back. False when there is no other."""

    def confirm(self, use: CertificateUse, evse: int | None = None, keep_old: bool = False) -> bool:
        """The active one works: discard the others (A02.FR.10). True when a renewed one was discarded (A02.FR.29)."""

    def verify(self, pem: str, uses: Collection[CertificateUse]) -> ChainVerdict:
        """Judge a chain (PEM, leaf first) against the roots of these uses."""

    def verify_peer(self, chain: Sequence[bytes], host: str) -> ChainVerdict:
        """Judge what a CSMS showed in a handshake (DER, leaf first); the last of `path` is the root for root_in_use."""

    async def look_up_revocation(self, pem: str, uses: Collection[CertificateUse]) -> list[RevocationInfo]:
        """Ask the responders and lists that a chain names, over the network; later judgements know the answers."""

    def check_contract(self, pem: str) -> ContractCheck:
        """Judge a contract certificate chain against the MO and V2G roots (C07)."""

    def check_firmware_certificate(self, pem: str) -> Outcome:
        """Judge a firmware signing certificate against the manufacturer roots (L01.FR.21); REVOKED is told apart."""

    def verify_firmware(self, file: Path, signature: str, pem: str) -> Outcome:
        """Verify the Base64 signature of a file (L01.FR.04); reads the file in pieces: call it in a thread."""

    def ocsp_requests(self, use: CertificateUse, evse: int | None = None) -> list[OcspRequestData]:
        """What to ask about the active chain: the leaf, then its sub-CAs (M06.FR.07)."""

    def ocsp_due(self, use: CertificateUse = CertificateUse.V2G_CHAIN) -> list[OcspRequestData]:
        """The requests whose cached answer is missing, outdated or a week old (M06.FR.06, M06.FR.10)."""

    def keep_ocsp(self, request: OcspRequestData, response: bytes) -> Outcome:
        """Check an OCSP response (DER) and cache it; Rejected, and nothing cached, when it proves nothing."""

    def meter_signer(self, evse: int) -> MeterSigner:
        """The signer of the meter of an EVSE; its key is made when first asked for and kept."""
