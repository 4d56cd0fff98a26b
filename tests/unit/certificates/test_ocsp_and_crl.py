"""OCSP and revocation lists: what proves something and what does not; openssl as a second opinion."""

from __future__ import annotations

import asyncio
import socket
import subprocess
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as library
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.certificates import crl, facts, ocsp
from emulator.certificates.authority import new_root
from emulator.certificates.hash_data import hash_data, key_bits
from emulator.certificates.ocsp import OcspStatus
from emulator.certificates.pki import create_pki
from emulator.certificates.responder import OcspResponder
from emulator.certificates.revocation import RevocationChecker
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import HashAlgorithm


@pytest.fixture
def responder(pki, moment):
    return OcspResponder(pki, moment)


@pytest.fixture
def issuer(pki):
    return pki.issuer("cso")


@pytest.fixture
def station(pki, moment):
    return pki.station("SN-9", moment()).chain[0]


@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_a_good_answer(responder, issuer, station, moment, algorithm):
    wanted = hash_data(station, key_bits(issuer.certificate), algorithm)
    response = responder.answer(ocsp.build_request(wanted, b"n" * 16))
    answer = ocsp.judge_response(response, wanted, issuer.certificate, moment(), b"n" * 16)
    assert answer.status is OcspStatus.GOOD
    assert answer.this_update == moment()
    assert answer.next_update == moment() + timedelta(hours=12)


def test_revoked_and_unknown(pki, responder, issuer, station, moment):
    wanted = hash_data(station, key_bits(issuer.certificate))
    responder.unknown.add(station.serial_number)
    unknown = ocsp.judge_response(responder.answer(ocsp.build_request(wanted)), wanted, issuer.certificate, moment())
    assert unknown.status is OcspStatus.UNKNOWN
    pki.revoke(station, moment())
    moment.pass_by(hours=1)
    revoked = ocsp.judge_response(responder.answer(ocsp.build_request(wanted)), wanted, issuer.certificate, moment())
    assert revoked.status is OcspStatus.REVOKED
    assert revoked.sentence == "The certificate was revoked on 2026-11-20 12:00 UTC, reason keyCompromise."


def test_times(responder, issuer, station, moment):
    wanted = hash_data(station, key_bits(issuer.certificate))
    response = responder.answer(ocsp.build_request(wanted))
    late = ocsp.judge_response(response, wanted, issuer.certificate, moment() + timedelta(hours=15))
    assert late.status is OcspStatus.INVALID
    assert late.sentence == "The OCSP response is outdated since 3 hours: it was good until 2026-11-21 00:00 UTC."
    early = ocsp.judge_response(response, wanted, issuer.certificate, moment() - timedelta(minutes=50))
    assert "comes from the future" in early.sentence


def test_another_certificate_nonce_issuer_or_signer(pki, responder, issuer, station, moment):
    now = moment()
    wanted = hash_data(station, key_bits(issuer.certificate))
    response = responder.answer(ocsp.build_request(wanted, b"a" * 16))

    def sentence(response=response, wanted=wanted, issuer=issuer.certificate, nonce=None):
        answer = ocsp.judge_response(response, wanted, issuer, now, nonce)
        assert answer.status is OcspStatus.INVALID
        return answer.sentence

    other = hash_data(pki.station("SN-10", now).chain[0], key_bits(issuer.certificate))
    assert "is not about the certificate with the serial number" in sentence(wanted=other)
    assert "its nonce is not the one" in sentence(nonce=b"b" * 16)
    assert "issuer of the certificate is not known" in sentence(issuer=None)
    assert "did not authorize" in sentence(issuer=pki.root("v2g"))
    damaged = response[:-3] + bytes([response[-3] ^ 1]) + response[-2:]
    assert sentence(damaged)
    refusal = responder.answer(b"nonsense")
    assert sentence(refusal) == "The OCSP response is a refusal of the responder: malformed_request."
    assert "unauthorized" in sentence(responder.answer(ocsp.build_request(wanted._replace(issuer_key_hash="00" * 32))))
    assert "more than 100,000 are not read" in sentence(b"\x30" * 200_000)


