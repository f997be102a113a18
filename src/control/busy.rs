//! Whether a runner works, in the eyes of its forge. An administrator asks and waits for the answer, so this is no effect of the planner.

use super::Services;
use super::effects::remove_runner;
use crate::forge;
use crate::model::{Runner, describe};
use crate::store;

/// Removes a runner at its forge, and answers whether the forge refuses that because the runner has a job. The row may be behind by the delivery that
/// is under way.
///
/// A forge that does not answer knows nothing of a job: what follows is up to the planner, which asks the forge again.
///
/// # Errors
/// When the database fails.
pub async fn forge_says_busy(services: &Services, runner: &Runner) -> Result<bool, store::Error> {
    if runner.agent_id.is_none() && !runner.token_fetched {
        return Ok(false);
    }
    let Some(view) = services.store.entity_settings(runner.entity_id).await? else { return Ok(false) };
    let removed = match services.forge(&view).await {
        Ok(forge) => remove_runner(&forge, &view.entity.at, runner).await,
        Err(fault) => Err(fault),
    };
    match removed {
        Ok(()) => Ok(false),
        Err(forge::Error::Busy) => Ok(true),
        Err(fault) => {
            tracing::warn!(runner.name = %runner.name, error = %describe(&fault), "cannot ask the forge whether the runner has a job");
            Ok(false)
        }
    }
}
