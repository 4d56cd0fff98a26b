"""The station's own certificates: requests, the check of what comes back, generations and the way back."""

from __future__ import annotations

import ssl
import subprocess
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.certificates import facts
from emulator.certificates.hash_data import hash_data, key_bits
from emulator.certificates.keys import new_key, public_der, signing_request
from emulator.certificates.pki import pkcs12_of
from emulator.certificates.reading import UnreadableCertificate, read_pkcs12
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import CertificateProblem, CertificateStatus, CertificateSubject, CertificateUse, KeyKind

STATION, V2G = CertificateUse.STATION, CertificateUse.V2G_CHAIN
SUBJECT = CertificateSubject("SN-0001", "Forecourt test PKI")
SECC = CertificateSubject("SECC-7", "Forecourt test PKI", "NL", "CPO")


@pytest.fixture
def renew(vault, pki, moment):
    """One renewal; the outcome."""

    def run(uses=(STATION,), subject=SUBJECT, evse=None, use=None, **options):
        request = vault.create_request(uses, subject, evse=evse)
        hierarchy = "v2g" if V2G in uses else "cso"
        return vault.accept_signed(pki.sign_csr(request.csr, moment(), **{"hierarchy": hierarchy, **options}), use)

    return run


@pytest.mark.req("A02.FR.02", "A02.FR.03", "A00.FR.509", "A00.FR.511")
@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048, KeyKind.RSA_3072])
def test_a_request_as_openssl_reads_it(vault, tmp_path, kind):
    request = vault.create_request([STATION], SUBJECT, kind)
    (tmp_path / "r.csr").write_text(request.csr)
    command = "openssl req -in r.csr -noout -verify -subject -text"
    result = subprocess.run(command.split(" "), cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "verify OK" in result.stdout + result.stderr
    assert "subject=O = Forecourt test PKI, CN = SN-0001" in result.stdout
    assert "Digital Signature" in result.stdout
    assert len(request.csr) <= 5500


def test_a_v2g_request_has_its_own_subject(vault):
    csr = x509.load_pem_x509_csr(vault.create_request([V2G], SECC, evse=1).csr.encode())
    assert csr.subject.rfc4514_string() == "DC=CPO,CN=SECC-7,O=Forecourt test PKI,C=NL"


def test_a_request_needs_its_prerequisites(vault):
    with pytest.raises(EnvironmentProblem, match="needs an organization name"):
        vault.create_request([STATION], CertificateSubject("SN-1", ""))
    with pytest.raises(EnvironmentProblem, match="is not possible"):
        vault.create_request([V2G], CertificateSubject("S", "O", "Netherlands"))
    assert vault.waiting_requests() == []


@pytest.mark.req("A02.FR.06", "A02.FR.08")
def test_the_whole_way_also_over_a_restart(vault, make_vault, pki, moment):
    request = vault.create_request([STATION], SUBJECT)
    reopened = make_vault()
    assert reopened.waiting_requests() == [request]
    outcome = reopened.accept_signed(pki.sign_csr(request.csr, moment()), STATION)
    assert outcome.accepted, outcome.sentence
    assert outcome.sentence == 'The certificate "SN-0001" is kept and is in use.'
    assert make_vault().waiting_requests() == []
    own = make_vault().own_certificate(STATION)
    assert [info.common_name for info in own.infos] == ["SN-0001", "CSO Sub-CA 2", "CSO Sub-CA 1"]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(own.certificate_file, own.key_file)
    context.load_verify_locations(make_vault().trust(CertificateUse.CSMS_ROOT).ca_file)


def test_each_repeated_request_may_be_answered(vault, pki, moment):
    requests = [vault.create_request([STATION], SUBJECT) for _ in range(3)]
    again = [*requests, requests[0]]  # the same request may be signed twice
    for request in again:
        assert vault.accept_signed(pki.sign_csr(request.csr, moment())).accepted
    assert [one.state for one in vault.installed([STATION])].count("active") == 1
    assert vault.waiting_requests() == []


def test_old_requests_are_forgotten_with_their_keys(vault, pki, moment, tmp_path):
    requests = [vault.create_request([STATION], SUBJECT) for _ in range(9)]
    assert vault.waiting_requests() == requests[3:]
    assert len(list((tmp_path / "vault" / "keys").iterdir())) == 6
    refused = vault.accept_signed(pki.sign_csr(requests[0].csr, moment()))
    assert refused.problem is CertificateProblem.KEY_NOT_OURS


@pytest.mark.req("A02.FR.07")
def test_each_refusal_has_its_reason(vault, pki, moment, renew):
    request = vault.create_request([STATION], SUBJECT)
    good = pki.sign_csr(request.csr, moment())
    leaf, sub2, sub1 = x509.load_pem_x509_certificates(good.encode())
    other_key = signing_request(new_key(KeyKind.EC_P256), SUBJECT).decode()
    day = timedelta(days=1)
    cases = [
        ("", CertificateProblem.UNREADABLE, "It is empty"),
        (good[:700], CertificateProblem.UNREADABLE, "cut off"),
        (pki.sign_csr(other_key, moment()), CertificateProblem.KEY_NOT_OURS, "not the station's"),
        (
            facts.pem(sub2, leaf, sub1),
            CertificateProblem.KEY_NOT_OURS,
            'comes first, but the station\'s own is "SN-0001"',
        ),
        (facts.pem(leaf), CertificateProblem.UNKNOWN_ISSUER, 'The issuer of "SN-0001", "CSO Sub-CA 2", is neither'),
        (pki.sign_csr(request.csr, moment(), "oem"), CertificateProblem.UNKNOWN_ISSUER, '"OEM Sub-CA 1"'),
        (
            pki.sign_csr(request.csr, moment(), start=moment() - 9 * day, days=7),
            CertificateProblem.EXPIRED,
            "2 days ago",
        ),
        (
            pki.sign_csr(request.csr, moment(), start=moment() + day),
            CertificateProblem.NOT_YET_VALID,
            "starts in 1 day",
        ),
    ]
    for pem, problem, words in cases:
        outcome = vault.accept_signed(pem, STATION)
        assert (outcome.status, outcome.problem) == (CertificateStatus.REJECTED, problem), outcome
        assert words in outcome.sentence
        assert outcome.reason_code == "InvalidCertificate"
    assert vault.own_certificate(STATION) is None
    assert vault.waiting_requests() == [request]
    assert vault.accept_signed(good, STATION).accepted


def test_subject_and_kind_must_be_those_of_the_request(vault, pki, moment):
    request = vault.create_request([STATION], SUBJECT)
    key = x509.load_pem_x509_csr(request.csr.encode()).public_key()
    issuer = pki.issuer("cso")

    def signed(subject):
        return facts.pem(issuer.leaf(key, subject, moment()), *issuer.chain())

    wrong_name = vault.accept_signed(signed(SUBJECT._replace(common_name="SN-0002")))
    assert wrong_name.problem is CertificateProblem.WRONG_SUBJECT
    assert wrong_name.sentence == 'The certificate names CN "SN-0002"; "SN-0001" was requested.'
    wrong_owner = vault.accept_signed(signed(SUBJECT._replace(organization="Others")))
    assert 'names O "Others"' in wrong_owner.sentence
    v2g = vault.accept_signed(signed(SUBJECT), V2G)
    assert v2g.problem is CertificateProblem.KEY_NOT_OURS
    assert "was made for ChargingStationCertificate" in v2g.sentence


@pytest.mark.req("A02.FR.16")
def test_a_chain_that_is_too_large(vault, renew, rules):
    rules[0] = rules[0]._replace(maximum_chain_size=1000)
    outcome = renew()
    assert (outcome.problem, outcome.reason_code) == (CertificateProblem.TOO_LARGE, "TooLargeElement")


def test_revoked_certificates_are_not_taken(vault, pki, moment):
    from emulator.certificates.ocsp import build_request
    from emulator.certificates.responder import OcspResponder
    from emulator.domain.vault import OcspRequestData

    request = vault.create_request([STATION], SUBJECT)
    chain = pki.sign_csr(request.csr, moment())
    leaf = x509.load_pem_x509_certificate(chain.encode())
    pki.revoke(leaf, moment())
    vault.import_roots(CertificateUse.CSMS_ROOT, facts.pem(*pki.issuer("cso").chain()).encode())
    wanted = hash_data(leaf, key_bits(pki.issuer("cso").certificate))
    kept = vault.keep_ocsp(OcspRequestData(wanted, ""), OcspResponder(pki, moment).answer(build_request(wanted)))
    assert kept.problem is CertificateProblem.REVOKED
    outcome = vault.accept_signed(chain)
    assert outcome.problem is CertificateProblem.REVOKED
    assert '"SN-0001" is revoked' in outcome.sentence


@pytest.mark.req("A02.FR.10", "A02.FR.28", "A02.FR.29")
def test_generations_alternate_until_one_is_confirmed(vault, make_vault, renew, tmp_path):
    assert renew().accepted
    old = vault.own_certificate(STATION).infos[0].fingerprint
    assert renew().accepted
    new = vault.own_certificate(STATION).infos[0].fingerprint
    for expected in (old, new, old):
        assert vault.fall_back(STATION)
        assert make_vault().own_certificate(STATION).infos[0].fingerprint == expected
    assert vault.confirm(STATION) is True  # the renewed one was discarded
    assert [one.infos[0].fingerprint for one in vault.installed([STATION])] == [old]
    assert len(list((tmp_path / "vault" / "keys").iterdir())) == 1
    assert not vault.fall_back(STATION)
    assert vault.confirm(STATION) is False


def test_the_old_one_may_be_kept(vault, renew):
    for _ in range(3):
        assert renew().accepted
    assert vault.confirm(STATION, keep_old=True) is False
    assert [one.state for one in vault.installed([STATION])] == ["spare", "spare", "active"]
    assert vault.confirm(STATION) is False
    assert [one.state for one in vault.installed([STATION])] == ["active"]


def test_activation_at_not_before(vault, renew, moment, rules):
    rules[0] = rules[0]._replace(future_certificates=True)
    assert renew().accepted
    old = vault.own_certificate(STATION).infos[0].fingerprint
    start = moment() + timedelta(days=2)
    outcome = renew(start=start)
    assert outcome.accepted
    assert "is used from 2026-11-22 12:00 UTC on" in outcome.sentence
    assert vault.own_certificate(STATION).infos[0].fingerprint == old
    assert vault.next_activation() == start
    assert vault.activate_due() == []
    moment.time = start
    assert vault.activate_due() == [STATION]
    assert vault.own_certificate(STATION).infos[0].fingerprint != old
    assert vault.next_activation() is None


@pytest.mark.req("M03.FR.05", "M04.FR.06")
def test_v2g_chains_are_reported_with_children_and_deleted_whole(vault, pki, renew):
    assert renew([V2G], SECC, evse=1).accepted
    assert renew([V2G], SECC._replace(common_name="SECC-8"), evse=2).accepted
    assert renew().accepted
    root = pki.root("v2g")
    first, second = vault.installed([V2G])
    assert (first.evse, second.evse) == (1, 2)
    sub2, sub1 = pki.issuer("v2g").chain()
    assert first.children == (hash_data(sub2, key_bits(sub1)), hash_data(sub1, key_bits(root)))
    assert vault.own_certificate(V2G, 2).infos[0].common_name == "SECC-8"
    assert vault.certificate_count([V2G]) == 6
    [station] = vault.installed([STATION])
    refused = vault.delete(station.certificate)
    assert (refused.status, refused.problem) == (CertificateStatus.FAILED, CertificateProblem.OWN_CERTIFICATE)
    in_chain = vault.delete(station.children[0])
    assert (in_chain.status, in_chain.problem) == (CertificateStatus.FAILED, CertificateProblem.IN_USE)
    assert vault.delete(first.certificate).accepted
    assert vault.installed([V2G]) == [second]
    assert vault.delete(second.children[1]).accepted
    assert vault.installed([V2G]) == []
    assert vault.delete(second.certificate).status is CertificateStatus.NOT_FOUND


def test_a_combined_certificate_serves_both(vault, renew):
    assert renew([STATION, V2G], SECC).accepted
    assert vault.own_certificate(STATION).infos == vault.own_certificate(V2G).infos
    assert vault.own_certificate(V2G, evse=3).infos == vault.own_certificate(V2G).infos
    [reported] = vault.installed([V2G])
    assert vault.delete(reported.certificate).problem is CertificateProblem.OWN_CERTIFICATE


@pytest.mark.req("A02.FR.05")
@pytest.mark.parametrize("passphrase", ["", "a passphrase"])
def test_keys_never_show(make_vault, pki, moment, tmp_path, passphrase, caplog):
    vault = make_vault(passphrase=passphrase)
    vault.import_roots(CertificateUse.CSMS_ROOT, facts.pem(pki.root("cso")).encode())
    request = vault.create_request([STATION], SUBJECT)
    outcome = vault.accept_signed(pki.sign_csr(request.csr, moment()))
    shown = (
        repr((vault, vault._store, request, outcome, vault.own_certificate(STATION), vault.installed())) + caplog.text
    )
    assert "PRIVATE" not in shown
    assert not passphrase or passphrase not in shown
    index = (tmp_path / "vault" / "index.json").read_text()
    assert "PRIVATE" not in index
    [key_file] = (tmp_path / "vault" / "keys").iterdir()
    assert ("ENCRYPTED" in key_file.read_text()) == bool(passphrase)
    own = vault.own_certificate(STATION)
    assert own.encrypted == bool(passphrase)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_cert_chain(own.certificate_file, own.key_file, password=vault.key_passphrase)


def test_a_wrong_passphrase_is_said(make_vault):
    make_vault(passphrase="right").meter_signer(1)
    with pytest.raises(EnvironmentProblem, match="passphrase is another one"):
        make_vault(passphrase="wrong").meter_signer(1)
    with pytest.raises(EnvironmentProblem, match="needs a passphrase"):
        make_vault().meter_signer(1)


def test_importing_with_key_and_from_pkcs12(vault, make_vault, pki, moment):
    leaf = pki.station("SN-0001", moment())
    outcome = vault.import_own([STATION], leaf.certificate_file.read_bytes(), leaf.key_file.read_bytes())
    assert (outcome.accepted, outcome.problem) == (True, CertificateProblem.NONE)
    assert vault.import_own([STATION], pkcs12_of(leaf, "x"), passphrase="x").accepted
    assert [info.common_name for info in make_vault().own_certificate(STATION).infos][1:] == [
        "CSO Sub-CA 2",
        "CSO Sub-CA 1",
    ]
    other = pki.station("SN-0002", moment())
    wrong = vault.import_own([STATION], leaf.certificate_file.read_bytes(), other.key_file.read_bytes())
    assert (wrong.accepted, wrong.problem) == (False, CertificateProblem.KEY_NOT_OURS)
    with pytest.raises(UnreadableCertificate):
        vault.import_own([STATION], pkcs12_of(leaf, "x"), passphrase="y")


def test_an_invalid_certificate_may_be_imported_for_a_test(vault, pki, moment):
    leaf = pki.station("SN-0001", moment() - timedelta(days=1000))
    outcome = vault.import_own([STATION], leaf.certificate_file.read_bytes(), leaf.key_file.read_bytes())
    assert (outcome.accepted, outcome.problem) == (True, CertificateProblem.EXPIRED)
    assert '"SN-0001" expired' in outcome.sentence
    assert len(vault.own_certificate(STATION).infos) == 3


def test_a_signed_weak_key_is_refused(vault, pki, moment):
    key = rsa.generate_private_key(65537, 1024)
    assert vault.import_own([STATION], *weak_pair(pki, moment, key)).problem is CertificateProblem.WEAK_KEY
    signed = vault.accept_signed(weak_pair(pki, moment, key)[0].decode())
    assert (signed.status, signed.problem) == (CertificateStatus.REJECTED, CertificateProblem.WEAK_KEY)


def weak_pair(pki, moment, key):
    from emulator.certificates.keys import key_pem

    issuer = pki.issuer("cso")
    return facts.pem(issuer.leaf(key.public_key(), SUBJECT, moment()), *issuer.chain()).encode(), key_pem(key)


def test_public_keys_tell_who_belongs_together(pki, moment):
    leaf = pki.station("SN-5", moment())
    assert public_der(leaf.key) == public_der(leaf.chain[0])


def test_the_operator_exports_and_discards(vault, renew):
    assert renew().accepted
    own = vault.own_certificate(STATION)
    store = read_pkcs12(vault.own_pkcs12(STATION, "x"), "x")
    assert [facts.describe(one) for one in store.chain] == list(own.infos)
    with pytest.raises(EnvironmentProblem, match="needs a certificate in use and a passphrase"):
        vault.own_pkcs12(STATION, "")
    for info in own.infos:
        assert facts.describe(vault.certificate(info.fingerprint)) == info
    assert vault.certificate("00") is None
    assert vault.discard(own.infos[0].fingerprint)
    assert vault.own_certificate(STATION) is None
    assert not vault.discard(own.infos[0].fingerprint)
    [root] = vault.installed([CertificateUse.CSMS_ROOT])
    assert vault.discard(root.infos[0].fingerprint)


def test_the_same_certificate_again_is_no_new_generation(vault, pki, moment, tmp_path):
    request = vault.create_request([STATION], SUBJECT)
    chain = pki.sign_csr(request.csr, moment())
    assert vault.accept_signed(chain).accepted
    assert vault.accept_signed(chain).accepted
    assert [one.state for one in vault.installed([STATION])] == ["active"]
    leaf = pki.station("SN-0001", moment())
    content = (leaf.certificate_file.read_bytes(), leaf.key_file.read_bytes())
    assert vault.import_own([STATION], *content).accepted
    written = (tmp_path / "vault" / "index.json").stat().st_mtime_ns
    assert vault.import_own([STATION], *content).accepted
    assert (tmp_path / "vault" / "index.json").stat().st_mtime_ns == written
    assert vault.fall_back(STATION)
    assert vault.import_own([STATION], *content).accepted
    assert [one.state for one in vault.installed([STATION])] == ["spare", "active"]
    assert len(list((tmp_path / "vault" / "keys").iterdir())) == 2
    assert not vault.import_roots(STATION, b"x")[0].accepted
