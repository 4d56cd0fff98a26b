"""The operator's hand on the queue of transaction-related messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from emulator.domain.errors import ActionRefused
from emulator.runtime.actions.registry import REQUIRED, action, parameter

if TYPE_CHECKING:
    from emulator.runtime.emulator import Emulator

ENTRY_RESULT = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "ocpp": {"type": "string"},
        "action": {"type": "string"},
        "payload": {"type": "object"},
    },
}


@action("queue_entry", "Shows a message of the queue with its payload.", ENTRY_RESULT)
class ShowEntry:
    """One message that waits."""

    id_: int = parameter(REQUIRED, "the entry's id, as in the snapshot's queue", minimum=1)

    async def perform(self, emulator: Emulator) -> dict[str, Any]:
        """The message as it would be sent now."""
        for entry in emulator.running.queue.entries():
            if entry.id == self.id_:
                return {"id": entry.id, "ocpp": entry.ocpp, "action": entry.action, "payload": entry.payload}
        raise ActionRefused(f"There is no queue entry {self.id_}: it was sent or dropped.")


@action("queue_drop", "Drops a message of the queue: the CSMS will never see it.")
class DropEntry:
    """Give a message up."""

    id_: int = parameter(REQUIRED, "the entry's id", minimum=1)

    async def perform(self, emulator: Emulator) -> None:
        """It is gone, on disk too; refused while it is being sent."""
        emulator.running.queue.drop(self.id_)


@action("queue_move", "Puts a message of the queue before another one.")
class MoveEntry:
    """Change the order."""

    id_: int = parameter(REQUIRED, "the entry's id", minimum=1)
    before: int | None = parameter(None, "the id of the entry that shall come after it; default: it goes last")

    async def perform(self, emulator: Emulator) -> None:
        """The new order holds, on disk too; refused while one of the two is being sent."""
        emulator.running.queue.move(self.id_, self.before)


@action("queue_edit", "Gives a message of the queue another payload, valid or not.")
class EditEntry:
    """Change what will be sent."""

    id_: int = parameter(REQUIRED, "the entry's id", minimum=1)
    payload: dict[str, Any] = parameter(REQUIRED, "the new payload")

    async def perform(self, emulator: Emulator) -> None:
        """The new payload is on disk; refused while the message is being sent."""
        emulator.running.queue.edit(self.id_, self.payload)
