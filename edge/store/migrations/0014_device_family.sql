-- Buttons that speak their maker's language: whose, and under which topics; NULL for devices that speak ours.
ALTER TABLE device ADD COLUMN family TEXT;
ALTER TABLE device ADD COLUMN address TEXT;
