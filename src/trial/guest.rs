//! What happens on a machine: it boots, reports, connects its runner, works on one job and ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::bounds;
use super::faults::Fault;
use super::losses;
use super::record::Moment;
use super::spending::STAYS;
use super::state::Trial;
use super::useless::Flaw;
use crate::control::{self, StatusReport};
use crate::model::{JobStatus, RunnerName, RunnerStatus, SecretString, expose};
use crate::sim::State;

/// How long after a machine is gone the forge notices.
const SILENCE: Duration = Duration::from_secs(30);
/// How often a machine tries to reach a server, and how often in all, as the install script does.
const AGAIN: Duration = Duration::from_secs(5);
const TRIES: u32 = 60;
/// How soon it is noticed that a runner is of use: before the next machine can be made for that.
const LOOK: Duration = Duration::from_millis(300);

/// The attempt that a machine's token was made for.
pub(super) fn attempt_in(token: &SecretString) -> u32 {
    let payload = expose(token).split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok()).unwrap_or_default();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
    claims["create_attempt"].as_u64().and_then(|attempt| u32::try_from(attempt).ok()).unwrap_or_default()
}

/// What happens on one machine.
pub(super) struct Guest {
    pub(super) trial: Arc<Trial>,
    pub(super) name: String,
    pub(super) pool: String,
    pub(super) serial: u64,
    /// The attempt that the machine's token was made for.
    pub(super) attempt: u32,
    /// The job that the machine was made for.
    pub(super) job: Option<i64>,
    /// When the machine was made, from the beginning.
    pub(super) made_at: Duration,
    /// Whether the machine counts as made. One that its provider does not own to counts when a server hears of it.
    pub(super) counted: AtomicBool,
}

impl Guest {
    /// The life of the machine.
    pub(super) async fn live(self) {
        let Self { trial, name, serial, .. } = &self;
        let boots = match trial.record.pace_of_machine(*serial) {
            Some(pace) => trial.faults.draw(&pace.boot_time),
            None => trial.faults.between(trial.scenario.boot_time.0, trial.scenario.boot_time.1),
        };
        tokio::time::sleep(boots / 2).await;
        match trial.faults.pick(&[Fault::BootHang, Fault::InstallFails, Fault::DiesBooting]) {
            Some(Fault::BootHang) => return,
            Some(Fault::InstallFails) => {
                self.report(RunnerStatus::Failed, None, "cannot download the runner").await;
                return;
            }
            Some(_) => {
                trial.note(format_args!("machine {name} dies while it boots"));
                trial.cloud.lose(name, *serial);
                return;
            }
            None => {}
        }
        match trial.flaw_of(&self.pool) {
            Some(Flaw::FailsAtOnce) => {
                self.report(RunnerStatus::Failed, None, "no space left on device").await;
                return;
            }
            Some(Flaw::EndsAtOnce) => {
                if self.report(RunnerStatus::Terminated, None, "shutting down").await {
                    bounds::machine_is_over(trial, name, *serial);
                }
                return;
            }
            _ => {}
        }
        if !self.report(RunnerStatus::Installing, None, "installing the runner").await {
            return;
        }
        tokio::time::sleep(boots / 2).await;
        // The server keeps its registration.
        let Some(agent_id) = trial.registration_of(name).await else { return };
        let flaw = trial.flaw_of(&self.pool);
        if flaw == Some(Flaw::NeverConnects) {
            self.report(RunnerStatus::Idle, Some(agent_id), "runner successfully installed").await;
            return;
        }
        let Ok(session) = trial.forge.write(|state| state.open_session(agent_id, "2.330.0")) else { return };
        trial.record.note(*serial, Moment::Ready, trial.passed());
        if flaw == Some(Flaw::VersionRetired) {
            // It may have been removed meanwhile.
            trial.forge.write(|state| state.close_session(agent_id, session)).unwrap_or_default();
            self.report(RunnerStatus::Idle, Some(agent_id), "runner successfully installed").await;
            return;
        }
        self.report(RunnerStatus::Idle, Some(agent_id), "runner successfully installed").await;
        match trial.faults.pick(&[Fault::Zombie, Fault::DiesIdle]) {
            Some(Fault::Zombie) => {
                trial.note(format_args!("runner {name} is a zombie"));
                // It stays connected all the same.
                return self.stays().await;
            }
            Some(_) => {
                die(trial, name, *serial);
                return;
            }
            None => {}
        }
        tokio::select! {
            biased;
            () = self.work(agent_id, session) => {}
            () = self.stays() => {}
        }
    }

