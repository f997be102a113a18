-- A job belongs to its repository, and so does its number: what the hook of one repository tells of a number is nothing about the same number in
-- another. NULL = the forge's number of the repository is not known.
ALTER TABLE jobs ADD COLUMN repository_number BIGINT;
UPDATE jobs SET repository_number = (SELECT forge_number FROM entities WHERE entities.id = jobs.repository_id);
DROP INDEX jobs_at_forge;
CREATE UNIQUE INDEX jobs_at_forge
    ON jobs (endpoint, workflow_job_id, lower(repository_owner), lower(repository_name), COALESCE(repository_number, 0));
