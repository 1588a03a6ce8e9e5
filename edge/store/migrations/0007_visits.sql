-- Visits of several services, returns to several desks, and what a call's first moment says. A last move that is written keeps its columns.
ALTER TABLE ticket ADD COLUMN visit TEXT;
ALTER TABLE ticket ADD COLUMN steps TEXT NOT NULL DEFAULT '[]';
ALTER TABLE ticket ADD COLUMN step INTEGER NOT NULL DEFAULT 0;
ALTER TABLE ticket ADD COLUMN returns TEXT NOT NULL DEFAULT '[]';
ALTER TABLE ticket ADD COLUMN absent_until INTEGER;
ALTER TABLE ticket ADD COLUMN first_call INTEGER;
