//! Takes in the reports of machines.

use super::Error;
use crate::model::{EventKind, EventLevel, Runner, RunnerId, RunnerSetId, RunnerStatus, SecretString, expose, visible_lines};
use crate::provider::Secrets;
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
pub async fn report_status(store: &Store, runner: &Runner, token: &SecretString, report: StatusReport) -> Result<(), Error> {
    let StatusReport { status, agent_id, message } = report;
    let has_failed = status == Some(RunnerStatus::Failed);
    let level = if has_failed { EventLevel::Error } else { EventLevel::Info };
    // These words are kept after the runner is gone.
    let message = shortened(&message);
    let message = if has_failed { secrets_of(store, runner, token).await?.redact_text(&message) } else { message };
    let said = message.clone();
    store.report_status(runner.id, EventKind::Status, level, message, move |runner| runner.reported(status, agent_id, &said)).await?;
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

/// Takes in the end of a machine's install log, without the secrets that the machine has. `is_cut` = it was longer, and its beginning is not here.
///
/// # Errors
/// When the database fails.
pub async fn report_install_log(store: &Store, runner: &Runner, token: &SecretString, log: &[u8], is_cut: bool) -> Result<(), Error> {
    let secrets = secrets_of(store, runner, token).await?;
    let margin = if is_cut { secrets.longest() } else { 0 };
    let log = secrets.redact(log, margin).replace("\r\n", "\n");
    store.keep_install_log(runner.id, visible_lines(&log).into_owned()).await?;
    Ok(())
}

/// The secrets that the machine of a runner has: its token, its just-in-time configuration, the token for the download, and the values of the
/// extra specs.
async fn secrets_of(store: &Store, runner: &Runner, token: &SecretString) -> Result<Secrets, Error> {
    let mut secrets = Secrets::default();
    secrets.add(expose(token));
    for (name, content) in store.runner_jit(runner.id).await?.iter().flat_map(|jit| &jit.files) {
        secrets.add(expose(content));
        // The files are JSON in base64. The others have names and addresses in them, which a reader of the log needs.
        if name.contains("rsaparams") {
            secrets.add_values(&format!("[\"{}\"]", expose(content)));
        }
    }
    for tool in store.tools(runner.entity_id).await?.map(|(_, tools)| tools).unwrap_or_default() {
        secrets.add(&tool.temp_download_token);
    }
    let specs = match runner.set_id {
        RunnerSetId::Pool(id) => store.find_pool(id).await?.and_then(|pool| pool.extra_specs),
        RunnerSetId::ScaleSet(id) => store.find_scale_set(id).await?.and_then(|set| set.extra_specs),
    };
    if let Some(mut specs) = specs.and_then(|specs| serde_json::from_str::<serde_json::Map<_, _>>(specs.get()).ok()) {
        // Each line of a template would be masked.
        specs.remove("runner_install_template");
        secrets.add_values(&serde_json::Value::from(specs).to_string());
    }
    Ok(secrets)
}

fn shortened(text: &str) -> String {
    text.chars().take(MESSAGE_MAX).collect()
}