def signed_response(issuer, station, signer_certificate, signer_key, moment, enclosed=None):
    builder = library.OCSPResponseBuilder().add_response(
        station, issuer.certificate, hashes.SHA256(), library.OCSPCertStatus.GOOD, moment(),
        moment() + timedelta(hours=1), None, None,
    )  # fmt: skip
    builder = builder.responder_id(library.OCSPResponderEncoding.NAME, signer_certificate)
    if enclosed is None:
        builder = builder.certificates([signer_certificate])
    return builder.sign(signer_key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_who_may_sign(pki, issuer, station, moment):
    wanted = hash_data(station, key_bits(issuer.certificate))

    def judged(certificate, key):
        response = signed_response(issuer, station, certificate, key, moment)
        return ocsp.judge_response(response, wanted, issuer.certificate, moment())

    assert judged(issuer.certificate, issuer.key).status is OcspStatus.GOOD
    server = pki.server("ocsp.example.org", moment())
    assert "lacks OCSPSigning" in judged(server.chain[0], server.key).sentence
    stranger = new_root("x", "Stranger", "Org", moment())
    assert "did not authorize" in judged(stranger.certificate, stranger.key).sentence
    certificate, key = issuer.responder(moment() - timedelta(days=8))
    assert "expired 1 day ago" in judged(certificate, key).sentence
    bare = signed_response(issuer, station, stranger.certificate, stranger.key, moment, enclosed=())
    answer = ocsp.judge_response(bare, wanted, issuer.certificate, moment())
    assert answer.sentence == (
        'The OCSP response is not signed by "CSO Sub-CA 2" nor by a responder that comes with it.'
    )


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=500))
def test_responses_and_lists_of_anything(data):
    root = new_root_once()
    wanted = hash_data(root)
    now = root.not_valid_before_utc
    assert ocsp.judge_response(data, wanted, root, now).status is OcspStatus.INVALID
    assert crl.judge_list(data, root, root, now).status is OcspStatus.INVALID


_ROOTS = []


def new_root_once():
    if not _ROOTS:
        from datetime import UTC, datetime

        _ROOTS.append(new_root("r", "R", "O", datetime(2026, 1, 1, tzinfo=UTC)).certificate)
    return _ROOTS[0]


def test_a_changed_byte_never_turns_revoked_into_good(pki, responder, issuer, station, moment):
    pki.revoke(station, moment())
    wanted = hash_data(station, key_bits(issuer.certificate))
    response = responder.answer(ocsp.build_request(wanted))
    for place in range(0, len(response), 3):
        changed = bytearray(response)
        changed[place] ^= 0x41
        assert ocsp.judge_response(bytes(changed), wanted, issuer.certificate, moment()).status is not OcspStatus.GOOD


def test_revocation_lists(pki, issuer, station, moment):
    content = issuer.revocation_list(moment())
    assert crl.judge_list(content, station, issuer.certificate, moment()).status is OcspStatus.GOOD
    pki.revoke(station, moment())
    revoked = x509.load_der_x509_crl(issuer.revocation_list(moment())).public_bytes(Encoding.PEM)
    answer = crl.judge_list(revoked, station, issuer.certificate, moment())
    assert answer.status is OcspStatus.REVOKED
    assert "was revoked on 2026-11-20 12:00 UTC, reason keyCompromise" in answer.sentence
    late = crl.judge_list(content, station, issuer.certificate, moment() + timedelta(days=9))
    assert (late.status, "outdated since 2 days" in late.sentence) == (OcspStatus.INVALID, True)
    other = pki.issuer("v2g").revocation_list(moment())
    assert "not by the issuer" in crl.judge_list(other, station, issuer.certificate, moment()).sentence
    forged = new_root("x", "CSO Sub-CA 2", facts.organization(station.issuer), moment())
    assert (
        "is not signed by"
        in crl.judge_list(forged.revocation_list(moment()), station, issuer.certificate, moment()).sentence
    )


