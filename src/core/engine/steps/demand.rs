//! Every waiting job counts on a runner. A runner is made, at once, only for a job that no runner is there for or on its way to.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::brake;
use super::late::looks_again_at;
use super::supply::{believed_until, is_supply, needs_closed_forge, refused_until, works_on_unknown_job};
use super::versions;
use crate::engine::action::{RowChange, Target};
use crate::engine::index::Index;
use crate::engine::phase::{creation_fails, is_idle};
use crate::engine::plan::Draft;
use crate::engine::roster::idle_since;
use crate::engine::snapshot::{RunnerSetView, Snapshot, Standing};
use crate::model::{
    Balancer, CallKind, Importance, InstanceStatus, Job, JobFact, JobId, JobStatus, Reason, Runner, RunnerId, RunnerName, RunnerSet,
    RunnerSetId, Streak,
};
use crate::time::Timestamp;

/// What this step knows beside its draft.
struct Line<'a> {
    /// The numbers of the jobs in the line.
    waiting: BTreeSet<i64>,
    /// Those of them that are not served yet.
    behind: BTreeSet<i64>,
    /// The runners that a job may count on, and none does so far: those first that a job takes first that none of them was made for. Of those that
    /// rest, only the ones that a job has counted on, or that were made for one.
    supply: BTreeMap<RunnerSetId, BTreeMap<Place<'a>, &'a Runner>>,
    /// Where each of them stands there.
    places: BTreeMap<RunnerId, Place<'a>>,
    /// The first name of the others that rest and no job counts on.
    first_names: BTreeMap<RunnerSetId, &'a RunnerName>,
    /// The runners that jobs counted on in the last plan.
    counted: BTreeMap<JobId, &'a Runner>,
    /// The jobs before in the line, by the runners that they count on in this plan.
    reserved_by: BTreeMap<RunnerId, JobId>,
    /// Idle runners that jobs count on without keeping them from others: machines were made for these jobs in vain.
    lent: BTreeSet<RunnerId>,
    /// The runner sets of which a machine could not be made, or a runner not registered.
    troubled: BTreeSet<RunnerSetId>,
    /// What holds each runner set at a limit of failures, as it was last found.
    held: BTreeMap<(RunnerSetId, u32), Option<brake::Held>>,
}

/// Where a runner stands among those of its set that jobs may count on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'a> {
    /// Its machine could not be made, or the forge does not register it.
    fails: bool,
    /// It was made for a job that waits.
    is_for_a_job: bool,
    is_busy: bool,
    is_starting: bool,
    /// The place in the line of the job that counted on it in the last plan. A job that needs another one takes that of the last in line, so that the
    /// others keep theirs.
    counted_by: Reverse<usize>,
    name: &'a str,
    id: RunnerId,
}

impl<'a> Place<'a> {
    /// The place of a runner that rests, was made for no job that waits, and is counted on by none.
    fn resting(runner: &'a Runner) -> Self {
        let (name, id) = (runner.name.as_str(), runner.id);
        Self { fails: false, is_for_a_job: false, is_busy: false, is_starting: false, counted_by: Reverse(usize::MAX), name, id }
    }
}

