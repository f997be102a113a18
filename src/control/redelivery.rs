//! Reads the forge's log of the deliveries to a hook, and has the forge make again what failed or never came.
//!
//! One leased task for each repository and organization, and one for each App whose hook delivers to this installation. Each runs on one server at a
//! time. It reads after a start or a take-over, after an outage
//! of this server, when the entity or its credentials change, and every [`PERIOD`]. It keeps its place in the log in a row, so that it goes on where
//! it was interrupted. Before each call that asks for a delivery, the intent is a durable row. A delivery that was asked for is taken in as any other
//! one: twice is harmless.
//!
//! # Brakes
//! A call is made for each 100 entries of the log, and one for each delivery that is asked for: [`CALLS_PER_HOUR`] at most, and [`ASKS_PER_ROUND`] in
//! a minute. One delivery is asked for five times at most, with growing pauses. While nothing arrives of what was asked for, only
//! [`ASKS_ON_TRIAL`] are asked for, in growing pauses: what refuses one delivery, such as a wrong secret, refuses all. A call that fails is made again
//! after 30 s, doubling to [`PAUSE_MAX`]. Where the credentials may not see webhooks, the events of the entity say so once, and the task pauses for
//! [`FORBIDDEN_PAUSE`].

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::hooks::{HookError, find_app_hook, find_hook};
use super::rounds::{self, Because, Rounds, Stop};
use super::services::{ForgeTurn, Services};
use super::signals::{Bell, Ended};
use crate::forge::{self, HookLog};
use crate::model::{
    CallKind, CredentialsSecret, EntityId, EntityKind, EventLevel, Importance, LeasedTask, LogPass, LogPlace, LoggedDelivery, Redelivery,
    Retry, describe,
};
use crate::store::EntitySettings;
use crate::time::Timestamp;

/// How often the log is read when all is well: four calls an hour.
const PERIOD: Duration = Duration::from_mins(15);
/// The same after a start, an outage, and a reading that found something. A delivery that fails while the log is read is in it a little later.
const PERIOD_AFTER_TROUBLE: Duration = Duration::from_secs(20);
/// From one reading to the next at least, whatever happens.
const GAP: Duration = Duration::from_secs(10);
/// What is older is of no use: a job waits for a day at most.
const LOOKED_BACK: Duration = Duration::from_hours(24);
/// Entries can get into the log a little late. So much of what was read is read again.
const OVERLAP: Duration = Duration::from_mins(5);
/// The most pages of one reading: 10,000 deliveries. What is further back is left.
const PAGES_MAX: u32 = 100;
/// The most pages in a row, so that what was found is asked for between them.
const PAGES_PER_ROUND: u32 = 5;
/// A fifth of the calls that GitHub allows the smallest set of credentials.
const CALLS_PER_HOUR: u32 = 1_000;
/// Half of the points that GitHub allows in a minute; the other half registers the runners of the jobs.
const ASKS_PER_ROUND: usize = 90;
/// The same while nothing arrives of what was asked for.
const ASKS_ON_TRIAL: usize = 3;
/// From one round of asking to the next.
const ROUND: Duration = Duration::from_mins(1);
/// When a delivery that was asked for should have come in, by how often it was asked for.
const ARRIVES_WITHIN: [Duration; 5] =
    [Duration::from_secs(20), Duration::from_mins(2), Duration::from_mins(10), Duration::from_mins(30), Duration::from_hours(1)];
/// After the first call that failed; doubles.
const PAUSE_FIRST: Duration = Duration::from_secs(30);
const PAUSE_MAX: Duration = Duration::from_mins(30);
/// Where the credentials may not see webhooks. Other credentials end the pause.
const FORBIDDEN_PAUSE: Duration = Duration::from_hours(6);
/// The longest pause while nothing arrives of what was asked for.
const TRIAL_PAUSE_MAX: Duration = Duration::from_mins(5);

/// Reads the log of the hook of an entity, or of its App, until the task is told to stop.
pub(super) async fn read_log(services: Services, task: LeasedTask, entity: EntityId, bell: Arc<Bell>, stop: CancellationToken) -> Ended {
    if !services.redelivers {
        stop.cancelled().await;
        return Ended::Stopped;
    }
    let mut rounds = Rounds::new(services.clone(), bell, stop, "read the forge's log of deliveries");
    while let Some(because) = rounds.next().await {
        let round = Round { services: &services, task, entity, because };
        if let Some(ended) = rounds.run(round.run()).await {
            return ended;
        }
    }
    Ended::Stopped
}

