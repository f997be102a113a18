-- The version of the runner software that was handed out for a machine, and the one that the forge says the runner has.
CREATE TABLE runner_versions (
    runner_id TEXT NOT NULL PRIMARY KEY REFERENCES runners (id) ON DELETE CASCADE,
    offered TEXT,
    reported TEXT
);
-- The versions that the forge offers to the runners of the entity, and what the forge says about the end of those in use; JSON.
ALTER TABLE tools ADD COLUMN versions TEXT NOT NULL DEFAULT '{}';
