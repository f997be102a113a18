//! When a waiting job will probably begin.
//!
//! The line of waiting jobs is played to its end many times: machines start, jobs run, places become free. Each duration is drawn from
//! what the same pool, or the same job, took lately; of what is under way already, only from what took longer than it has. So the middle
//! of all plays is the forecast, and their spread is its uncertainty. Where there is no history, there is no forecast.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::time::Duration;

use super::chance::Chance;
use super::snapshot::{RunnerSetView, Snapshot};
use super::steps::paused_until;
use crate::model::{
    Forecast, InstanceStatus, Job, JobRun, JobStatus, NoForecast, Reason, Runner, RunnerSetId, RunnerStatus, WaitKind, millis,
};

/// How often the line is played at most, and at least. With many jobs in line one play is less a matter of chance.
const PLAYS: (usize, usize) = (15, 201);
/// How many jobs and machines may be played in all, so that an answer costs no more than milliseconds.
const WORK: usize = 300_000;
/// So many runs of a job of the same name are a history.
const RUNS_MIN: usize = 3;
/// Within this time a runner that is ready gets its job.
const HAND_OVER: u64 = 1_000;

/// When the job will probably begin.
///
/// `runs` are jobs that were over lately. `reasons` of jobs say which are in line: one that the forge holds back is not.
///
/// # Errors
/// Why there is no forecast.
pub fn forecast_job(snapshot: &Snapshot, job: &Job, runs: &[JobRun]) -> Result<Forecast, NoForecast> {
    if job.status != JobStatus::Queued {
        return Err(NoForecast::NotNeeded);
    }
    if !is_in_line(snapshot, job) {
        return Err(NoForecast::Open);
    }
    let line = line_to(snapshot, job);
    let history = Runs::of(runs);
    let times: BTreeMap<RunnerSetId, SetTimes> = snapshot.sets.iter().map(|view| (view.set.id, SetTimes::of(view))).collect();
    let work = (line.len() + snapshot.runners.len()).max(1);
    let plays = (WORK / work).clamp(PLAYS.0, PLAYS.1);
    let mut chance = Chance(1);
    let mut begins = Vec::with_capacity(plays);
    for _ in 0..plays {
        begins.push(Play::new(snapshot, &times, &history, &mut chance, line.len()).run(&line)?);
    }
    begins.sort_unstable();
    let at = |percent: usize| snapshot.now.after(Duration::from_millis(begins[(plays - 1) * percent / 100]));
    Ok(Forecast { earliest: at(10), likely: at(50), latest: at(90) })
}

/// The waiting jobs up to this one, in the order in which they are served. Those that compete for no pool of its own matter too: they
/// take room from those that do.
fn line_to<'a>(snapshot: &'a Snapshot, job: &'a Job) -> Vec<&'a Job> {
    let place = |job: &Job| (job.queued_at, job.id);
    let is_before = |other: &&Job| other.status == JobStatus::Queued && place(other) < place(job) && is_in_line(snapshot, other);
    let mut line: Vec<&Job> = snapshot.jobs.iter().map(AsRef::as_ref).filter(is_before).collect();
    line.sort_by_key(|job| place(job));
    line.push(job);
    line
}

/// How many waiting jobs are served before this one by a pool that fits it, too; `None` = it is not in line.
pub(super) fn jobs_ahead(snapshot: &Snapshot, job: &Job) -> Option<usize> {
    if job.status != JobStatus::Queued || !is_in_line(snapshot, job) {
        return None;
    }
    let pools: Vec<&RunnerSetView> = snapshot.sets.iter().filter(|view| view.set.enabled && view.set.serves(job, snapshot.now)).collect();
    let competes = |other: &&&Job| other.id != job.id && pools.iter().any(|view| view.set.serves(other, snapshot.now));
    Some(line_to(snapshot, job).iter().filter(competes).count())
}

/// Whether the job gets the next runner that is free, as far as is known.
fn is_in_line(snapshot: &Snapshot, job: &Job) -> bool {
    if job.claimed_by.is_some_and(|entity| entity != snapshot.entity_id) || !snapshot.sets.iter().any(|view| is_open(snapshot, view, job)) {
        return false;
    }
    let kind = job.reason.as_ref().map(Reason::wait_kind);
    match kind {
        None | Some(Some(WaitKind::Full | WaitKind::Runner | WaitKind::Retry | WaitKind::InVain | WaitKind::Budget)) => true,
        Some(Some(WaitKind::Paused)) => !matches!(job.reason, Some(Reason::PoolOnTrial { .. })),
        Some(Some(WaitKind::Unconfirmed)) => job.reason == Some(Reason::AskingForge),
        Some(_) => false,
    }
}

