"""The raw parts of a certificate that are hashed: as its issuer encoded them, never encoded anew."""

from __future__ import annotations

_CONTEXT_0 = 0xA0
_LONG_FORM = 0x80


def _element(data: bytes, start: int) -> tuple[int, int, int]:
    """Tag, start of the content and end of the element at `start`; raises ValueError when it is cut off."""
    if start + 2 > len(data):
        raise ValueError("the DER encoding is cut off")
    tag, length, content = data[start], data[start + 1], start + 2
    if length & _LONG_FORM:
        size = length & ~_LONG_FORM
        length = int.from_bytes(data[content : content + size], "big")
        content += size
    if content + length > len(data):
        raise ValueError("the DER encoding is cut off")
    return tag, content, content + length


def _children(data: bytes) -> list[bytes]:
    """The elements inside the outermost element of `data`, each with its tag and length."""
    _, position, end = _element(data, 0)
    parts = []
    while position < end:
        _, _, next_position = _element(data, position)
        parts.append(data[position:next_position])
        position = next_position
    return parts


def _fields(tbs_certificate: bytes) -> list[bytes]:
    """serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo ... of a TBSCertificate."""
    fields = _children(tbs_certificate)
    return fields[1:] if fields[0][0] == _CONTEXT_0 else fields


def issuer_name(tbs_certificate: bytes) -> bytes:
    """The DER encoding of the issuer's name."""
    return _fields(tbs_certificate)[2]


def subject_name(tbs_certificate: bytes) -> bytes:
    """The DER encoding of the subject's name."""
    return _fields(tbs_certificate)[4]


def public_key_bits(tbs_certificate: bytes) -> bytes:
    """The value of the subject public key's BIT STRING, without tag, length and the count of unused bits (RFC 6960)."""
    bit_string = _children(_fields(tbs_certificate)[5])[1]
    _, content, end = _element(bit_string, 0)
    return bit_string[content + 1 : end]
