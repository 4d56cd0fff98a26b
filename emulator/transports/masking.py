"""Frames of RFC 6455 as a client writes them: masked, whole, the shortest form of the header."""

from __future__ import annotations

from collections.abc import Callable
from os import urandom

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A

# Frames masked in Python before websockets' C function is worth its import (20 ms, once per process).
_WARM_UP_FRAMES = 64
_WARM_UP_BYTES = 16 * 1024


def masked_frame(first_byte: int, payload: bytes) -> bytes:
    """One whole frame; `first_byte` is FIN and opcode (`TEXT`, `CLOSE`, `PING`, `PONG`)."""
    size = len(payload)
    key = urandom(4)
    if size < 126:
        return bytes((first_byte, 0x80 | size)) + key + _mask(payload, key)
    if size < 65536:
        return bytes((first_byte, 0xFE, size >> 8, size & 0xFF)) + key + _mask(payload, key)
    return bytes((first_byte, 0xFF)) + size.to_bytes(8, "big") + key + _mask(payload, key)


def _mask_in_python(payload: bytes, key: bytes) -> bytes:
    size = len(payload)
    pattern = (key * ((size + 3) >> 2))[:size]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(pattern, "little")).to_bytes(size, "little")


class _WarmUp:
    """Masks in Python for the first frames of the process, so that the start need not wait for an import."""

    __slots__ = ("_frames",)

    def __init__(self) -> None:
        self._frames = 0

    def __call__(self, payload: bytes, key: bytes) -> bytes:
        global _mask
        self._frames += 1
        if self._frames > _WARM_UP_FRAMES or len(payload) > _WARM_UP_BYTES:
            _mask = _fastest()
        return _mask_in_python(payload, key)


def _fastest() -> Callable[[bytes, bytes], bytes]:
    try:
        from websockets.speedups import apply_mask
    except ImportError:  # a platform without a wheel
        return _mask_in_python
    return apply_mask


_mask: Callable[[bytes, bytes], bytes] = _WarmUp()
