-- The history of the settings is read from the journal without walking over a year of tickets.
CREATE INDEX journal_settings ON journal (epoch, seq) WHERE type = 'setting.changed';
