"""Whom a booking is for: never more than a keyed hash, made the same way as at the centre, under the centre's `person_key`."""

import base64
import hashlib
import hmac

from edge.sync.reference.refusals import Refusal

LENGTH = range(4, 65)
_DROPPED = str.maketrans("", "", " -\N{NO-BREAK SPACE}\N{HYPHEN}\N{NON-BREAKING HYPHEN}\N{EN DASH}\t")


def mark(person_key: str, typed: str) -> str:
    """Return the hash of a document number or phone: spaces and hyphens dropped, capitals. Raises Refusal; says nothing of the value."""
    normal = typed.translate(_DROPPED).upper()
    if len(normal) not in LENGTH:
        raise Refusal(422, "person_invalid", f"person has {len(normal)} characters without spaces and hyphens: must be 4 to 64")
    return hmac.new(base64.b64decode(person_key), normal.encode(errors="replace"), hashlib.sha256).hexdigest()


def same(one: str, other: str) -> bool:
    """Compare two marks without telling by the time it takes where they differ."""
    return bool(one) and hmac.compare_digest(one, other)
