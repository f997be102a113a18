-- Jobs that lost their machine while they ran: the evidence, and how far running them again has come.
CREATE TABLE job_losses (
    job_id BIGINT NOT NULL PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    -- Whose machine it was.
    entity_id TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    run_id BIGINT NOT NULL,
    is_open BOOLEAN NOT NULL,
    -- When the forge was asked to run the job again; NULL = it was not.
    asked_at BIGINT,
    -- The attempt of the run that this began; 0 = none so far.
    attempt BIGINT NOT NULL,
    loss TEXT NOT NULL
);
CREATE INDEX job_losses_of_entity ON job_losses (entity_id, is_open);
CREATE INDEX job_losses_of_run ON job_losses (run_id);
-- How often one job of a run is run again, and how many jobs of the entity in a day. Off.
ALTER TABLE entities ADD COLUMN rerun_lost BIGINT NOT NULL DEFAULT 0;
ALTER TABLE entities ADD COLUMN rerun_lost_per_day BIGINT NOT NULL DEFAULT 100;
-- NULL = as the entity says.
ALTER TABLE pools ADD COLUMN rerun_lost BIGINT;
