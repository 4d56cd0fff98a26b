"""The station's vault: the port of emulator.domain.vault over a folder of files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from emulator.certificates import chains, contracts, facts, firmware, hash_data, keys, ocsp, reading, signed
from emulator.certificates.chains import Finding, Purpose
from emulator.certificates.keys import PrivateKey, new_key, public_der
from emulator.certificates.outcomes import accepted, failed, not_found, rejected
from emulator.certificates.own import Own, parsed_chain
from emulator.certificates.revocation import Fetch, RevocationChecker
from emulator.certificates.roots import Roots, root_uses
from emulator.certificates.signed_meter import OcmfSigner
from emulator.certificates.status_cache import StatusCache, issuer_among
from emulator.certificates.store import Store
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import (
    ROOT_USES,
    CertificateHash,
    CertificateProblem,
    CertificateStatus,
    CertificateSubject,
    CertificateUse,
    ChainVerdict,
    ContractCheck,
    HashAlgorithm,
    InstalledCertificate,
    KeyKind,
    MeterSigner,
    OcspRequestData,
    Outcome,
    OwnCertificate,
    RevocationInfo,
    SigningRequest,
    TrustFiles,
    Vault,
    VaultRules,
)

_OWN_USES = (CertificateUse.STATION, CertificateUse.V2G_CHAIN)
_CONTRACT_ROOTS = (CertificateUse.MO_ROOT, CertificateUse.V2G_ROOT)


class CertificateVault:
    """Everything that one station keeps of certificates and keys; use it on one thread (the loop's).

    Nothing that it returns, raises or shows holds a private key or the passphrase.
    """

    def __init__(
        self,
        folder: Path,
        now: Callable[[], datetime],
        rules: Callable[[], VaultRules] = VaultRules,
        passphrase: str = "",
        fetch: Fetch | None = None,
        station_id: str = "",
    ) -> None:
        """Open the folder or make it; `rules` is asked at each use; raises EnvironmentProblem."""
        self._store = Store(folder, now, rules, passphrase)
        self._roots = Roots(self._store)
        self._own = Own(self._store)
        self._statuses = StatusCache(self._store)
        self._checker = RevocationChecker(fetch, now) if fetch else None
        self._station_id = station_id
        self._signers: dict[int, OcmfSigner] = {}

    def __repr__(self) -> str:
        return f"CertificateVault({str(self._store.folder)!r})"

    @property
    def key_passphrase(self) -> str:
        """What opens the key files that own_certificate() names, for TLS alone; "" when they are not encrypted."""
        return self._store.passphrase

    # -- roots --------------------------------------------------------------------------------------------------------

    def install_root(self, use: CertificateUse, pem: str) -> Outcome:
        """InstallCertificate (M05)."""
        if use not in ROOT_USES:
            return rejected(CertificateProblem.KEY_USAGE, f"{use} is not a kind of root certificate.")
        return self._roots.install(use, pem, self.certificate_count())

    def import_roots(self, use: CertificateUse, data: bytes) -> list[Outcome]:
        """The operator's way in (--root, a dropped file): PEM, DER or PKCS#7, any number of certificates.

        The limits of the messages do not count, the checks of each root do; raises UnreadableCertificate.
        """
        if use not in ROOT_USES:
            return [rejected(CertificateProblem.KEY_USAGE, f"{use} is not a kind of root certificate.")]
        limit = reading.MAXIMUM_CERTIFICATES
        rules = self._store.rules()._replace(additional_root_check=False, maximum_entries=limit, maximum_roots=limit)
        found = reading.read_certificates(data)
        return [self._roots.install_certificate(use, root, self.certificate_count(), rules) for root in found]

    def trust(self, use: CertificateUse) -> TrustFiles:
        """The roots of a use as PEM files, for TLS."""
        return self._roots.files(use)

    def root_in_use(self, fingerprint: str | None) -> None:
        """The CSMS root that verified the open connection, or None."""
        self._roots.in_use(fingerprint)

    # -- all certificates ---------------------------------------------------------------------------------------------

    def installed(
        self, uses: Collection[CertificateUse] = (), algorithm: HashAlgorithm = HashAlgorithm.SHA256
    ) -> list[InstalledCertificate]:
        """The certificates of these uses with their hashes (M03)."""
        own_uses = [use for use in _OWN_USES if not uses or use in uses]
        return self._roots.installed(root_uses(uses), algorithm) + self._own.installed(own_uses, algorithm)

    def certificate_count(self, uses: Collection[CertificateUse] = ()) -> int:
        """How many certificates are kept, those of chains included."""
        roots = [entry for entry in self._store.index.roots if not uses or entry.use in uses]
        chains_kept = [
            parsed_chain(entry.chain)
            for entry in self._store.index.own
            if entry.chain and (not uses or set(entry.uses) & set(uses))
        ]
        return len(roots) + sum(map(len, chains_kept))

    def delete(self, wanted: CertificateHash) -> Outcome:
        """DeleteCertificate (M04); a sub-CA goes with the chain that cannot be used without it (M04.FR.08)."""
        try:
            found = self._own.find(wanted)
            if any(CertificateUse.STATION in entry.uses for entry, is_leaf in found if is_leaf):
                sentence = "The certificate that the station shows to the CSMS is not deleted by a message."
                return failed(CertificateProblem.OWN_CERTIFICATE, sentence)  # M04.FR.06
            chained = [entry for entry, _ in found]
            if any(CertificateUse.STATION in entry.uses for entry in chained):
                sentence = "The certificate belongs to the chain that the station shows to the CSMS."
                return failed(CertificateProblem.IN_USE, sentence)
            outcome = self._roots.delete(wanted)
            if outcome is not None and not outcome.accepted:
                return outcome
            if chained:
                self._own.remove(chained)
                return accepted("The V2G certificate is deleted with its chain and its key.")
        except EnvironmentProblem as problem:
            return failed(CertificateProblem.STORAGE, problem.sentence)  # M04.FR.03
        return outcome or not_found(f"No certificate with the serial number {wanted.serial_number} has these hashes.")

    def discard(self, fingerprint: str) -> bool:
        """The operator's way to delete: a root, or a generation of the station's own certificate with its key."""
        roots_gone, own_gone = self._roots.discard(fingerprint), self._own.discard(fingerprint)
        return roots_gone or own_gone

    def certificate(self, fingerprint: str) -> x509.Certificate | None:
        """A kept certificate by its SHA-256, for an export (facts.pem() of it, or its DER)."""
        known = [*self._roots.anchors(ROOT_USES), *(one for chain in self._own.chains() for one in chain)]
        return next((one for one in known if hash_data.fingerprint(one) == fingerprint), None)

    def own_pkcs12(self, use: CertificateUse, passphrase: str, evse: int | None = None) -> bytes:
        """The active certificate with chain and key as PKCS#12; raises EnvironmentProblem without a passphrase."""
        found = self._own.active_key(use, evse)
        if found is None or not passphrase:
            raise EnvironmentProblem("An export of the key needs a certificate in use and a passphrase.")
        key, chain = found
        return keys.pkcs12_bytes(facts.label(chain[0]), key, chain, passphrase)

    def certificates_pem(self, use: CertificateUse) -> str:
        """The certificates of a use in PEM, for an export; no private key."""
        roots = self._roots.anchors((use,))
        own = [parsed_chain(entry.chain) for entry in self._store.index.own if entry.chain and use in entry.uses]
        return facts.pem(*roots, *(certificate for chain in own for certificate in chain))

    # -- the station's own --------------------------------------------------------------------------------------------

    def create_request(
        self,
        uses: Collection[CertificateUse],
        subject: CertificateSubject,
        key: KeyKind = KeyKind.EC_P256,
        evse: int | None = None,
    ) -> SigningRequest:
        """Make a key and a CSR, and keep both until the signed certificate comes; raises EnvironmentProblem."""
        return self._own.create_request(uses, subject, key, evse)

    def waiting_requests(self) -> list[SigningRequest]:
        """The requests whose signed certificate has not come yet, oldest first."""
        return self._own.requests()

    def accept_signed(self, pem: str, use: CertificateUse | None = None) -> Outcome:
        """CertificateSigned: keep and use the certificate, or discard it with the reason (A02.FR.06, A02.FR.07)."""
        rules, at = self._store.rules(), self._store.now()
        try:
            checked = signed.check(pem, use, self._own, self._roots, rules, at, self._revoked)
            self._own.add(checked.request, checked.chain, checked.waiting)
        except signed.Refused as refusal:
            return rejected(refusal.problem, refusal.sentence)
        except EnvironmentProblem as problem:
            return rejected(CertificateProblem.STORAGE, problem.sentence)
        leaf = checked.chain.certificates[0]
        then = f"is used from {leaf.not_valid_before_utc:%Y-%m-%d %H:%M} UTC on" if checked.waiting else "is in use"
        return accepted(f'The certificate "{facts.label(leaf)}" is kept and {then}.')

    def import_own(
        self,
        uses: Collection[CertificateUse],
        certificates: bytes,
        key: bytes = b"",
        passphrase: str | None = None,
        evse: int | None = None,
    ) -> Outcome:
        """The operator's way in (--cert and --key, PKCS#12): used at once, also when it is not valid; again: no change.

        Without `key` the certificates are a PKCS#12 file. The sentence tells what a CSMS may object to. Raises
        EnvironmentProblem for what cannot be read or written.
        """
        own_key, chain = _key_and_chain(certificates, key, passphrase)
        if public_der(own_key) != public_der(chain[0]):
            return rejected(CertificateProblem.KEY_NOT_OURS, f'The key does not belong to "{facts.label(chain[0])}".')
        anchors = self._roots.anchors((signed.root_for([str(use) for use in uses]),))
        finding = chains.judge(chain, anchors, self._store.now(), revocation=self._revoked)
        if not self._own.is_active(chain[0], uses, evse):
            self._own.add_imported(uses, own_key, signed.kept_chain(chain, finding), evse)
        return Outcome(CertificateStatus.ACCEPTED, finding.problem, finding.sentence)

    def activate_due(self) -> list[CertificateUse]:
        """Use the waiting certificates whose notBefore has come."""
        return self._own.activate_due()

    def next_activation(self) -> datetime | None:
        """When the next waiting certificate becomes valid."""
        return self._own.next_activation()

    def own_certificate(self, use: CertificateUse, evse: int | None = None) -> OwnCertificate | None:
        """The certificate to show now."""
        return self._own.shown(use, evse)

    def fall_back(self, use: CertificateUse, evse: int | None = None) -> bool:
        """Switch to the other generation; again: back."""
        return self._own.fall_back(use, evse)

    def confirm(self, use: CertificateUse, evse: int | None = None, keep_old: bool = False) -> bool:
        """The active one works: discard the others; True when a renewed one was discarded."""
        return self._own.confirm(use, evse, keep_old)

    # -- judgements ---------------------------------------------------------------------------------------------------

    def verify(self, pem: str, uses: Collection[CertificateUse]) -> ChainVerdict:
        """Judge a chain (PEM, leaf first) against the roots of these uses."""
        try:
            chain = reading.read_certificates(pem)
        except reading.UnreadableCertificate as problem:
            return ChainVerdict(CertificateProblem.UNREADABLE, problem.sentence, (), None)
        return self._judge(chain, uses).verdict()

    def verify_peer(self, chain: Sequence[bytes], host: str) -> ChainVerdict:
        """Judge the chain (DER, leaf first) that a CSMS showed in a handshake, for this host name."""
        try:
            certificates = [reading.read_one(one) for one in chain]
        except reading.UnreadableCertificate as problem:
            return ChainVerdict(CertificateProblem.UNREADABLE, problem.sentence, (), None)
        if not certificates:
            return ChainVerdict(CertificateProblem.UNREADABLE, "The CSMS showed no certificate.", (), None)
        anchors = self._roots.anchors((CertificateUse.CSMS_ROOT,))
        found = chains.judge(certificates, anchors, self._store.now(), Purpose.SERVER, self._revoked, host)
        return found.verdict()

    def _judge(
        self, chain: list[x509.Certificate], uses: Collection[CertificateUse], purpose: Purpose = Purpose.ANY
    ) -> Finding:
        return chains.judge(chain, self._roots.anchors(uses), self._store.now(), purpose, self._revoked)

    def _revoked(self, certificate: x509.Certificate, issuer: x509.Certificate) -> str:
        return self._statuses.reason(certificate, issuer) or (
            self._checker.reason(certificate, issuer) if self._checker else ""
        )

    async def look_up_revocation(self, pem: str, uses: Collection[CertificateUse]) -> list[RevocationInfo]:
        """Ask the responders and lists that a chain names; [] without a network or for an unreadable chain."""
        try:
            path = self._judge(reading.read_certificates(pem), uses).path
        except reading.UnreadableCertificate:
            return []
        if self._checker is None:
            return []
        found = await self._checker.check(path)
        return [RevocationInfo(facts.describe(one.certificate), one.status, one.sentence, one.source) for one in found]

    def check_contract(self, pem: str) -> ContractCheck:
        """Judge a contract certificate chain against the MO and V2G roots (C07)."""
        try:
            chain = reading.read_certificates(pem)
        except reading.UnreadableCertificate as problem:
            return ContractCheck("", ChainVerdict(CertificateProblem.UNREADABLE, problem.sentence, (), None), ())
        finding = self._judge(chain, _CONTRACT_ROOTS)
        return contracts.contract_check(chain, finding, self._roots.anchors(_CONTRACT_ROOTS))

    def check_firmware_certificate(self, pem: str) -> Outcome:
        """Judge a firmware signing certificate against the manufacturer roots (L01.FR.21, L01.FR.22)."""
        try:
            chain = reading.read_certificates(pem)
        except reading.UnreadableCertificate as problem:
            return rejected(CertificateProblem.UNREADABLE, problem.sentence)
        finding = self._judge(chain, (CertificateUse.MANUFACTURER_ROOT,), Purpose.CODE_SIGNING)
        return accepted(finding.sentence) if finding.valid else rejected(finding.problem, finding.sentence)

    def verify_firmware(self, file: Path, signature: str, pem: str) -> Outcome:
        """Verify the Base64 signature of a file (L01.FR.04); does not judge the certificate."""
        try:
            return firmware.verify_file(file, signature, reading.read_certificates(pem)[0])
        except reading.UnreadableCertificate as problem:
            return rejected(CertificateProblem.UNREADABLE, problem.sentence)
        except EnvironmentProblem as problem:
            return failed(CertificateProblem.STORAGE, problem.sentence)

    # -- OCSP ---------------------------------------------------------------------------------------------------------

    def ocsp_requests(self, use: CertificateUse, evse: int | None = None) -> list[OcspRequestData]:
        """What to ask about the active chain: the leaf, then its sub-CAs (M06.FR.07)."""
        entry = self._own.active(use, evse)
        if entry is None:
            return []
        chain = parsed_chain(entry.chain)
        issuer = next((root for root in self._roots.anchors(ROOT_USES) if facts.is_signed_by(chain[-1], root)), None)
        return ocsp.request_data(chain, issuer)

    def ocsp_due(self, use: CertificateUse = CertificateUse.V2G_CHAIN) -> list[OcspRequestData]:
        """The requests whose cached answer is missing, outdated or a week old, of every EVSE."""
        evses = {entry.evse for entry in self._store.index.own if entry.state == "active" and use in entry.uses}
        wanted = [one for evse in sorted(evses, key=lambda one: one or 0) for one in self.ocsp_requests(use, evse)]
        unique = list(dict.fromkeys(wanted))
        return [one for one in unique if self._statuses.is_due(one.certificate, self._issuer_of(one))]

    def keep_ocsp(self, request: OcspRequestData, response: bytes) -> Outcome:
        """Check an OCSP response (DER) and cache it."""
        return self._statuses.keep(request, response, self._issuer_of(request))

    def ocsp_sentence(self, request: OcspRequestData) -> str:
        """What the cached answer says, for people; "" when there is none."""
        answer = self._statuses.answer(request.certificate, self._issuer_of(request))
        return answer.sentence if answer else ""

    def _issuer_of(self, request: OcspRequestData) -> x509.Certificate | None:
        known = [*self._roots.anchors(ROOT_USES), *(one for chain in self._own.chains() for one in chain)]
        return issuer_among(request.certificate, known)

    # -- meters -------------------------------------------------------------------------------------------------------

    def meter_signer(self, evse: int) -> MeterSigner:
        """The signer of the meter of an EVSE; its key is made when first asked for; raises EnvironmentProblem."""
        if evse not in self._signers:
            name = f"{self._station_id}-{evse}".lstrip("-")
            page, keep_page = self._store.counter(f"meter-{evse}")
            self._signers[evse] = OcmfSigner(self._meter_key(evse), f"METER-{name}", name, page, keep_page)
        return self._signers[evse]

    def _meter_key(self, evse: int) -> ec.EllipticCurvePrivateKey:
        name = self._store.index.meter_keys.get(str(evse))
        if name is None:
            name = self._store.add_key(new_key(KeyKind.EC_P256))
            with self._store.change() as index:
                index.meter_keys[str(evse)] = name
        key = self._store.key(name)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise EnvironmentProblem(
                f"The meter key of EVSE {evse} is of a kind that cannot sign.", "Start with --fresh."
            )
        return key


def open_vault(
    folder: Path,
    now: Callable[[], datetime],
    rules: Callable[[], VaultRules],
    station_id: str,
    passphrase: str = "",
    fetch: Fetch | None = None,
) -> Vault:
    """The vault as the engine knows it; raises EnvironmentProblem."""
    return CertificateVault(folder, now, rules, passphrase, fetch, station_id)


def _key_and_chain(
    certificates: bytes, key: bytes, passphrase: str | None
) -> tuple[PrivateKey, list[x509.Certificate]]:
    if key:
        return reading.read_key(key, passphrase), reading.read_certificates(certificates)
    store = reading.read_pkcs12(certificates, passphrase)
    if store.key is None or not store.chain:
        raise reading.UnreadableCertificate("The PKCS#12 file lacks the key or its certificate.")
    return store.key, list(store.chain)
