-- Jobs that no pool fits are kept, too. matched_at says since when a pool fits, in microseconds since 1970; 0 = none did so far. What was stored before
-- this was stored because a pool fitted.
ALTER TABLE jobs ADD COLUMN matched_at BIGINT NOT NULL DEFAULT 0;
UPDATE jobs SET matched_at = CASE WHEN created_at > 0 THEN created_at ELSE 1 END;
-- Which attempt of its workflow run the job belongs to; 0 = the forge does not say.
ALTER TABLE jobs ADD COLUMN run_attempt BIGINT NOT NULL DEFAULT 0;
-- A plan reads the jobs that a pool fits, however many others are kept.
DROP INDEX jobs_status;
DROP INDEX jobs_repository;
DROP INDEX jobs_organization;
DROP INDEX jobs_enterprise;
DROP INDEX jobs_instance;
CREATE INDEX jobs_status ON jobs (status, matched_at);
CREATE INDEX jobs_repository ON jobs (repository_id, status, matched_at);
CREATE INDEX jobs_organization ON jobs (organization_id, status, matched_at);
CREATE INDEX jobs_enterprise ON jobs (enterprise_id, status, matched_at);
CREATE INDEX jobs_instance ON jobs (instance_id, status, matched_at);
-- Kept jobs are deleted after a day.
CREATE INDEX jobs_unmatched ON jobs (created_at) WHERE matched_at = 0;
