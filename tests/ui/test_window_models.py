"""What the window's small models say: JSON as typed, tables, commands, settings."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication

from ui.models.commands import BadValue, Command, form_fields, parameters, search
from ui.models.json_text import place_of, read_json
from ui.models.records import Column, RecordTable
from ui.models.settings import variables
from ui.models.topics import ACTION_SECTIONS, TOPICS
from ui.theme import Theme
from ui.views.status_line import size_text


class TestJsonText:
    def test_every_member_has_its_place(self) -> None:
        text = '{"a": [1, {"b/c": "x"}],\n "d": null}'
        read = read_json(text)
        assert read.value == {"a": [1, {"b/c": "x"}], "d": None}
        spoken = {pointer: text[span.start : span.end] for pointer, span in read.places.items()}
        assert spoken["/a/1/b~1c"] == '"b/c": "x"'
        assert spoken["/a/0"] == "1"
        assert spoken["/d"] == '"d": null'
        assert spoken[""] == text

    def test_a_missing_field_is_shown_at_its_parent(self) -> None:
        read = read_json('{"a": {}}')
        assert place_of(read, "/a/missing") == read.places["/a"]

    @pytest.mark.parametrize(("text", "word"), [("", "Line 1"), ("{", "Line 1"), ('{"a": 1,}', "column"), ("nope", "")])
    def test_what_is_no_json_says_where(self, text: str, word: str) -> None:
        read = read_json(text)
        assert not read.sound
        assert word in read.error

    def test_deep_nesting_is_no_crash(self) -> None:
        assert not read_json("[" * 100_000).sound
        deep = read_json("[" * 300 + "]" * 300)
        assert deep.sound or deep.error


class TestRecordTable:
    COLUMNS = (Column("A", lambda r: r["a"], "what a is", 50, right=True), Column("B", lambda r: str(r["n"])))

    @pytest.fixture
    def table(self, qapp: QApplication) -> RecordTable:
        return RecordTable(self.COLUMNS, "a", Theme(qapp, "light"))

    def show(self, table: RecordTable, *names: str) -> None:
        table.show([{"a": name, "n": number} for number, name in enumerate(names)])

    def test_a_kept_index_follows_its_record(self, table: RecordTable) -> None:
        self.show(table, "x", "y", "z")
        kept = QPersistentModelIndex(table.index(1, 0))
        self.show(table, "w", "x", "y")
        assert kept.data() == "y"
        assert kept.row() == 2
        self.show(table, "w")
        assert not kept.isValid()

    @pytest.mark.parametrize("names", ["xyz", "xyzw", "yz", "z", "", "zyx", "a"])
    def test_any_new_list_is_shown(self, table: RecordTable, names: str, qtmodeltester) -> None:
        self.show(table, *"xyz")
        self.show(table, *names)
        assert [table.index(row, 0).data() for row in range(table.rowCount())] == list(names)
        qtmodeltester.check(table)

    def test_headers_say_what_the_column_is_in_ocpp(self, table: RecordTable) -> None:
        horizontal = Qt.Orientation.Horizontal
        assert table.headerData(0, horizontal, Qt.ItemDataRole.ToolTipRole) == "what a is"
        assert table.headerData(0, Qt.Orientation.Vertical) is None


SCHEMA = {
    "type": "object",
    "properties": {
        "evse": {"type": "integer", "default": 1},
        "share": {"type": "number"},
        "on": {"type": "boolean", "default": True},
        "mode": {"enum": ["up", "down"], "default": "up"},
        "payload": {"type": ["object", "null"], "default": None},
        "text": {"type": ["string", "null"], "default": None},
        "id": {"type": ["integer", "string"]},
        "ready": {"type": ["boolean", "null"], "default": None},
    },
    "required": ["id"],
}


class TestCommands:
    def test_a_form_is_made_of_a_schema(self) -> None:
        kinds = {field.name: field.kind for field in form_fields(SCHEMA)}
        assert kinds == {
            "evse": "integer", "share": "number", "on": "boolean", "mode": "choice", "payload": "json", "text": "text",
            "id": "text", "ready": "json",
        }  # fmt: skip
        assert [field.name for field in form_fields(SCHEMA) if field.required] == ["id"]

    def test_what_was_typed_becomes_parameters_and_defaults_are_left_out(self) -> None:
        typed = {
            "evse": "1",
            "share": "0.5",
            "on": False,
            "mode": "down",
            "payload": '{"a": 1}',
            "text": "[x",
            "id": "7",
        }
        assert parameters(SCHEMA, typed) == {
            "share": 0.5, "on": False, "mode": "down", "payload": {"a": 1}, "text": "[x", "id": "7"
        }  # fmt: skip

    @pytest.mark.parametrize(("name", "text"), [("evse", "one"), ("share", "x"), ("payload", "{")])
    def test_what_fits_no_parameter_names_it(self, name: str, text: str) -> None:
        with pytest.raises(BadValue, match=name):
            parameters(SCHEMA, {name: text})

    def test_the_beginning_of_a_title_is_found_first_and_what_cannot_be_done_last(self) -> None:
        commands = [Command("unplug"), Command("plug", enabled=False), Command("plug in"), Command("x", hint="a plug")]
        assert [command.title for command in search(commands, "plug")] == ["plug in", "unplug", "x", "plug"]
        assert search(commands, "no such") == []
        assert len(search(commands, "")) == 4


def test_a_setting_tells_its_limits_in_words() -> None:
    row = {
        "component": "EVSE", "variable": "Power", "instance": None, "evse": 1, "connector": None, "attribute": "MaxSet",
        "value": "22000", "pending": None, "mutability": "ReadOnly", "data_type": "decimal", "unit": "W", "min": 0,
        "max": None, "values": [], "keys": [], "changed_by": None,
    }  # fmt: skip
    (setting,) = variables([row])
    assert (setting.group, setting.name, setting.allowed) == ("EVSE · EVSE 1", "Power · MaxSet", "from 0")
    assert dict(setting.target)["evse"] == 1


def test_every_topic_has_a_text_and_every_section_names_its_document() -> None:
    for topic in TOPICS.values():
        assert topic.title
        assert topic.text.endswith(".")
    for sections in [*(topic.sections for topic in TOPICS.values()), *ACTION_SECTIONS.values()]:
        assert all("OCPP" in section for section in sections)


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (999, "999 B"), (1200, "1.2 KB"), (65_700, "65.7 KB"), (2e9, "2.0 GB")]
)
def test_sizes_are_told_in_the_unit_that_suits_them(size: float, text: str) -> None:
    assert size_text(int(size)) == text
