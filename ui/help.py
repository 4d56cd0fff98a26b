"""F1: what has the focus, explained in the specification's terms; and the keys, and what this program is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from ui.docks.panel import Panel
from ui.models.topics import ACTION_SECTIONS, TOPICS, Topic
from ui.views.help_card import HelpCard

if TYPE_CHECKING:
    from ui.main_window import MainWindow

# Keys that belong to a part of the window and stand in no menu.
MORE_KEYS = (
    ("P", "plug in or out (station)"),
    ("S", "swipe the card (station)"),
    ("X", "stop (station)"),
    ("F", "faults (station)"),
    ("1 to 8", "choose the EVSE (station)"),
    ("F3", "next match (messages)"),
    ("F2", "change the value (settings)"),
    ("Ctrl+Return", "send (composer)"),
    ("Escape", "back, or take back"),
)


class HelpDesk(QObject):
    """Answers F1."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._card: HelpCard | None = None

    @property
    def card(self) -> HelpCard:
        """The card, made when it is first needed."""
        if self._card is None:
            self._card = HelpCard(self._window, self._window.theme)
        return self._card

    def explain(self) -> None:
        """Explain what has the focus."""
        if self._card is not None and self._card.isVisible():
            self._card.leave()
            return
        topic, near = self._topic()
        self.card.show_topic(topic, near)

    def keys(self) -> None:
        """List the keys."""
        commands = self._window.menus.commands()
        listed = [(command.keys, command.title) for command in commands if command.keys]
        self.card.show_keys([*listed, *MORE_KEYS])

    def about(self) -> None:
        """Say what this program is."""
        from importlib.metadata import version

        text = (
            f"Version {version('forecourt')}. A desktop OCPP charge point emulator: a drawn charging station in a "
            "window, and the same engine without one. Apache License 2.0."
        )
        self.card.show_topic(Topic("Forecourt", text), None)

    # --- which topic

    def _topic(self) -> tuple[Topic, QWidget]:
        widget = self._window.focusWidget() or self._window
        known = self._widgets()
        part: QWidget | None = widget
        while part is not None:
            if part in known:
                return TOPICS[known[part]], part
            if isinstance(part, Panel):
                return self._of_panel(part), part.header
            part = part.parentWidget()
        return TOPICS["station"], self._window.bar

    def _widgets(self) -> dict[QWidget, str]:
        bar = self._window.bar
        return {
            bar.url: "url",
            bar.identity: "identity",
            bar.versions: "versions",
            bar.profile: "profile",
            bar.details: "details",
            bar.button: "connect",
            bar.pill: "connect",
            bar.clock: "clock",
            self._window.details: "details",
        }

    def _of_panel(self, panel: Panel) -> Topic:
        topic = TOPICS.get(panel.name, TOPICS["station"])
        if panel.name not in {"messages", "frame", "sequence"}:
            return topic
        detail = self._window.bench.panels["frame"].existing_page(self._window.sessions.current)
        frame = getattr(detail, "frame", None)
        sections = ACTION_SECTIONS.get(frame.action, ()) if frame is not None else ()
        if frame is None or not sections:
            return topic
        return Topic(f"{topic.title}: {frame.action}", topic.text, (*sections, *topic.sections))


__all__ = ["HelpDesk"]
