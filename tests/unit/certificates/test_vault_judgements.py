"""What the vault judges: chains, contracts, firmware certificates, OCSP answers that are kept."""

from __future__ import annotations

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.certificates import facts
from emulator.certificates.ocsp import build_request
from emulator.certificates.responder import OcspResponder
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import (
    CertificateHash,
    CertificateProblem,
    CertificateSubject,
    CertificateUse,
    HashAlgorithm,
    KeyKind,
    OcspRequestData,
)

V2G = CertificateUse.V2G_CHAIN


@pytest.fixture
def vault_with_secc(vault, pki, moment):
    request = vault.create_request([V2G], CertificateSubject("SECC-7", pki.organization, "NL", "CPO"), evse=1)
    assert vault.accept_signed(pki.sign_csr(request.csr, moment(), "v2g"), V2G).accepted
    return vault


def test_the_failing_servers_of_the_pki_each_have_their_sentence(vault, pki):
    folder = pki.folder / "cso" / "servers"
    expected = {
        "csms": (CertificateProblem.NONE, 'The chain of "csms.example.org" is valid.'),
        "expired": (CertificateProblem.EXPIRED, "expired 3 days ago"),
        "not-yet-valid": (CertificateProblem.NOT_YET_VALID, "starts in 7 days"),
        "weak-key": (CertificateProblem.WEAK_KEY, "RSA 1024"),
    }
    for name, (problem, words) in expected.items():
        verdict = vault.verify((folder / f"{name}.pem").read_text(), [CertificateUse.CSMS_ROOT])
        assert verdict.problem is problem
        assert words in verdict.sentence
        assert verdict.faulty == (None if verdict.valid else 0)
    unreadable = vault.verify("x", [CertificateUse.CSMS_ROOT])
    assert (unreadable.valid, unreadable.path) == (False, ())


@pytest.mark.req("M06.FR.06", "M06.FR.07", "M06.FR.10")
def test_ocsp_answers_are_asked_for_kept_and_refreshed(vault_with_secc, make_vault, pki, moment):
    vault, responder = vault_with_secc, OcspResponder(pki, moment)
    due = vault.ocsp_due()
    assert [one.certificate for one in due] == [one.certificate for one in vault.ocsp_requests(V2G, 1)]
    assert len(due) == 3  # the leaf and both sub-CAs
    assert {one.responder_url for one in due} == {"http://127.0.0.1:18889/ocsp"}
    for request in due:
        assert vault.keep_ocsp(request, responder.answer(build_request(request.certificate))).accepted
    assert make_vault().ocsp_due() == []
    assert make_vault().ocsp_sentence(due[0]) == "The certificate is not revoked."
    moment.pass_by(hours=13)
    assert vault.ocsp_due() == due
    assert "outdated" in vault.ocsp_sentence(due[0])


def test_answers_that_prove_nothing_are_not_kept(vault_with_secc, pki, moment):
    first, second, _ = vault_with_secc.ocsp_due()
    responder = OcspResponder(pki, moment)
    for response in (b"", b"x", responder.answer(build_request(second.certificate))):
        outcome = vault_with_secc.keep_ocsp(first, response)
        assert (outcome.accepted, outcome.problem) == (False, CertificateProblem.BAD_RESPONSE)
    assert len(vault_with_secc.ocsp_due()) == 3
    responder.unknown.add(int(first.certificate.serial_number, 16))
    outcome = vault_with_secc.keep_ocsp(first, responder.answer(build_request(first.certificate)))
    assert outcome.problem is CertificateProblem.STATUS_UNKNOWN


def test_without_a_certificate_nothing_is_asked(vault):
    assert vault.ocsp_due() == []
    assert vault.ocsp_requests(V2G) == []