impl<'a> Line<'a> {
    fn of(snapshot: &Snapshot, draft: &Draft<'a>, waiting: &[&Job]) -> Self {
        let is_there = |runner: &&Runner| is_supply(snapshot, draft, runner) || works_on_unknown_job(snapshot, draft, runner);
        let fails = |runner: &Runner| creation_fails(runner) || refused_until(snapshot, draft, runner).is_some();
        let counted = waiting.iter().filter_map(|job| {
            let runner = draft.index.named(job.reason.as_ref()?.counted_on()?.as_str())?;
            Some((job.id, runner))
        });
        let counted: BTreeMap<JobId, &Runner> = counted.collect();
        // Of two jobs that counted on one runner, the first has it.
        let in_line = waiting.iter().enumerate().rev().filter_map(|(at, job)| Some((counted.get(&job.id)?.id, at)));
        let counted_by: BTreeMap<RunnerId, usize> = in_line.collect();
        let mut line = Self {
            waiting: waiting.iter().map(|job| job.workflow_job_id).collect(),
            behind: waiting.iter().map(|job| job.workflow_job_id).collect(),
            supply: BTreeMap::new(),
            places: BTreeMap::new(),
            first_names: BTreeMap::new(),
            counted,
            reserved_by: BTreeMap::new(),
            lent: BTreeSet::new(),
            troubled: BTreeSet::new(),
            held: BTreeMap::new(),
        };
        let own = line.waiting.iter().flat_map(|number| draft.index.made_for(*number));
        let special: Vec<&Runner> = own.chain(line.counted.values().copied()).filter(|runner| draft.rests(runner)).collect();
        for set in snapshot.sets.iter().map(|view| view.set.id) {
            let failing: BTreeSet<RunnerId> = draft.index.troubled_of(set).filter(|runner| fails(runner)).map(|runner| runner.id).collect();
            let place = |runner: &'a Runner| Place {
                fails: failing.contains(&runner.id),
                is_for_a_job: runner.made_for.is_some_and(|number| line.waiting.contains(&number)),
                is_busy: runner.is_busy(),
                is_starting: !is_idle(runner),
                counted_by: Reverse(counted_by.get(&runner.id).copied().unwrap_or(usize::MAX)),
                name: runner.name.as_str(),
                id: runner.id,
            };
            let awake = draft.awake_of(set).into_iter().filter(is_there);
            let resting = special.iter().copied().filter(|runner| runner.set_id == set);
            let of_set: BTreeMap<Place, &Runner> = awake.chain(resting).map(|runner| (place(runner), runner)).collect();
            line.places.extend(of_set.keys().map(|place| (place.id, *place)));
            line.supply.insert(set, of_set);
            line.troubled.extend((!failing.is_empty()).then_some(set));
        }
        line
    }

    /// Where the runner stands, if a job may count on it and none does so far.
    fn place(&self, runner: &'a Runner, draft: &Draft<'a>) -> Option<Place<'a>> {
        self.places.get(&runner.id).copied().or_else(|| draft.rests(runner).then(|| Place::resting(runner)))
    }

    /// The first runner of the set that a job may count on, and that may serve.
    fn first_of(
        &self,
        set: RunnerSetId,
        draft: &Draft<'a>,
        may_serve: impl Fn(&(Place<'a>, &'a Runner)) -> bool,
    ) -> Option<(Place<'a>, &'a Runner)> {
        let supply = self.supply.get(&set)?;
        let special = supply.iter().map(|(place, runner)| (*place, *runner)).find(&may_serve);
        let resting = self.others(set, draft).map(|runner| (Place::resting(runner), runner)).find(may_serve);
        special.into_iter().chain(resting).min_by_key(|(place, _)| *place)
    }

    /// Those that rest and no job counts on, in the order of their places.
    fn others(&self, set: RunnerSetId, draft: &Draft<'a>) -> impl Iterator<Item = &'a Runner> {
        let from = self.first_names.get(&set).copied();
        draft.index.roster.resting_from(set, from).filter(|runner| draft.rests(runner) && !self.places.contains_key(&runner.id))
    }

    /// The job counts on the runner.
    fn reserve(&mut self, draft: &mut Draft<'a>, runner: &Runner, job: &Job) {
        draft.reserve(runner.id);
        self.reserved_by.insert(runner.id, job.id);
        let first = self.others(runner.set_id, draft).next();
        if let Some(first) = first {
            self.first_names.insert(runner.set_id, &first.name);
        }
        if let (Some(place), Some(supply)) = (self.places.remove(&runner.id), self.supply.get_mut(&runner.set_id)) {
            supply.remove(&place);
        }
    }

    /// What keeps the runner set from making a machine; `None` = nothing. The plan waits for its end.
    fn held(&mut self, snapshot: &Snapshot, draft: &mut Draft, view: &RunnerSetView, limit: u32) -> Option<Reason> {
        let held = self.held.entry((view.set.id, limit)).or_insert_with(|| brake::room(snapshot, draft, view, limit).err());
        let brake::Held { until, reason } = held.as_ref()?;
        if let Some(at) = until {
            draft.wait(*at);
        }
        Some(reason.clone())
    }

    /// Makes a runner for a job.
    fn make(&mut self, draft: &mut Draft, set: &RunnerSet, job: &Job) -> RunnerName {
        let reason = Reason::ForJob { workflow_job_id: job.workflow_job_id };
        let name = draft.create(set.id, &set.runner_prefix, Some((job.id, job.workflow_job_id)), reason);
        for limit in LIMITS {
            self.held.remove(&(set.id, limit));
        }
        name
    }
}

