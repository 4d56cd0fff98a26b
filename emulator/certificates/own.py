"""The station's own certificates: requests with their keys, generations, which one is shown, and the way back."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from cryptography import x509

from emulator.certificates import facts
from emulator.certificates.hash_data import fingerprint, hash_data, key_bits
from emulator.certificates.index import Index, OwnEntry
from emulator.certificates.keys import PrivateKey, new_key, public_der, signing_request
from emulator.certificates.reading import read_certificates
from emulator.certificates.store import Store
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import (
    CertificateHash,
    CertificateSubject,
    CertificateUse,
    HashAlgorithm,
    InstalledCertificate,
    KeyKind,
    OwnCertificate,
    SigningRequest,
)

REQUESTED, WAITING, ACTIVE, SPARE = "requested", "waiting", "active", "spare"
# Repeated requests (A02.FR.17) may each be answered; older ones are forgotten with their keys.
_MAXIMUM_REQUESTS = 6
_MAXIMUM_CHILDREN = 4


@lru_cache(maxsize=512)
def parsed_chain(pem: str) -> tuple[x509.Certificate, ...]:
    """A chain of the index, leaf first; parsed once."""
    return tuple(read_certificates(pem))


class Chain(NamedTuple):
    """A chain to keep: leaf first, without the root, which the other side has or must not take from us."""

    certificates: tuple[x509.Certificate, ...]
    root: x509.Certificate | None


class Own:
    """The station's own certificates and the requests for them; a slot is a use at an EVSE (None: all)."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def create_request(
        self, uses: Collection[CertificateUse], subject: CertificateSubject, kind: KeyKind, evse: int | None
    ) -> SigningRequest:
        """Make a key and a CSR, and keep both; raises EnvironmentProblem."""
        if not subject.organization or not subject.common_name:
            raise EnvironmentProblem(
                "A signing request needs an organization name and a common name.",
                "Set OrganizationName (1.6: CpoName), and the serial number or SeccId.",
            )
        key = new_key(kind)
        try:
            csr = signing_request(key, subject).decode()
        except ValueError as error:
            raise EnvironmentProblem(f"The subject of the signing request is not possible: {error}.") from error
        entry = self._new_entry(uses, evse, REQUESTED, key, self._store.add_key(key))
        entry.csr, entry.common_name, entry.organization = csr, subject.common_name, subject.organization
        with self._store.change() as index:
            index.own.append(entry)
            _forget_old_requests(index, entry)
        return _as_request(entry)

    def _new_entry(
        self, uses: Collection[CertificateUse], evse: int | None, state: str, key: PrivateKey, key_file: str
    ) -> OwnEntry:
        return OwnEntry(
            id=secrets.token_hex(8),
            uses=[str(use) for use in uses],
            evse=evse,
            state=state,
            key=key_file,
            public_key=public_der(key).hex(),
            created_at=self._store.now().isoformat(),
        )

    def requests(self) -> list[SigningRequest]:
        """The requests without an answer, oldest first."""
        return [_as_request(entry) for entry in self._store.index.own if entry.state == REQUESTED]

    def of_key(self, certificate: x509.Certificate) -> list[OwnEntry]:
        """The entries with the key of a certificate: a waiting request first, then the newest generation."""
        wanted = public_der(certificate).hex()
        found = [entry for entry in self._store.index.own if entry.public_key == wanted]
        return sorted(found, key=lambda entry: (entry.state != REQUESTED, -entry.generation))

    def add(self, request: OwnEntry, chain: Chain, waiting: bool) -> None:
        """Keep a signed certificate for the key of `request`."""
        entry = OwnEntry(
            id=secrets.token_hex(8),
            uses=list(request.uses),
            evse=request.evse,
            state=WAITING,
            key=request.key,
            public_key=request.public_key,
            created_at=self._store.now().isoformat(),
            common_name=request.common_name,
            organization=request.organization,
        )
        _add_chain(entry, chain)
        with self._store.change() as index:
            index.own = [old for old in index.own if not (old.id == request.id and old.state == REQUESTED)]
            _append(index, entry, activate=not waiting)

    def add_imported(self, uses: Collection[CertificateUse], key: PrivateKey, chain: Chain, evse: int | None) -> None:
        """Keep a certificate with its key that the operator brought; it is used at once."""
        entry = self._new_entry(uses, evse, WAITING, key, self._store.add_key(key))
        leaf = chain.certificates[0]
        entry.common_name, entry.organization = facts.common_name(leaf.subject), facts.organization(leaf.subject)
        _add_chain(entry, chain)
        with self._store.change() as index:
            _append(index, entry, activate=True)

    def activate_due(self) -> list[CertificateUse]:
        """Use the waiting certificates whose time has come."""
        at = self._store.now()
        due = [entry.id for entry in self._of_state(WAITING) if _start(entry) <= at]
        if not due:
            return []
        with self._store.change() as index:
            changed = [entry for entry in index.own if entry.id in due]
            for entry in changed:
                _activate(index, entry)
        return [CertificateUse(use) for entry in changed for use in entry.uses]

    def next_activation(self) -> datetime | None:
        """When the next waiting certificate becomes valid."""
        return min((_start(entry) for entry in self._of_state(WAITING)), default=None)

    def _of_state(self, state: str) -> list[OwnEntry]:
        return [entry for entry in self._store.index.own if entry.state == state]

    def active(self, use: CertificateUse, evse: int | None = None) -> OwnEntry | None:
        """The generation in use; an EVSE without its own SECC certificate shows the station's."""
        actives = [entry for entry in self._of_state(ACTIVE) if use in entry.uses]
        for wanted in (evse, None):
            found = next((entry for entry in actives if entry.evse == wanted), None)
            if found is not None:
                return found
        return None

    def shown(self, use: CertificateUse, evse: int | None) -> OwnCertificate | None:
        """The active certificate as files for TLS."""
        entry = self.active(use, evse)
        if entry is None:
            return None
        chain = parsed_chain(entry.chain)
        name = f"{use}.pem" if entry.evse is None else f"{use}.{entry.evse}.pem"
        return OwnCertificate(
            certificate_file=self._store.tls_file(name, *chain),
            key_file=self._store.key_path(entry.key),
            encrypted=bool(self._store.passphrase),
            infos=tuple(facts.describe(certificate) for certificate in chain),
        )

    def fall_back(self, use: CertificateUse, evse: int | None) -> bool:
        """Switch to the generation that was used before (A02.FR.28)."""
        now = self.active(use, evse)
        spares = [entry for entry in self._of_state(SPARE) if now is not None and _same_slot(entry, now)]
        if not spares:
            return False
        chosen = max(spares, key=lambda entry: entry.used).id
        with self._store.change() as index:
            _activate(index, next(entry for entry in index.own if entry.id == chosen))
        return True

    def confirm(self, use: CertificateUse, evse: int | None, keep_old: bool) -> bool:
        """Discard the generations that are not in use; whether one of them was newer."""
        now = self.active(use, evse)
        spares = [entry for entry in self._of_state(SPARE) if now is not None and _same_slot(entry, now)]
        newer = any(now is not None and entry.generation > now.generation for entry in spares)
        gone = {entry.id for entry in spares if now is None or not keep_old or entry.generation > now.generation}
        if gone:
            with self._store.change() as index:
                index.own = [entry for entry in index.own if entry.id not in gone]
        return newer

    def installed(self, uses: Collection[CertificateUse], algorithm: HashAlgorithm) -> list[InstalledCertificate]:
        """The generations of these uses, each with its sub-CAs as children (M03.FR.05)."""
        return [
            InstalledCertificate(
                use, hashes[0], tuple(hashes[1 : 1 + _MAXIMUM_CHILDREN]), entry.state, entry.evse, infos
            )
            for entry in self._store.index.own
            if entry.state != REQUESTED
            for use in map(CertificateUse, entry.uses)
            if use in uses
            for hashes in [_hashes(entry, algorithm)]
            for infos in [tuple(facts.describe(certificate) for certificate in parsed_chain(entry.chain))]
        ]

    def find(self, wanted: CertificateHash) -> list[tuple[OwnEntry, bool]]:
        """The entries with this certificate in their chain, and whether it is the leaf."""
        found = []
        for entry in self._store.index.own:
            if entry.state != REQUESTED:
                hashes = _hashes(entry, wanted.hash_algorithm)
                found += [(entry, place == 0) for place, one in enumerate(hashes) if one.matches(wanted)]
        return found

    def remove(self, entries: Collection[OwnEntry]) -> None:
        """Forget generations with their keys."""
        gone = {entry.id for entry in entries}
        with self._store.change() as index:
            index.own = [entry for entry in index.own if entry.id not in gone]

    def discard(self, wanted: str) -> bool:
        """Forget the generations whose leaf has this fingerprint, with their keys; whether there was one."""
        found = [entry for entry in self._store.index.own if entry.chain and _leaf_fingerprint(entry) == wanted]
        if found:
            self.remove(found)
        return bool(found)

    def is_active(self, leaf: x509.Certificate, uses: Collection[CertificateUse], evse: int | None) -> bool:
        """Whether this very certificate is in use for these uses."""
        actives = [entry for entry in self._of_state(ACTIVE) if entry.evse == evse and set(uses) == set(entry.uses)]
        return any(_leaf_fingerprint(entry) == fingerprint(leaf) for entry in actives)

    def active_key(
        self, use: CertificateUse, evse: int | None
    ) -> tuple[PrivateKey, tuple[x509.Certificate, ...]] | None:
        """The key and chain in use, for an export by the operator."""
        entry = self.active(use, evse)
        return (self._store.key(entry.key), parsed_chain(entry.chain)) if entry else None

    def chains(self) -> list[tuple[x509.Certificate, ...]]:
        """The chains of every generation."""
        return [parsed_chain(entry.chain) for entry in self._store.index.own if entry.chain]


