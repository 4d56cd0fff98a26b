"""The methods of the control socket: every action of the registry, for one station or for all."""

from __future__ import annotations

import asyncio
from typing import Any

from emulator.control.json_rpc import INVALID_PARAMETERS, METHOD_NOT_FOUND, REFUSED, TIMED_OUT, RpcError
from emulator.domain.errors import ActionRefused, EnvironmentProblem
from emulator.runtime.actions import registry
from emulator.runtime.actions.registry import Action, BadParameters, UnknownAction
from emulator.runtime.emulator import EVENT_KINDS, Emulator
from emulator.runtime.fleet import Fleet, UnknownStation
from emulator.runtime.waiting import TimedOut

STATION = {"type": "string", "description": "identity of the station; default: all of them"}

OWN_METHODS: tuple[dict[str, Any], ...] = (
    {
        "name": "subscribe",
        "description": "Sends notifications `event` {kind, station, ...} from now on; a call replaces the one before.",
        "parameters": {
            "type": "object",
            "properties": {
                "kinds": {
                    "type": "array",
                    "items": {"enum": list(EVENT_KINDS)},
                    "default": list(EVENT_KINDS),
                    "description": "which events; an empty list: none any more",
                }
            },
            "additionalProperties": False,
        },
        "result": {"type": "object", "properties": {"kinds": {"type": "array", "items": {"enum": list(EVENT_KINDS)}}}},
    },
    {
        "name": "describe",
        "description": "Every action with its description and the JSON Schemas of its parameters and its result.",
        "parameters": {"type": "object", "properties": {}, "additionalProperties": False},
        "result": {"type": "array", "items": {"type": "object"}},
    },
)


class Methods:
    """Performs actions by name on the stations of a fleet, and tells failures as JSON-RPC errors."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet

    def describe(self) -> list[dict[str, Any]]:
        """Every method with its description and schemas."""
        methods = [*registry.describe(), *OWN_METHODS]
        return [self._with_station(method) for method in methods] if self._fleet.several else methods

    @staticmethod
    def _with_station(method: dict[str, Any]) -> dict[str, Any]:
        if method["name"] == "describe":
            return method
        parameters = method["parameters"]
        return {**method, "parameters": {**parameters, "properties": {**parameters["properties"], "station": STATION}}}

    def stations(self, parameters: dict[str, Any]) -> list[Emulator]:
        """The stations that a call is for; takes `station` out of its parameters; raises RpcError."""
        if "station" not in parameters:
            return list(self._fleet.stations.values())
        identity = parameters.pop("station")
        try:
            return [self._fleet.station(identity)]
        except (UnknownStation, TypeError) as error:
            raise RpcError(INVALID_PARAMETERS, str(error)) from error

    async def perform(self, name: str, parameters: dict[str, Any]) -> Any:
        """Perform an action: its result, or a map from identity to result; raises RpcError."""
        parameters = dict(parameters)
        for_all = self._fleet.several and "station" not in parameters
        action = _built(name, parameters)
        stations = self.stations(parameters)
        if not for_all:
            return await _performed(action, stations[0])
        return await _performed_by_all(action, stations)


def _built(name: str, parameters: dict[str, Any]) -> Action:
    try:
        return registry.build(name, {key: value for key, value in parameters.items() if key != "station"})
    except UnknownAction as error:
        raise RpcError(METHOD_NOT_FOUND, str(error)) from error
    except BadParameters as error:
        raise RpcError(INVALID_PARAMETERS, str(error)) from error


async def _performed(action: Action, emulator: Emulator) -> Any:
    try:
        return await emulator.perform(action)
    except BadParameters as error:
        raise RpcError(INVALID_PARAMETERS, str(error)) from error
    except (ActionRefused, EnvironmentProblem) as error:
        raise RpcError(REFUSED, str(error)) from error
    except TimedOut as error:
        raise RpcError(TIMED_OUT, str(error)) from error


async def _performed_by_all(action: Action, stations: list[Emulator]) -> dict[str, Any]:
    """A map from identity to result; a station that refused has {"error": ...} there. RpcError where none did it."""
    outcomes = await asyncio.gather(*(_performed(action, emulator) for emulator in stations), return_exceptions=True)
    answers: dict[str, Any] = {}
    failures: list[RpcError] = []
    for emulator, outcome in zip(stations, outcomes, strict=True):
        if isinstance(outcome, RpcError):
            failures.append(outcome)
            answers[emulator.station_id] = {"error": outcome.to_json()}
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            answers[emulator.station_id] = outcome
    if len(failures) == len(stations):
        raise RpcError(failures[0].code, failures[0].message, answers)
    return answers
