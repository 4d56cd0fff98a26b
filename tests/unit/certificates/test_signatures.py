"""Firmware signatures and signed meter values, with openssl as a second opinion."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from emulator.certificates import firmware, signed_meter
from emulator.certificates.keys import new_key
from emulator.certificates.signed_meter import OcmfSigner, read_public_key
from emulator.domain.errors import EnvironmentProblem
from emulator.domain.vault import CertificateProblem, KeyKind, MeterReading

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
KINDS = [KeyKind.EC_P256, KeyKind.EC_P384, KeyKind.RSA_2048, KeyKind.RSA_3072]


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "firmware.bin"
    path.write_bytes(bytes(range(256)) * 10_000)
    return path


@pytest.mark.req("L01.FR.04", "L01.FR.09")
@pytest.mark.parametrize("kind", KINDS)
def test_good_tampered_and_wrongly_signed_firmware(pki, moment, file, kind):
    signer = pki.firmware_signer(moment(), kind)
    signature = firmware.sign_file(file, signer.key)
    assert len(signature) <= 800
    outcome = firmware.verify_file(file, signature, signer.chain[0])
    assert (outcome.accepted, outcome.sentence) == (True, 'The firmware is signed by "Firmware signing".')
    wrapped = "\n".join(signature[place : place + 64] for place in range(0, len(signature), 64))
    assert firmware.verify_file(file, wrapped, signer.chain[0]).accepted
    other = pki.firmware_signer(moment(), kind, "other")
    for wrong in (firmware.sign_file(file, other.key), "AAAA", signature[:-8] + "AAAAAA=="):
        assert firmware.verify_file(file, wrong, signer.chain[0]).problem is CertificateProblem.WRONG_SIGNATURE
    assert "not proper Base64" in firmware.verify_file(file, "!!!", signer.chain[0]).sentence
    file.write_bytes(file.read_bytes() + b"\0")
    assert not firmware.verify_file(file, signature, signer.chain[0]).accepted


def test_openssl_verifies_ours_and_we_verify_openssls(pki, moment, file, tmp_path, openssl):
    for kind, options in (
        (KeyKind.EC_P256, ""),
        (KeyKind.RSA_2048, "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1"),
    ):
        signer = pki.firmware_signer(moment(), kind)
        (tmp_path / "public.pem").write_bytes(
            signer.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        (tmp_path / "s.bin").write_bytes(base64.b64decode(firmware.sign_file(file, signer.key)))
        assert b"Verified OK" in openssl(f"dgst -sha256 {options} -verify public.pem -signature s.bin firmware.bin")
        openssl(f"dgst -sha256 {options} -sign {signer.key_file} -out theirs.bin firmware.bin")
        theirs = base64.b64encode((tmp_path / "theirs.bin").read_bytes()).decode()
        assert firmware.verify_file(file, theirs, signer.chain[0]).accepted


def test_a_file_that_is_not_there(pki, moment, tmp_path):
    with pytest.raises(EnvironmentProblem):
        firmware.file_digest(tmp_path / "none")


READINGS = [
    MeterReading(NOW, 1_234_567.89, "B"),
    MeterReading(NOW.astimezone(timezone(timedelta(hours=2))) + timedelta(hours=1), 1_245_678.9, "E"),
]


@pytest.fixture
def signer():
    return OcmfSigner(new_key(KeyKind.EC_P256), "METER-1", "DE*EMU*E1")


def test_a_signed_meter_value(signer):
    value = signer.sign(READINGS, "04A1B2C3", "ISO14443", with_public_key=True)
    assert (value.encoding_method, value.signing_method) == ("OCMF", "")  # OCMF names the method inside
    assert len(value.signed_meter_data) <= 2500
    payload = signed_meter.verify(value)
    assert (payload["ID"], payload["IT"], payload["IS"], payload["CI"]) == ("04A1B2C3", "ISO14443", True, "DE*EMU*E1")
    assert [one["RV"] for one in payload["RD"]] == [1234.5679, 1245.6789]
    assert [one["TM"] for one in payload["RD"]] == ["2026-11-20T12:00:00,000+0000 S", "2026-11-20T15:00:00,000+0200 S"]
    assert [one["TX"] for one in payload["RD"]] == ["B", "E"]


def test_the_public_key_is_as_the_note_says(signer, tmp_path, openssl):
    text = base64.b64decode(signer.public_key).decode()
    marker, encoding, content, printed = text.split(":")
    assert (marker, encoding, content) == ("oca", "base16", "asn1")
    (tmp_path / "key.der").write_bytes(bytes.fromhex(printed))
    assert b"prime256v1" in openssl("pkey -pubin -inform DER -in key.der -noout -text")
    assert len(signer.public_key) <= 500  # a configuration key of 1.6
    value = signer.sign(READINGS, "", "NONE", with_public_key=False)
    assert value.public_key == ""
    assert signed_meter.verify(value, signer.public_key)["IT"] == "NONE"


def test_the_example_key_of_the_note():
    printed = (
        "3056301006072a8648ce3d020106052b8104000a03420004460a02ba2766d9c44f023ecc0e4e58644a87add1aadd6317e5fe4d"
        "ccdb29b163a01d8a6297c84bc530f86431e92f8d46ab37830247c05cbd92fac252929e7f61"
    )
    for form in (printed, "0x" + printed.upper(), " ".join(printed[i : i + 8] for i in range(0, len(printed), 8))):
        key = read_public_key(base64.b64encode(f"oca:base16:asn1:{form}".encode()).decode())
        assert key.curve.name == "secp256k1"


def test_openssl_verifies_a_meter_value(signer, tmp_path, openssl):
    value = signer.sign(READINGS, "T", "ISO14443", with_public_key=True)
    _, payload, proof = base64.b64decode(value.signed_meter_data).decode().split("|", 2)
    assert json.loads(proof)["SA"] == "ECDSA-secp256r1-SHA256"
    (tmp_path / "payload").write_text(payload)
    (tmp_path / "signature").write_bytes(bytes.fromhex(json.loads(proof)["SD"]))
    key = read_public_key(signer.public_key)
    (tmp_path / "k.pem").write_bytes(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    assert b"Verified OK" in openssl("dgst -sha256 -verify k.pem -signature signature payload")


@pytest.mark.parametrize("curve", [ec.SECP256K1, ec.SECP384R1, ec.BrainpoolP256R1, ec.BrainpoolP384R1])
def test_other_curves(curve):
    signer = OcmfSigner(ec.generate_private_key(curve()), "M", "E1")
    assert signed_meter.verify(signer.sign(READINGS, "T", "LOCAL", with_public_key=True))["PG"] == "T1"


def test_tampered_and_foreign_values(signer):
    value = signer.sign(READINGS, "T", "ISO14443", with_public_key=True)
    data = base64.b64decode(value.signed_meter_data)
    tampered = value._replace(signed_meter_data=base64.b64encode(data.replace(b"1245.6789", b"1245.6788")).decode())
    with pytest.raises(ValueError, match="does not fit"):
        signed_meter.verify(tampered)
    other = OcmfSigner(new_key(KeyKind.EC_P256), "METER-2", "E2")
    with pytest.raises(ValueError, match="does not fit"):
        signed_meter.verify(value._replace(public_key=other.public_key))
    third = OcmfSigner(new_key(KeyKind.EC_P384), "METER-3", "E3")
    with pytest.raises(ValueError, match="is on the curve secp384r1"):
        signed_meter.verify(value._replace(public_key=third.public_key))
    with pytest.raises(ValueError, match="not OCMF"):
        signed_meter.verify(value._replace(encoding_method="EDL"))


def test_pages_count_up_and_too_many_readings_are_refused(signer):
    pages = [signed_meter.verify(signer.sign(READINGS, "T", "LOCAL", with_public_key=True))["PG"] for _ in range(3)]
    assert pages == ["T1", "T2", "T3"]
    with pytest.raises(ValueError, match="too many"):
        signer.sign(READINGS * 20, "T", "LOCAL", with_public_key=False)


def test_the_vault_keeps_a_key_for_each_meter(make_vault):
    vault = make_vault()
    keys = [vault.meter_signer(evse).public_key for evse in (1, 2, 1)]
    assert keys[0] == keys[2] != keys[1]
    assert make_vault().meter_signer(1).public_key == keys[0]
    value = make_vault().meter_signer(1).sign(READINGS, "T", "LOCAL", with_public_key=False)
    assert signed_meter.verify(value, keys[0])["MS"] == "METER-CP1-1"


def test_pages_go_on_after_a_restart(make_vault):
    def page():
        signer = make_vault().meter_signer(1)
        return signed_meter.verify(signer.sign(READINGS, "T", "LOCAL", with_public_key=True))["PG"]

    assert [page() for _ in range(3)] == ["T1", "T2", "T3"]
