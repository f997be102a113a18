//! Runners of a scale set. Once they are made, the runners' protocol runs them like any others.

use super::error::Exception;
use crate::sim::nouns::{Registration, Runner, Scope};
use crate::sim::state::{Error, State};

impl State {
    /// Registers a runner of a scale set.
    pub(crate) fn register_in_scale_set(&mut self, scope: &Scope, id: i64, name: &str) -> Result<Runner, Exception> {
        let set = self.scale_set_of(scope, id)?;
        let registration = Registration {
            name: name.to_owned(),
            labels: set.labels.iter().map(|label| label.name.clone()).collect(),
            default_labels: false,
            group_id: set.group_id,
            ephemeral: true,
            jit: true,
        };
        let made = self.register_runner(scope.clone(), registration).map_err(|fault| match fault {
            Error::Exists(name) => Exception::AgentExists(name),
            other => Exception::BadRequest(other.to_string().into()),
        })?;
        let runner = self.runner_mut(made.id).ok_or(Exception::NoAgent(made.id))?;
        runner.scale_set = Some(id);
        Ok(runner.clone())
    }

    /// Removes a runner of an entity, unless it has a job.
    pub(crate) fn remove_agent(&mut self, scope: &Scope, id: i64) -> Result<(), Exception> {
        self.remove_runner(scope, id).map_err(|fault| match fault {
            Error::Busy(name) => Exception::JobStillRunning(name),
            _ => Exception::NoAgent(id),
        })
    }
}
