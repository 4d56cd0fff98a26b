"""Signed meter values: OCMF, as the application note "Signed Meter Values in OCPP" 1.0 carries it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from emulator.domain.vault import MeterReading, SignedMeterValue

# The signature algorithms of the note's table 12 that current libraries offer: curve -> name.
_METHODS: dict[str, str] = {
    "secp256r1": "ECDSA-secp256r1-SHA256",
    "secp256k1": "ECDSA-secp256k1-SHA256",
    "secp384r1": "ECDSA-secp384r1-SHA256",
    "brainpoolP256r1": "ECDSA-brainpool256r1-SHA256",
    "brainpoolP384r1": "ECDSA-brainpool384r1-SHA256",
}
_MARKER, _ENCODING, _CONTENT = "oca", "base16", "asn1"
_IMPORT_REGISTER = "1-b:1.8.0"
_MAXIMUM_LENGTH = 2500


def public_key_text(key: ec.EllipticCurvePublicKey) -> str:
    """The publicKey field (section 3.2.2): Base64 of "oca:base16:asn1:" and the DER key in hexadecimal."""
    printed = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()
    return base64.b64encode(f"{_MARKER}:{_ENCODING}:{_CONTENT}:{printed}".encode()).decode()


def read_public_key(text: str) -> ec.EllipticCurvePublicKey:
    """The key in a publicKey field; raises ValueError that says what is wrong."""
    marker, encoding, content, printed = base64.b64decode(text, validate=True).decode().split(":", 3)
    if (marker, content) != (_MARKER, _CONTENT) or encoding not in ("base16", "base64"):
        raise ValueError(f"The public key is given as {marker}:{encoding}:{content}, which is not known.")
    if encoding == "base16":
        digits = printed.removeprefix("0x").removeprefix("0X")
        raw = bytes.fromhex("".join(digit for digit in digits if digit in "0123456789abcdefABCDEF"))
    else:
        raw = base64.b64decode(printed)
    key = load_der_public_key(raw)
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise ValueError("The public key is not one of an elliptic curve.")
    return key


class OcmfSigner:
    """The signing half of one meter: numbers its containers, signs them, and shows its key to nobody."""

    def __init__(
        self,
        key: ec.EllipticCurvePrivateKey,
        serial_number: str,
        charge_point: str,
        page: int = 0,
        keep_page: Callable[[int], None] = lambda _: None,
        vendor: str = "Forecourt",
        model: str = "Emulated meter",
        firmware: str = "1.0",
    ) -> None:
        """`serial_number` is the meter's; `charge_point` (the EVSE's name) goes into every container.

        `page` is the number of the last container signed; `keep_page` keeps it: a gap would look like a lost record.
        """
        self._key = key
        self._method = _METHODS[key.curve.name]
        self._charge_point = charge_point
        self._meter = {"MV": vendor, "MM": model, "MS": serial_number, "MF": firmware}
        self._page = page
        self._keep_page = keep_page

    @property
    def public_key(self) -> str:
        """The value of MeterPublicKey[n] (1.6) and FiscalMetering.PublicKey (2.x)."""
        return public_key_text(self._key.public_key())

    def sign(
        self, readings: Collection[MeterReading], id_token: str, id_type: str, with_public_key: bool
    ) -> SignedMeterValue:
        """Sign readings in one OCMF container; raises ValueError when it does not fit into the field.

        signingMethod is empty, since OCMF holds it inside the data (section 3.2.1).
        """
        page = self._page + 1
        payload = json.dumps(
            self._payload(page, readings, id_token, id_type), separators=(",", ":"), ensure_ascii=False
        )
        signature = self._key.sign(payload.encode(), ec.ECDSA(hashes.SHA256()))
        proof = json.dumps({"SA": self._method, "SD": signature.hex().upper()}, separators=(",", ":"))
        data = base64.b64encode(f"OCMF|{payload}|{proof}".encode()).decode()
        if len(data) > _MAXIMUM_LENGTH:
            raise ValueError(f"{len(readings)} readings are too many for one signed meter value.")
        self._keep_page(page)
        self._page = page
        return SignedMeterValue(data, "", "OCMF", self.public_key if with_public_key else "")

    def _payload(self, page: int, readings: Collection[MeterReading], id_token: str, id_type: str) -> dict[str, Any]:
        known = bool(id_token)
        return {
            "FV": "1.0",
            "GI": self._meter["MM"],
            "GS": self._meter["MS"],
            "GV": self._meter["MF"],
            "PG": f"T{page}",
            **self._meter,
            "IS": known,
            "IL": "TRUSTED" if known else "NONE",
            "IF": [],
            "IT": id_type if known else "NONE",
            "ID": id_token,
            "CT": "EVSEID",
            "CI": self._charge_point,
            "RD": [_reading(one) for one in readings],
        }


def _reading(reading: MeterReading) -> dict[str, Any]:
    return {
        "TM": _time_text(reading.time),
        "TX": reading.kind,
        "RV": round(reading.energy_wh / 1000, 4),
        "RI": _IMPORT_REGISTER,
        "RU": "kWh",
        "RT": "DC" if reading.direct_current else "AC",
        "EF": "",
        "ST": "G",
    }


def _time_text(time: datetime) -> str:
    """OCMF's form of a time, with the mark for a synchronised clock: "2026-11-20T13:00:00,000+0000 S"."""
    return f"{time:%Y-%m-%dT%H:%M:%S},{time.microsecond // 1000:03d}{time:%z} S"


def verify(value: SignedMeterValue, public_key: str = "") -> dict[str, Any]:
    """Verify an OCMF value and return its payload; `public_key` where the value carries none; raises ValueError."""
    if value.encoding_method != "OCMF":
        raise ValueError(f"The encoding is {value.encoding_method}, not OCMF.")
    text = base64.b64decode(value.signed_meter_data, validate=True).decode()
    name, payload, proof = text.split("|", 2)
    if name != "OCMF":
        raise ValueError("The signed data does not start with OCMF.")
    key = read_public_key(value.public_key or public_key)
    signature = json.loads(proof)
    if _METHODS.get(key.curve.name) != signature["SA"]:
        raise ValueError(f"The signature is by {signature['SA']}, but the key is on the curve {key.curve.name}.")
    try:
        key.verify(bytes.fromhex(signature["SD"]), payload.encode(), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise ValueError("The signature does not fit the signed data and the key.") from error
    content: dict[str, Any] = json.loads(payload)
    return content
