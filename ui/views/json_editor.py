"""A text in which JSON is written: coloured, with what is wrong marked at its place and told below."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QRegularExpression, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QSyntaxHighlighter, QTextCharFormat, QTextCursor, QTextDocument
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from emulator.domain.frames import Problem
from ui.models.json_text import JsonText, place_of, pretty, read_json
from ui.theme import Theme, set_role

CHECK_MS = 150
MOST_PROBLEMS = 4
Check = Callable[[Any], Sequence[Problem]]

_RULES = (
    (QRegularExpression(r'"(?:[^"\\]|\\.)*"'), "good"),
    (QRegularExpression(r"\b(?:true|false|null)\b"), "received"),
    (QRegularExpression(r"-?\b\d+(?:\.\d+)?(?:[eE][-+]?\d+)?\b(?=\s*[,\]\}]|\s*$)"), "accent"),
    (QRegularExpression(r'"(?:[^"\\]|\\.)*"(?=\s*:)'), "text"),
)


class JsonColours(QSyntaxHighlighter):
    """Names, texts, numbers and words in the colours of the frame tree."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:
        """Colour a line."""
        for rule, token in _RULES:
            matches = rule.globalMatch(text)
            while matches.hasNext():
                match = matches.next()
                style = QTextCharFormat()
                style.setForeground(self._theme.colour(token))
                self.setFormat(match.capturedStart(), match.capturedLength(), style)


class JsonEdit(QPlainTextEdit):
    """Keeps the indentation at Return, and gives Tab to the next widget: braces are typed faster than indented."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return begins the new line where the last one began."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            line = self.textCursor().block().text()
            indent = line[: len(line) - len(line.lstrip())]
            self.insertPlainText("\n" + indent + ("  " if line.rstrip().endswith(("{", "[")) else ""))
            return
        super().keyPressEvent(event)


class JsonEditor(QWidget):
    """`changed` after the text was checked; `value()` is what it holds."""

    changed = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._check: Check = lambda _value: ()
        self._problems: Sequence[Problem] = ()
        self.read = JsonText()
        self.edit = JsonEdit()
        set_role(self.edit, "fixed")
        self.edit.setFont(theme.fixed_font())
        self.edit.setAccessibleName(name)
        self.edit.setTabChangesFocus(True)
        self.edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._colours = JsonColours(self.edit.document(), theme)
        self.verdict = QLabel()
        self.verdict.setWordWrap(True)
        self.verdict.setTextInteractionFlags(Qt.TextInteractionFlag.LinksAccessibleByMouse)
        self.verdict.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.verdict.linkActivated.connect(self._go_to)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.edit, 1)
        column.addWidget(self.verdict)
        self.setFocusProxy(self.edit)
        # A check of a large payload takes a while: not at every key.
        self._due = QTimer(self)
        self._due.setSingleShot(True)
        self._due.setInterval(CHECK_MS)
        self._due.timeout.connect(self.check_now)
        self.edit.textChanged.connect(self._due.start)
        theme.changed.connect(self._restyle)

    def set_check(self, check: Check) -> None:
        """How a payload is judged."""
        self._check = check
        self.check_now()

    def set_value(self, value: Any) -> None:
        """Show a value."""
        self.set_text(pretty(value))

    def set_text(self, text: str) -> None:
        """Show a text as it is."""
        self.edit.setPlainText(text)
        self.check_now()

    def text(self) -> str:
        """The text as it stands."""
        return self.edit.toPlainText()

    @property
    def sound(self) -> bool:
        """Whether the text is JSON."""
        return self.read.sound

    @property
    def problems(self) -> Sequence[Problem]:
        """What the schema says against it."""
        return self._problems

    def check_now(self) -> None:
        """Judge the text without waiting."""
        self._due.stop()
        self.read = read_json(self.edit.toPlainText())
        self._problems = self._check(self.read.value) if self.read.sound else ()
        self._mark()
        self._tell()
        self.changed.emit()

    def _mark(self) -> None:
        marks = []
        places = [place for problem in self._problems if (place := place_of(self.read, problem.pointer))]
        spans = [(place.start, place.end) for place in places]
        if not self.read.sound:
            spans = [(max(0, self.read.error_at - 1), self.read.error_at + 1)]
        for start, end in spans:
            mark = QTextEdit.ExtraSelection()
            cursor = QTextCursor(self.edit.document())
            last = max(0, self.edit.document().characterCount() - 1)
            cursor.setPosition(min(start, last))
            cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
            mark.cursor = cursor
            style = QTextCharFormat()
            style.setBackground(self._theme.colour("bad_soft"))
            style.setUnderlineColor(self._theme.colour("bad"))
            style.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
            mark.format = style
            marks.append(mark)
        self.edit.setExtraSelections(marks)

    def _tell(self) -> None:
        bad, good = self._theme.colour("bad").name(), self._theme.colour("good").name()
        if not self.read.sound:
            text = f'<span style="color:{bad}">✕ {_escaped(self.read.error)}</span>'
        elif self._problems:
            lines = [
                f'<a href="{number}" style="color:{bad};text-decoration:none">✕ {_escaped(_words(problem))}</a>'
                for number, problem in enumerate(self._problems[:MOST_PROBLEMS])
            ]
            more = len(self._problems) - MOST_PROBLEMS
            text = "<br>".join([*lines, f"and {more} more"] if more > 0 else lines)
        else:
            text = f'<span style="color:{good}">✓ valid</span>'
        self.verdict.setText(text)

    def set_verdict_visible(self, visible: bool) -> None:
        """Whether the verdict is told below."""
        self.verdict.setVisible(visible)

    def _go_to(self, link: str) -> None:
        place = place_of(self.read, self._problems[int(link)].pointer)
        if place is not None:
            cursor = self.edit.textCursor()
            cursor.setPosition(place.start)
            self.edit.setTextCursor(cursor)
            self.edit.setFocus()

    def _restyle(self) -> None:
        self.edit.setFont(self._theme.fixed_font())
        self._mark()
        self._tell()


def _words(problem: Problem) -> str:
    return f"{problem.pointer or 'payload'}: {problem.message}"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


__all__ = ["JsonEditor"]
