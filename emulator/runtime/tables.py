"""Reads the tables of facts in resources/: the device model and the configuration keys."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import orjson

import resources
from emulator.domain.device_schema import DeviceSchema, build_schema
from emulator.domain.variables import StationMakeup


def read_table(name: str) -> dict[str, Any]:
    """One table of resources/, by the name of its file without the ending."""
    table: dict[str, Any] = orjson.loads((Path(resources.__path__[0]) / f"{name}.json").read_bytes())
    return table


@cache
def device_schema(makeup: StationMakeup) -> DeviceSchema:
    """The variables and configuration keys of a make-up; stations of the same make-up share one schema."""
    return build_schema(makeup, read_table("device_model"), read_table("configuration_keys"))
