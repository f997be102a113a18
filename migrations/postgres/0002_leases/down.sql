ALTER TABLE pools DROP COLUMN rotate_below;
DROP TABLE leases;
DROP TABLE replicas;
