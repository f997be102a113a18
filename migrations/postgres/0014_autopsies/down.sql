ALTER TABLE pools DROP COLUMN keep_failed;
DROP TABLE autopsies;
DROP TABLE install_logs;
