//! Jobs that lost their machine: the evidence, the limits, and what is left of them, on each database.

use super::*;
use crate::model::{LeftBecause, Loss, LossKind, Rerun, RerunLimits};

pub(super) fn loss(pool: &Pool) -> Loss {
    Loss {
        kind: LossKind::Gone,
        at: Clock::System.now(),
        runner: "garm-1".into(),
        set: pool.id.into(),
        provider: pool.provider.clone(),
        rerun: Rerun::Waits,
        tries: 0,
        not_before: None,
        waits_for: String::new(),
    }
}

/// A job of this number, name and run that runs on a runner of the pool.
async fn running(store: &Store, entity: &Entity, pool: &Pool, number: i64, name: &str, run_id: i64) -> JobId {
    let runner = runner(pool);
    assert!(store.insert_runner(runner.clone(), None).await.expect("room"));
    let queued_at = Some(Clock::System.now());
    let fact =
        |status, runner: &str| JobFact { workflow_job_id: number, name: name.into(), run_id, queued_at, ..report(entity, status, runner) };
    store.record_job(fact(JobStatus::Queued, "")).await.expect("recorded");
    match store.record_job(fact(JobStatus::InProgress, runner.name.as_str())).await.expect("recorded") {
        Recorded::Stored(id) => id,
        other => panic!("{other:?}"),
    }
}

async fn ends(store: &Store, entity: &Entity, id: JobId) {
    let job = store.find_job(id).await.expect("answers").expect("there");
    let (workflow_job_id, name, run_id) = (job.workflow_job_id, job.name, job.run_id);
    let fact = JobFact { workflow_job_id, name, run_id, conclusion: "failure".into(), ..report(entity, JobStatus::Completed, "") };
    store.record_job(fact).await.expect("recorded");
}

async fn lost(store: &Store, entity: &Entity) -> Vec<JobId> {
    let view = store.entity_view(entity.id).await.expect("answers").expect("there");
    view.lost.iter().map(|lost| lost.job.id).collect()
}

const LIMITS: RerunLimits = RerunLimits { per_run: 1, per_day: 2 };

/// Asks for a job to be run again; answers whether the limits allow it.
async fn asks(store: &Store, entity: &Entity, id: JobId) -> bool {
    let (lost, past) = store.find_lost_job(id, entity.id).await.expect("answers").expect("open");
    let asked = lost.loss.asked(Clock::System.now(), lost.job.run_attempt.max(past.attempt), Clock::System.now());
    store.begin_rerun(id, entity.id, LIMITS, asked).await.expect("answers")
}

async fn done(store: &Store, entity: &Entity, id: JobId, attempt: i64) {
    let (lost, _) = store.find_lost_job(id, entity.id).await.expect("answers").expect("open");
    let ended = lost.loss.ended(Rerun::Done { at: Clock::System.now(), attempt });
    store.set_loss(id, entity.id, ended, Some((EventLevel::Info, "run again".into()))).await.expect("written");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_loss_of_a_job_that_runs_is_kept_until_it_is_decided_and_its_evidence_for_good() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 9).await;
        let job = running(&store, &repository, &pool, 7, "build", 1).await;
        let first = loss(&pool);
        store.note_loss(job, repository.id, first.clone()).await.expect("noted");
        store.note_loss(job, repository.id, Loss { kind: LossKind::Stopped, ..first.clone() }).await.expect("noted");
        assert_eq!(store.find_loss(job).await.expect("answers"), Some(first.clone()), "the first evidence stays");
        ends(&store, &repository, job).await;
        assert_eq!(lost(&store, &repository).await, [job], "although it is over");
        let left = first.ended(Rerun::Left { at: Clock::System.now(), because: LeftBecause::StepFailed });
        store.set_loss(job, repository.id, left.clone(), None).await.expect("written");
        assert!(lost(&store, &repository).await.is_empty() && store.find_lost_job(job, repository.id).await.expect("answers").is_none());
        assert_eq!(store.find_loss(job).await.expect("answers"), Some(left.clone()));
        let late = Loss { rerun: Rerun::Waits, ..left.clone() };
        store.set_loss(job, repository.id, late, None).await.expect("answers");
        assert_eq!(store.find_loss(job).await.expect("answers"), Some(left), "what is decided stays so");

        let over = running(&store, &repository, &pool, 8, "test", 1).await;
        ends(&store, &repository, over).await;
        store.note_loss(over, repository.id, loss(&pool)).await.expect("answers");
        assert_eq!(store.find_loss(over).await.expect("answers"), None, "the forge was faster");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_hold_for_the_job_of_a_run_and_for_the_day_and_one_job_of_a_run_is_asked_for_at_a_time() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 9).await;
        let mut jobs = Vec::new();
        for (number, name, run) in [(7, "build", 1), (8, "test", 1), (9, "build", 1), (10, "build", 2)] {
            let job = running(&store, &repository, &pool, number, name, run).await;
            store.note_loss(job, repository.id, loss(&pool)).await.expect("noted");
            ends(&store, &repository, job).await;
            jobs.push(job);
        }
        let [build, test, again, other] = jobs[..] else { panic!("four") };
        assert!(asks(&store, &repository, build).await);
        assert!(!asks(&store, &repository, test).await, "another job of its run is asked for");
        assert!(asks(&store, &repository, build).await, "the answer was lost, so it is asked once more");
        done(&store, &repository, build, 2).await;
        let (_, past) = store.find_lost_job(test, repository.id).await.expect("answers").expect("open");
        assert_eq!((past.of_run, past.of_day, past.attempt), (0, 1, 2));
        let (_, past) = store.find_lost_job(again, repository.id).await.expect("answers").expect("open");
        assert_eq!(past.of_run, 1, "the same job of the same run");
        assert!(!asks(&store, &repository, again).await);
        assert!(asks(&store, &repository, test).await);
        done(&store, &repository, test, 3).await;
        assert!(!asks(&store, &repository, other).await, "two a day are allowed");
        assert_eq!(lost(&store, &repository).await, [again, other]);
        let told = store.list_entity_events(repository.id).await.expect("answers");
        assert_eq!(told.iter().filter(|event| event.message == "run again").count(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_does_not_count() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 9).await;
        let mut jobs = Vec::new();
        for number in 7..9 {
            let job = running(&store, &repository, &pool, number, "build", number).await;
            store.note_loss(job, repository.id, loss(&pool)).await.expect("noted");
            jobs.push(job);
        }
        assert!(asks(&store, &repository, jobs[0]).await);
        let (row, _) = store.find_lost_job(jobs[0], repository.id).await.expect("answers").expect("open");
        let refused = row.loss.refused(Clock::System.now(), "the end of its run".into());
        store.set_loss(jobs[0], repository.id, refused, None).await.expect("written");
        let (_, past) = store.find_lost_job(jobs[1], repository.id).await.expect("answers").expect("open");
        assert_eq!(past.of_day, 0);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_off_and_stay_as_they_are_set() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 9).await;
        assert_eq!((repository.rerun, pool.rerun_lost), (RerunLimits { per_run: 0, per_day: 100 }, None));
        let set = RerunLimits { per_run: 3, per_day: 7 };
        let changed = store.update_entity(repository.id, move |entity| {
            entity.rerun = set;
            Ok(())
        });
        assert_eq!(changed.await.expect("changed").rerun, set);
        for limit in [Some(0), Some(2), None] {
            let changed = store.update_pool(pool.id, move |pool| {
                pool.rerun_lost = limit;
                Ok(())
            });
            assert_eq!(changed.await.expect("changed").rerun_lost, limit);
        }
    })
    .await;
}
