"""What other makers' devices say, in our words."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from edge.devices.payloads import Unreadable
from edge.queueing.desk import Key

Topics = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pressed:
    """``key`` None: nothing that we act on, yet ``count`` went on.

    ``count``: the device's own counter of presses, which may begin anew when it starts. ``mark``: what no other press of the device has. Neither: a
    press that comes twice cannot be told from two.
    """

    key: Key | None
    count: int | None = None
    mark: str | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """``state``: ready, sleeping or lost, None: not said. ``settles``: it, or its bridge, just came up, and repeats what was before."""

    state: str | None
    settles: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """``values`` as in `dev/<id>/stat`."""

    values: Mapping[str, float]


Said = Pressed | Present | Measured


class Adapter(Protocol):
    """What a module of this folder has. ``address`` as in `registry.ADDRESSES`."""

    def heard(self, address: str) -> Topics:
        """Return the topics that are listened to."""

    def rights(self, address: str) -> tuple[Topics, Topics]:
        """Return what the device may write and read on the broker."""

    def greeting(self, address: str) -> tuple[str, bytes] | None:
        """Return what makes the device say its state at once, None when nothing does."""

    def said(self, address: str, topic: str, payload: bytes) -> Iterable[Said]:
        """Translate one message on a topic of `heard`. Raises Unreadable."""


def text(payload: bytes) -> str:
    """Raises Unreadable."""
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise Unreadable(str(error)) from None


def json_object(payload: bytes) -> dict[str, Any]:
    """Raises Unreadable."""
    try:
        values = json.loads(payload)
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    if not isinstance(values, dict):
        raise Unreadable("not a JSON object")
    return values


def number(value: object) -> float | None:
    """Return a finite number, None for anything else."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else None