struct Round<'a> {
    services: &'a Services,
    task: LeasedTask,
    entity: EntityId,
    because: Because,
}

impl Round<'_> {
    fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    /// Reads and asks as far as the brakes allow. Answers when the next round is due.
    async fn run(&self) -> Result<Timestamp, Stop> {
        let store = &self.services.store;
        let view = store.entity_settings(self.entity).await?.ok_or(Stop::Gone)?;
        let Some(view) = self.with_log(view).await? else { return Ok(self.now().after(PERIOD)) };
        let mut place = store.log_place(self.task).await?.unwrap_or_default();
        if self.because.unblocked {
            place.hook = None;
            // A forge that asked to wait is not asked sooner.
            if place.failures == 0 || !place.told.is_empty() {
                place.not_before = None;
            }
        }
        if let Some(not_before) = place.not_before.filter(|at| self.now() < *at) {
            return Ok(not_before);
        }
        match self.act(&view, &mut place).await {
            Ok(next) => Ok(next),
            Err(Stop::Forge(forge::Error::BudgetSpent { until, .. })) => {
                let next = rounds::after_spent(self.now(), until, self.because.spent);
                place.not_before = Some(next);
                store.set_log_place(self.task, place).await?;
                Err(Stop::Spent { next })
            }
            Err(Stop::Forge(fault)) if self.services.passes_over(&view, &fault) => {
                self.services.tell_passed_over(&view, &fault).await?;
                self.services.store.set_log_place(self.task, place).await?;
                Ok(self.now())
            }
            Err(Stop::Forge(fault)) => self.pause(place, &fault).await,
            Err(stop) => Err(stop),
        }
    }

    /// The settings with which the log is read; `None` = this task has none to read.
    async fn with_log(&self, view: EntitySettings) -> Result<Option<EntitySettings>, Stop> {
        if view.controller.webhook_url.is_empty() {
            return Ok(None);
        }
        if !self.is_of_app() {
            return Ok(Some(view).filter(|view| matches!(view.entity.at.kind, EntityKind::Repository | EntityKind::Organization)));
        }
        let CredentialsSecret::App(app) = &view.credentials.secret else { return Ok(None) };
        let reader = match app.webhook_secret {
            Some(_) => self.services.store.reader_of_app_log(view.endpoint.name.clone(), app.app_id).await?,
            None => None,
        };
        // Only these credentials are of the App.
        Ok((reader == Some(self.entity)).then(|| EntitySettings { more_credentials: Vec::new(), ..view }))
    }

    fn is_of_app(&self) -> bool {
        matches!(self.task, LeasedTask::ReadAppLog(_))
    }

    /// Asks before a call. Those of the App itself count for no budget but that of this task.
    fn may_call(&self, view: &EntitySettings, importance: Importance, kind: CallKind) -> Result<(), forge::Error> {
        if self.is_of_app() { Ok(()) } else { self.services.may_call(view, importance, kind) }
    }

    async fn act(&self, view: &EntitySettings, place: &mut LogPlace) -> Result<Timestamp, Stop> {
        let store = &self.services.store;
        let Some(hook) = self.hook(view, place).await? else {
            place.not_before = Some(self.now().after(PERIOD));
            store.set_log_place(self.task, place.clone()).await?;
            return Ok(self.now().after(PERIOD));
        };
        let log = if self.is_of_app() { HookLog::OfApp } else { HookLog::OfEntity { at: view.entity.at.clone(), hook } };
        let job_event = forge::family(&view.endpoint)?.job_event;
        let is_due = place.pass.is_some() || place.read_at.is_none_or(|at| at.after(GAP) <= self.now());
        let found = if is_due { self.read(view, &log, hook, place, job_event).await? } else { 0 };
        let asked = self.ask(view, &log, place).await?;
        if !place.told.is_empty() {
            place.told.clear();
            store.add_entity_event(self.entity, EventLevel::Info, "the forge's log of deliveries can be read again".to_owned()).await?;
        }
        (place.failures, place.not_before) = (0, None);
        store.set_log_place(self.task, place.clone()).await?;
        let next_reading = match (&place.pass, place.read_at) {
            (Some(_), _) if self.left(place) > 0 => self.now(),
            _ if self.left(place) == 0 => place.hour.unwrap_or(self.now()).after(Duration::from_hours(1)),
            (_, Some(at)) if !is_due => at.after(GAP),
            (_, Some(at)) if self.because.missed || found > 0 => at.after(PERIOD_AFTER_TROUBLE),
            (_, Some(at)) => at.after(PERIOD),
            (_, None) => self.now().after(PERIOD),
        };
        Ok(asked.into_iter().fold(next_reading, Timestamp::min))
    }

    /// The number of the hook that delivers to this installation, or of the App whose hook does; `None` without one.
    async fn hook(&self, view: &EntitySettings, place: &mut LogPlace) -> Result<Option<i64>, Stop> {
        if place.hook.is_none() {
            self.may_call(view, Importance::Look, CallKind::Read)?;
            if !self.spend(place) {
                return Ok(None);
            }
            let found = match &view.credentials.secret {
                CredentialsSecret::App(app) if self.is_of_app() => find_app_hook(self.services, view).await.map(|()| app.app_id),
                _ => find_hook(self.services, &view.entity).await.map(|hook| hook.id),
            };
            match found {
                Ok(hook) => place.hook = Some(hook),
                Err(HookError::Store(fault)) => return Err(fault.into()),
                Err(HookError::Forge(fault)) => return Err(fault.into()),
                Err(why) => debug!(reason = %why, "there is no webhook whose log could be read"),
            }
        }
        Ok(place.hook)
    }

    /// Reads the next pages of the log, and notes what is to be delivered again. Answers how many deliveries that are.
    async fn read(&self, view: &EntitySettings, log: &HookLog, hook: i64, place: &mut LogPlace, job_event: &str) -> Result<usize, Stop> {
        let since = self.now().before(LOOKED_BACK);
        let until = place.read_to.map_or(since, |at| at.before(OVERLAP).max(since));
        let mut found = 0;
        for _ in 0..PAGES_PER_ROUND {
            self.may_call(view, Importance::History, CallKind::Read)?;
            if !self.spend(place) {
                return Ok(found);
            }
            let cursor = place.pass.as_ref().map(|pass| pass.cursor.clone());
            let page = match self.forge(view).await?.list_deliveries(log, cursor.as_deref()).await {
                // The log may have moved on under the cursor: the next reading begins at its top.
                Err(forge::Error::Refused { .. }) if cursor.is_some() => {
                    (place.pass, place.read_at) = (None, Some(self.now()));
                    return Ok(found);
                }
                answer => answer?,
            };
            let pages = place.pass.as_ref().map_or(0, |pass| pass.pages) + 1;
            let top = place.pass.as_ref().map(|pass| pass.top).or_else(|| page.deliveries.first().map(|entry| entry.delivered_at));
            let is_end = page.deliveries.last().is_none_or(|entry| entry.delivered_at < until) || pages >= PAGES_MAX;
            place.pass = match (page.next, top) {
                (Some(cursor), Some(top)) if !is_end => Some(LogPass { top, cursor, pages }),
                (_, top) => {
                    place.read_to = place.read_to.max(top);
                    place.read_at = Some(self.now());
                    None
                }
            };
            let of_jobs: Vec<LoggedDelivery> =
                page.deliveries.into_iter().filter(|entry| entry.event == job_event && is_of_use(&entry.action)).collect();
            let new = self.services.store.take_in_log(self.task, place.clone(), hook, of_jobs, since.max(until)).await?;
            found += new;
            if new > 0 {
                info!(deliveries = new, hook.id = hook, "the forge's log has deliveries that did not come in");
            }
            if place.pass.is_none() {
                return Ok(found);
            }
        }
        Ok(found)
    }

    /// Asks for what is due. Answers when there is something to ask for or to look at again.
    async fn ask(&self, view: &EntitySettings, log: &HookLog, place: &mut LogPlace) -> Result<Option<Timestamp>, Stop> {
        let store = &self.services.store;
        let mut found = store.due_redeliveries(self.task, ASKS_PER_ROUND).await?;
        if found.arrived > 0 {
            info!(deliveries = found.arrived, "deliveries that the forge was asked for have come in");
            place.fruitless = 0;
        } else if found.missing > 0 {
            place.fruitless += 1;
        }
        if place.fruitless > 0 && found.due.len() > ASKS_ON_TRIAL {
            found.due.truncate(ASKS_ON_TRIAL);
            found.next_at = Some(self.now());
        }
        if found.given_up > 0 {
            let told = format!(
                "{} deliveries did not come in although the forge was asked for each five times; `garm webhook deliveries --verdict refused` \
                 and the forge's page of the webhook may tell why",
                found.given_up
            );
            warn!("{told}");
            store.add_entity_event(self.entity, EventLevel::Warning, told).await?;
        }
        let mut next = found.next_at;
        let mut count = 0;
        for delivery in found.due {
            if !self.spend(place) {
                break;
            }
            self.may_call(view, Importance::History, CallKind::Write)?;
            let arrives_by = self.now().after(arrives_within(&delivery));
            next = Some(next.map_or(arrives_by, |known| known.min(arrives_by)));
            store.ask_redelivery(self.task, delivery.guid.clone(), arrives_by, place.clone()).await?;
            match self.forge(view).await?.redeliver(log, delivery.delivery_id).await {
                Ok(()) => count += 1,
                Err(fault @ (forge::Error::Refused { .. } | forge::Error::NotFound { .. })) => {
                    debug!(delivery.guid = delivery.guid, error = %fault, "the forge does not make a delivery again");
                    store.give_up_redelivery(self.task, delivery.guid).await?;
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        if count > 0 {
            info!(deliveries = count, "asked the forge to deliver again");
        }
        let pause = ROUND.saturating_mul(1 << place.fruitless.min(5)).min(TRIAL_PAUSE_MAX);
        let soonest = if count > 0 && place.fruitless == 0 && count < ASKS_PER_ROUND { self.now() } else { self.now().after(pause) };
        Ok(next.map(|at| at.max(soonest)))
    }

    /// After a call that failed: when the next one is due. The trouble that only a person can end is told once.
    async fn pause(&self, mut place: LogPlace, fault: &forge::Error) -> Result<Timestamp, Stop> {
        let store = &self.services.store;
        place.failures += 1;
        let growing = PAUSE_FIRST.saturating_mul(1 << (place.failures - 1).min(6)).min(PAUSE_MAX);
        let is_refused =
            matches!(fault, forge::Error::Forbidden { .. } | forge::Error::NotFound { .. } | forge::Error::Unauthorized { .. });
        let is_gone = matches!(fault, forge::Error::NotFound { .. }) && place.hook.take().is_some();
        let pause = match fault.retry() {
            // The hook may be gone, and another one be in its place.
            _ if is_gone => GAP,
            _ if is_refused => FORBIDDEN_PAUSE,
            Retry::After(wait) => wait.max(growing),
            Retry::Soon | Retry::Never => growing,
        };
        if pause == FORBIDDEN_PAUSE && place.told.is_empty() {
            let (log, way_out) = if self.is_of_app() {
                ("log of deliveries of the App", "Set the App's webhook and its private key right")
            } else {
                ("log of deliveries", "Give the credentials the permission for webhooks (read and write)")
            };
            let told = format!(
                "the forge's {log} cannot be read, so deliveries that fail are not asked for again: {}. {way_out}, or switch this off with \
                 enable_webhook_redelivery = false",
                describe(fault)
            );
            warn!("{told}");
            store.add_entity_event(self.entity, EventLevel::Warning, told).await?;
            "forbidden".clone_into(&mut place.told);
        } else {
            debug!(error = %describe(fault), "cannot read the forge's log of deliveries now");
        }
        let next = self.now().after(pause);
        place.not_before = Some(next);
        store.set_log_place(self.task, place).await?;
        Ok(next)
    }

    async fn forge(&self, view: &EntitySettings) -> Result<ForgeTurn, forge::Error> {
        self.services.forge(view).await
    }

    /// How many calls are left in this hour.
    fn left(&self, place: &LogPlace) -> u32 {
        let is_over = place.hour.is_none_or(|hour| hour.after(Duration::from_hours(1)) <= self.now());
        if is_over { CALLS_PER_HOUR } else { CALLS_PER_HOUR.saturating_sub(place.calls) }
    }

    /// Takes a call from the budget of the hour; `false` = there is none left.
    fn spend(&self, place: &mut LogPlace) -> bool {
        let left = self.left(place);
        if left == CALLS_PER_HOUR {
            place.hour = Some(self.now());
        }
        if left == 0 {
            return false;
        }
        place.calls = CALLS_PER_HOUR - left + 1;
        true
    }
}

/// Whether a delivery of this action tells the server something.
fn is_of_use(action: &str) -> bool {
    crate::model::JobStatus::from_word(action).is_some()
}

fn arrives_within(delivery: &Redelivery) -> Duration {
    let asked = usize::try_from(delivery.asked).unwrap_or(usize::MAX);
    ARRIVES_WITHIN[asked.min(ARRIVES_WITHIN.len() - 1)]
}

#[cfg(test)]
mod tests;
