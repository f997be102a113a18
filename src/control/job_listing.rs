//! Lists the jobs that wait or run at the forge: for jobs that no delivery was ever made of, and for those that are over without a word.
//!
//! One leased task for each entity, which runs on one server at a time. A repository lists its own jobs. An organization or enterprise lists those of
//! the repositories that it has heard of jobs of; an organization also has its repositories listed, slowly. The task lists all of them after a
//! start, a take-over, an outage of the forge or of this server, and when the entity or its credentials change; then each when it is due. What it
//! finds is told as facts to [`crate::store::Store::record_job`], which takes any of them twice.
//!
//! # Brakes
//! An idle repository costs two calls in [`IDLE_PERIOD`], which the forge answers with 304: they are free. A list that is not empty, and each of its runs
//! that has changed, costs a call. An entity makes [`CALLS_PER_HOUR`] at most, [`UNCHANGED_PER_HOUR`] free ones, and [`CALLS_PER_ROUND`] in
//! [`ROUND_GAP`]. The place of a task is a durable row that counts calls before they are made, [`CALLS_AT_ONCE`]. A call that fails is made again after
//! [`PAUSE_FIRST`], doubling to [`OUTAGE_PAUSE_MAX`], or when the forge says. Where the credentials may not see jobs, the events of the entity say
//! so once, and the task pauses for [`FORBIDDEN_PAUSE`].
//!
//! One of several repositories can be renamed, blocked or too large for the forge to list. It has a pause of its own, and the others are listed. Only when
//! [`ALIKE_MAX`] of them fail without an answer in between, the forge has an outage, and the task pauses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info, warn};

use super::rounds::{self, Because, Rounds, Stop};
use super::services::Services;
use super::signals::{Bell, Ended};
use crate::forge::{self, ListPage};
use crate::model::{
    DemandSource, EntityId, EntityKind, EntityRef, EventLevel, JobFact, JobStatus, LeasedTask, ListedJob, ListedRepository, ListingPlace,
    Retry, WatchedRepository, describe,
};
use crate::store::{self, EntityView, Recorded};
use crate::time::Timestamp;

/// How often the jobs of a repository are listed that had a job or a push lately.
const ACTIVE_PERIOD: Duration = Duration::from_mins(2);
/// How lately that is.
const ACTIVE_FOR: Duration = Duration::from_hours(1);
/// The longest such period: it doubles while nothing is found that a delivery should have told of.
const ACTIVE_PERIOD_MAX: Duration = Duration::from_mins(10);
/// Such a period after something was found: deliveries are lost now. It doubles, too. It is used while a part of the calls of the hour is spent, one in
/// [`FRUITFUL_PART`]. The rest suffices for [`ACTIVE_PERIOD`].
const FRUITFUL_PERIOD: Duration = Duration::from_secs(30);
const FRUITFUL_PART: u32 = 4;
/// A delivery is there within this time, as a rule.
const DELIVERED_WITHIN: Duration = Duration::from_secs(5);
/// How often those of the other repositories are.
const IDLE_PERIOD: Duration = Duration::from_mins(30);
/// How often the repositories of an organization are listed.
const REPOSITORIES_PERIOD: Duration = Duration::from_hours(6);
/// The most pages of that list: as many as are kept.
const REPOSITORY_PAGES_MAX: u32 = 10;
/// How often repositories are learnt from the jobs that were heard of.
const LEARN_PERIOD: Duration = Duration::from_mins(1);
/// A job can be heard of so long after it was queued, and its repository is learnt all the same.
const LEARN_BACK: Duration = Duration::from_hours(24);
/// The most pages of runs of one repository, and of jobs of one run: GitHub lists 1,000 of each.
const PAGES_MAX: u32 = 10;
/// A fifth of the calls that GitHub allows the smallest set of credentials.
const CALLS_PER_HOUR: u32 = 1_000;
/// Calls that are answered with 304 are free, but GitHub counts each of them as one of the 900 points of a minute.
const UNCHANGED_PER_HOUR: u32 = 6_000;
/// A third of the points that GitHub allows in a minute.
const CALLS_PER_ROUND: u32 = 100;
/// So many are counted before they are made: a server that is killed takes no more of the hour with it.
const CALLS_AT_ONCE: u32 = 10;
/// From one round that made so many calls to the next.
const ROUND_GAP: Duration = Duration::from_secs(20);
/// A run is listed again after this at the earliest. The runs of a repository are listed over some seconds of [`FRUITFUL_PERIOD`].
const RUN_GAP: Duration = Duration::from_secs(20);
/// A job that was heard of so lately is not looked for, although its run is neither queued nor runs.
const QUIET_FOR: Duration = Duration::from_mins(2);
/// The most runs whose tags are remembered. They are forgotten at a restart: each costs one call then.
const RUNS_MAX: usize = 10_000;
/// After the first call that failed; doubles.
const PAUSE_FIRST: Duration = Duration::from_secs(5);
/// The longest pause during an outage of the forge: jobs wait for its end.
const OUTAGE_PAUSE_MAX: Duration = Duration::from_secs(30);
/// The longest pause otherwise.
const PAUSE_MAX: Duration = Duration::from_mins(30);
/// So many repositories fail one after the other during an outage of the forge, or all of them where there are fewer.
const ALIKE_MAX: usize = 3;
/// Where the credentials may not see jobs. Other credentials end the pause.
const FORBIDDEN_PAUSE: Duration = Duration::from_hours(6);
/// How many facts are told at once: the database makes one commit of them.
const FACTS_AT_ONCE: usize = 32;

