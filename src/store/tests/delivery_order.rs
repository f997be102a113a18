//! In which order deliveries arrive, and how often, makes no difference in the end.
//!
//! Each case is played twice in one database, with runners and job numbers of its own: as the forge sent it, and shuffled with repetitions.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::{Strategy, any};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, RngSeed, TestRunner};

use super::*;
use crate::model::JobFact;

const CASES: u32 = 200;

/// Where a runner of ours stands before anything is heard of jobs.
type Start = (InstanceStatus, RunnerStatus);

#[derive(Clone, Debug)]
struct Case {
    runners: Vec<Start>,
    jobs: Vec<JobCase>,
    /// The order in which deliveries arrive after all; some arrive more than once.
    arrivals: Vec<Index>,
}

/// What becomes of a job. A runner takes one job, so the job has the runner of its own number, if that is one of ours.
#[derive(Clone, Copy, Debug)]
struct JobCase {
    /// How far it comes.
    last: JobStatus,
    fate: Fate,
    /// Whether the organization has a hook as well.
    told_twice: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Runs,
    RunsElsewhere,
    CancelledWhileQueued,
}

fn cases() -> impl Strategy<Value = Case> {
    use InstanceStatus as I;
    use RunnerStatus as R;
    let start = select(vec![(I::Running, R::Idle), (I::Running, R::Installing), (I::Creating, R::Pending), (I::PendingDelete, R::Idle)]);
    let last = select(vec![JobStatus::Completed, JobStatus::InProgress, JobStatus::Queued]);
    let fate = select(vec![Fate::Runs, Fate::Runs, Fate::RunsElsewhere, Fate::CancelledWhileQueued]);
    let job = (last, fate, any::<bool>()).prop_map(|(last, fate, told_twice)| JobCase { last, fate, told_twice });
    (vec(start, 0..4), vec(job, 1..4), vec(any::<Index>(), 0..12)).prop_map(|(runners, jobs, arrivals)| Case { runners, jobs, arrivals })
}

/// The two entities whose hooks report, each with a pool that fits.
struct Hooks {
    repository: Entity,
    organization: Entity,
    pool: Pool,
}

/// The forge's deliveries, in this order. `first` is the number of the first job.
fn deliveries(case: &Case, hooks: &Hooks, names: &[RunnerName], first: i64) -> Vec<JobFact> {
    let mut sent = Vec::new();
    for ((job, number), index) in case.jobs.iter().zip(first..).zip(0..) {
        let stages: &[JobStatus] = match job.fate {
            Fate::CancelledWhileQueued => &[JobStatus::Queued, JobStatus::Completed],
            Fate::Runs | Fate::RunsElsewhere => &[JobStatus::Queued, JobStatus::InProgress, JobStatus::Completed],
        };
        for status in stages.iter().copied().filter(|status| *status <= job.last) {
            let taken = status != JobStatus::Queued && job.fate != Fate::CancelledWhileQueued;
            let runner_name = match names.get(index) {
                Some(name) if taken && job.fate == Fate::Runs => name.as_str(),
                _ if taken => "somebody-else",
                _ => "",
            };
            let told = JobFact {
                workflow_job_id: number,
                started_at: taken.then_some(Timestamp::from_micros(2)),
                completed_at: (status == JobStatus::Completed).then_some(Timestamp::from_micros(3)),
                ..report(&hooks.repository, status, runner_name)
            };
            if job.told_twice {
                sent.push(JobFact { entity: hooks.organization.id, entity_kind: hooks.organization.at.kind, ..told.clone() });
            }
            sent.push(told);
        }
    }
    sent
}

/// The content of the rows, without numbers and times of writing.
#[derive(Debug, PartialEq)]
struct Left {
    jobs: Vec<Job>,
    runners: Vec<(InstanceStatus, RunnerStatus, Option<usize>, Option<Reason>)>,
}

async fn play(store: &Store, hooks: &Hooks, case: &Case, first: i64, in_order: bool) -> Left {
    let mut ids = Vec::new();
    let mut names = Vec::new();
    for (status, runner_status) in &case.runners {
        let row = with(&runner(&hooks.pool), |row| (row.status, row.runner_status) = (*status, *runner_status));
        ids.push(row.id);
        names.push(row.name.clone());
        assert!(store.insert_runner(row, None).await.expect("there is room"));
    }
    let sent = deliveries(case, hooks, &names, first);
    let mut order: Vec<usize> = (0..sent.len()).collect();
    if !in_order {
        // Each arrives at least once: what was not drawn comes at the end, the last first.
        order = case.arrivals.iter().map(|index| index.index(sent.len())).chain(order.into_iter().rev()).collect();
    }
    for index in order {
        store.record_job(sent[index].clone()).await.expect("recorded");
    }

    let count = i64::try_from(case.jobs.len()).expect("a few");
    let mut rows = store.list_jobs(JobFilter::all()).await.expect("answers");
    rows.retain(|job| (first..first + count).contains(&job.workflow_job_id));
    rows.sort_by_key(|job| job.workflow_job_id);
    let position: BTreeMap<_, _> = rows.iter().map(|job| job.id).zip(0..).collect();
    let mut runners = Vec::new();
    for id in &ids {
        let row = store.find_runner(*id).await.expect("answers").expect("there");
        runners.push((row.status, row.runner_status, row.job_id.map(|job| position[&job]), row.reason.clone()));
        store.delete_runner(*id).await.expect("goes");
    }
    let jobs = rows.into_iter().map(|job| Job {
        id: JobId(0),
        workflow_job_id: job.workflow_job_id - first,
        runner_id: job.runner_id.map(|_| RunnerId(uuid::Uuid::nil())),
        runner_name: names
            .iter()
            .position(|name| name.as_str() == job.runner_name)
            .map_or(job.runner_name, |index| format!("runner {index}")),
        matched_at: job.matched_at.map(|_| Timestamp::EPOCH),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
        ..job
    });
    Left { jobs: jobs.collect(), runners }
}

async fn hooks(store: &Store) -> Hooks {
    let repository = entity(store, "hello").await;
    let credentials = store.find_credentials(repository.credentials_id).await.expect("answers").expect("there");
    let at = EntityRef { kind: EntityKind::Organization, owner: "octo".into(), name: String::new() };
    let organization = store.create_entity(NewEntity { at, ..new_entity("", &credentials) }).await.expect("made");
    pool(store, &organization, 9).await;
    let pool = pool(store, &repository, 9).await;
    Hooks { repository, organization, pool }
}

#[test]
fn the_order_of_deliveries_does_not_matter() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (store, hooks) = runtime.block_on(async {
        let store = Store::open(Database::Memory, sealer(), Clock::System, first_endpoints()).await.expect("opens");
        let hooks = hooks(&store).await;
        (store, hooks)
    });
    let first = std::cell::Cell::new(1);
    let config = Config { cases: CASES, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..Config::default() };
    let checked = TestRunner::new(config).run(&cases(), |case| {
        let (one, other) = (first.get(), first.get() + 100);
        first.set(first.get() + 200);
        let in_order = runtime.block_on(play(&store, &hooks, &case, one, true));
        let shuffled = runtime.block_on(play(&store, &hooks, &case, other, false));
        assert_eq!(in_order, shuffled, "left is what is so in order, right what arrived as it did");
        Ok(())
    });
    if let Err(broken) = checked {
        panic!("{broken}");
    }
}