    /// Notes that the runner has stayed; never ends. That shows nothing while its own job waits, unless its pool keeps idle runners.
    async fn stays(&self) {
        let Self { trial, pool, .. } = self;
        let waits = |number| trial.forge.job(number).is_some_and(|job| job.status == JobStatus::Queued);
        tokio::time::sleep(STAYS).await;
        while trial.idle_wanted(pool) == 0 && self.job.is_some_and(waits) {
            tokio::time::sleep(LOOK).await;
        }
        trial.spending.pool_serves(pool);
        std::future::pending::<()>().await;
    }

    /// Waits for a job, runs it, ends.
    async fn work(&self, agent_id: i64, session: i64) {
        let Self { trial, name, serial, .. } = self;
        while trial.flaw_of(&self.pool) == Some(Flaw::NeverGivenJob) {
            tokio::time::sleep(AGAIN).await;
        }
        let Ok(bell) = trial.forge.write(|state| state.begin_poll(agent_id, session)) else { return };
        let job = loop {
            match trial.forge.write(|state| state.assignment(agent_id, session)) {
                Ok(Some(job)) => break job,
                Ok(None) => bell.notified().await,
                // The forge has removed the runner.
                Err(_) => return trial.cloud.halt(name, *serial),
            }
        };
        tokio::time::sleep(Duration::from_millis(300)).await;
        if trial.forge.write(|state| state.begin_job(agent_id, session, job.id)).is_err() {
            return trial.cloud.halt(name, *serial);
        }
        trial.spending.job_begins(&self.pool, name, job.id);
        trial.record.note(*serial, Moment::Busy, trial.passed());
        trial.note(format_args!("runner {name} begins job {}", job.id));
        let takes = trial.duration_of(job.id);
        if trial.faults.strikes(Fault::DiesInJob) {
            tokio::time::sleep(takes / 2).await;
            trial.losses.machine_died(job.id);
            return die(trial, name, *serial);
        }
        tokio::time::sleep(takes).await;
        let ended = trial.forge.write(|state| state.end_job(agent_id, session, job.id, losses::verdict_of(job.id, trial.scenario.reruns)));
        trial.record.note(*serial, Moment::Done, trial.passed());
        trial.note(format_args!("runner {name} ends job {}: {}", job.id, ended.is_ok()));
        // Some machines shut down after their one job, others stay.
        if serial.is_multiple_of(2) {
            trial.cloud.halt(name, *serial);
        }
    }

    /// Reports to a server that answers; `false` when none did, or when the server refuses this machine.
    async fn report(&self, status: RunnerStatus, agent_id: Option<i64>, message: &str) -> bool {
        let trial = &self.trial;
        if trial.faults.strikes(Fault::CallbackLost) {
            return true;
        }
        for _ in 0..TRIES {
            if let Some(store) = trial.some_server() {
                let told = async {
                    let runner = store.find_runner_by_name(&RunnerName(self.name.clone())).await?;
                    let Some(runner) = runner.filter(|runner| runner.hears_machine(self.attempt)) else { return Ok(false) };
                    let report = StatusReport { status: Some(status), agent_id, message: message.to_owned() };
                    control::report_status(&store, &runner, &SecretString::from("of the machine"), report).await?;
                    Ok::<_, control::Error>(true)
                };
                match tokio::time::timeout(AGAIN, told).await {
                    Ok(Ok(taken)) => {
                        if taken && !self.counted.swap(true, Ordering::SeqCst) {
                            bounds::machine_is_made(trial, &self.name, &self.pool, self.made_at, self.job);
                        }
                        return taken;
                    }
                    // What is refused is refused again.
                    Ok(Err(control::Error::Store(crate::store::Error::Refused(_)))) => return true,
                    Ok(Err(_)) | Err(_) => {}
                }
            }
            tokio::time::sleep(AGAIN).await;
        }
        false
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
    let session_of = move |state: &State| {
        let runner = state.runners().find(|runner| runner.name == name)?;
        Some((runner.id, runner.session.as_ref()?.id))
    };
    let Some((agent_id, session)) = forge.read(&session_of) else { return };
    tokio::spawn(async move {
        tokio::time::sleep(SILENCE).await;
        // It may have been removed meanwhile.
        forge.write(|state| state.lose_contact(agent_id, session)).unwrap_or_default();
        tokio::time::sleep(losses::GIVEN_UP_AFTER).await;
        forge.write(State::expire_sessions);
    });
}

/// Whether a job is over at the forge.
pub(super) fn is_over(trial: &Trial, job: i64) -> bool {
    trial.forge.read(|state| state.find_job(job).is_some_and(|job| job.status == JobStatus::Completed))
}
