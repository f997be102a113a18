//! Takes in the reports of machines.

use super::Error;
use crate::model::{EventKind, EventLevel, RunnerId, RunnerStatus};
use crate::store::Store;

/// The longest text of a machine that is kept, in characters.
const MESSAGE_MAX: usize = 4096;

/// A machine's report about its runner.
#[derive(Clone, Debug, Default)]
pub struct StatusReport {
    /// How far it is; `None` = it only has something to say.
    pub status: Option<RunnerStatus>,
    /// The forge's number of the runner, once it knows; it must be the number that the forge has told, and is not believed before.
    pub agent_id: Option<i64>,
    /// Its words.
    pub message: String,
}

/// A machine's report about its system; empty = it does not say.
#[derive(Clone, Debug, Default)]
pub struct SystemReport {
    /// Name of the operating system.
    pub os_name: String,
    /// Version of the operating system.
    pub os_version: String,
    /// The forge's number of the runner, once it knows; it must be the number that the forge has told, and is not believed before.
    pub agent_id: Option<i64>,
}

/// Takes in how far a runner is, and keeps what was said.
///
/// # Errors
/// [`crate::store::Error::Refused`] for what cannot be; when the runner is gone or the database fails.
pub async fn report_status(store: &Store, id: RunnerId, report: StatusReport) -> Result<(), Error> {
    let StatusReport { status, agent_id, message } = report;
    let level = if status == Some(RunnerStatus::Failed) { EventLevel::Error } else { EventLevel::Info };
    let message = shortened(&message);
    let said = message.clone();
    store.report_status(id, EventKind::Status, level, message, move |runner| runner.reported(status, agent_id, &said)).await?;
    Ok(())
}

/// Takes in what system a machine has.
///
/// # Errors
/// [`crate::store::Error::Refused`] for what cannot be; when the database fails.
pub async fn report_system(store: &Store, id: RunnerId, report: SystemReport) -> Result<(), Error> {
    let (os_name, os_version) = (shortened(&report.os_name), shortened(&report.os_version));
    store.update_runner(id, move |runner| runner.system_reported(os_name, os_version, report.agent_id)).await?;
    Ok(())
}

fn shortened(text: &str) -> String {
    text.chars().take(MESSAGE_MAX).collect()
}
