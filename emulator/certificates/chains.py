"""Chains: built from what was sent and what is trusted, judged with a reason in a sentence (RFC 5280, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from emulator.certificates import der, facts
from emulator.domain.vault import CertificateProblem, ChainVerdict

MAXIMUM_DEPTH = 8
_MAXIMUM_STEPS = 64

_WEAK_HASHES = ("md5", "sha1")
_HANDLED = (
    x509.BasicConstraints,
    x509.KeyUsage,
    x509.ExtendedKeyUsage,
    x509.SubjectAlternativeName,
    x509.CertificatePolicies,
    x509.CRLDistributionPoints,
    x509.AuthorityInformationAccess,
)


class Purpose(Enum):
    """What the leaf is to be used for; the value is the extended key usage that must be there when any is."""

    ANY = None
    SERVER = ExtendedKeyUsageOID.SERVER_AUTH
    CLIENT = ExtendedKeyUsageOID.CLIENT_AUTH
    CODE_SIGNING = ExtendedKeyUsageOID.CODE_SIGNING


# Answers why a certificate (first) of an issuer (second) is revoked, or "" when nothing is known against it.
Revocation = Callable[[x509.Certificate, x509.Certificate], str]


@dataclass(frozen=True, slots=True)
class Finding:
    """The judgement on a path: leaf first; `faulty` is the certificate that is wrong."""

    problem: CertificateProblem
    sentence: str
    path: tuple[x509.Certificate, ...]
    faulty: x509.Certificate | None = None

    @property
    def valid(self) -> bool:
        """Whether the path leads to a trusted root and nothing is wrong with it."""
        return self.problem is CertificateProblem.NONE

    def verdict(self) -> ChainVerdict:
        """The same in the words of the port."""
        infos = tuple(facts.describe(certificate) for certificate in self.path)
        faulty = self.path.index(self.faulty) if self.faulty in self.path else None
        return ChainVerdict(self.problem, self.sentence, infos, faulty)


def judge(
    chain: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    at: datetime,
    purpose: Purpose = Purpose.ANY,
    revocation: Revocation | None = None,
    host: str = "",
) -> Finding:
    """Judge a chain (leaf first, then others in any order) against trusted roots at a moment.

    A root need not be self-signed: verification ends at the first trusted certificate (2.0.1 part 2, section 2.2.6).
    """
    worst: Finding | None = None
    for path in _paths((chain[0],), chain[1:], anchors, _Budget(_MAXIMUM_STEPS)):
        finding = _inspect(path, at, purpose, revocation, host)
        if finding.valid:
            return finding
        worst = worst or finding
    return worst or _dead_end(chain, anchors)


@dataclass(slots=True)
class _Budget:
    """How many steps a search may still take: certificates that sign each other make paths without number."""

    steps: int


def _paths(
    path: tuple[x509.Certificate, ...],
    others: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    budget: _Budget,
) -> Iterator[tuple[x509.Certificate, ...]]:
    """Every path from the leaf to a trusted root along right signatures."""
    last = path[-1]
    if last in anchors:
        yield path
        return
    if len(path) >= MAXIMUM_DEPTH or budget.steps <= 0:
        return
    budget.steps -= 1
    for issuer in (*anchors, *others):
        if issuer not in path and facts.is_signed_by(last, issuer):
            yield from _paths((*path, issuer), others, anchors, budget)


def _dead_end(chain: Sequence[x509.Certificate], anchors: Sequence[x509.Certificate]) -> Finding:
    """Why no path leads to a root: the end of the longest stretch with right signatures is the culprit."""
    path: tuple[x509.Certificate, ...] = (chain[0],)
    everything = (*anchors, *chain[1:])
    while len(path) < MAXIMUM_DEPTH:
        step = next((one for one in everything if one not in path and facts.is_signed_by(path[-1], one)), None)
        if step is None:
            break
        path = (*path, step)
    last = path[-1]
    name = facts.label(last)
    wanted = der.issuer_name(last.tbs_certificate_bytes)
    named_so = [one for one in everything if der.subject_name(one.tbs_certificate_bytes) == wanted and one not in path]
    if named_so and (weak := strength_wrong(last)):
        # The library verifies no signature with a broken hash: what looks wrong may only be weak.
        return Finding(*weak, path, last)
    if named_so:
        issuer = facts.label(named_so[0])
        sentence = f'The certificate "{name}" names "{issuer}" as its issuer, but is not signed by its key.'
        return Finding(CertificateProblem.WRONG_SIGNATURE, sentence, path, last)
    if facts.is_self_issued(last) and not facts.is_self_signed(last):
        sentence = f'The certificate "{name}" names itself as its issuer, but its signature is not by its own key.'
        return Finding(CertificateProblem.WRONG_SIGNATURE, sentence, path, last)
    return Finding(CertificateProblem.UNKNOWN_ISSUER, _unknown_issuer(last, bool(anchors)), path, last)


def _unknown_issuer(last: x509.Certificate, any_roots: bool) -> str:
    name = facts.label(last)
    if facts.is_self_signed(last):
        return f'The certificate "{name}" is self-signed and not among the trusted roots.'
    issuer = facts.common_name(last.issuer) or last.issuer.rfc4514_string()
    missing = (
        "is neither in the chain nor among the trusted roots"
        if any_roots
        else "is not in the chain, and no root is installed"
    )
    return f'The issuer of "{name}", "{issuer}", {missing}.'


def _inspect(
    path: tuple[x509.Certificate, ...], at: datetime, purpose: Purpose, revocation: Revocation | None, host: str
) -> Finding:
    """The first thing that is wrong on a path with right signatures, from the root down as RFC 5280 goes."""
    for place in reversed(range(len(path))):
        wrong = _wrong_with(path, place, at, purpose, revocation)
        if wrong:
            problem, sentence = wrong
            return Finding(problem, sentence, path, path[place])
    leaf = path[0]
    if host and not facts.matches_host(leaf, host):
        names = ", ".join(facts.alternative_names(leaf)) or facts.label(leaf)
        return Finding(CertificateProblem.WRONG_HOST, f"The certificate is for {names}, not for {host}.", path, leaf)
    return Finding(CertificateProblem.NONE, f'The chain of "{facts.label(leaf)}" is valid.', path)


_Wrong = tuple[CertificateProblem, str]


def _wrong_with(
    path: tuple[x509.Certificate, ...], place: int, at: datetime, purpose: Purpose, revocation: Revocation | None
) -> _Wrong | None:
    certificate = path[place]
    name = f'The certificate "{facts.label(certificate)}"'
    is_root = place == len(path) - 1
    return (
        validity_wrong(certificate, at)
        or strength_wrong(certificate, signature_counts=not is_root)
        or (_issuing_wrong(certificate, place - 1) if place else _leaf_wrong(certificate, purpose))
        or _extension_wrong(certificate)
        or (None if is_root or revocation is None else _revoked(certificate, path[place + 1], revocation, name))
    )


def validity_wrong(certificate: x509.Certificate, at: datetime) -> _Wrong | None:
    """Whether the certificate has expired or is not yet valid, in a sentence."""
    invalid = facts.validity_problem(certificate, at)
    if invalid is None:
        return None
    expired, said = invalid
    problem = CertificateProblem.EXPIRED if expired else CertificateProblem.NOT_YET_VALID
    return problem, f'The certificate "{facts.label(certificate)}" {said}.'


def strength_wrong(certificate: x509.Certificate, signature_counts: bool = True) -> _Wrong | None:
    """Whether key or signature are too weak (A00.FR.501 to A00.FR.504); a root's own signature proves nothing."""
    name = f'The certificate "{facts.label(certificate)}"'
    if weak := facts.weak_key(certificate):
        return CertificateProblem.WEAK_KEY, f"{name} has a weak key: {weak}."
    algorithm = certificate.signature_hash_algorithm
    if signature_counts and algorithm is not None and algorithm.name in _WEAK_HASHES:
        return CertificateProblem.WEAK_SIGNATURE, f"{name} is signed with {algorithm.name.upper()}, which is broken."
    return None


