ALTER TABLE runners DROP COLUMN proven;
DROP TABLE job_memory;
DROP TABLE pool_memory;
