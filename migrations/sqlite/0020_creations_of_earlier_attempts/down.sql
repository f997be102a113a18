ALTER TABLE runner_creations DROP COLUMN earlier_deadline;
ALTER TABLE runner_creations RENAME TO runner_versions;
