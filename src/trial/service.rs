//! The service for scale sets as one server reaches it: the model without HTTP in between, with everything a network does.
//! No poll promises more than the maximum of its scale set, and calls are bounded ([`super::asked`]).

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use super::asked::Asking;
use super::faults::Fault;
use super::state::Trial;
use super::way::{self, Way, unreachable};
use crate::forge::{Error, Recoveries, Registered, ScaleSetService, Words};
use crate::model::{
    CallKind, EntityRef, Importance, JitConfig, JobMessage, JobMessageKind, MessageItem, MessageSession, RunnerGroup, RunnerName,
    ScaleSetMessage, ScaleSetSettings, ScaleSetStatistics, SecretString, ServiceRunner, ServiceScaleSet, ServiceScaleSetId, ServingRunner,
    SessionId, expose,
};
use crate::sim;
use crate::sim::{DEFAULT_GROUP, LabelChange, News, Runner, ScaleSetChange, ServiceException as Exception, SettingChange, State};
use crate::time::Timestamp;

/// How long the token of a session is good for: shorter than a trial.
const TOKEN_LIFETIME: Duration = Duration::from_mins(4);
/// How often the service looks for what time has ended.
const LOOK: Duration = Duration::from_secs(10);
/// The service ends the sessions whose listeners are silent, and takes back the jobs that no runner picks up.
pub(super) async fn time_passes(trial: Arc<Trial>) {
    loop {
        tokio::time::sleep(LOOK).await;
        trial.forge.write(State::expire_sessions);
    }
}

/// The service of one entity.
pub(super) struct Service {
    way: Way,
    at: EntityRef,
    recoveries: Recoveries,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Service")
    }
}

/// A poll that waits; ends when the answer is ready and when the listener hangs up.
struct Waiting<'a> {
    trial: &'a Trial,
    scale_set: i64,
    poll: i64,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.trial.forge.write(|state| state.end_message_poll(self.scale_set, self.poll));
    }
}

/// The name of the default runner group.
const GROUP: &str = "Default";

impl Service {
    pub(super) const fn new(way: Way, at: EntityRef, recoveries: Recoveries) -> Self {
        Self { way, at, recoveries }
    }

    fn trial(&self) -> &Trial {
        &self.way.trial
    }

    /// Makes one call about a session.
    async fn about_session<T>(
        &self,
        what: &'static str,
        effect: impl FnOnce(&mut State, sim::Scope) -> Result<T, Exception>,
    ) -> Result<T, Error> {
        let trial = self.trial();
        if let Some(broken) = trial.asked.call(trial.passed(), trial.scenario.scale_sets.len()) {
            trial.violated(broken);
        }
        let answer = self.call(what, effect).await;
        self.recoveries.note(&answer);
        answer
    }

    /// Makes one call. The service has no budget.
    async fn call<T>(&self, what: &'static str, effect: impl FnOnce(&mut State, sim::Scope) -> Result<T, Exception>) -> Result<T, Error> {
        let here = self.way.scope(&self.at);
        self.way.call(what, Importance::Act, CallKind::Read, move |state| effect(state, here).map_err(|fault| error(what, fault))).await
    }

    /// The session with a new token for its messages. The token names its end by the clock of the service.
    fn opened(&self, state: &State, id: i64) -> Option<MessageSession> {
        let set = state.find_scale_set(id)?;
        let session = set.session.as_ref()?;
        let ends_at = self.trial().clock.now().after(TOKEN_LIFETIME);
        Some(MessageSession {
            id: SessionId(session.id),
            owner: session.owner.clone(),
            queue_url: id.to_string(),
            token: SecretString::from(ends_at.as_micros().to_string()),
            token_ends_at: self.way.clock.now().after(TOKEN_LIFETIME),
            scale_set: Some(shown(state, set)),
            statistics: Some(statistics(state, id)),
        })
    }

