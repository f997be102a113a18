-- A lease is for a task: its kind, and the id of the thing it works for. Until now each was for the one task of an entity.
CREATE TABLE task_leases (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    holder TEXT NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (kind, subject)
);
INSERT INTO task_leases (kind, subject, holder, generation) SELECT 'reconcile', entity_id, holder, generation FROM leases;
DROP TABLE leases;
ALTER TABLE task_leases RENAME TO leases;
