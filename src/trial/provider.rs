//! The provider that makes machines. It sees what must never happen: more machines than a pool may have, a machine removed under a job.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use futures_util::future::BoxFuture;
use garm_provider_protocol::Command as ProviderCommand;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use super::bounds;
use super::cloud::Machine;
use super::faults::Fault;
use super::guest::{self, Guest};
use super::pulse::Pulse;
use super::record::Moment;
use super::state::Trial;
use super::useless::Flaw;
use crate::model::{ControllerId, JobStatus, ProviderName};
use crate::provider::{
    BootstrapInstance, CommandCalls, CreatedInstance, DEFAULT_PARALLEL, Description, Error, PoolContext, ProcessOutput, Provider,
    ProviderInstance,
};

/// Time limit of every command but a creation, as a real provider has it.
const TIME_LIMIT: Duration = Duration::from_secs(40);
/// How long after its deadline ended a creation the cloud may still make the machine.
const LATE: Duration = Duration::from_secs(20);

/// What the machine of a row is for.
#[derive(Clone, Copy)]
struct Order {
    /// The attempt that its token is for.
    attempt: u32,
    job: Option<i64>,
    /// Whether the provider does not say that it made the machine.
    disowned: bool,
}

/// Makes a machine, unless there is one of that name.
fn make(trial: &Arc<Trial>, pool: &str, name: &str, order: Option<Order>) {
    let mut machines = trial.cloud.lock();
    if machines.contains_key(name) {
        return;
    }
    let serial = trial.next_serial();
    trial.record.machine_is_made(serial, pool, trial.passed());
    let guest = order.map(|Order { attempt, job, disowned }| {
        let (trial, name, pool) = (Arc::clone(trial), name.to_owned(), pool.to_owned());
        let guest = Guest { made_at: trial.passed(), trial, name, pool, serial, attempt, job, counted: AtomicBool::new(!disowned) };
        tokio::spawn(guest.live()).abort_handle()
    });
    machines.insert(name.to_owned(), Machine { pool: pool.to_owned(), running: true, guest, serial });
    // Machines without a row do not count, nor those that an operator gave up by force although the provider could not remove them.
    let count =
        machines.iter().filter(|(name, machine)| machine.pool == pool && machine.guest.is_some() && !trial.was_forced(name)).count();
    drop(machines);
    let wanted_by =
        order.map_or_else(String::new, |order| order.job.map_or_else(|| ", to be idle".into(), |job| format!(", for job {job}")));
    trial.note(format_args!("machine {name} is there, {count} in pool {pool}{wanted_by}"));
    if let Some(max) = trial.maximum(pool).filter(|max| count > *max) {
        trial.violated(format!("{count} machines of a pool that may have {max}"));
    }
    if let Some(order) = order.filter(|order| !order.disowned) {
        bounds::machine_is_made(trial, name, pool, trial.passed(), order.job);
    }
}

fn remove(trial: &Trial, name: &str) {
    let Some(machine) = trial.cloud.lock().remove(name) else { return };
    let works = trial.forge.read(|state| {
        let job = state.runners().find(|runner| runner.name == name && runner.online()).and_then(|runner| runner.job);
        job.and_then(|job| state.find_job(job)).is_some_and(|job| job.status == JobStatus::InProgress)
    });
    if works && machine.running && !trial.was_forced(name) {
        trial.violated(format!("machine {name} was removed under its job"));
    }
    if let Some(guest) = machine.guest {
        guest.abort();
    }
    trial.record.note(machine.serial, Moment::Gone, trial.passed());
    trial.note(format_args!("machine {name} is removed"));
    guest::falls_silent(trial, name);
}

/// Makes a machine with our marks and without a row.
pub(super) fn strange_machine(trial: &Arc<Trial>, pool: &str) {
    make(trial, pool, &format!("garm-stranger-{}", trial.next_serial()), None);
}

/// The provider as one server calls it.
pub(super) struct SimProvider {
    pub(super) name: ProviderName,
    pub(super) trial: Arc<Trial>,
    pub(super) pulse: Arc<Pulse>,
}

impl fmt::Debug for SimProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SimProvider")
    }
}

/// A process of the provider. It ends when its server gives it up; it goes on when its server dies.
struct Process {
    handle: AbortHandle,
    pulse: Arc<Pulse>,
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.pulse.beats() {
            self.handle.abort();
        }
    }
}

impl SimProvider {
    /// Runs a command as a process of its own.
    async fn run<T: Send + 'static>(
        &self,
        command: ProviderCommand,
        limit: Duration,
        work: impl Future<Output = Result<T, Error>> + Send + 'static,
    ) -> Result<T, Error> {
        self.pulse.checkpoint().await;
        self.trial.record.provider_is_called();
        let (answer, answered) = oneshot::channel();
        let took = self.trial.faults.between(self.trial.scenario.provider_latency.0, self.trial.scenario.provider_latency.1);
        let task = tokio::spawn(async move {
            tokio::time::sleep(took).await;
            // The caller may be gone.
            drop(answer.send(work.await));
        });
        let process = Process { handle: task.abort_handle(), pulse: Arc::clone(&self.pulse) };
        let result = tokio::time::timeout(limit, answered).await;
        drop(process);
        self.pulse.checkpoint().await;
        match result {
            Ok(Ok(result)) => result,
            Ok(Err(_)) | Err(_) => Err(Error::TimedOut { command, limit, output: ProcessOutput::default() }),
        }
    }
}

fn failed<T>(command: ProviderCommand, stderr: &str) -> Result<T, Error> {
    let output = ProcessOutput { stdout: String::new(), stderr: stderr.to_owned() };
    Err(Error::Failed { command, status: "exit status: 1".to_owned(), output })
}