/// What is remembered between rounds. Without it the forge is asked again.
#[derive(Default)]
struct Memory {
    /// The runs that were looked at, by repository and number.
    runs: BTreeMap<(i64, i64), LookedAt>,
    /// What came of the looks at each repository.
    repositories: BTreeMap<i64, Looks>,
    /// The repositories whose lists the forge failed to make since it made one last.
    failing: BTreeSet<i64>,
}

/// What is remembered of a repository.
#[derive(Clone, Copy)]
struct Looks {
    /// When the last look began.
    at: Timestamp,
    /// How often the period has doubled.
    doublings: u32,
    /// How often in a row its jobs could not be listed.
    failures: u32,
}

impl Default for Looks {
    fn default() -> Self {
        // That is `ACTIVE_PERIOD`.
        Self { at: Timestamp::EPOCH, doublings: 2, failures: 0 }
    }
}

/// What is remembered of a run.
struct LookedAt {
    at: Timestamp,
    /// Whether the forge listed it as queued or running then.
    was_listed: bool,
    /// The tag of the list of its jobs, if that has one page.
    tag: Option<String>,
}

/// Lists an entity's jobs until the task is told to stop.
pub(super) async fn list_jobs(services: Services, entity: EntityId, bell: Arc<Bell>, stop: CancellationToken) -> Ended {
    if !services.lists_jobs {
        stop.cancelled().await;
        return Ended::Stopped;
    }
    let task = LeasedTask::ListJobs(entity);
    let mut memory = Memory::default();
    let mut rounds = Rounds::new(services.clone(), bell, stop, "list the forge's jobs");
    while let Some(because) = rounds.next().await {
        let memory = &mut memory;
        let round = Round {
            services: &services,
            task,
            entity,
            because,
            left: CALLS_PER_ROUND,
            reserved: 0,
            memory,
            found: 0,
            over: 0,
            undelivered: 0,
        };
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
    /// How many calls are left in this round.
    left: u32,
    /// How many of them are counted already in the place.
    reserved: u32,
    memory: &'a mut Memory,
    /// How many jobs that wait were not known.
    found: usize,
    /// How many jobs that were known to wait or run are over.
    over: usize,
    /// How many of both were so for [`DELIVERED_WITHIN`].
    undelivered: usize,
}

impl Round<'_> {
    fn now(&self) -> Timestamp {
        self.services.clock.now()
    }

    /// Lists as far as the brakes allow. Answers when the next round is due.
    async fn run(mut self) -> Result<Timestamp, Stop> {
        let store = self.services.store.clone();
        let mut place = store.listing_place(self.task).await?.unwrap_or_default();
        if self.because.unblocked && (place.failures == 0 || place.is_told) {
            // A forge that asked to wait is not asked sooner.
            place.not_before = None;
        }
        if self.because.missed || self.because.unblocked {
            place.missed_at = Some(self.now());
        }
        if let Some(not_before) = place.not_before.filter(|at| self.now() < *at) {
            if self.because.missed {
                store.set_listing_place(self.task, place).await?;
            }
            return Ok(not_before);
        }
        if place.is_outage {
            // Jobs may have been queued during the outage of the forge.
            place.missed_at = Some(self.now());
        }
        let view = store.entity_view(self.entity).await?.ok_or(Stop::Gone)?;
        let ended = self.act(&view, &mut place).await;
        if self.found > 0 {
            info!(jobs = self.found, "the forge lists jobs that no delivery has told of so far");
        }
        if self.over > 0 {
            info!(jobs = self.over, "the forge lists jobs as begun or over, which no delivery has told so far");
        }
        match ended {
            Ok(next) => {
                if place.is_told {
                    let told = "the forge's lists of jobs can be read again".to_owned();
                    store.add_entity_event(self.entity, EventLevel::Info, told).await?;
                }
                (place.failures, place.not_before, place.is_outage, place.is_told) = (0, None, false, false);
                store.set_listing_place(self.task, self.settled(place)).await?;
                Ok(next)
            }
            Err(Stop::Forge(forge::Error::BudgetSpent { until, .. })) => {
                let next = rounds::after_spent(self.now(), until, self.because.spent);
                place.not_before = Some(next);
                store.set_listing_place(self.task, self.settled(place)).await?;
                Err(Stop::Spent { next })
            }
            Err(Stop::Forge(fault)) if self.services.passes_over(&view, &fault) => {
                self.services.tell_passed_over(&view, &fault).await?;
                store.set_listing_place(self.task, self.settled(place)).await?;
                Ok(self.now())
            }
            Err(Stop::Forge(fault)) => self.pause(place, &fault).await,
            Err(stop) => Err(stop),
        }
    }

    async fn act(&mut self, view: &EntityView, place: &mut ListingPlace) -> Result<Timestamp, Stop> {
        let store = &self.services.store;
        let kind = view.entity.at.kind;
        self.reserve(place);
        match kind {
            EntityKind::Repository => {
                let own =
                    ListedRepository { number: 0, owner: view.entity.at.owner.clone(), name: view.entity.at.name.clone(), pushed_at: None };
                store.keep_repositories(self.task, vec![own], place.clone()).await?;
            }
            EntityKind::Organization | EntityKind::Enterprise | EntityKind::Instance => {
                if place.learnt_at.is_none_or(|at| at.after(LEARN_PERIOD) <= self.now()) {
                    let since = place.learnt_at.map_or(Timestamp::EPOCH, |at| at.before(LEARN_BACK));
                    place.learnt_at = Some(self.now());
                    store.learn_repositories(self.task, self.entity, kind, since, place.clone()).await?;
                } else {
                    store.set_listing_place(self.task, place.clone()).await?;
                }
            }
        }
        let mut repositories = store.watched_repositories(self.task).await?;
        // Those that wait longest first; at a start, those that were active last. So one with many runs does not keep the others waiting.
        repositories.sort_by_key(|own| self.looks(own).at);
        let alike_max = ALIKE_MAX.min(repositories.len());
        let mut is_unfinished = false;
        for repository in &mut repositories {
            if self.due(view, place, repository) > self.now() {
                continue;
            }
            is_unfinished = !self.look_at(view, place, repository, alike_max).await?;
            if is_unfinished {
                break;
            }
        }
        let listed_before = place.repositories_at;
        if kind == EntityKind::Organization && !is_unfinished {
            is_unfinished = !self.list_repositories(view, place).await?;
        }
        if is_unfinished {
            let hour_ends = place.hour.unwrap_or(self.now()).after(Duration::from_hours(1));
            return Ok(if self.left > 0 { hour_ends } else { self.now().after(ROUND_GAP) });
        }
        let of_repositories = repositories.iter().map(|own| self.due(view, place, own));
        let mut next = of_repositories.fold(self.now().after(ACTIVE_PERIOD), Timestamp::min);
        if place.repositories_at != listed_before {
            // For those that are new.
            next = self.now();
        }
        Ok(next)
    }

    /// What is remembered of a repository.
    fn looks(&self, repository: &WatchedRepository) -> Looks {
        self.memory.repositories.get(&repository.number).copied().unwrap_or_default()
    }

    /// When a repository is to be listed next.
    fn due(&self, view: &EntityView, place: &ListingPlace, repository: &WatchedRepository) -> Timestamp {
        let is_active =
            repository.active_at.after(ACTIVE_FOR) > self.now() || view.jobs.iter().any(|job| is_of(job.repository_number, repository));
        let is_spare = place.calls < CALLS_PER_HOUR / FRUITFUL_PART && place.unchanged < UNCHANGED_PER_HOUR / FRUITFUL_PART;
        let least = if is_spare { FRUITFUL_PERIOD } else { ACTIVE_PERIOD };
        let doubled = FRUITFUL_PERIOD.saturating_mul(1 << self.looks(repository).doublings.min(16));
        let period = if is_active { doubled.clamp(least, ACTIVE_PERIOD_MAX) } else { IDLE_PERIOD };
        let due = match repository.listed_at {
            Some(at) if place.missed_at.is_none_or(|missed| missed <= at) => at.after(period),
            _ => Timestamp::EPOCH,
        };
        if self.because.unblocked { due } else { due.max(repository.not_before) }
    }

    /// Lists the repositories of an organization, a page after the other. Answers whether the calls sufficed.
    async fn list_repositories(&mut self, view: &EntityView, place: &mut ListingPlace) -> Result<bool, Stop> {
        let is_due = place.repositories_at.is_none_or(|at| at.after(REPOSITORIES_PERIOD) <= self.now());
        if !is_due {
            return Ok(true);
        }
        loop {
            if !self.spend(place).await? {
                return Ok(false);
            }
            let number = place.next_page.max(1);
            let page = match self.services.forge(view).await?.list_repositories(&view.entity.at, number).await {
                // Those that jobs were heard of are listed all the same.
                Err(fault) if fault.of_one().is_some() => {
                    debug!(error = %describe(&fault), "the repositories of the organization cannot be listed");
                    if fault.retry() == Retry::Soon {
                        return Ok(true);
                    }
                    ListPage { items: Vec::new(), is_last: true, tag: None }
                }
                answer => answer?,
            };
            let is_last = page.is_last || number >= REPOSITORY_PAGES_MAX;
            place.next_page = if is_last { 1 } else { number + 1 };
            if is_last {
                place.repositories_at = Some(self.now());
            }
            self.services.store.keep_repositories(self.task, page.items, place.clone()).await?;
            if is_last {
                return Ok(true);
            }
        }
    }

    /// Lists the jobs of a repository that wait, run, or are known to do so. Answers whether the calls sufficed. A fault of one of several repositories
    /// is noted there; `alike_max` that fail one after the other are an outage of the forge.
    async fn look_at(
        &mut self,
        view: &EntityView,
        place: &mut ListingPlace,
        repository: &mut WatchedRepository,
        alike_max: usize,
    ) -> Result<bool, Stop> {
        let (began, undelivered_before) = (self.now(), self.undelivered);
        let is_entity = view.entity.at.kind == EntityKind::Repository;
        // Names are of their time: the entity's own is always the latest.
        let at = if is_entity {
            view.entity.at.clone()
        } else {
            EntityRef { kind: EntityKind::Repository, owner: repository.owner.clone(), name: repository.name.clone() }
        };
        let mut looks = Looks { at: began, ..self.looks(repository) };
        let listed = match self.list_of(view, place, &at, repository).await {
            Err(Stop::Forge(fault)) if !is_entity && fault.of_one().is_some() => Err(fault),
            answer => Ok(answer?),
        };
        let mut outage = None;
        match &listed {
            Ok(is_whole) => {
                if *is_whole {
                    repository.listed_at = Some(began);
                    looks.failures = 0;
                    self.memory.failing.clear();
                }
                looks.doublings = if self.undelivered > undelivered_before { 0 } else { looks.doublings.saturating_add(1) };
            }
            // Of an organization's repositories the credentials may see some only.
            Err(forge::Error::Forbidden { .. } | forge::Error::NotFound { .. }) => {
                repository.listed_at = Some(began);
                repository.not_before = self.now().after(FORBIDDEN_PAUSE);
                self.memory.failing.clear();
            }
            Err(fault) => {
                let was_outage = self.memory.failing.len() >= alike_max;
                if fault.retry() == Retry::Soon {
                    self.memory.failing.insert(repository.number);
                    outage = Some(fault.clone()).filter(|_| self.memory.failing.len() >= alike_max);
                } else {
                    self.memory.failing.clear();
                }
                if outage.is_none() || !was_outage {
                    looks.failures = looks.failures.saturating_add(1);
                    repository.not_before = self.now().after(growing(looks.failures).min(PAUSE_MAX));
                }
            }
        }
        if let Err(fault) = &listed {
            debug!(repository = %at, error = %describe(fault), "the jobs of this repository cannot be listed");
        }
        self.memory.repositories.insert(repository.number, looks);
        self.services.store.note_listing(self.task, repository.clone(), place.clone()).await?;
        match outage {
            Some(fault) => Err(Stop::Forge(fault)),
            None => Ok(listed.unwrap_or(true)),
        }
    }

    async fn list_of(
        &mut self,
        view: &EntityView,
        place: &mut ListingPlace,
        at: &EntityRef,
        repository: &mut WatchedRepository,
    ) -> Result<bool, Stop> {
        let Some(queued) = self.list_runs(view, place, at, JobStatus::Queued, repository.queued_tag.clone()).await? else {
            return Ok(false);
        };
        repository.queued_tag = queued.tag;
        let Some(running) = self.list_runs(view, place, at, JobStatus::InProgress, repository.running_tag.clone()).await? else {
            return Ok(false);
        };
        repository.running_tag = running.tag;
        let mut runs: Vec<i64> = queued.items.into_iter().chain(running.items).collect();
        if !runs.is_empty() {
            repository.active_at = self.now();
        }
        let known: BTreeMap<i64, JobStatus> = view.jobs.iter().map(|job| (job.workflow_job_id, job.status)).collect();
        let listed: BTreeSet<i64> = runs.iter().copied().collect();
        let quiet = view.jobs.iter().filter(|job| {
            job.service.is_none() && is_of(job.repository_number, repository) && job.updated_at.after(QUIET_FOR) <= self.now()
        });
        let unlisted: BTreeSet<i64> = quiet.map(|job| job.run_id).filter(|run| *run > 0 && !listed.contains(run)).collect();
        runs.extend(&unlisted);
        // After a restart those come first that no job is known of.
        let known_runs: BTreeSet<i64> = view.jobs.iter().filter(|job| job.service.is_none()).map(|job| job.run_id).collect();
        runs.sort_by_key(|run| (self.memory.runs.get(&(repository.number, *run)).map(|before| before.at), known_runs.contains(run)));
        for run in runs {
            let is_listed = listed.contains(&run);
            if let Some(before) = self.memory.runs.get(&(repository.number, run)) {
                let gap = if is_listed || before.was_listed { RUN_GAP } else { IDLE_PERIOD };
                let is_missed = place.missed_at.is_some_and(|missed| before.at < missed);
                if before.at.after(gap) > self.now() && !is_missed {
                    continue;
                }
            }
            if !self.look_at_run(view, place, at, repository, (run, is_listed), &known).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The runs of a repository that stand so; the tag only where there are none. `None` = the calls did not suffice.
    async fn list_runs(
        &mut self,
        view: &EntityView,
        place: &mut ListingPlace,
        at: &EntityRef,
        status: JobStatus,
        tag: Option<String>,
    ) -> Result<Option<ListPage<i64>>, Stop> {
        let mut all = ListPage::default();
        for number in 1..=PAGES_MAX {
            if !self.spend(place).await? {
                return Ok(None);
            }
            let known = tag.as_deref().filter(|_| number == 1);
            let turn = self.services.forge(view).await?;
            let Some(page) = turn.list_runs(at, status, number, known).await? else {
                was_free(place);
                return Ok(Some(ListPage { items: Vec::new(), is_last: true, tag }));
            };
            all.items.extend(page.items);
            all.tag = page.tag.filter(|_| all.items.is_empty());
            if page.is_last {
                break;
            }
        }
        Ok(Some(all))
    }

    /// Tells what the forge lists of the jobs of a run. Answers whether the calls sufficed.
    async fn look_at_run(
        &mut self,
        view: &EntityView,
        place: &mut ListingPlace,
        at: &EntityRef,
        repository: &WatchedRepository,
        (run, is_listed): (i64, bool),
        known: &BTreeMap<i64, JobStatus>,
    ) -> Result<bool, Stop> {
        let key = (repository.number, run);
        let began = self.now();
        let mut tag = self.memory.runs.get(&key).and_then(|before| before.tag.clone());
        let mut jobs = Vec::new();
        for number in 1..=PAGES_MAX {
            if !self.spend(place).await? {
                return Ok(false);
            }
            let turn = self.services.forge(view).await?;
            match turn.list_run_jobs(at, run, number, tag.as_deref().filter(|_| number == 1)).await {
                Ok(None) => {
                    was_free(place);
                    break;
                }
                Ok(Some(page)) => {
                    jobs.extend(page.items);
                    tag = page.tag.filter(|_| number == 1 && page.is_last);
                    if page.is_last {
                        break;
                    }
                }
                // The run is gone, and that is no word about its jobs.
                Err(forge::Error::NotFound { .. }) => break,
                Err(fault) => return Err(fault.into()),
            }
        }
        let repository_number = if repository.number == 0 { view.entity.number } else { Some(repository.number) };
        let mut facts = Vec::new();
        for job in jobs {
            let before = known.get(&job.number).copied();
            let is_news = match job.state.status {
                JobStatus::Queued => before.is_none() && !job.state.held_back,
                JobStatus::InProgress => before != Some(JobStatus::InProgress),
                // Of a job that was over before it was heard of there is nothing to be done.
                JobStatus::Completed => before.is_some(),
            };
            if is_news {
                facts.push(fact(view, at, repository_number, job, began));
            }
        }
        let store = &self.services.store;
        let tell = |fact: JobFact| async move {
            let (status, number) = (fact.status, fact.workflow_job_id);
            let since = match status {
                JobStatus::Queued => fact.queued_at,
                JobStatus::InProgress => fact.started_at,
                JobStatus::Completed => fact.completed_at,
            };
            let is_undelivered = since.is_some_and(|at| at.after(DELIVERED_WITHIN) <= began);
            Ok::<_, store::Error>((status, number, is_undelivered, store.record_job(fact).await?))
        };
        let told: Vec<_> = stream::iter(facts.into_iter().map(tell)).buffer_unordered(FACTS_AT_ONCE).try_collect().await?;
        let is_first_look = !self.memory.runs.contains_key(&key);
        for (status, number, is_undelivered, recorded) in told {
            if let Recorded::Unfit(why) = &recorded
                && is_first_look
            {
                warn!(entity.id = %self.entity, job.workflow_job_id = number, reason = ?why, "a job is not served; correct runs-on of its workflow");
            }
            let is_stored = matches!(recorded, Recorded::Stored(_));
            self.found += usize::from(is_stored && status == JobStatus::Queued);
            self.over += usize::from(is_stored && known.contains_key(&number));
            self.undelivered += usize::from(is_stored && is_undelivered);
        }
        // After the facts are durable: with this tag they are not listed again.
        if self.memory.runs.len() >= RUNS_MAX {
            self.memory.runs.clear();
        }
        self.memory.runs.insert(key, LookedAt { at: began, was_listed: is_listed, tag });
        Ok(true)
    }

    /// After a call that failed: when the next one is due. The trouble that only a person can end is told once.
    async fn pause(&self, mut place: ListingPlace, fault: &forge::Error) -> Result<Timestamp, Stop> {
        let store = &self.services.store;
        place.failures += 1;
        let growing = growing(place.failures);
        let is_refused =
            matches!(fault, forge::Error::Forbidden { .. } | forge::Error::NotFound { .. } | forge::Error::Unauthorized { .. });
        place.is_outage = matches!(fault.retry(), Retry::Soon);
        let pause = match fault.retry() {
            _ if is_refused => FORBIDDEN_PAUSE,
            Retry::After(wait) => wait.max(growing.min(PAUSE_MAX)),
            Retry::Soon => growing.min(OUTAGE_PAUSE_MAX),
            Retry::Never => growing.min(PAUSE_MAX),
        };
        if is_refused && !place.is_told {
            let told = format!(
                "the forge's lists of jobs cannot be read, so jobs that no delivery was made of are not found: {}. Give the credentials the \
                 permission to read Actions, or switch this off with enable_job_listing = false",
                describe(fault)
            );
            warn!("{told}");
            store.add_entity_event(self.entity, EventLevel::Warning, told).await?;
            place.is_told = true;
        } else {
            debug!(error = %describe(fault), "cannot list the forge's jobs now");
        }
        let next = self.now().after(pause);
        place.not_before = Some(next);
        store.set_listing_place(self.task, self.settled(place)).await?;
        Ok(next)
    }

    /// Counts the calls of the round before they are made: a server that is killed in the middle has made them all.
    fn reserve(&mut self, place: &mut ListingPlace) {
        let is_over = place.hour.is_none_or(|hour| hour.after(Duration::from_hours(1)) <= self.now());
        if is_over {
            (place.hour, place.calls, place.unchanged) = (Some(self.now()), 0, 0);
        }
        self.reserved = CALLS_AT_ONCE;
        place.calls += self.reserved;
    }

    /// The place with the calls given back that were not made.
    fn settled(&self, mut place: ListingPlace) -> ListingPlace {
        place.calls = place.calls.saturating_sub(self.reserved);
        place
    }

    /// Takes a call; `false` = there is none left, in this round or in this hour.
    async fn spend(&mut self, place: &mut ListingPlace) -> Result<bool, Stop> {
        let made = place.calls.saturating_sub(self.reserved);
        if self.left == 0 || made >= CALLS_PER_HOUR || place.unchanged >= UNCHANGED_PER_HOUR {
            return Ok(false);
        }
        if self.reserved == 0 {
            self.reserve(place);
            self.services.store.set_listing_place(self.task, place.clone()).await?;
        }
        self.left -= 1;
        self.reserved -= 1;
        Ok(true)
    }
}

/// The pause after so many faults in a row, before it is bounded.
fn growing(failures: u32) -> Duration {
    PAUSE_FIRST.saturating_mul(1 << failures.saturating_sub(1).min(9))
}

/// The call that was made last was free.
fn was_free(place: &mut ListingPlace) {
    place.calls = place.calls.saturating_sub(1);
    place.unchanged += 1;
}

/// Whether a job with this repository number is of the repository. That of an entity has all jobs of the entity.
fn is_of(number: Option<i64>, repository: &WatchedRepository) -> bool {
    repository.number == 0 || number == Some(repository.number)
}

/// What the forge lists of a job, as a fact.
fn fact(view: &EntityView, at: &EntityRef, repository_number: Option<i64>, job: ListedJob, now: Timestamp) -> JobFact {
    JobFact {
        source: DemandSource::Listing,
        at: now,
        entity: view.entity.id,
        entity_kind: view.entity.at.kind,
        endpoint: view.endpoint.name.clone(),
        workflow_job_id: job.number,
        run_id: job.run_id,
        run_attempt: job.run_attempt,
        name: job.name,
        status: job.state.status,
        conclusion: job.state.conclusion,
        labels: job.labels,
        repository_number,
        repository_owner: at.owner.clone(),
        repository_name: at.name.clone(),
        run_url: job.run_url,
        forge_runner_id: job.state.runner_id,
        runner_name: job.state.runner_name,
        runner_group_id: job.state.runner_group_id,
        runner_group_name: job.state.runner_group_name,
        queued_at: job.queued_at,
        started_at: job.state.started_at,
        completed_at: job.state.completed_at,
    }
}

#[cfg(test)]
mod tests;
