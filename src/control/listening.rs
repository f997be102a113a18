//! The task of one scale set: it performs the steps of the message session ([`engine::session`](crate::engine::session)), and decides nothing.
//!
//! The session is over when the scale set is disabled or goes, and when this server stops. A server that is killed leaves its session behind: the next one
//! knows its id from the row, and ends it.

mod facts;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use self::facts::AssignedFact;
use super::services::Services;
use super::signals::{Bell, Ended};
use crate::crypto::random;
use crate::engine::session::{Answer, Batch, Failure, Kept, Session, Step, Wanted};
use crate::forge::{self, ScaleSetService};
use crate::model::{
    Entity, EventLevel, JobMessageKind, ScaleSet, ScaleSetId, ScaleSetMessage, ScaleSetStatistics, SessionStage, SessionStanding, describe,
};
use crate::store::{self, SessionNews, SessionRow};
use crate::time::Timestamp;

/// So often it is written down at least that the session works, while nothing else of it changes.
const TOLD_AGAIN: Duration = Duration::from_mins(5);
/// So many facts of a message are written at once: the store commits them as one group.
const FACTS_AT_ONCE: usize = 32;
/// The longest wait for the bell of a scale set that has no session.
const QUIET: Duration = Duration::from_hours(1);

/// Holds the session of a scale set until that is gone, its lease is lost, or `stop` is cancelled.
pub(super) async fn listen(services: Services, id: ScaleSetId, bell: Arc<Bell>, stop: CancellationToken) -> Ended {
    let mut listener = Listener { services, id, bell, stop, session: None, told: None, in_outage: false, counted: None, recoveries: None };
    loop {
        match listener.turn().await {
            Ok(None) => {}
            Ok(Some(ended)) => return ended,
            Err(store::Error::Stale { .. }) => return Ended::LeaseLost,
            Err(fault) => {
                warn!(error = %describe(&fault), "a session cannot be looked after; trying again");
                tokio::select! {
                    biased;
                    () = listener.stop.cancelled() => return Ended::Stopped,
                    () = tokio::time::sleep(listener.services.policy.database_retry) => {}
                }
            }
        }
    }
}

struct Listener {
    services: Services,
    id: ScaleSetId,
    bell: Arc<Bell>,
    stop: CancellationToken,
    session: Option<Session>,
    /// How the session stood when that was written down last, and when.
    told: Option<(SessionStanding, Timestamp)>,
    /// The events of the entity say that the session fails.
    in_outage: bool,
    /// The jobs and runners that were written down last.
    counted: Option<ScaleSetStatistics>,
    /// Tells that the service answers other sessions again.
    recoveries: Option<watch::Receiver<u64>>,
}

impl Listener {
    fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    /// One step of the session, if there is one. Answers why the task ends, if it does.
    async fn turn(&mut self) -> Result<Option<Ended>, store::Error> {
        let Some(row) = self.services.store.session_of(self.id).await? else { return Ok(Some(Ended::Gone)) };
        let Some(entity) = self.services.store.find_entity(row.scale_set.entity_id).await? else { return Ok(Some(Ended::Gone)) };
        let is_stopping = self.stop.is_cancelled();
        if self.session.is_none() {
            if is_stopping {
                return Ok(Some(Ended::Stopped));
            }
            let kept = kept(&row);
            // A session that was left behind is ended also where no other one is wanted.
            if !is_wanted(&row.scale_set) && kept.session.is_none() {
                self.wait(QUIET).await;
                return Ok(None);
            }
            self.in_outage |= was_in_outage(&row);
            let wanted = self.wanted(&row.scale_set).await?;
            self.session = Some(Session::new(wanted, kept, self.id.0, self.now()));
        }
        let wanted = self.wanted(&row.scale_set).await?;
        let now = self.now();
        let Some(session) = &mut self.session else { return Ok(None) };
        if is_stopping || !is_wanted(&row.scale_set) {
            session.stop();
        } else {
            session.want(wanted);
        }
        if self.bell.take_unblock() {
            session.hurry(now);
        }
        let step = session.next(now, row.scale_set.demand.capacity);
        let is_over = matches!(step, Step::Over);
        let answer = self.perform(step, &row.scale_set, &entity).await?;
        let now = self.now();
        if let (Some(session), Some(answer)) = (&mut self.session, answer) {
            session.answer(answer, now, jitter());
        }
        self.tell(&row.scale_set).await?;
        if is_over {
            (self.session, self.told, self.counted) = (None, None, None);
            return Ok(is_stopping.then_some(Ended::Stopped));
        }
        Ok(None)
    }

