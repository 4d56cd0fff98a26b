"""Renewal under authorities that are not ours: openssl's and trustme's, with the keys and hashes that are allowed."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta

import pytest
import trustme
from cryptography import x509

from emulator.certificates.keys import key_pem, new_key
from emulator.domain.vault import CertificateProblem, CertificateSubject, CertificateUse, KeyKind

STATION = CertificateUse.STATION
SUBJECT = CertificateSubject("SN-0001", "A CSO, Ltd.")

CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF_EXTENSIONS = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"

KINDS = [
    ("ec -pkeyopt ec_paramgen_curve:P-256", "-sha256"),
    ("ec -pkeyopt ec_paramgen_curve:P-384", "-sha384"),
    ("rsa:2048", "-sha256"),
    ("rsa:3072", "-sha512"),
    ("rsa:2048", "-sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1"),
]


@pytest.fixture(scope="module", params=KINDS, ids=str)
def made(request, tmp_path_factory):
    """A folder with a root and a sub-CA that the openssl command made, and how it signs."""
    key, digest = request.param
    folder = tmp_path_factory.mktemp("authority")
    (folder / "ca.ext").write_text(CA_EXTENSIONS)
    (folder / "leaf.ext").write_text(LEAF_EXTENSIONS)
    for command in (
        f"req -x509 -newkey {key} -nodes -keyout root.key -out root.pem {digest} -subj /O=Org/CN=Root -days 90",
        f"req -new -newkey {key} -nodes -keyout sub.key -out sub.csr -subj /O=Org/CN=Sub",
        f"x509 -req -in sub.csr -CA root.pem -CAkey root.key -extfile ca.ext {digest} -days 80 -out sub.pem",
    ):
        subprocess.run(["openssl", *command.split()], cwd=folder, capture_output=True, check=True)
    return folder, digest


@pytest.fixture
def authority(made, tmp_path, moment):
    """The folder's content in the test's own; the clock stands an hour later; how the authority signs."""
    folder, digest = made
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    root = x509.load_pem_x509_certificate((tmp_path / "root.pem").read_bytes())
    moment.time = root.not_valid_before_utc + timedelta(hours=1)
    return digest


@pytest.mark.parametrize("own", [KeyKind.EC_P256, KeyKind.RSA_2048])
@pytest.mark.parametrize("extensions", ["-extfile leaf.ext", ""])
def test_openssl_signs_our_request(make_vault, authority, tmp_path, openssl, own, extensions):
    vault = make_vault()
    assert vault.install_root(CertificateUse.CSMS_ROOT, (tmp_path / "root.pem").read_text()).accepted
    request = vault.create_request([STATION], SUBJECT, own)
    (tmp_path / "r.csr").write_text(request.csr)
    openssl(f"x509 -req -in r.csr -CA sub.pem -CAkey sub.key {extensions} {authority} -days 30 -out leaf.pem")
    chain = (tmp_path / "leaf.pem").read_text() + (tmp_path / "sub.pem").read_text()
    outcome = vault.accept_signed(chain, STATION)
    assert outcome.accepted, outcome.sentence
    assert len(vault.own_certificate(STATION).infos) == 2
    openssl("verify -CAfile root.pem -untrusted sub.pem leaf.pem")


def test_a_request_that_was_signed_for_another_key(make_vault, authority, tmp_path, openssl):
    vault = make_vault()
    vault.import_roots(CertificateUse.CSMS_ROOT, (tmp_path / "root.pem").read_bytes())
    vault.create_request([STATION], SUBJECT)
    (tmp_path / "other.key").write_bytes(key_pem(new_key(KeyKind.EC_P256)))
    openssl("req -new -key other.key -subj /CN=SN-0001 -out other.csr")
    openssl(f"x509 -req -in other.csr -CA root.pem -CAkey root.key {authority} -days 30 -out leaf.pem")
    outcome = vault.accept_signed((tmp_path / "leaf.pem").read_text(), STATION)
    assert outcome.problem is CertificateProblem.KEY_NOT_OURS
    assert '"SN-0001" is for a key that is not the station\'s' in outcome.sentence


def test_a_server_under_trustme(make_vault, moment):
    authority = trustme.CA()
    server = authority.issue_cert("csms.example.org")
    root = authority.cert_pem.bytes()
    chain = b"".join(blob.bytes() for blob in server.cert_chain_pems)
    moment.time = x509.load_pem_x509_certificate(chain).not_valid_before_utc + timedelta(days=1)
    vault = make_vault()
    [outcome] = vault.import_roots(CertificateUse.CSMS_ROOT, root)
    assert outcome.accepted, outcome.sentence
    assert vault.verify(chain.decode(), [CertificateUse.CSMS_ROOT]).valid
    other = trustme.CA()
    foreign = other.issue_cert("csms.example.org").cert_chain_pems[0].bytes().decode()
    assert not vault.verify(foreign, [CertificateUse.CSMS_ROOT]).valid
