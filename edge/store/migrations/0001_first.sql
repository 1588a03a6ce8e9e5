-- The journal: the truth. Append-only; the one legal change is erasing a payload together with its salt.
CREATE TABLE journal (
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    id TEXT NOT NULL,
    type TEXT NOT NULL,
    schema INTEGER NOT NULL,
    at TEXT NOT NULL,
    clock TEXT NOT NULL,
    actor TEXT NOT NULL,
    centre TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    salt TEXT,
    payload_hash TEXT NOT NULL,
    payload TEXT,
    hash TEXT NOT NULL,
    PRIMARY KEY (epoch, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX journal_id ON journal (epoch, id);

CREATE TRIGGER journal_keeps_lines BEFORE DELETE ON journal
BEGIN SELECT RAISE(ABORT, 'journal lines are never deleted'); END;

-- INSERT OR REPLACE asks no delete trigger.
CREATE TRIGGER journal_keeps_places BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE (epoch, seq) = (NEW.epoch, NEW.seq) OR (epoch, id) = (NEW.epoch, NEW.id))
BEGIN SELECT RAISE(ABORT, 'journal lines are never replaced'); END;

CREATE TRIGGER journal_keeps_words BEFORE UPDATE ON journal
WHEN NEW.payload IS NOT NULL OR NEW.salt IS NOT NULL
    OR (NEW.epoch, NEW.seq, NEW.id, NEW.type, NEW.schema, NEW.at, NEW.clock, NEW.actor, NEW.centre, NEW.prev_hash, NEW.payload_hash, NEW.hash)
    IS NOT (OLD.epoch, OLD.seq, OLD.id, OLD.type, OLD.schema, OLD.at, OLD.clock, OLD.actor, OLD.centre, OLD.prev_hash, OLD.payload_hash, OLD.hash)
BEGIN SELECT RAISE(ABORT, 'journal lines are never rewritten'); END;

-- The shadow of the journal: what evolve returned, and nothing else.
CREATE TABLE hall (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    applied INTEGER NOT NULL,
    tick INTEGER NOT NULL,
    day TEXT,
    issued INTEGER NOT NULL,
    counters TEXT NOT NULL
);

CREATE TABLE ticket (
    id TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    day TEXT NOT NULL,
    "order" INTEGER NOT NULL,
    service TEXT NOT NULL,
    category TEXT,
    lang TEXT NOT NULL,
    via TEXT NOT NULL,
    state TEXT NOT NULL,
    arrival INTEGER NOT NULL,
    base INTEGER NOT NULL,
    issued_at TEXT NOT NULL,
    state_at TEXT NOT NULL,
    last_event TEXT NOT NULL,
    confirmed INTEGER,
    booking TEXT,
    booked TEXT,
    returned INTEGER NOT NULL,
    transferred INTEGER NOT NULL,
    ready_at INTEGER NOT NULL,
    to_desk TEXT,
    return_to TEXT,
    desk TEXT,
    why TEXT,
    called_at TEXT,
    shown INTEGER NOT NULL,
    recalls INTEGER NOT NULL,
    held_tick INTEGER,
    held_until INTEGER,
    outcome TEXT,
    inaccurate INTEGER NOT NULL,
    promise TEXT,
    promise_from TEXT,
    promise_to TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX ticket_number ON ticket (day, number);
CREATE INDEX ticket_open ON ticket (id) WHERE state NOT IN ('finished', 'cancelled');

CREATE TABLE desk (
    desk TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    reason TEXT,
    ticket TEXT,
    run INTEGER NOT NULL,
    free_since INTEGER NOT NULL,
    last_move TEXT
) WITHOUT ROWID;

CREATE TABLE device (
    device TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    desk TEXT,
    zone TEXT,
    services TEXT,
    generation INTEGER NOT NULL,
    active INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE member (
    pseudonym TEXT PRIMARY KEY,
    login TEXT NOT NULL,
    role TEXT NOT NULL,
    active INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE setting (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- Operational: local, in no journal, never replayed.
CREATE TABLE remembered (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    digest TEXT NOT NULL,
    answer TEXT NOT NULL,
    at TEXT NOT NULL,
    PRIMARY KEY (scope, key)
) WITHOUT ROWID;
CREATE INDEX remembered_at ON remembered (at);

CREATE TABLE probe (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    at TEXT NOT NULL
);

CREATE TABLE contact (
    ticket TEXT PRIMARY KEY,
    sealed BLOB NOT NULL
) WITHOUT ROWID;

CREATE TABLE verifier (
    pseudonym TEXT PRIMARY KEY,
    password TEXT,
    pin TEXT
) WITHOUT ROWID;

CREATE TABLE session (
    token TEXT PRIMARY KEY,
    pseudonym TEXT NOT NULL,
    desk TEXT,
    expires TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE presence (
    device TEXT PRIMARY KEY,
    state TEXT,
    boot_id TEXT,
    fw TEXT,
    seen_at TEXT,
    about TEXT,
    stat TEXT
) WITHOUT ROWID;
