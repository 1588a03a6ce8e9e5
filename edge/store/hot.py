"""The named SQL of issue, press and call, run on the bare APSW connection (peewee's own path costs about 0.4 ms for three statements)."""

from edge.queueing.chain import Envelope
from edge.store.rows import BOOKING_COLUMNS, NATIONAL_COLUMNS, SLOT_COLUMNS, TICKET_COLUMNS


def _upsert(table: str, columns: tuple[str, ...], keys: int = 1) -> str:
    quoted = [f'"{column}"' for column in columns]
    values = ",".join("?" * len(columns))
    updates = ",".join(f"{column}=excluded.{column}" for column in quoted[keys:])
    return f"INSERT INTO {table} ({','.join(quoted)}) VALUES ({values}) ON CONFLICT ({','.join(quoted[:keys])}) DO UPDATE SET {updates}"


ENVELOPE_COLUMNS = tuple(Envelope.__dataclass_fields__)
DESK_COLUMNS = ("desk", "state", "reason", "ticket", "run", "free_since", "last_move")
DEVICE_COLUMNS = ("device", "kind", "desk", "zone", "services", "generation", "active", "family", "address")
ALERT_COLUMNS = ("alert", "what", "about", "detail", "since", "raised")
MEMBER_COLUMNS = ("pseudonym", "login", "role", "active")

BEGIN = "BEGIN IMMEDIATE"
HEAD = "SELECT epoch, seq, hash FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1"
APPEND = f"INSERT INTO journal ({','.join(ENVELOPE_COLUMNS)}) VALUES ({','.join('?' * len(ENVELOPE_COLUMNS))})"
PUT_HALL = _upsert("hall", ("one", "applied", "tick", "day", "issued", "counters", "epoch"))
PUT_TICKET = _upsert("ticket", TICKET_COLUMNS)
RENAME_DAY = "UPDATE ticket SET day = ? WHERE day = ?"
PUT_DESK = _upsert("desk", DESK_COLUMNS)
PUT_DEVICE = _upsert("device", DEVICE_COLUMNS)
PUT_ALERT = _upsert("alert", ALERT_COLUMNS)
PUT_MEMBER = _upsert("member", MEMBER_COLUMNS)
PUT_BOOKING = _upsert("booking", BOOKING_COLUMNS)
PUT_SLOT = _upsert("slot", SLOT_COLUMNS)
PUT_BLOCK = _upsert("block", ("letter", "last"))
PUT_SETTING = _upsert("setting", ("key", "value"))
PUT_NATIONAL = _upsert("national_item", NATIONAL_COLUMNS)
PUT_LESSON = _upsert("learned", ("key", "value"))
RECALL = "SELECT digest, answer FROM remembered WHERE scope = ? AND key = ?"
REMEMBER = "INSERT INTO remembered (scope, key, digest, answer, at) VALUES (?, ?, ?, ?, ?)"
NEWEST_KEY = "SELECT key FROM remembered WHERE scope = ? ORDER BY at DESC, length(key) DESC, key DESC LIMIT 1"
UNSTAMP = "UPDATE box SET copied_at = NULL"
PROBE = "INSERT INTO probe (one, at) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET at = excluded.at"
KEEP_CONTACT = _upsert("contact", ("ticket", "sealed", "until"))
ERASE_CONTACTS = "DELETE FROM contact WHERE until IS NULL OR until <= ?"
CONTACTS_OF = "SELECT ticket, sealed FROM contact WHERE ticket IN (SELECT value FROM json_each(?))"
ERASE_CONTACT = "DELETE FROM contact WHERE ticket = ?"
MOVE_CONTACT = "UPDATE contact SET until = ? WHERE ticket = ?"
FORGET = "DELETE FROM remembered WHERE at < ?"