    async fn wanted(&self, set: &ScaleSet) -> Result<Wanted, store::Error> {
        let controller = self.services.store.controller().await?;
        Ok(Wanted {
            name: set.name.clone(),
            group: set.group_of_service().to_owned(),
            labels: set.all_labels(),
            disable_update: set.disable_update,
            owner: format!("garm-{}", controller.id),
        })
    }

    /// Waits until the bell rings, the server stops, or the service answers others again.
    async fn wait(&mut self, patience: Duration) {
        let recovered = async {
            match &mut self.recoveries {
                Some(recoveries) => recoveries.changed().await.is_ok(),
                None => std::future::pending().await,
            }
        };
        let told = tokio::select! {
            biased;
            () = self.stop.cancelled() => None,
            told = recovered => Some(told),
            () = self.bell.rung_within(patience) => None,
        };
        let now = self.now();
        match (told, &mut self.session) {
            (Some(true), Some(session)) => session.hurry(now),
            // The connection that told is gone, as after a change of the credentials. The next call brings another one.
            (Some(false), _) => self.recoveries = None,
            _ => {}
        }
    }

    async fn perform(&mut self, step: Step, set: &ScaleSet, entity: &Entity) -> Result<Option<Answer>, store::Error> {
        let answer = match step {
            Step::Over => return Ok(None),
            Step::Wait { until } => {
                self.wait(until.since(self.now())).await;
                return Ok(None);
            }
            Step::Keep(kept) => {
                let text = serde_json::to_string(&kept).map_err(|fault| store::Error::Invalid(fault.to_string()))?;
                written(self.services.store.keep_session(self.id, text, kept.scale_set).await.map(|()| Answer::Kept))?
            }
            Step::Handle(batch) => self.handle(batch, set, entity).await?,
            Step::Poll { session, last, capacity } => {
                let service = match self.service(set).await? {
                    Ok(service) => service,
                    Err(fault) => return Ok(Some(self.failed(&fault))),
                };
                let Some(answer) = self.poll(service.poll(&session, last, capacity)).await? else { return Ok(None) };
                answer
            }
            call => match self.service(set).await? {
                Ok(service) => match one_call(&*service, call).await {
                    Ok(answer) => answer,
                    Err(fault) => self.failed(&fault),
                },
                Err(fault) => self.failed(&fault),
            },
        };
        Ok(Some(answer))
    }

    /// The service, by the settings of now. It is not one of the calls of a forge that wait for their turn: a poll takes a minute.
    async fn service(&mut self, set: &ScaleSet) -> Result<Result<Arc<dyn ScaleSetService>, forge::Error>, store::Error> {
        let Some(view) = self.services.store.entity_settings(set.entity_id).await? else {
            return Err(store::Error::NotFound { what: "entity", key: set.entity_id.to_string() });
        };
        let service = self.services.forges.scale_sets(&view.endpoint, self.services.credentials(&view), &view.entity.at);
        if let (Ok(service), None) = (&service, &self.recoveries) {
            self.recoveries = Some(service.recoveries());
        }
        Ok(service)
    }

    fn failed(&self, fault: &forge::Error) -> Answer {
        Answer::Failed(Failure { fault: fault.service_fault(self.now()), text: describe(fault) })
    }

