-- Of several rows with one number the oldest stays.
DELETE FROM jobs WHERE EXISTS (
    SELECT 1 FROM jobs AS older WHERE older.endpoint = jobs.endpoint AND older.workflow_job_id = jobs.workflow_job_id AND older.id < jobs.id
);
DROP INDEX jobs_at_forge;
CREATE UNIQUE INDEX jobs_at_forge ON jobs (endpoint, workflow_job_id);
ALTER TABLE jobs DROP COLUMN repository_number;
