"""What a person calls a setting: OCPPCommCtrlr.HeartbeatInterval, EVSE#1.Power:MaxSet, or a key of 1.6."""

from __future__ import annotations

import re

from emulator.domain.device_schema import DeviceSchema
from emulator.domain.variables import ACTUAL, ATTRIBUTE_TYPES, UnknownName, VariableName

NAME = (
    r"(?P<component>[^#.:\[\]]+)(#(?P<evse>[0-9]{1,9})(/(?P<connector>[0-9]{1,9}))?)?"
    r"\.(?P<variable>[^#.:\[\]]+)(\[(?P<instance>[^\]]+)\])?(:(?P<attribute>[A-Za-z]+))?"
)


def parse_name(schema: DeviceSchema, name: str) -> VariableName:
    """The attribute or the key that a name means; case does not matter; raises UnknownName."""
    key = schema.key(name)
    if key is not None:
        first = key.attributes[0].variable.ref if key.attributes else schema.variables[0].ref
        return VariableName(first, ACTUAL, key.name)
    match = re.fullmatch(NAME, name.strip())
    if match is None:
        raise _unknown(schema, name)
    evse, connector = (int(match[part]) if match[part] else None for part in ("evse", "connector"))
    variable = schema.find(match["component"], match["variable"], match["instance"], evse, connector)
    if variable is None:
        raise _unknown(schema, name)
    if variable.hidden and variable.function:
        raise UnknownName(f"{variable.ref} belongs to a part that this station does not have yet: {variable.function}.")
    wanted = (match["attribute"] or ACTUAL).lower()
    attribute = next((a.type for a in variable.attributes if a.type.lower() == wanted), None)
    if attribute is None:
        raise UnknownName(_attribute_sentence(str(variable.ref), match["attribute"], variable.attributes[0].type))
    return VariableName(variable.ref, attribute)


def _attribute_sentence(variable: str, attribute: str, instead: str) -> str:
    if attribute.lower() in (kind.lower() for kind in ATTRIBUTE_TYPES):
        return f"{variable} has no attribute {attribute}; it has {instead}."
    return f"{attribute} is no attribute; there are {', '.join(ATTRIBUTE_TYPES)}."


def _unknown(schema: DeviceSchema, name: str) -> UnknownName:
    from difflib import get_close_matches  # only a mistake needs it

    offered = [n for n, attribute in schema.by_name.items() if not attribute.variable.hidden]
    known = {known.lower(): known for known in (*offered, *schema.keys)}
    near = get_close_matches(name.lower(), known, 1, 0.5)
    hint = f" The nearest is {known[near[0]]}." if near else " Name it like OCPPCommCtrlr.HeartbeatInterval."
    return UnknownName(f"No setting is called {name!r}.{hint}")
