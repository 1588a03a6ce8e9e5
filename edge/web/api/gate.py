"""The way into a call, in this order: size, login, path, rights, CSRF, idempotency key. Only then the body is looked at.

So a caller without rights learns nothing from validation messages, and a refused request never uses up its key.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from flask import current_app, request

from edge.errors import BadRequest, Unknown
from edge.operations.decision import Once
from edge.web import identity, rights
from edge.web.bodies import LIMIT_BYTES
from edge.web.problems import Problem
from edge.web.rights import Right
from edge.web.site import site

KEY_HEADER = "Idempotency-Key"
KEY_PATTERN = r"^[A-Za-z0-9._:-]{8,64}$"
KEY_WORDS = "8 to 64 of A-Z a-z 0-9 . _ : -"
_KEY = re.compile(r"[A-Za-z0-9._:-]{8,64}")
_MARK = "edge_gate"

View = TypeVar("View", bound=Callable[..., object])


class Key(StrEnum):
    """Whether a call takes an idempotency key."""

    NONE = "none"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Gate:
    """What a call asks of its caller. ``right`` None: anybody, without a login."""

    right: Right | None
    key: Key = Key.NONE


def needs(right: Right | None, key: Key = Key.NONE) -> Callable[[View], View]:
    """Mark a view with its gate; every view of the API has one."""

    def mark(view: View) -> View:
        setattr(view, _MARK, Gate(right, key))
        return view

    return mark


def of(view: object) -> Gate:
    """Return the gate of a view; a view without one is a mistake of ours and fails loudly."""
    found = getattr(view, _MARK)
    assert isinstance(found, Gate)  # noqa: S101 -- written by `needs` only
    return found


def is_marked(view: object) -> bool:
    """Tell whether a view is a call with a gate."""
    return isinstance(getattr(view, _MARK, None), Gate)


def check() -> None:
    """Let the request pass or raise."""
    if (request.content_length or 0) > LIMIT_BYTES:
        raise Problem(413, "body_too_large", f"the body has {request.content_length} bytes: at most {LIMIT_BYTES} are read")
    gate = of(current_app.view_functions[request.endpoint or ""])
    if gate.right is None:
        return
    if gate.right is Right.READ_METRICS and identity.reads_metrics():
        return
    caller = identity.caller()
    desk = _desk_in_path()
    rights.require(caller, gate.right, desk)
    if isinstance(caller, identity.AsDevice) and caller.by_cookie:
        current_app.extensions["csrf"].protect()
    _check_key(gate.key)


def once() -> Once | None:
    """Return the request's idempotency key, scoped to token, method and path; None without one."""
    key = request.headers.get(KEY_HEADER)
    if key is None:
        return None
    token = hashlib.sha256(identity.caller().token.encode()).hexdigest()
    return Once(f"http:{token}:{request.method}:{request.path}", key, hashlib.sha256(request.get_data()).hexdigest())


def _desk_in_path() -> str | None:
    desk: str | None = (request.view_args or {}).get("desk")
    if desk is not None:
        try:
            site().ctx.hall.desk(desk)
        except Unknown as error:
            raise Problem(404, "not_found", str(error)) from None
    return desk


def _check_key(rule: Key) -> None:
    key = request.headers.get(KEY_HEADER)
    if rule is Key.NONE or (rule is Key.OPTIONAL and key is None):
        return
    if key is None:
        raise BadRequest(f"header {KEY_HEADER} is missing: must be {KEY_WORDS}, the same when the request is repeated", code="key_missing")
    if not _KEY.fullmatch(key):
        raise BadRequest(f"header {KEY_HEADER} = {key[:80]!r}: must be {KEY_WORDS}", code="key_invalid")
