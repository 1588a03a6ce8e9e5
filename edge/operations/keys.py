"""Secrets derived from the centre key. Nothing derived is ever stored: a rebuilt box with the same key file has working devices.

Each use has its own label, so that one secret says nothing of another.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Keys:
    """``centre``: 32 secret bytes; ``node_seed``: the Ed25519 seed that signs for this box.

    ``person_key``: by which persons are known to the national side too (`[national] person_key`), None: to nobody but this centre.
    """

    centre: bytes = field(repr=False)
    node_seed: bytes = field(repr=False)
    person_key: bytes | None = field(default=None, repr=False)

    def derive(self, label: str, *parts: str) -> bytes:
        """Return HMAC-SHA-256 of label and parts under the centre key."""
        message = "\x00".join((label, *parts)).encode()
        return hmac.new(self.centre, message, hashlib.sha256).digest()

    def text(self, label: str, *parts: str) -> str:
        """Return `derive` as URL-safe text of 32 characters (192 bits)."""
        return base64.urlsafe_b64encode(self.derive(label, *parts)[:24]).decode()
