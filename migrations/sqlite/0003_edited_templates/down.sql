ALTER TABLE templates DROP COLUMN edited;
