"""Firmware signatures (L01): a Base64 signature over a whole file, RSA-PSS or ECDSA with SHA-256."""

from __future__ import annotations

import base64
import binascii
import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed

from emulator.certificates import facts, files
from emulator.certificates.keys import PrivateKey
from emulator.domain.vault import CertificateProblem, CertificateStatus, Outcome

_PIECE_BYTES = 1 << 20
_DIGEST = Prehashed(hashes.SHA256())


def file_digest(file: Path) -> bytes:
    """The SHA-256 of a file, read in pieces; raises EnvironmentProblem when it cannot be read."""
    digest = hashlib.sha256()
    try:
        with file.open("rb") as content:
            while piece := content.read(_PIECE_BYTES):
                digest.update(piece)
    except OSError as error:
        raise files.problem(error, file) from error
    return digest.digest()


def sign_digest(digest: bytes, key: PrivateKey) -> str:
    """The Base64 signature of a SHA-256 digest: RSA-PSS (salt as long as the digest) or ECDSA, as the key is."""
    if isinstance(key, rsa.RSAPrivateKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.DIGEST_LENGTH)
        return base64.b64encode(key.sign(digest, pss, _DIGEST)).decode()
    return base64.b64encode(key.sign(digest, ec.ECDSA(_DIGEST))).decode()


def sign_file(file: Path, key: PrivateKey) -> str:
    """The Base64 signature of a file, for UpdateFirmware; raises EnvironmentProblem."""
    return sign_digest(file_digest(file), key)


def verify_digest(digest: bytes, signature: str, certificate: x509.Certificate) -> Outcome:
    """Whether the Base64 signature of a digest is by the key of a certificate (L01.FR.04, L01.FR.12)."""
    try:
        raw = base64.b64decode("".join(signature.split()), validate=True)
    except (binascii.Error, ValueError):
        return _wrong("The firmware signature is not proper Base64.")
    key = certificate.public_key()
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(raw, digest, padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO), _DIGEST)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(raw, digest, ec.ECDSA(_DIGEST))
        else:
            return _wrong(f'The key of "{facts.label(certificate)}" is neither RSA nor elliptic curve.')
    except InvalidSignature:
        return _wrong(f'The firmware signature does not fit the file and the key of "{facts.label(certificate)}".')
    sentence = f'The firmware is signed by "{facts.label(certificate)}".'
    return Outcome(CertificateStatus.ACCEPTED, CertificateProblem.NONE, sentence)


def verify_file(file: Path, signature: str, certificate: x509.Certificate) -> Outcome:
    """Whether the Base64 signature of a file is by the key of a certificate; raises EnvironmentProblem."""
    return verify_digest(file_digest(file), signature, certificate)


def _wrong(sentence: str) -> Outcome:
    return Outcome(CertificateStatus.REJECTED, CertificateProblem.WRONG_SIGNATURE, sentence)
