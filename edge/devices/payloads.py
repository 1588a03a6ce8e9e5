"""Bytes from devices to checked values, and values to bytes (`contract/mqtt.md`; one JSON Schema per payload in `docs/schemas/`).

Two kinds of wrong: with a readable id it is `Bad` and the device is told; without one it is `Unreadable`, counted and logged.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edge.queueing.policy import LANGS
from edge.queueing.registry import Kind

LARGEST = 16 * 1024
LONGEST_TEXT = 256  # characters of a text field without a format of its own
ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
KEY_TYPES = ("press", "double", "hold")
OWN_TYPES = ("paper-low", "paper-out", "printer-error")
STATES = ("ready", "sleeping", "disconnected", "lost")
REPLIES = ("ok", "failed", "unsupported")


class Unreadable(Exception):
    """No id can be read; nobody can be answered."""


class Bad(Exception):
    """The id can be read, the rest is not of the contract."""

    def __init__(self, id_: str) -> None:
        super().__init__(id_)
        self.id = id_


@dataclass(frozen=True, slots=True)
class DeviceEvent:
    """A press, or news of the device itself; ``ts`` aware UTC or None."""

    id: str
    type: str
    ts: datetime | None


@dataclass(frozen=True, slots=True)
class DeviceIssue:
    """A headless kiosk's wish."""

    id: str
    service: str
    category: str | None
    lang: str


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """A device's birth, sleep or will."""

    state: str
    boot_id: str | None
    fw: str | None


@dataclass(frozen=True, slots=True)
class DeviceReply:
    """What became of a command."""

    cmd_id: str
    result: str
    detail: str | None


def read_event(payload: bytes) -> DeviceEvent:
    """Read `dev/<id>/event`. Raises Unreadable or Bad."""
    values = _object(payload)
    id_ = _id(values)
    kind = values.get("type")
    ts = _instant(values, id_)
    fits = kind in (*KEY_TYPES, *OWN_TYPES) and _is_text(values.get("key", "main")) and _is_count(values.get("held_ms"))
    if not fits or not _is_first_version(values):
        raise Bad(id_)
    return DeviceEvent(id_, str(kind), ts)


def read_issue(payload: bytes) -> DeviceIssue:
    """Read `dev/<id>/issue`. Raises Unreadable or Bad."""
    values = _object(payload)
    id_ = _id(values)
    _instant(values, id_)
    service, category, lang = values.get("service"), values.get("category"), values.get("lang")
    fits = _is_text(service) and _is_text_or_null(category) and lang in LANGS
    if not fits or not _is_first_version(values):
        raise Bad(id_)
    return DeviceIssue(id_, str(service), category, str(lang))


def read_status(payload: bytes) -> DeviceStatus:
    """Read `dev/<id>/status`. Raises Unreadable."""
    values = _object(payload)
    state, boot_id, fw = values.get("state"), values.get("boot_id"), values.get("fw")
    if state not in STATES or not _is_text_or_null(boot_id) or not _is_text_or_null(fw) or not _is_first_version(values):
        raise Unreadable("not a status")
    return DeviceStatus(str(state), boot_id, fw)


def read_about(payload: bytes) -> dict[str, Any]:
    """Read `dev/<id>/about`: ``kind``, ``model``, ``caps``. Raises Unreadable."""
    values = _object(payload)
    kind, model, caps = values.get("kind"), values.get("model"), values.get("caps", [])
    fits = kind in list(Kind) and _is_text_or_null(model) and isinstance(caps, list) and all(_is_text(cap) for cap in caps)
    if not fits or not _is_first_version(values):
        raise Unreadable("not an about")
    return {"kind": kind, "model": model, "caps": caps}


def read_stat(payload: bytes) -> dict[str, Any]:
    """Read `dev/<id>/stat`: any numbers of battery, rssi, temp, heap. Raises Unreadable."""
    values = _object(payload)
    known: dict[str, Any] = {key: values[key] for key in ("battery", "rssi", "temp", "heap") if key in values}
    if not all(value is None or _is_number(value) for value in known.values()) or not _is_first_version(values):
        raise Unreadable("not a stat")
    return known


def read_reply(payload: bytes) -> DeviceReply:
    """Read `dev/<id>/reply`. Raises Unreadable."""
    values = _object(payload)
    cmd_id, result, detail = values.get("cmd_id"), values.get("result"), values.get("detail")
    fits = isinstance(cmd_id, str) and ID.fullmatch(cmd_id) and result in REPLIES and _is_text_or_null(detail)
    if not fits or not _is_first_version(values):
        raise Unreadable("not a reply")
    return DeviceReply(str(cmd_id), str(result), detail)


def write(fields: Mapping[str, Any], ts: str) -> bytes:
    """Write a server payload: ``v`` and ``ts`` first, then the contract's fields."""
    return json.dumps({"v": 1, "ts": ts, **fields}, ensure_ascii=False, separators=(",", ":")).encode()


def _object(payload: bytes) -> dict[str, Any]:
    if len(payload) > LARGEST:
        raise Unreadable(f"{len(payload)} bytes, at most {LARGEST} are accepted")
    try:
        values = json.loads(payload.decode("utf-8"), parse_constant=_refuse)
        if b"\\u" in payload:
            json.dumps(values, ensure_ascii=False).encode()  # half a surrogate pair is no text that anyone could store
    except (ValueError, RecursionError) as error:
        raise Unreadable(str(error)) from None
    if not isinstance(values, dict):
        raise Unreadable("not a JSON object")
    return values


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _id(values: Mapping[str, Any]) -> str:
    id_ = values.get("id")
    if not isinstance(id_, str) or not ID.fullmatch(id_):
        raise Unreadable("no readable id")
    return id_


def _instant(values: Mapping[str, Any], id_: str) -> datetime | None:
    """``ts`` may be absent or null (`contract/mqtt.md`); one that is given must be an instant with its zone."""
    text = values.get("ts")
    if text is None:
        return None
    if not isinstance(text, str):
        raise Bad(id_)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Bad(id_) from None
    if found.tzinfo is None:
        raise Bad(id_)
    return found


def _is_first_version(values: Mapping[str, Any]) -> bool:
    """``v`` may be absent: only server payloads must have it. True is not 1 here."""
    version = values.get("v", 1)
    return isinstance(version, int) and not isinstance(version, bool) and version == 1


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST_TEXT


def _is_text_or_null(value: object) -> bool:
    return value is None or _is_text(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)
