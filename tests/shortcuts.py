"""What the quick run spares itself, in its own process and in those that `tests.mother` forks. Nothing of it changes what anything answers."""

from collections.abc import Callable
from typing import Any

from argon2 import PasswordHasher
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

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


def compile_routes_once() -> None:
    """Let them share what Werkzeug made of the addresses, a third of what it costs to make an application."""
    made: dict[object, Callable[..., Any]] = {}
    compiled = Rule._compile_builder

    def once(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:  # noqa: FBT001, FBT002 -- Werkzeug's own
        key = (rule.rule, *rule._trace, *sorted((rule.defaults or {}).items()), append_unknown)
        if key not in made:
            made[key] = compiled(rule, append_unknown)
        return made[key]

    Rule._compile_builder = once  # type: ignore[assignment, method-assign]
