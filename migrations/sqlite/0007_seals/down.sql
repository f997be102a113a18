DROP INDEX jobs_queued;
DROP TABLE canary;