/// Whether the pool can serve the job, sooner or later.
fn is_open(snapshot: &Snapshot, view: &RunnerSetView, job: &Job) -> bool {
    view.set.enabled && view.provider_configured && snapshot.urls_known && view.set.serves(job, snapshot.now)
}

/// When the runner will probably be ready.
///
/// # Errors
/// Why there is no forecast.
pub(super) fn forecast_ready(snapshot: &Snapshot, runner: &Runner) -> Result<Forecast, NoForecast> {
    let Some(view) = snapshot.set(runner.set_id) else { return Err(NoForecast::Open) };
    let is_starting = matches!(runner.runner_status, RunnerStatus::Pending | RunnerStatus::Installing);
    let is_wanted = matches!(runner.status, InstanceStatus::PendingCreate | InstanceStatus::Creating | InstanceStatus::Running);
    if !is_starting || !is_wanted {
        return Err(NoForecast::NotNeeded);
    }
    if !view.provider_configured {
        return Err(NoForecast::Open);
    }
    let times = SetTimes::of(view);
    let mut chance = Chance(1);
    let mut ready = (0..PLAYS.1)
        .map(|_| times.until_ready(snapshot, runner, &mut chance))
        .collect::<Option<Vec<u64>>>()
        .ok_or(NoForecast::NoStarts(runner.set_id))?;
    ready.sort_unstable();
    let at = |percent: usize| snapshot.now.after(Duration::from_millis(ready[(ready.len() - 1) * percent / 100]));
    Ok(Forecast { earliest: at(10), likely: at(50), latest: at(90) })
}

/// How long the machines of a runner set take, in milliseconds, shortest first.
struct SetTimes {
    starts: Vec<u32>,
    boots: Vec<u32>,
    removals: Vec<u32>,
}

impl SetTimes {
    fn of(view: &RunnerSetView) -> Self {
        let times = &view.set.memory.times;
        Self { starts: times.starts(), boots: times.boots(), removals: times.removals() }
    }

    fn median_start(&self) -> Option<u64> {
        self.starts.get(self.starts.len() / 2).copied().map(u64::from)
    }

    /// How long until the runner, which is on its way, is ready. `None` = there is no history.
    fn until_ready(&self, snapshot: &Snapshot, runner: &Runner, chance: &mut Chance) -> Option<u64> {
        let rest = if runner.status == InstanceStatus::Running {
            remaining(&self.boots, snapshot.now.since(runner.status_at), chance)
        } else {
            // What failed before says nothing of the next attempt.
            let begun = if runner.create_attempt == 0 && runner.not_before.is_none() { runner.created_at } else { snapshot.now };
            remaining(&self.starts, snapshot.now.since(begun), chance)
        }?;
        Some(rest.saturating_add(until(snapshot, runner.not_before)))
    }

    /// Without a history a removal is held to be quick.
    fn removal(&self, elapsed: Duration, chance: &mut Chance) -> u64 {
        remaining(&self.removals, elapsed, chance).unwrap_or_default()
    }
}

/// What remains of something that has lasted so long: of one that took longer than that. What lasts longer than all before it may last
/// another quarter.
fn remaining(history: &[u32], elapsed: Duration, chance: &mut Chance) -> Option<u64> {
    let elapsed = millis(elapsed);
    let longer = &history[history.partition_point(|took| *took <= elapsed)..];
    match chance.pick(longer) {
        Some(took) => Some(u64::from(took - elapsed)),
        None if history.is_empty() => None,
        None => Some(u64::from(elapsed / 4).max(HAND_OVER)),
    }
}

fn until(snapshot: &Snapshot, at: Option<crate::time::Timestamp>) -> u64 {
    at.map_or(0, |at| u64::from(millis(at.since(snapshot.now))))
}

/// How long jobs ran, in milliseconds, shortest first: by repository and name, and by labels.
struct Runs {
    by_name: BTreeMap<(String, String), Vec<u32>>,
    by_labels: BTreeMap<Vec<String>, Vec<u32>>,
}

impl Runs {
    fn of(runs: &[JobRun]) -> Self {
        let (mut by_name, mut by_labels) = (BTreeMap::<_, Vec<u32>>::new(), BTreeMap::<_, Vec<u32>>::new());
        for run in runs {
            let took = millis(run.took);
            by_name.entry((run.repository.clone(), run.name.clone())).or_default().push(took);
            by_labels.entry(in_order(&run.labels)).or_default().push(took);
        }
        by_name.values_mut().chain(by_labels.values_mut()).for_each(|runs| runs.sort_unstable());
        Self { by_name, by_labels }
    }

