"""What moves in the scene: energy in the cables, waves at the reader. The timer stands still when nothing does."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from ui.scene.stage import Stage

FRAME_MS = 40
WAVE_S = 1.6
_FLOW_PER_S = 1.5


class Motion(QObject):
    """Moves the stage's `flow` and `waves` while something is to be seen; `stepped` after each step."""

    stepped = Signal()

    def __init__(self, stage: Stage, parent: QObject) -> None:
        super().__init__(parent)
        self._stage = stage
        self._visible = False
        self._watch = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(self._step)

    @property
    def running(self) -> bool:
        """Whether the timer runs."""
        return self._timer.isActive()

    def set_visible(self, visible: bool) -> None:
        """Whether anybody can see the scene."""
        self._visible = visible
        self.settle()

    def wave(self, reader: int) -> None:
        """Let the waves of a reader run once."""
        self._stage.waves[reader] = 1e-3
        self.settle()

    def settle(self) -> None:
        """Start or stop the timer, as there is something to move or not."""
        charging = self._stage.station.powered and any(evse.charging for evse in self._stage.station.evses)
        wanted = self._visible and (charging or bool(self._stage.waves))
        if wanted and not self._timer.isActive():
            self._watch.start()
            self._timer.start()
        elif not wanted:
            self._timer.stop()
            if self._stage.waves:
                self._stage.waves.clear()
                self.stepped.emit()

    def _step(self) -> None:
        seconds = min(self._watch.restart() / 1000, 0.2)
        self._stage.flow = (self._stage.flow + seconds * _FLOW_PER_S) % 1000
        grown = {reader: wave + seconds / WAVE_S for reader, wave in self._stage.waves.items()}
        self._stage.waves = {reader: wave for reader, wave in grown.items() if wave < 1}
        self.stepped.emit()
        self.settle()
