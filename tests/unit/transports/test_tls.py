"""Security profiles 2 and 3 over real TLS on the loopback, and what is said when it fails."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from emulator.domain.errors import ConnectionFailed, ConnectionProblem
from emulator.domain.ports import ConnectionProfile
from emulator.transports.address import address_of
from emulator.transports.tls_failures import tls_failure
from emulator.transports.websocket import WebSocketTransport

NOW = datetime.now(UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


class Pki:
    """A CA, its file, and servers with its certificates."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = trustme.CA(organization_name="Test CSO", organization_unit_name="Test Root")
        self.ca_file = self.write("ca.pem", self.ca.cert_pem)

    def write(self, name: str, *blobs: trustme.Blob) -> str:
        file = self.folder / name
        file.write_bytes(b"".join(blob.bytes() for blob in blobs))
        return str(file)

    def server(self, *names: str, ca: trustme.CA | None = None, **options: Any) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (ca or self.ca).issue_cert(*(names or ("localhost",)), **options).configure_cert(context)
        return context

    def station(self, ca: trustme.CA | None = None, **options: Any) -> dict[str, Any]:
        leaf = (ca or self.ca).issue_cert(common_name="SN-0001", **options)
        return {
            "security_profile": 3,
            "ca_file": self.ca_file,
            "certificate_file": self.write("station.pem", *leaf.cert_chain_pems),
            "key_file": self.write("station.key", leaf.private_key_pem),
        }


@pytest.fixture
def pki(tmp_path: Path) -> Pki:
    return Pki(tmp_path)


async def session(running_server: Any, listener: Any, context: ssl.SSLContext, **profile: Any) -> Any:
    """Connect, talk both ways, close; returns the request that the CSMS saw."""
    async with running_server(ssl=context) as csms:
        connection = await WebSocketTransport().connect(csms.profile(**profile), listener)
        station = await csms.station()
        connection.send("x" * 200_000)
        assert len(await csms.text()) == 200_000
        await station.send("y" * 200_000)
        assert len(await listener.text()) == 200_000
        peer = station.transport.get_extra_info("peercert")
        connection.close()
        assert (await listener.end())[0] == 1000
        return station.request, peer


async def failure(listener: Any, port: int, make: Any, **profile: Any) -> ConnectionFailed:
    with pytest.raises(ConnectionFailed) as failed:
        await WebSocketTransport().connect(make(port, **{"security_profile": 2, **profile}), listener)
    assert failed.value.sentence.endswith(".")
    assert failed.value.hint
    assert listener.ends == []
    return failed.value


@contextmanager
def openssl_server(context: ssl.SSLContext) -> Iterator[int]:
    """A TLS server of one connection that sends its alerts, which asyncio's does not; yields its port."""

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listening.accept()
            with suppress(OSError), context.wrap_socket(connection, server_side=True) as secure:
                secure.recv(1000)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join(5)


async def server_failure(running_server: Any, listener: Any, profile: Any, context: Any, **changes: Any) -> str:
    async with running_server(ssl=context) as csms:
        failed = await failure(listener, csms.port, profile, **changes)
        await asyncio.sleep(0.01)
    assert failed.problem is ConnectionProblem.TLS
    return failed.sentence


@pytest.mark.req("A00.FR.301", "A00.FR.302", "A00.FR.308")
async def test_profile_2(running_server: Any, listener: Any, pki: Pki) -> None:
    request, _ = await session(
        running_server, listener, pki.server(), security_profile=2, ca_file=pki.ca_file, password="DEADBEEFDEADBEEF"
    )
    assert request.headers["Authorization"].startswith("Basic ")
    assert request.path == "/ocpp/CP%201"


@pytest.mark.req("A00.FR.401", "A00.FR.402")
async def test_profile_3(running_server: Any, listener: Any, pki: Pki) -> None:
    context = pki.server()
    context.verify_mode = ssl.CERT_REQUIRED
    pki.ca.configure_trust(context)
    request, peer = await session(running_server, listener, context, **pki.station(), password="unused")
    assert "Authorization" not in request.headers
    assert (("commonName", "SN-0001"),) in peer["subject"]


@pytest.mark.req("A00.FR.309", "A00.FR.510", "A00.FR.511")
async def test_a_common_name_is_enough(running_server: Any, listener: Any, pki: Pki) -> None:
    context = pki.server(common_name="localhost")
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    bare.load_cert_chain(*without_san(pki, "localhost"))
    await session(running_server, listener, bare, security_profile=2, ca_file=pki.ca_file)
    assert context


