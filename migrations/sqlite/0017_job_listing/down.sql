DROP TABLE listed_repositories;
ALTER TABLE task_places RENAME TO delivery_logs;
