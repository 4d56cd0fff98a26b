"""A frame and its answer as a tree: field, value, unit, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from emulator.domain.frames import Frame, FrameType, Problem
from ui.models.log_cells import duration_text
from ui.models.summaries import answer_summary
from ui.models.summary_texts import DEFAULT_UNITS, ENERGY, clip

Index = QModelIndex | QPersistentModelIndex
_NO_PARENT = QModelIndex()

MAX_INLINE = 56
UNITS = {
    "cableMaxCurrent": "A",
    "duration": "s",
    "energyAmount": "Wh",
    "evEnergyCapacity": "Wh",
    "evMaxCurrent": "A",
    "evMaxPower": "W",
    "evMaxVoltage": "V",
    "evMinCurrent": "A",
    "interval": "s",
    "messageTimeout": "s",
    "meterStart": "Wh",
    "meterStop": "Wh",
    "retryInterval": "s",
    "startPeriod": "s",
    "stateOfCharge": "%",
    "timeSpentCharging": "s",
}


class Node:
    """One line of the tree; children are made when they are first asked for."""

    __slots__ = ("_children", "key", "kind", "note", "parent", "pointer", "problems", "row", "value")

    def __init__(
        self, key: str, value: Any, parent: Node | None, pointer: str = "", *, kind: str = "field", note: str = ""
    ) -> None:
        self.key = key
        self.value = value
        self.parent = parent
        self.pointer = pointer
        self.kind = kind
        self.note = note
        self.row = 0
        self.problems: tuple[Problem, ...] = ()
        self._children: list[Node] | None = None

    @property
    def children(self) -> list[Node]:
        """The lines below this one."""
        if self._children is None:
            self.set_children([Node(key, value, self, pointer) for key, value, pointer in _fields(self)])
        return self._children or []

    def set_children(self, children: list[Node]) -> None:
        """Take these as the lines below, in this order."""
        for row, child in enumerate(children):
            child.row, child.parent = row, self
        self._children = children

    def find(self, pointer: str) -> Node | None:
        """The node at a JSON Pointer relative to this one, or the nearest above it; None for this one itself."""
        for child in self.children:
            if child.kind == "field" and (pointer == child.pointer or pointer.startswith(child.pointer + "/")):
                return child.find(pointer) or child
        return None

    @property
    def unit(self) -> str:
        """The unit of a number, where it is known from the field or from its neighbours."""
        if self.kind != "field" or self.parent is None or isinstance(self.value, (dict, list, bool)):
            return ""
        if self.key == "value":
            return _sample_unit(self.parent.value)
        if self.key in ("limit", "minChargingRate"):
            return self._rate_unit()
        return UNITS.get(self.key, "") if isinstance(self.value, (int, float)) else ""

    def _rate_unit(self) -> str:
        node = self.parent
        while node is not None:
            if isinstance(node.value, dict) and "chargingRateUnit" in node.value:
                return clip(node.value["chargingRateUnit"], 8)
            node = node.parent
        return ""

    @property
    def inline(self) -> list[tuple[str, Any]]:
        """The fields of a small object of scalars, so that it reads without being opened; else nothing."""
        if not isinstance(self.value, dict) or not 0 < len(self.value) <= 3:
            return []
        items = list(self.value.items())
        if any(isinstance(value, (dict, list)) for _, value in items):
            return []
        return items if sum(len(key) + len(str(value)) for key, value in items) <= MAX_INLINE else []


def _fields(node: Node) -> Iterable[tuple[str, Any, str]]:
    """Key, value and pointer of what a value holds."""
    if isinstance(node.value, dict):
        for key, value in node.value.items():
            yield str(key), value, f"{node.pointer}/{_escape(str(key))}"
    elif isinstance(node.value, list):
        for number, value in enumerate(node.value):
            yield str(number), value, f"{node.pointer}/{number}"


def _escape(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _sample_unit(sample: object) -> str:
    """The unit of a sampled value, its measurand's default when it names none."""
    if not isinstance(sample, dict) or not ({"measurand", "unit", "unitOfMeasure", "context"} & sample.keys()):
        return ""
    nested = sample.get("unitOfMeasure")
    unit = nested.get("unit") if isinstance(nested, dict) else sample.get("unit")
    default = DEFAULT_UNITS.get(str(sample.get("measurand", ENERGY)), "")
    return "%" if (unit or default) == "Percent" else clip(unit or default, 12)


