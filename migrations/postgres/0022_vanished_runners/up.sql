-- Runners that vanished when they were ready and counted as made in vain. The forge may tell later which job they had.
CREATE TABLE vanished_runners (
    name TEXT NOT NULL PRIMARY KEY,
    pool_id TEXT NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    made_for BIGINT,
    vanished_at BIGINT NOT NULL
);
CREATE INDEX vanished_runners_vanished_at ON vanished_runners (vanished_at);
CREATE INDEX vanished_runners_pool_id ON vanished_runners (pool_id);
