-- A shipped template that somebody edited stays as it is when a newer program ships another text.
ALTER TABLE templates ADD COLUMN edited BOOLEAN NOT NULL DEFAULT FALSE;