    async fn wait_for_message(&self, session: &MessageSession, capacity: u32) -> Result<Option<ScaleSetMessage>, Error> {
        const WHAT: &str = "wait for a message";
        let trial = self.trial();
        let id = scale_set_of(session);
        let has_ended = has_ended(session, trial);
        let begun = self.about_session(WHAT, |state, _| {
            if has_ended {
                return Err(Exception::BadToken);
            }
            let begun = state.begin_message_poll(id, session.id.0, capacity as usize)?;
            Ok((begun, state.find_scale_set(id).map(|set| set.name.clone()).unwrap_or_default()))
        });
        let ((poll, bell), name): (_, String) = begun.await?;
        let _waiting = Waiting { trial, scale_set: id, poll };
        if let Some(most) = trial.maximum(&name).filter(|most| capacity as usize > *most) {
            trial.violated(format!("{capacity} runners are promised for scale set {name}, which may have {most}"));
        }
        let message = async {
            loop {
                let next = trial.forge.write(|state| match state.next_message(id, session.id.0, poll) {
                    Ok(found) => Ok(found),
                    // The session has ended meanwhile, perhaps with its scale set.
                    Err(Exception::NoSession | Exception::NoScaleSet(_)) => Err(error(WHAT, Exception::BadToken)),
                    Err(other) => Err(error(WHAT, other)),
                })?;
                match next {
                    Some((message, counts)) => return Ok(told(&message, counts)),
                    None => bell.notified().await,
                }
            }
        };
        let answer = tokio::time::timeout(trial.forge.settings().scale_sets.poll_wait, message).await.ok().transpose();
        if trial.forge_is_out() || trial.faults.strikes(Fault::ForgeAnswerLost) {
            let lost = Err(unreachable());
            self.recoveries.note(&lost);
            return lost;
        }
        if let Ok(Some(message)) = &answer {
            trial.asked.note(trial.passed(), Asking::Message);
            trial.note(format_args!("message {} for {name}: {}", message.id, in_short(message)));
        }
        answer
    }
}

/// Which jobs a message tells of, and how many are assigned.
fn in_short(message: &ScaleSetMessage) -> String {
    let item = |item: &MessageItem| item.read.as_ref().map(|read| format!("{} {:?}", read.job_id, read.kind)).unwrap_or_default();
    let items: Vec<String> = message.items.iter().map(item).collect();
    format!("{}; {} assigned", items.join(", "), message.statistics.map_or(0, |counts| counts.assigned_jobs))
}

fn scale_set_of(session: &MessageSession) -> i64 {
    session.queue_url.parse().expect("the address is a number")
}

/// Whether the token of the session has ended, by the clock of the service.
fn has_ended(session: &MessageSession, trial: &Trial) -> bool {
    let ends_at = expose(&session.token).parse().expect("the token is a time");
    Timestamp::from_micros(ends_at) <= trial.clock.now()
}

/// The refusal as the client for HTTP reports it.
fn error(what: &'static str, exception: Exception) -> Error {
    let (status, _) = exception.kind();
    let words = Words::of(status, exception.to_string().as_bytes(), &[]);
    match exception {
        Exception::NoScaleSet(_) => Error::ScaleSetGone { words },
        Exception::ScaleSetExists(_) => Error::ScaleSetExists { status, words },
        Exception::NoGroup(name) => Error::NoGroup { name },
        Exception::SessionConflict { owner, .. } => Error::SessionConflict { owner, words },
        Exception::NoSession => Error::SessionGone { words },
        Exception::BadToken => Error::TokenExpired { status, words },
        Exception::AgentExists(_) => Error::Exists,
        Exception::JobStillRunning(_) => Error::Busy,
        Exception::NoAgent(id) => Error::NotFound { what: format!("runner {id}"), words },
        _ => Error::Refused { what, status, words },
    }
}

fn shown(state: &State, set: &sim::ScaleSet) -> ServiceScaleSet {
    ServiceScaleSet {
        id: ServiceScaleSetId(set.id),
        name: set.name.clone(),
        group_id: set.group_id,
        group_name: GROUP.to_owned(),
        labels: set.labels.iter().map(|label| label.name.clone()).collect(),
        disable_update: set.setting.disable_update,
        status: set.status.clone().unwrap_or_default(),
        statistics: Some(statistics(state, set.id)),
    }
}

fn statistics(state: &State, id: i64) -> ScaleSetStatistics {
    counted(state.statistics(id))
}

