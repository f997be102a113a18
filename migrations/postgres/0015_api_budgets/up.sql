-- What each server has spent of the points of a set of credentials, and the part that it may spend without asking. The holder '' stands for servers
-- that are gone. src/store/api_budgets.rs explains the numbers.
CREATE TABLE api_holds (
    credentials_id BIGINT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    holder TEXT NOT NULL,
    held BIGINT NOT NULL,
    spent TEXT NOT NULL,
    PRIMARY KEY (credentials_id, holder)
);
-- How many runners were registered for an entity, by second.
CREATE TABLE registered_runners (
    entity_id TEXT NOT NULL REFERENCES entities (id) ON DELETE CASCADE,
    second BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (entity_id, second)
);
