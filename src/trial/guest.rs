//! What happens on a machine: it boots, reports, connects its runner, works on one job and ends.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::faults::Fault;
use super::record::Moment;
use super::state::Trial;
use crate::control::{self, StatusReport};
use crate::model::{JobStatus, RunnerName, RunnerStatus, SecretString, expose};
use crate::sim::Conclusion;

/// How long after a machine is gone the forge notices.
const SILENCE: Duration = Duration::from_secs(30);
/// How often a machine tries to reach a server, and how often in all, as the install script does.
const AGAIN: Duration = Duration::from_secs(5);
const TRIES: u32 = 60;

/// The attempt that a machine's token was made for.
pub(super) fn attempt_in(token: &SecretString) -> u32 {
    let payload = expose(token).split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
    claims["create_attempt"].as_u64().and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or_default()
}

/// The life of a machine.
pub(super) async fn live(trial: Arc<Trial>, name: String, serial: u64, attempt: u32) {
    let boots = match trial.record.pace_of_machine(serial) {
        Some(pace) => trial.faults.draw(&pace.boot_time),
        None => trial.faults.between(trial.scenario.boot_time.0, trial.scenario.boot_time.1),
    };
    tokio::time::sleep(boots / 2).await;
    match trial.faults.pick(&[Fault::BootHang, Fault::InstallFails, Fault::DiesBooting]) {
        Some(Fault::BootHang) => return,
        Some(Fault::InstallFails) => {
            report(&trial, &name, attempt, RunnerStatus::Failed, None, "cannot download the runner").await;
            return;
        }
        Some(_) => {
            trial.note(format_args!("machine {name} dies while it boots"));
            trial.cloud.lose(&name, serial);
            return;
        }
        None => {}
    }
    if !report(&trial, &name, attempt, RunnerStatus::Installing, None, "installing the runner").await {
        return;
    }
    tokio::time::sleep(boots / 2).await;
    // The server keeps its registration.
    let Some(agent_id) = trial.registration_of(&name).await else { return };
    let Ok(session) = trial.forge.write(|state| state.open_session(agent_id, "2.330.0")) else { return };
    trial.record.note(serial, Moment::Ready, trial.passed());
    report(&trial, &name, attempt, RunnerStatus::Idle, Some(agent_id), "runner successfully installed").await;
    match trial.faults.pick(&[Fault::Zombie, Fault::DiesIdle]) {
        Some(Fault::Zombie) => {
            trial.note(format_args!("runner {name} is a zombie"));
            return;
        }
        Some(_) => {
            die(&trial, &name, serial);
            return;
        }
        None => {}
    }
    work(&trial, &name, serial, agent_id, session).await;
}

/// Waits for a job, runs it, ends.
async fn work(trial: &Arc<Trial>, name: &str, serial: u64, agent_id: i64, session: i64) {
    let Ok(bell) = trial.forge.write(|state| state.begin_poll(agent_id, session)) else { return };
    let job = loop {
        match trial.forge.write(|state| state.assignment(agent_id, session)) {
            Ok(Some(job)) => break job,
            Ok(None) => bell.notified().await,
            // The forge has removed the runner.
            Err(_) => return trial.cloud.halt(name, serial),
        }
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    if trial.forge.write(|state| state.begin_job(agent_id, session, job.id)).is_err() {
        return trial.cloud.halt(name, serial);
    }
    trial.record.note(serial, Moment::Busy, trial.passed());
    trial.note(format_args!("runner {name} begins job {}", job.id));
    let takes = trial.duration_of(job.id);
    if trial.faults.strikes(Fault::DiesInJob) {
        tokio::time::sleep(takes / 2).await;
        return die(trial, name, serial);
    }
    tokio::time::sleep(takes).await;
    let ended = trial.forge.write(|state| state.end_job(agent_id, session, job.id, Conclusion::Success));
    trial.record.note(serial, Moment::Done, trial.passed());
    trial.note(format_args!("runner {name} ends job {}: {}", job.id, ended.is_ok()));
    // Some machines shut down after their one job, others stay.
    if serial.is_multiple_of(2) {
        trial.cloud.halt(name, serial);
    }
}

/// The machine is gone, as when its host fails.
fn die(trial: &Arc<Trial>, name: &str, serial: u64) {
    trial.note(format_args!("machine {name} dies"));
    trial.cloud.lose(name, serial);
    falls_silent(trial, name);
}

/// Ends the runner's session; the forge notices after a while.
pub(super) fn falls_silent(trial: &Trial, name: &str) {
    let (forge, name) = (trial.forge.clone(), name.to_owned());
    let session_of = move |state: &crate::sim::State| {
        let runner = state.runners().find(|runner| runner.name == name)?;
        Some((runner.id, runner.session.as_ref()?.id))
    };
    let Some((agent_id, session)) = forge.read(&session_of) else { return };
    tokio::spawn(async move {
        tokio::time::sleep(SILENCE).await;
        // It may have been removed meanwhile.
        forge.write(|state| state.close_session(agent_id, session)).unwrap_or_default();
    });
}

/// Reports to a server that answers; `false` when none did, or when the server refuses this machine.
async fn report(trial: &Trial, name: &str, attempt: u32, status: RunnerStatus, agent_id: Option<i64>, message: &str) -> bool {
    if trial.faults.strikes(Fault::CallbackLost) {
        return true;
    }
    for _ in 0..TRIES {
        if let Some(store) = trial.some_server() {
            let told = async {
                let runner = store.find_runner_by_name(&RunnerName(name.to_owned())).await?;
                let Some(runner) = runner.filter(|runner| runner.hears_machine(attempt)) else { return Ok(false) };
                let report = StatusReport { status: Some(status), agent_id, message: message.to_owned() };
                control::report_status(&store, runner.id, report).await?;
                Ok::<_, control::Error>(true)
            };
            match tokio::time::timeout(AGAIN, told).await {
                Ok(Ok(taken)) => return taken,
                // What is refused is refused again.
                Ok(Err(control::Error::Store(crate::store::Error::Refused(_)))) => return true,
                Ok(Err(_)) | Err(_) => {}
            }
        }
        tokio::time::sleep(AGAIN).await;
    }
    false
}

/// Whether a job is over at the forge.
pub(super) fn is_over(trial: &Trial, job: i64) -> bool {
    trial.forge.read(|state| state.find_job(job).is_some_and(|job| job.status == JobStatus::Completed))
}
