"""What the quick run spares itself, in its own process and in those that `tests.mother` forks. Nothing of it changes what anything answers."""

from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from edge.operations import logins


class _Memory(BytecodeCache):
    """Templates as they were compiled for another centre of this process."""

    def __init__(self) -> None:
        self._kept: dict[str, Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what is there; the key has the template's text in it."""
        bucket.code = self._kept.get(f"{bucket.key} {bucket.checksum}")

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it."""
        self._kept[f"{bucket.key} {bucket.checksum}"] = bucket.code


def hash_passwords_quickly() -> None:
    """Hash as always, at the least cost: hundreds of centres are made, and each has its staff."""
    logins._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def compile_templates_once() -> None:
    """Let all applications of this process share what Jinja made of the templates."""
    options: dict[str, Any] = {**Flask.jinja_options, "bytecode_cache": _Memory()}
    Flask.jinja_options = options
