-- The national side, as far as the journal tells it: the newest version of every item of its feed, who may change a booking, and the epoch.
CREATE TABLE national_item (
    item TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    deleted INTEGER NOT NULL,
    payload TEXT,
    custody TEXT,
    refused TEXT
) WITHOUT ROWID;
CREATE INDEX national_kind ON national_item (kind, key);

ALTER TABLE booking ADD COLUMN custody TEXT NOT NULL DEFAULT 'edge';
ALTER TABLE hall ADD COLUMN epoch INTEGER NOT NULL DEFAULT 1;
