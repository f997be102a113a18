-- The end of the install log that a machine sent when it failed, until its runner is gone.
CREATE TABLE install_logs (
    runner_id TEXT NOT NULL PRIMARY KEY REFERENCES runners (id) ON DELETE CASCADE,
    log TEXT NOT NULL
);
-- What is kept of runners that failed, after their machines are gone. Old ones go when new ones come.
CREATE TABLE autopsies (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    runner_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    pool_id TEXT NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    entity_id TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    provider TEXT NOT NULL,
    provider_id TEXT,
    made_for BIGINT,
    cause TEXT NOT NULL,
    reason TEXT NOT NULL,
    fault TEXT NOT NULL,
    messages TEXT NOT NULL,
    log TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    failed_at BIGINT NOT NULL
);
CREATE INDEX autopsies_pool ON autopsies (pool_id, id);
CREATE INDEX autopsies_entity ON autopsies (entity_id, id);
CREATE INDEX autopsies_name ON autopsies (name);
CREATE INDEX autopsies_failed ON autopsies (failed_at);
-- How long the machine of a runner that failed is held for a look, in seconds; 0 = not. Until when one is held stands in the reason of its runner.
ALTER TABLE pools ADD COLUMN keep_failed BIGINT NOT NULL DEFAULT 0;