@pytest.mark.req("C07.FR.02")
def test_contracts(vault, pki, moment):
    leaf = pki.contract("DE8EMI12345678", moment())
    check = vault.check_contract(facts.pem(*leaf.chain))
    assert check.emaid == "DE8EMI12345678"
    assert check.verdict.valid
    assert len(check.ocsp) == 3
    [root] = vault.installed([CertificateUse.MO_ROOT])
    assert vault.delete(root.certificate).accepted
    unknown = vault.check_contract(facts.pem(*leaf.chain))
    assert (unknown.emaid, unknown.verdict.problem) == (check.emaid, CertificateProblem.UNKNOWN_ISSUER)
    assert len(unknown.ocsp) == 2  # nothing can be asked about the certificate of an unknown issuer
    assert vault.check_contract("nonsense").verdict.problem is CertificateProblem.UNREADABLE


@pytest.mark.req("L01.FR.21", "L01.FR.22", "L01.FR.12")
def test_firmware_certificates(vault, pki, moment):
    good = pki.firmware_signer(moment())
    assert vault.check_firmware_certificate(facts.pem(*good.chain)).accepted
    alone = vault.check_firmware_certificate(facts.pem(good.chain[0]))
    assert alone.problem is CertificateProblem.UNKNOWN_ISSUER
    station = pki.station("SN-1", moment())
    assert not vault.check_firmware_certificate(facts.pem(*station.chain)).accepted
    assert vault.check_firmware_certificate("x").problem is CertificateProblem.UNREADABLE
    moment.pass_by(days=900)
    assert vault.check_firmware_certificate(facts.pem(*good.chain)).problem is CertificateProblem.EXPIRED


async def test_a_revoked_firmware_certificate_is_told_apart(make_vault, pki, moment):
    responder = OcspResponder(pki, moment)

    async def fetch(url, body, media_type):
        assert (url, media_type) == ("http://127.0.0.1:18889/ocsp", "application/ocsp-request")
        return responder.answer(body)

    vault = make_vault(fetch=fetch)
    vault.import_roots(CertificateUse.MANUFACTURER_ROOT, facts.pem(pki.root("manufacturer")).encode())
    signer = pki.firmware_signer(moment())
    pem, uses = facts.pem(*signer.chain), [CertificateUse.MANUFACTURER_ROOT]
    assert [one.status for one in await vault.look_up_revocation(pem, uses)] == ["good"] * 3
    pki.revoke(signer.chain[0], moment())
    moment.pass_by(hours=13)
    found = await vault.look_up_revocation(pem, uses)
    assert [one.status for one in found] == ["revoked", "good", "good"]
    assert found[0].certificate.common_name == "Firmware signing"
    assert vault.check_firmware_certificate(pem).problem is CertificateProblem.REVOKED
    assert await vault.look_up_revocation("x", uses) == []


async def test_without_a_network_nothing_is_looked_up(vault, pki, moment):
    signer = pki.firmware_signer(moment())
    assert await vault.look_up_revocation(facts.pem(*signer.chain), [CertificateUse.MANUFACTURER_ROOT]) == []


def test_firmware_files(vault, pki, moment, tmp_path):
    file = tmp_path / "firmware.bin"
    file.write_bytes(b"new firmware")
    signer = pki.firmware_signer(moment(), KeyKind.RSA_2048)
    signature, chain = pki.sign_firmware(file)
    assert chain == facts.pem(*signer.chain)
    assert vault.verify_firmware(file, signature, chain).accepted
    file.write_bytes(b"new firmware?")
    assert vault.verify_firmware(file, signature, chain).problem is CertificateProblem.WRONG_SIGNATURE
    assert vault.verify_firmware(file, signature, "x").problem is CertificateProblem.UNREADABLE
    assert vault.verify_firmware(tmp_path / "none", signature, chain).problem is CertificateProblem.STORAGE


def test_descriptions(vault, pki, moment):
    server = facts.describe(pki.server("192.0.2.7", moment()).chain[0])
    assert server.names == ("192.0.2.7",)
    assert (server.key, server.signature, server.is_ca) == ("EC P-256", "ECDSA with SHA256", False)
    assert server.key_usages == ("digital_signature", "key_agreement")
    assert server.crl_urls == ("http://127.0.0.1:18889/crl/cso-sub2.crl",)
    assert server.not_after - server.not_before == timedelta(days=730)


