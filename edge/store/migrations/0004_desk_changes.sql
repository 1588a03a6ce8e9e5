-- Since when each desk is open, paused or closed is read from the journal without walking over a year of tickets.
CREATE INDEX journal_desks ON journal (epoch, seq) WHERE type IN ('desk.opened', 'desk.paused', 'desk.closed');
