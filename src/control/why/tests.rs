//! Causes of waiting, each made in a real store and judged by the real planner: the answer must name the right one.

use std::collections::BTreeMap;
use std::time::Duration;

use super::super::decisions::Changed;
use super::super::observations::Observations;
use super::super::reconcile::snapshot_of;
use super::super::tests::Scene;
use super::{why_job, why_runner};
use crate::crypto::random;
use crate::engine::{self, JobCheck, Planner, Standing};
use crate::model::{
    Balancer, Entity, EntityKind, EntityRef, InstanceStatus, Job, JobFact, JobStatus, NoForecast, Pool, Reason, ReplicaId, Runner,
    RunnerStatus, SecretString, Stage, WaitKind,
};
use crate::store::tests::{pool, report, runner, with};
use crate::store::{NewEntity, RunnerFilter};
use crate::time::Timestamp;

const REPLICA_LIVES: Duration = Duration::from_hours(72);

/// One cause, and what the server observed.
struct Cause {
    scene: Scene,
    memory: Observations,
    replica: ReplicaId,
}

impl Cause {
    async fn new() -> Self {
        let scene = Scene::set_up(true).await;
        // The time 0 stands for none in rows.
        tokio::time::advance(Duration::from_secs(1)).await;
        let patient = |controller: &mut crate::model::Controller| {
            controller.minimum_job_age_backoff = Duration::from_secs(30);
            Ok(())
        };
        scene.database.update_controller(patient).await.expect("set");
        let replica = ReplicaId(random::uuid());
        scene.database.hold_leases(replica, REPLICA_LIVES).await.expect("held");
        Self { scene, memory: Observations::default(), replica }
    }

    fn now(&self) -> Timestamp {
        self.scene.services.clock.now()
    }

    fn fact(&self, number: i64, status: JobStatus) -> JobFact {
        JobFact { workflow_job_id: number, queued_at: Some(self.now()), ..report(&self.scene.entity, status, "") }
    }

    async fn tell(&self, fact: JobFact) {
        self.scene.database.record_job(fact).await.expect("recorded");
    }

    /// Queues a job.
    async fn queue(&self, number: i64) {
        self.tell(self.fact(number, JobStatus::Queued)).await;
    }

    async fn pool(&self) -> Pool {
        self.scene.database.find_pool(self.scene.pool).await.expect("answers").expect("there")
    }

    async fn change_pool(&self, change: impl FnOnce(&mut Pool) + Send + 'static) {
        let change = |pool: &mut Pool| {
            change(pool);
            Ok(())
        };
        self.scene.database.update_pool(self.scene.pool, change).await.expect("changed");
    }

    /// A runner in some state, made for a job.
    async fn runner(&self, made_for: Option<i64>, status: InstanceStatus, software: RunnerStatus) -> Runner {
        let now = self.now();
        let row = with(&runner(&self.pool().await), |row| {
            (row.status, row.runner_status, row.made_for) = (status, software, made_for);
            (row.created_at, row.status_at, row.runner_status_at) = (now, now, now);
        });
        self.scene.database.insert_runner(row.clone(), None).await.expect("room");
        row
    }

    async fn change(&self, runner: &Runner, change: impl FnOnce(Runner) -> Result<Runner, crate::model::Refusal> + Send + 'static) {
        self.scene.database.update_runner(runner.id, change).await.expect("allowed").expect("there");
    }

    /// The provider makes the machine of a new runner. Then the runner goes, and was of no use.
    async fn useless_machine(&self, made_for: Option<i64>) {
        let row = self.runner(made_for, InstanceStatus::Creating, RunnerStatus::Pending).await;
        self.change(&row, |row| row.machine_found(None)).await;
        self.change(&row, |row| row.marked_for_deletion(Reason::BootTimeout)).await;
        self.scene.database.delete_runner(row.id).await.expect("gone");
    }

    /// The provider cannot make the machine of a new runner.
    async fn failed_creation(&self, fault: &'static str) -> Runner {
        let row = self.runner(None, InstanceStatus::Creating, RunnerStatus::Pending).await;
        let again = self.now().after(Duration::from_secs(40));
        self.change(&row, move |row| row.creation_failed(None, fault.into(), false, again)).await;
        row
    }

