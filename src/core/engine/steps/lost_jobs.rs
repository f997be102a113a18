//! Jobs whose machine is lost while they run are noted, and run again when the forge has ended them without a verdict of their own.

use std::collections::BTreeSet;

use crate::engine::action::{Effect, RowChange, Target};
use crate::engine::phase::settled_at;
use crate::engine::plan::Draft;
use crate::engine::snapshot::{RunnerSetView, Snapshot};
use crate::model::{CallKind, Importance, InstanceStatus, Job, JobStatus, Loss, LossKind, LostJob, Rerun, Runner};

/// Notes what the provider's lists say of machines of jobs that run, and has jobs run again that are over.
pub(crate) fn lost_jobs(snapshot: &Snapshot, draft: &mut Draft) {
    for view in snapshot.sets.iter().filter(|view| view.provider_configured) {
        note(snapshot, view, draft);
    }
    run_again(snapshot, draft);
}

/// Only lists that are younger than the states of the runner count, and two of them must agree. The runner stays: only the forge can say that its job
/// is over.
fn note(snapshot: &Snapshot, view: &RunnerSetView, draft: &mut Draft) {
    for runner in draft.awake_of(view.set.id) {
        let Some(kind) = lost_machine(view, runner) else { continue };
        let is_its = |job: &&Job| job.runner_id == Some(runner.id) && job.status == JobStatus::InProgress;
        let Some(job) = snapshot.jobs.iter().map(AsRef::as_ref).find(is_its) else { continue };
        if is_noted(snapshot, job) {
            continue;
        }
        let loss = Loss {
            kind,
            at: snapshot.now,
            runner: runner.name.clone(),
            set: view.set.id,
            provider: view.set.provider.clone(),
            rerun: Rerun::Waits,
            tries: 0,
            not_before: None,
            waits_for: String::new(),
        };
        draft.change(RowChange::NoteLoss { job: job.id, loss });
    }
}

fn lost_machine(view: &RunnerSetView, runner: &Runner) -> Option<LossKind> {
    let list = view.machines.as_ref()?;
    // A runner that has reported its end had a job that is over, and one that is on its way out has a machine that is being removed.
    if runner.status != InstanceStatus::Running || runner.runner_status.is_terminal() {
        return None;
    }
    let (name, since) = (runner.name.as_str(), settled_at(runner));
    let has_stopped = || list.find_twice(name, since, |machine| matches!(machine.status, InstanceStatus::Stopped | InstanceStatus::Error));
    if list.lacks(name, since) { Some(LossKind::Gone) } else { has_stopped().map(|_| LossKind::Stopped) }
}

fn is_noted(snapshot: &Snapshot, job: &Job) -> bool {
    snapshot.lost.iter().any(|lost| lost.job.id == job.id)
}

/// Whether the machine of this runner is known to be lost, so that nothing more is to be learned of it.
pub(super) fn is_known_lost(snapshot: &Snapshot, runner: &Runner) -> bool {
    snapshot.lost.iter().any(|lost| lost.job.runner_id == Some(runner.id))
}

