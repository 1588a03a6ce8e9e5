-- Emergency slips that were printed: the last number of each letter. The shadow of `block.printed`.
CREATE TABLE block (
    letter TEXT PRIMARY KEY,
    last INTEGER NOT NULL
) WITHOUT ROWID;

-- What the clerks did today is counted from the last opening of a day on.
CREATE INDEX journal_days ON journal (epoch, seq) WHERE type = 'day.opened';