/// A runner set that fails is passed over after its first failure. If no other can serve the job, it may try again.
const LIMITS: [u32; 2] = [1, Streak::LIMIT];

/// Serves jobs in the order in which they were queued.
pub(crate) fn demand(snapshot: &Snapshot, draft: &mut Draft) {
    let mut waiting: Vec<&Job> = Vec::new();
    for job in snapshot.jobs.iter().map(AsRef::as_ref) {
        // What is known of runner groups has an end.
        let closed = draft.index.fitting(job).filter_map(|view| view.set.closed_until(job, snapshot.now)).min();
        if let Some(until) = closed {
            draft.wait(until);
        }
        match job.status {
            JobStatus::Queued if job.claimed_by.is_some_and(|entity| entity != snapshot.entity_id) => {
                draft.explain_job(job.id, Reason::ClaimedElsewhere);
            }
            JobStatus::Queued if is_given_up(snapshot, job) => {
                draft.explain_job(job.id, Reason::Expired { fault: snapshot.said_of_unshown(job.id) });
            }
            JobStatus::Queued if is_doubtful(snapshot, job) => {
                draft.explain_job(job.id, Reason::Unconfirmed { fault: snapshot.said_of_unshown(job.id) });
            }
            JobStatus::Queued => waiting.push(job),
            JobStatus::InProgress => draft.explain_job(job.id, Reason::Running { runner: job.runner_name.as_str().into() }),
            JobStatus::Completed => {}
        }
    }
    if waiting.is_empty() {
        return;
    }
    waiting.sort_by_key(|job| (job.queued_at, job.id));
    let mut line = Line::of(snapshot, draft, &waiting);
    for job in waiting {
        line.behind.remove(&job.workflow_job_id);
        let reason = serve(snapshot, draft, &mut line, job);
        draft.explain_job(job.id, reason);
    }
}

/// A job that the forge holds back needs no runner. One that machines were made for in vain needs no runner but its own until its pause is over. Then it
/// may count on an idle one, without keeping that from others: the minimum would be filled up again and again for a job that takes no runner. Only
/// another such job does not count on the same one. The runner of another job that waits is left to that one until the forge says that this one waits:
/// it may be over, and its machine was of use. A job that no machine was made for yet gets one of its own while there is room. So the late delivery of a
/// job that is over takes no runner from a job that waits.
fn serve<'a>(snapshot: &Snapshot, draft: &mut Draft<'a>, line: &mut Line<'a>, job: &Job) -> Reason {
    let check = snapshot.jobs_checked.get(&job.id);
    if check.is_some_and(|check| check.standing == Standing::HeldBack) || was_held_back(snapshot, job) {
        return Reason::HeldBack;
    }
    // Nothing is asked of the forge for a job that this entity can make no runner for.
    if draft.index.fitting(job).next().is_none() {
        return give_up_claim(draft, job, no_pool_fits(snapshot, job));
    }
    if let Some(reason) = closed(snapshot, draft, job) {
        return give_up_claim(draft, job, reason);
    }
    let next = brake::next_for(snapshot, draft, job);
    let was_in_vain = matches!(next, Some((_, Reason::MadeInVain { machines: 1.., .. })));
    let best = counts_on(snapshot, draft, line, job, was_in_vain);
    let is_own = best.is_some_and(|runner| runner.made_for == Some(job.workflow_job_id) && !creation_fails(runner));
    if let Some((at, reason)) = next.filter(|(at, _)| !is_own && *at > snapshot.now) {
        draft.wait(at);
        return reason;
    }
    let other = best.and_then(|runner| runner.made_for).filter(|number| *number != job.workflow_job_id && line.waiting.contains(number));
    let since = other.and_then(|_| ask_since(snapshot, draft, job));
    if other.is_some()
        && let Some(reason) = not_yet(snapshot, draft, job, since)
    {
        return reason;
    }
    let may_count_on_it = other.is_some_and(|number| line.behind.contains(&number));
    let gets_its_own = may_count_on_it && since.is_none() && !free_sets(snapshot, draft, line, job).is_empty();
    match best.filter(|_| !gets_its_own) {
        Some(runner) => {
            if is_own || !was_in_vain || !is_idle(runner) {
                line.reserve(draft, runner, job);
            } else {
                line.lent.insert(runner.id);
            }
            explain_supply(snapshot, draft, job, runner)
        }
        None => make_runner_for(snapshot, draft, line, job),
    }
}