    /// Waits for a message, as long as the promise holds. `None` = no session is wanted any more.
    async fn poll(
        &mut self,
        call: impl Future<Output = Result<Option<ScaleSetMessage>, forge::Error>>,
    ) -> Result<Option<Answer>, store::Error> {
        let mut call = std::pin::pin!(call);
        let mut cut_at = None;
        loop {
            let patience = cut_at.map_or(QUIET, |at: Timestamp| at.since(self.now()));
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(None),
                answer = &mut call => {
                    return Ok(Some(match answer {
                        Ok(message) => Answer::Polled(message),
                        Err(fault) => self.failed(&fault),
                    }));
                }
                () = self.bell.rung() => {
                    let row = self.services.store.session_of(self.id).await?;
                    let Some(row) = row.filter(|row| is_wanted(&row.scale_set)) else { return Ok(None) };
                    cut_at = self.session.as_ref().and_then(|session| session.cut_at(row.scale_set.demand.capacity));
                }
                () = tokio::time::sleep(patience), if cut_at.is_some() => return Ok(Some(Answer::Cut)),
            }
        }
    }

    /// Writes down what a message says.
    async fn handle(&mut self, batch: Batch, set: &ScaleSet, entity: &Entity) -> Result<Answer, store::Error> {
        let now = self.now();
        for aside in &batch.aside {
            warn!(scale_set.id = self.id.0, message = batch.message, why = %aside.why, "something that a session told is set aside");
        }
        let aside = batch.aside.iter().map(|aside| {
            format!(
                "scale set {}: message {} tells something that is set aside, because {}: {}",
                set.name, batch.message, aside.why, aside.text
            )
        });
        for item in batch.items.iter().filter_map(|item| if let JobMessageKind::Unknown(word) = &item.kind { Some(word) } else { None }) {
            info!(scale_set.id = self.id.0, message = batch.message, word = %item, "a session tells something of a job that means nothing here");
        }
        let news = SessionNews { aside: aside.collect(), assigned: batch.statistics.map(|statistics| statistics.assigned_jobs) };
        let answer = match self.record(facts::of(&batch, set, entity, now)).await {
            Ok(failed) => self.services.store.take_in_message(self.id, news).await.map(|()| Answer::Handled { failed }),
            Err(fault) => Err(fault),
        };
        if answer.is_ok() {
            self.counted = batch.statistics.or(self.counted);
        }
        written(answer)
    }

    /// Writes down what a message says of jobs, each fact in a unit of its own: they are idempotent, and the message comes again unless all are durable.
    /// Those about one job stay in their order. Answers which cannot be written down, by their places, with the reason.
    async fn record(&self, facts: Vec<AssignedFact>) -> Result<Vec<(usize, String)>, store::Error> {
        let mut by_job: BTreeMap<String, Vec<AssignedFact>> = BTreeMap::new();
        for fact in facts {
            by_job.entry(fact.job.id.clone()).or_default().push(fact);
        }
        let store = &self.services.store;
        let record = |of_job: Vec<AssignedFact>| async move {
            let mut failed = Vec::new();
            for AssignedFact { place, fact, job } in of_job {
                match store.record_assigned(fact, job).await {
                    Ok(()) => {}
                    // What is wrong with one row holds up no other.
                    Err(fault @ (store::Error::Corrupt { .. } | store::Error::Invalid(_))) => failed.push((place, describe(&fault))),
                    Err(fault) => return Err(fault),
                }
            }
            Ok(failed)
        };
        let failed: Vec<_> = stream::iter(by_job.into_values().map(record)).buffer_unordered(FACTS_AT_ONCE).try_collect().await?;
        Ok(failed.into_iter().flatten().collect())
    }

    /// Writes down how the session stands, where that changed.
    async fn tell(&mut self, set: &ScaleSet) -> Result<(), store::Error> {
        let (Some(session), now) = (&self.session, self.now()) else { return Ok(()) };
        let standing = session.standing();
        if standing.statistics != self.counted
            && let Some(statistics) = standing.statistics
        {
            let news = SessionNews { assigned: Some(statistics.assigned_jobs), aside: Vec::new() };
            self.services.store.take_in_message(self.id, news).await?;
            self.counted = Some(statistics);
        }
        let is_news = |(told, at): &(SessionStanding, Timestamp)| in_short(told) != in_short(&standing) || at.after(TOLD_AGAIN) <= now;
        if self.told.as_ref().is_none_or(is_news) {
            self.log(&standing);
            self.tell_of_outage(&standing, set).await?;
            let text = serde_json::to_string(&SessionStanding { stage: in_short(&standing).stage, ..standing.clone() })
                .map_err(|fault| store::Error::Invalid(fault.to_string()))?;
            self.services.store.set_standing(self.id, text, works(&standing)).await?;
            self.told = Some((standing, now));
        }
        Ok(())
    }

    /// Tells the events of the entity of an outage, once, and of its end. The event comes before the row, which tells the next server that it was told.
    async fn tell_of_outage(&mut self, standing: &SessionStanding, set: &ScaleSet) -> Result<(), store::Error> {
        let outage = standing.fault.as_ref().filter(|fault| fault.is_outage());
        let (level, text) = match (self.in_outage, outage) {
            (false, Some(fault)) => {
                (EventLevel::Error, format!("scale set {}: the session has failed since {}: {}", set.name, fault.since, fault.text))
            }
            (true, None) if works(standing) => (EventLevel::Info, format!("scale set {}: the session works again", set.name)),
            _ => return Ok(()),
        };
        self.services.store.add_entity_event(set.entity_id, level, text).await?;
        self.in_outage = outage.is_some();
        Ok(())
    }

    /// Says when a session begins to work, and why it does not.
    fn log(&self, standing: &SessionStanding) {
        let before = self.told.as_ref().map(|(told, _)| told);
        match (before.is_some_and(works), works(standing), &standing.fault) {
            (false, true, _) => info!(scale_set.id = self.id.0, "messages about the jobs of a scale set are listened for"),
            (_, false, Some(fault)) if before.and_then(|told| told.fault.as_ref()) != Some(fault) => {
                let next = standing.next_try.map(tracing::field::display);
                warn!(scale_set.id = self.id.0, error = %fault.text, times = fault.times, next_try = next, "the session of a scale set fails");
            }
            _ => {}
        }
    }
}