class FrameTree(QAbstractItemModel):
    """Fields of the request, then its answer as one more line that can be opened."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.root = Node("", {}, None)
        self.answer: Node | None = None
        self._nodes: dict[int, Node] = {}

    def show(self, frame: Frame | None, answer: Frame | None = None, waiting: str = "") -> None:
        """Show a frame, with its answer or with the words that tell why there is none."""
        self.beginResetModel()
        self.root = Node("", frame.payload if frame else {}, None)
        self.answer = None
        self._nodes = {}
        if frame is not None:
            lines = _lines(self.root, frame)
            if answer is not None:
                self.answer = _answer_node(answer)
                lines.append(self.answer)
            elif waiting:
                lines.append(Node("answer", None, None, kind="waiting", note=waiting))
            self.root.set_children(lines)
            _mark_problems(self.root, frame.problems)
            if answer is not None and self.answer is not None:
                _mark_problems(self.answer, answer.problems)
        self.endResetModel()

    def wrong(self) -> list[QModelIndex]:
        """The lines with a problem."""
        found: list[QModelIndex] = []
        pending = [self.root]
        while pending:
            node = pending.pop()
            if node.problems:
                found.append(self.index_of(node))
            pending.extend(node._children or ())
        return found

    def node(self, index: Index) -> Node:
        """The node behind an index."""
        return self._nodes.get(index.internalId(), self.root) if index.isValid() else self.root

    def index_of(self, node: Node) -> QModelIndex:
        """The index of a node."""
        if node is self.root:
            return QModelIndex()
        self._nodes[id(node)] = node  # Qt keeps a number, never a pointer to a node that may be gone
        return self.createIndex(node.row, 0, id(node))

    def index(self, row: int, column: int, parent: Index = _NO_PARENT) -> QModelIndex:  # noqa: D102 - as Qt documents it
        children = self.node(parent).children
        return self.index_of(children[row]) if 0 <= row < len(children) and column == 0 else QModelIndex()

    def parent(self, index: Index) -> QModelIndex:  # type: ignore[override]  # noqa: D102 - as Qt documents it
        above = self.node(index).parent
        return QModelIndex() if above is None else self.index_of(above)

    def rowCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: D102 - as Qt documents it
        return len(self.node(parent).children)

    def hasChildren(self, parent: Index = _NO_PARENT) -> bool:  # noqa: D102 - as Qt documents it
        node = self.node(parent)
        if node is self.root or node.kind == "answer":
            return bool(node.children)
        return isinstance(node.value, (dict, list)) and bool(node.value)

    def columnCount(self, parent: Index = _NO_PARENT) -> int:  # noqa: D102 - as Qt documents it
        return 1

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102 - as Qt documents it
        node = self.node(index)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return " ".join(text for text, _ in line_parts(node))
        if role == Qt.ItemDataRole.ToolTipRole:
            return "\n".join(problem.message for problem in node.problems) or node.pointer or None
        return None


def _lines(root: Node, frame: Frame) -> list[Node]:
    """The top lines: fields; for what is no object or could not be parsed, a line that shows it."""
    if frame.type is FrameType.MALFORMED:
        return [Node("received" if frame.direction == "received" else "sent", clip(frame.raw, 2000), root, kind="raw")]
    if isinstance(frame.payload, (dict, list)):
        lines = [Node(key, value, root, pointer) for key, value, pointer in _fields(root)]
        return lines or [Node("empty payload", None, root, kind="note")]
    return [Node("payload", frame.payload, root, kind="raw")]


def _answer_node(answer: Frame) -> Node:
    after = "" if answer.latency_ms is None else f"after {duration_text(answer.latency_ms)}"
    node = Node("answer", answer.payload, None, kind="answer", note=after)
    text, refused = answer_summary(answer)
    node.set_children([Node(key, value, node, pointer) for key, value, pointer in _fields(node)])
    node.value = (text or "empty", refused)
    return node


def _mark_problems(top: Node, problems: tuple[Problem, ...]) -> None:
    """Put each problem at the line that its pointer names; one about the whole payload gets a line of its own."""
    alone: list[Problem] = []
    for problem in problems:
        node = top.find(problem.pointer) if problem.pointer else None
        if node is None:
            alone.append(problem)
        else:
            node.problems += (problem,)
    if alone:
        lines = [Node("", None, None, kind="note") for _ in alone]
        for line, problem in zip(lines, alone):
            line.problems = (problem,)
        top.set_children(lines + top.children)


def line_parts(node: Node) -> list[tuple[str, str]]:
    """A line of the tree as texts with the theme's token for their colour."""
    parts: list[tuple[str, str]] = []
    if node.key:
        parts.append((node.key, "dim" if node.key.isdigit() or node.kind == "note" else "text"))
    if node.kind == "answer":
        text, refused = node.value
        parts.append((text, "bad" if refused else "good"))
    elif node.kind == "field" and isinstance(node.value, (dict, list)):
        parts += _container_parts(node)
    elif node.kind == "field":
        parts.append(value_part(node.value))
    elif node.kind == "raw":
        parts.append((clip(node.value, 2000), "dim"))
    if node.unit:
        parts.append((node.unit, "dim"))
    if node.note:
        parts.append((node.note, "warning" if node.kind == "waiting" else "dim"))
    parts += [(f"✕ {problem.message}", "bad") for problem in node.problems[:3]]
    return parts


def _container_parts(node: Node) -> list[tuple[str, str]]:
    if not node.value:
        return [("{}" if isinstance(node.value, dict) else "[]", "dim")]
    if isinstance(node.value, list):
        return [(f"[{len(node.value)}]", "dim")]
    parts: list[tuple[str, str]] = []
    for key, value in node.inline:
        parts += [(key, "text"), value_part(value)]
    return parts


def value_part(value: Any) -> tuple[str, str]:
    """A scalar as JSON writes it, with the token of its type's colour."""
    if isinstance(value, str):
        return f'"{clip(value, 400)}"', "good"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value], "received"
    return clip(value, 40), "accent"
