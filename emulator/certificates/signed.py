"""The check of a signed certificate (CertificateSigned, A02.FR.06), and of one that the operator brings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from cryptography import x509

from emulator.certificates import chains, facts
from emulator.certificates.chains import Finding, Purpose, Revocation
from emulator.certificates.index import OwnEntry
from emulator.certificates.own import Chain, Own
from emulator.certificates.reading import UnreadableCertificate, in_chain_order, read_certificates
from emulator.certificates.roots import Roots
from emulator.domain.vault import CertificateProblem, CertificateUse, VaultRules

_Problem = CertificateProblem

# The roots under which a certificate must be: a combined one under a V2G root (M, "Certificates").
_ROOT_OF = {CertificateUse.STATION: CertificateUse.CSMS_ROOT, CertificateUse.V2G_CHAIN: CertificateUse.V2G_ROOT}


class Refused(Exception):
    """The certificate is not taken: what is wrong, and a sentence."""

    def __init__(self, problem: CertificateProblem, sentence: str) -> None:
        super().__init__(sentence)
        self.problem = problem
        self.sentence = sentence


class Checked(NamedTuple):
    """A signed certificate that may be kept: for which key, its chain, and whether its time is still to come."""

    request: OwnEntry
    chain: Chain
    waiting: bool


def root_for(uses: Sequence[str]) -> CertificateUse:
    """The kind of root under which a certificate for these uses must be."""
    return _ROOT_OF[CertificateUse.V2G_CHAIN if CertificateUse.V2G_CHAIN in uses else CertificateUse.STATION]


def check(
    pem: str,
    use: CertificateUse | None,
    own: Own,
    roots: Roots,
    rules: VaultRules,
    at: datetime,
    revocation: Revocation | None,
) -> Checked:
    """Every check in turn; raises Refused with the first that fails."""
    if len(pem) > rules.maximum_chain_size:  # A02.FR.16
        raise Refused(
            _Problem.TOO_LARGE, f"The chain has {len(pem)} characters; {rules.maximum_chain_size} are allowed."
        )
    chain = _read(pem)
    request = _request_of(chain, use, own)
    leaf = chain[0]
    _check_subject(leaf, request)
    starts = leaf.not_valid_before_utc
    waiting = rules.future_certificates and at < starts
    anchors = roots.anchors((root_for(request.uses),))
    finding = chains.judge(chain, anchors, starts if waiting else at, _purpose(request.uses), revocation)
    if not finding.valid:
        raise Refused(finding.problem, finding.sentence)
    return Checked(request, kept_chain(chain, finding), waiting)


def _read(pem: str) -> list[x509.Certificate]:
    try:
        return read_certificates(pem)
    except UnreadableCertificate as problem:
        raise Refused(_Problem.UNREADABLE, problem.sentence) from problem


def _request_of(chain: Sequence[x509.Certificate], use: CertificateUse | None, own: Own) -> OwnEntry:
    leaf = chain[0]
    entries = own.of_key(leaf)
    if not entries:
        ours = next((other for other in chain[1:] if own.of_key(other)), None)
        name = f'The certificate "{facts.label(leaf)}"'
        if ours is not None:
            raise Refused(
                _Problem.KEY_NOT_OURS, f'{name} comes first, but the station\'s own is "{facts.label(ours)}".'
            )
        raise Refused(_Problem.KEY_NOT_OURS, f"{name} is for a key that is not the station's: it answers no request.")
    fitting = next((entry for entry in entries if use is None or use in entry.uses), None)
    if fitting is None:
        asked = " and ".join(entries[0].uses)
        raise Refused(_Problem.KEY_NOT_OURS, f"The certificate is sent as {use}, but its key was made for {asked}.")
    return fitting


def _check_subject(leaf: x509.Certificate, request: OwnEntry) -> None:
    """CN and O must be those of the request (A00.FR.509, A00.FR.511), and a station is no CA."""
    for part, wanted, found in (
        ("CN", request.common_name, facts.common_name(leaf.subject)),
        ("O", request.organization, facts.organization(leaf.subject)),
    ):
        if wanted != found:
            raise Refused(_Problem.WRONG_SUBJECT, f'The certificate names {part} "{found}"; "{wanted}" was requested.')
    if facts.is_ca(leaf):
        raise Refused(_Problem.IS_A_CA, f'The certificate "{facts.label(leaf)}" is a CA certificate.')


def _purpose(uses: Sequence[str]) -> Purpose:
    if CertificateUse.V2G_CHAIN not in uses:
        return Purpose.CLIENT
    return Purpose.ANY if CertificateUse.STATION in uses else Purpose.SERVER


def kept_chain(chain: Sequence[x509.Certificate], finding: Finding) -> Chain:
    """What is kept of a chain: the judged path without its root; of an invalid one all that was given."""
    if finding.valid and len(finding.path) > 1:
        return Chain(finding.path[:-1], finding.path[-1])
    ordered = in_chain_order(chain)
    if len(ordered) > 1 and facts.is_self_signed(ordered[-1]):
        return Chain(tuple(ordered[:-1]), ordered[-1])
    return Chain(tuple(ordered), None)