    /// Those of jobs like this one.
    fn like(&self, job: &Job) -> &[u32] {
        let name = (format!("{}/{}", job.repository_owner, job.repository_name), job.name.clone());
        let same = self.by_name.get(&name).filter(|runs| runs.len() >= RUNS_MIN);
        same.or_else(|| self.by_labels.get(&in_order(&job.labels))).map_or(&[], Vec::as_slice)
    }
}

fn in_order(labels: &[String]) -> Vec<String> {
    let mut labels: Vec<String> = labels.iter().map(|label| label.to_lowercase()).collect();
    labels.sort_unstable();
    labels
}

/// A runner, or a place for one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Server {
    /// When it is expected to be ready. The earliest is taken.
    expected: u64,
    /// When it is free.
    free: u64,
    /// Whether a machine must start first.
    starts: bool,
}

/// The line, played once. Times are milliseconds from now.
struct Play<'a> {
    snapshot: &'a Snapshot,
    times: &'a BTreeMap<RunnerSetId, SetTimes>,
    history: &'a Runs,
    chance: &'a mut Chance,
    servers: BTreeMap<RunnerSetId, BinaryHeap<Reverse<Server>>>,
}

impl<'a> Play<'a> {
    fn new(
        snapshot: &'a Snapshot,
        times: &'a BTreeMap<RunnerSetId, SetTimes>,
        history: &'a Runs,
        chance: &'a mut Chance,
        wanted: usize,
    ) -> Self {
        let servers = snapshot.sets.iter().map(|view| (view.set.id, BinaryHeap::new())).collect();
        let mut play = Self { snapshot, times, history, chance, servers };
        for runner in snapshot.runners.iter() {
            play.add_runner(runner);
        }
        let occupied = snapshot.occupancy();
        for view in &snapshot.sets {
            let set = view.set.id;
            let room = (view.set.max_runners as usize).saturating_sub(occupied.get(&set).copied().unwrap_or_default());
            let from = until(snapshot, paused_until(snapshot, view));
            (0..room.min(wanted)).for_each(|_| play.add_place(set, from));
        }
        play
    }

    fn add_runner(&mut self, runner: &Runner) {
        let (set, now) = (runner.set_id, self.snapshot.now);
        let Some(times) = self.times.get(&set) else { return };
        if let Some(held) = runner.kept_until() {
            let free = until(self.snapshot, Some(held)) + times.removal(Duration::ZERO, self.chance);
            return self.add_place(set, free);
        }
        if runner.status.is_leaving() || runner.runner_status.is_terminal() {
            let free = times.removal(now.since(runner.runner_status_at), self.chance) + until(self.snapshot, runner.not_before);
            return self.add_place(set, free);
        }
        if runner.is_busy() {
            let job = self.snapshot.jobs.iter().find(|job| Some(job.id) == runner.job_id);
            let began = job.and_then(|job| job.started_at).unwrap_or(runner.runner_status_at);
            // A runner whose work is not known may have it for ever: its place is not counted on.
            let rest = job.and_then(|job| remaining(self.history.like(job), now.since(began), self.chance));
            let Some(rest) = rest else { return };
            let free = rest + times.removal(Duration::ZERO, self.chance);
            return self.add_place(set, free);
        }
        let free = match runner.status {
            InstanceStatus::Running if matches!(runner.runner_status, RunnerStatus::Idle | RunnerStatus::Online) => Some(0),
            InstanceStatus::PendingCreate | InstanceStatus::Creating | InstanceStatus::Running => {
                times.until_ready(self.snapshot, runner, self.chance)
            }
            InstanceStatus::Error => return self.add_place(set, until(self.snapshot, runner.not_before)),
            _ => None,
        };
        // Without a history, it is not known when it is ready: a place for another start says so.
        match free {
            Some(free) => self.add(set, Server { expected: free, free, starts: false }),
            None if matches!(runner.status, InstanceStatus::PendingCreate | InstanceStatus::Creating | InstanceStatus::Running) => {
                self.add_place(set, 0);
            }
            None => {}
        }
    }

    fn add_place(&mut self, set: RunnerSetId, free: u64) {
        // A pool without history comes last.
        let start = self.times.get(&set).and_then(SetTimes::median_start).unwrap_or(u64::from(u32::MAX));
        self.add(set, Server { expected: free + start, free, starts: true });
    }

