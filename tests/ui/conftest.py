"""The window as a fixture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from tests.support.window import Live


@pytest.fixture
def live(qapp: QApplication, tmp_path: Path) -> Iterator[Live]:
    """A window with a station that is switched off; closed at the end."""
    made = Live(qapp, tmp_path)
    yield made
    made.close()
    made.end()
