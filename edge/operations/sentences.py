"""What pydantic finds wrong with a document, as problems: where, what was given, what is accepted."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from edge.errors import Problem

IDS: Mapping[str, str] = {"zones": "zone", "services": "code", "desks": "desk", "categories": "code", "devices": "device"}

ACCEPTED: Mapping[str, str] = {
    "missing": "is missing",
    "unknown-key": "unknown key",
    "id": "must be 1 to 32 of a-z, 0-9 and -",
    "letter": "must be a letter A to Z, or AA to ZZ",
    "block-letter": "must be a letter A to Z, or empty for the first free one",
    "same-code": "each needs a code of its own",
    "time": "must be a time from 00:00 to 24:00",
    "day": "must be a date such as 2026-12-31",
    "https": "must be an address that begins with https://",
    "time-zone": "must be an IANA time zone such as Asia/Bishkek",
    "end-first": "the end must be after the start",
    "overlap": "must not begin before the one before it has ended",
    "choice": "must be one of {limit}",
    "whole-number": "must be a whole number",
    "least": "must be at least {limit}",
    "most": "must be at most {limit}",
    "empty": "must not be empty",
    "too-long": "must have at most {limit} characters",
    "too-few": "must have at least {limit} entries",
    "too-many": "must have at most {limit} entries",
    "yes-no": "must be true or false",
    "text": "must be a text",
    "shape": "must be written as in the sample",
}
_TYPES: Mapping[str, str] = {
    "missing": "missing",
    "extra_forbidden": "unknown-key",
    "literal_error": "choice",
    "int_type": "whole-number",
    "int_from_float": "whole-number",
    "int_parsing": "whole-number",
    "int_parsing_size": "whole-number",
    "greater_than_equal": "least",
    "less_than_equal": "most",
    "string_too_short": "empty",
    "string_too_long": "too-long",
    "too_short": "too-few",
    "too_long": "too-many",
    "bool_type": "yes-no",
    "string_type": "text",
}
_LIMITS = ("expected", "ge", "le", "max_length", "min_length")
LONGEST = 60  # characters of a given value that are repeated


def problems(error: ValidationError, values: Any) -> list[Problem]:
    """Return one problem for each fault; ``values`` is what was validated, to name entries by their ids."""
    return [_problem(fault, values) for fault in error.errors(include_url=False)]


def found(code: str, where: Sequence[str], *, label: str, given: Any = None, limit: str = "") -> Problem:
    """Return a problem of `ACCEPTED`. ``label``: the place as the English sentence names it."""
    accepted = ACCEPTED[code].replace("{limit}", limit)
    if code in ("missing", "unknown-key"):
        return Problem(f"{label}: {accepted}", code, where)
    shown = repr(given)
    shown = shown if len(shown) <= LONGEST else shown[:LONGEST] + "…"
    return Problem(f"{label} = {shown}: {accepted}", code, where, given=_plain(given), limit=limit)


def _problem(fault: ErrorDetails, values: Any) -> Problem:
    label = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in fault["loc"]).lstrip(".")
    where = by_ids(fault["loc"], values)
    code = _code(fault)
    if code is None:
        message = fault["msg"].removeprefix("Value error, ").lower()
        return Problem(f"{label} = {fault['input']!r}: {message}", "other", where, given=_plain(fault["input"]), limit=message)
    context = fault.get("ctx", {})
    limit = next((str(context[name]) for name in _LIMITS if name in context), "")
    return found(code, where, label=label, given=fault["input"], limit=limit.replace("'", "").replace(" or ", ", "))


def _code(fault: ErrorDetails) -> str | None:
    kind = fault["type"]
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(fault.get("ctx", {}).get("pattern", ""))
    if kind in ACCEPTED:  # our own validators name it themselves
        return kind
    return _TYPES.get(kind, "shape" if kind.endswith(("_type", "_attributes_type")) else None)


def by_ids(loc: Sequence[int | str], values: Any) -> tuple[str, ...]:
    """Return a place with entries named by their ids instead of their positions; `#3` is the third one when it has none."""
    where: list[str] = []
    for part in loc:
        value = values[part] if _has(values, part) else None
        if isinstance(part, int) and len(where) == 1 and where[0] in IDS:
            id_ = value.get(IDS[where[0]]) if isinstance(value, dict) else None
            where.append(id_ if isinstance(id_, str) and id_ else f"#{part + 1}")
        else:
            where.append(str(part))
        values = value
    return tuple(where)


def _has(values: Any, part: int | str) -> bool:
    if isinstance(part, int):
        return isinstance(values, list) and part < len(values)
    return isinstance(values, dict) and part in values


def _plain(given: Any) -> str:
    """Return a given value as people read it; nothing for what is no single value."""
    if isinstance(given, bool) or not isinstance(given, (str, int, float)):
        return ""
    text = str(given)
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


ID_PATTERN, LETTER_PATTERN = r"^[a-z0-9-]{1,32}$", r"^[A-Z]{1,2}$"
BLOCK_PATTERN = r"^[A-Z]?$"
TIME_PATTERN = r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$"
DAY_PATTERN = r"^\d{4}-\d{2}-\d{2}$"
HTTPS_PATTERN = r"^https://[\x21-\x7e]{1,200}$"
PATTERNS: Mapping[str, str] = {
    ID_PATTERN: "id",
    LETTER_PATTERN: "letter",
    BLOCK_PATTERN: "block-letter",
    TIME_PATTERN: "time",
    DAY_PATTERN: "day",
    HTTPS_PATTERN: "https",
}
