"""PEM, DER and PKCS#12 from anybody: never a crash, always a reason."""

from __future__ import annotations

import random
import subprocess
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.certificates import facts, reading
from emulator.certificates.authority import new_root
from emulator.certificates.keys import key_pem, new_key
from emulator.certificates.pki import pkcs12_of
from emulator.certificates.reading import UnreadableCertificate, read_certificates, read_key, read_one, read_pkcs12
from emulator.domain.vault import KeyKind

ROOT = new_root("root", "Root", "Org", datetime(2026, 11, 20, tzinfo=UTC), "http://127.0.0.1:1")
PEM = facts.pem(ROOT.certificate)
DER = ROOT.certificate.public_bytes(Encoding.DER)
SUB = ROOT.sub_ca("sub", "Sub", datetime(2026, 11, 20, tzinfo=UTC), 0).certificate


def read_or_reason(data):
    """The certificates, or [] after a proper refusal."""
    try:
        return read_certificates(data)
    except UnreadableCertificate as problem:
        reasons = problem.sentence
    assert reasons.endswith(".")
    assert len(reasons) < 400
    return []


@pytest.mark.parametrize(
    "data",
    [
        PEM,
        PEM.encode(),
        DER,
        f"Bag Attributes\n  friendlyName: x\nsubject=CN = Root\n{PEM}and more text\n",
        PEM.replace("\n", "\r\n"),
        PEM.replace("\n", "\n\n").replace("BEGIN", "BEGIN"),
        "\ufeff" + PEM,
        PEM + "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n",
    ],
)
def test_what_others_write_is_read(data):
    assert read_certificates(data) == [ROOT.certificate]


def test_concatenated_certificates_are_read_in_their_order():
    assert read_certificates(PEM + facts.pem(SUB)) == [ROOT.certificate, SUB]
    assert read_certificates(PEM.strip() + facts.pem(SUB)) == [ROOT.certificate, SUB]
    with pytest.raises(UnreadableCertificate, match="holds 2 certificates where exactly one"):
        read_one(PEM + facts.pem(SUB))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "It is empty"),
        (" \n\t", "It is empty"),
        ("hello", "no PEM block"),
        (PEM[:300], "Certificate 1 is cut off"),
        (PEM + facts.pem(SUB)[:200], "Certificate 2 is cut off"),
        (PEM[:200] + PEM, "Certificate 1 is cut off"),
        (PEM.replace("M", "!", 3), "not proper Base64"),
        (PEM[:100] + "\0" + PEM[100:], "NUL"),
        (PEM[:100] + PEM[140:], "Certificate 1"),
        (PEM.replace("\n", "\\n"), "escaped twice"),
        (DER[:-1], "damaged"),
        (DER + b"\0", "damaged"),
        ("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----", "damaged"),
        (key_pem(ROOT.key), "no PEM block"),
        (b"\x00" * 10_000_000, "10,000,000 bytes"),
        ("A" * 10_000_000, "10,000,000 bytes"),
        (PEM * 15_000, "bytes; more than"),
        (PEM * 300, "more than 200 certificates"),
        ("-----BEGIN CERTIFICATE-----" * 30_000, "cut off"),
    ],
)
def test_what_cannot_be_read_has_a_reason(data, reason):
    with pytest.raises(UnreadableCertificate, match=reason):
        read_certificates(data)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=2000), st.text(max_size=2000)))
def test_anything_at_all(data):
    read_or_reason(data)


@settings(max_examples=400, deadline=None)
@given(st.integers(0, len(DER) - 1), st.integers(0, 255), st.booleans())
def test_der_with_a_changed_byte(place, value, cut):
    changed = bytearray(DER)
    changed[place] = value
    found = read_or_reason(bytes(changed[: place + 1]) if cut else bytes(changed))
    for certificate in found:
        facts.describe(certificate)
        facts.is_self_signed(certificate)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, len(PEM)), st.integers(0, 60), st.text(max_size=20))
def test_pem_with_a_piece_exchanged(place, length, piece):
    for certificate in read_or_reason(PEM[:place] + piece + PEM[place + length :]):
        facts.describe(certificate)


def test_many_bytes_changed_at_once():
    numbers = random.Random(7)
    for _ in range(300):
        changed = bytearray(DER)
        for _ in range(numbers.randrange(1, 8)):
            changed[numbers.randrange(len(DER))] = numbers.randrange(256)
        for certificate in read_or_reason(bytes(changed)):
            facts.describe(certificate)


def test_a_pkcs7_bundle(tmp_path, openssl):
    (tmp_path / "two.pem").write_text(PEM + facts.pem(SUB))
    openssl("crl2pkcs7 -nocrl -certfile two.pem -outform DER -out two.p7b")
    assert set(read_certificates((tmp_path / "two.p7b").read_bytes())) == {ROOT.certificate, SUB}


@pytest.mark.parametrize("passphrase", ["", "opensesame"])
def test_pkcs12_there_and_back(pki, tmp_path, moment, passphrase):
    leaf = pki.station("SN-2", moment())
    content = pkcs12_of(leaf, passphrase)
    found = read_pkcs12(content, passphrase or None)
    assert found.chain == leaf.chain
    assert found.key.private_numbers() == leaf.key.private_numbers()
    (tmp_path / "s.p12").write_bytes(content)
    command = ["openssl", "pkcs12", "-in", "s.p12", "-nokeys", "-passin", f"pass:{passphrase}"]
    assert b"CN = SN-2" in subprocess.run(command, cwd=tmp_path, check=True, capture_output=True).stdout


def test_pkcs12_that_openssl_made(pki, tmp_path, moment):
    leaf = pki.station("SN-3", moment())
    command = ["openssl", "pkcs12", "-export", "-in", leaf.certificate_file, "-inkey", leaf.key_file]
    subprocess.run([*command, "-out", "o.p12", "-passout", "pass:x y"], cwd=tmp_path, check=True, capture_output=True)
    content = (tmp_path / "o.p12").read_bytes()
    assert set(read_pkcs12(content, "x y").chain) == set(leaf.chain)
    for wrong in (None, "other"):
        with pytest.raises(UnreadableCertificate, match="passphrase is another one"):
            read_pkcs12(content, wrong)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_pkcs12_and_keys_and_requests_of_anything(data):
    for read in (read_pkcs12, read_key, reading.read_csr):
        with pytest.raises(UnreadableCertificate):
            read(data)


@pytest.mark.parametrize("kind", [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048])
def test_keys_there_and_back(kind):
    key = new_key(kind)
    numbers = key.private_numbers()
    assert read_key(key_pem(key)).private_numbers() == numbers
    assert read_key(key_pem(key, "secret"), "secret").private_numbers() == numbers
    old = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert read_key(old).private_numbers() == numbers
    with pytest.raises(UnreadableCertificate, match="needs a passphrase"):
        read_key(key_pem(key, "secret"))
    with pytest.raises(UnreadableCertificate, match="passphrase is another one") as caught:
        read_key(key_pem(key, "secret"), "wrong")
    assert "BEGIN" not in str(caught.value)
    with pytest.raises(UnreadableCertificate, match="has no passphrase"):
        read_key(key_pem(key), "secret")


def test_a_negative_serial_number_is_refused():
    place = DER.index(b"\x02\x14") + 2
    negative = DER[:place] + bytes([DER[place] | 0x80]) + DER[place + 1 :]
    with pytest.raises(UnreadableCertificate, match="serial number"):
        read_certificates(negative)