def test_openssl_agrees_about_a_list(pki, issuer, station, moment, tmp_path):
    pki.revoke(station, moment())
    lists = [x509.load_der_x509_crl(one.revocation_list(moment())) for one in pki.authorities()[:3]]
    (tmp_path / "crls.pem").write_bytes(b"".join(one.public_bytes(Encoding.PEM) for one in lists))
    (tmp_path / "leaf.pem").write_text(facts.pem(station))
    (tmp_path / "subs.pem").write_text(facts.pem(*issuer.chain()))
    command = ["openssl", "verify", "-attime", str(int(moment().timestamp())), "-crl_check_all", "-CRLfile", "crls.pem"]
    command += ["-CAfile", pki.root_file("cso"), "-untrusted", "subs.pem", "leaf.pem"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "certificate revoked" in result.stderr


async def http(url, body, media_type):
    """A very small client: the fetching port of the tests."""
    host, _, path = url.removeprefix("http://").partition("/")
    name, _, port = host.partition(":")
    try:
        reader, writer = await asyncio.open_connection(name, int(port))
    except OSError as error:
        raise EnvironmentProblem(f"{host} cannot be reached.") from error
    method = "GET" if body is None else "POST"
    writer.write(f"{method} /{path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body or b'')}\r\n\r\n".encode())
    writer.write(body or b"")
    answer = await reader.read()
    writer.close()
    head, _, content = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise EnvironmentProblem(f"{host} answers {head[:20]!r}.")
    return content


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


async def test_a_whole_path_is_looked_up_over_http(tmp_path, moment):
    port = free_port()
    pki = create_pki(tmp_path / "pki", moment(), service_port=port)
    leaf = pki.station("SN-1", moment())
    path = (*leaf.chain, pki.root("cso"))
    responder, checker = OcspResponder(pki, moment), RevocationChecker(http, moment)
    await responder.start(port)
    try:
        assert [one.status for one in await checker.check(path)] == [OcspStatus.GOOD] * 3
        assert responder.requests == 3
        await checker.check(path)
        assert responder.requests == 3  # kept until nextUpdate
        assert checker.reason(path[0], path[1]) == ""
        pki.revoke(path[0], moment())
        moment.pass_by(hours=13)
        found = await checker.check(path)
        assert [one.status for one in found] == [OcspStatus.REVOKED, OcspStatus.GOOD, OcspStatus.GOOD]
        assert found[0].source == f"http://127.0.0.1:{port}/ocsp"
        assert "was revoked" in checker.reason(path[0], path[1])
    finally:
        await responder.stop()
    moment.pass_by(hours=13)
    assert [one.status for one in await checker.check(path)] == [OcspStatus.INVALID] * 3


async def test_the_list_is_asked_when_the_responder_does_not_know(tmp_path, moment):
    port = free_port()
    pki = create_pki(tmp_path / "pki", moment(), service_port=port)
    leaf = pki.station("SN-1", moment())
    responder, checker = OcspResponder(pki, moment), RevocationChecker(http, moment)
    responder.unknown.add(leaf.chain[0].serial_number)
    await responder.start(port)
    try:
        [found] = await checker.check(leaf.chain[:2])
    finally:
        await responder.stop()
    assert (found.status, found.source) == (OcspStatus.GOOD, f"http://127.0.0.1:{port}/crl/cso-sub2.crl")


async def test_openssl_asks_our_responder(tmp_path, moment, pki):
    moment.time = real_now()
    pki = create_pki(tmp_path / "now", moment(), service_port=1)
    leaf = pki.station("SN-1", moment())
    pki.revoke(leaf.chain[0], moment())
    (tmp_path / "issuer.pem").write_text(facts.pem(leaf.chain[1]))
    (tmp_path / "all.pem").write_text(facts.pem(*leaf.chain[1:], pki.root("cso")))
    responder = OcspResponder(pki, moment)
    port = await responder.start(0)
    try:
        command = ["openssl", "ocsp", "-sha256", "-issuer", "issuer.pem", "-cert", str(leaf.certificate_file)]
        command += ["-CAfile", "all.pem", "-url", f"http://127.0.0.1:{port}/ocsp"]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        output, errors = await process.communicate()
    finally:
        await responder.stop()
    assert b"Response verify OK" in errors
    assert b": revoked" in output


def real_now():
    from datetime import UTC, datetime

    return datetime.now(UTC).replace(microsecond=0)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /ocsp/!!! HTTP/1.1\r\n\r\n", b"400"),
        (b"POST /ocsp HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /ocsp HTTP/1.1\r\n\r\n", b"413"),
        (b"GET /crl/../../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
        (b"nonsense\r\n\r\n", b""),
        (b"POST /ocsp HTTP/1.1\r\nContent-Length: x\r\n\r\n", b""),
    ],
)
async def test_odd_requests(responder, request_text, status):
    port = await responder.start(0)
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request_text)
        answer = await reader.read()
        writer.close()
    finally:
        await responder.stop()
    assert status in answer.split(b"\r\n")[0]
    assert bool(answer) == bool(status)


async def test_a_port_that_is_taken(responder, pki, moment):
    port = await responder.start(0)
    second = OcspResponder(pki, moment)
    try:
        with pytest.raises(EnvironmentProblem, match=f"cannot listen on port {port}"):
            await second.start(port)
    finally:
        await responder.stop()


def test_an_old_answer_that_does_not_say_until_when(issuer, station, moment):
    builder = library.OCSPResponseBuilder().add_response(
        station, issuer.certificate, hashes.SHA256(), library.OCSPCertStatus.GOOD, moment(), None, None, None
    )
    builder = builder.responder_id(library.OCSPResponderEncoding.NAME, issuer.certificate)
    response = builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)
    wanted = hash_data(station, key_bits(issuer.certificate))
    for days, status in ((6, OcspStatus.GOOD), (8, OcspStatus.INVALID)):
        at = moment() + timedelta(days=days)
        assert ocsp.judge_response(response, wanted, issuer.certificate, at).status is status
