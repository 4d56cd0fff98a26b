"""Short ways to say how a request ended."""

from __future__ import annotations

from emulator.domain.vault import CertificateProblem, CertificateStatus, Outcome


def accepted(sentence: str) -> Outcome:
    """It was done."""
    return Outcome(CertificateStatus.ACCEPTED, CertificateProblem.NONE, sentence)


def rejected(problem: CertificateProblem, sentence: str) -> Outcome:
    """What was given is wrong."""
    return Outcome(CertificateStatus.REJECTED, problem, sentence)


def failed(problem: CertificateProblem, sentence: str) -> Outcome:
    """It was right, but could not be done."""
    return Outcome(CertificateStatus.FAILED, problem, sentence)


def not_found(sentence: str) -> Outcome:
    """There is no such thing."""
    return Outcome(CertificateStatus.NOT_FOUND, CertificateProblem.NOT_FOUND, sentence)
