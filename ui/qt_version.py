"""Which versions of Qt for Python cannot be used."""

from __future__ import annotations


def unusable_qt(version: str, python: tuple[int, ...]) -> str | None:
    """Why PySide6 `version` ("6.12.0") cannot run under `python` (3, 11, ...), in one sentence; None when it can."""
    if version == "6.12.0" and python[:2] < (3, 12):
        return (
            f"PySide6 6.12.0 aborts under Python {python[0]}.{python[1]} after a few thousand events; "
            "install PySide6-Essentials 6.11.3 or use Python 3.12 or later."
        )
    return None
