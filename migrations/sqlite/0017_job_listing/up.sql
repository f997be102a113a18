-- How far each leased task that asks a forge has come. The listing of jobs has one, too.
ALTER TABLE delivery_logs RENAME TO task_places;
-- The repositories whose jobs a leased task lists. src/store/job_listing.rs bounds them.
CREATE TABLE listed_repositories (
    kind TEXT NOT NULL,
    subject TEXT NOT NULL,
    -- The forge's number of the repository; 0 = the entity is the repository.
    number BIGINT NOT NULL,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    -- When a job of it or a push to it was last heard of.
    active_at BIGINT NOT NULL,
    -- When its jobs were last listed to the end; 0 = never.
    listed_at BIGINT NOT NULL,
    -- Before this it is not asked for, because the credentials may not.
    not_before BIGINT NOT NULL,
    -- The tags of its lists of queued and of running runs, where these were empty.
    queued_tag TEXT,
    running_tag TEXT,
    PRIMARY KEY (kind, subject, number)
);
