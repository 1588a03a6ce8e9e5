-- What is or was wrong with the equipment: the shadow of `alert.raised` and `alert.cleared`. A cleared one stays, with raised = 0.
CREATE TABLE alert (
    alert TEXT PRIMARY KEY,
    what TEXT NOT NULL,
    about TEXT,
    detail TEXT,
    since TEXT NOT NULL,
    raised INTEGER NOT NULL
) WITHOUT ROWID;
