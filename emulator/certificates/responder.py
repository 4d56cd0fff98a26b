"""The OCSP responder and revocation list server of a test PKI: HTTP on the loopback address."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import unquote

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from emulator.certificates import der
from emulator.certificates.authority import Authority
from emulator.certificates.hash_data import key_bits
from emulator.certificates.keys import PrivateKey, hash_for
from emulator.certificates.pki import DEFAULT_SERVICE_PORT, Pki
from emulator.domain.errors import EnvironmentProblem

_LIFE = timedelta(hours=12)
_MAXIMUM_REQUEST_BYTES = 20_000
_HEAD_TIMEOUT_S = 10.0
_NOT_FOUND = (404, "text/plain", b"There is nothing here.\n")

_Answer = tuple[int, str, bytes]


class OcspResponder:
    """Answers for every authority of a PKI: revoked, unknown for the serial numbers in `unknown`, else good."""

    def __init__(self, pki: Pki, now: Callable[[], datetime]) -> None:
        """`now` is the time that answers carry."""
        self._pki = pki
        self._now = now
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._signers: dict[str, tuple[x509.Certificate, PrivateKey]] = {}
        self.requests = 0
        self.unknown: set[int] = set()

    async def start(self, port: int = DEFAULT_SERVICE_PORT) -> int:
        """Listen on 127.0.0.1 (0: a free port); the port; raises EnvironmentProblem when it is taken."""
        try:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        except OSError as error:
            raise EnvironmentProblem(
                f"The OCSP responder cannot listen on port {port}: {error.strerror}.", "End the program that holds it."
            ) from error
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and close the connections."""
        if self._server is not None:
            self._server.close()
            for writer in list(self._writers):
                writer.close()
            await self._server.wait_closed()
            self._server = None

    def answer(self, request: bytes) -> bytes:
        """The OCSP response (DER) to a request (DER)."""
        try:
            asked = ocsp.load_der_ocsp_request(request)
            authority = self._authority_of(asked)
        except Exception:
            # Whatever a client sent, RFC 6960 has an answer for it.
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if authority is None:
            return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        return self._signed(asked, authority)

    def _authority_of(self, asked: ocsp.OCSPRequest) -> Authority | None:
        def digest(content: bytes) -> bytes:
            return hashlib.new(asked.hash_algorithm.name, content).digest()

        for authority in self._pki.authorities():
            name = der.subject_name(authority.certificate.tbs_certificate_bytes)
            if (digest(name), digest(key_bits(authority.certificate))) == (
                asked.issuer_name_hash,
                asked.issuer_key_hash,
            ):
                return authority
        return None

    def _signed(self, asked: ocsp.OCSPRequest, authority: Authority) -> bytes:
        now = self._now()
        revoked_at = authority.revoked.get(asked.serial_number)
        if authority.name not in self._signers or self._signers[authority.name][0].not_valid_after_utc < now + _LIFE:
            self._signers[authority.name] = authority.responder(now)
        certificate, key = self._signers[authority.name]
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                asked.issuer_name_hash,
                asked.issuer_key_hash,
                asked.serial_number,
                asked.hash_algorithm,
                self._status(asked.serial_number, revoked_at),
                now,
                now + _LIFE,
                revoked_at,
                x509.ReasonFlags.key_compromise if revoked_at else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
            .certificates([certificate])
        )
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        return builder.sign(key, hash_for(key)).public_bytes(Encoding.DER)

    def _status(self, serial_number: int, revoked_at: datetime | None) -> ocsp.OCSPCertStatus:
        if revoked_at:
            return ocsp.OCSPCertStatus.REVOKED
        return ocsp.OCSPCertStatus.UNKNOWN if serial_number in self.unknown else ocsp.OCSPCertStatus.GOOD

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            status, media_type, body = await asyncio.wait_for(self._read(reader), _HEAD_TIMEOUT_S)
            head = f"HTTP/1.1 {status} {'OK' if status == 200 else 'Error'}\r\nContent-Type: {media_type}\r\n"
            writer.write(f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
            await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            # A client that goes away or talks nonsense gets nothing.
            pass
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> _Answer:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        self.requests += 1
        request_line, *lines = head.split("\r\n")
        method, target, _ = request_line.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if method == "POST" and target == "/ocsp":
            length = int(headers.get("content-length", "0"))
            if not 0 < length <= _MAXIMUM_REQUEST_BYTES:
                return 413, "text/plain", b"Too large.\n"
            return 200, "application/ocsp-response", self.answer(await reader.readexactly(length))
        return self._get(target) if method == "GET" else _NOT_FOUND

    def _get(self, target: str) -> _Answer:
        if target.startswith("/ocsp/"):
            try:
                request = base64.b64decode(unquote(target.removeprefix("/ocsp/")), validate=True)
            except (binascii.Error, ValueError):
                return 400, "text/plain", b"Not Base64.\n"
            return 200, "application/ocsp-response", self.answer(request)
        for authority in self._pki.authorities():
            if target == f"/crl/{authority.name}.crl":
                return 200, "application/pkix-crl", authority.revocation_list(self._now())
        return _NOT_FOUND


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