    /// Plans once, and records the reasons, as the server does.
    async fn plan(&self) {
        let services = &self.scene.services;
        let view = self.scene.database.entity_view(self.scene.entity.id).await.expect("answers").expect("there");
        let mut planner = Planner::default();
        let plan = planner.plan(&snapshot_of(services, &self.memory, &view, self.now()));
        let changed = Changed::by(&plan, &view, &planner);
        self.scene.database.set_reasons(changed.jobs, changed.runners).await.expect("recorded");
    }

    async fn job(&self, number: i64) -> Job {
        let all = self.scene.database.list_jobs(crate::store::JobFilter::all()).await.expect("answers");
        all.into_iter().find(|job| job.workflow_job_id == number).expect("there")
    }

    /// Plans, and asks why job 7 waits.
    async fn asked(&self) -> (crate::model::JobWhy, String) {
        self.plan().await;
        self.asked_without_plan().await
    }

    async fn asked_without_plan(&self) -> (crate::model::JobWhy, String) {
        let why = why_job(&self.scene.services, &self.job(7).await).await.expect("answers").expect("its entity is there");
        let told = why.sentences(self.now()).join("\n");
        (why, told)
    }
}

/// The kind of cause, and words that the answer must have.
type Expected = (&'static str, Option<WaitKind>, &'static [&'static str]);

/// What was asked, with its expectation.
async fn judge(judged: &mut BTreeMap<&'static str, Vec<String>>, cause: &Cause, (name, kind, words): Expected, plans: bool) {
    let (why, told) = if plans { cause.asked().await } else { cause.asked_without_plan().await };
    let mut wrong = Vec::new();
    if why.kind != kind {
        wrong.push(format!("kind {:?}, not {kind:?}", why.kind));
    }
    wrong.extend(words.iter().filter(|word| !told.contains(**word)).map(|word| format!("does not say {word:?}: {told}")));
    assert!(judged.insert(name, wrong).is_none(), "{name} was judged twice");
}

#[tokio::test(start_paused = true)]
#[expect(clippy::too_many_lines, reason = "a list of causes")]
#[expect(clippy::print_stderr, reason = "the figure is what the test is for")]
async fn each_seeded_cause_of_waiting_is_named() {
    use InstanceStatus as S;
    use RunnerStatus as R;
    let judged = &mut BTreeMap::new();

    let it = Cause::new().await;
    it.scene.database.delete_pool(it.scene.pool).await.expect("gone");
    it.queue(7).await;
    judge(judged, &it, ("there is no pool", Some(WaitKind::NoPool), &["no pool has all of the job's labels"]), true).await;

    let it = Cause::new().await;
    it.tell(JobFact { labels: vec!["self-hosted".into(), "gpu".into()], ..it.fact(7, JobStatus::Queued) }).await;
    judge(judged, &it, ("a label is missing", Some(WaitKind::NoPool), &["which lacks gpu", "does not fit: it lacks gpu"]), true).await;

    let it = Cause::new().await;
    it.change_pool(|pool| pool.enabled = false).await;
    it.queue(7).await;
    judge(judged, &it, ("the pool is disabled", Some(WaitKind::Disabled), &["disabled", "fits: it is disabled"]), true).await;

    let it = Cause::new().await;
    it.change_pool(|pool| pool.max_runners = 1).await;
    let busy = it.runner(Some(1), S::Running, R::Idle).await;
    it.tell(JobFact { runner_name: busy.name.to_string(), ..it.fact(1, JobStatus::InProgress) }).await;
    it.queue(7).await;
    judge(judged, &it, ("the pool is full", Some(WaitKind::Full), &["maximum of 1 runners", "it is the first in line"]), true).await;

    let mut it = Cause::new().await;
    it.scene.services.providers = std::sync::Arc::default();
    it.queue(7).await;
    judge(judged, &it, ("the provider is missing", Some(WaitKind::Configuration), &["provider local is not in"]), true).await;

    let it = Cause::new().await;
    let forget = |controller: &mut crate::model::Controller| {
        controller.callback_url.clear();
        Ok(())
    };
    it.scene.database.update_controller(forget).await.expect("set");
    it.queue(7).await;
    judge(judged, &it, ("URLs are missing", Some(WaitKind::Configuration), &["callback and metadata URLs are not set"]), true).await;

    let it = Cause::new().await;
    it.queue(7).await;
    it.runner(Some(7), S::Running, R::Idle).await;
    judge(judged, &it, ("a runner is idle", Some(WaitKind::Runner), &["waiting for the forge", "has been idle for"]), true).await;

    for (name, status, software, words) in [
        ("a runner is wanted", S::PendingCreate, R::Pending, &["is starting for it", "to be registered and made"]),
        ("a machine boots", S::Running, R::Pending, &["is starting for it", "boots: its machine was made 20 seconds ago"]),
        ("a runner is installing", S::Running, R::Installing, &["is starting for it", "has been installing for 20 seconds"]),
    ] {
        let it = Cause::new().await;
        it.queue(7).await;
        it.runner(Some(7), status, software).await;
        tokio::time::advance(Duration::from_secs(20)).await;
        judge(judged, &it, (name, Some(WaitKind::Runner), words), true).await;
    }

    let mut it = Cause::new().await;
    it.queue(7).await;
    let row = it.runner(Some(7), S::Creating, R::Pending).await;
    it.memory.in_flight.insert(engine::Target::Creation(row.id));
    judge(judged, &it, ("a machine is being made", Some(WaitKind::Runner), &["is being made by the provider"]), true).await;

    let mut it = Cause::new().await;
    it.queue(7).await;
    it.runner(Some(7), S::PendingCreate, R::Pending).await;
    it.memory.forge_blocked = Some((it.now().after(Duration::from_mins(1)), "HTTP 503 from api.github.com".into()));
    judge(judged, &it, ("the forge is down", Some(WaitKind::Forge), &["HTTP 503 from api.github.com"]), true).await;

    let it = Cause::new().await;
    it.queue(7).await;
    it.failed_creation("quota of vCPUs reached").await;
    let words = &["next attempt at", "quota of vCPUs reached"];
    judge(judged, &it, ("the provider refuses", Some(WaitKind::Retry), words), true).await;

    let it = Cause::new().await;
    for _ in 0..3 {
        let row = it.failed_creation("no such image").await;
        it.scene.database.delete_runner(row.id).await.expect("gone");
    }
    it.queue(7).await;
    let words = &["makes no machine until 1970-01-01T", "3 in a row were of no use: no such image"];
    judge(judged, &it, ("the pool is paused", Some(WaitKind::Paused), words), true).await;

    let mut it = Cause::new().await;
    for _ in 0..3 {
        let row = it.failed_creation("no such image").await;
        it.scene.database.delete_runner(row.id).await.expect("gone");
    }
    tokio::time::advance(Duration::from_hours(3)).await;
    it.queue(5).await;
    let on_trial = it.runner(Some(5), S::Creating, R::Pending).await;
    it.memory.in_flight.insert(engine::Target::Creation(on_trial.id));
    tokio::time::advance(Duration::from_secs(1)).await;
    it.queue(7).await;
    judge(judged, &it, ("the pool is on trial", Some(WaitKind::Paused), &["makes one machine at a time", "no such image"]), true).await;

    let it = Cause::new().await;
    it.change_pool(|pool| pool.max_runners = 1).await;
    it.useless_machine(None).await;
    it.queue(7).await;
    judge(judged, &it, ("no machine was ever of use", Some(WaitKind::Paused), &["none of the last 1 was of use"]), true).await;

    let it = Cause::new().await;
    it.queue(7).await;
    it.useless_machine(Some(7)).await;
    let words = &["1 made for it did not take it", "bootstrap timeout"];
    judge(judged, &it, ("machines were made in vain", Some(WaitKind::InVain), words), true).await;

    let it = Cause::new().await;
    it.change_pool(|pool| pool.runner_group = "gpu".into()).await;
    it.queue(7).await;
    it.useless_machine(Some(7)).await;
    let key = it.job(7).await.repository_key();
    let closed = std::iter::once(it.scene.pool).collect();
    it.scene.database.set_closed_groups(it.scene.entity.id, key, closed).await.expect("noted");
    let words = &["runner group gpu of pool", "has the labels, but its runner group gpu is not open to the repository"];
    judge(judged, &it, ("its runner group is closed", Some(WaitKind::Group), words), true).await;

    let mut it = Cause::new().await;
    it.queue(7).await;
    let check = |standing| JobCheck { at: Timestamp::EPOCH.after(Duration::from_hours(100)), standing };
    it.memory.jobs_checked.insert(it.job(7).await.id, check(Standing::HeldBack));
    judge(judged, &it, ("the forge holds it back", Some(WaitKind::HeldBack), &["for an approval or for other jobs"]), true).await;

    let it = Cause::new().await;
    it.queue(7).await;
    let taken = it.runner(Some(7), S::Running, R::Idle).await;
    it.tell(JobFact { runner_name: taken.name.to_string(), ..it.fact(8, JobStatus::InProgress) }).await;
    judge(judged, &it, ("the forge is asked", Some(WaitKind::Unconfirmed), &["asked whether it still waits"]), true).await;

    let it = Cause::new().await;
    it.queue(7).await;
    tokio::time::advance(Duration::from_hours(25)).await;
    judge(judged, &it, ("it is too old", Some(WaitKind::Unconfirmed), &["longer than the forge lets any job wait"]), true).await;

    let mut it = Cause::new().await;
    it.queue(7).await;
    tokio::time::advance(Duration::from_hours(25)).await;
    let unshown = engine::Unshown { said: "403 Not for integrations".into(), may_pass: false, times: 1 };
    it.memory.jobs_unshown.insert(it.job(7).await.id, unshown);
    let words = &["does not show it", "403 Not for integrations"];
    judge(judged, &it, ("the forge does not show it", Some(WaitKind::Unconfirmed), words), true).await;

    let it = Cause::new().await;
    tokio::time::advance(Duration::from_mins(20)).await;
    let old = JobFact { labels: vec!["gpu".into()], queued_at: Some(Timestamp::EPOCH), ..it.fact(7, JobStatus::Queued) };
    it.tell(old).await;
    tokio::time::advance(Duration::from_secs(20)).await;
    it.change_pool(|pool| pool.tags.push("gpu".into())).await;
    let words = &["heard of long after it was queued"];
    judge(judged, &it, ("nobody confirms it", Some(WaitKind::Unconfirmed), words), true).await;

    let it = Cause::new().await;
    it.change_pool(|pool| (pool.max_runners, pool.keep_failed) = (1, Duration::from_hours(1))).await;
    it.queue(7).await;
    let row = it.runner(Some(3), S::Running, R::Failed).await;
    let until = it.now().after(Duration::from_hours(1));
    it.change(&row, move |row| row.kept(until, false)).await;
    let words = &["maximum of 1 runners", "the failed machine of garm-", "takes a place until 1970-01-01T01:00:0"];
    judge(judged, &it, ("a held machine takes the place", Some(WaitKind::Full), words), true).await;

    let it = Cause::new().await;
    it.change_pool(|pool| pool.max_runners = 1).await;
    let busy = it.runner(Some(1), S::Running, R::Idle).await;
    it.tell(JobFact { runner_name: busy.name.to_string(), ..it.fact(1, JobStatus::InProgress) }).await;
    for number in [2, 3, 7] {
        tokio::time::advance(Duration::from_secs(1)).await;
        it.queue(number).await;
    }
    judge(judged, &it, ("others are before it", Some(WaitKind::Full), &["2 jobs are before it in line"]), true).await;

    let it = Cause::new().await;
    it.queue(7).await;
    it.plan().await;
    it.scene.database.release_leases(it.replica).await.expect("released");
    judge(judged, &it, ("no server plans", Some(WaitKind::NoServer), &["no server plans for it now"]), true).await;

    let it = Cause::new().await;
    it.queue(7).await;
    judge(judged, &it, ("it was not planned yet", Some(WaitKind::Unplanned), &["nothing was planned for it yet"]), false).await;

    let it = Cause::new().await;
    let organization = organization(&it).await;
    let of_organization = pool(&it.scene.database, &organization, 1).await;
    it.scene.database.hold_leases(it.replica, REPLICA_LIVES).await.expect("held");
    it.queue(7).await;
    it.tell(JobFact { entity: organization.id, entity_kind: EntityKind::Organization, ..it.fact(7, JobStatus::Queued) }).await;
    let row = with(&runner(&of_organization), |row| row.made_for = Some(7));
    assert!(it.scene.database.insert_runner(row, Some(it.job(7).await.id)).await.expect("room"));
    it.plan().await;
    assert_eq!(it.job(7).await.reason, Some(Reason::ClaimedElsewhere), "as the repository sees it");
    let words = &["organization octo serves it", "is starting for it", "to be registered and made"];
    judge(judged, &it, ("another entity serves it", Some(WaitKind::Runner), words), false).await;

    let it = Cause::new().await;
    it.queue(7).await;
    let row = it.runner(Some(7), S::Running, R::Idle).await;
    it.tell(JobFact { runner_name: row.name.to_string(), ..it.fact(7, JobStatus::InProgress) }).await;
    judge(judged, &it, ("it runs", None, &["runs on garm-"]), true).await;

    let wrong: Vec<_> = judged.iter().filter(|(_, wrong)| !wrong.is_empty()).collect();
    eprintln!("{} of {} causes of waiting are named", judged.len() - wrong.len(), judged.len());
    assert!(judged.len() >= 25, "{} causes", judged.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

async fn organization(cause: &Cause) -> Entity {
    let new = NewEntity {
        at: EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "octo".into() },
        credentials_id: cause.scene.entity.credentials_id,
        more_credentials: Vec::new(),
        webhook_secret: SecretString::from("hook secret"),
        balancer: Balancer::Pack,
        agent_mode: false,
        rerun: crate::model::RerunLimits::default(),
    };
    cause.scene.database.create_entity(new).await.expect("made")
}

#[tokio::test(start_paused = true)]
async fn a_runner_is_told_of_at_every_step_with_the_next_try_and_the_words() {
    use InstanceStatus as S;
    use RunnerStatus as R;
    let it = Cause::new().await;
    let asked = async |row: &Runner| {
        let row = it.scene.database.find_runner(row.id).await.expect("answers").expect("there");
        let why = why_runner(&it.scene.services, &row).await.expect("answers").expect("its entity is there");
        (why.stage.stage, why.ready.clone(), why.sentences(it.now()).join("\n"))
    };
    let row = it.runner(None, S::PendingCreate, R::Pending).await;
    tokio::time::advance(Duration::from_secs(30)).await;
    let (stage, ready, told) = asked(&row).await;
    assert_eq!((stage, ready), (Stage::Wanted, Err(NoForecast::NoStarts(it.scene.pool.into()))));
    assert!(told.contains("has waited 30 seconds to be registered") && told.contains("no history of starts yet"), "{told}");
    let blocked = it.now().after(Duration::from_mins(1));
    it.change(&row, move |row| row.effect_failed("no such runner group".into(), blocked)).await;
    let (_, _, told) = asked(&row).await;
    assert!(told.contains("the next try is at 1970-01-01T00:01:3") && told.contains("no such runner group"), "{told}");
    it.scene.database.delete_runner(row.id).await.expect("gone");

    // One start of 100 seconds is the history: 40 for the machine, 60 for the boot.
    let first = it.runner(None, S::Creating, R::Pending).await;
    tokio::time::advance(Duration::from_secs(40)).await;
    it.change(&first, |row| row.machine_found(None)).await;
    tokio::time::advance(Duration::from_mins(1)).await;
    it.change(&first, |row| row.reported(Some(R::Idle), None, "")).await;
    tokio::time::advance(Duration::from_secs(500)).await;
    let name = first.name.to_string();
    it.tell(JobFact { runner_name: name.clone(), ..it.fact(1, JobStatus::InProgress) }).await;
    assert_eq!(it.pool().await.memory.times.starts(), [100_000]);
    assert_eq!(asked(&first).await.0, Stage::Working);
    it.tell(JobFact { runner_name: name, ..it.fact(1, JobStatus::Completed) }).await;
    tokio::time::advance(Duration::from_secs(7)).await;
    let (stage, ready, told) = asked(&first).await;
    assert_eq!((stage, ready), (Stage::Leaving, Err(NoForecast::NotNeeded)));
    assert!(told.contains("on its way out for 7 seconds") && told.contains("its job is over"), "{told}");
    it.scene.database.delete_runner(first.id).await.expect("gone");
    assert_eq!(it.pool().await.memory.times.removals(), [7_000]);

    let next = it.runner(None, S::Running, R::Pending).await;
    tokio::time::advance(Duration::from_secs(10)).await;
    let (stage, ready, told) = asked(&next).await;
    assert_eq!((stage, ready.expect("there is a history").likely), (Stage::Booting, it.now().after(Duration::from_secs(50))));
    assert!(told.contains("it is probably ready in 50 seconds"), "{told}");
    it.scene.database.release_leases(it.replica).await.expect("released");
    assert!(asked(&next).await.2.contains("no server plans for it now"));

    let held = it.runner(None, S::Running, R::Failed).await;
    let until = it.now().after(Duration::from_hours(1));
    it.change(&held, move |row| row.kept(until, false)).await;
    let (stage, _, told) = asked(&held).await;
    assert_eq!(stage, Stage::Held);
    assert!(told.contains(&format!("until {until}")), "{told}");
    assert_eq!(it.scene.database.list_runners(RunnerFilter::default()).await.expect("answers").len(), 2);
}
