-- What the forge has told stays.
SELECT 1;
