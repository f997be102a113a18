DROP TABLE registered_runners;
DROP TABLE api_holds;
