"""CertificateHashDataType against what the openssl command computes, for certificates of every kind of key."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from emulator.certificates import facts
from emulator.certificates.hash_data import hash_data, key_bits
from emulator.certificates.reading import read_one
from emulator.domain.vault import CertificateHash, HashAlgorithm

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
PER_ISSUER = 25
SERIALS = [1, 0x7F, 0x80, 0xFF, 0x0FFF, 2**64 - 1, 2**159 - 1, 2**158 + 5]


def issuers():
    yield ec.generate_private_key(ec.SECP256R1()), hashes.SHA256(), None
    yield ec.generate_private_key(ec.SECP384R1()), hashes.SHA384(), None
    yield ec.generate_private_key(ec.SECP521R1()), hashes.SHA512(), None
    yield rsa.generate_private_key(65537, 2048), hashes.SHA256(), None
    yield rsa.generate_private_key(65537, 3072), hashes.SHA384(), None
    yield rsa.generate_private_key(65537, 4096), hashes.SHA512(), None
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
    yield rsa.generate_private_key(65537, 2048), hashes.SHA256(), pss
    yield ed25519.Ed25519PrivateKey.generate(), None, None


def name_of(number):
    """Names as different issuers encode them: printable and UTF-8 strings, several values in one part, odd letters."""
    kind = _ASN1Type.PrintableString if number % 2 else _ASN1Type.UTF8String
    organization = x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"CSO {number}", kind)
    common_name = x509.NameAttribute(NameOID.COMMON_NAME, f'Größe, Ltd. + "{number}" / 充電' if number % 3 else "plain")
    if number % 4 == 0:
        return x509.Name([x509.RelativeDistinguishedName([organization, common_name])])
    return x509.Name([organization, common_name])


def certificate(number, public_key, issuer_name, key, algorithm, pss, serial):
    builder = (
        x509.CertificateBuilder()
        .subject_name(name_of(number))
        .issuer_name(issuer_name)
        .public_key(public_key)
        .serial_number(serial)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=30))
    )
    return builder.sign(key, algorithm, rsa_padding=pss)


def openssl_hashes(folder, issuer_file, files, algorithm):
    """Issuer name hash, issuer key hash and serial number of each certificate, as `openssl ocsp` sends them."""
    arguments = [part for file in files for part in ("-cert", str(file))]
    command = ["openssl", "ocsp", f"-{algorithm.lower()}", "-issuer", str(issuer_file), *arguments]
    text = subprocess.run([*command, "-no_nonce", "-req_text"], capture_output=True, text=True, check=True).stdout
    text = text.replace("\\\n", "")  # openssl wraps long digests
    fields = [re.findall(f"{field}: ([0-9A-F]+)", text) for field in ("Name Hash", "Key Hash", "Serial Number")]
    return list(zip(*fields, strict=True))


def test_two_hundred_certificates_have_the_hashes_that_openssl_computes(tmp_path):
    subjects = [ec.generate_private_key(ec.SECP256R1()).public_key() for _ in range(4)]
    compared = 0
    for place, (key, digest, pss) in enumerate(issuers()):
        serials = SERIALS + [1000 * place + number for number in range(1, PER_ISSUER)]
        issuer = certificate(place, key.public_key(), name_of(place), key, digest, pss, serials[0])
        issued = [issuer] + [
            certificate(number, subjects[number % 4], issuer.subject, key, digest, pss, serials[number])
            for number in range(1, PER_ISSUER)
        ]
        files = [tmp_path / f"{place}-{number}.pem" for number in range(PER_ISSUER)]
        for file, one in zip(files, issued, strict=True):
            file.write_text(facts.pem(one))
        for algorithm in HashAlgorithm:
            expected = openssl_hashes(tmp_path, files[0], files, algorithm)
            for file, (name_hash, key_hash, serial) in zip(files, expected, strict=True):
                found = hash_data(read_one(file.read_bytes()), key_bits(issuer), algorithm)
                wanted = CertificateHash(algorithm, name_hash.lower(), key_hash.lower(), serial.lstrip("0"))
                assert found == wanted
                compared += 1
    assert compared == 200 * len(HashAlgorithm)


def test_a_root_is_its_own_issuer(pki):
    root = pki.root("cso")
    assert hash_data(root) == hash_data(root, key_bits(root))
    assert hash_data(root).issuer_key_hash != hash_data(pki.root("v2g")).issuer_key_hash


def test_a_key_that_openssl_compressed_is_hashed_as_it_is_encoded(tmp_path, openssl):
    openssl("ecparam -name prime256v1 -genkey -conv_form compressed -noout -out k.pem")
    openssl("req -x509 -new -key k.pem -subj /CN=compressed -out c.pem -days 3")
    file = tmp_path / "c.pem"
    for algorithm in HashAlgorithm:
        [(name_hash, key_hash, _)] = openssl_hashes(tmp_path, file, [file], algorithm)
        found = hash_data(read_one(file.read_bytes()), None, algorithm)
        assert (found.issuer_name_hash, found.issuer_key_hash) == (name_hash.lower(), key_hash.lower())


@pytest.mark.parametrize(("number", "text"), [(4095, "FFF"), (1, "1"), (0x80, "80"), (0x00ABCD, "ABCD")])
def test_serial_numbers_are_hexadecimal_without_leading_zeros(number, text):
    key = ec.generate_private_key(ec.SECP256R1())
    one = certificate(1, key.public_key(), name_of(1), key, hashes.SHA256(), None, number)
    assert hash_data(one).serial_number == text


def test_hashes_are_compared_without_regard_to_case_and_leading_zeros(pki):
    found = hash_data(pki.root("cso"))
    sent = CertificateHash(
        found.hash_algorithm,
        found.issuer_name_hash.upper(),
        found.issuer_key_hash.upper(),
        f"00{found.serial_number.lower()}",
    )
    assert found.matches(sent)
    assert not found.matches(sent._replace(hash_algorithm=HashAlgorithm.SHA512))
