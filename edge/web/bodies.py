"""Request bodies: JSON objects in UTF-8 of at most 64 KiB, whatever the Content-Type says; the settings page alone takes more, a whole document.

Strict on purpose: NaN, a byte order mark and UTF-16 are not JSON here, though Python's reader takes them.
"""

import json
from typing import Any, NoReturn

from flask import Request

from edge.errors import BadRequest
from edge.web.problems import Problem

LIMIT_BYTES = 64 * 1024
DOCUMENT_BYTES = 1024 * 1024  # a centre with 150 desks and 100 services in four languages has 300 KB
_DOCUMENTS = "/settings/"


def limit_of(path: str) -> int:
    """Return how many bytes of a body are read at this address."""
    return DOCUMENT_BYTES if path.startswith(_DOCUMENTS) else LIMIT_BYTES


class EdgeRequest(Request):
    """A request whose JSON is read by our rules; the OpenAPI library asks for it through `get_json`."""

    def __init__(self, environ: dict[str, Any], *more: Any, **options: Any) -> None:
        """Read the request; what is longer than the limit of its address is refused."""
        super().__init__(environ, *more, **options)
        self.max_content_length = self.max_form_memory_size = limit_of(self.path)

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> dict[str, Any]:  # noqa: ARG002, FBT001, FBT002 -- the library's signature
        """Return the body as an object; an empty body is an empty one. Raises Problem (400, 413), BadRequest (422)."""
        return parsed(self.body())

    def body(self) -> bytes:
        """Return the body as it came. Raises Problem 413."""
        if (self.content_length or 0) > LIMIT_BYTES:
            raise Problem(413, "body_too_large", f"the body has {self.content_length} bytes: at most {LIMIT_BYTES} are read")
        return self.get_data()


def parsed(raw: bytes) -> dict[str, Any]:
    """Read one body. Raises Problem 400 (not UTF-8, not JSON), BadRequest (not an object)."""
    if not raw.strip():
        return {}
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(400, "not_utf8", f"the body is not UTF-8: byte {error.start} is wrong") from None
    try:
        value = json.loads(text, parse_constant=_no_constant)
    except RecursionError:
        raise Problem(400, "not_json", "the body is not JSON that can be read: it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Problem(400, "not_json", f"the body is not JSON: {error}") from None
    except ValueError:  # Python's own limit on digits, or a constant that is no JSON
        raise Problem(400, "not_json", "the body is not JSON that can be read: a number is out of any range") from None
    if not isinstance(value, dict):
        raise BadRequest(f"the body is a JSON {_kind(value)}: must be an object")
    return value


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON number")


def _kind(value: object) -> str:
    names = {list: "array", str: "string", bool: "truth value", int: "number", float: "number", type(None): "null"}
    return names[type(value)]
