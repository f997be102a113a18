//! Once nothing fails any more, everything comes right: every job that can be served is served, and nothing is left over.
//!
//! The worlds begin as faults may have left them: calls were cut off, deliveries lost, machines died, rows and reality differ. From then on forge
//! and cloud do what they are asked ([`Outside`]), and time goes from one event to the next. Nobody looks at the world without being told to: a
//! missing time to look again is a job that is never served.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::select;

use super::arbitrary::{Case, worlds};
use super::for_all;
use crate::engine::outside::{CloudMachine, JobAtForge, Outside};
use crate::engine::predict::done;
use crate::engine::{Effect, Plan, RunnerSetView, Snapshot, plan};
use crate::model::{InstanceStatus, JobStatus, Runner, RunnerName, RunnerSetId, RunnerStatus};

const WORLDS: u32 = 1500;
/// Within this time everything must have come right. The forge gives up jobs after a day, and an entity without runners is looked at every hour.
const LONG: Duration = Duration::from_hours(4);
/// How many plans that may take.
const PLANS: usize = 2000;

/// The names of machines without a row.
const ORPHAN: &str = "garm-orphan-";

/// A world as faults left it, and what is really there.
#[derive(Clone, Debug)]
struct Ruin {
    case: Case,
    machines: Vec<MachineCase>,
    at_forge: Vec<bool>,
    jobs: Vec<JobStatus>,
    /// The pools of machines without a row, and whether the forge knows their runner.
    orphans: Vec<(usize, bool)>,
}

/// The state of a runner's machine.
#[derive(Clone, Copy, Debug)]
enum MachineCase {
    /// Nothing.
    None,
    /// Its runner is ready, or will be after so many seconds.
    Ready(u64),
    /// It never says anything.
    Dead,
    /// A call without a waiting task makes it after so many seconds.
    Late(u64),
}

fn ruins() -> impl Strategy<Value = Ruin> {
    use MachineCase as M;
    let machine = select(vec![M::None, M::Ready(0), M::Ready(0), M::Ready(7), M::Ready(60), M::Dead, M::Late(1), M::Late(50)]);
    let status = select(vec![JobStatus::Queued, JobStatus::Queued, JobStatus::InProgress, JobStatus::Completed]);
    let orphans = vec((0..3_usize, any::<bool>()), 0..3);
    (worlds(), vec(machine, 8), vec(any::<bool>(), 8), vec(status, 6), orphans).prop_map(|(case, machines, at_forge, jobs, orphans)| Ruin {
        case: possible(case, &machines),
        machines,
        at_forge,
        jobs,
        orphans,
    })
}

/// Leaves only what can come about: states that rows are never in become others, and nothing is under way.
fn possible(mut case: Case, machines: &[MachineCase]) -> Case {
    use InstanceStatus as I;
    use RunnerStatus as R;
    case.entity.hasty = false;
    case.strangers.clear();
    for pool in &mut case.pools {
        pool.min_idle = pool.min_idle.min(pool.max);
    }
    for (runner, machine) in case.runners.iter_mut().zip(machines) {
        if matches!(machine, MachineCase::Late(_)) {
            // No list has a machine before that is made.
            runner.at_provider = [None; 2];
        }
        runner.in_flight = false;
        runner.old_job = false;
        runner.status = match runner.status {
            I::Stopped | I::Unknown => I::Running,
            // Force may end what works; that is what it is for. Only by force is a machine removed before its runner is.
            I::PendingForceDelete => I::PendingDelete,
            I::Deleting if !runner.deregistered => I::PendingDelete,
            other => other,
        };
        runner.runner_status = match (runner.status, runner.runner_status) {
            (I::PendingCreate, _) => R::Pending,
            (_, R::Online | R::Unknown) => R::Idle,
            // A job that is over sends its runner away in the same moment.
            (status, R::Terminated) if !status.is_leaving() => R::Active,
            (_, other) => other,
        };
        runner.deregistered &= runner.status.is_leaving() || runner.status == I::Error;
    }
    for pool in &mut case.pools {
        // No newer version comes here.
        pool.versions.retires = None;
    }
    for job in &mut case.jobs {
        // The forge gives up one that is older than a day.
        job.age = job.age.min(3600);
        let runner = job.runner.and_then(|index| case.runners.get(index));
        job.known &= runner.is_some_and(|runner| runner.runner_status == R::Active);
    }
    case
}

