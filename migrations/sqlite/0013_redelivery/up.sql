-- How far the forge's log of the deliveries to a hook was read, by the leased task that reads it.
CREATE TABLE delivery_logs (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    place TEXT NOT NULL,
    PRIMARY KEY (kind, subject)
);
-- Deliveries that the forge is to make again: the intent before each call, and how often it was called. src/store/delivery_log.rs bounds them.
CREATE TABLE redeliveries (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    guid TEXT NOT NULL,
    hook_id BIGINT NOT NULL,
    delivery_id BIGINT NOT NULL,
    -- 0 = it makes a job known; these come first.
    class BIGINT NOT NULL,
    asked BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    delivered_at BIGINT NOT NULL,
    PRIMARY KEY (kind, subject, guid)
);
-- Webhook secrets that were replaced and are still good for a while.
CREATE TABLE old_webhook_secrets (
    entity_id TEXT NOT NULL PRIMARY KEY REFERENCES entities (id) ON DELETE CASCADE,
    secret BLOB NOT NULL,
    until BIGINT NOT NULL
);
