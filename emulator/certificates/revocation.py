"""Whether the certificates of a path are revoked, asked of the responders and lists that they name."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from cryptography import x509

from emulator.certificates import crl, facts, ocsp
from emulator.certificates.hash_data import fingerprint, hash_data, key_bits
from emulator.certificates.ocsp import OcspStatus
from emulator.domain.errors import EnvironmentProblem

# Address, content to post or None to get, its media type; returns the content of the answer, raises EnvironmentProblem.
Fetch = Callable[[str, bytes | None, str], Awaitable[bytes]]

_OCSP_REQUEST = "application/ocsp-request"
# How long an answer holds that does not say until when.
_DEFAULT_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """What was found out about one certificate: `source` is the address that said so ("" when none could)."""

    certificate: x509.Certificate
    status: OcspStatus
    sentence: str
    source: str
    good_until: datetime | None = None


class RevocationChecker:
    """Asks over the network through `fetch`, keeps the answers until their nextUpdate.

    After `check` the object is a Revocation for chains.judge: `checker.reason`.
    """

    def __init__(self, fetch: Fetch, now: Callable[[], datetime]) -> None:
        """`fetch` posts or gets; `now` is the station's clock."""
        self._fetch = fetch
        self._now = now
        self._kept: dict[tuple[str, str], Standing] = {}

    async def check(self, path: Sequence[x509.Certificate]) -> list[Standing]:
        """The standing of every certificate of a path (leaf first, root last), the root left out."""
        return [await self._standing(one, issuer) for one, issuer in pairwise(path)]

    def reason(self, certificate: x509.Certificate, issuer: x509.Certificate) -> str:
        """Why the certificate is revoked, as far as check() found out; else ""."""
        kept = self._kept.get((fingerprint(certificate), fingerprint(issuer)))
        return kept.sentence.rstrip(".") if kept and kept.status is OcspStatus.REVOKED else ""

    async def _standing(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Standing:
        name = (fingerprint(certificate), fingerprint(issuer))
        kept = self._kept.get(name)
        if kept is not None and kept.good_until is not None and kept.good_until > self._now():
            return kept
        found = await self._ask(certificate, issuer)
        if found.status in (OcspStatus.GOOD, OcspStatus.REVOKED):
            self._kept[name] = found
        return found

    async def _ask(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Standing:
        failures = []
        for url in facts.ocsp_urls(certificate):
            found = await self._ask_responder(certificate, issuer, url)
            if found.status in (OcspStatus.GOOD, OcspStatus.REVOKED):
                return found
            failures.append(found)
        for url in facts.crl_urls(certificate):
            found = await self._ask_list(certificate, issuer, url)
            if found.status in (OcspStatus.GOOD, OcspStatus.REVOKED):
                return found
            failures.append(found)
        if failures:
            return failures[0]
        sentence = (
            f'The certificate "{facts.label(certificate)}" names neither an OCSP responder nor a revocation list.'
        )
        return Standing(certificate, OcspStatus.UNKNOWN, sentence, "")

    async def _ask_responder(self, certificate: x509.Certificate, issuer: x509.Certificate, url: str) -> Standing:
        wanted, nonce = hash_data(certificate, key_bits(issuer)), os.urandom(16)
        try:
            response = await self._fetch(url, ocsp.build_request(wanted, nonce), _OCSP_REQUEST)
        except EnvironmentProblem as problem:
            return Standing(certificate, OcspStatus.INVALID, problem.sentence, url)
        answer = ocsp.judge_response(response, wanted, issuer, self._now(), nonce)
        return Standing(certificate, answer.status, answer.sentence, url, answer.next_update or self._later())

    async def _ask_list(self, certificate: x509.Certificate, issuer: x509.Certificate, url: str) -> Standing:
        try:
            content = await self._fetch(url, None, "")
        except EnvironmentProblem as problem:
            return Standing(certificate, OcspStatus.INVALID, problem.sentence, url)
        answer = crl.judge_list(content, certificate, issuer, self._now())
        return Standing(certificate, answer.status, answer.sentence, url, answer.next_update or self._later())

    def _later(self) -> datetime:
        return self._now() + _DEFAULT_LIFE