    fn add(&mut self, set: RunnerSetId, server: Server) {
        self.servers.entry(set).or_default().push(Reverse(server));
    }

    /// When the last job of the line begins.
    fn run(mut self, line: &[&Job]) -> Result<u64, NoForecast> {
        let mut begins = 0;
        for (number, job) in line.iter().enumerate() {
            let is_last = number + 1 == line.len();
            let fitting = self.snapshot.sets.iter().filter(|view| is_open(self.snapshot, view, job));
            let next = fitting.filter_map(|view| {
                let Reverse(server) = self.servers.get(&view.set.id)?.peek()?;
                Some((server.expected, Reverse(view.set.priority), view.set.id))
            });
            let Some((_, _, set)) = next.min() else {
                if is_last {
                    return Err(NoForecast::NoRuns);
                }
                continue;
            };
            let Some(Reverse(server)) = self.servers.get_mut(&set).and_then(BinaryHeap::pop) else { continue };
            let times = &self.times[&set];
            let not_before = match &job.reason {
                Some(
                    Reason::MadeInVain { at: until_then, .. }
                    | Reason::BudgetSpent { until: until_then, .. }
                    | Reason::RegistrationsSpent { until: until_then, .. },
                ) => until(self.snapshot, Some(*until_then)),
                _ => 0,
            };
            let start = if server.starts { chance_of(&times.starts, self.chance).ok_or(NoForecast::NoStarts(set))? } else { 0 };
            begins = server.free.max(not_before) + start;
            if is_last {
                break;
            }
            // Without a history of such jobs, their machine is not counted on again.
            if let Some(run) = chance_of(self.history.like(job), self.chance) {
                let free = begins + run + times.removal(Duration::ZERO, self.chance);
                self.add_place(set, free);
            }
        }
        Ok(begins)
    }
}