/// Whether the scale set is to have a session.
fn is_wanted(set: &ScaleSet) -> bool {
    set.enabled && !set.is_being_removed()
}

/// What the row keeps of the session. The number of the scale set is in its own row, too, where it is known first.
fn kept(row: &SessionRow) -> Kept {
    let read = |text: &String| {
        // The session that it may name ends by itself at the service.
        let tell =
            |fault: &serde_json::Error| warn!(scale_set.id = row.scale_set.id.0, error = %fault, "what a session kept cannot be read");
        serde_json::from_str(text).inspect_err(tell).ok()
    };
    let kept: Kept = row.kept.as_ref().and_then(read).unwrap_or_default();
    Kept { scale_set: row.scale_set.service_id.or(kept.scale_set), ..kept }
}

/// Whether the session of before was left in an outage that the events tell. A standing that cannot be read is written anew by this session; at worst
/// the outage is told twice.
fn was_in_outage(row: &SessionRow) -> bool {
    let standing = row.standing.as_deref().and_then(|text| serde_json::from_str::<SessionStanding>(text).ok());
    standing.and_then(|standing| standing.fault).is_some_and(|fault| fault.is_outage())
}

/// Whether the session works: the service's last word is the latest.
fn works(standing: &SessionStanding) -> bool {
    matches!(standing.stage, SessionStage::Listening | SessionStage::Handling) && standing.fault.is_none()
}

/// What of a standing is worth a row: not each answer of a session that works.
fn in_short(standing: &SessionStanding) -> SessionStanding {
    let stage = if standing.stage == SessionStage::Handling { SessionStage::Listening } else { standing.stage };
    let last_good = standing.last_good.map(|(_, capacity)| (Timestamp::EPOCH, capacity));
    SessionStanding { stage, last_good, statistics: None, ..standing.clone() }
}

/// A lost lease ends the task. Any other failure of the database is the session's.
fn written(answer: Result<Answer, store::Error>) -> Result<Answer, store::Error> {
    match answer {
        Err(fault @ store::Error::Stale { .. }) => Err(fault),
        Err(fault) => Ok(Answer::Failed(Failure::other(describe(&fault)))),
        answer => answer,
    }
}

/// A number between 0 and 1.
fn jitter() -> f64 {
    f64::from(u32::try_from(random::seed() >> 32).unwrap_or_default()) / f64::from(u32::MAX)
}

/// The steps that are one call of the service.
async fn one_call(service: &dyn ScaleSetService, step: Step) -> Result<Answer, forge::Error> {
    Ok(match step {
        Step::LookUp { scale_set } => Answer::Exists(service.get_scale_set(scale_set).await?),
        Step::FindGroup { name } => Answer::Group(service.find_group(&name).await?),
        Step::Find { group_id, name } => Answer::Found(service.find_scale_set(group_id, &name).await?),
        Step::Make(settings) => Answer::Made(service.create_scale_set(&settings).await?),
        Step::Open { scale_set, owner } => Answer::Opened(service.create_session(scale_set, &owner).await?),
        Step::End { scale_set, session } => {
            service.delete_session(scale_set, session).await?;
            Answer::Ended
        }
        Step::Refresh { scale_set, session } => Answer::Opened(service.refresh_session(scale_set, session).await?),
        Step::Poll { session, last, capacity } => Answer::Polled(service.poll(&session, last, capacity).await?),
        Step::Acquire { scale_set, session, requests } => Answer::Acquired(service.acquire(scale_set, &session, &requests).await?),
        Step::Acknowledge { session, message } => {
            service.acknowledge(&session, message).await?;
            Answer::Acknowledged
        }
        // These are no calls, and are performed elsewhere.
        Step::Wait { .. } | Step::Keep(_) | Step::Handle(_) | Step::Over => Answer::Failed(Failure::other("the step is no call")),
    })
}
