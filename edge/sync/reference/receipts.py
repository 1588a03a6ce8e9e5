"""What a box keeps of an acknowledgement: this server's signature over the head that it stored, so that neither side can deny it later.

Opaque to the box: base64 of a JSON object and, after a dot, base64 of an Ed25519 signature over those bytes.
"""

import base64
import json
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.queueing.chain import instant
from edge.sync.reference import centres
from edge.sync.reference.hello import Place


def receipt(centre: str, head: Place, now: datetime) -> str:
    """Sign that the journal of a centre is stored up to ``head``; below 1 KiB."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(centres.server(now).seed))
    said = json.dumps({"centre": centre, **head.told(), "at": instant(now)}, separators=(",", ":")).encode()
    return f"{base64.b64encode(said).decode()}.{base64.b64encode(key.sign(said)).decode()}"


def public_key(now: datetime) -> str:
    """Return the key that receipts are checked with (base64)."""
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(centres.server(now).seed))
    return base64.b64encode(key.public_key().public_bytes_raw()).decode()
