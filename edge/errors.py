"""The error tree. Each class says how its caller should react; adapters map it once.

EdgeError
├── Refused       a rule says no; final for this request (HTTP 409, MQTT refused)
├── Unknown       a thing that was named does not exist (HTTP 404 in a path, 422 in a body)
├── BadRequest    malformed or missing values (HTTP 422, MQTT bad)
├── Forbidden     known, but not allowed to do this (HTTP 403)
├── KeyReused     an idempotency key came back with another request (HTTP 422)
├── Unavailable   could not be decided now; the same request may succeed later (HTTP 503, MQTT busy)
├── ConfigError   configuration or settings are wrong; lists every problem found
└── Corrupt       stored data contradicts itself; stop and keep the evidence
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self


class Problem(str):
    """One plain English sentence about a setting, and what it takes to say it in another language and to point at its place.

    ``code`` is a stable word; ``where`` the place in the document, by ids (`services`, `passport`, `letter`); ``values`` fill the sentence.
    """

    __slots__ = ("code", "values", "where")
    code: str
    values: dict[str, str]
    where: tuple[str, ...]

    def __new__(cls, sentence: str, code: str, where: Sequence[str] = (), **values: str) -> Self:
        """Return the sentence with its parts."""
        made = super().__new__(cls, sentence)
        made.code, made.where, made.values = code, tuple(where), values
        return made


class EdgeError(Exception):
    """Root of everything this package raises on purpose. ``code`` is a stable word for machines."""

    code = "error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class Refused(EdgeError):
    """A rule says no. ``reason`` is a word of the contract (``closed``, ``lunch``, …) or None; ``more``: what a caller can do instead, as JSON."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None, reason: str | None = None) -> None:
        super().__init__(message, code=code)
        self.reason = reason
        self.more: Mapping[str, Any] = {}


class Unknown(EdgeError):
    """Something named in the request does not exist; ``field`` names the part of the request."""

    code = "unknown"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.field = field


class BadRequest(EdgeError):
    """A value is malformed or missing."""

    code = "bad_request"


class Forbidden(EdgeError):
    """The caller is known but its role or binding does not allow this."""

    code = "forbidden"


class KeyReused(EdgeError):
    """The same idempotency key came with a different request."""

    code = "key_reused"


class Unavailable(EdgeError):
    """Could not be decided now (disk full, database locked, shutting down); retrying is right."""

    code = "unavailable"


class ConfigError(EdgeError):
    """Configuration is wrong. ``problems`` has one plain sentence for each fault found."""

    code = "config"

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Corrupt(EdgeError):
    """Stored data contradicts itself (chain, replay). Nothing was changed."""

    code = "corrupt"
