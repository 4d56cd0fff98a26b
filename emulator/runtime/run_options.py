"""What a person asks for when starting stations, and the station that comes of it."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.runtime.configuration import BadConfiguration, ConnectionConfiguration, StationConfiguration

SPOKEN = ("1.6", "2.0.1")
PASSWORD_VARIABLE = "FORECOURT_PASSWORD"


@dataclass(frozen=True, slots=True)
class RunOptions:
    """The options of `forecourt run` (control.md); None and empty: not given.

    `control` is host and port of the control socket (0: a free one); `roots` are pairs of use ("CSMS") and file;
    `settings` pairs of name and value.
    """

    station_file: Path | None = None
    url: str | None = None
    identity: str | None = None
    ocpp: tuple[str, ...] = ()
    security_profile: int | None = None
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    certificate: str | None = None
    key: str | None = None
    roots: tuple[tuple[str, str], ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    data: Path | None = None
    fresh: bool = False
    count: int | None = None
    control: tuple[str, int] | None = None
    clock_speed: float = 1.0
    log_frames: bool = False


def station_configuration(options: RunOptions) -> StationConfiguration:
    """The station file, or the station out of the box, with what the options change; raises BadConfiguration."""
    base = StationConfiguration()
    if options.station_file is not None:
        from emulator.runtime.station_file import load_station_file

        base = load_station_file(options.station_file)
    return dataclasses.replace(
        base,
        id=options.identity or base.id,
        connection=_connection(options, base.connection),
        settings=(*base.settings, *options.settings),
    )


def _connection(options: RunOptions, base: ConnectionConfiguration) -> ConnectionConfiguration:
    given: dict[str, Any] = {
        "url": options.url,
        "ocpp": options.ocpp or None,
        "security_profile": options.security_profile,
        "user": options.user,
        # A password of the command line is kept in the data folder (Fleet), one of the environment nowhere.
        "password": os.environ.get(PASSWORD_VARIABLE) if options.password is None else None,
        "ca": _csms_root(options),
        "certificate": options.certificate,
        "key": options.key,
    }
    connection = dataclasses.replace(base, **{name: value for name, value in given.items() if value is not None})
    for version in connection.ocpp:
        if version not in SPOKEN:
            raise BadConfiguration(f"OCPP {version} is not built yet.", f"Choose from {' and '.join(SPOKEN)}.")
    return connection


def _csms_root(options: RunOptions) -> str | None:
    """The file with the roots that a CSMS may have its certificate from."""
    other = next((use for use, _ in options.roots if use != "CSMS"), None)
    if other is not None:
        raise BadConfiguration(f"A root for {other} cannot be installed yet.", "Only CSMS roots are of use so far.")
    files = list(dict.fromkeys(file for _, file in options.roots))
    if len(files) > 1:
        raise BadConfiguration(
            f"Only one file with CSMS roots can be given, not {' and '.join(files)}.",
            "A PEM file may hold several certificates: put them together.",
        )
    return files[0] if files else None
