//! What machines say about themselves, taken in.

use super::Error;
use crate::model::{EventKind, EventLevel, Runner, RunnerId, RunnerStatus};
use crate::store::{self, Store};

/// The longest message of a machine that is kept, in characters.
const MESSAGE_MAX: usize = 4096;

/// What a machine says about its runner.
#[derive(Clone, Debug, Default)]
pub struct StatusReport {
    /// How far it is; `None` = it only has something to say.
    pub status: Option<RunnerStatus>,
    /// The forge's number of the runner, once it knows.
    pub agent_id: Option<i64>,
    /// What it says.
    pub message: String,
}

/// What a machine says about its system; empty = it does not say.
#[derive(Clone, Debug, Default)]
pub struct SystemReport {
    /// Name of the operating system.
    pub os_name: String,
    /// Version of the operating system.
    pub os_version: String,
    /// The forge's number of the runner, once it knows.
    pub agent_id: Option<i64>,
}

/// Takes in how far a runner is, and keeps what was said. Of what the transition table does not allow, only the
/// runner's number is believed.
///
/// # Errors
/// [`store::Error::Invalid`] for what cannot be; when the runner is gone or the database fails.
pub async fn report_status(store: &Store, id: RunnerId, report: StatusReport) -> Result<(), Error> {
    let StatusReport { status, agent_id, message } = report;
    let level = if status == Some(RunnerStatus::Failed) { EventLevel::Error } else { EventLevel::Info };
    let message: String = message.chars().take(MESSAGE_MAX).collect();
    let said = message.clone();
    let change = move |runner: &mut Runner| {
        set_agent_id(runner, agent_id)?;
        let Some(status) = status.filter(|_| runner.runner_status != RunnerStatus::Terminated) else { return Ok(()) };
        runner.runner_status.check_transition(status).map_err(|fault| store::Error::Invalid(fault.to_string()))?;
        runner.runner_status = status;
        // Whoever speaks exists: its creation is over, whatever its provider still says.
        runner.create_deadline = None;
        if status == RunnerStatus::Failed {
            runner.fault = said;
        }
        Ok(())
    };
    match store.report_status(id, EventKind::Status, level, message, change).await {
        Err(refused @ store::Error::Invalid(_)) => {
            let number = move |runner: &mut Runner| {
                // Unless it is the number that was refused.
                set_agent_id(runner, agent_id).unwrap_or_default();
                Ok(())
            };
            store.report_status(id, EventKind::Status, level, String::new(), number).await?;
            Err(refused.into())
        }
        other => Ok(other.map(drop)?),
    }
}

/// Takes in what system a machine has.
///
/// # Errors
/// [`store::Error::Invalid`] for what cannot be; when the database fails.
pub async fn report_system(store: &Store, id: RunnerId, report: SystemReport) -> Result<(), Error> {
    let change = move |runner: &mut Runner| {
        set_agent_id(runner, report.agent_id)?;
        for (known, told) in [(&mut runner.os_name, report.os_name), (&mut runner.os_version, report.os_version)] {
            if !told.is_empty() {
                *known = told.chars().take(MESSAGE_MAX).collect();
            }
        }
        Ok(())
    };
    let applied = store.update_runner_with(id, change).await?;
    Ok(applied.map_or(Ok::<_, store::Error>(()), |(applied, _)| applied)?)
}

/// The forge's number of a runner, once known, is not another one.
fn set_agent_id(runner: &mut Runner, told: Option<i64>) -> Result<(), store::Error> {
    match (runner.agent_id, told.filter(|id| *id != 0)) {
        (_, None) => Ok(()),
        (Some(known), Some(told)) if known != told => Err(store::Error::Invalid(format!("agent_id: the runner has {known} already"))),
        (_, Some(told)) => {
            runner.agent_id = Some(told);
            Ok(())
        }
    }
}
