DROP TABLE old_webhook_secrets;
