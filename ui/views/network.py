"""Network and faults: what the network does, how CALLs are answered instead, where frames stop."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QSplitter, QVBoxLayout, QWidget

from ui.session import StationSession
from ui.theme import Theme
from ui.views.breakpoints import BreakpointsView
from ui.views.fields import flat_base
from ui.views.network_conditions import NetworkConditionsView
from ui.views.prepared_answers import PreparedAnswersView

LEAST_WIDTH = 760


class NetworkView(QWidget):
    """Three parts side by side; a narrow dock scrolls."""

    def __init__(self, session: StationSession, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.conditions = NetworkConditionsView(session, theme)
        self.answers = PreparedAnswersView(session, theme)
        self.breakpoints = BreakpointsView(session, theme)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for part in (self.conditions, self.answers, self.breakpoints):
            splitter.addWidget(part)
        splitter.setChildrenCollapsible(False)
        splitter.setSizes([230, 330, 330])
        splitter.setMinimumWidth(LEAST_WIDTH)
        inner = QWidget()
        row = QHBoxLayout(inner)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(splitter)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inner)
        scroll.viewport().setAutoFillBackground(False)
        inner.setAutoFillBackground(False)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scroll)
        flat_base(self)
        self.setFocusProxy(self.conditions)


__all__ = ["NetworkView"]
