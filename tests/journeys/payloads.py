"""The topic table of the MQTT contract as data: who publishes, QoS, retain flag, expiry, and a JSON Schema of each payload.

Written from the contract's text, not from the code; a field more or less is a deviation.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

Schema = dict[str, Any]

SERVICE_WHY = ["closed", "lunch", "full", "cut-off", "appointment-only", "not-yet", "emergency", "unknown", None]
CALL_WHY = ["order", "booked", "late", "category", "run-cap", "returned", "transfer", "early", "manual", None]
ACK_RESULTS = ["called", "recalled", "finished", "no-show", "ok", "dup", "empty", "busy", "stale", "denied", "bad"]
LANGS = ["ky", "ru", "kk", "en"]


def one_of(*values: object) -> Schema:
    """Any of these very values."""
    return {"enum": list(values)}


def fields(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """An object of exactly these fields."""
    return {
        "type": "object",
        "required": sorted(required),
        "properties": {**required, **(optional or {})},
        "additionalProperties": False,
    }


def or_null(schema: Schema) -> Schema:
    """The schema, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def listed(schema: Schema, most: int | None = None) -> Schema:
    """A list of such values."""
    return {"type": "array", "items": schema, **({"maxItems": most} if most is not None else {})}


TEXT: Schema = {"type": "string", "minLength": 1}
TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
NUMBER: Schema = {"type": "string", "pattern": "^[A-Z]{1,2}[0-9]{3,4}$"}
ID: Schema = {"type": "string", "pattern": "^[a-z0-9-]{1,32}$"}
COUNT: Schema = {"type": "integer", "minimum": 0}
PERCENT: Schema = or_null({"type": "integer", "minimum": 0, "maximum": 100})
PROMISE: Schema = one_of("guaranteed", "standby", "none", None)
NAMES: Schema = {"type": "object", "propertyNames": {"enum": LANGS}, "additionalProperties": {"type": "string"}}
SYNC: Schema = fields({"state": one_of("off", "idle", "catching-up", "blocked"), "pending": COUNT, "since": or_null(TIME)})

HEAD: dict[str, Schema] = {"v": {"const": 1}, "ts": TIME}
SHOWN: dict[str, Schema] = {"rev": COUNT, "boot_id": TEXT}

DESK_TICKET: Schema = or_null(fields({"number": NUMBER, "state": one_of("called", "serving"), "since": TIME, "why": {"enum": CALL_WHY}}))
DESK_STATE: dict[str, Schema] = {
    **SHOWN,
    "desk": ID,
    "state": one_of("closed", "open", "paused"),
    "ticket": DESK_TICKET,
    "waiting": COUNT,
}
BOARD_STATE: dict[str, Schema] = {
    **SHOWN,
    "mode": one_of("open", "paused", "closed"),
    "now": listed(fields({"ticket": NUMBER, "desk": ID, "since": TIME, "reason": {"enum": CALL_WHY}})),
    "next": listed(NUMBER, most=10),
    "notice": NAMES,
}
SERVICE_STATE: Schema = fields(
    {
        "code": ID,
        "open": {"type": "boolean"},
        "mode": one_of("walk-in", "mixed", "appointment-only"),
        "promise": PROMISE,
        "from": or_null(TIME),
        "to": or_null(TIME),
        "why": {"enum": SERVICE_WHY},
    }
)
HEADLESS_TICKET: Schema = fields({"number": NUMBER, "ahead": COUNT, "from": or_null(TIME), "to": or_null(TIME), "promise": PROMISE})