fn counted(counts: sim::Statistics) -> ScaleSetStatistics {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    ScaleSetStatistics {
        available_jobs: number(counts.available),
        acquired_jobs: 0,
        assigned_jobs: number(counts.assigned),
        running_jobs: number(counts.running),
        registered_runners: number(counts.registered),
        busy_runners: number(counts.busy),
        idle_runners: number(counts.idle),
    }
}

fn told(message: &sim::Message, counts: sim::Statistics) -> ScaleSetMessage {
    let item = |item: &sim::JobMessage| MessageItem { text: format!("{item:?}"), read: Ok(read(item)) };
    ScaleSetMessage { id: message.id, items: message.items.iter().map(item).collect(), statistics: Some(counted(counts)) }
}

fn read(item: &sim::JobMessage) -> JobMessage {
    let by = item.runner.clone().map(|(agent_id, name)| ServingRunner { agent_id, name }).unwrap_or_default();
    JobMessage {
        kind: match item.news {
            News::Available => JobMessageKind::Available,
            News::Assigned => JobMessageKind::Assigned,
            News::Started => JobMessageKind::Started { by },
            News::Completed => JobMessageKind::Completed { result: item.result.unwrap_or_default().to_owned(), by },
        },
        request_id: item.request,
        repository_owner: item.owner.clone(),
        repository_name: item.repo.clone(),
        // Another one than the number that deliveries have.
        job_id: format!("job-{}", item.job),
        job_name: item.name.clone(),
        workflow_ref: String::new(),
        run_id: item.run_id,
        event: String::new(),
        labels: item.labels.clone(),
        queued_at: Some(item.queued_at),
        assigned_at: item.assigned_at,
        runner_assigned_at: item.started_at,
        finished_at: item.finished_at,
    }
}

fn change(settings: &ScaleSetSettings) -> ScaleSetChange {
    let label = |name: &String| LabelChange { kind: String::new(), name: name.clone() };
    ScaleSetChange {
        name: Some(settings.name.clone()),
        runner_group_id: Some(settings.group_id),
        labels: Some(settings.labels.iter().map(label).collect()),
        runner_setting: SettingChange { ephemeral: Some(true), is_elastic: None, disable_update: Some(settings.disable_update) },
    }
}

fn listed(runner: &Runner) -> ServiceRunner {
    ServiceRunner { scale_set_id: runner.scale_set.map(ServiceScaleSetId), runner: way::listed(runner) }
}

impl ScaleSetService for Service {
    fn find_group<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<RunnerGroup>, Error>> {
        let group = RunnerGroup { id: DEFAULT_GROUP, name: GROUP.to_owned(), is_default: true };
        Box::pin(
            self.about_session("find a runner group", move |_, _| Ok(Some(group).filter(|group| name.is_empty() || group.name == name))),
        )
    }

    fn find_scale_set<'a>(&'a self, group_id: i64, name: &'a str) -> BoxFuture<'a, Result<Option<ServiceScaleSet>, Error>> {
        Box::pin(self.about_session("find a scale set", move |state, here| {
            let found = state.scale_sets().find(|set| set.scope == here && set.group_id == group_id && set.name == name);
            Ok(found.map(|set| shown(state, set)))
        }))
    }

