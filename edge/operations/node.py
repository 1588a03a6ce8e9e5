"""What the national server calls this box (`contract/national.md`, "Identity"): it follows from the public key of the node."""

import hashlib
from functools import lru_cache

from edge.operations.keys import Keys

NODE_DIGITS = 32


def node_of(public_key: bytes) -> str:
    """Return the first 32 hex digits of SHA-256 over the 32 raw bytes of a public key."""
    return hashlib.sha256(public_key).hexdigest()[:NODE_DIGITS]


@lru_cache(maxsize=1)
def name_of(keys: Keys) -> str:
    """Return the name of the box that has ``keys``."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # heavy, and few ask

    return node_of(Ed25519PrivateKey.from_private_bytes(keys.node_seed).public_key().public_bytes_raw())
