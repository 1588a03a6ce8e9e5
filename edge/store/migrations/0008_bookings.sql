-- The shadow of bookings, and of what was sold of each slot: `rights` is {epoch: [granted, returned, sold, released]} (`contract/national.md`).
CREATE TABLE booking (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL,
    service TEXT NOT NULL,
    slot TEXT NOT NULL,
    start TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    person TEXT NOT NULL,
    lang TEXT NOT NULL,
    state TEXT NOT NULL,
    "right" TEXT NOT NULL,
    right_epoch INTEGER,
    ticket TEXT,
    over INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX booking_code ON booking (code);
CREATE INDEX booking_start ON booking (start);
CREATE INDEX booking_open ON booking (id) WHERE over = 0;
CREATE INDEX booking_kept ON booking (service, state);

CREATE TABLE slot (
    slot TEXT PRIMARY KEY,
    service TEXT NOT NULL,
    start TEXT NOT NULL,
    minutes INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    rights TEXT NOT NULL,
    national_sold INTEGER NOT NULL,
    national_released INTEGER NOT NULL,
    over INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX slot_open ON slot (slot) WHERE over = 0;

-- How to reach who booked: kept until the day of the appointment is over, not only today's.
ALTER TABLE contact ADD COLUMN until TEXT;
