"""Settings as a tree of two levels: variables of 2.0.1 by component, or the configuration keys of 1.6."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ui.theme import Theme

Index = QModelIndex | QPersistentModelIndex
TITLES = ("Setting", "Value", "Unit", "Access", "Allowed", "Changed by")
HINTS = (
    "Component and variable (2.0.1), or configuration key (1.6)",
    "variableAttribute.value; double click or F2 to change it",
    "variableCharacteristics.unit",
    "mutability: what the CSMS may do; your hand may change everything",
    "minLimit, maxLimit, valuesList",
    "Who set it last",
)
ACCESS = {"ReadOnly": "read-only", "ReadWrite": "read, write", "WriteOnly": "write-only"}
VALUE_COLUMN, ALLOWED_COLUMN = 1, 4
KEYS_GROUP = "Configuration keys of 1.6"
SETTING_ROLE = int(Qt.ItemDataRole.UserRole) + 1


class Setting(NamedTuple):
    """One row: how it is called, what it is set to, and how to change it (parameters of set_variable)."""

    group: str
    name: str
    value: str | None
    target: tuple[tuple[str, Any], ...]
    unit: str = ""
    access: str = ""
    allowed: str = ""
    changed_by: str = ""
    pending: str | None = None
    choices: tuple[str, ...] = ()
    also: str = ""

    @property
    def words(self) -> str:
        """What the filter looks at."""
        return f"{self.group}.{self.name} {self.value or ''} {self.also}".casefold()


def variables(rows: Iterable[Mapping[str, Any]]) -> list[Setting]:
    """The snapshot's variables."""
    return [_variable(row) for row in rows]


def keys(configuration: Iterable[Mapping[str, Any]], rows: Iterable[Mapping[str, Any]]) -> list[Setting]:
    """The configuration keys, with what is known of the variables behind them."""
    behind = {key: _variable(row) for row in reversed(list(rows)) for key in row["keys"]}
    return [_key(row, behind.get(row["key"])) for row in configuration]


def _variable(row: Mapping[str, Any]) -> Setting:
    group = str(row["component"])
    if row["evse"] is not None:
        group += f" · EVSE {row['evse']}" + (f" · connector {row['connector']}" if row["connector"] else "")
    name = str(row["variable"])
    if row["instance"]:
        name += f"[{row['instance']}]"
    if row["attribute"] != "Actual":
        name += f" · {row['attribute']}"
    names = ("component", "variable", "instance", "evse", "connector", "attribute")
    target = tuple((part, row[part]) for part in names if row[part] is not None)
    return Setting(
        group=group,
        name=name,
        value=row["value"] if row["mutability"] != "WriteOnly" else None,
        target=target,
        unit=row["unit"] or "",
        access=str(row["mutability"]),
        allowed=_allowed(row),
        changed_by=row["changed_by"] or "",
        pending=row.get("pending"),
        choices=_choices(row),
        also=" ".join(row["keys"]),
    )


def _key(row: Mapping[str, Any], behind: Setting | None) -> Setting:
    made = behind or Setting("", "", None, ())
    return made._replace(
        group=KEYS_GROUP,
        name=row["key"],
        value=row.get("value"),
        target=(("key", row["key"]),),
        access="ReadOnly" if row["readonly"] else "ReadWrite",
        also=".".join(part for part in (behind.group, behind.name) if part) if behind else "",
    )


def _allowed(row: Mapping[str, Any]) -> str:
    if row["values"]:
        return ", ".join(row["values"])
    low, high, kind = row["min"], row["max"], row["data_type"]
    if kind == "boolean":
        return "true, false"
    if kind not in {"integer", "decimal"}:
        return f"up to {high:g} characters" if high is not None else _kind_words(kind)
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"from {low:g}"
    return f"up to {high:g}" if high is not None else "whole number" if kind == "integer" else "number"


def _kind_words(kind: str) -> str:
    return {"dateTime": "date and time", "string": "text"}.get(kind, kind)


def _choices(row: Mapping[str, Any]) -> tuple[str, ...]:
    if row["data_type"] == "boolean":
        return ("true", "false")
    return tuple(row["values"]) if row["data_type"] == "OptionList" else ()