@pytest.mark.parametrize(
    ("name", "host", "fits"),
    [
        ("a.example.org", "A.EXAMPLE.ORG", True),
        ("*.example.org", "a.example.org", True),
        ("*.example.org", "a.b.example.org", False),
        ("*.example.org", "example.org", False),
        ("192.0.2.7", "192.0.2.7", True),
        ("::1", "[::1]", True),
        ("192.0.2.7", "192.0.2.8", False),
    ],
)
def test_host_names(pki, moment, name, host, fits):
    certificate = pki.server(name, moment(), name="host").chain[0]
    assert isinstance(certificate, x509.Certificate)
    assert facts.matches_host(certificate, host) == fits


def test_the_pki_is_made_once_and_read_again(pki, tmp_path, moment):
    from emulator.certificates.pki import create, create_pki, load_pki

    with pytest.raises(EnvironmentProblem, match="There is a PKI"):
        create_pki(pki.folder, moment())
    pki.revoke(pki.station("SN-8", moment()).chain[0], moment())
    assert load_pki(pki.folder).issuer("cso").revoked == pki.issuer("cso").revoked
    assert load_pki(pki.folder).root("mo") == pki.root("mo")
    with pytest.raises(ValueError, match="is not issued by this PKI"):
        pki.revoke(load_pki_of(tmp_path / "other", moment).station("SN-1", moment()).chain[0], moment())
    text = create(tmp_path / "third", "csms.local", moment())
    assert "cso/root.pem" in text
    (tmp_path / "third" / "pki.json").write_text("{")
    with pytest.raises(EnvironmentProblem, match="damaged"):
        load_pki(tmp_path / "third")
    with pytest.raises(EnvironmentProblem):
        load_pki(tmp_path / "nowhere")
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "third").rglob("*"))


def load_pki_of(folder, moment):
    from emulator.certificates.pki import create_pki

    return create_pki(folder, moment())


def test_what_a_csms_showed_in_a_handshake(vault, pki):
    def verdict(name, host="csms.example.org"):
        chain = x509.load_pem_x509_certificates((pki.folder / "cso" / "servers" / f"{name}.pem").read_bytes())
        return vault.verify_peer([one.public_bytes(Encoding.DER) for one in chain], host)

    assert verdict("csms").valid
    assert verdict("csms").path[-1].common_name == "CSO Root CA"
    wrong = verdict("wrong-host")
    assert (wrong.problem, wrong.faulty) == (CertificateProblem.WRONG_HOST, 0)
    assert wrong.sentence == "The certificate is for wrong.example.org, not for csms.example.org."
    assert verdict("expired").problem is CertificateProblem.EXPIRED
    assert vault.verify_peer([], "x").sentence == "The CSMS showed no certificate."
    assert vault.verify_peer([b"\x30\x82"], "x").problem is CertificateProblem.UNREADABLE


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.text(max_size=300), st.binary(max_size=200), st.integers(0, 2500))
def test_nothing_from_the_wire_raises(vault, pki, text, content, place):
    good = (pki.folder / "cso" / "servers" / "csms.pem").read_text()
    for pem in (text, good[:place] + text + good[place:]):
        assert not vault.install_root(CertificateUse.CSMS_ROOT, pem).accepted
        assert not vault.accept_signed(pem).accepted
        vault.verify(pem, [CertificateUse.CSMS_ROOT])
        vault.check_contract(pem)
        assert not vault.check_firmware_certificate(pem).accepted
    vault.verify_peer([content], text)
    wanted = CertificateHash(HashAlgorithm.SHA256, text, text, text)
    assert vault.delete(wanted).status == "NotFound"
    assert not vault.keep_ocsp(OcspRequestData(wanted, text), content).accepted
