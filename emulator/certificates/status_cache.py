"""The OCSP answers that the station keeps (M06), in the vault's index."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography import x509

from emulator.certificates import ocsp
from emulator.certificates.hash_data import hash_data, key_bits
from emulator.certificates.ocsp import OcspAnswer, OcspStatus
from emulator.certificates.outcomes import accepted, failed, rejected
from emulator.certificates.store import Store
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import CertificateHash, CertificateProblem, OcspRequestData, Outcome

_REFRESH = timedelta(days=7)  # M06.FR.10
_MAXIMUM_ANSWERS = 200


class StatusCache:
    """The cached answers of one station: checked when they come and again whenever they are used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def keep(self, request: OcspRequestData, response: bytes, issuer: x509.Certificate | None) -> Outcome:
        """Check an answer and keep it until its time is over."""
        answer = ocsp.judge_response(response, request.certificate, issuer, self._store.now())
        if answer.status is OcspStatus.INVALID:
            return rejected(CertificateProblem.BAD_RESPONSE, answer.sentence)
        line = f"{self._store.now().isoformat()} {base64.b64encode(response).decode()}"
        try:
            with self._store.change() as index:
                index.ocsp.pop(_name(request.certificate), None)
                index.ocsp[_name(request.certificate)] = line
                for name in list(index.ocsp)[:-_MAXIMUM_ANSWERS]:
                    del index.ocsp[name]
        except EnvironmentProblem as problem:
            return failed(CertificateProblem.STORAGE, problem.sentence)
        if answer.status is OcspStatus.REVOKED:
            return rejected(CertificateProblem.REVOKED, answer.sentence)
        if answer.status is OcspStatus.UNKNOWN:
            return rejected(CertificateProblem.STATUS_UNKNOWN, answer.sentence)
        return accepted(answer.sentence)

    def answer(self, wanted: CertificateHash, issuer: x509.Certificate | None) -> OcspAnswer | None:
        """The answer that is kept, judged now; None when there is none."""
        line = self._store.index.ocsp.get(_name(wanted))
        if line is None:
            return None
        return ocsp.judge_response(_response(line), wanted, issuer, self._store.now())

    def response(self, wanted: CertificateHash) -> bytes | None:
        """The answer (DER) to staple in a TLS handshake with a vehicle, or None."""
        line = self._store.index.ocsp.get(_name(wanted))
        return _response(line) if line else None

    def is_due(self, wanted: CertificateHash, issuer: x509.Certificate | None) -> bool:
        """Whether the answer is missing, outdated or a week old."""
        line = self._store.index.ocsp.get(_name(wanted))
        if line is None:
            return True
        kept_at = datetime.fromisoformat(line.split(" ", 1)[0])
        answer = self.answer(wanted, issuer)
        return self._store.now() - kept_at >= _REFRESH or answer is None or answer.status is OcspStatus.INVALID

    def reason(self, certificate: x509.Certificate, issuer: x509.Certificate) -> str:
        """Why a certificate is revoked by a kept answer, or ""."""
        for algorithm in ocsp.ALGORITHMS:
            answer = self.answer(hash_data(certificate, key_bits(issuer), algorithm), issuer)
            if answer is not None and answer.status is OcspStatus.REVOKED:
                return answer.sentence.rstrip(".")
        return ""


def issuer_among(wanted: CertificateHash, certificates: Sequence[x509.Certificate]) -> x509.Certificate | None:
    """The issuer whose key hashes to the issuerKeyHash, or None."""
    for certificate in certificates:
        if ocsp.issuer_matches(wanted, certificate):
            return certificate
    return None


def _name(wanted: CertificateHash) -> str:
    return ":".join((wanted.hash_algorithm, wanted.issuer_key_hash, wanted.serial_number)).lower()


def _response(line: str) -> bytes:
    return base64.b64decode(line.split(" ", 1)[1])
