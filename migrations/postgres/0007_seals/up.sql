-- A sealed constant, in one row at most: only the passphrase of this installation opens it.
CREATE TABLE canary (
    id BIGINT NOT NULL PRIMARY KEY,
    sealed BYTEA NOT NULL
);
-- Lists of jobs are read a page at a time.
CREATE INDEX jobs_queued ON jobs (queued_at, id);