def issuer_wrong(certificate: x509.Certificate) -> _Wrong | None:
    """Whether the certificate may not issue others."""
    name = f'The certificate "{facts.label(certificate)}"'
    if not facts.is_ca(certificate):
        return CertificateProblem.NOT_A_CA, f"{name} is not a CA certificate: its basic constraints do not say so."
    usage = facts.key_usage(certificate)
    if usage is not None and not usage.key_cert_sign:
        return CertificateProblem.KEY_USAGE, f"{name} may not sign certificates: its key usage lacks keyCertSign."
    return None


def _issuing_wrong(certificate: x509.Certificate, sub_cas_below: int) -> _Wrong | None:
    if wrong := issuer_wrong(certificate):
        return wrong
    constraints = facts.basic_constraints(certificate)
    allowed = constraints.path_length if constraints else None
    if allowed is not None and sub_cas_below > allowed:
        name = facts.label(certificate)
        sentence = f'The certificate "{name}" allows {allowed} sub-CAs below it, but the chain has {sub_cas_below}.'
        return CertificateProblem.PATH_TOO_LONG, sentence
    return None


def _leaf_wrong(certificate: x509.Certificate, purpose: Purpose) -> _Wrong | None:
    name = f'The certificate "{facts.label(certificate)}"'
    usage = facts.key_usage(certificate)
    if purpose is Purpose.ANY:
        return None
    if usage is not None and not (usage.digital_signature or usage.key_agreement or usage.key_encipherment):
        return CertificateProblem.KEY_USAGE, f"{name} may not be used for this: its key usage lacks digitalSignature."
    if purpose is Purpose.CODE_SIGNING and usage is not None and not usage.digital_signature:
        return CertificateProblem.KEY_USAGE, f"{name} may not sign firmware: its key usage lacks digitalSignature."
    try:
        extended = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return None
    if purpose.value in extended or ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE in extended:
        return None
    return CertificateProblem.KEY_USAGE, f"{name} is restricted to other uses by its extended key usage."


def _extension_wrong(certificate: x509.Certificate) -> _Wrong | None:
    for extension in certificate.extensions:
        if extension.critical and not isinstance(extension.value, _HANDLED):
            oid, name = extension.oid.dotted_string, facts.label(certificate)
            sentence = f'The certificate "{name}" has a critical extension that is not understood: {oid}.'
            return CertificateProblem.CRITICAL_EXTENSION, sentence
    return None


def _revoked(
    certificate: x509.Certificate, issuer: x509.Certificate, revocation: Revocation, name: str
) -> _Wrong | None:
    reason = revocation(certificate, issuer)
    return (CertificateProblem.REVOKED, f"{name} is revoked: {reason}.") if reason else None
