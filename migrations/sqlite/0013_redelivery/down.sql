DROP TABLE redeliveries;
DROP TABLE delivery_logs;
