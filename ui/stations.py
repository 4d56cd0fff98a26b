"""The stations of the window's process: opened as the command line says, stopped one by one or together."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from pathlib import Path

from emulator.domain.errors import EnvironmentProblem
from emulator.runtime.emulator import Emulator
from emulator.runtime.fleet import Fleet
from emulator.runtime.run_options import RunOptions, station_configuration

Report = Callable[[EnvironmentProblem], None]


class Stations:
    """A further station only differs in its identity and its data folder."""

    def __init__(self, options: RunOptions, report: Report) -> None:
        """Raises BadConfiguration when the options or their station file make no station."""
        self._options = options
        self._report = report
        self.base = station_configuration(options).id
        self._fleets: dict[str, Fleet] = {}

    def open(self, identity: str | None = None) -> list[Emulator]:
        """Stations, switched off: the one named, or those of the options (one, unless --count says more).

        Raises BadConfiguration, and EnvironmentProblem when the data folder cannot be used.
        """
        options = self._options if identity is None else self._options_for(identity)
        fleet = Fleet.open(options, report=self._report)
        for each in fleet.stations:
            self._fleets[each] = fleet
        return list(fleet.stations.values())

    def fleet(self, identity: str) -> Fleet:
        """The fleet that a station belongs to."""
        return self._fleets[identity]

    def folder(self, identity: str) -> Path:
        """Where a station keeps its memory and log."""
        return self._fleets[identity].folder

    def next_identity(self, known: str) -> str:
        """An identity that follows `known` and is not open: CP001, CP002 ..."""
        match = re.fullmatch(r"(.*?)(\d+)", known)
        stem, number, width = (match[1], int(match[2]), len(match[2])) if match else (f"{known}-", 1, 1)
        while True:
            number += 1
            identity = f"{stem}{number:0{width}d}"
            if identity not in self._fleets:
                return identity

    async def stop(self, identity: str) -> None:
        """Stop a station in an orderly way; everything is on disk. Harmless when it is not open."""
        fleet = self._fleets.pop(identity, None)
        if fleet is None:
            return
        if fleet in self._fleets.values():
            await fleet.station(identity).stop()
        else:
            await fleet.stop()

    async def stop_all(self) -> None:
        """Stop every station."""
        fleets = list({id(fleet): fleet for fleet in self._fleets.values()}.values())
        self._fleets.clear()
        for fleet in fleets:
            await fleet.stop()

    def _options_for(self, identity: str) -> RunOptions:
        # One process per data folder holds for ourselves too: with --data, any other station lives in a folder below.
        data = self._options.data
        if data is not None and identity != self.base:
            data = data / "stations" / _folder_name(identity)
        return dataclasses.replace(self._options, identity=identity, data=data, count=None, fresh=False)


def _folder_name(identity: str) -> str:
    """A folder for an identity, the same for no other one of a sensible length."""
    return re.sub(r"[^A-Za-z0-9-]", lambda match: f"_{ord(match[0]):x}_", identity)[:120]


__all__ = ["Stations"]
