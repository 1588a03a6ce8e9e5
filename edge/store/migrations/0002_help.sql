-- Operational: which devices have a visitor who called for help, and since when. Gone once somebody answered.
CREATE TABLE help (
    device TEXT PRIMARY KEY,
    since TEXT NOT NULL
) WITHOUT ROWID;
