CREATE TABLE entity_leases (
    entity_id TEXT NOT NULL PRIMARY KEY REFERENCES entities (id) ON DELETE CASCADE,
    holder TEXT NOT NULL,
    generation BIGINT NOT NULL
);
INSERT INTO entity_leases (entity_id, holder, generation) SELECT subject, holder, generation FROM leases WHERE kind = 'reconcile';
DROP TABLE leases;
ALTER TABLE entity_leases RENAME TO leases;
CREATE INDEX leases_holder ON leases (holder);
