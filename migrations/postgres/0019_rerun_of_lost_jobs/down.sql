ALTER TABLE pools DROP COLUMN rerun_lost;
ALTER TABLE entities DROP COLUMN rerun_lost_per_day;
ALTER TABLE entities DROP COLUMN rerun_lost;
DROP TABLE job_losses;
