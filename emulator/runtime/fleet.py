"""One or many stations in one process: they share the database, the transport and every table of facts."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from emulator.domain import settings
from emulator.domain.errors import ConnectionFailed, EnvironmentProblem, ForecourtError
from emulator.domain.ports import ConnectionProfile, Transport
from emulator.domain.variables import Author, SecretStore
from emulator.runtime.clocks import StationClock
from emulator.runtime.configuration import BadConfiguration, StationConfiguration
from emulator.runtime.emulator import Emulator
from emulator.runtime.run_options import RunOptions, station_configuration
from emulator.storage.database import Database
from emulator.storage.folders import data_folder, safe_name
from emulator.storage.secrets import Secrets
from emulator.transports.address import address_of
from emulator.transports.websocket import WebSocketTransport

# CiString25 of BootNotification's chargePointSerialNumber and serialNumber.
_LONGEST_SERIAL_NUMBER = 25


class UnknownStation(ForecourtError):
    """There is no station of that identity."""


class Fleet:
    """The stations of this process; make it with `open` on a running loop, and end it with `stop`.

    `several` tells whether the stations were asked for by number (--count): actions then take a station's identity.
    `emptied` is called when the last station that ran was stopped by an action.
    """

    def __init__(
        self, database: Database, stations: Iterable[Emulator], *, several: bool, transport: Transport
    ) -> None:
        """Use `open`."""
        self._database = database
        self.transport = transport
        self.stations = {emulator.station_id: emulator for emulator in stations}
        self.several = several
        self.emptied: Callable[[], None] | None = None
        self._running = 0
        for emulator in self.stations.values():
            emulator.stopped = self._one_stopped

    @classmethod
    def open(
        cls,
        options: RunOptions,
        *,
        configuration: StationConfiguration | None = None,
        report: Callable[[EnvironmentProblem], None] | None = None,
        transport: Transport | None = None,
    ) -> Fleet:
        """The stations that the options ask for, switched off; `report` hears when the log cannot be written.

        `configuration` is that of the options, where the caller has it already. Raises BadConfiguration, and
        EnvironmentProblem when the data folder cannot be used.
        """
        base = configuration or station_configuration(options)
        folder = data_folder(base.id, options.data)
        loop = asyncio.get_running_loop()
        database = Database.open(folder, call_later=loop.call_later, report=report)
        try:
            maker = _Maker(options, database, transport or WebSocketTransport())
            stations = [maker.make(configuration) for configuration in _numbered(base, options.count)]
        except BaseException:
            database.close()
            raise
        return cls(database, stations, several=options.count is not None, transport=maker.transport)

    @property
    def folder(self) -> Path:
        """The data folder of these stations."""
        return self._database.folder

    def station(self, identity: str) -> Emulator:
        """The station of that identity; raises UnknownStation."""
        found = self.stations.get(identity)
        if found is None:
            first, count = next(iter(self.stations)), len(self.stations)
            there = f"{first} to {next(reversed(self.stations))}" if count > 1 else first
            raise UnknownStation(f"There is no station {identity!r} here: there is {there}.")
        return found

    @property
    def first(self) -> Emulator:
        """The first station, or the only one."""
        return next(iter(self.stations.values()))

    async def start(self) -> None:
        """Switch every station on; those with a URL connect."""
        for emulator in self.stations.values():
            await emulator.start()
            self._running += 1

    async def stop(self) -> None:
        """Switch every station off in an orderly way and close the database; nothing runs any more."""
        self.emptied = None
        try:
            # Together: each waits for its CSMS to close the connection.
            outcomes = await asyncio.gather(*(e.stop() for e in self.stations.values()), return_exceptions=True)
        finally:
            self._database.close()
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome

    def _one_stopped(self) -> None:
        self._running -= 1
        if self._running <= 0 and self.emptied is not None:
            self.emptied()


class _Maker:
    """Makes the stations of one fleet."""

    def __init__(self, options: RunOptions, database: Database, transport: Transport) -> None:
        self._options = options
        self._database = database
        self._secrets = Secrets(database.folder)
        self.transport = transport

    def make(self, configuration: StationConfiguration) -> Emulator:
        """One station."""
        identity, options, database = configuration.id, self._options, self._database
        if options.fresh:
            database.forget(identity)
            self._secrets.delete(identity)
        emulator = Emulator(
            configuration,
            memory=database.memory(identity),
            frame_log=database.frame_log(identity),
            transport=self.transport,
            clock=StationClock(speed=options.clock_speed),
            folder=database.folder / "files" / safe_name(identity),
            secrets=SecretStore(partial(self._secrets.get, identity), partial(self._secrets.set, identity)),
        )
        if options.password is not None:
            _keep_password(emulator, options.password)
        return emulator


def _keep_password(emulator: Emulator, password: str) -> None:
    if emulator.model.text(settings.BASIC_AUTH_PASSWORD) == password:
        return
    outcome = emulator.model.assign(settings.BASIC_AUTH_PASSWORD, password, by=Author.OPERATOR)
    if not outcome.done:
        raise BadConfiguration(f"The password cannot be used: {outcome.sentence}")


def _numbered(base: StationConfiguration, count: int | None) -> Iterable[StationConfiguration]:
    if count is None:
        yield base
        return
    for number in range(1, count + 1):
        changes: dict[str, Any] = {"id": f"{base.id}-{number:04d}"}
        serial_number = f"{base.serial_number}-{number:04d}"
        if len(serial_number) <= _LONGEST_SERIAL_NUMBER:
            changes["serial_number"] = serial_number
        yield dataclasses.replace(base, **changes)


def check_connection(configuration: StationConfiguration) -> None:
    """Look at the URL and the files of TLS before anything is sent; raises BadConfiguration."""
    wanted = configuration.connection
    profile = ConnectionProfile(
        url=wanted.url,
        identity=configuration.id,
        offered=wanted.ocpp,
        security_profile=wanted.security_profile,
        ca_file=wanted.ca,
        certificate_file=wanted.certificate,
        key_file=wanted.key,
    )
    try:
        if address_of(profile).secure:
            from emulator.transports.tls import client_context

            client_context(profile)
    except ConnectionFailed as problem:
        raise BadConfiguration(problem.sentence, problem.hint) from problem
