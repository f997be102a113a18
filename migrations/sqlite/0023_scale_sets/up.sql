-- Scale sets: runners of one shape that a service of the forge assigns jobs to.
CREATE TABLE scale_sets (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    entity_id TEXT NOT NULL REFERENCES entities (id),
    -- The service's number of it, unique for each entity; NULL = not known yet.
    service_id BIGINT,
    name TEXT NOT NULL,
    runner_group TEXT NOT NULL,
    disable_update BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    extended_state TEXT NOT NULL,
    -- Its id towards providers. It stays when the name changes, because providers list machines by this id.
    pseudo_pool_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    image TEXT NOT NULL,
    flavor TEXT NOT NULL,
    os_type TEXT NOT NULL,
    os_arch TEXT NOT NULL,
    enabled BOOLEAN NOT NULL,
    max_runners BIGINT NOT NULL,
    min_idle_runners BIGINT NOT NULL,
    bootstrap_timeout BIGINT NOT NULL,
    runner_prefix TEXT NOT NULL,
    extra_specs TEXT,
    template_id BIGINT REFERENCES templates (id),
    enable_shell BOOLEAN NOT NULL,
    generation BIGINT NOT NULL,
    rotate_below BIGINT NOT NULL,
    keep_failed BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX scale_sets_name ON scale_sets (entity_id, lower(runner_group), lower(name));
CREATE UNIQUE INDEX scale_sets_service_id ON scale_sets (entity_id, service_id);
CREATE UNIQUE INDEX scale_sets_pseudo_pool_id ON scale_sets (pseudo_pool_id);

-- The labels of a scale set beside its name, in the order they were given.
CREATE TABLE scale_set_labels (
    scale_set_id BIGINT NOT NULL REFERENCES scale_sets (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    label TEXT NOT NULL,
    PRIMARY KEY (scale_set_id, position)
);
CREATE UNIQUE INDEX scale_set_labels_label ON scale_set_labels (scale_set_id, lower(label));

-- The message session of a scale set, what its service wants, and what is promised to the service.
CREATE TABLE scale_set_sessions (
    scale_set_id BIGINT NOT NULL PRIMARY KEY REFERENCES scale_sets (id) ON DELETE CASCADE,
    -- What a session needs to know after a restart, as JSON; NULL = there was none so far.
    kept TEXT,
    -- How the session stands, as JSON; NULL = as before.
    standing TEXT,
    assigned BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    is_current BOOLEAN NOT NULL,
    capacity BIGINT NOT NULL
);

-- The job of a scale set, by the service's id. The number of the scale set stays when that is gone. A job of labels has neither.
ALTER TABLE jobs ADD COLUMN scale_set_id BIGINT;
ALTER TABLE jobs ADD COLUMN service_job_id TEXT;
CREATE UNIQUE INDEX jobs_of_service ON jobs (scale_set_id, service_job_id);

-- As pool_memory.
CREATE TABLE scale_set_memory (
    scale_set_id BIGINT NOT NULL PRIMARY KEY REFERENCES scale_sets (id) ON DELETE CASCADE,
    memory TEXT NOT NULL
);

-- A runner is of a pool or of a scale set, and so is what is kept of one that is gone. A column cannot be made optional, so the column of the pool is
-- made anew under its name.
DROP INDEX runners_pool;
ALTER TABLE runners ADD COLUMN pool TEXT REFERENCES pools (id);
UPDATE runners SET pool = pool_id;
ALTER TABLE runners DROP COLUMN pool_id;
ALTER TABLE runners RENAME COLUMN pool TO pool_id;
ALTER TABLE runners ADD COLUMN scale_set_id BIGINT REFERENCES scale_sets (id) CHECK ((pool_id IS NULL) <> (scale_set_id IS NULL));
CREATE INDEX runners_pool ON runners (pool_id, status);
CREATE INDEX runners_scale_set ON runners (scale_set_id, status);

DROP INDEX autopsies_pool;
ALTER TABLE autopsies ADD COLUMN pool TEXT REFERENCES pools (id) ON DELETE CASCADE;
UPDATE autopsies SET pool = pool_id;
ALTER TABLE autopsies DROP COLUMN pool_id;
ALTER TABLE autopsies RENAME COLUMN pool TO pool_id;
ALTER TABLE autopsies ADD COLUMN scale_set_id BIGINT REFERENCES scale_sets (id) ON DELETE CASCADE
    CHECK ((pool_id IS NULL) <> (scale_set_id IS NULL));
CREATE INDEX autopsies_pool ON autopsies (pool_id, id);
CREATE INDEX autopsies_scale_set ON autopsies (scale_set_id, id);

DROP INDEX vanished_runners_pool_id;
ALTER TABLE vanished_runners ADD COLUMN pool TEXT REFERENCES pools (id) ON DELETE CASCADE;
UPDATE vanished_runners SET pool = pool_id;
ALTER TABLE vanished_runners DROP COLUMN pool_id;
ALTER TABLE vanished_runners RENAME COLUMN pool TO pool_id;
ALTER TABLE vanished_runners ADD COLUMN scale_set_id BIGINT REFERENCES scale_sets (id) ON DELETE CASCADE
    CHECK ((pool_id IS NULL) <> (scale_set_id IS NULL));
CREATE INDEX vanished_runners_pool_id ON vanished_runners (pool_id);
CREATE INDEX vanished_runners_scale_set_id ON vanished_runners (scale_set_id);

-- The system that a machine says it has is told once, and does not belong to the columns that change all the time.
ALTER TABLE runner_creations ADD COLUMN os_name TEXT NOT NULL DEFAULT '';
ALTER TABLE runner_creations ADD COLUMN os_version TEXT NOT NULL DEFAULT '';
INSERT INTO runner_creations (runner_id, os_name, os_version)
    SELECT id, os_name, os_version FROM runners WHERE os_name <> '' OR os_version <> ''
    ON CONFLICT (runner_id) DO UPDATE SET os_name = excluded.os_name, os_version = excluded.os_version;
ALTER TABLE runners DROP COLUMN os_name;
ALTER TABLE runners DROP COLUMN os_version;
