"""Configuration keys of OCPP 1.6: other names for variables, with a conversion where the two differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from emulator.domain.values import checked
from emulator.domain.variables import Attribute, BadValue, StationMakeup, Variable

TextOf = Callable[[Attribute], str]
Writes = list[tuple[Attribute, str]]
Row = Mapping[str, Any]
Variables = Mapping[str, Variable]


class Configuration(NamedTuple):
    """The answer to GetConfiguration: rows of "key", "readonly" and, where it may be read, "value"; unknown keys."""

    rows: list[dict[str, object]]
    unknown: list[str]


class Meaning(NamedTuple):
    """What a key stands for: its attributes (the one that is read first), how it is read and how it is written.

    `write` gets the text and whether it is the operator's hand, and raises BadValue.
    """

    attributes: tuple[Attribute, ...]
    read: Callable[[TextOf], str]
    write: Callable[[str, bool], Writes]
    items: int | None = None


class ConfigurationKey:
    """One key; `access` is "R", "RW" or "W", `items` the most members that its list takes."""

    __slots__ = ("access", "attributes", "default_row", "items", "name", "read", "required", "write")

    def __init__(self, row: Row, meaning: Meaning) -> None:
        self.name: str = row["key"]
        self.required: bool = row.get("required", False)
        self.attributes, self.read, self.write, items = meaning
        self.items: int | None = row.get("items", items)
        # What the station's make-up fixes is read-only here too (errata 3.84: fixed cables).
        fixed = any(attribute.constant for attribute in self.attributes)
        self.access: str = "R" if fixed else row["access"]
        self.default_row = self.row(lambda attribute: attribute.default or "")

    def row(self, text_of: TextOf) -> dict[str, object]:
        """The key as GetConfiguration tells it; a write-only one has no value."""
        if self.access == "W":
            return {"key": self.name, "readonly": False}
        return {"key": self.name, "readonly": self.access == "R", "value": self.read(text_of)}

    def writes(self, text: str, *, forced: bool) -> Writes:
        """Which attributes take which texts when the key is set; raises BadValue."""
        if self.items is not None and text.count(",") >= self.items:
            raise BadValue("TooManyElements", f"{self.name} takes at most {self.items} items.")
        return self.write(text, forced)


def build_keys(
    rows: Sequence[Row], makeup: StationMakeup, variables: Variables, built: frozenset[str]
) -> dict[str, ConfigurationKey]:
    """The keys of the functions that are built, by name, in the table's order."""
    keys: dict[str, ConfigurationKey] = {}
    for row in sorted(rows, key=lambda row: "items_of" in row):  # a list comes before the key that counts its items
        if not row.get("function", "") or row["function"] in built:
            meaning = (
                _items(row, keys) if "items_of" in row else MEANINGS[row.get("convert", "")](row, makeup, variables)
            )
            keys[row["key"]] = key = ConfigurationKey(row, meaning)
            for attribute in key.attributes:
                attribute.variable.keys = (*attribute.variable.keys, key.name)
    return {row["key"]: keys[row["key"]] for row in rows if row["key"] in keys}


def _attributes(row: Row, variables: Variables) -> tuple[Attribute, ...]:
    return tuple(variables[name].actual for name in (row["variable"], *row.get("also", ())))


def _fixed(name: str) -> Callable[[str, bool], Writes]:
    def write(_text: str, _forced: bool) -> Writes:
        raise BadValue("ReadOnly", f"{name} tells what the station is built for and cannot be set.")

    return write


def _alike(row: Row, _makeup: StationMakeup, variables: Variables) -> Meaning:
    """The key is the variable; further ones are set along with it."""
    attributes = _attributes(row, variables)
    longest = row.get("max_length")

    def write(text: str, forced: bool) -> Writes:
        if longest is not None and len(text) > longest and not forced:
            raise BadValue("TooLargeElement", f"{row['key']} must have at most {longest} characters.")
        return [(a, checked(a.variable, text, lenient=True, forced=forced)) for a in attributes]

    return Meaning(attributes, lambda text_of: text_of(attributes[0]), write)


