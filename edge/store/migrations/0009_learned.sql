-- What the hall learned of itself, from the tickets that this release and later ones issue; and what their estimates were.
CREATE TABLE learned (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
ALTER TABLE ticket ADD COLUMN cell TEXT;
ALTER TABLE ticket ADD COLUMN expected INTEGER;
ALTER TABLE ticket ADD COLUMN earliest INTEGER;
ALTER TABLE ticket ADD COLUMN latest INTEGER;
ALTER TABLE ticket ADD COLUMN called_tick INTEGER;
ALTER TABLE ticket ADD COLUMN raised INTEGER NOT NULL DEFAULT 0;
