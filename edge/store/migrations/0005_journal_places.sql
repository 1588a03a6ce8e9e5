-- The trigger of 0001 asked with OR, for which SQLite walks through the whole epoch at each insert; two look-ups find the same.
DROP TRIGGER journal_keeps_places;
CREATE TRIGGER journal_keeps_places BEFORE INSERT ON journal
WHEN EXISTS (SELECT 1 FROM journal WHERE (epoch, seq) = (NEW.epoch, NEW.seq) UNION ALL SELECT 1 FROM journal WHERE (epoch, id) = (NEW.epoch, NEW.id))
BEGIN SELECT RAISE(ABORT, 'journal lines are never replaced'); END;