_BOOKINGS = ",".join(f'"{column}"' for column in BOOKING_COLUMNS)
OPEN_BOOKINGS = f"SELECT {_BOOKINGS} FROM booking WHERE over = 0"
BOOKINGS_OF_CODE = f"SELECT {_BOOKINGS} FROM booking WHERE code = ? ORDER BY start DESC, id DESC LIMIT 1"
ONE_BOOKING = f"SELECT {_BOOKINGS} FROM booking WHERE id = ?"
OPEN_SLOTS = f"SELECT {','.join(SLOT_COLUMNS)} FROM slot WHERE over = 0"
OVERSPENT = """
    SELECT slot FROM slot, json_each(slot.rights) AS own WHERE slot IN (SELECT value FROM json_each(?)) AND CAST(own.key AS INTEGER) = ?
        AND json_extract(own.value, '$[0]') - json_extract(own.value, '$[1]') < json_extract(own.value, '$[2]') - json_extract(own.value, '$[3]')
"""
SHOWS = "SELECT service, sum(state = 'checked-in'), sum(state = 'no-show') FROM booking WHERE state IN ('checked-in', 'no-show') GROUP BY service"
_TICKETS = ",".join(f'"{column}"' for column in TICKET_COLUMNS)
GET_HALL = "SELECT applied, tick, day, issued, counters, epoch FROM hall"
OPEN_TICKETS = f"SELECT {_TICKETS} FROM ticket WHERE state NOT IN ('finished', 'cancelled') ORDER BY \"order\""
ONE_TICKET = f"SELECT {_TICKETS} FROM ticket WHERE id = ?"
TICKET_KNOWN = "SELECT 1 FROM ticket WHERE id = ?1 UNION ALL SELECT 1 FROM ticket WHERE day = ?2 AND number = ?1 LIMIT 1"
NUMBERS_OF = 'SELECT number FROM ticket WHERE day = ? AND "order" > ? AND "order" <= ? ORDER BY "order"'
GET_DESKS = f"SELECT {','.join(DESK_COLUMNS)} FROM desk"
GET_DEVICES = f"SELECT {','.join(DEVICE_COLUMNS)} FROM device"
GET_ALERTS = f"SELECT {','.join(ALERT_COLUMNS)} FROM alert WHERE raised"
GET_MEMBERS = f"SELECT {','.join(MEMBER_COLUMNS)} FROM member"
GET_BLOCKS = "SELECT letter, last FROM block"
GET_SETTINGS = "SELECT key, value FROM setting"
OVERLAID = "SELECT item, payload FROM national_item WHERE kind IN ('service', 'calendar', 'notice') AND deleted = 0 AND payload IS NOT NULL"
NATIONAL_VERSION = "SELECT version FROM national_item WHERE item = ?"
NATIONAL_LIVE = f"SELECT {','.join(NATIONAL_COLUMNS)} FROM national_item WHERE deleted = 0 ORDER BY item"
EARLY_GRANTS = f"""
    SELECT {",".join(NATIONAL_COLUMNS)} FROM national_item
    WHERE kind = 'slot_grant' AND deleted = 0 AND refused IS NULL AND payload IS NOT NULL AND json_extract(payload, '$.epoch') = ? ORDER BY item
"""
ONE_NATIONAL = f"SELECT {','.join(NATIONAL_COLUMNS)} FROM national_item WHERE item = ?"
GET_LESSONS = "SELECT key, value FROM learned"
DESK_CHANGES = """
    SELECT json_extract(payload, '$.desk'), at FROM journal
    WHERE type IN ('desk.opened', 'desk.paused', 'desk.closed') AND payload IS NOT NULL ORDER BY epoch DESC, seq DESC LIMIT ?
"""
ACTS_TODAY = """
    WITH today AS (
        SELECT id, type, actor, payload FROM journal
        WHERE payload IS NOT NULL AND type IN ('ticket.called', 'ticket.category', 'ticket.undone') AND (epoch, seq) >
            (SELECT epoch, seq FROM journal WHERE type = 'day.opened' ORDER BY epoch DESC, seq DESC LIMIT 1)
    )
    SELECT actor, CASE WHEN type = 'ticket.called' THEN iif(json_extract(payload, '$.why') = 'manual', 'picked', 'called')
        ELSE iif(json_extract(payload, '$.confirmed'), 'confirmed', 'refused') END
    FROM today WHERE type != 'ticket.undone' AND id NOT IN (SELECT json_extract(payload, '$.event') FROM today WHERE type = 'ticket.undone')
"""
LINES = f"SELECT {','.join(ENVELOPE_COLUMNS)} FROM journal WHERE (epoch, seq) > (?, ?) ORDER BY epoch, seq LIMIT ?"
LAST_CLOSED_DAY = """
    SELECT json_extract(payload, '$.day') FROM journal WHERE type = 'day.closed' AND payload IS NOT NULL ORDER BY epoch DESC, seq DESC LIMIT 1
"""
NEWEST_CLOCKS = "SELECT type, at, clock FROM journal ORDER BY epoch DESC, seq DESC LIMIT 1000"
LAST_TICK = """
    SELECT json_extract(payload, '$.tick'), at, clock FROM journal
    WHERE payload IS NOT NULL AND json_extract(payload, '$.tick') IS NOT NULL
    ORDER BY epoch DESC, seq DESC LIMIT 1
"""
