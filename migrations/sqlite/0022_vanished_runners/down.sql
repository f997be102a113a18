DROP TABLE vanished_runners;
