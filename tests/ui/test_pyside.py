"""Qt for Python itself: the trap of PySide6 6.12.0, and the check that keeps clear of it."""

from __future__ import annotations

import sys

import PySide6
import pytest
from PySide6.QtWidgets import QApplication

from ui.qt_version import unusable_qt


def test_twenty_thousand_void_calls_do_not_abort(qapp: QApplication) -> None:
    """6.12.0 loses a reference to None on each, and aborts after some 5,000 under Python 3.11."""
    for _ in range(20_000):
        qapp.processEvents()


@pytest.mark.parametrize(
    ("version", "python", "usable"),
    [
        ("6.12.0", (3, 11, 7), False),
        ("6.12.0", (3, 12, 0), True),
        ("6.12.1", (3, 11, 7), True),
        ("6.11.3", (3, 11, 7), True),
    ],
)
def test_only_6_12_0_under_python_3_11_is_refused(version: str, python: tuple[int, ...], usable: bool) -> None:
    assert (unusable_qt(version, python) is None) == usable


def test_the_refusal_is_one_sentence_that_says_what_to_do() -> None:
    sentence = unusable_qt("6.12.0", (3, 11, 7))
    assert sentence is not None
    assert sentence.count(". ") == 0
    assert "install PySide6-Essentials 6.11.3" in sentence


def test_the_installed_version_is_usable() -> None:
    assert unusable_qt(PySide6.__version__, sys.version_info) is None
