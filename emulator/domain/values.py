"""Whether a text is a value that a variable can take: type, limits, length, allowed values."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from emulator.domain.variables import BadValue, Variable

# Compiled when first used, not at import: most runs need two of them. Part 2, 2.1.4: no leading zeros, no plus sign,
# 32 bits; decimals have at most six places, times at most three.
INTEGER = "-?(0|[1-9][0-9]*)"
INTEGER_LIMIT = 2**31 - 1
DECIMAL = "-?[0-9]+([.][0-9]{1,6})?"
DATE_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,3})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
CHARACTERS = {
    "password": (r"[A-Za-z0-9*\-_=:+|@.]*", "letters, digits and * - _ = : + | @ ."),
    "identifier": (r"[A-Za-z0-9*\-_=+|@.]*", "letters, digits and * - _ = + | @ ."),
    "phase_rotation": ("|RST|RTS|SRT|STR|TRS|TSR|RSx|Rxx", "RST, RTS, SRT, STR, TRS, TSR, RSx or Rxx"),
    "time_offset": ("|[+-][0-9]{2}:[0-9]{2}", "an offset such as +01:00"),
}
PHASES = frozenset(("L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1"))


def checked(variable: Variable, text: str, *, lenient: bool = False, forced: bool = False) -> str:
    """The text as it will be kept; raises BadValue when the variable cannot take it.

    `lenient` is 1.6's way and a person's: case does not matter, blanks around members neither, and a measurand may name
    a phase. `forced` is the operator's hand: short and odd passwords pass.
    """
    if lenient and variable.data_type != "string":
        text = text.strip()
    return CHECKS.get(variable.data_type, _string)(variable, text, lenient, forced)


def _bad_value(variable: Variable, wanted: str, text: str) -> BadValue:
    shown = "a secret" if variable.secret else repr(text)
    return BadValue("InvalidValue", f"{variable.ref} must be {wanted}, not {shown}.")


def _integer(variable: Variable, text: str, _lenient: bool, _forced: bool) -> str:
    if len(text) > 11 or not re.fullmatch(INTEGER, text) or abs(int(text)) > INTEGER_LIMIT:
        raise _bad_value(variable, "a whole number", text)
    _check_range(variable, int(text))
    return text


def _decimal(variable: Variable, text: str, _lenient: bool, _forced: bool) -> str:
    if len(text) > 40 or not re.fullmatch(DECIMAL, text):
        raise _bad_value(variable, "a number with at most six decimals", text)
    _check_range(variable, float(text))
    return text


def _check_range(variable: Variable, number: float) -> None:
    if variable.minimum is not None and number < variable.minimum:  # B05.FR.08
        raise BadValue("ValueOutOfRange", f"{variable.ref} must be at least {variable.minimum:g}, not {number:g}.")
    if variable.maximum is not None and number > variable.maximum:
        raise BadValue("ValueOutOfRange", f"{variable.ref} must be at most {variable.maximum:g}, not {number:g}.")


def _boolean(variable: Variable, text: str, lenient: bool, _forced: bool) -> str:
    word = text.lower() if lenient else text
    if word not in ("true", "false"):
        raise _bad_value(variable, "true or false", text)
    return word


def _date_time(variable: Variable, text: str, _lenient: bool, _forced: bool) -> str:
    if text:
        try:
            if not re.fullmatch(DATE_TIME, text):
                raise ValueError
            datetime.fromisoformat(text)
        except ValueError:
            raise _bad_value(variable, "a date and time such as 2030-01-31T12:00:00Z", text) from None
    return text


def _string(variable: Variable, text: str, lenient: bool, forced: bool) -> str:
    _check_length(variable, text)
    if not forced and len(text) < variable.minimum_length:
        raise BadValue("InvalidValue", f"{variable.ref} must have at least {variable.minimum_length} characters.")
    # 1.6 leaves the characters of an AuthorizationKey open.
    if variable.characters and not (variable.secret and (lenient or forced)):
        pattern, wanted = CHARACTERS[variable.characters]
        if not re.fullmatch(pattern, text):
            raise _bad_value(variable, f"of {wanted}", text)
    return text


def _check_length(variable: Variable, text: str) -> None:
    if variable.maximum is not None and len(text) > variable.maximum:
        longest = int(variable.maximum)
        raise BadValue("TooLargeElement", f"{variable.ref} must have at most {longest} characters, not {len(text)}.")


def _option(variable: Variable, text: str, lenient: bool, _forced: bool) -> str:
    return _member(variable, text, lenient)


def _members(variable: Variable, text: str, lenient: bool, _forced: bool) -> str:
    if not text:
        return ""
    parts = text.split(",")
    if lenient:
        parts = [part.strip() for part in parts]
    members = [_member(variable, part, lenient) for part in parts]
    if len(set(members)) < len(members):
        raise BadValue("InvalidValue", f"{variable.ref} must not name a value twice: {text!r}.")
    kept = ",".join(members)
    _check_length(variable, kept)
    return kept


def _member(variable: Variable, text: str, lenient: bool) -> str:
    if text in variable.values:
        return text
    if lenient:
        for value in variable.values:
            if value.lower() == text.lower():
                return value
        base, dot, phase = text.rpartition(".")
        if variable.phased and dot and phase.upper() in PHASES:
            return f"{_member(variable, base, lenient)}.{phase.upper()}"
    raise _bad_value(variable, f"one of {', '.join(variable.values)}", text)


CHECKS: dict[str, Callable[[Variable, str, bool, bool], str]] = {
    "integer": _integer,
    "decimal": _decimal,
    "boolean": _boolean,
    "dateTime": _date_time,
    "string": _string,
    "OptionList": _option,
    "SequenceList": _members,
    "MemberList": _members,
}