fn chance_of(history: &[u32], chance: &mut Chance) -> Option<u64> {
    chance.pick(history).map(u64::from)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::testing::World;
    use crate::model::{JobId, RunnerId, StartTime};
    use crate::time::Timestamp;

    const MINUTE: Duration = Duration::from_mins(1);

    fn world(max_runners: u32, start: &[u64]) -> World {
        let mut world = World::with_pool(max_runners, 0);
        for seconds in start {
            world.snapshot.sets[0]
                .set
                .memory
                .times
                .started(StartTime::new(Duration::from_secs(10), Duration::from_secs(seconds - 10)), Timestamp::EPOCH);
        }
        world
    }

    fn run(seconds: u64) -> JobRun {
        let took = Duration::from_secs(seconds);
        JobRun { repository: "acme/widgets".into(), name: "build".into(), labels: vec!["linux".into()], took }
    }

    fn runs(job: &[u64]) -> Vec<JobRun> {
        job.iter().copied().map(run).collect()
    }

    fn works(world: &mut World, since: u64) -> (RunnerId, JobId) {
        let (runner, job) = (world.idle_runner(), world.queue_job(&["linux"]));
        let began = world.snapshot.now.before(Duration::from_secs(since));
        (world.job(job).status, world.job(job).started_at) = (JobStatus::InProgress, Some(began));
        (world.runner(runner).runner_status, world.runner(runner).job_id) = (RunnerStatus::Active, Some(job));
        (runner, job)
    }

    /// In seconds from now.
    fn asked(world: &World, job: JobId, runs: &[JobRun]) -> Result<[u64; 3], NoForecast> {
        let row = world.snapshot.jobs.iter().find(|row| row.id == job).expect("there");
        let told = forecast_job(&world.snapshot, row, runs)?;
        Ok([told.earliest, told.likely, told.latest].map(|at| at.since(world.snapshot.now).as_secs()))
    }

    #[test]
    fn without_history_there_is_no_forecast_and_an_idle_runner_needs_none() {
        let mut world = world(5, &[]);
        let job = world.queue_job(&["linux"]);
        let set = world.set().id;
        assert_eq!(asked(&world, job, &[]), Err(NoForecast::NoStarts(set)));
        world.idle_runner();
        assert_eq!(asked(&world, job, &[]), Ok([0, 0, 0]));
    }

    #[test]
    fn a_job_waits_for_what_is_left_of_the_start_of_its_machine() {
        let mut world = world(1, &[40, 60, 80, 100, 120]);
        let job = world.queue_job(&["linux"]);
        assert_eq!(asked(&world, job, &[]), Ok([40, 80, 120]));
        let runner = world.pending_runner();
        world.pass_secs(90);
        assert_eq!(asked(&world, job, &[]), Ok([10, 10, 30]), "only two took longer than it has");
        world.pass_secs(110);
        assert_eq!(asked(&world, job, &[]), Ok([50, 50, 50]), "longer than all before it");
        let now = world.snapshot.now;
        (world.runner(runner).status, world.runner(runner).status_at) = (InstanceStatus::Running, now);
        assert_eq!(asked(&world, job, &[]), Ok([30, 70, 110]), "the machine is made, and boots");
    }

    #[test]
    fn a_full_pool_is_free_when_a_job_before_is_over_its_machine_gone_and_another_started() {
        let mut world = world(1, &[60]);
        works(&mut world, 100);
        let job = world.queue_job(&["linux"]);
        assert_eq!(asked(&world, job, &[]), Err(NoForecast::NoRuns));
        assert_eq!(asked(&world, job, &runs(&[300])), Ok([260; 3]));
        world.snapshot.sets[0].set.memory.times.removed(Duration::from_secs(15));
        assert_eq!(asked(&world, job, &runs(&[300])), Ok([275; 3]));
        // Two more come first; each has its machine.
        world.pass_secs(1);
        let (second, third) = (world.queue_job(&["linux"]), world.queue_job(&["linux"]));
        assert_eq!(asked(&world, third, &runs(&[300])), Ok([274 + 2 * (300 + 15 + 60); 3]));
        let row = |job| world.snapshot.jobs.iter().find(|row| row.id == job).expect("there");
        assert_eq!([job, second, third].map(|job| jobs_ahead(&world.snapshot, row(job))), [Some(0), Some(1), Some(2)]);
    }

    #[test]
    fn jobs_of_the_same_name_tell_more_than_jobs_of_the_same_labels() {
        let mut world = world(1, &[60]);
        works(&mut world, 0);
        let job = world.queue_job(&["linux"]);
        let other = |seconds| JobRun { name: "lint".into(), ..run(seconds) };
        let mut history: Vec<JobRun> = (0..50).map(|_| other(10)).collect();
        assert_eq!(asked(&world, job, &history), Ok([70; 3]));
        history.extend(runs(&[500, 500, 500]));
        assert_eq!(asked(&world, job, &history), Ok([560; 3]));
    }

    #[test]
    fn a_held_machine_and_a_pause_are_waited_for() {
        let mut world = world(1, &[60]);
        let (held, job) = (world.starting_runner(), world.queue_job(&["linux"]));
        let until = world.snapshot.now.after(MINUTE * 30);
        world.snapshot.change(held, |row| row.kept(until, true));
        world.snapshot.sets[0].set.memory.in_vain = crate::model::Streak::default();
        assert_eq!(asked(&world, job, &[]), Ok([31 * 60; 3]));
        Arc::make_mut(&mut world.snapshot.runners).clear();
        let streak = crate::model::Streak { in_a_row: 3, pause: 1, paused_at: Some(world.snapshot.now), ..Default::default() };
        let pause = world.snapshot.policy.pause(1);
        world.snapshot.sets[0].set.memory.failed = streak;
        assert_eq!(asked(&world, job, &[]), Ok([pause.as_secs() + 60; 3]));
    }

    #[test]
    fn a_wait_that_does_not_end_by_itself_is_not_forecast() {
        let mut world = world(1, &[60]);
        let (held, job) = (world.queue_job(&["linux"]), world.queue_job(&["linux"]));
        world.job(held).reason = Some(Reason::HeldBack);
        assert_eq!(asked(&world, held, &[]), Err(NoForecast::Open));
        assert_eq!(asked(&world, job, &[]), Ok([60; 3]), "one that is held back is not in line");
        world.snapshot.sets[0].set.enabled = false;
        assert_eq!(asked(&world, job, &[]), Err(NoForecast::Open));
    }

    #[test]
    fn thousands_in_line_are_played_in_a_moment() {
        let mut world = world(50, &[40, 60, 80]);
        let jobs: Vec<JobId> = (0..5_000).map(|_| world.queue_job(&["linux"])).collect();
        let [earliest, likely, latest] = asked(&world, jobs[4_999], &runs(&[100, 200, 300])).expect("there is a history");
        // A hundred rounds of about 200 + 60 seconds.
        assert!((24_000..28_000).contains(&likely), "{likely}");
        assert!(earliest <= likely && likely <= latest && latest - earliest < likely / 10, "{earliest} {likely} {latest}");
    }
}
