-- The forge's number of an entity stays when the entity is renamed or transferred. NULL = not known yet.
ALTER TABLE entities ADD COLUMN forge_number BIGINT;
