"""F1: what has the focus, explained in the specification's terms; and the keys, and what this program is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from ui.main_window import MainWindow


class HelpDesk(QObject):
    """Answers F1."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window

    def explain(self) -> None:
        """Explain what has the focus."""

    def keys(self) -> None:
        """List the keys."""

    def about(self) -> None:
        """Say what this program is."""
