"""The view on the scene: fills itself with it, and lets Tab walk through the things in it."""

from __future__ import annotations

from PySide6.QtCore import QSizeF, Qt
from PySide6.QtGui import QFocusEvent, QHideEvent, QPainter, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGraphicsView, QWidget

from ui.scene.layout import LEAST_HEIGHT, LEAST_WIDTH
from ui.scene.scene import StationScene

_BACKWARD = (Qt.FocusReason.BacktabFocusReason,)
_BY_KEY = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)


class Canvas(QGraphicsView):
    """Shows a StationScene at the size of the widget, without scroll bars."""

    def __init__(self, scene: StationScene, parent: QWidget | None = None) -> None:
        super().__init__(scene, parent)
        self._scene = scene
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheBackground)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(LEAST_WIDTH, LEAST_HEIGHT)
        self.setAccessibleName("Charging station")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the scene the new size."""
        super().resizeEvent(event)
        self._scene.set_size(QSizeF(self.viewport().size()))

    def showEvent(self, event: QShowEvent) -> None:
        """Let the scene move."""
        super().showEvent(event)
        self._scene.set_visible(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Let the scene stand still: nobody sees it."""
        super().hideEvent(event)
        self._scene.set_visible(False)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Start at the first or the last thing when the focus comes by Tab."""
        super().focusInEvent(event)
        if event.reason() in _BY_KEY:
            self._scene.keyboard.enter(event.reason() not in _BACKWARD)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab goes from thing to thing, and out of the scene after the last."""
        return self._scene.keyboard.step(forward) or super().focusNextPrevChild(forward)
