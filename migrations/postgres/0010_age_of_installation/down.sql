ALTER TABLE controller DROP COLUMN created_at;
