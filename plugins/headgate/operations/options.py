"""Options of an operation as a form or a command hands them over: of their type, or refused."""

from collections.abc import Mapping
from typing import Any

from headgate.errors import Rejected

_LONGEST = 2000
_SHOWN = 80


def refuse_unknown_options(options: Mapping[str, Any], *known: str) -> None:
    """Nothing that was asked for is ignored in silence."""
    unknown = sorted(set(options) - set(known))
    if unknown:
        raise _refused(f"there is no option {', '.join(map(_shown, unknown))}")


def flag(options: Mapping[str, Any], name: str) -> bool:
    """Yes or no; no where it is not given. The text "false" and the number 1 are neither."""
    value = options.get(name)
    if value is not None and not isinstance(value, bool):
        raise _refused(f"{name} is yes or no, not {_shown(value)}")
    return bool(value)


def text(options: Mapping[str, Any], name: str) -> str | None:
    """One line of text; None where it is empty or not given."""
    value = options.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > _LONGEST or not value.isprintable():
        raise _refused(f"{name} is one line of at most {_LONGEST} characters, not {_shown(value)}")
    return value


def whole_number(options: Mapping[str, Any], name: str) -> int:
    """A number that has to be given."""
    value = options.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _refused(f"{name} is a whole number, not {_shown(value)}")
    return value


def _shown(value: object) -> str:
    said = repr(value)
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}..."


def _refused(what: str) -> Rejected:
    return Rejected(what, still_true="Nothing was changed.", next_step="headgate --help")
