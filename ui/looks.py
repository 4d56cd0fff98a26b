"""How the window looks: theme, size of text, arrangement; and keeping that in the workspace."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QObject

from ui.docks.workbench import Workbench
from ui.sessions import Sessions
from ui.theme import Choice, Theme
from ui.workspace import Workspace

TEXT_SCALES = (0.85, 1.0, 1.15, 1.3, 1.5)


class Looks(QObject):
    """Theme, text, docks."""

    def __init__(self, theme: Theme, workspace: Workspace, bench: Workbench, sessions: Sessions) -> None:
        super().__init__(bench)
        self._theme, self._workspace, self._bench, self._sessions = theme, workspace, bench, sessions
        self.text_scale: float = workspace.get("text_scale", 1.0)

    def restore(self) -> None:
        """The docks as they were left, else as they stand at first."""
        self._bench.arrange()
        layout = self._workspace.get("layout", "")
        if layout and not self._bench.restore(layout):
            self._bench.arrange()

    def set_theme(self, choice: str) -> None:
        """Choose "system", "light" or "dark"."""
        self._theme.set_choice(choice)
        self._workspace.put("theme", choice)

    def switch_theme(self) -> None:
        """From light to dark, or back."""
        self.set_theme(Choice.LIGHT if self._theme.dark else Choice.DARK)

    def scale_text(self, steps: int) -> None:
        """Larger (1) or smaller (-1) text; 0: the normal size."""
        places = range(len(TEXT_SCALES))
        now = min(places, key=lambda place: abs(TEXT_SCALES[place] - self.text_scale))
        wanted = min(max(now + steps, 0), len(TEXT_SCALES) - 1)
        self.text_scale = TEXT_SCALES[wanted] if steps else 1.0
        self._theme.set_text_scale(self.text_scale)
        self._workspace.put("text_scale", self.text_scale)

    def reset(self) -> None:
        """All docks as they stood at first."""
        self._bench.arrange()

    def keep(self, geometry: QByteArray) -> None:
        """Put everything into the workspace; it is not written yet."""
        workspace = self._workspace
        workspace.put("geometry", bytes(geometry.toBase64().data()).decode("ascii"))
        workspace.put("layout", self._bench.keep())
        workspace.put("stations", self._sessions.identities())
        for session in self._sessions.all:
            workspace.keep_connection(session.connection_fields())
        for name, panel in self._bench.panels.items():
            page = panel.existing_page(self._sessions.current)
            if page is not None:
                workspace.keep_view(name, page)


def text_scale(workspace: Workspace) -> float:
    """The size of text that a workspace keeps."""
    scale: float = workspace.get("text_scale", 1.0)
    return scale if TEXT_SCALES[0] <= scale <= TEXT_SCALES[-1] else 1.0


__all__ = ["Looks", "text_scale"]
