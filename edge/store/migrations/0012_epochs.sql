-- Lines that the national server's new epoch took out of the journal: evidence of what this box had said in the old one. They are said again in the
-- new epoch. A line may leave the journal only once it lies here.
CREATE TABLE journal_superseded (
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
    by_epoch INTEGER NOT NULL,
    PRIMARY KEY (by_epoch, epoch, seq)
) WITHOUT ROWID;
CREATE INDEX superseded_places ON journal_superseded (epoch, seq, hash);

CREATE TRIGGER superseded_keeps_lines BEFORE DELETE ON journal_superseded
BEGIN SELECT RAISE(ABORT, 'superseded lines are never deleted'); END;

CREATE TRIGGER superseded_keeps_places BEFORE INSERT ON journal_superseded
WHEN EXISTS (SELECT 1 FROM journal_superseded WHERE (by_epoch, epoch, seq) = (NEW.by_epoch, NEW.epoch, NEW.seq))
BEGIN SELECT RAISE(ABORT, 'superseded lines are never replaced'); END;

CREATE TRIGGER superseded_keeps_words BEFORE UPDATE ON journal_superseded
WHEN NEW.payload IS NOT NULL OR NEW.salt IS NOT NULL
    OR (NEW.epoch, NEW.seq, NEW.id, NEW.type, NEW.schema, NEW.at, NEW.clock, NEW.actor, NEW.centre, NEW.prev_hash, NEW.payload_hash, NEW.hash)
    IS NOT (OLD.epoch, OLD.seq, OLD.id, OLD.type, OLD.schema, OLD.at, OLD.clock, OLD.actor, OLD.centre, OLD.prev_hash, OLD.payload_hash, OLD.hash)
BEGIN SELECT RAISE(ABORT, 'superseded lines are never rewritten'); END;

DROP TRIGGER journal_keeps_lines;
CREATE TRIGGER journal_keeps_lines BEFORE DELETE ON journal
WHEN NOT EXISTS (
    SELECT 1 FROM journal_superseded
    WHERE (epoch, seq, hash) = (OLD.epoch, OLD.seq, OLD.hash) AND payload IS OLD.payload AND salt IS OLD.salt
)
BEGIN SELECT RAISE(ABORT, 'journal lines are never deleted'); END;

-- Where the epochs begin: the lineage that each hello tells.
CREATE INDEX journal_epochs ON journal (epoch, seq) WHERE type = 'epoch.started';

-- Lines of the national server on their way into the journal; nobody reads them for a decision.
CREATE TABLE journal_staged (
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
CREATE INDEX journal_staged_id ON journal_staged (id);

-- Two boxes that were one may have given one number twice; both people stand in the hall.
DROP INDEX ticket_number;
CREATE INDEX ticket_number ON ticket (day, number);

-- Operational: how far the national server has come. Values are JSON.
CREATE TABLE sync_state (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE sync_receipt (
    number INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    hash TEXT NOT NULL,
    at TEXT NOT NULL,
    receipt TEXT NOT NULL
);
