ALTER TABLE tools DROP COLUMN versions;
DROP TABLE runner_versions;
