ALTER TABLE entities DROP COLUMN more_credentials;
