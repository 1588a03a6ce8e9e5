-- What this file is. `copied_at`: it is a backup made then; the server that finds this set was restored, and says so in the journal.
CREATE TABLE box (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    copied_at TEXT
);
INSERT INTO box (one) VALUES (1);
