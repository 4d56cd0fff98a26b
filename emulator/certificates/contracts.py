"""Contract certificates of ISO 15118: the eMAID inside, and what is asked about them (C07)."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509

from emulator.certificates import facts, ocsp
from emulator.certificates.chains import Finding
from emulator.domain.vault import ContractCheck

MAXIMUM_ENTRIES = 4


def emaid(contract: x509.Certificate) -> str:
    """The eMAID: the CN of the contract certificate (ISO 15118-2, annex F)."""
    return facts.common_name(contract.subject)


def contract_check(
    chain: Sequence[x509.Certificate], finding: Finding, roots: Sequence[x509.Certificate]
) -> ContractCheck:
    """The eMAID, the verdict, and iso15118CertificateHashData for the leaf and its sub-CAs.

    A certificate without an OCSP address is left out: responderURL is required.
    """
    path = finding.path if finding.valid else tuple(chain)
    last = path[-1]
    issuer = next((root for root in roots if facts.is_signed_by(last, root)), None)
    wanted = ocsp.request_data(path, issuer if issuer not in path else None)
    return ContractCheck(emaid(chain[0]), finding.verdict(), tuple(wanted[:MAXIMUM_ENTRIES]))
