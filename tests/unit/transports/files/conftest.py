"""File servers on the loopback: HTTP(S) by hand, FTP(S) of pyftpdlib, SFTP of asyncssh."""

from __future__ import annotations

import asyncio
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import trustme

from emulator.domain.files import TransferProfile

CONTENT = bytes(range(256)) * 2000  # 512,000 bytes


class Request:
    """A request as the server read it."""

    def __init__(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        self.method, self.target, self.headers, self.body = method, target, headers, body


class Answer:
    """What the server says; `cut` bytes of the body are sent before the connection is broken, `stall` says nothing."""

    def __init__(
        self, status: int = 200, body: bytes = b"", cut: int | None = None, stall: bool = False, **headers: str
    ) -> None:
        self.status, self.body, self.cut, self.stall = status, body, cut, stall
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class HttpServer:
    """Answers by `answer`; keeps the requests."""

    def __init__(self, scheme: str) -> None:
        self.scheme = scheme
        self.requests: list[Request] = []
        self.answer: Callable[[Request], Answer] = self.file
        self.server: asyncio.Server
        self.ended = asyncio.Event()

    def url(self, path: str = "/fw.bin", host: str = "localhost", user: str = "") -> str:
        return f"{self.scheme}://{user}{host}:{self.server.sockets[0].getsockname()[1]}{path}"

    @staticmethod
    def file(request: Request) -> Answer:
        """A file with ranges; takes what is put."""
        if request.method != "GET":
            return Answer(201)
        first = request.headers.get("range", "").removeprefix("bytes=").rstrip("-")
        if first and request.headers.get("if-range") == '"one"':
            span = f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}"
            return Answer(206, CONTENT[int(first) :], ETag='"one"', Content_Range=span)
        return Answer(200, CONTENT, ETag='"one"')

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            method, target, _ = head[0].split(" ")
            headers = {n.lower(): v for n, _, v in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", 0)))
            request = Request(method, target, headers, body)
            self.requests.append(request)
            answer = self.answer(request)
            if answer.stall:
                await self.ended.wait()
            sizes = {"Content-Length": str(len(answer.body)), "Connection": "close"}
            lines = [f"HTTP/1.1 {answer.status} X", *(f"{n}: {v}" for n, v in (sizes | answer.headers).items())]
            writer.write("\r\n".join([*lines, "", ""]).encode() + answer.body[: answer.cut])
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def profile(authority: trustme.CA, tmp_path: Path) -> TransferProfile:
    roots = tmp_path / "roots.pem"
    authority.cert_pem.write_to_path(str(roots))
    return TransferProfile(str(roots), stall_s=2.0, maximum_bytes=1_000_000)


Start = Callable[..., Awaitable[HttpServer]]


@pytest.fixture
async def http(authority: trustme.CA) -> AsyncIterator[Start]:
    servers: list[HttpServer] = []

    async def start(scheme: str = "http") -> HttpServer:
        context = None
        if scheme == "https":
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            authority.issue_cert("localhost").configure_cert(context)
        server = HttpServer(scheme)
        server.server = await asyncio.start_server(server.talk, "127.0.0.1", 0, ssl=context, limit=1 << 20)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.ended.set()
        server.server.close()


@pytest.fixture(autouse=True)
async def _farewells() -> AsyncIterator[None]:
    """TLS says goodbye in turns of the loop that come after a test: they need some time before it closes."""
    yield
    await asyncio.sleep(0.1)


class FtpServer:
    """pyftpdlib in a thread of its own."""

    def __init__(self, root: Path, certificate: Path | None) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from pyftpdlib.authorizers import DummyAuthorizer
            from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
            from pyftpdlib.ioloop import IOLoop
            from pyftpdlib.servers import FTPServer
        authorizer = DummyAuthorizer()
        authorizer.add_user("user", "secret", str(root), perm="elradfmwMT")
        authorizer.add_user("guest", "guest", str(root), perm="el")
        base: Any = TLS_FTPHandler if certificate else FTPHandler
        values: dict[str, Any] = {"authorizer": authorizer, "auth_failed_timeout": 0}
        if certificate:
            values |= {"certfile": str(certificate), "tls_control_required": True, "tls_data_required": True}
        self._loop = IOLoop()
        self._server = FTPServer(("127.0.0.1", 0), type("Handler", (base,), values), ioloop=self._loop)
        self.scheme = "ftps" if certificate else "ftp"
        self._running = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            while self._running:
                self._loop.loop(timeout=0.02, blocking=False)
            self._server.close_all()

    def url(self, path: str, user: str = "user:secret") -> str:
        return f"{self.scheme}://{user}@localhost:{self._server.socket.getsockname()[1]}{path}"

    def stop(self) -> None:
        self._running = False
        self._thread.join()


@pytest.fixture
def served(tmp_path: Path) -> Path:
    folder = tmp_path / "served"
    folder.mkdir()
    (folder / "fw.bin").write_bytes(CONTENT)
    return folder


@pytest.fixture(params=["ftp", "ftps"])
def ftp(request: pytest.FixtureRequest, authority: trustme.CA, tmp_path: Path, served: Path) -> Iterator[FtpServer]:
    certificate = None
    if request.param == "ftps":
        certificate = tmp_path / "server.pem"
        authority.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    server = FtpServer(served, certificate)
    yield server
    server.stop()


class _Door(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("user", "secret")


@pytest.fixture
async def sftp(served: Path) -> AsyncIterator[str]:
    def factory(channel: Any) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(served))

    key = asyncssh.generate_private_key("ssh-ed25519")
    server = await asyncssh.create_server(_Door, "127.0.0.1", 0, server_host_keys=[key], sftp_factory=factory)
    yield f"localhost:{server.sockets[0].getsockname()[1]}"
    server.close()
    await server.wait_closed()
