ALTER TABLE entities DROP COLUMN forge_number;