class SettingsModel(QAbstractItemModel):
    """Groups and their settings, filtered; a refused value stays visible with the reason until the next try."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._all: list[Setting] = []
        self._filter = ""
        self._groups: list[tuple[str, list[Setting]]] = []
        self._refused: dict[tuple[tuple[str, Any], ...], tuple[str, str]] = {}

    # --- content

    def show(self, settings: Sequence[Setting]) -> bool:
        """Show these; True when there are other rows than before, and the tree was built anew."""
        same = [each.target for each in self._all] == [each.target for each in settings]
        self._all = list(settings)
        if same and not self._filter:
            self._update()
            return False
        return self._rebuild()

    def set_filter(self, text: str) -> None:
        """Show only what has these words in component, name, value or the other version's name."""
        if text.casefold() != self._filter:
            self._filter = text.casefold()
            self._rebuild()

    @property
    def shown(self) -> int:
        """How many settings pass the filter."""
        return sum(len(rows) for _, rows in self._groups)

    @property
    def total(self) -> int:
        """How many settings there are."""
        return len(self._all)

    def refuse(self, setting: Setting, attempted: str, sentence: str) -> None:
        """A value was not taken."""
        self._refused[setting.target] = (attempted, sentence)
        self._update()

    def forgive(self, setting: Setting) -> None:
        """What was refused is forgotten."""
        if self._refused.pop(setting.target, None) is not None:
            self._update()

    def refusal(self, setting: Setting) -> tuple[str, str] | None:
        """What was attempted, and why it was refused."""
        return self._refused.get(setting.target)

    def _grouped(self) -> list[tuple[str, list[Setting]]]:
        words = self._filter.split()
        groups: dict[str, list[Setting]] = {}
        for setting in self._all:
            if all(word in setting.words for word in words):
                groups.setdefault(setting.group, []).append(setting)
        return list(groups.items())

    def _rebuild(self) -> bool:
        groups = self._grouped()
        if [[s.target for s in rows] for _, rows in groups] == [[s.target for s in rows] for _, rows in self._groups]:
            self._groups = groups
            self._update(regroup=False)
            return False
        self.beginResetModel()
        self._groups = groups
        self.endResetModel()
        return True

    def _update(self, *, regroup: bool = True) -> None:
        before, self._groups = self._groups, self._grouped() if regroup else self._groups
        last = len(TITLES) - 1
        for place, (_, rows) in enumerate(self._groups):
            if regroup and place < len(before) and before[place][1] == rows and not self._refused:
                continue
            parent = self.index(place, 0)
            self.dataChanged.emit(self.index(0, 0, parent), self.index(len(rows) - 1, last, parent))

    def setting(self, index: Index) -> Setting | None:
        """The setting of an index; None for a group."""
        if not index.isValid() or index.internalId() == 0:
            return None
        return self._groups[int(index.internalId()) - 1][1][index.row()]

    # --- Qt's questions

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - as Qt has it
        """The index of a group (internal id 0), or of a setting (id of its group, from 1)."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else 0)

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008
        """The group of a setting."""
        if not index.isValid() or index.internalId() == 0:
            return QModelIndex()
        return self.createIndex(int(index.internalId()) - 1, 0, 0)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """Groups, or the settings of a group."""
        if not parent.isValid():
            return len(self._groups)
        return len(self._groups[parent.row()][1]) if parent.internalId() == 0 and parent.column() == 0 else 0

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        """The columns of TITLES."""
        return len(TITLES)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Titles, and what they are in OCPP."""
        if role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        return HINTS[section] if role == Qt.ItemDataRole.ToolTipRole else None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Values can be edited."""
        flags = super().flags(index)
        if index.column() == VALUE_COLUMN and self.setting(index) is not None:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """What a cell shows."""
        setting = self.setting(index)
        if setting is None:
            return self._group_data(index, role)
        if role == SETTING_ROLE:
            return setting
        refused = self._refused.get(setting.target)
        column = index.column()
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return self._text(setting, column, refused)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(setting, column, refused)
        if role == Qt.ItemDataRole.ForegroundRole:
            return self._colour(setting, column, refused is not None)
        if role == Qt.ItemDataRole.FontRole and column == VALUE_COLUMN:
            return self._theme.fixed_font(bold=bool(setting.changed_by))
        return None

    def _group_data(self, index: Index, role: int) -> Any:
        if index.column() != 0:
            return None
        name, rows = self._groups[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{name} · {len(rows)}"
        return self._theme.font(bold=True) if role == Qt.ItemDataRole.FontRole else None

    @staticmethod
    def _text(setting: Setting, column: int, refused: tuple[str, str] | None) -> str:
        value = setting.value if setting.value is not None else "hidden" if setting.access == "WriteOnly" else ""
        if setting.pending is not None:
            value = f"{value} → {setting.pending} after reboot"
        cells = (setting.name, value, setting.unit, ACCESS.get(setting.access, ""), setting.allowed, setting.changed_by)
        if refused is not None and column == VALUE_COLUMN:
            return refused[0]
        return refused[1] if refused is not None and column == ALLOWED_COLUMN else cells[column]

    @staticmethod
    def _tip(setting: Setting, column: int, refused: tuple[str, str] | None) -> str:
        if refused is not None:
            return f"{refused[1]} The value is still {setting.value}."
        if column == 0:
            also = f"\nalso known as {setting.also}" if setting.also else ""
            return f"{setting.group}.{setting.name}{also}"
        return SettingsModel._text(setting, column, None)

    def _colour(self, setting: Setting, column: int, refused: bool) -> Any:
        if refused and column in {VALUE_COLUMN, ALLOWED_COLUMN}:
            return self._theme.colour("bad")
        if setting.pending is not None and column == VALUE_COLUMN:
            return self._theme.colour("warning")
        return None if column in {0, VALUE_COLUMN} else self._theme.colour("dim")


__all__ = ["SETTING_ROLE", "VALUE_COLUMN", "Setting", "SettingsModel", "keys", "variables"]
