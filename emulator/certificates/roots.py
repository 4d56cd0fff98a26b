"""The trusted roots: installed with checks (M05), reported (M03), deleted (M04), replaced with a fallback."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from cryptography import x509

from emulator.certificates import chains, facts
from emulator.certificates.hash_data import fingerprint, hash_data, key_bits
from emulator.certificates.index import Index, RootEntry
from emulator.certificates.outcomes import accepted, failed, rejected
from emulator.certificates.reading import UnreadableCertificate, read_one
from emulator.certificates.store import Store
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import (
    ROOT_USES,
    CertificateHash,
    CertificateProblem,
    CertificateUse,
    HashAlgorithm,
    InstalledCertificate,
    Outcome,
    TrustFiles,
    VaultRules,
)


@lru_cache(maxsize=512)
def parsed(pem: str) -> x509.Certificate:
    """A certificate of the index; parsed once, shared by the stations of a fleet."""
    return read_one(pem)


class Roots:
    """The roots of one station."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._in_use: str | None = None

    def install(self, use: CertificateUse, pem: str, count: int) -> Outcome:
        """Check a root and keep it; `count` is the number of certificates that are there (M05)."""
        rules = self._store.rules()
        if len(pem) > rules.maximum_certificate_size:
            sentence = f"The certificate has {len(pem)} characters; {rules.maximum_certificate_size} are allowed."
            return rejected(CertificateProblem.TOO_LARGE, sentence)
        try:
            root = read_one(pem)
        except UnreadableCertificate as problem:
            return rejected(CertificateProblem.UNREADABLE, problem.sentence)
        return self.install_certificate(use, root, count, rules)

    def install_certificate(
        self, use: CertificateUse, root: x509.Certificate, count: int, rules: VaultRules
    ) -> Outcome:
        """The same for a certificate that was read already."""
        wrong = self._wrong_with(root)
        if wrong:
            return rejected(*wrong)  # M05.FR.07
        present = self._entry(use, fingerprint(root))
        if present is not None and not present.fallback:
            return accepted(f'The certificate "{facts.label(root)}" was installed already.')  # M05.FR.17
        replacing = use is CertificateUse.CSMS_ROOT and rules.additional_root_check and bool(self._current(use))
        signers = [old for old in self._current(use) if facts.is_signed_by(root, parsed(old.certificate))]
        if replacing and not signers:
            sentence = f'The root "{facts.label(root)}" is not signed by the root that it is to replace.'
            return rejected(CertificateProblem.NOT_SIGNED_BY_OLD_ROOT, sentence)  # M05.FR.11
        roots = len(self._store.index.roots)
        for installed, allowed, what in (
            (count, rules.maximum_entries, "certificates"),  # M05.FR.06
            (roots, rules.maximum_roots, "root certificates"),  # 1.6: M05.FR.03
        ):
            if not replacing and present is None and installed >= allowed:
                sentence = f"{installed} {what} are installed; {allowed} are allowed."
                return rejected(CertificateProblem.TOO_MANY, sentence)
        return self._keep(use, root, signers[0].fingerprint if replacing else "")

    def _wrong_with(self, root: x509.Certificate) -> tuple[CertificateProblem, str] | None:
        wrong = (
            chains.validity_wrong(root, self._store.now()) or chains.issuer_wrong(root) or chains.strength_wrong(root)
        )
        if wrong is None and facts.is_self_issued(root) and not facts.is_self_signed(root):
            sentence = (
                f'The certificate "{facts.label(root)}" names itself as its issuer, but is not signed by its own key.'
            )
            return CertificateProblem.WRONG_SIGNATURE, sentence
        return wrong

    def _keep(self, use: CertificateUse, root: x509.Certificate, replaced: str) -> Outcome:
        entry = RootEntry(use, fingerprint(root), facts.pem(root), self._issuer_key(root))
        try:
            with self._store.change() as index:
                if replaced:
                    _replace(index, use, replaced)  # M05.FR.12
                index.roots = [old for old in index.roots if (old.use, old.fingerprint) != (use, entry.fingerprint)]
                index.roots.append(entry)
        except EnvironmentProblem as problem:
            return failed(CertificateProblem.STORAGE, problem.sentence)  # M05.FR.03
        return accepted(f'The certificate "{facts.label(root)}" is installed as {use}.')  # M05.FR.02

    def _issuer_key(self, root: x509.Certificate) -> str | None:
        if facts.is_self_issued(root):
            return None
        known = [parsed(entry.certificate) for entry in self._store.index.roots]
        return next((key_bits(issuer).hex() for issuer in known if facts.is_signed_by(root, issuer)), None)

    def _entry(self, use: CertificateUse, wanted: str) -> RootEntry | None:
        entries = self._store.index.roots
        return next((entry for entry in entries if (entry.use, entry.fingerprint) == (use, wanted)), None)

    def _current(self, use: CertificateUse) -> list[RootEntry]:
        return [entry for entry in self._store.index.roots if entry.use == use and not entry.fallback]

    def anchors(self, uses: Collection[CertificateUse], with_fallback: bool = True) -> list[x509.Certificate]:
        """The trusted roots of these uses, fallbacks last."""
        entries = [entry for entry in self._store.index.roots if entry.use in uses]
        chosen = sorted(
            (entry for entry in entries if with_fallback or not entry.fallback), key=lambda one: one.fallback
        )
        return [parsed(entry.certificate) for entry in chosen]

    def installed(self, uses: Collection[CertificateUse], algorithm: HashAlgorithm) -> list[InstalledCertificate]:
        """The roots of these uses with their hashes (M03.FR.04)."""
        return [
            InstalledCertificate(
                use=CertificateUse(entry.use),
                certificate=_hash_of(entry, algorithm),
                children=(),
                state="fallback" if entry.fallback else "installed",
                evse=None,
                infos=(facts.describe(parsed(entry.certificate)),),
            )
            for entry in self._store.index.roots
            if entry.use in uses
        ]

    def delete(self, wanted: CertificateHash) -> Outcome | None:
        """Delete a root (M04); None when no root has these hashes."""
        found = [entry for entry in self._store.index.roots if _hash_of(entry, wanted.hash_algorithm).matches(wanted)]
        if not found:
            return None
        name = facts.label(parsed(found[0].certificate))
        if any(entry.use == CertificateUse.CSMS_ROOT and entry.fingerprint == self._in_use for entry in found):
            sentence = f'The root "{name}" verified the connection to the CSMS that is open now.'
            return failed(CertificateProblem.IN_USE, sentence)  # 1.6: M04.FR.06
        with self._store.change() as index:
            gone = [(entry.use, entry.fingerprint) for entry in found]
            index.roots = [entry for entry in index.roots if (entry.use, entry.fingerprint) not in gone]
        return accepted(f'The root "{name}" is deleted.')  # M04.FR.02

    def discard(self, wanted: str) -> bool:
        """Remove a root by its fingerprint, from every use; whether there was one."""
        if not any(entry.fingerprint == wanted for entry in self._store.index.roots):
            return False
        with self._store.change() as index:
            index.roots = [entry for entry in index.roots if entry.fingerprint != wanted]
        return True

    def in_use(self, wanted: str | None) -> None:
        """The CSMS root that verified the connection; when it is the new one, the fallback goes (M05.FR.13)."""
        self._in_use = wanted
        current = {entry.fingerprint for entry in self._current(CertificateUse.CSMS_ROOT)}
        if wanted in current and any(entry.fallback for entry in self._store.index.roots):
            with self._store.change() as index:
                index.roots = [entry for entry in index.roots if not entry.fallback]

    def files(self, use: CertificateUse) -> TrustFiles:
        """The roots of a use as PEM files; None where there are none."""
        current = self.anchors((use,), with_fallback=False)
        everything = self.anchors((use,))
        fallback = [root for root in everything if root not in current]
        return TrustFiles(
            self._store.tls_file(f"{use}.pem", *current) if current else None,
            self._store.tls_file(f"{use}.fallback.pem", *fallback) if fallback else None,
        )


def _replace(index: Index, use: CertificateUse, replaced: str) -> None:
    """The replaced root becomes the fallback; every other goes: one plus one is allowed (M05.FR.09)."""
    index.roots = [entry for entry in index.roots if entry.use != use or entry.fingerprint == replaced]
    for entry in index.roots:
        if entry.use == use:
            entry.fallback = True


def _hash_of(entry: RootEntry, algorithm: HashAlgorithm) -> CertificateHash:
    issuer_key = bytes.fromhex(entry.issuer_key) if entry.issuer_key else None
    return hash_data(parsed(entry.certificate), issuer_key, algorithm)


def root_uses(uses: Collection[CertificateUse]) -> list[CertificateUse]:
    """Those of the uses that are roots; none named: all."""
    return [use for use in ROOT_USES if not uses or use in uses]
