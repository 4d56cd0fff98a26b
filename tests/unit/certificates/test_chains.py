"""Chains: each thing that can be wrong has its own sentence, and `openssl verify` comes to the same result."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from emulator.certificates import chains, facts
from emulator.certificates.authority import Authority, ca_extensions, leaf_extensions, new_root
from emulator.certificates.chains import Purpose
from emulator.certificates.keys import new_key, x509_name
from emulator.domain.vault import CertificateProblem, CertificateSubject, KeyKind

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def line():
    """Root, sub 1 and sub 2."""
    root = new_root("root", "Root", "Org", NOW)
    sub1 = root.sub_ca("sub1", "Sub 1", NOW, path_length=1)
    return root, sub1, sub1.sub_ca("sub2", "Sub 2", NOW, path_length=0)


def leaf_of(authority, name="leaf", start=NOW - DAY, end=NOW + 30 * DAY, key=None, extensions=None):
    key = key or new_key(KeyKind.EC_P256)
    extensions = leaf_extensions() if extensions is None else extensions
    return authority.issue(key.public_key(), x509_name(CertificateSubject(name, "Org")), start, end, extensions)


def openssl_verifies(tmp_path, chain, roots, at=NOW):
    (tmp_path / "leaf.pem").write_text(facts.pem(chain[0]))
    (tmp_path / "others.pem").write_text(facts.pem(*chain[1:]))
    (tmp_path / "roots.pem").write_text(facts.pem(*roots))
    others = ["-untrusted", "others.pem"] if chain[1:] else []
    command = ["openssl", "verify", "-attime", str(int(at.timestamp())), "-CAfile", "roots.pem", "-no-CApath"]
    result = subprocess.run([*command, *others, "leaf.pem"], cwd=tmp_path, capture_output=True, text=True, check=False)
    return result.returncode == 0


def judged(tmp_path, chain, roots, at=NOW, **options):
    """Our finding; openssl must agree about the chain."""
    finding = chains.judge(chain, roots, at, **options)
    if not options:
        assert finding.valid == openssl_verifies(tmp_path, chain, roots, at)
    return finding


def test_a_whole_chain_is_valid_in_any_order_of_its_sub_cas(line, tmp_path):
    root, sub1, sub2 = line
    leaf = leaf_of(sub2)
    for others in ([sub2.certificate, sub1.certificate], [sub1.certificate, sub2.certificate]):
        finding = judged(tmp_path, [leaf, *others], [root.certificate])
        assert finding.valid
        assert [facts.label(one) for one in finding.path] == ["leaf", "Sub 2", "Sub 1", "Root"]
    verdict = finding.verdict()
    assert verdict.valid
    assert verdict.path[0].common_name == "leaf"
    assert verdict.faulty is None


def test_verification_ends_at_the_first_trusted_certificate(line):
    _, sub1, sub2 = line
    assert chains.judge([leaf_of(sub2), sub2.certificate], [sub1.certificate], NOW).valid


@pytest.mark.parametrize(
    ("at", "problem", "words"),
    [
        (NOW + 33 * DAY, CertificateProblem.EXPIRED, '"leaf" expired 3 days ago, on 2026-12-20 12:00 UTC'),
        (NOW - 1.5 * DAY, CertificateProblem.NOT_YET_VALID, "is not yet valid: it starts in"),
    ],
)
def test_time(line, tmp_path, at, problem, words):
    root, sub1, sub2 = line
    finding = judged(tmp_path, [leaf_of(sub2), sub2.certificate, sub1.certificate], [root.certificate], at)
    assert finding.problem is problem
    assert words in finding.sentence or at < NOW


def test_an_expired_sub_ca_is_named(line, tmp_path):
    root, _, _ = line
    key = new_key(KeyKind.EC_P256)
    old = root.issue(
        key.public_key(), x509_name(CertificateSubject("Old sub", "Org")), NOW - 9 * DAY, NOW - DAY, ca_extensions(0)
    )
    leaf = leaf_of(Authority("old", old, key, root))
    finding = judged(tmp_path, [leaf, old], [root.certificate])
    assert finding.problem is CertificateProblem.EXPIRED
    assert finding.sentence == 'The certificate "Old sub" expired 1 day ago, on 2026-11-19 12:00 UTC.'
    assert finding.verdict().faulty == 1


def test_an_unknown_issuer_is_named(line, tmp_path):
    root, _, sub2 = line
    finding = judged(tmp_path, [leaf_of(sub2), sub2.certificate], [root.certificate])
    assert finding.problem is CertificateProblem.UNKNOWN_ISSUER
    assert finding.sentence == 'The issuer of "Sub 2", "Sub 1", is neither in the chain nor among the trusted roots.'
    alone = chains.judge([leaf_of(sub2)], [], NOW)
    assert "no root is installed" in alone.sentence
    self_signed = judged(tmp_path, [root.certificate], [new_root("x", "Other", "Org", NOW).certificate])
    assert self_signed.sentence == 'The certificate "Root" is self-signed and not among the trusted roots.'


def test_a_wrong_signature_is_told_from_an_unknown_issuer(line, tmp_path):
    root, sub1, _ = line
    impostor = Authority("impostor", sub1.certificate, new_key(KeyKind.EC_P256), root)
    finding = judged(tmp_path, [leaf_of(impostor), sub1.certificate], [root.certificate])
    assert finding.problem is CertificateProblem.WRONG_SIGNATURE
    assert finding.sentence == 'The certificate "leaf" names "Sub 1" as its issuer, but is not signed by its key.'


def test_another_root_of_the_same_name_does_not_count(line, tmp_path):
    root, sub1, sub2 = line
    twin = new_root("root", "Root", "Org", NOW)
    chain = [leaf_of(sub2), sub2.certificate, sub1.certificate]
    assert judged(tmp_path, chain, [twin.certificate]).problem is CertificateProblem.WRONG_SIGNATURE
    assert judged(tmp_path, chain, [twin.certificate, root.certificate]).valid


def test_path_length(line, tmp_path):
    root, sub1, sub2 = line
    sub3 = sub2.sub_ca("sub3", "Sub 3", NOW, path_length=0)
    chain = [leaf_of(sub3), sub3.certificate, sub2.certificate, sub1.certificate]
    finding = judged(tmp_path, chain, [root.certificate])
    assert finding.problem is CertificateProblem.PATH_TOO_LONG
    assert "allows 1 sub-CAs below it, but the chain has 2" in finding.sentence


def test_a_leaf_may_not_issue(line, tmp_path):
    root, _, _ = line
    key = new_key(KeyKind.EC_P256)
    station = leaf_of(root, "station", key=key)
    finding = judged(tmp_path, [leaf_of(Authority("station", station, key, root)), station], [root.certificate])
    assert finding.problem is CertificateProblem.NOT_A_CA
    assert '"station" is not a CA certificate' in finding.sentence


def test_key_usage_of_issuers(line, tmp_path):
    root, _, _ = line
    key = new_key(KeyKind.EC_P256)
    extensions = [(x509.BasicConstraints(ca=True, path_length=None), True), leaf_extensions()[1]]
    sub = root.issue(
        key.public_key(), x509_name(CertificateSubject("no sign", "Org")), NOW - DAY, NOW + DAY, extensions
    )
    finding = judged(tmp_path, [leaf_of(Authority("sub", sub, key, root)), sub], [root.certificate])
    assert finding.problem is CertificateProblem.KEY_USAGE
    assert "lacks keyCertSign" in finding.sentence


def test_extended_key_usage_restricts_the_leaf(line):
    root, _, _ = line
    for_servers = [*leaf_extensions(), (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)]
    leaf = leaf_of(root, extensions=for_servers)
    assert chains.judge([leaf], [root.certificate], NOW, Purpose.SERVER).valid
    assert chains.judge([leaf], [root.certificate], NOW, Purpose.ANY).valid
    finding = chains.judge([leaf], [root.certificate], NOW, Purpose.CLIENT)
    assert finding.problem is CertificateProblem.KEY_USAGE


def test_a_ca_may_not_sign_firmware(line):
    root, sub1, _ = line
    finding = chains.judge([sub1.certificate], [root.certificate], NOW, Purpose.CODE_SIGNING)
    assert finding.problem is CertificateProblem.KEY_USAGE


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (lambda: rsa.generate_private_key(65537, 1024), "RSA 1024; 2048 bits are the least"),
        (lambda: ec.generate_private_key(ec.SECP192R1()), "EC secp192r1; 224 bits are the least"),
    ],
)
@pytest.mark.req("A00.FR.502", "A00.FR.503")
def test_weak_keys(line, key, words):
    root, _, _ = line
    finding = chains.judge([leaf_of(root, key=key())], [root.certificate], NOW)
    assert finding.problem is CertificateProblem.WEAK_KEY
    assert words in finding.sentence


@pytest.mark.req("A00.FR.504")
def test_weak_signatures(tmp_path, openssl):
    openssl("req -x509 -newkey rsa:2048 -nodes -keyout r.key -out r.pem -subj /CN=R -days 30")
    openssl("req -new -newkey rsa:2048 -nodes -keyout l.key -out l.csr -subj /CN=L")
    openssl("x509 -req -in l.csr -CA r.pem -CAkey r.key -sha1 -days 30 -out l.pem")
    root, leaf = (x509.load_pem_x509_certificate((tmp_path / name).read_bytes()) for name in ("r.pem", "l.pem"))
    finding = chains.judge([leaf], [root], root.not_valid_before_utc)
    assert finding.problem is CertificateProblem.WEAK_SIGNATURE
    assert "SHA1" in finding.sentence


def test_a_critical_extension_that_is_not_understood(line, tmp_path):
    root, _, _ = line
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    finding = judged(tmp_path, [leaf_of(root, extensions=[*leaf_extensions(), (odd, True)])], [root.certificate])
    assert finding.problem is CertificateProblem.CRITICAL_EXTENSION
    assert "1.2.3.4.5" in finding.sentence


def test_revoked_certificates_and_the_host(line):
    root, _, _ = line
    leaf = leaf_of(root, "csms.example.org")
    finding = chains.judge([leaf], [root.certificate], NOW, revocation=lambda one, issuer: "the responder said so")
    assert finding.problem is CertificateProblem.REVOKED
    assert finding.sentence == 'The certificate "csms.example.org" is revoked: the responder said so.'
    assert chains.judge([leaf], [root.certificate], NOW, host="CSMS.example.org.").valid
    other = chains.judge([leaf], [root.certificate], NOW, host="other.example.org")
    assert other.problem is CertificateProblem.WRONG_HOST
    assert other.sentence == "The certificate is for csms.example.org, not for other.example.org."


def test_a_circle_of_authorities_ends(line):
    root, _, _ = line
    keys = [new_key(KeyKind.EC_P256) for _ in range(2)]
    names = [x509_name(CertificateSubject(name, "Org")) for name in ("A", "B")]

    def cross(subject, issuer):
        builder = x509.CertificateBuilder().subject_name(names[subject]).issuer_name(names[issuer])
        builder = builder.public_key(keys[subject].public_key()).serial_number(7 + subject)
        builder = builder.not_valid_before(NOW - DAY).not_valid_after(NOW + DAY)
        for extension, critical in ca_extensions(None):
            builder = builder.add_extension(extension, critical)
        return builder.sign(keys[issuer], hashes.SHA256())

    first, second = cross(0, 1), cross(1, 0)
    leaf = leaf_of(Authority("A", first, keys[0]))
    assert chains.judge([leaf, first, second], [root.certificate], NOW).problem is CertificateProblem.UNKNOWN_ISSUER


def test_many_sub_cas_of_the_same_name_and_key_take_no_time(line):
    root, _, _ = line
    key = new_key(KeyKind.EC_P256)
    name = x509_name(CertificateSubject("same", "Org"))
    same = [root.issue(key.public_key(), name, NOW - DAY, NOW + DAY, ca_extensions(None)) for _ in range(12)]
    circle = Authority("same", same[0], key)
    clones = [circle.issue(key.public_key(), name, NOW - DAY, NOW + DAY, ca_extensions(None)) for _ in range(12)]
    finding = chains.judge([leaf_of(circle), *clones], [root.certificate], NOW)
    assert not finding.valid
