"""A frame as text: raw or laid out, with a search; and the difference between two frames of a kind."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

import orjson
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QKeySequence,
    QShortcut,
    QSyntaxHighlighter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from emulator.domain.frames import Frame, FrameType
from ui.models.log_cells import utc_text
from ui.theme import Theme, set_role

MAX_SHOWN = 200_000
MAX_COLOURED = 60_000
MAX_LINE = 2_000
MAX_DIFF_LINES = 1_500
_TOKENS = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)')


def pretty(text: str) -> str:
    """JSON laid out with two spaces a level; what is no JSON as it is."""
    try:
        return orjson.dumps(orjson.loads(text), option=orjson.OPT_INDENT_2).decode()
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return text


def shown(text: str) -> str:
    """At most 200,000 characters, and no line so long that laying it out would hold up the window."""
    cut = text[:MAX_SHOWN]
    lines = [line[at : at + MAX_LINE] for line in cut.split("\n") for at in range(0, max(len(line), 1), MAX_LINE)]
    if len(text) > MAX_SHOWN:
        lines.append(f"… {len(text) - MAX_SHOWN:,} characters more: Copy takes all of them")
    return "\n".join(lines)


class JsonColours(QSyntaxHighlighter):
    """Strings, numbers and the three words of JSON in the colours of the tree."""

    def __init__(self, document: QTextDocument, theme: Theme) -> None:
        super().__init__(document)
        self._theme = theme
        theme.changed.connect(self.rehighlight)

    def highlightBlock(self, text: str) -> None:  # noqa: D102 - as Qt documents it
        if self.document().characterCount() > MAX_COLOURED:
            return
        for match in _TOKENS.finditer(text):
            string, colon, _word, number = match.groups()
            token = "text" if colon else "good" if string else "accent" if number else "received"
            end = match.end(1) if string else match.end()
            self.setFormat(match.start(), end - match.start(), self._theme.colour(token))


def _text_view(name: str) -> QPlainTextEdit:
    view = QPlainTextEdit()
    set_role(view, "fixed")
    view.setReadOnly(True)
    view.setFrameShape(QPlainTextEdit.Shape.NoFrame)
    view.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    view.setAccessibleName(name)
    return view


def _inset(view: QWidget) -> QWidget:
    """The view with a margin around it."""
    holder = QWidget()
    layout = QVBoxLayout(holder)
    layout.setContentsMargins(8, 0, 8, 8)
    layout.addWidget(view)
    return holder


def _choice(group: QButtonGroup, layout: QHBoxLayout, texts: tuple[str, ...]) -> list[QToolButton]:
    """Buttons of which one is down."""
    buttons = []
    for number, text in enumerate(texts):
        button = QToolButton()
        set_role(button, "chip")
        button.setText(text)
        button.setCheckable(True)
        button.setChecked(number == 0)
        group.addButton(button, number)
        layout.addWidget(button)
        buttons.append(button)
    return buttons


class RawView(QWidget):
    """Request or answer, laid out or as it went over the wire, with a search in it."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._frame: Frame | None = None
        self._answer: Frame | None = None
        self.text = _text_view("Raw frame")
        self._colours = JsonColours(self.text.document(), theme)
        self._which, self._layout_choice = QButtonGroup(self), QButtonGroup(self)
        line = QHBoxLayout()
        line.setContentsMargins(8, 6, 8, 6)
        line.setSpacing(6)
        self.request_chip, self.answer_chip = _choice(self._which, line, ("Request", "Answer"))
        line.addSpacing(8)
        self.pretty_chip, self.raw_chip = _choice(self._layout_choice, line, ("Laid out", "As on the wire"))
        line.addStretch(1)
        self.find_edit = QLineEdit()
        self.find_edit.setPlaceholderText("Find")
        self.find_edit.setAccessibleName("Find in the frame")
        self.find_edit.setClearButtonEnabled(True)
        self.find_edit.setMaximumWidth(200)
        self.found_label = QLabel()
        set_role(self.found_label, "small")
        line.addWidget(self.found_label)
        line.addWidget(self.find_edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(_inset(self.text), 1)
        self._which.idClicked.connect(lambda _number: self._refresh())
        self._layout_choice.idClicked.connect(lambda _number: self._refresh())
        self.find_edit.textChanged.connect(self._mark_found)
        self.find_edit.returnPressed.connect(self.find_next)
        theme.changed.connect(self._mark_found)
        find = QShortcut(QKeySequence.StandardKey.Find, self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.find_edit.setFocus)

    def show_frame(self, frame: Frame | None, answer: Frame | None) -> None:
        """Show a frame and its answer."""
        self._frame, self._answer = frame, answer
        self.answer_chip.setEnabled(answer is not None)
        if answer is None:
            self.request_chip.setChecked(True)
        self._refresh()

    def show_answer(self) -> None:
        """Show the answer instead of the request."""
        if self._answer is not None:
            self.answer_chip.setChecked(True)
            self._refresh()

    @property
    def frame(self) -> Frame | None:
        """What is shown: the request or the answer."""
        return self._answer if self.answer_chip.isChecked() and self._answer else self._frame

    def _refresh(self) -> None:
        text = self.frame.raw if self.frame else ""
        self.text.setPlainText(shown(pretty(text) if self.pretty_chip.isChecked() else text))
        self._mark_found()

    def find_next(self) -> None:
        """Go to the next place of the text looked for, from the end to the first."""
        wanted = self.find_edit.text()
        if wanted and not self.text.find(wanted):
            self.text.moveCursor(QTextCursor.MoveOperation.Start)
            self.text.find(wanted)

    def _mark_found(self) -> None:
        """Colour every place of the text looked for."""
        wanted = self.find_edit.text()
        marks: list[QTextEdit.ExtraSelection] = []
        cursor = QTextCursor(self.text.document())
        while wanted and len(marks) < 500:
            cursor = self.text.document().find(wanted, cursor)
            if cursor.isNull():
                break
            mark = QTextEdit.ExtraSelection()
            mark.cursor = cursor
            mark.format.setBackground(self._theme.colour("warning_soft"))
            marks.append(mark)
        self.text.setExtraSelections(marks)
        self.found_label.setText(f"{len(marks)} found" if wanted else "")
        if marks and not self.text.textCursor().hasSelection():
            self.find_next()


class DifferenceView(QWidget):
    """What changed since the frame before of the same action and direction, line by line."""

    jump = Signal(object)
    """The seq of the earlier frame, which the user wants to see."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._pair: tuple[Frame | None, Frame | None] = (None, None)
        self._cursor = QTextCursor()
        self.label = QLabel()
        set_role(self.label, "dim")
        self.go_button = QToolButton()
        set_role(self.go_button, "quiet")
        self.go_button.setText("Show it")
        self.go_button.clicked.connect(lambda: self.jump.emit(self._pair[1].seq) if self._pair[1] else None)
        self.text = _text_view("Difference")
        line = QHBoxLayout()
        line.setContentsMargins(12, 6, 8, 6)
        line.addWidget(self.label)
        line.addWidget(self.go_button)
        line.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(line)
        layout.addWidget(_inset(self.text), 1)
        theme.changed.connect(lambda: self.show_pair(*self._pair))

    def show_pair(self, frame: Frame | None, before: Frame | None) -> None:
        """Compare a frame with the one before of its kind."""
        self._pair = (frame, before)
        self.go_button.setVisible(before is not None)
        self.text.clear()
        if frame is None:
            self.label.setText("")
        elif before is None:
            self.label.setText(f"This is the first {frame.action or 'frame'} of its direction in the log.")
        else:
            more, less = self._fill(_payload_lines(before), _payload_lines(frame))
            since = utc_text(before.time.timestamp())[11:23]
            count = f"+{more} −{less} lines" if more or less else "The payload is the same"
            self.label.setText(f"{count} since {frame.action} at {since} UTC")

    def _fill(self, old: list[str], new: list[str]) -> tuple[int, int]:
        """Write the lines with what was added and taken away; returns how many of each."""
        self._cursor = QTextCursor(self.text.document())
        self._cursor.beginEditBlock()
        added = removed = 0
        for kind, i1, i2, j1, j2 in _changes(old, new):
            if kind == "equal":
                for line in new[j1:j2]:
                    self._write("  ", line, "dim", "")
                continue
            for line in old[i1:i2]:
                self._write("- ", line, "bad", "bad_soft")
            for line in new[j1:j2]:
                self._write("+ ", line, "good", "good_soft")
            removed, added = removed + i2 - i1, added + j2 - j1
        self._cursor.endEditBlock()
        self.text.moveCursor(QTextCursor.MoveOperation.Start)
        return added, removed

    def _write(self, sign: str, line: str, colour: str, ground: str) -> None:
        block, text = QTextBlockFormat(), QTextCharFormat()
        if ground:
            block.setBackground(self._theme.colour(ground))
        text.setForeground(self._theme.colour(colour))
        if self._cursor.atStart():
            self._cursor.setBlockFormat(block)
        else:
            self._cursor.insertBlock(block)
        self._cursor.insertText(sign + line[:MAX_LINE], text)


def _payload_lines(frame: Frame) -> list[str]:
    """The payload laid out, without the message id, which always differs; what is no JSON as it came."""
    if frame.type is FrameType.MALFORMED:
        return frame.raw.splitlines()[:MAX_DIFF_LINES]
    return orjson.dumps(frame.payload, option=orjson.OPT_INDENT_2).decode().splitlines()[:MAX_DIFF_LINES]


def _changes(old: list[str], new: list[str]) -> Sequence[tuple[str, int, int, int, int]]:
    """What to do to get from old to new lines; a comma at the end of a line is no change."""
    plain_old, plain_new = [line.rstrip(",") for line in old], [line.rstrip(",") for line in new]
    return difflib.SequenceMatcher(None, plain_old, plain_new, autojunk=len(old) > 300).get_opcodes()