    fn get_scale_set(&self, id: ServiceScaleSetId) -> BoxFuture<'_, Result<ServiceScaleSet, Error>> {
        Box::pin(self.about_session("look at a scale set", move |state, here| Ok(shown(state, state.scale_set_of(&here, id.0)?))))
    }

    fn create_scale_set<'a>(&'a self, settings: &'a ScaleSetSettings) -> BoxFuture<'a, Result<ServiceScaleSet, Error>> {
        Box::pin(self.about_session("make a scale set", move |state, here| {
            let id = state.create_scale_set(&here, change(settings))?;
            Ok(shown(state, state.scale_set_of(&here, id)?))
        }))
    }

    fn update_scale_set<'a>(
        &'a self,
        id: ServiceScaleSetId,
        settings: &'a ScaleSetSettings,
    ) -> BoxFuture<'a, Result<ServiceScaleSet, Error>> {
        Box::pin(self.about_session("change a scale set", move |state, here| {
            state.update_scale_set(&here, id.0, change(settings))?;
            Ok(shown(state, state.scale_set_of(&here, id.0)?))
        }))
    }

    fn delete_scale_set(&self, id: ServiceScaleSetId) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.about_session("remove a scale set", move |state, _| {
            state.remove_scale_set(id.0);
            Ok(())
        }))
    }

    fn create_session<'a>(&'a self, id: ServiceScaleSetId, owner: &'a str) -> BoxFuture<'a, Result<MessageSession, Error>> {
        Box::pin(self.about_session("open a session", move |state, _| {
            state.open_message_session(id.0, owner)?;
            self.opened(state, id.0).ok_or(Exception::NoScaleSet(id.0))
        }))
    }

    fn refresh_session(&self, id: ServiceScaleSetId, session: SessionId) -> BoxFuture<'_, Result<MessageSession, Error>> {
        Box::pin(self.about_session("refresh a session", move |state, _| {
            state.refresh_message_session(id.0, session.0)?;
            self.opened(state, id.0).ok_or(Exception::NoScaleSet(id.0))
        }))
    }

    fn delete_session(&self, id: ServiceScaleSetId, session: SessionId) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.about_session("end a session", move |state, _| match state.close_message_session(id.0, session.0) {
            Err(Exception::NoSession | Exception::NoScaleSet(_)) => Ok(()),
            answer => answer,
        }))
    }

    fn poll<'a>(&'a self, session: &'a MessageSession, _last: i64, capacity: u32) -> BoxFuture<'a, Result<Option<ScaleSetMessage>, Error>> {
        Box::pin(self.wait_for_message(session, capacity))
    }

    fn acknowledge<'a>(&'a self, session: &'a MessageSession, message: i64) -> BoxFuture<'a, Result<(), Error>> {
        let (id, has_ended) = (scale_set_of(session), has_ended(session, self.trial()));
        Box::pin(self.about_session("acknowledge a message", move |state, _| {
            if has_ended {
                return Err(Exception::BadToken);
            }
            match state.acknowledge_message(id, session.id.0, message) {
                Err(Exception::NoMessage(_)) => Ok(()),
                answer => answer,
            }
        }))
    }

    fn acquire<'a>(
        &'a self,
        id: ServiceScaleSetId,
        session: &'a MessageSession,
        requests: &'a [i64],
    ) -> BoxFuture<'a, Result<Option<Vec<i64>>, Error>> {
        let offers = self.trial().scenario.offers_jobs;
        Box::pin(self.about_session("acquire jobs", move |state, _| {
            if !offers {
                return Ok(None);
            }
            state.acquire_jobs(id.0, session.id.0, requests).map(Some)
        }))
    }

    fn register_jit<'a>(&'a self, id: ServiceScaleSetId, name: &'a RunnerName) -> BoxFuture<'a, Result<Registered, Error>> {
        Box::pin(self.call("register a runner", move |state, here| {
            let runner = state.register_in_scale_set(&here, id.0, name.as_str())?;
            let files = [(".runner".to_owned(), SecretString::from("e30="))].into();
            Ok(Registered { agent_id: runner.id, jit: JitConfig { files } })
        }))
    }

    fn list_runners(&self) -> BoxFuture<'_, Result<Vec<ServiceRunner>, Error>> {
        Box::pin(self.call("list runners", |state, here| Ok(state.runners().filter(|runner| runner.scope == here).map(listed).collect())))
    }

    fn find_runner<'a>(&'a self, name: &'a RunnerName) -> BoxFuture<'a, Result<Option<ServiceRunner>, Error>> {
        Box::pin(self.call("find a runner", move |state, here| {
            Ok(state.runners().find(|runner| runner.scope == here && runner.name == name.as_str()).map(listed))
        }))
    }

    fn remove_runner(&self, agent_id: i64) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(self.call("remove a runner", move |state, here| match state.remove_agent(&here, agent_id) {
            Err(Exception::NoAgent(_)) => Ok(()),
            answer => answer,
        }))
    }

    fn recoveries(&self) -> watch::Receiver<u64> {
        self.recoveries.subscribe()
    }
}