def _add_chain(entry: OwnEntry, chain: Chain) -> None:
    entry.chain = facts.pem(*chain.certificates)
    entry.issuer_key = key_bits(chain.root).hex() if chain.root else None


def _append(index: Index, entry: OwnEntry, activate: bool) -> None:
    entry.generation = 1 + max((old.generation for old in index.own), default=0)
    leaf = _leaf_fingerprint(entry)
    # The same certificate again, repeated by a CSMS or by a command line, is no new generation to fall back from.
    index.own = [old for old in index.own if not (_same_slot(old, entry) and _leaf_fingerprint(old) == leaf)]
    index.own.append(entry)
    if activate:
        _activate(index, entry)


def _activate(index: Index, entry: OwnEntry) -> None:
    for other in index.own:
        if other.state == ACTIVE and _same_slot(other, entry):
            other.state = SPARE
    entry.state = ACTIVE
    entry.used = 1 + max(other.used for other in index.own)


def _same_slot(one: OwnEntry, other: OwnEntry) -> bool:
    return one.evse == other.evse and bool(set(one.uses) & set(other.uses))


def _forget_old_requests(index: Index, newest: OwnEntry) -> None:
    waiting = [entry.id for entry in index.own if entry.state == REQUESTED and _same_slot(entry, newest)]
    old = waiting[:-_MAXIMUM_REQUESTS]
    index.own = [entry for entry in index.own if entry.id not in old]


def _as_request(entry: OwnEntry) -> SigningRequest:
    uses = tuple(CertificateUse(use) for use in entry.uses)
    return SigningRequest(entry.id, uses, entry.csr, entry.evse, datetime.fromisoformat(entry.created_at))


def _leaf_fingerprint(entry: OwnEntry) -> str:
    return fingerprint(parsed_chain(entry.chain)[0]) if entry.chain else ""


def _start(entry: OwnEntry) -> datetime:
    return parsed_chain(entry.chain)[0].not_valid_before_utc


def _hashes(entry: OwnEntry, algorithm: HashAlgorithm) -> list[CertificateHash]:
    chain = parsed_chain(entry.chain)
    last_key = bytes.fromhex(entry.issuer_key) if entry.issuer_key else None
    keys = [key_bits(issuer) for issuer in chain[1:]] + [last_key]
    return [hash_data(one, key, algorithm) for one, key in zip(chain, keys, strict=True)]
