-- When the database was made, in microseconds since 1970. The first run is open to every caller for a while from then on. 0 = before this was noted.
ALTER TABLE controller ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
