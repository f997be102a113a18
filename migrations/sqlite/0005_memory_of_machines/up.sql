-- Which machines of a pool were of use, and which were made for a job in vain: rows of runners go, and take that with them.
-- These are tables of their own, so that they are locked after the rows of pools, jobs and runners, whichever of those came first.
CREATE TABLE pool_memory (
    pool_id TEXT NOT NULL PRIMARY KEY REFERENCES pools (id) ON DELETE CASCADE,
    memory TEXT NOT NULL
);
CREATE TABLE job_memory (
    job_id BIGINT NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    memory TEXT NOT NULL
);
-- Whether a runner took a job, or connected and stayed. Those that have a job, or had one, are known.
ALTER TABLE runners ADD COLUMN proven BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE runners SET proven = TRUE WHERE job_id IS NOT NULL OR runner_status = 'active';