/// The forge runs one attempt of a run at a time, so jobs of the same run go one after the other.
fn run_again(snapshot: &Snapshot, draft: &mut Draft) {
    let is_under_way = |lost: &&LostJob| snapshot.in_flight.contains(&Target::Job(lost.job.id));
    let is_asked = |lost: &&LostJob| matches!(lost.loss.rerun, Rerun::Asked { .. });
    let over = || snapshot.lost.iter().filter(|lost| lost.job.status == JobStatus::Completed);
    let mut under_way = over().filter(is_under_way).count();
    let mut busy_runs: BTreeSet<i64> = over().filter(|lost| is_under_way(lost) || is_asked(lost)).map(|lost| lost.job.run_id).collect();
    for lost in over().filter(|lost| !is_under_way(lost)) {
        let (job, loss) = (&lost.job, &lost.loss);
        if let Some(until) = loss.not_before.filter(|until| *until > snapshot.now) {
            draft.wait(until);
        } else if (!is_asked(&lost) && busy_runs.contains(&job.run_id)) || under_way >= snapshot.policy.reruns_at_once {
            // The end of what is under way rings.
        } else if let Some((until, _)) = draft.forge_closed(Importance::Act, CallKind::Write) {
            draft.wait(until);
        } else {
            draft.begin(Effect::RerunJob { job: job.id, retry_after: snapshot.policy.rerun_wait(loss.tries) });
            busy_runs.insert(job.run_id);
            under_way += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::engine::testing::{World, changes_of, effects_of};
    use crate::model::{JobId, RunnerStatus};

    /// A job that runs, and its runner.
    fn running_job(world: &mut World) -> JobId {
        let (runner, job) = (world.idle_runner(), world.queue_job(&["linux"]));
        world.runner(runner).runner_status = RunnerStatus::Active;
        world.runner(runner).job_id = Some(job);
        (world.job(job).status, world.job(job).runner_id) = (JobStatus::InProgress, Some(runner));
        job
    }

    /// The loss that the step notes, is noted.
    fn note_loss(world: &mut World) -> Loss {
        let [RowChange::NoteLoss { job, loss }] = &changes_of(world, lost_jobs)[..] else { panic!("no loss") };
        let (job, loss) = (world.job(*job).clone(), loss.clone());
        world.snapshot.lost.push(LostJob { job, loss: loss.clone() });
        loss
    }

    #[test]
    fn the_second_list_in_a_row_without_the_machine_of_a_job_that_runs_is_a_loss_and_it_is_noted_once() {
        let mut world = World::with_pool(2, 0);
        running_job(&mut world);
        world.pass_secs(60);
        world.list_no_machines();
        assert!(world.run(lost_jobs).does_nothing());
        world.pass_secs(5);
        world.list_no_machines();
        let loss = note_loss(&mut world);
        assert_eq!((loss.kind, loss.at, loss.rerun), (LossKind::Gone, world.snapshot.now, Rerun::Waits));
        assert!(world.run(lost_jobs).does_nothing());
    }

    #[test]
    fn a_machine_that_stopped_is_a_loss_and_one_that_runs_or_ended_is_none() {
        let mut world = World::with_pool(2, 0);
        let job = running_job(&mut world);
        let runner = world.job(job).runner_id.expect("it has one");
        for status in [InstanceStatus::Running, InstanceStatus::Stopped] {
            world.pass_secs(60);
            world.list_machines_of_all_runners_as(status);
            assert!(world.run(lost_jobs).does_nothing());
        }
        world.pass_secs(5);
        world.list_machines_of_all_runners_as(InstanceStatus::Stopped);
        world.runner(runner).runner_status = RunnerStatus::Terminated;
        assert!(world.run(lost_jobs).does_nothing(), "it has reported its end");
        world.runner(runner).runner_status = RunnerStatus::Active;
        world.job(job).status = JobStatus::Completed;
        assert!(world.run(lost_jobs).does_nothing(), "the forge was faster");
        world.job(job).status = JobStatus::InProgress;
        assert_eq!(note_loss(&mut world).kind, LossKind::Stopped);
    }

    /// So many jobs that lost their machine, in runs of their own, and are over.
    fn lost(world: &mut World, count: u32) -> Vec<JobId> {
        let jobs: Vec<JobId> = (0..count).map(|_| running_job(world)).collect();
        for _ in 0..2 {
            world.pass_secs(5);
            world.list_no_machines();
        }
        let changes = changes_of(world, lost_jobs);
        for change in changes {
            let RowChange::NoteLoss { job, loss } = change else { panic!("{change:?}") };
            let job = Job { status: JobStatus::Completed, ..world.job(job).clone() };
            world.snapshot.lost.push(LostJob { job, loss });
        }
        world.snapshot.jobs.clear();
        Arc::make_mut(&mut world.snapshot.runners).clear();
        jobs
    }

    #[test]
    fn lost_jobs_are_run_again_when_they_are_over_a_few_at_once_and_after_their_wait() {
        let mut world = World::with_pool(50, 0);
        let jobs = lost(&mut world, 40);
        let first = Effect::RerunJob { job: jobs[0], retry_after: world.snapshot.policy.rerun_first };
        let begun = effects_of(&world, lost_jobs);
        assert_eq!((begun.len(), &begun[0]), (world.snapshot.policy.reruns_at_once, &first));
        world.snapshot.in_flight.extend(begun.iter().map(Effect::target));
        assert!(world.run(lost_jobs).does_nothing());
        world.snapshot.in_flight.clear();
        world.snapshot.lost.truncate(1);
        let until = world.in_secs(30);
        let loss = world.snapshot.lost[0].loss.clone();
        world.snapshot.lost[0].loss = loss.later(until, "the end of its run".into());
        let plan = world.run(lost_jobs);
        assert!(plan.does_nothing());
        assert_eq!(plan.wake_at, Some(until));
        world.pass_secs(30);
        let again = Effect::RerunJob { job: jobs[0], retry_after: 2 * world.snapshot.policy.rerun_first };
        assert_eq!(effects_of(&world, lost_jobs), [again]);
        world.block_forge("down");
        assert!(world.run(lost_jobs).does_nothing());
    }

    #[test]
    fn jobs_of_one_run_are_run_again_one_after_the_other() {
        let mut world = World::with_pool(50, 0);
        let jobs = lost(&mut world, 2);
        world.snapshot.lost.iter_mut().for_each(|lost| lost.job.run_id = 7);
        let retry_after = world.snapshot.policy.rerun_first;
        assert_eq!(effects_of(&world, lost_jobs), [Effect::RerunJob { job: jobs[0], retry_after }]);
        let (now, again_at) = (world.snapshot.now, world.in_secs(15));
        let loss = world.snapshot.lost[0].loss.clone();
        world.snapshot.lost[0].loss = loss.asked(now, 1, again_at);
        assert!(world.run(lost_jobs).does_nothing(), "whether the forge has heard is not known");
        world.snapshot.lost.remove(0);
        assert_eq!(effects_of(&world, lost_jobs), [Effect::RerunJob { job: jobs[1], retry_after }]);
    }
}
