"""Which car stands where, as far as the snapshot does not say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ui.scene.model import bay_occupied


class CarPark:
    """Remembers cars that were driven into a bay, or out of it, with the mouse.

    The engine knows a car once it is plugged in; until then it knows at most that a bay is occupied.
    """

    def __init__(self) -> None:
        self.parked: dict[int, str] = {}
        self.left: set[int] = set()
        self._seen: dict[int, tuple[bool, bool]] = {}

    def park(self, evse: int, name: str) -> None:
        """A car was driven into a bay."""
        self.parked[evse] = name
        self.left.discard(evse)

    def leave(self, evse: int) -> None:
        """The car was driven out of a bay."""
        self.parked.pop(evse, None)
        self.left.add(evse)

    def look(self, snapshot: Mapping[str, Any]) -> None:
        """Learn from a snapshot: an unplugged car stays; a bay that is no longer occupied is empty."""
        for evse in snapshot.get("evses") or ():
            number = int(evse["id"])
            plugged = any(each.get("plugged") for each in evse.get("connectors") or ())
            occupied = bay_occupied(evse)
            was_plugged, was_occupied = self._seen.get(number, (False, False))
            if plugged:
                self.park(number, str((evse.get("vehicle") or {}).get("name") or self.parked.get(number) or "Car"))
            elif was_occupied and not occupied and not was_plugged:
                self.leave(number)
            elif occupied and not was_occupied:
                self.left.discard(number)
            self._seen[number] = (plugged, occupied)
