"""A small table of records: rows are mappings, columns say how a row is told; for lists of some hundred entries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ui.theme import Theme

Record = Mapping[str, Any]
Index = QModelIndex | QPersistentModelIndex
TONE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
RECORD_ROLE = int(Qt.ItemDataRole.UserRole) + 2


def _no_tone(_record: Record) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its title, what a record says in it, where that names an OCPP field, and how it looks.

    `tone` names a token of the palette ("" for plain text); `width` is in pixels, 0 takes what is left; `tip` is a
    longer text than the cell's.
    """

    title: str
    text: Callable[[Record], str]
    hint: str = ""
    width: int = 0
    right: bool = False
    fixed: bool = False
    bold: bool = False
    tone: Callable[[Record], str] = _no_tone
    tip: Callable[[Record], str] | None = None


class RecordTable(QAbstractTableModel):
    """Shows records; `show` replaces them and tells only what has changed, so that a selection stays."""

    def __init__(self, columns: Sequence[Column], key: str, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.columns = tuple(columns)
        self._key = key
        self._theme = theme
        self._records: list[Record] = []
        theme.changed.connect(self._restyle)

    def show(self, records: Sequence[Record]) -> None:
        """Show these records; those with the same key keep their row where the order allows it."""
        old, new = [record[self._key] for record in self._records], [record[self._key] for record in records]
        if old == new:
            self._replace(list(records))
        elif new[: len(old)] == old:
            self.beginInsertRows(QModelIndex(), len(old), len(new) - 1)
            self._records = list(records)
            self.endInsertRows()
            self._tell(0, len(old) - 1)
        elif old[-len(new) :] == new and new:
            self.beginRemoveRows(QModelIndex(), 0, len(old) - len(new) - 1)
            self._records = list(records)
            self.endRemoveRows()
            self._tell(0, len(new) - 1)
        else:
            self._reorder(list(records), old, new)

    def _reorder(self, records: list[Record], old: list[Any], new: list[Any]) -> None:
        self.layoutAboutToBeChanged.emit()
        place = {key: row for row, key in enumerate(new)}
        before = self.persistentIndexList()
        after = []
        for index in before:
            row = place.get(old[index.row()]) if index.row() < len(old) else None
            after.append(QModelIndex() if row is None else self.createIndex(row, index.column()))
        self._records = records
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def _replace(self, records: list[Record]) -> None:
        changed = [row for row, record in enumerate(records) if record != self._records[row]]
        self._records = records
        if changed:
            self._tell(changed[0], changed[-1])

    def _tell(self, first: int, last: int) -> None:
        if last >= first:
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def record(self, row: int) -> Record | None:
        """The record of a row, None when there is none."""
        return self._records[row] if 0 <= row < len(self._records) else None

    @property
    def records(self) -> Sequence[Record]:
        """All records in order."""
        return self._records

    def row_of(self, key: Any) -> int:
        """The row of a key; -1 when there is none."""
        return next((row for row, record in enumerate(self._records) if record[self._key] == key), -1)

    # --- Qt's questions

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """How many records."""
        return 0 if parent.isValid() else len(self._records)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """How many columns."""
        return 0 if parent.isValid() else len(self.columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """A column's title, and what it stands for in OCPP."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return column.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return column.hint or None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows and how."""
        record, column = self._records[index.row()], self.columns[index.column()]
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return column.text(record)
        if role == Qt.ItemDataRole.ToolTipRole:
            return (column.tip or column.text)(record)
        if role == Qt.ItemDataRole.FontRole:
            if column.fixed:
                return self._theme.fixed_font()
            return self._theme.font(bold=True) if column.bold else None
        if role == Qt.ItemDataRole.ForegroundRole:
            tone = column.tone(record)
            return self._theme.colour(tone) if tone else None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return record if role == RECORD_ROLE else None

    def _restyle(self) -> None:
        self._tell(0, len(self._records) - 1)


__all__ = ["RECORD_ROLE", "Column", "Record", "RecordTable"]