impl Ruin {
    fn build(&self) -> (Snapshot, Outside) {
        let mut snapshot = self.case.snapshot();
        snapshot.in_flight.clear();
        let mut outside = Outside::default();
        self.add_runners(&mut snapshot, &mut outside);
        self.add_orphans(&snapshot, &mut outside);
        self.add_jobs(&snapshot, &mut outside);
        (snapshot, outside)
    }

    /// The machines of rows, and whether the forge knows their runners.
    fn add_runners(&self, snapshot: &mut Snapshot, outside: &mut Outside) {
        let now = snapshot.now;
        for (index, row) in Arc::make_mut(&mut snapshot.runners).iter_mut().enumerate() {
            let machine = |appears_in: u64, ready_in: Option<u64>, told| CloudMachine {
                appears_at: now.after(Duration::from_secs(appears_in)),
                ready_at: ready_in.map(|secs| now.after(Duration::from_secs(secs))),
                told,
            };
            let connected = !matches!(row.runner_status, RunnerStatus::Pending | RunnerStatus::Installing | RunnerStatus::Failed);
            let there = match self.machines[index] {
                // A machine that speaks exists already.
                MachineCase::Late(_) if row.runner_status != RunnerStatus::Pending => None,
                // It was not asked for yet.
                _ if row.status == InstanceStatus::PendingCreate => None,
                MachineCase::None => None,
                MachineCase::Ready(secs) => Some(machine(0, Some(secs), connected)),
                MachineCase::Dead => Some(machine(0, None, false)),
                MachineCase::Late(secs) => row
                    .may_appear_until()
                    .filter(|at| *at > now.after(Duration::from_secs(secs)))
                    .map(|_| machine(secs, Some(secs + 20), false)),
            };
            outside.machines.extend(there.map(|machine| ((row.set_id, row.name.clone()), machine)));
            let over = row.deregistered || row.runner_status == RunnerStatus::Terminated;
            if row.agent_id.is_some() && !over && self.at_forge[index] {
                let agent_id = outside.register(&row.name);
                let row = Arc::make_mut(row);
                row.agent_id = row.agent_id.map(|_| agent_id);
            }
        }
    }

    fn add_orphans(&self, snapshot: &Snapshot, outside: &mut Outside) {
        for (index, (pool, registered)) in self.orphans.iter().enumerate() {
            let name = RunnerName(format!("{ORPHAN}{index}"));
            let set = snapshot.sets[pool % snapshot.sets.len()].set.id;
            outside.machines.insert((set, name.clone()), CloudMachine { appears_at: snapshot.now, ready_at: None, told: true });
            if *registered {
                outside.register(&name);
            }
        }
    }

    /// How jobs stand at the forge: at least as far as their rows say, with the runner that the case names or with a foreign one.
    fn add_jobs(&self, snapshot: &Snapshot, outside: &mut Outside) {
        for (index, row) in snapshot.jobs.iter().enumerate() {
            let status = row.status.max(self.jobs[index]);
            // A runner's own word that it failed ends its machine without the forge.
            let at_work = |runner: &&Arc<Runner>| runner.runner_status != RunnerStatus::Failed;
            let taken_by = self.case.jobs[index].runner.and_then(|runner| snapshot.runners.get(runner));
            let taken_by = taken_by.filter(at_work).map(|runner| runner.name.clone());
            let mut job =
                JobAtForge { labels: row.labels.clone(), status, runner: None, ends_at: snapshot.now.after(Duration::from_secs(45)) };
            if let Some(runner) = taken_by.as_ref().and_then(|name| outside.runners.get_mut(name)).filter(|runner| runner.job.is_none()) {
                match status {
                    JobStatus::Queued => {}
                    JobStatus::InProgress => (runner.job, job.runner) = (Some(row.id), taken_by),
                    JobStatus::Completed => {
                        outside.runners.retain(|name, _| Some(name) != taken_by.as_ref());
                        job.runner = taken_by;
                    }
                }
            }
            outside.jobs.insert(row.id, job);
        }
    }
}