/// Whether the forge held the job back when it was last asked, by a server before this one. It is asked again, and until then nothing is made.
pub(super) fn was_held_back(snapshot: &Snapshot, job: &Job) -> bool {
    !snapshot.jobs_checked.contains_key(&job.id) && job.reason == Some(Reason::HeldBack)
}

/// Whether the forge has probably given up the job. Its age counts from when it was first heard of: queues for approval and concurrency keep a
/// job for longer. The forge has the last word on an old job.
fn is_given_up(snapshot: &Snapshot, job: &Job) -> bool {
    let is_old = job.created_at.after(snapshot.policy.job_lifetime) <= snapshot.now;
    is_old && snapshot.jobs_checked.get(&job.id).is_none_or(|check| check.standing == Standing::NotWaiting)
}

/// Whether the job was heard of long after it was queued, by a delivery that somebody may have sent again, and the forge does not say that it waits.
/// Where a pool fitted at once, the forge was asked before the job was stored.
fn is_doubtful(snapshot: &Snapshot, job: &Job) -> bool {
    let was_old = job.created_at > job.queued_at.after(JobFact::BELIEVED_FOR);
    let is_confirmed =
        |at: Timestamp| snapshot.jobs_checked.get(&job.id).is_some_and(|check| check.at >= at && check.standing != Standing::NotWaiting);
    matched_late(job).is_some_and(|at| was_old && !is_confirmed(at))
}

/// The best runner that no other job counts on. The runner made for the job comes first, then those not made for another waiting job, idle
/// before starting. Of these the least versatile runner set wins, so that versatile ones are left for jobs that need them. Among equals the job keeps the
/// one that it counted on before: a job that leaves the line does not change what all others count on.
///
/// A runner whose machine could not be made, or that the forge does not register, comes last. No job counts on that runner where another runner set can
/// serve the job now.
fn counts_on<'a>(snapshot: &Snapshot, draft: &mut Draft<'a>, line: &mut Line<'a>, job: &Job, was_in_vain: bool) -> Option<&'a Runner> {
    let index = draft.index;
    let sets = || serving(snapshot.now, index, job).map(|view| view.set.id);
    let ignoring: BTreeSet<RunnerId> = patience_with_idle(snapshot, index, job)
        .take_while(|idle| idle.until <= snapshot.now || idle.is_own)
        .filter(|idle| idle.until <= snapshot.now)
        .map(|idle| idle.id)
        .collect();
    let is_troubled = sets().any(|set| line.troubled.contains(&set));
    let elsewhere = if is_troubled { free_sets(snapshot, draft, line, job) } else { Vec::new() };
    // An attempt that is under way may succeed.
    let is_passed_over = |place: &Place, runner: &Runner| {
        place.fails && runner.status != InstanceStatus::Creating && elsewhere.iter().any(|set| *set != runner.set_id)
    };
    let is_own = |runner: &Runner| runner.made_for == Some(job.workflow_job_id);
    let is_lent = |runner: &Runner| was_in_vain && !is_own(runner) && line.lent.contains(&runner.id);
    let may_serve =
        |(place, runner): &(Place, &Runner)| !ignoring.contains(&runner.id) && !is_passed_over(place, runner) && !is_lent(runner);
    let counted = line.counted.get(&job.id).copied();
    let rank = |(place, runner): &(Place<'a>, &'a Runner)| {
        let labels = index.set(runner.set_id).map_or(0, |view| view.set.labels.len());
        let is_for_another = place.is_for_a_job && !is_own(runner);
        let is_another = counted.is_none_or(|counted| counted.id != runner.id);
        (place.fails, !is_own(runner), is_for_another, place.is_busy, place.is_starting, labels, is_another, place.counted_by, place.name)
    };
    let in_place = |runner: &'a Runner| Some((line.place(runner, draft)?, runner)).filter(may_serve);
    let fits = |runner: &&Runner| sets().any(|set| set == runner.set_id);
    let own: Vec<(Place, &Runner)> = index.made_for(job.workflow_job_id).filter(fits).filter_map(in_place).collect();
    let best_own = own.into_iter().min_by_key(rank);
    // None of the others comes before one that was made for the job and does not fail.
    if let Some((_, runner)) = best_own.filter(|(place, _)| !place.fails) {
        return Some(runner);
    }
    let others = sets().filter_map(|set| line.first_of(set, draft, |it| !is_own(it.1) && may_serve(it)));
    let counted = counted.filter(|runner| fits(runner)).and_then(in_place);
    others.chain(counted).chain(best_own).min_by_key(rank).map(|(_, runner)| runner)
}