def _limit(row: Row, _makeup: StationMakeup, variables: Variables) -> Meaning:
    """The key tells the most that its variable can count to."""
    attributes = _attributes(row, variables)
    most = f"{attributes[0].variable.maximum or 0:.0f}"
    return Meaning(attributes, lambda _text_of: most, _fixed(row["key"]))


def _items(row: Row, keys: Mapping[str, ConfigurationKey]) -> Meaning:
    """The key tells how many items a list takes."""
    count = str(keys[row["items_of"]].items)
    return Meaning((), lambda _text_of: count, _fixed(row["key"]))


def _words(row: Row, _makeup: StationMakeup, variables: Variables) -> Meaning:
    """The key's members are other words for the variable's; members that 1.6 has no word for are left out."""
    attributes = _attributes(row, variables)
    ours: Mapping[str, str] = row["words"]
    theirs = {variable_word: key_word for key_word, variable_word in ours.items()}

    def read(text_of: TextOf) -> str:
        return ",".join(theirs[member] for member in text_of(attributes[0]).split(",") if member in theirs)

    def write(text: str, forced: bool) -> Writes:
        words = ",".join(ours.get(part.strip(), part) for part in text.split(","))
        return [(a, checked(a.variable, words, lenient=True, forced=forced)) for a in attributes]

    return Meaning(attributes, read, write)


class PhasedConnector(NamedTuple):
    """A connector as 1.6 counts them through the whole station, or the station's feed (number 0)."""

    attribute: Attribute
    three_phases: bool


def _phase_rotation(_row: Row, makeup: StationMakeup, variables: Variables) -> Meaning:
    """One list for all connectors ("0.RST,1.RST,2.NotApplicable") stands for a variable of each."""
    feed = variables["ChargingStation.PhaseRotation"].actual
    places = [PhasedConnector(feed, feed.default == "RST")]
    for evse in makeup.evses:
        for connector in evse.connectors:
            variable = variables[f"Connector#{evse.id}/{connector.id}.PhaseRotation"]
            places.append(PhasedConnector(variable.actual, not evse.dc and evse.phases == 3))
    attributes = tuple(place.attribute for place in places)
    return Meaning(
        attributes,
        lambda text_of: ",".join(f"{n}.{_rotation_word(place, text_of)}" for n, place in enumerate(places)),
        lambda text, _forced: _rotation_writes(places, text),
        len(places),
    )


def _rotation_word(place: PhasedConnector, text_of: TextOf) -> str:
    return (text_of(place.attribute) or "Unknown") if place.three_phases else "NotApplicable"


def _rotation_writes(places: Sequence[PhasedConnector], text: str) -> Writes:
    writes: dict[int, tuple[Attribute, str]] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        digits, _, rotation = item.partition(".")
        number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else len(places)
        if number >= len(places):
            raise BadValue("InvalidValue", f"ConnectorPhaseRotation: {item!r} names no connector of this station.")
        if number in writes:
            raise BadValue("InvalidValue", f"ConnectorPhaseRotation names connector {number} twice.")
        writes[number] = (places[number].attribute, _rotation_text(places[number], item, rotation))
    return list(writes.values())


def _rotation_text(place: PhasedConnector, item: str, rotation: str) -> str:
    word = rotation.lower()
    if not place.three_phases and word in ("notapplicable", "unknown"):
        return place.attribute.default or ""
    if place.three_phases and word == "unknown":
        return ""
    if place.three_phases and sorted(word) == ["r", "s", "t"]:
        return rotation.upper()
    wanted = "RST, RTS, SRT, STR, TRS, TSR or Unknown" if place.three_phases else "NotApplicable"
    raise BadValue("InvalidValue", f"ConnectorPhaseRotation: {item!r} must say {wanted}.")


MEANINGS: dict[str, Callable[[Row, StationMakeup, Variables], Meaning]] = {
    "": _alike,
    "limit": _limit,
    "words": _words,
    "phase_rotation": _phase_rotation,
}
