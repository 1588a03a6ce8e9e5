"""Forms that may be sent twice: every rendered page carries a fresh key, and one key has one effect.

A second tap on the same page, whatever it hit, is answered with what the first one did. So the digest is left out: a page is one decision.
"""

import re
import secrets

from flask import request

from edge.errors import BadRequest
from edge.operations.decision import Once

FIELD = "key"
_KEY = re.compile(r"[A-Za-z0-9._:-]{8,64}")


def fresh_key() -> str:
    """Return a key for the forms of one rendered page."""
    return secrets.token_urlsafe(16)


def once(scope: str) -> Once:
    """Return the key of the form being sent, within ``scope``. Raises BadRequest when there is none that is well-formed."""
    key = request.form.get(FIELD, "")
    if not _KEY.fullmatch(key):
        raise BadRequest(f"form field {FIELD} = {key[:64]!r}: must be 8 to 64 of A-Z a-z 0-9 . _ : -", code="key_invalid")
    return Once(f"screen:{scope}", key, "")
