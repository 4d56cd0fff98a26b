"""What the window remembers: layout, columns, filters, theme, connection fields, cards; one JSON file."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from ui.models.connection_state import ConnectionFields

FILE = "workspace.json"
FORMAT = 1
LARGEST = 8 * 2**20


class KeepsState(Protocol):
    """A view whose columns and filters can be kept."""

    def saveState(self) -> QByteArray:
        """What shall be kept."""

    def restoreState(self, state: QByteArray) -> bool:
        """Take it back; False when it is something else."""


class Workspace:
    """Values by name; `notes` says what was wrong with the file, in sentences for the user."""

    def __init__(self, folder: Path, name: str = FILE) -> None:
        self.path = folder / name
        self.notes: list[str] = []
        self._values: dict[str, Any] = self._read()
        self._kept = json.dumps(self._values, sort_keys=True)

    # --- values

    def get(self, name: str, default: Any = None) -> Any:
        """A value of the kind of the default; the default where there is none, or one of another kind."""
        value = self._values.get(name, default)
        fits = default is None or isinstance(value, type(default)) or (type(default) is float and type(value) is int)
        return value if fits else default

    def put(self, name: str, value: Any) -> None:
        """Remember a value that JSON can hold."""
        self._values[name] = value

    def connection(self, identity: str) -> ConnectionFields | None:
        """What a station was connected with last; None when nothing is known."""
        kept = self.get("connections", {}).get(identity)
        if not isinstance(kept, Mapping):
            return None
        try:
            return ConnectionFields(
                url=str(kept["url"]),
                identity=identity,
                ocpp=tuple(str(version) for version in kept["ocpp"]),
                security_profile=min(3, max(0, int(kept["security_profile"]))),
                user=str(kept["user"]),
                ca=str(kept["ca"]),
                certificate=str(kept["certificate"]),
                key=str(kept["key"]),
            )
        except (KeyError, TypeError, ValueError):
            return None

    def keep_connection(self, fields: ConnectionFields) -> None:
        """Remember the connection of a station; its password is kept by the station itself."""
        kept = fields._asdict()
        del kept["password"], kept["identity"]
        kept["ocpp"] = list(fields.ocpp)
        self._values.setdefault("connections", {})[fields.identity] = kept

    def cards(self, identity: str) -> list[dict[str, str]]:
        """The cards that the user added to a station."""
        cards = self.get("cards", {}).get(identity, [])
        names = ("id_token", "type", "label")
        fits = isinstance(cards, list) and all(isinstance(c, dict) and set(names) <= set(c) for c in cards)
        return [{name: str(card[name]) for name in names} for card in cards] if fits else []

    def keep_cards(self, identity: str, cards: Sequence[Mapping[str, str]]) -> None:
        """Remember the cards of a station."""
        self._values.setdefault("cards", {})[identity] = [dict(card) for card in cards]

    # --- views

    def keep_view(self, name: str, view: QWidget) -> None:
        """Remember the columns and filters of a view, where it has any."""
        if hasattr(view, "saveState"):
            state = bytes(cast("KeepsState", view).saveState().data())
            self._values.setdefault("views", {})[name] = base64.b64encode(state).decode("ascii")

    def restore_view(self, name: str, view: QWidget) -> None:
        """Bring back columns and filters of a view."""
        kept = self.get("views", {}).get(name)
        if isinstance(kept, str) and hasattr(view, "restoreState"):
            cast("KeepsState", view).restoreState(QByteArray.fromBase64(kept.encode("ascii", "replace")))

    # --- the file

    def save(self) -> str | None:
        """Write the file if something has changed, whole or not at all; a sentence when that fails."""
        text = json.dumps(self._values, sort_keys=True)
        if text == self._kept and self.path.exists():
            return None
        try:
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=".workspace-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump({"format": FORMAT, **self._values}, file, indent=1, sort_keys=True)
                Path(name).replace(self.path)
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise
        except OSError as error:
            return f"The layout could not be kept in {self.path}: {error.strerror or error}."
        self._kept = text
        return None

    def _read(self) -> dict[str, Any]:
        try:
            if self.path.stat().st_size > LARGEST:
                return self._set_aside("it is larger than any that this program writes")
            values = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError) as error:
            return self._set_aside(f"it is not JSON ({error})")
        except OSError as error:
            self.notes.append(f"The workspace {self.path} cannot be read: {error.strerror or error}.")
            return {}
        if not isinstance(values, dict):
            return self._set_aside("it does not hold a workspace")
        found = values.pop("format", None)
        if found != FORMAT:
            return self._set_aside(f"it has format {found}, not {FORMAT}")
        return self._sound(values)

    @staticmethod
    def _sound(values: dict[str, Any]) -> dict[str, Any]:
        """Only tables where tables belong: everything else is checked where it is used."""
        tables = ("connections", "cards", "views")
        return {name: value for name, value in values.items() if name not in tables or isinstance(value, dict)}

    def _set_aside(self, why: str) -> dict[str, Any]:
        """Nothing is lost: the file gets another name, and the window starts with its defaults."""
        number = 1
        while (aside := self.path.with_suffix(f".bad-{number}.json")).exists():
            number += 1
        try:
            self.path.rename(aside)
        except OSError as error:
            self.notes.append(f"The workspace {self.path} cannot be used: {why}, nor renamed: {error.strerror}.")
        else:
            self.notes.append(
                f"The workspace {self.path} could not be used: {why}. It is kept as {aside.name}; "
                "the window starts with its defaults."
            )
        return {}


__all__ = ["FILE", "Workspace"]
