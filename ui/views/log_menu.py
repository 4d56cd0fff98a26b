"""The context menu of a row of the message log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from ui.models.log_rows import LONE, Row
from ui.models.message_log import Mark
from ui.models.summary_texts import transaction

if TYPE_CHECKING:
    from ui.views.message_log import MessageLogView


def row_menu(view: MessageLogView, row: Row) -> QMenu:
    """A menu with what can be done with this row."""
    menu = QMenu(view)
    _add(menu, "Show the request", "Return", lambda: view.opened.emit(row.seq))
    _add(menu, "Show the answer", "A", view.open_answer, enabled=bool(row.answer_seq))
    menu.addSeparator()
    _add(menu, "Copy as JSON", "", view.copy_json)
    _add(menu, "Copy as one line", "Ctrl+C", view.copy_lines)
    menu.addSeparator()
    _add_sending(menu, view, row)
    menu.addSeparator()
    _add_filters(menu, view, row)
    menu.addSeparator()
    mark = view.model.marks.get(row.seq, Mark())
    _add(menu, "Take the star away" if mark.star else "Mark with a star", "M", view.toggle_star)
    _add(menu, "Change the comment…" if mark.comment else "Comment…", "C", view.comment)
    return menu


def _add_sending(menu: QMenu, view: MessageLogView, row: Row) -> None:
    frame = view.model.frame(row.seq)
    if row.sent:
        usable = frame is not None and not row.flags & LONE
        _add(menu, "Send again", "", lambda: view.send_again.emit(frame), enabled=usable)
        _add(menu, "Edit and send…", "", lambda: view.edit_and_send.emit(frame), enabled=usable)
    else:
        usable = frame is not None and not row.flags & LONE
        _add(menu, "Edit and answer…", "", lambda: view.edit_and_answer.emit(frame), enabled=usable)


def _add_filters(menu: QMenu, view: MessageLogView, row: Row) -> None:
    bar = view.bar
    now = bar.filter
    only = replace(now, actions=frozenset({row.action}), hidden_actions=now.hidden_actions - {row.action})
    without = replace(now, hidden_actions=now.hidden_actions | {row.action}, actions=now.actions - {row.action})
    _add(menu, f"Only {row.action}", "", lambda: bar.set_filter(only))
    _add(menu, f"Hide {row.action}", "", lambda: bar.set_filter(without))
    if row.transaction:
        this = replace(now, transaction=row.transaction)
        _add(menu, f"Only {transaction(row.transaction)}", "", lambda: bar.set_filter(this))
    if row.evse:
        here = replace(now, evse=row.evse)
        _add(menu, f"Only EVSE {row.evse}", "", lambda: bar.set_filter(here))
    _add(menu, "From here on", "", lambda: bar.set_filter(replace(now, after_s=row.time_s)))
    _add(menu, "Until here", "", lambda: bar.set_filter(replace(now, before_s=row.time_s)))


def _add(menu: QMenu, text: str, keys: str, run: Callable[[], object], *, enabled: bool = True) -> None:
    action = menu.addAction(text.replace("&", "&&"))
    action.setEnabled(enabled)
    action.triggered.connect(lambda: run())
    if keys:
        action.setShortcut(QKeySequence(keys))
        action.setShortcutVisibleInContextMenu(True)
