"""What a station keeps of its device model: the values that were set, in memory that survives a power cut."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from emulator.domain.ports import StationMemory
from emulator.domain.values import checked
from emulator.domain.variables import Attribute, Author, BadValue, SecretStore, parsed

TABLE = "variables"
# The text, the value as services read it, who set it.
Held = tuple[str, Any, Author]


def held(attribute: Attribute, text: str, by: Author) -> Held:
    """A checked text with what services read of it."""
    return text, parsed(attribute.variable.data_type, text), by


class KeptValues:
    """The values in force and those that wait for a reboot, by attribute; writes go to the disk first."""

    __slots__ = ("_memory", "_secrets", "pending", "values")

    def __init__(self, memory: StationMemory | None, secrets: SecretStore | None) -> None:
        self.values: dict[Attribute, Held] = {}
        self.pending: dict[Attribute, Held] = {}
        self._memory = memory
        self._secrets = secrets

    def load(self, known: Mapping[str, Attribute]) -> None:
        """Take up what the memory holds of these attributes (by name); what no longer fits is left alone."""
        if self._secrets is not None:
            secret = next((attribute for attribute in known.values() if attribute.variable.secret), None)
            text = self._secrets.read()
            if secret is not None and text is not None:
                self.values[secret] = held(secret, text, Author.STATION)
        for name, record in self._memory.items(TABLE) if self._memory is not None else ():
            if name in known:
                _load_one(known[name], record, self.values)
                _load_one(known[name], record.get("pending", {}), self.pending)

    def write(self, writes: Iterable[tuple[Attribute, str, bool]], by: Author) -> None:
        """Put texts on the disk in one step, with whether each waits for a reboot; raises EnvironmentProblem."""
        with self._batch():
            for attribute, text, waits in writes:
                self._write_one(attribute, text, by, waits)

    def end_waiting(self) -> list[tuple[Attribute, str, Author]]:
        """What waited for a reboot waits no longer, on the disk too."""
        ready = [(attribute, text, by) for attribute, (text, _, by) in self.pending.items()]
        with self._batch():
            for attribute, text, by in ready:
                self._write_one(attribute, text, by, waits=False)
        self.pending.clear()
        return ready

    def _batch(self) -> AbstractContextManager[None]:
        return self._memory.batch() if self._memory is not None else nullcontext()

    def _write_one(self, attribute: Attribute, text: str, by: Author, waits: bool) -> None:
        if attribute.variable.secret:
            if self._secrets is not None:
                self._secrets.write(text)
            return
        if self._memory is None or by is Author.FILE:
            return  # the file is read again at the next start
        if not attribute.persistent and by is not Author.OPERATOR:
            return
        record: dict[str, Any] = {"value": text, "by": by.value}
        if waits:
            before = self.values.get(attribute)
            in_force = {} if before is None else {"value": before[0], "by": before[2].value}
            record = {**in_force, "pending": record}
        self._memory.put(TABLE, attribute.name, record)


def _load_one(attribute: Attribute, record: Mapping[str, Any], into: dict[Attribute, Held]) -> None:
    try:
        text = checked(attribute.variable, record["value"], lenient=True, forced=True)
    except (KeyError, BadValue):
        return  # nothing kept, or a value from before the variable's limits changed: the default holds
    into[attribute] = held(attribute, text, Author(record["by"]))
