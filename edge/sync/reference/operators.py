"""Who may look over all centres and change what is the national side's: holders of an operator's token.

The overview shows no person; until the first operator is enrolled it is open to the machine itself (a demo), never to anybody else. Changes always
need a token. Browsers send it as the password of HTTP Basic.
"""

import secrets
from datetime import datetime

from flask import Request

from edge.sync.reference import database, slots
from edge.sync.reference.books import Operator
from edge.sync.reference.centres import digest_of
from edge.sync.reference.refusals import Refusal

LOOPBACK = frozenset({"127.0.0.1", "::1"})


def enrol(name: str, now: datetime) -> str:
    """Return a new operator's token, which is shown only now."""
    token = secrets.token_urlsafe(32)
    with database.transaction():
        Operator.create(token_digest=digest_of(token), name=name, made_ms=slots.ms(now))
    return token


def may_look(request: Request) -> bool:
    """Tell whether the caller may see the overview."""
    if not Operator.select().exists():
        return request.remote_addr in LOOPBACK
    return _is_operator(request)


def check(request: Request) -> None:
    """Raises Refusal unless an operator calls."""
    if not _is_operator(request):
        raise Refusal(401, "token", "an operator's token is wanted: Authorization: Bearer …")


def _is_operator(request: Request) -> bool:
    given = request.authorization
    token = None if given is None else given.token or given.password
    return bool(token) and Operator.get_or_none(Operator.token_digest == digest_of(str(token))) is not None
