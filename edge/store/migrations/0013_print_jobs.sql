-- Operational: tickets on their way to paper, in no journal and no shadow; what failed and what was printed again is an event.
-- One row for a ticket and a copy of it, so that asking twice prints once. Old rows are dropped once an hour.
CREATE TABLE print_job (
    job INTEGER PRIMARY KEY,
    ticket TEXT NOT NULL,
    copy INTEGER NOT NULL,
    printer TEXT NOT NULL,
    address TEXT,
    state TEXT NOT NULL,
    why TEXT,
    asked_at TEXT NOT NULL,
    ended_at TEXT
);
CREATE UNIQUE INDEX print_job_once ON print_job (ticket, copy);
CREATE INDEX print_job_open ON print_job (printer, job) WHERE ended_at IS NULL;