fn described(name: &str, running: bool) -> ProviderInstance {
    ProviderInstance {
        provider_id: format!("id-of-{name}"),
        name: name.to_owned(),
        os_type: "linux".into(),
        os_name: "debian".into(),
        os_version: "12".into(),
        os_arch: "amd64".into(),
        addresses: Vec::new(),
        status: if running { "running" } else { "stopped" }.into(),
        provider_fault: String::new(),
    }
}

impl Provider for SimProvider {
    fn name(&self) -> &ProviderName {
        &self.name
    }

    fn parallel(&self) -> usize {
        DEFAULT_PARALLEL
    }

    fn create_instance<'a>(
        &'a self,
        pool: &'a PoolContext,
        bootstrap: &'a BootstrapInstance,
        time_limit: Duration,
    ) -> BoxFuture<'a, Result<CreatedInstance, Error>> {
        let (trial, pool, name) = (Arc::clone(&self.trial), pool.pool_id.clone(), bootstrap.name.clone());
        Box::pin(async move {
            const COMMAND: ProviderCommand = ProviderCommand::CreateInstance;
            let fault = trial.faults.pick(&[
                Fault::CreateError,
                Fault::CreateQuota,
                Fault::CreateLeftover,
                Fault::CreateGarbage,
                Fault::CreateHang,
                Fault::CreateAnswerLost,
                Fault::CreateLate,
            ]);
            trial.count_create(&name);
            let order =
                Order { attempt: guest::attempt_in(&bootstrap.instance_token), job: trial.job_of(&name).await, disowned: fault.is_some() };
            let fails = trial.flaw_of(&pool) == Some(Flaw::CreationFails);
            if fault == Some(Fault::CreateLate) && !fails {
                let (trial, pool, name) = (Arc::clone(&trial), pool.clone(), name.clone());
                let late = time_limit + trial.faults.between(Duration::ZERO, LATE);
                tokio::spawn(async move {
                    tokio::time::sleep(late).await;
                    make(&trial, &pool, &name, Some(order));
                });
            }
            let made = name.clone();
            let takes = trial.record.pace_of(&pool).map(|pace| pace.create_time);
            self.run(COMMAND, time_limit, async move {
                if let Some(takes) = takes {
                    tokio::time::sleep(takes).await;
                }
                if fails {
                    bounds::creation_failed(&trial, &pool, order.job);
                    return failed(COMMAND, "quota exceeded: instances 0 of 0");
                }
                match fault {
                    Some(Fault::CreateError) => return failed(COMMAND, "the cloud says 500"),
                    Some(Fault::CreateQuota) => return failed(COMMAND, "quota exceeded: instances 10 of 10"),
                    Some(Fault::CreateHang | Fault::CreateLate) => std::future::pending().await,
                    _ => make(&trial, &pool, &made, Some(order)),
                }
                match fault {
                    Some(Fault::CreateLeftover) => failed(COMMAND, "cannot tag the machine"),
                    Some(Fault::CreateGarbage) => Err(Error::Garbage {
                        command: COMMAND,
                        reason: "expected value at line 1".to_owned(),
                        output: ProcessOutput::default(),
                    }),
                    Some(Fault::CreateAnswerLost) => std::future::pending().await,
                    _ => Ok(CreatedInstance { instance: described(&made, true), stderr: String::new() }),
                }
            })
            .await
        })
    }

    fn delete_instance<'a>(&'a self, _pool: &'a PoolContext, instance: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        let trial = Arc::clone(&self.trial);
        let name = instance.strip_prefix("id-of-").unwrap_or(instance).to_owned();
        Box::pin(async move {
            const COMMAND: ProviderCommand = ProviderCommand::DeleteInstance;
            let fault = trial.faults.pick(&[Fault::DeleteError, Fault::DeleteAnswerLost, Fault::DeleteHang]);
            self.run(COMMAND, TIME_LIMIT, async move {
                if bounds::stays(&trial, &name) {
                    bounds::removal_is_tried(&trial, &name);
                    return failed(COMMAND, "the machine is locked");
                }
                match fault {
                    Some(Fault::DeleteError) => return failed(COMMAND, "the cloud says 500"),
                    Some(Fault::DeleteHang) => std::future::pending().await,
                    _ => remove(&trial, &name),
                }
                if fault.is_some() { failed(COMMAND, "connection reset") } else { Ok(()) }
            })
            .await
        })
    }

    fn list_instances<'a>(&'a self, pool: &'a PoolContext) -> BoxFuture<'a, Result<Vec<ProviderInstance>, Error>> {
        let (trial, pool) = (Arc::clone(&self.trial), pool.pool_id.clone());
        Box::pin(async move {
            const COMMAND: ProviderCommand = ProviderCommand::ListInstances;
            let fault = trial.faults.pick(&[Fault::ListError, Fault::ListIncomplete]);
            self.run(COMMAND, TIME_LIMIT, async move {
                if fault == Some(Fault::ListError) {
                    return failed(COMMAND, "the cloud says 503");
                }
                let mut found: Vec<_> = {
                    let machines = trial.cloud.lock();
                    let of_pool = machines.iter().filter(|(_, machine)| machine.pool == pool);
                    of_pool.map(|(name, machine)| described(name, machine.running)).collect()
                };
                if fault == Some(Fault::ListIncomplete) && !found.is_empty() {
                    found.remove(trial.faults.below(found.len()));
                }
                Ok(found)
            })
            .await
        })
    }

    fn validate_pool<'a>(&'a self, _pool: &'a PoolContext) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn configured(&self) -> Description {
        Description::default()
    }

    fn describe(&self, _controller: ControllerId) -> BoxFuture<'_, Description> {
        Box::pin(async { self.configured() })
    }

    fn calls(&self) -> Vec<CommandCalls> {
        Vec::new()
    }
}
