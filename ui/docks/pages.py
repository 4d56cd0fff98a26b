"""What the docks show: each page is made when it is first seen, and tied to the others of its station."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from ui.docks.workbench import Workbench
from ui.session import StationSession
from ui.theme import Theme

if TYPE_CHECKING:
    from emulator.domain.frames import Frame
    from ui.bridge import CsmsBridge
    from ui.workspace import Workspace


class Dock(NamedTuple):
    """A dock: its name, title, the dock that it shares a place with, its key, and what it is for."""

    name: str
    title: str
    home: str
    key: str
    hint: str


# In the order of tabs. Later docks (certificates, profiles, reservations ...) get a row here and a method below.
DOCKS = (
    Dock("station", "Station", "", "Ctrl+1", "The drawn station"),
    Dock("messages", "Messages", "", "Ctrl+2", "The message log"),
    Dock("sequence", "Sequence", "messages", "", "The messages as a sequence diagram"),
    Dock("frame", "Frame", "", "Ctrl+3", "The selected frame in detail"),
    Dock("charts", "Charts", "", "Ctrl+4", "Power, current, voltage, energy over time"),
    Dock("transactions", "Transactions", "charts", "Ctrl+5", "Ongoing and ended transactions"),
    Dock("queue", "Queue", "charts", "Ctrl+6", "Transaction-related messages that wait for the CSMS"),
    Dock("settings", "Settings", "frame", "Ctrl+7", "Configuration keys of 1.6 and variables of 2.0.1"),
    Dock("csms", "Test CSMS", "frame", "Ctrl+8", "The built-in CSMS: tokens, commands, what it saw"),
    Dock("composer", "Composer", "frame", "Ctrl+9", "Write a message, valid or not"),
    Dock("network", "Network & faults", "frame", "Ctrl+0", "Network conditions, prepared answers, breakpoints"),
    Dock("notes", "Log", "charts", "", "What the station notes about itself"),
)


class Pages(QObject):
    """Makes the pages of the docks; what a page wants of the whole window is a signal here."""

    csms_toggled = Signal()
    csms_connect_wanted = Signal()

    def __init__(self, bench: Workbench, theme: Theme, workspace: Workspace, csms: CsmsBridge) -> None:
        super().__init__(bench)
        self._bench = bench
        self._theme = theme
        self._workspace = workspace
        self._csms = csms
        for dock in DOCKS:
            panel = bench.add(dock.name, dock.title, self._maker(dock.name), dock.home)
            panel.header.setToolTip("")
        bench.panels["frame"].head_of = _first_child

    def _maker(self, name: str) -> Callable[[Any], QWidget]:
        make: Callable[[StationSession], QWidget] = getattr(self, name)

        def page(session: object) -> QWidget:
            assert isinstance(session, StationSession)
            made = make(session)
            self._workspace.restore_view(name, made)
            return made

        return page

    # --- the station

    def station(self, session: StationSession) -> QWidget:
        """The drawn station."""
        from ui.scene import StationView

        view = StationView(self._theme)
        view.set_header_visible(False)
        view.set_extra_cards(self._workspace.cards(session.identity))
        view.card_added.connect(lambda _card: self._workspace.keep_cards(session.identity, view.extra_cards()))
        view.action.connect(lambda name, parameters: session.perform(name, parameters))
        view.summary_changed.connect(lambda text: self._headline("station", session, text))
        session.bridge.snapshot_changed.connect(view.show_snapshot)
        session.bridge.refused.connect(view.show_refusal)
        view.selected.connect(lambda evse, _connector: self._evse_selected(session, evse))
        view.show_snapshot(session.snapshot)
        self._headline("station", session, view.summary())
        return view

    def _evse_selected(self, session: StationSession, evse: int) -> None:
        chart = self._bench.panels["charts"].existing_page(session)
        if chart is not None and evse:
            chart.select_evse(evse)  # type: ignore[attr-defined]

    # --- messages

    def messages(self, session: StationSession) -> QWidget:
        """The message log."""
        from ui.views.message_log import MessageLogView

        view = MessageLogView(session.log, self._theme)
        for shortcut in view.findChildren(QShortcut):
            # The window has this key too, from anywhere: two owners of a key are none.
            if shortcut.key() == QKeySequence("Ctrl+F"):
                shortcut.setEnabled(False)
        view.counts_changed.connect(lambda text: self._headline("messages", session, text))
        view.selected.connect(lambda seq: self._show_frame(session, seq))
        view.opened.connect(lambda seq: self._open_frame(session, seq))
        self._connect_sending(view, session)
        self._headline("messages", session, view.count_text())
        return view

    def sequence(self, session: StationSession) -> QWidget:
        """The sequence diagram."""
        from ui.views.sequence import SequencePanel

        view = SequencePanel(session.log, self._theme, station_name=session.identity)
        view.selected.connect(lambda seq: self._select_message(session, seq))
        return view

    def frame(self, session: StationSession) -> QWidget:
        """The frame that is selected in the log."""
        from ui.views.frame_detail import FrameDetail

        view = FrameDetail(session.log, self._theme, station_name=session.identity)
        view.jump.connect(lambda seq: self._select_message(session, seq))
        self._connect_sending(view, session)
        return view

    def _connect_sending(self, view: Any, session: StationSession) -> None:
        view.send_again.connect(lambda frame: self._send_again(session, frame))
        view.edit_and_send.connect(lambda frame: self._compose(session, frame))
        view.edit_and_answer.connect(lambda frame: self._compose(session, frame))

    def _show_frame(self, session: StationSession, seq: int | None) -> None:
        for name in ("frame", "sequence"):
            page = self._bench.panels[name].existing_page(session)
            if page is not None:
                page.show_seq(seq)  # type: ignore[attr-defined]

    def _open_frame(self, session: StationSession, seq: int | None) -> None:
        self._bench.raise_panel("frame")
        self._bench.panels["frame"].page(session).show_seq(seq)  # type: ignore[attr-defined]

    def _select_message(self, session: StationSession, seq: int) -> None:
        page = self._bench.panels["messages"].existing_page(session)
        if page is not None:
            page.select(seq)  # type: ignore[attr-defined]

    def _send_again(self, session: StationSession, frame: Frame) -> None:
        session.perform("send", {"action": frame.action, "payload": frame.payload})

    def _compose(self, session: StationSession, frame: Frame) -> None:
        self._bench.raise_panel("composer")
        self._bench.panels["composer"].page(session).show_frame(frame)  # type: ignore[attr-defined]

    # --- charts, transactions, queue

    def charts(self, session: StationSession) -> QWidget:
        """The charts."""
        from ui.views.charts import ChartView

        view = ChartView(session.series, self._theme, now=lambda: session.emulator.clock.now().timestamp())
        view.headline.connect(lambda text: self._headline("charts", session, text))
        return view

    def transactions(self, session: StationSession) -> QWidget:
        """The transactions."""
        from ui.views.transactions import TransactionsView

        return TransactionsView(session, self._theme)

    def queue(self, session: StationSession) -> QWidget:
        """The queue of transaction-related messages."""
        from ui.views.queue import QueueView

        return QueueView(session, self._theme)

    def notes(self, session: StationSession) -> QWidget:
        """The station's own log."""
        from ui.views.notes import NotesView

        return NotesView(session.notes, self._theme)

    # --- tools

    def settings(self, session: StationSession) -> QWidget:
        """The device model and the configuration keys."""
        from ui.views.settings import SettingsView

        return SettingsView(session, self._theme)

    def csms(self, session: StationSession) -> QWidget:
        """The built-in test CSMS."""
        from ui.views.csms import CsmsView

        view = CsmsView(self._csms, session, self._theme)
        view.toggled.connect(self.csms_toggled)
        view.connect_wanted.connect(self.csms_connect_wanted)
        return view

    def composer(self, session: StationSession) -> QWidget:
        """Messages by hand."""
        from ui.views.composer import ComposerView

        return ComposerView(session, self._theme)

    def network(self, session: StationSession) -> QWidget:
        """Network conditions, prepared answers, breakpoints."""
        from ui.views.network import NetworkView

        return NetworkView(session, self._theme)

    def _headline(self, name: str, session: StationSession, text: str) -> None:
        self._bench.panels[name].set_headline_for(session, text)


def _first_child(page: QWidget) -> QWidget:
    """The head line of a page that begins with one."""
    layout = page.layout()
    item = layout.itemAt(0) if layout is not None else None
    head = item.widget() if item is not None else None
    assert head is not None
    return head


__all__ = ["DOCKS", "Dock", "Pages"]
