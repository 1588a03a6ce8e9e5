"""The visitor's link to a ticket: unguessable, derived, and dead with the day (`contract/http.md`, ``track_url``)."""

import base64
import binascii
import hmac
import uuid

from edge.errors import Unknown
from edge.operations.keys import Keys

_MAC_BYTES = 12


def url(keys: Keys, ticket: str) -> str:
    """Return the path of the ticket's page."""
    return f"/t/{_token(keys, ticket)}"


def ticket_of(keys: Keys, token: str) -> str:
    """Return the ticket id of a token. Raises Unknown for one that this centre never made."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        ticket = str(uuid.UUID(bytes=raw[:16]))
    except (ValueError, binascii.Error):
        ticket = ""
    if not ticket or not hmac.compare_digest(_token(keys, ticket).encode(), token.encode()):
        raise Unknown("this ticket link is not known here", field="token")
    return ticket


def _token(keys: Keys, ticket: str) -> str:
    mac = keys.derive("track", ticket)[:_MAC_BYTES]
    return base64.urlsafe_b64encode(uuid.UUID(ticket).bytes + mac).decode().rstrip("=")
