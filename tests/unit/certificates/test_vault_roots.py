"""Roots in the vault: installing (M05), reporting (M03), deleting (M04), the fallback, and the files."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from emulator.certificates import facts, files, index
from emulator.certificates.authority import Authority, ca_extensions, new_root
from emulator.certificates.hash_data import fingerprint, hash_data, key_bits
from emulator.certificates.keys import new_key, x509_name
from emulator.certificates.reading import UnreadableCertificate
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import (
    CertificateProblem,
    CertificateStatus,
    CertificateSubject,
    CertificateUse,
    HashAlgorithm,
    KeyKind,
    MeterReading,
)

CSMS, V2G = CertificateUse.CSMS_ROOT, CertificateUse.V2G_ROOT


def pem_of(authority):
    return facts.pem(authority.certificate)


@pytest.fixture
def root(moment):
    return new_root("root", "Root", "Org", moment())


def test_an_empty_vault(make_vault):
    vault = make_vault()
    assert vault.installed() == []
    assert vault.trust(CSMS) == (None, None)
    assert vault.own_certificate(CertificateUse.STATION) is None
    assert vault.certificate_count() == 0


@pytest.mark.req("M05.FR.02", "M03.FR.03", "M03.FR.04", "M04.FR.02", "M04.FR.04")
@pytest.mark.parametrize("algorithm", list(HashAlgorithm))
def test_installed_reported_deleted(make_vault, root, algorithm):
    vault = make_vault()
    outcome = vault.install_root(CSMS, pem_of(root))
    assert outcome.accepted
    assert outcome.reason_code == "NoError"
    [found] = make_vault().installed(algorithm=algorithm)
    assert (found.use, found.certificate, found.state) == (
        CSMS,
        hash_data(root.certificate, None, algorithm),
        "installed",
    )
    assert found.infos[0].self_signed
    assert vault.installed([V2G]) == []
    assert vault.delete(found.certificate).accepted
    assert vault.installed() == make_vault().installed() == []
    again = vault.delete(found.certificate)
    assert (again.status, again.reason_code) == (CertificateStatus.NOT_FOUND, "NotFound")


@pytest.mark.req("M05.FR.17")
def test_installing_again_changes_nothing_and_does_not_count(make_vault, root, rules):
    rules[0] = rules[0]._replace(maximum_entries=1)
    vault = make_vault()
    assert vault.install_root(CSMS, pem_of(root)).accepted
    assert vault.install_root(CSMS, pem_of(root)).accepted
    assert vault.certificate_count() == 1
    assert vault.install_root(V2G, pem_of(root)).problem is CertificateProblem.TOO_MANY


@pytest.mark.req("M05.FR.06")
def test_one_too_many(make_vault, moment, rules):
    rules[0] = rules[0]._replace(maximum_entries=2)
    vault = make_vault()
    outcomes = [vault.install_root(CSMS, pem_of(new_root("r", f"R{n}", "Org", moment()))) for n in range(3)]
    assert [one.accepted for one in outcomes] == [True, True, False]
    assert (outcomes[2].status, outcomes[2].reason_code) == (CertificateStatus.REJECTED, "OutOfStorage")
    assert outcomes[2].sentence == "2 certificates are installed; 2 are allowed."


@pytest.mark.req("M05.FR.07")
def test_what_is_no_root_is_rejected(make_vault, pki, moment):
    vault, now = make_vault(), moment()
    day = timedelta(days=1)
    key = rsa.generate_private_key(65537, 1024)
    weak = pki.issuer("cso").issue(
        key.public_key(), x509_name(CertificateSubject("weak", "Org")), now - day, now + day, ca_extensions(None)
    )
    root = new_root("r", "R", "Org", now)
    other = Authority("r", root.certificate, new_key(KeyKind.EC_P256))
    forged = other.issue(
        new_key(KeyKind.EC_P256).public_key(), root.certificate.subject, now - day, now + day, ca_extensions(None)
    )
    cases = [
        ("hello", CertificateProblem.UNREADABLE, "no PEM block"),
        (facts.pem(*pki.issuer("cso").chain()), CertificateProblem.UNREADABLE, "holds 2 certificates"),
        (facts.pem(pki.station("SN-1", now).chain[0]), CertificateProblem.NOT_A_CA, "is not a CA certificate"),
        (pem_of(new_root("r", "Old", "Org", now - 8000 * day)), CertificateProblem.EXPIRED, '"Old" expired'),
        (pem_of(new_root("r", "New", "Org", now + 9 * day)), CertificateProblem.NOT_YET_VALID, "is not yet valid"),
        (facts.pem(weak), CertificateProblem.WEAK_KEY, "RSA 1024"),
        (facts.pem(forged), CertificateProblem.WRONG_SIGNATURE, "is not signed by its own key"),
    ]
    for text, problem, words in cases:
        outcome = vault.install_root(CSMS, text)
        assert (outcome.status, outcome.problem) == (CertificateStatus.REJECTED, problem)
        assert outcome.reason_code == "InvalidCertificate"
        assert words in outcome.sentence
    assert vault.installed() == []
    assert not vault.install_root(CertificateUse.STATION, pem_of(root)).accepted


def test_a_certificate_that_is_too_large(make_vault, root, rules):
    rules[0] = rules[0]._replace(maximum_certificate_size=500)
    outcome = make_vault().install_root(CSMS, pem_of(root))
    assert (outcome.problem, outcome.reason_code) == (CertificateProblem.TOO_LARGE, "TooLargeElement")


def test_a_sub_ca_may_be_an_anchor_and_keeps_its_hashes(make_vault, pki):
    vault = make_vault()
    sub1 = pki.issuer("cso").parent
    assert vault.install_root(CSMS, pem_of(sub1)).accepted
    unknown = vault.installed()[0].certificate
    assert unknown == hash_data(sub1.certificate)
    assert vault.install_root(V2G, facts.pem(pki.root("cso"))).accepted
    assert vault.installed([CSMS])[0].certificate == unknown
    assert vault.delete(unknown).accepted
    assert vault.install_root(CSMS, pem_of(sub1)).accepted
    known = hash_data(sub1.certificate, key_bits(pki.root("cso")))
    assert vault.installed([CSMS])[0].certificate == known


def test_a_root_in_use_is_not_deleted(make_vault, root):
    vault = make_vault()
    vault.install_root(CSMS, pem_of(root))
    vault.root_in_use(fingerprint(root.certificate))
    outcome = vault.delete(hash_data(root.certificate))
    assert (outcome.status, outcome.problem) == (CertificateStatus.FAILED, CertificateProblem.IN_USE)
    vault.root_in_use(None)
    assert vault.delete(hash_data(root.certificate)).accepted


@pytest.fixture
def successor(root, moment):
    """A new root that the old one signed."""
    return root.sub_ca("new", "New Root", moment(), path_length=2)


@pytest.mark.req("M05.FR.09", "M05.FR.10", "M05.FR.11", "M05.FR.12", "M05.FR.13")
def test_additional_root_certificate_check(make_vault, root, successor, moment, rules):
    rules[0] = rules[0]._replace(additional_root_check=True, maximum_entries=1)
    vault = make_vault()
    assert vault.install_root(CSMS, pem_of(root)).accepted
    stranger = vault.install_root(CSMS, pem_of(new_root("x", "Stranger", "Org", moment())))
    assert (stranger.status, stranger.problem) == (
        CertificateStatus.REJECTED,
        CertificateProblem.NOT_SIGNED_BY_OLD_ROOT,
    )
    assert vault.install_root(CSMS, pem_of(successor)).accepted
    assert [one.state for one in vault.installed()] == ["fallback", "installed"]
    trust = make_vault().trust(CSMS)
    assert trust.ca_file.read_text() == pem_of(successor)
    assert trust.fallback_file.read_text() == pem_of(root)
    key_of_old_root = hash_data(successor.certificate, key_bits(root.certificate))
    assert vault.installed()[1].certificate == key_of_old_root
    vault.root_in_use(fingerprint(root.certificate))
    assert len(vault.installed()) == 2
    vault.root_in_use(fingerprint(successor.certificate))
    [left] = vault.installed()
    assert left.certificate == key_of_old_root  # also without the old root
    assert vault.trust(CSMS).fallback_file is None


def test_the_fallback_may_be_installed_again(make_vault, root, successor, rules):
    rules[0] = rules[0]._replace(additional_root_check=True)
    vault = make_vault()
    for authority in (root, successor):
        assert vault.install_root(CSMS, pem_of(authority)).accepted
    assert vault.install_root(CSMS, pem_of(root)).problem is CertificateProblem.NOT_SIGNED_BY_OLD_ROOT
    rules[0] = rules[0]._replace(additional_root_check=False)
    assert vault.install_root(CSMS, pem_of(root)).accepted
    assert {one.state for one in vault.installed()} == {"installed"}


def test_the_operator_may_import_a_bundle(make_vault, pki, rules):
    rules[0] = rules[0]._replace(maximum_entries=1)
    vault = make_vault()
    bundle = facts.pem(
        *(pki.root(name) for name in ("cso", "v2g", "mo")), pki.station("x", vault._store.now()).chain[0]
    )
    outcomes = vault.import_roots(CSMS, bundle.encode())
    assert [one.accepted for one in outcomes] == [True, True, True, False]
    assert vault.certificates_pem(CSMS).count("BEGIN CERTIFICATE") == 3
    assert vault.trust(CSMS).ca_file.read_text().count("BEGIN CERTIFICATE") == 3
    with pytest.raises(UnreadableCertificate):
        vault.import_roots(CSMS, b"no")


posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")


@posix
def test_only_the_owner_can_read(vault, tmp_path):
    old = os.umask(0)
    try:
        vault.create_request([CertificateUse.STATION], CertificateSubject("SN", "Org"))
        vault.trust(CSMS)
        vault.meter_signer(1)
    finally:
        os.umask(old)
    seen = set()
    for path in [tmp_path / "vault", *(tmp_path / "vault").rglob("*")]:
        mode = stat.S_IMODE(path.stat().st_mode)
        assert mode == (0o700 if path.is_dir() else 0o600), path
        seen.add(path.name)
    assert {"keys", "tls", "index.json", "CSMSRootCertificate.pem"} <= seen


@posix
def test_a_folder_that_was_open_is_closed(make_vault, tmp_path):
    (tmp_path / "vault").mkdir(mode=0o755)
    make_vault()
    assert stat.S_IMODE((tmp_path / "vault").stat().st_mode) == 0o700


class Crash(Exception):
    """The power goes."""


def crash_at(monkeypatch, name, count, step, vault):
    """Do a step while the power goes at the count-th call of a function of the system; whether it went."""
    real, left = getattr(os, name), [count]

    def failing(*arguments, **options):
        left[0] -= 1
        if left[0] < 0:
            raise Crash
        return real(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing)
        try:
            step(vault)
        except Crash:
            return True
    return False


@pytest.mark.parametrize("name", ["replace", "fsync", "open"])
def test_a_crash_at_any_write_leaves_the_old_state_or_the_new(make_vault, pki, monkeypatch, moment, tmp_path, name):
    subject = CertificateSubject("SN-1", pki.organization)
    make_vault().install_root(CSMS, facts.pem(pki.root("cso")))
    request = make_vault().create_request([CertificateUse.STATION], subject)
    chain = pki.sign_csr(request.csr, moment())
    steps = [
        (lambda vault: vault.install_root(V2G, facts.pem(pki.root("v2g"))), (1, 0)),
        (lambda vault: vault.create_request([CertificateUse.V2G_CHAIN], subject), (0, 1)),
        (lambda vault: vault.accept_signed(chain), (1, -1)),
        (lambda vault: vault.delete(hash_data(pki.root("cso"))), (-1, 0)),
    ]
    for step, difference in steps:
        before = state_of(make_vault())
        shutil.copytree(tmp_path / "vault", tmp_path / "saved")
        crashes = 0
        while crash_at(monkeypatch, name, crashes, step, make_vault()):
            crashes += 1
            reopened = make_vault()
            after = state_of(reopened)
            done = tuple(len(new) - len(old) for new, old in zip(after, before, strict=True))
            assert after == before or done == difference
            assert no_leftovers(reopened)
            shutil.rmtree(tmp_path / "vault")
            shutil.copytree(tmp_path / "saved", tmp_path / "vault")
        assert crashes > 0
        assert state_of(make_vault()) != before
        shutil.rmtree(tmp_path / "saved")


def state_of(vault):
    return [(one.use, one.certificate, one.state) for one in vault.installed()], [
        one.id for one in vault.waiting_requests()
    ]


def no_leftovers(vault):
    folder = vault._store.folder
    names = {path.name for path in (folder / "keys").iterdir()}
    drafts = [path for path in folder.rglob("*.draft") if path.parent.name != "tls"]
    return not drafts and names == index.load(folder).key_files()


def test_drafts_of_a_crash_are_swept_up_and_nothing_else(vault, make_vault, tmp_path):
    vault.trust(CSMS)
    vault.meter_signer(1).sign([MeterReading(vault._store.now(), 1.0, "B")], "", "NONE", with_public_key=False)
    kept = set((tmp_path / "vault").rglob("*"))
    for name in (
        "index.json.1.draft",
        "keys/x.pem.1.draft",
        "keys/unknown.pem",
        "tls/x.pem.1.draft",
        "counters/m.1.draft",
    ):
        (tmp_path / "vault" / name).touch()
    make_vault()
    assert set((tmp_path / "vault").rglob("*")) == kept


def test_a_full_disk_is_failed_and_changes_nothing(make_vault, root, monkeypatch):
    vault = make_vault()

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        outcome = vault.install_root(CSMS, pem_of(root))
    assert (outcome.status, outcome.problem) == (CertificateStatus.FAILED, CertificateProblem.STORAGE)
    assert "is full" in outcome.sentence
    assert vault.installed() == make_vault().installed() == []


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "damaged"), ("{", "damaged"), ("[]", "damaged"), ('{"version": 1}', "damaged"), ('{"version": 9}', "newer")],
)
def test_a_damaged_index(make_vault, tmp_path, content, words):
    make_vault()
    (tmp_path / "vault" / "index.json").write_text(content)
    with pytest.raises(EnvironmentProblem, match=words):
        make_vault()


def test_problems_of_the_disk_are_sentences(tmp_path):
    with pytest.raises(EnvironmentProblem, match="cannot be used"):
        files.read(tmp_path / "missing")
    (tmp_path / "file").touch()
    with pytest.raises(EnvironmentProblem):
        files.make_private_folder(tmp_path / "file" / "below")


def test_v1_certificates_are_no_roots(make_vault, tmp_path, openssl, moment):
    openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -subj /CN=V1 -out r.csr")
    openssl("x509 -req -in r.csr -signkey k.pem -days 30 -out v1.pem")
    certificate = x509.load_pem_x509_certificate((tmp_path / "v1.pem").read_bytes())
    moment.time = certificate.not_valid_before_utc
    outcome = make_vault().install_root(CSMS, (tmp_path / "v1.pem").read_text())
    assert outcome.problem is CertificateProblem.NOT_A_CA


def test_the_store_of_1_6_counts_roots_alone(make_vault, moment, rules):
    rules[0] = rules[0]._replace(maximum_roots=1)
    vault = make_vault()
    outcomes = [vault.install_root(CSMS, pem_of(new_root("r", f"R{n}", "Org", moment()))) for n in range(2)]
    assert [one.accepted for one in outcomes] == [True, False]
    assert outcomes[1].sentence == "1 root certificates are installed; 1 are allowed."


def test_with_the_check_on_only_the_signer_stays_as_the_fallback(make_vault, root, successor, moment, rules):
    vault = make_vault()
    for authority in (root, new_root("x", "Another", "Org", moment())):
        assert vault.install_root(CSMS, pem_of(authority)).accepted
    rules[0] = rules[0]._replace(additional_root_check=True)
    assert vault.install_root(CSMS, pem_of(successor)).accepted
    assert [(one.infos[0].common_name, one.state) for one in vault.installed()] == [
        ("Root", "fallback"),
        ("New Root", "installed"),
    ]


def test_a_key_made_in_a_thread_disturbs_nobody(make_vault, moment):
    vault = make_vault()
    subject = CertificateSubject("SN", "Org")

    def request():
        vault.create_request([CertificateUse.STATION], subject)

    threads = [threading.Thread(target=request) for _ in range(4)]
    for thread in threads:
        thread.start()
    outcomes = [vault.install_root(CSMS, pem_of(new_root("r", f"R{n}", "Org", moment()))) for n in range(4)]
    for thread in threads:
        thread.join()
    assert all(one.accepted for one in outcomes)
    assert (len(make_vault().installed()), len(make_vault().waiting_requests())) == (4, 4)
