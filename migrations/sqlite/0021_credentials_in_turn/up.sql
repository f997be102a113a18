-- The numbers of credentials that share the calls about an entity with its own, as JSON.
ALTER TABLE entities ADD COLUMN more_credentials TEXT NOT NULL DEFAULT '[]';
