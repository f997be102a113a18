-- More about how the machine of a runner is made, beside the versions: until when a create call of an earlier attempt may still make one.
ALTER TABLE runner_versions RENAME TO runner_creations;
ALTER TABLE runner_creations ADD COLUMN earlier_deadline BIGINT;