SRV_STATUS: Schema = {
    "oneOf": [
        fields({**HEAD, "state": {"const": "offline"}, "boot_id": TEXT}),
        fields({**HEAD, "state": {"const": "online"}, "boot_id": TEXT, "version": TEXT, "clock_ok": {"type": "boolean"}, "sync": SYNC}),
    ]
}
SRV_TIME: Schema = fields({**HEAD, "epoch_ms": COUNT, "tz": TEXT, "ok": {"type": "boolean"}})
ACK: Schema = {
    **fields(
        {
            **HEAD,
            "event_id": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
            "result": {"enum": ACK_RESULTS},
            "ticket": or_null(NUMBER),
            "led": one_of("off", "blink", "steady"),
        },
        {"first": {"enum": [word for word in ACK_RESULTS if word not in ("dup", "busy", "bad")]}},
    ),
    "if": {"properties": {"result": {"const": "dup"}}},
    "then": {"required": ["first"]},
    "else": {"properties": {"first": False}},
}
CONFIG: Schema = fields(
    {
        **HEAD,
        **SHOWN,
        "role": one_of("button", "kiosk", "board", "desk", "led", "printer", "speaker"),
        "services": or_null(listed(ID)),
        "langs": listed({"enum": LANGS}),
        "volume": PERCENT,
        "brightness": PERCENT,
    },
    {"desk": ID, "zone": ID},
)
RENDER: Schema = fields({**HEAD, **SHOWN, "text": {"type": "string", "maxLength": 16}, "blink": {"type": "boolean"}, "colour": TEXT})
ISSUED: Schema = fields(
    {
        **HEAD,
        "request_id": {"type": "string", "pattern": "^[A-Za-z0-9._:-]{1,64}$"},
        "result": one_of("issued", "refused", "bad"),
        "ticket": or_null(HEADLESS_TICKET),
        "reason": {"enum": SERVICE_WHY},
    }
)
CALL: Schema = fields({**HEAD, "call_id": TEXT, "ticket": NUMBER, "desk": ID, "lang": {"enum": LANGS}, "audio": listed(TEXT), "repeat": COUNT})
CMD: Schema = fields({**HEAD, "cmd_id": TEXT, "op": one_of("identify", "reload", "reboot", "test-print", "re-announce"), "args": {"type": "object"}})


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the topic table. ``schema`` is None for what devices publish: they may send rubbish, and tests do."""

    topic: str
    qos: int
    retained: bool
    expiry: int | None
    schema: Schema | None

    def matches(self, topic: str) -> bool:
        """Tell whether ``topic`` is of this line; ids must be legal."""
        return re.fullmatch(re.sub(r"<\w+>", "[a-z0-9-]{1,32}", self.topic), topic) is not None


TABLE = (
    Row("q/v1/srv/status", 1, True, None, SRV_STATUS),
    Row("q/v1/srv/time", 0, False, 10, SRV_TIME),
    Row("q/v1/dev/<id>/status", 1, True, None, None),
    Row("q/v1/dev/<id>/about", 1, True, None, None),
    Row("q/v1/dev/<id>/event", 1, False, 10, None),
    Row("q/v1/dev/<id>/ack", 1, False, 10, ACK),
    Row("q/v1/dev/<id>/stat", 0, False, 120, None),
    Row("q/v1/dev/<id>/cmd", 1, False, 15, CMD),
    Row("q/v1/dev/<id>/reply", 1, False, 60, None),
    Row("q/v1/dev/<id>/config", 1, True, None, CONFIG),
    Row("q/v1/dev/<id>/render", 1, True, None, RENDER),
    Row("q/v1/dev/<id>/issue", 1, False, 30, None),
    Row("q/v1/dev/<id>/issued", 1, False, 30, ISSUED),
    Row("q/v1/board/<zone>/state", 1, True, None, fields({**HEAD, **BOARD_STATE})),
    Row("q/v1/board/<zone>/call", 1, False, 20, CALL),
    Row("q/v1/kiosk/<zone>/state", 1, True, None, fields({**HEAD, **SHOWN, "services": listed(SERVICE_STATE)})),
    Row("q/v1/desk/<desk>/state", 1, True, None, fields({**HEAD, **DESK_STATE})),
)

SLOT: Schema = fields(
    {"slot": {"type": "string", "pattern": r"^[a-z0-9-]{1,32}@\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$"}, "start": TEXT, "minutes": COUNT, "left": COUNT}
)
BOOKING: Schema = fields(
    {
        "booking": TEXT,
        "code": {"type": "string", "pattern": "^[A-HJ-M][A-HJ-NP-Z2-9]{5}$"},
        "service": ID,
        "slot": TEXT,
        "start": TEXT,
        "state": one_of("confirmed", "checked-in", "cancelled", "no-show"),
    }
)
PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "code": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
    },
}
TICKET: Schema = fields(
    {
        "id": TEXT,
        "number": NUMBER,
        "day": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"},
        "service": ID,
        "category": or_null(ID),
        "lang": {"enum": LANGS},
        "state": one_of("waiting", "called", "serving", "held", "missed", "finished", "cancelled"),
        "ahead": or_null(COUNT),
        "from": or_null(TIME),
        "to": or_null(TIME),
        "promise": PROMISE,
        "desk": or_null(ID),
        "track_url": {"type": "string", "pattern": "^/.{16,}$"},
        "issued_at": TIME,
        "called_at": or_null(TIME),
    }
)
DESK: Schema = fields({**DESK_STATE, "zone": ID, "services": listed(ID), "guard_ms": COUNT, "next": or_null(NUMBER)})
ACTED: Schema = fields({**DESK["properties"], "result": {"enum": ACK_RESULTS}})
BOARD: Schema = fields(BOARD_STATE)
SERVICES: Schema = listed(
    fields(
        {
            "code": ID,
            "parent": or_null(ID),
            "names": {**NAMES, "required": LANGS},
            "letter": or_null({"type": "string", "pattern": "^[A-Z]{1,2}$"}),
            "open": {"type": "boolean"},
            "mode": one_of("walk-in", "mixed", "appointment-only"),
            "bookable": {"type": "boolean"},
            "zones": listed(ID),
            "ahead": or_null(COUNT),
            "from": or_null(TIME),
            "to": or_null(TIME),
            "promise": PROMISE,
            "why": {"enum": SERVICE_WHY},
        }
    )
)
CATEGORIES: Schema = listed(fields({"code": ID, "names": {**NAMES, "required": LANGS}, "proof": NAMES, "proof_first": {"type": "boolean"}}))
HEALTH: Schema = fields(
    {
        "status": one_of("ok", "degraded"),
        "version": TEXT,
        "boot_id": TEXT,
        "pid": COUNT,
        "broker": {},
        "clock_ok": {"type": "boolean"},
        "bad_payloads": COUNT,
        "checks": {
            "type": "object",
            "additionalProperties": fields({"status": TEXT, "since": or_null(TIME), "detail": {"type": ["string", "null"]}}),
        },
        "sync": {"type": "object", "required": ["state", "pending", "since"]},
    }
)
SESSION: Schema = fields({"token": TEXT, "role": one_of("operator", "supervisor", "administrator", "auditor"), "expires": TIME})
MQTT_LOGIN: Schema = fields({"host": TEXT, "port": COUNT, "ws_url": TEXT, "user": ID, "password": TEXT})


def faults(schema: Schema, value: object) -> list[str]:
    """Return what is wrong with ``value``, one line each."""
    found = Draft202012Validator(schema).iter_errors(value)
    return [f"{'/'.join(map(str, error.absolute_path)) or 'value'}: {error.message}" for error in found]


def check(schema: Schema, value: object) -> Any:
    """Fail unless ``value`` is as the contract says; returns it."""
    wrong = faults(schema, value)
    assert not wrong, f"{json.dumps(value, ensure_ascii=False)[:600]}: {wrong}"
    return value
