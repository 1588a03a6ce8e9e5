"""The technician's copy of the key file: encrypted under a passphrase, so that it may lie on a stick and in every backup.

scrypt (RFC 7914; N = 2^15, r = 8, p = 1: about 32 MiB and a tenth of a second) and AES-256-GCM. The id of the key stands outside, so that a wrong
copy is named before anybody types.
"""

import base64
import binascii
import json
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from edge import durable
from edge.errors import BadRequest, ConfigError
from edge.operations.keys import Keys

SHORTEST_PASSPHRASE = 12
_COST = {"n": 2**15, "r": 8, "p": 1}


def key_id(keys: Keys) -> str:
    """Return what tells one key file from another and says nothing of it: 16 hex digits."""
    return keys.derive("key-id").hex()[:16]


def seal(keys: Keys, passphrase: str) -> str:
    """Return the encrypted copy as text. Raises BadRequest for a passphrase that is too short."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        raise BadRequest(f"the passphrase has {len(passphrase)} characters; at least {SHORTEST_PASSPHRASE} are needed")
    salt, nonce, name = os.urandom(16), os.urandom(12), key_id(keys)
    box = AESGCM(_stretched(passphrase, salt)).encrypt(nonce, keys.centre + keys.node_seed, name.encode())
    parts = {"salt": salt, "nonce": nonce, "box": box}
    return json.dumps({"version": 1, "key_id": name, **{part: base64.b64encode(raw).decode() for part, raw in parts.items()}}, indent=1)


def unseal(text: str, passphrase: str) -> Keys:
    """Return the keys of an encrypted copy. Raises ConfigError for a wrong passphrase or a damaged copy."""
    try:
        found = json.loads(text)
        salt, nonce, box = (base64.b64decode(found[part], validate=True) for part in ("salt", "nonce", "box"))
        plain = AESGCM(_stretched(passphrase, salt)).decrypt(nonce, box, str(found["key_id"]).encode())
    except InvalidTag:
        raise ConfigError("the passphrase is wrong, or the technician's copy of the key is damaged") from None
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise ConfigError("this is no technician's copy of a key file, or it is damaged") from None
    return Keys(centre=plain[:32], node_seed=plain[32:])


def write(path: Path, text: str) -> None:
    """Write an encrypted copy, in place of an older one. Raises ConfigError."""
    try:
        durable.replace(path, text)
    except OSError as error:
        raise ConfigError(f"the encrypted copy cannot be written to {path}: {error.strerror or error}") from error


def read(path: Path) -> str | None:
    """Return the encrypted copy beside the key file; None while nobody has made one."""
    return path.read_text(encoding="ascii") if path.exists() else None


def _stretched(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, **_COST).derive(passphrase.encode())
