"""The box's identity towards the national server: its Ed25519 key, the name that follows from it, and the signature of each request.

The lines that are signed name the logical path: X-Road changes the rest of the address on the way.
"""

import base64
import hashlib
from dataclasses import dataclass

from edge.operations.node import node_of

FORM = "qs1"


@dataclass(frozen=True, slots=True)
class Subject:
    """What one request is about. ``path``: `/sync/v1/…` with its query, as sent; ``digest``: the Content-Digest, empty without a body."""

    method: str
    path: str
    centre: str
    request_id: str
    digest: str = ""
    epoch: int = 0
    first: int = 0
    last: int = 0

    def lines(self) -> bytes:
        """Return the bytes that are signed."""
        parts = (FORM, self.method, self.path, self.centre, self.epoch, self.first, self.last, self.digest, self.request_id)
        return "\n".join(map(str, parts)).encode()


class Signer:
    """Signs with the node's seed. ``public_key``: base64 of 32 bytes; ``node``: what the server calls this box."""

    def __init__(self, seed: bytes) -> None:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # heavy, and a centre without a link needs none

        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        raw = self._key.public_key().public_bytes_raw()
        self.public_key = base64.b64encode(raw).decode()
        self.node = node_of(raw)

    def sign(self, subject: Subject) -> str:
        """Return the value of `X-Signature`."""
        return self.signed(subject.lines())

    def signed(self, message: bytes) -> str:
        """Return the signature of any bytes, in base64."""
        return base64.b64encode(self._key.sign(message)).decode()


def digest(body: bytes) -> str:
    """Return the Content-Digest (RFC 9530) of a body as it is sent, after gzip."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def digest_agrees(header: str, body: bytes) -> bool:
    """Tell whether one of the digests in a Content-Digest header is that of ``body``. Only SHA-256 counts."""
    return any(part.strip() == digest(body) for part in header.split(","))
