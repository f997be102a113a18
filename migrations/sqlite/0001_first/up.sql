-- The settings of this installation: one row.
CREATE TABLE controller (
    id TEXT NOT NULL PRIMARY KEY,
    metadata_url TEXT NOT NULL DEFAULT '',
    callback_url TEXT NOT NULL DEFAULT '',
    webhook_url TEXT NOT NULL DEFAULT '',
    agent_url TEXT NOT NULL DEFAULT '',
    minimum_job_age_backoff BIGINT NOT NULL,
    ca_cert_bundle BLOB,
    agent_releases_url TEXT NOT NULL DEFAULT '',
    sync_agent_tools BOOLEAN NOT NULL DEFAULT FALSE,
    agent_version TEXT NOT NULL DEFAULT '',
    allow_insecure_agent BOOLEAN NOT NULL DEFAULT FALSE
);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    username TEXT NOT NULL,
    email TEXT NOT NULL,
    full_name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    generation BIGINT NOT NULL,
    is_admin BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX users_username ON users (username);
CREATE UNIQUE INDEX users_email ON users (lower(email));

CREATE TABLE endpoints (
    name TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL,
    kind TEXT NOT NULL,
    base_url TEXT NOT NULL,
    api_base_url TEXT NOT NULL,
    upload_base_url TEXT NOT NULL,
    ca_cert_bundle BLOB,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX endpoints_name ON endpoints (lower(name));

-- `secret` is sealed.
CREATE TABLE credentials (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    endpoint TEXT NOT NULL REFERENCES endpoints (name),
    secret BLOB NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX credentials_name ON credentials (lower(name));
CREATE INDEX credentials_endpoint ON credentials (endpoint);

-- Repositories, organizations, enterprises and forge instances. `webhook_secret` is sealed.
CREATE TABLE entities (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    endpoint TEXT NOT NULL REFERENCES endpoints (name),
    credentials_id BIGINT NOT NULL REFERENCES credentials (id),
    webhook_secret BLOB NOT NULL,
    balancer TEXT NOT NULL,
    agent_mode BOOLEAN NOT NULL,
    failure TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX entities_place ON entities (endpoint, kind, lower(owner), lower(name));
CREATE INDEX entities_credentials ON entities (credentials_id);

-- What the forge offers for download to runners of an entity; sealed, because it may hold download tokens.
CREATE TABLE tools (
    entity_id TEXT NOT NULL PRIMARY KEY REFERENCES entities (id) ON DELETE CASCADE,
    fetched_at BIGINT NOT NULL,
    list BLOB NOT NULL
);

CREATE TABLE entity_events (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    entity_id TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX entity_events_entity ON entity_events (entity_id, id);

CREATE TABLE templates (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    os_type TEXT NOT NULL,
    forge TEXT NOT NULL,
    owner TEXT,
    data TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX templates_name ON templates (name);

CREATE TABLE pools (
    id TEXT NOT NULL PRIMARY KEY,
    entity_id TEXT NOT NULL REFERENCES entities (id),
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
    runner_group TEXT NOT NULL,
    extra_specs TEXT,
    priority BIGINT NOT NULL,
    template_id BIGINT REFERENCES templates (id),
    enable_shell BOOLEAN NOT NULL,
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE INDEX pools_entity ON pools (entity_id);

-- The labels of a pool's runners, in the order they were given.
CREATE TABLE pool_tags (
    pool_id TEXT NOT NULL REFERENCES pools (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (pool_id, position)
);
CREATE UNIQUE INDEX pool_tags_tag ON pool_tags (pool_id, lower(tag));

CREATE TABLE jobs (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    workflow_job_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    status TEXT NOT NULL,
    conclusion TEXT NOT NULL,
    labels TEXT NOT NULL,
    repository_owner TEXT NOT NULL,
    repository_name TEXT NOT NULL,
    run_url TEXT NOT NULL,
    forge_runner_id BIGINT NOT NULL,
    runner_name TEXT NOT NULL,
    runner_group_id BIGINT NOT NULL,
    runner_group_name TEXT NOT NULL,
    runner_id TEXT,
    repository_id TEXT REFERENCES entities (id) ON DELETE SET NULL,
    organization_id TEXT REFERENCES entities (id) ON DELETE SET NULL,
    enterprise_id TEXT REFERENCES entities (id) ON DELETE SET NULL,
    instance_id TEXT REFERENCES entities (id) ON DELETE SET NULL,
    claimed_by TEXT REFERENCES entities (id) ON DELETE SET NULL,
    reason TEXT,
    queued_at BIGINT NOT NULL,
    started_at BIGINT,
    completed_at BIGINT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX jobs_at_forge ON jobs (endpoint, workflow_job_id);
CREATE INDEX jobs_status ON jobs (status);
CREATE INDEX jobs_repository ON jobs (repository_id, status);
CREATE INDEX jobs_organization ON jobs (organization_id, status);
CREATE INDEX jobs_enterprise ON jobs (enterprise_id, status);
CREATE INDEX jobs_instance ON jobs (instance_id, status);
CREATE INDEX jobs_claim ON jobs (claimed_by);

-- Runners and their machines; `instances` on the wire.
CREATE TABLE runners (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    pool_id TEXT NOT NULL REFERENCES pools (id),
    entity_id TEXT NOT NULL REFERENCES entities (id),
    provider TEXT NOT NULL,
    provider_id TEXT,
    agent_id BIGINT,
    status TEXT NOT NULL,
    runner_status TEXT NOT NULL,
    os_type TEXT NOT NULL,
    os_arch TEXT NOT NULL,
    os_name TEXT NOT NULL,
    os_version TEXT NOT NULL,
    runner_group TEXT NOT NULL,
    made_for BIGINT,
    job_id BIGINT REFERENCES jobs (id) ON DELETE SET NULL,
    token_fetched BOOLEAN NOT NULL,
    create_attempt BIGINT NOT NULL,
    callback_url TEXT NOT NULL,
    metadata_url TEXT NOT NULL,
    generation BIGINT NOT NULL,
    fault TEXT NOT NULL,
    create_deadline BIGINT,
    failures BIGINT NOT NULL,
    not_before BIGINT,
    deregistered BOOLEAN NOT NULL,
    reason TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    status_at BIGINT NOT NULL,
    runner_status_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX runners_name ON runners (name);
CREATE INDEX runners_pool ON runners (pool_id, status);
CREATE INDEX runners_entity ON runners (entity_id);
CREATE INDEX runners_job ON runners (job_id);

CREATE TABLE runner_addresses (
    runner_id TEXT NOT NULL REFERENCES runners (id) ON DELETE CASCADE,
    position BIGINT NOT NULL,
    address TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (runner_id, position)
);

-- Just-in-time configurations, sealed; gone with their runner.
CREATE TABLE registrations (
    runner_id TEXT NOT NULL PRIMARY KEY REFERENCES runners (id) ON DELETE CASCADE,
    jit BLOB NOT NULL
);

CREATE TABLE status_messages (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    runner_id TEXT NOT NULL REFERENCES runners (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    level TEXT NOT NULL,
    message TEXT NOT NULL
);
CREATE INDEX status_messages_runner ON status_messages (runner_id, id);

-- The ordered feed of committed changes.
CREATE TABLE changes (
    seq INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    op TEXT NOT NULL,
    key TEXT NOT NULL,
    entity_id TEXT
);