/// Lets time pass until everything should have come right. Answers what is left.
fn settle(ruin: &Ruin) -> (Snapshot, Outside) {
    let (mut snapshot, mut outside) = ruin.build();
    let end = snapshot.now.after(LONG);
    let before: BTreeMap<RunnerSetId, usize> = snapshot.occupancy();
    for _ in 0..PLANS {
        outside.live(&mut snapshot);
        for view in &snapshot.sets {
            let rows = snapshot.runners_of(view.set.id).count();
            let allowed = before.get(&view.set.id).copied().unwrap_or_default().max(view.set.max_runners as usize);
            assert!(rows <= allowed, "{rows} runners in {:?}", view.set);
        }
        for (_, name) in outside.machines.keys().filter(|(_, name)| !name.as_str().starts_with(ORPHAN)) {
            assert!(snapshot.runners.iter().any(|row| row.name == *name), "the machine of {name} has no row any more");
        }
        let plan = plan(&snapshot);
        if !plan.does_nothing() {
            snapshot = done(&snapshot, &plan, &mut outside);
            assert_made_as_the_set_is(&snapshot, &plan);
            continue;
        }
        match plan.wake_at.into_iter().chain(outside.next_event(snapshot.now)).min() {
            Some(at) if at < end => snapshot.now = at,
            _ => return (snapshot, outside),
        }
    }
    panic!("more than {PLANS} plans in {:?}", LONG.saturating_sub(end.since(snapshot.now)));
}

/// A machine that is made now has what its runner set asks for now, however old its row is. Otherwise the rotation would remove it.
fn assert_made_as_the_set_is(snapshot: &Snapshot, plan: &Plan) {
    for effect in &plan.effects {
        let Effect::CreateMachine { runner, .. } = effect else { continue };
        let Some(row) = snapshot.runners.iter().find(|row| row.id == *runner) else { continue };
        let set = snapshot.set(row.set_id).map(|view| view.set.generation);
        assert_eq!(Some(row.generation), set, "{row:#?}");
    }
}

/// Whether anybody could run the job.
fn can_be_served(snapshot: &Snapshot, labels: &[String]) -> bool {
    let usable = |view: &&RunnerSetView| view.set.enabled && view.provider_configured && view.set.max_runners > 0;
    snapshot.urls_known && snapshot.sets.iter().filter(usable).any(|view| view.set.fits(labels))
}

#[test]
fn every_job_that_can_be_served_is_served() {
    for_all(WORLDS, &ruins(), |ruin| {
        let (snapshot, outside) = settle(&ruin);
        for (id, job) in &outside.jobs {
            let row = snapshot.jobs.iter().find(|row| row.id == *id);
            let elsewhere = row.is_some_and(|row| row.claimed_by.is_some_and(|entity| entity != snapshot.entity_id));
            let served = job.status == JobStatus::Completed;
            assert!(served || elsewhere || !can_be_served(&snapshot, &job.labels), "not served: {job:?}\n{row:#?}\n{:#?}", plan(&snapshot));
        }
    });
}

#[test]
fn the_minimum_of_idle_runners_is_left_and_nothing_else() {
    for_all(WORLDS, &ruins(), |ruin| {
        let (snapshot, outside) = settle(&ruin);
        for view in snapshot.sets.iter().filter(|view| view.provider_configured) {
            let rows: Vec<_> = snapshot.runners_of(view.set.id).collect();
            let minimum = if view.set.enabled { view.set.min_idle_runners as usize } else { 0 };
            let right = if snapshot.urls_known { rows.len() == minimum } else { rows.len() <= minimum };
            let idle = rows.iter().all(|row| row.status == InstanceStatus::Running && row.runner_status == RunnerStatus::Idle);
            assert!(right && idle, "{minimum} idle runners are wanted: {rows:#?}\n{:#?}", plan(&snapshot));

            let names: BTreeSet<_> = rows.iter().map(|row| &row.name).collect();
            let machines: BTreeSet<_> = outside.machines.keys().filter(|(set, _)| *set == view.set.id).map(|(_, name)| name).collect();
            assert_eq!(names, machines, "each runner has a machine, and there are no others");
        }
        let names: BTreeSet<_> = snapshot.runners.iter().map(|row| &row.name).collect();
        assert!(outside.runners.keys().all(|name| names.contains(name)), "left at the forge: {:?}", outside.runners);
    });
}
