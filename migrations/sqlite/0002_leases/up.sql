-- Servers that share the database, and until when each is known to be alive (by the database's clock).
CREATE TABLE replicas (
    id TEXT NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);

-- Which of them acts for an entity. The generation grows with every change of hands; who writes with an older one is refused.
CREATE TABLE leases (
    entity_id TEXT NOT NULL PRIMARY KEY REFERENCES entities (id) ON DELETE CASCADE,
    holder TEXT NOT NULL,
    generation BIGINT NOT NULL
);
CREATE INDEX leases_holder ON leases (holder);

-- Idle runners made before this generation of their pool are to be replaced.
ALTER TABLE pools ADD COLUMN rotate_below BIGINT NOT NULL DEFAULT 0;
