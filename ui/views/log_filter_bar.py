"""The line above the message log: the filter box and the chips."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QMargins, QObject, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QMenu, QSizePolicy, QToolButton, QWidget

from ui.models.log_cells import clock_text
from ui.models.log_filter import LogFilter
from ui.models.message_log import MessageLogModel
from ui.theme import Theme, set_role
from ui.views.flow_layout import FlowLayout

TYPING_PAUSE_MS = 120
EDIT_ICON = 34
HEARTBEAT = "Heartbeat"
TIME_SPANS = (("Last minute", 60), ("Last 5 minutes", 300), ("Last hour", 3600))


class FilterBar(QWidget):
    """Keeps the filter that box and chips describe together."""

    changed = Signal(object)
    """A LogFilter: what shall be shown from now on."""
    highlight_changed = Signal(str)
    """Rows with this text shall be coloured ("": none)."""
    follow_toggled = Signal(bool)
    left_downwards = Signal()
    """The user goes from the box to the table by key."""

    def __init__(self, model: MessageLogModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        set_role(self, "bar")
        self._model = model
        self._theme = theme
        self._filter = LogFilter(hidden_actions=frozenset({HEARTBEAT}))
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(TYPING_PAUSE_MS)
        self._pause.timeout.connect(self._take_text)
        self.edit = self._make_edit()
        self.all_chip = self._chip("All", "Show every message", self.show_all)
        self.sent_chip = self._chip("→ Sent", "Only what the station asked", lambda: self._direction(True))
        self.received_chip = self._chip("← Received", "Only what the CSMS asked", lambda: self._direction(False))
        self.problems_chip = self._chip("✕ Problems", "Only what went wrong", self._problems)
        self.evse_chip = self._chip("EVSE", "Only one EVSE", None, menu=self._fill_evses)
        self.extra_chip = self._chip("", "Press to take this part of the filter away", self._drop_extra)
        self.heartbeat_chip = self._chip("", "Hide or show Heartbeat", self._heartbeat)
        self.more_chip = self._chip("", "More conditions: time, action, marks", self._pop_up_more)
        self.more_chip.setAccessibleName("More conditions")
        theme.set_icon(self.more_chip, "filter", "dim")
        self.follow_chip = self._chip("Follow", "Stay at the newest message (End)", None)
        self.follow_chip.clicked.connect(self.follow_toggled)
        self.follow_chip.setChecked(True)
        self._lay_out()
        theme.changed.connect(self._show_state)
        model.counts_changed.connect(self._show_problem_count)
        self._show_state()

    def _make_edit(self) -> QLineEdit:
        edit = QLineEdit()
        edit.setAccessibleName("Filter messages")
        edit.setToolTip('Words that all must occur, in any case; "in quotes": a phrase.  Ctrl+F, Esc clears')
        edit.setClearButtonEnabled(True)
        edit.setMinimumWidth(136)
        edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        glass = edit.addAction(self._theme.icon("search", "dim"), QLineEdit.ActionPosition.LeadingPosition)
        self._theme.set_icon(glass, "search", "dim")
        self.highlight_action = QAction("Highlight instead of hiding the others", edit)
        self.highlight_action.setCheckable(True)
        self.highlight_action.toggled.connect(self._toggle_highlight)
        self._theme.set_icon(self.highlight_action, "eye", "dim")
        edit.addAction(self.highlight_action, QLineEdit.ActionPosition.TrailingPosition)
        edit.textChanged.connect(lambda: self._pause.start())
        edit.installEventFilter(self)
        return edit

    def _chip(
        self,
        text: str,
        hint: str,
        run: Callable[[], None] | None,
        *,
        menu: Callable[[QMenu], None] | None = None,
    ) -> QToolButton:
        chip = QToolButton()
        set_role(chip, "chip")
        chip.setText(text)
        chip.setToolTip(hint)
        chip.setCheckable(True)
        chip.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        if run:
            chip.clicked.connect(lambda: run())
        if menu:
            pop_up = QMenu(chip)
            pop_up.aboutToShow.connect(lambda: menu(pop_up))
            chip.setMenu(pop_up)
            chip.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        return chip

    def _lay_out(self) -> None:
        layout = FlowLayout(self, margins=QMargins(8, 7, 8, 8), spacing=6)
        layout.addWidget(self.edit)
        for chip in (
            self.all_chip,
            self.sent_chip,
            self.received_chip,
            self.problems_chip,
            self.evse_chip,
            self.extra_chip,
            self.heartbeat_chip,
            self.more_chip,
            self.follow_chip,
        ):
            layout.addWidget(chip)

    # --- what others ask and say ------------------------------------------------------------------------------------

    @property
    def filter(self) -> LogFilter:
        """The filter that box and chips describe; without the text while that only highlights."""
        return replace(self._filter, text="") if self.highlighting else self._filter

    @property
    def highlighting(self) -> bool:
        """Whether the text in the box colours rows instead of hiding the others."""
        return self.highlight_action.isChecked()

    def set_filter(self, wanted: LogFilter) -> None:
        """Take over a filter as a whole; box and chips follow."""
        text_changed = wanted.text != self.edit.text()
        self._filter = wanted
        if text_changed:
            with QSignalBlocker(self.edit):
                self.edit.setText(wanted.text)
            self._pause.stop()
        self._show_state()
        self.changed.emit(self.filter)
        self.highlight_changed.emit(wanted.text if self.highlighting else "")

    def show_all(self) -> None:
        """Take every condition away but the text and the hidden heartbeats."""
        self.set_filter(LogFilter(text=self._filter.text, hidden_actions=self._filter.hidden_actions))

    def clear(self) -> None:
        """Show every message."""
        self.set_filter(LogFilter())

    def set_follow(self, on: bool) -> None:
        """Show whether the table stays at the newest message."""
        self.follow_chip.setChecked(on)
        self._show_state()

    # --- what the user does -----------------------------------------------------------------------------------------

    def _take_text(self) -> None:
        self._pause.stop()
        if self.edit.text() != self._filter.text:
            self.set_filter(replace(self._filter, text=self.edit.text()))

    def _toggle_highlight(self) -> None:
        self._theme.set_icon(self.highlight_action, "eye", "accent" if self.highlighting else "dim")
        self._show_hint()
        self.set_filter(replace(self._filter, text=self.edit.text()))

    def _show_hint(self) -> None:
        """The long hint only where it can be read to the end."""
        word = "Highlight" if self.highlighting else "Filter"
        long = f"{word}: action, token, transaction, text…"
        room = self.edit.width() - 2 * EDIT_ICON
        self.edit.setPlaceholderText(long if self.edit.fontMetrics().horizontalAdvance(long) < room else word)

    def _direction(self, sent: bool) -> None:
        self.set_filter(replace(self._filter, sent=None if self._filter.sent is sent else sent))

    def _problems(self) -> None:
        verdict = "" if self._filter.verdict == "problem" else "problem"
        self.set_filter(replace(self._filter, verdict=verdict))

    def _heartbeat(self) -> None:
        self.set_filter(replace(self._filter, hidden_actions=self._filter.hidden_actions ^ {HEARTBEAT}))

    def _drop_extra(self) -> None:
        plain = LogFilter()
        self.set_filter(
            replace(
                self._filter,
                actions=plain.actions,
                transaction=plain.transaction,
                after_s=None,
                before_s=None,
                marked=False,
                verdict="" if self._filter.verdict in ("waiting", "good") else self._filter.verdict,
                hidden_actions=self._filter.hidden_actions & {HEARTBEAT},
            )
        )

    def _fill_evses(self, menu: QMenu) -> None:
        menu.clear()
        for evse in (0, *self._model.evses):
            text = f"EVSE {evse}" if evse else "Every EVSE"
            self._add(menu, text, replace(self._filter, evse=evse), self._filter.evse == evse)

    def _pop_up_more(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_more(menu)
        menu.popup(self.more_chip.mapToGlobal(self.more_chip.rect().bottomLeft()))
        self._show_state()

    def _fill_more(self, menu: QMenu) -> None:
        now_s = self._model.now_s()
        self._add(menu, "Only marked", replace(self._filter, marked=True), self._filter.marked)
        waiting = replace(self._filter, verdict="waiting")
        self._add(menu, "Only waiting for an answer", waiting, self._filter.verdict == "waiting")
        menu.addSeparator()
        for text, span_s in TIME_SPANS:
            self._add(menu, text, replace(self._filter, after_s=now_s - span_s, before_s=None))
        menu.addSeparator()
        actions = menu.addMenu("Only this action")
        for name in sorted(self._model.actions):
            wanted = replace(
                self._filter, actions=frozenset({name}), hidden_actions=self._filter.hidden_actions - {name}
            )
            self._add(actions, name, wanted, name in self._filter.actions)
        actions.setEnabled(not actions.isEmpty())
        menu.addSeparator()
        menu.addAction("Show everything", self.clear)

    def _add(self, menu: QMenu, text: str, wanted: LogFilter, checked: bool = False) -> None:
        action = menu.addAction(text)
        action.setCheckable(True)
        action.setChecked(checked)
        action.triggered.connect(lambda: self.set_filter(wanted))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Esc in the box clears it, Enter applies it, Down leaves it."""
        if watched is self.edit and event.type() is QEvent.Type.Resize:
            self._show_hint()
        if watched is self.edit and event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape and self.edit.text():
                self.edit.clear()
                self._take_text()
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._take_text()
                return True
            if event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Escape):
                self._take_text()
                self.left_downwards.emit()
                return True
        return super().eventFilter(watched, event)

    # --- what is seen -----------------------------------------------------------------------------------------------

    def _show_state(self) -> None:
        wanted = self._filter
        extra = extra_text(wanted)
        narrowed = wanted.sent is not None or wanted.verdict or wanted.evse or extra
        self.all_chip.setChecked(not narrowed)
        self.sent_chip.setChecked(wanted.sent is True)
        self.received_chip.setChecked(wanted.sent is False)
        self.problems_chip.setChecked(wanted.verdict == "problem")
        self.evse_chip.setText(f"EVSE {wanted.evse}" if wanted.evse else "EVSE")
        self.evse_chip.setChecked(bool(wanted.evse))
        self.extra_chip.setText(f"{extra}  ✕")
        self.extra_chip.setAccessibleName(f"{extra}: take away")
        self.extra_chip.setChecked(True)
        self.extra_chip.setVisible(bool(extra))
        hidden = HEARTBEAT in wanted.hidden_actions
        self.heartbeat_chip.setText("Heartbeat hidden" if hidden else "Heartbeat shown")
        self.heartbeat_chip.setChecked(False)
        self.more_chip.setChecked(False)
        following = self.follow_chip.isChecked()
        self.follow_chip.setText("Follow" if following else "Follow off")
        self.follow_chip.setIcon(self._theme.icon("follow", "accent" if following else "dim"))
        self._show_problem_count(0, self._model.problem_count)

    def _show_problem_count(self, _frames: int, problems: int) -> None:
        set_role(self.problems_chip, "chip", "bad" if problems else "")
        text = f"✕ Problems {problems:,}" if problems else "✕ Problems"
        if text != self.problems_chip.text():
            self.problems_chip.setText(text)


def extra_text(wanted: LogFilter) -> str:
    """The conditions that have no chip of their own, in words."""
    parts = sorted(wanted.actions) + [f"no {name}" for name in sorted(wanted.hidden_actions - {HEARTBEAT})]
    if wanted.transaction:
        short = wanted.transaction
        parts.append(f"tx {short[:4] if len(short) > 12 else short}")
    if wanted.after_s is not None:
        parts.append(f"from {clock_text(wanted.after_s)[:8]}")
    if wanted.before_s is not None:
        parts.append(f"until {clock_text(wanted.before_s)[:8]}")
    if wanted.marked:
        parts.append("marked")
    if wanted.verdict in ("waiting", "good"):
        parts.append(wanted.verdict)
    return ", ".join(parts)
