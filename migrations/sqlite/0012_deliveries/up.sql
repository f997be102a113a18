-- The deliveries that came in, and the verdict on each. src/store/deliveries.rs bounds how many there are. The entity is no reference: a row may
-- outlive the entity, and a refused delivery may name any.
CREATE TABLE deliveries (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    guid TEXT,
    signed BOOLEAN NOT NULL,
    hook_id BIGINT NOT NULL,
    target TEXT NOT NULL,
    target_id BIGINT,
    event TEXT NOT NULL,
    action TEXT NOT NULL,
    job BIGINT,
    entity_id TEXT,
    entity TEXT NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT NOT NULL,
    copies BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL
);
-- A delivery that is sent again has the same GUID, and so have the deliveries of other hooks for the same event. One without a GUID is not recognised.
CREATE UNIQUE INDEX deliveries_guid ON deliveries (guid, hook_id, signed);
CREATE INDEX deliveries_signed ON deliveries (signed, id);
