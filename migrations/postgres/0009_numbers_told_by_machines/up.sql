-- The number of a runner is the forge's word. That of a runner without a configuration of the forge's was its machine's, which could name any; the
-- forge's list tells it anew.
UPDATE runners SET agent_id = NULL WHERE NOT EXISTS (SELECT 1 FROM registrations WHERE registrations.runner_id = runners.id);
-- A runner that is connected needs its configuration no longer.
DELETE FROM registrations WHERE runner_id IN (SELECT id FROM runners WHERE runner_status NOT IN ('pending', 'installing', 'failed'));