/// The runner sets that could run the job.
fn serving<'a, 'i>(now: Timestamp, index: &'i Index<'a>, job: &'i Job) -> impl Iterator<Item = &'a RunnerSetView> + use<'a, 'i> {
    index.fitting(job).filter(move |view| !view.set.is_closed_to(job, now))
}

/// An idle runner that fits, and until when the job waits for it.
struct Patience {
    until: Timestamp,
    id: RunnerId,
    /// Where it stands among the idle ones.
    place: (Timestamp, RunnerId),
    /// Whether it was made for the job.
    is_own: bool,
}

/// Until when the job waits for each idle runner that fits, before another is started. The forge should have assigned the job long before.
/// Of those that were not made for the job, none has an earlier time than one before it.
///
/// The job waits for the first runner as long as is set for the installation. For each further one it waits twice as long, so that a job
/// that nothing more is heard of does not fill the runner set.
fn patience_with_idle<'i>(snapshot: &'i Snapshot, index: &'i Index<'_>, job: &'i Job) -> impl Iterator<Item = Patience> + use<'i> {
    let is_closed = |runner: &Runner| index.set(runner.set_id).is_some_and(|view| view.set.is_closed_to(job, snapshot.now));
    let idle = index.idle_fitting(job).filter(move |runner| !is_closed(runner));
    idle.zip(0_u32..).map(move |(runner, ignored)| {
        let is_own = runner.made_for == Some(job.workflow_job_id);
        Patience { until: patience(snapshot, job, runner, ignored), id: runner.id, place: idle_since(runner), is_own }
    })
}

/// Until when the job waits for this idle runner; `None` = it has another job.
fn patience_with(snapshot: &Snapshot, index: &Index<'_>, job: &Job, runner: &Runner) -> Option<Timestamp> {
    let is_before = |other: &Patience| other.place < idle_since(runner);
    let ignored = patience_with_idle(snapshot, index, job).take(FURTHER as usize).take_while(is_before).count();
    (!runner.is_busy()).then(|| patience(snapshot, job, runner, u32::try_from(ignored).unwrap_or(FURTHER)))
}

/// Patience does not grow with further idle runners after so many.
const FURTHER: u32 = 6;

/// Until when the job waits for an idle runner before which so many others are idle.
fn patience(snapshot: &Snapshot, job: &Job, runner: &Runner, ignored: u32) -> Timestamp {
    let (first, policy, since) = (snapshot.minimum_job_age_backoff, &snapshot.policy, runner.runner_status_at);
    let patience = match ignored {
        0 => first,
        _ => first.max(policy.patience_min).saturating_mul(1 << ignored.min(FURTHER)).min(policy.patience_max.max(first)),
    };
    // However many others there are: when one of them goes, patience that is over does not begin again.
    let is_own = runner.made_for == Some(job.workflow_job_id);
    let patience = if is_own { patience.max(policy.patience_own) } else { patience };
    job.created_at.max(since).after(patience).max(since.after(policy.settle))
}

/// When the job's patience with an idle runner that fits ended last, `None` when none ignores it, and when it ends next.
pub(super) fn patience_ends(snapshot: &Snapshot, draft: &Draft, job: &Job) -> (Option<Timestamp>, Option<Timestamp>) {
    let (mut over, mut ahead) = (None::<Timestamp>, None::<Timestamp>);
    for idle in patience_with_idle(snapshot, draft.index, job) {
        if idle.until <= snapshot.now {
            over = over.max(Some(idle.until));
            continue;
        }
        ahead = Some(ahead.map_or(idle.until, |at| at.min(idle.until)));
        if !idle.is_own {
            break;
        }
    }
    (over, ahead)
}

fn explain_supply(snapshot: &Snapshot, draft: &mut Draft, job: &Job, runner: &Runner) -> Reason {
    if is_idle(runner) {
        if let Some(until) = patience_with(snapshot, draft.index, job, runner) {
            draft.wait(until);
        }
        if let Some(at) = list_due(snapshot, job, runner) {
            draft.want_runners(at);
        }
        return Reason::IdleRunner { runner: runner.name.clone() };
    }
    if runner.is_busy() {
        draft.wait(believed_until(snapshot, runner));
        return Reason::Running { runner: runner.name.clone() };
    }
    if let Some(at) = runner.not_before.filter(|at| *at > snapshot.now) {
        return Reason::RetryLater { at, fault: runner.fault.clone() };
    }
    let is_new = runner.status == InstanceStatus::PendingCreate;
    if let Some(reason) = draft.index.set(runner.set_id).filter(|_| is_new).and_then(|view| versions::retired(snapshot, view)) {
        return reason;
    }
    if let Some(at) = looks_again_at(snapshot, draft.index, runner) {
        draft.wait(at);
    }
    let blocked = draft.index.set(runner.set_id).filter(|_| is_new).and_then(|view| needs_closed_forge(snapshot, draft, view, runner));
    blocked.map_or_else(|| Reason::RunnerStarting { runner: runner.name.clone() }, |(_, reason)| reason)
}

/// When the forge's list of runners is to be read for a job that counts on an idle runner. The forge gives a job to such a runner within seconds. So the
/// delivery about that is lost, or the runner has had another job. The wait doubles with each list that shows the runner as it was. It is longer where
/// the list has many pages: each is a call, also while all deliveries are lost for a day.
fn list_due(snapshot: &Snapshot, job: &Job, runner: &Runner) -> Option<Timestamp> {
    let list = snapshot.forge.runners.as_ref()?;
    let since = job.created_at.max(runner.runner_status_at);
    let parts = u32::try_from(list.items().len().div_ceil(snapshot.policy.listed_again)).unwrap_or(u32::MAX).max(1);
    let least = snapshot.policy.observe_again.saturating_mul(parts);
    Some(list.at().max(since).after(list.at().since(since).max(least)))
}

/// Makes a runner in the first runner set that fits, is usable and has room; otherwise says what is in the way.
fn make_runner_for(snapshot: &Snapshot, draft: &mut Draft, line: &mut Line, job: &Job) -> Reason {
    let since = ask_since(snapshot, draft, job);
    if let Some(reason) = not_yet(snapshot, draft, job, since) {
        return reason;
    }
    if own_may_be_left(snapshot, draft, line, job) {
        return Reason::AskingForge;
    }
    let sets = match usable_sets(snapshot, draft, job) {
        Ok(sets) => sets,
        Err(reason) => return give_up_claim(draft, job, reason),
    };
    let mut obstacle = None;
    for limit in LIMITS {
        obstacle = None;
        for view in &sets {
            if let Some(reason) = line.held(snapshot, draft, view, limit) {
                obstacle = obstacle.or(Some(reason));
                continue;
            }
            // Only where there is room: however many jobs a new pool fits, those are asked for that it can serve.
            if let Some(reason) = not_yet(snapshot, draft, job, matched_late(job)) {
                return reason;
            }
            return Reason::RunnerStarting { runner: line.make(draft, &view.set, job) };
        }
    }
    give_up_claim(draft, job, obstacle.unwrap_or_else(|| no_pool_fits(snapshot, job)))
}

/// The runner sets that could make a runner for the job now, and that nothing speaks against. For others that is waited for.
fn free_sets(snapshot: &Snapshot, draft: &mut Draft, line: &mut Line, job: &Job) -> Vec<RunnerSetId> {
    let usable = usable_sets(snapshot, draft, job).unwrap_or_default();
    usable.into_iter().filter(|view| line.held(snapshot, draft, view, 1).is_none()).map(|view| view.set.id).collect()
}

/// Gives up the claim on a job: another entity that reported it may have a place for it.
fn give_up_claim(draft: &mut Draft, job: &Job, reason: Reason) -> Reason {
    if job.claimed_by.is_some() {
        draft.change(RowChange::ReleaseJob { job: job.id });
    }
    reason
}

/// Why no machine is made for the job yet, although no runner can be counted on.
///
/// A job that an idle runner ignores, that machines were made for in vain, or that was kept until a pool fitted, may long be done, and the deliveries
/// about it lost. Or the forge holds it back. Before another runner is made, the forge must have been asked since then ([`super::check_jobs()`]).
fn not_yet(snapshot: &Snapshot, draft: &mut Draft, job: &Job, since: Option<Timestamp>) -> Option<Reason> {
    let since = since?;
    if snapshot.jobs_checked.get(&job.id).is_some_and(|check| check.at >= since) {
        return None;
    }
    let Some((until, reason)) = draft.forge_closed(Importance::Act, CallKind::Read) else { return Some(Reason::AskingForge) };
    draft.wait(until);
    Some(reason)
}

/// Whether the forge is being asked about a job that counts on the runner of this one. That job may be over, which leaves the runner to this one.
fn own_may_be_left(snapshot: &Snapshot, draft: &Draft, line: &Line, job: &Job) -> bool {
    let mut others = draft.index.made_for(job.workflow_job_id).filter_map(|runner| line.reserved_by.get(&runner.id));
    others.any(|other| snapshot.in_flight.contains(&Target::Job(*other)))
}

/// Since when the forge must have been asked how the job stands before another runner is made for it; `None` = it need not be asked.
fn ask_since(snapshot: &Snapshot, draft: &Draft, job: &Job) -> Option<Timestamp> {
    let ignored = patience_ends(snapshot, draft, job).0;
    let in_vain = brake::next_for(snapshot, draft, job).map(|(at, _)| at);
    ignored.max(in_vain)
}

/// When a pool was there that fits the job, if that was long after the job was queued. The job may be over by then.
pub(super) fn matched_late(job: &Job) -> Option<Timestamp> {
    let is_late = |at: &Timestamp| *at > job.created_at && *at > job.queued_at.after(JobFact::BELIEVED_FOR);
    job.matched_at.filter(is_late)
}

/// The runner sets that could make a runner for the job, best first: by priority, then as the entity's balancer says.
fn usable_sets<'a>(snapshot: &Snapshot, draft: &Draft<'a>, job: &Job) -> Result<Vec<&'a RunnerSetView>, Reason> {
    let enabled: Vec<_> = draft.index.fitting(job).filter(|view| view.set.enabled && !view.set.is_closed_to(job, snapshot.now)).collect();
    let best = enabled.iter().min_by_key(|view| (Reverse(view.set.priority), view.set.created_at, view.set.id));
    let Some(best) = best else { return Err(Reason::PoolsDisabled) };
    let missing = Reason::ProviderMissing { provider: best.set.provider.clone() };
    let mut usable: Vec<_> = enabled.into_iter().filter(|view| view.provider_configured).collect();
    if usable.is_empty() {
        return Err(missing);
    }
    if !snapshot.urls_known {
        return Err(Reason::UrlsMissing);
    }
    usable.sort_by_cached_key(|view| {
        let share = match snapshot.balancer {
            // The emptier runner set is next and chance decides between equals: fair over many plans without remembering whose turn it is.
            Balancer::RoundRobin => ((view.set.max_runners as usize).saturating_sub(draft.room(view.set.id)), draft.lot(view.set.id)),
            Balancer::Pack => (0, 0),
        };
        (Reverse(view.set.priority), share, view.set.created_at, view.set.id)
    });
    Ok(usable)
}

/// That the runner groups of all enabled sets with the job's labels are closed to it; `None` = one of them is open, or there is no such set.
fn closed(snapshot: &Snapshot, draft: &Draft, job: &Job) -> Option<Reason> {
    let enabled = || draft.index.fitting(job).filter(|view| view.set.enabled);
    if !enabled().all(|view| view.set.is_closed_to(job, snapshot.now)) {
        return None;
    }
    let best = enabled().min_by_key(|view| (Reverse(view.set.priority), view.set.created_at, view.set.id))?;
    Some(Reason::GroupClosed { set: best.set.id, group: best.set.runner_group.clone() })
}

fn no_pool_fits(snapshot: &Snapshot, job: &Job) -> Reason {
    let of_labels = snapshot.sets.iter().filter(|view| view.takes_jobs_of_labels());
    Reason::no_pool_fits(&job.labels, of_labels.map(|view| (view.set.id, view.set.labels.as_slice())))
}

#[cfg(test)]
mod tests;