def without_san(pki: Pki, name: str) -> tuple[str, str]:
    """A certificate as OCPP wants it: the host in the common name and no subjectAltName."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.load_pem_x509_certificate(pki.ca.cert_pem.bytes())
    ca_key = serialization.load_pem_private_key(pki.ca.private_key_pem.bytes(), None)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - DAY)
        .not_valid_after(NOW + DAY)
        .sign(ca_key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (pki.folder / "leaf.pem").write_bytes(certificate.public_bytes(pem))
    (pki.folder / "leaf.key").write_bytes(private)
    return str(pki.folder / "leaf.pem"), str(pki.folder / "leaf.key")


@pytest.mark.req("A00.FR.309", "A00.FR.311")
async def test_a_common_name_of_another_host(running_server: Any, listener: Any, profile: Any, pki: Pki) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*without_san(pki, "csms.example.com"))
    sentence = await server_failure(running_server, listener, profile, context, ca_file=pki.ca_file)
    assert "is for another host, not for localhost: it names csms.example.com." in sentence


async def test_wss_with_profile_0_is_checked_all_the_same(running_server: Any, listener: Any, pki: Pki) -> None:
    async with running_server(ssl=pki.server()) as csms:
        profile = csms.profile(url=f"wss://localhost:{csms.port}/", ca_file=pki.ca_file)
        connection = await WebSocketTransport().connect(profile, listener)
        connection.abort()
        await listener.end()
        with pytest.raises(ConnectionFailed, match="no CA certificate is installed"):
            await WebSocketTransport().connect(csms.profile(url=profile.url), listener)


@pytest.mark.req("A00.FR.308", "A00.FR.311")
@pytest.mark.parametrize(
    ("names", "options", "says"),
    [
        (("localhost",), {"not_before": NOW - 9 * DAY, "not_after": NOW - 3 * DAY - HOUR}, "expired 3 days ago"),
        (("localhost",), {"not_before": NOW - 9 * DAY, "not_after": NOW - 1.5 * HOUR}, "expired 1 hour ago"),
        (("localhost",), {"not_before": NOW + 2 * DAY + HOUR, "not_after": NOW + 9 * DAY}, "in 2 days"),
        (("example.org", "10.0.0.1"), {}, "for another host, not for localhost: it names example.org and 10.0.0.1"),
    ],
)  # fmt: skip
async def test_bad_certificates(
    running_server: Any, listener: Any, profile: Any, pki: Pki, names: Any, options: Any, says: str
) -> None:
    context = pki.server(*names, **options)
    sentence = await server_failure(running_server, listener, profile, context, ca_file=pki.ca_file)
    assert says in sentence
    assert sentence.startswith("The certificate of localhost:")


async def test_an_expired_root_is_named(running_server: Any, listener: Any, profile: Any, pki: Pki) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    old = x509.load_pem_x509_certificate(pki.ca.cert_pem.bytes())
    key = serialization.load_pem_private_key(pki.ca.private_key_pem.bytes(), None)
    builder = x509.CertificateBuilder().subject_name(old.subject).issuer_name(old.issuer).public_key(key.public_key())
    builder = builder.serial_number(2).not_valid_before(NOW - 20 * DAY).not_valid_after(NOW - 5 * DAY)
    for extension in old.extensions:
        builder = builder.add_extension(extension.value, extension.critical)
    root = pki.folder / "root.pem"
    root.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    sentence = await server_failure(running_server, listener, profile, pki.server(), ca_file=str(root))
    assert "which signs the certificate of the CSMS, expired 5 days ago" in sentence


async def test_an_unknown_issuer(running_server: Any, listener: Any, profile: Any, pki: Pki) -> None:
    other = trustme.CA(organization_name="Somebody Else")
    sentence = await server_failure(running_server, listener, profile, pki.server(ca=other), ca_file=pki.ca_file)
    assert "leads to the issuer" in sentence
    assert "Somebody Else" in sentence
    assert pki.ca_file in sentence


async def test_a_missing_intermediate(running_server: Any, listener: Any, profile: Any, pki: Pki) -> None:
    middle = pki.ca.create_child_ca()
    leaf = middle.issue_cert("localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.write("leaf.pem", leaf.cert_chain_pems[0]), pki.write("leaf.key", leaf.private_key_pem))
    sentence = await server_failure(running_server, listener, profile, context, ca_file=pki.ca_file)
    assert "leads to the issuer" in sentence


async def test_a_whole_chain(running_server: Any, listener: Any, pki: Pki) -> None:
    context = pki.server(ca=pki.ca.create_child_ca())
    await session(running_server, listener, context, security_profile=2, ca_file=pki.ca_file)


async def test_a_self_signed_certificate(running_server: Any, listener: Any, profile: Any, pki: Pki) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
    pem = serialization.Encoding.PEM
    (pki.folder / "self.pem").write_bytes(
        builder.sign(key, hashes.SHA256()).public_bytes(pem)
        + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.folder / "self.pem")
    sentence = await server_failure(running_server, listener, profile, context, ca_file=pki.ca_file)
    assert "self-signed" in sentence
    await session(running_server, listener, context, security_profile=2, ca_file=str(pki.folder / "self.pem"))


@pytest.mark.req("A00.FR.313", "A00.FR.416")
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tls_before_1_2_is_refused(listener: Any, profile: Any, pki: Pki) -> None:
    context = pki.server()
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with openssl_server(context) as port:
        failed = await failure(listener, port, profile, ca_file=pki.ca_file)
    assert failed.problem is ConnectionProblem.TLS
    assert "only versions of TLS before 1.2" in failed.sentence


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("alerts", [True, False])
async def test_a_csms_that_wants_a_certificate(
    running_server: Any, listener: Any, profile: Any, pki: Pki, version: ssl.TLSVersion, alerts: bool
) -> None:
    context = pki.server()
    context.minimum_version = context.maximum_version = version
    context.verify_mode = ssl.CERT_REQUIRED
    pki.ca.configure_trust(context)
    if alerts:
        with openssl_server(context) as port:
            failed = await failure(listener, port, profile, ca_file=pki.ca_file)
        # In TLS 1.3 the alert may be overtaken by the reset that follows it.
        assert failed.problem is ConnectionProblem.TLS or version is ssl.TLSVersion.TLSv1_3
    else:
        async with running_server(ssl=context) as csms:
            failed = await failure(listener, csms.port, profile, ca_file=pki.ca_file)
            await asyncio.sleep(0.01)
    assert "profile 3" in failed.hint


async def test_a_station_certificate_of_an_unknown_ca(listener: Any, profile: Any, pki: Pki) -> None:
    context = pki.server()
    context.verify_mode = ssl.CERT_REQUIRED
    pki.ca.configure_trust(context)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with openssl_server(context) as port:
        failed = await failure(listener, port, profile, **pki.station(ca=trustme.CA()))
    assert failed.problem is ConnectionProblem.TLS
    assert "does not know the issuer of the station's certificate" in failed.sentence


async def test_a_certificate_that_is_refused_without_a_word(
    running_server: Any, listener: Any, profile: Any, pki: Pki
) -> None:
    context = pki.server()
    context.verify_mode = ssl.CERT_REQUIRED
    pki.ca.configure_trust(context)
    async with running_server(ssl=context) as csms:
        failed = await failure(listener, csms.port, profile, **pki.station(ca=trustme.CA()))
        await asyncio.sleep(0.01)
    assert "accepts the station's certificate" in failed.hint


async def test_wss_to_a_port_without_tls(raw: Any, listener: Any, profile: Any, pki: Pki) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read()

    async with raw(talk) as port:
        failed = await failure(listener, port, profile, ca_file=pki.ca_file)
    assert failed.problem is ConnectionProblem.TLS
    assert "does not speak TLS on this port" in failed.sentence
    assert "ws://" in failed.hint


async def test_wss_to_a_port_that_cuts(raw: Any, listener: Any, profile: Any, pki: Pki) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)

    async with raw(talk) as port:
        failed = await failure(listener, port, profile, ca_file=pki.ca_file)
    assert failed.problem is ConnectionProblem.TLS
    assert "cut the connection in the TLS handshake" in failed.sentence


async def test_wss_to_a_port_that_says_nothing(raw: Any, listener: Any, profile: Any, pki: Pki) -> None:
    ended = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        ended.set()

    async with raw(talk) as port:
        failed = await failure(listener, port, profile, ca_file=pki.ca_file, connect_timeout_s=0.05)
        await asyncio.wait_for(ended.wait(), 5)
    assert failed.problem is ConnectionProblem.TIMED_OUT
    assert "shaking hands (TLS)" in failed.sentence


async def test_ws_to_a_tls_port(running_server: Any, listener: Any, profile: Any, pki: Pki) -> None:
    async with running_server(ssl=pki.server()) as csms:
        failed = await failure(listener, csms.port, profile, security_profile=1, url=f"ws://localhost:{csms.port}/")
        await asyncio.sleep(0.01)
    assert "wss://" in failed.hint


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"ca_file": ""}, "no CA certificate is installed"),
        ({"ca_file": "/nowhere/ca.pem"}, "/nowhere/ca.pem cannot be read: No such file"),
        ({"ca_file": __file__}, "holds no usable certificate"),
        ({"certificate_file": ""}, "Security profile 3 needs the station's own certificate"),
        ({"key_file": "/nowhere/key.pem"}, "/nowhere/key.pem cannot be read"),
        ({"key_file": __file__}, "cannot be loaded: they are unusable"),
    ],
)
async def test_unusable_files(listener: Any, profile: Any, pki: Pki, changes: dict[str, str], says: str) -> None:
    failed = await failure(listener, 1, profile, **{**pki.station(), **changes})
    assert failed.problem is ConnectionProblem.TLS
    assert says in failed.sentence


async def test_a_key_of_another_certificate(listener: Any, profile: Any, pki: Pki) -> None:
    station = pki.station()
    other = pki.write("other.key", pki.ca.issue_cert("other").private_key_pem)
    failed = await failure(listener, 1, profile, **{**station, "key_file": other})
    assert "do not belong together" in failed.sentence


async def test_a_locked_key_does_not_ask_on_the_terminal(listener: Any, profile: Any, pki: Pki) -> None:
    from cryptography.hazmat.primitives import serialization

    station = pki.station()
    key = serialization.load_pem_private_key(Path(station["key_file"]).read_bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    )
    Path(station["key_file"]).write_bytes(locked)
    failed = await failure(listener, 1, profile, **station)
    assert "without a password" in failed.hint


async def test_a_replaced_ca_file_counts_at_once(running_server: Any, listener: Any, profile: Any, pki: Pki) -> None:
    other = trustme.CA()
    context = pki.server(ca=other)
    await server_failure(running_server, listener, profile, context, ca_file=pki.ca_file)
    pki.write("ca.pem", pki.ca.cert_pem, other.cert_pem)
    await session(running_server, listener, context, security_profile=2, ca_file=pki.ca_file)


async def test_the_csms_closes_over_tls(running_server: Any, listener: Any, pki: Pki) -> None:
    async with running_server(ssl=pki.server()) as csms:
        profile = csms.profile(security_profile=2, ca_file=pki.ca_file)
        await WebSocketTransport().connect(profile, listener)
        station = await csms.station()
        await station.send("last words")
        await station.close(1001)
        assert (await listener.end())[0] == 1001
        assert await listener.text() == "last words"


def on_uvloop(run: Callable[[], Awaitable[None]]) -> None:
    pytest.importorskip("uvloop").run(run())


def on_qasync(run: Callable[[], Awaitable[None]]) -> None:
    import qasync
    from PySide6.QtWidgets import QApplication

    application = QApplication.instance() or QApplication([])
    with qasync.QEventLoop(application) as loop:
        loop.run_until_complete(run())


@pytest.mark.parametrize("runner", [on_uvloop, on_qasync])
def test_other_loops(runner: Any, running_server: Any, listener: Any, profile: Any, pki: Pki) -> None:
    async def run() -> None:
        await session(running_server, listener, pki.server(), security_profile=2, ca_file=pki.ca_file)
        listener.__init__()
        old = pki.server(not_before=NOW - 9 * DAY, not_after=NOW - 3 * DAY - HOUR)
        assert "expired 3 days" in await server_failure(running_server, listener, profile, old, ca_file=pki.ca_file)

    runner(run)


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ({"reason": "SSLV3_ALERT_BAD_CERTIFICATE"}, "rejected the station's certificate"),
        ({"reason": "SSLV3_ALERT_CERTIFICATE_EXPIRED"}, "calls the station's certificate expired"),
        ({"reason": "SOMETHING_NEW"}, "failed in the TLS handshake (something new)"),
        ({"reason": None}, "failed in the TLS handshake (no reason given)"),
        ({"verify_code": 66}, "has too short a key"),
        ({"verify_code": 99, "verify_message": "odd"}, "is not valid (odd)"),
        ({"verify_code": 10}, "or one that signs it is expired"),
        ({"verify_code": 20}, "leads to an unknown issuer"),
        ({"verify_code": 62}, "is for another host, not for host"),
        ({"verify_code": 20, "rejected_chain": [b"no certificate"]}, "leads to an unknown issuer"),
    ],
)
def test_every_error_has_a_sentence_even_without_the_certificates(facts: dict[str, Any], says: str) -> None:
    error = ssl.SSLError(1, "x")
    for name, value in facts.items():
        setattr(error, name, value)
    profile = ConnectionProfile("wss://host/", "CP1", ("1.6",), 2, ca_file="/nowhere/ca.pem")
    failed = tls_failure(error, profile, address_of(profile))
    assert says in failed.sentence
    assert failed.hint
