//! The store on each database that is there: SQLite in a file always, PostgreSQL where `GARM_TEST_POSTGRES` names a server.

mod api_budgets;
mod autopsies;
mod cost;
mod deliveries;
mod delivery_log;
mod delivery_order;
mod job_listing;
mod jobs_of_repositories;
mod kept_jobs;
mod kept_view;
mod locks;
mod long_lists;
mod losses;
mod machine_memory;
mod old_secrets;
mod older_rows;
mod places;
pub(super) mod postgres_server;
mod remarks;
mod runner_versions;
mod scale_sets;
mod seals;
mod words_of_others;

use std::time::Duration;

use tempfile::TempDir;

use self::postgres_server::TestDatabase;
use super::*;
use crate::clock::Clock;
use crate::crypto::random;
use crate::crypto::seal::Sealer;
use crate::model::{
    Balancer, ChangeKind, ChangeOp, CredentialsId, CredentialsSecret, DemandSource, Endpoint, EndpointName, Entity, EntityKind, EntityRef,
    EventKind, EventLevel, ForgeKind, Generation, InstanceStatus, JitConfig, Job, JobFact, JobId, JobStatus, LeasedTask, OsArch, OsType,
    Pool, PoolId, PoolMemory, ProviderName, Reason, ReplicaId, Runner, RunnerId, RunnerName, RunnerRecord, RunnerStatus, ScaleSet,
    ScaleSetId, ScaleSetState, SecretString, ServiceDemand, UserId, expose,
};
use crate::time::Timestamp;

/// A scale set that is to be made.
pub(crate) fn new_scale_set(entity: &Entity, name: &str) -> ScaleSet {
    ScaleSet {
        id: ScaleSetId(0),
        entity_id: entity.id,
        service_id: None,
        name: name.into(),
        runner_group: ScaleSet::DEFAULT_GROUP.into(),
        disable_update: false,
        labels: vec!["gpu".into(), "Big".into()],
        state: ScaleSetState::Created,
        extended_state: String::new(),
        pseudo_pool_id: String::new(),
        provider: ProviderName::from("local"),
        image: "image".into(),
        flavor: "flavor".into(),
        os_type: OsType::Linux,
        os_arch: OsArch::Amd64,
        enabled: true,
        max_runners: 2,
        min_idle_runners: 0,
        demand: ServiceDemand::default(),
        bootstrap_timeout: Duration::from_mins(20),
        runner_prefix: "garm".into(),
        extra_specs: None,
        template_id: None,
        enable_shell: false,
        generation: 7,
        rotate_below: 7,
        keep_failed: Duration::ZERO,
        memory: PoolMemory::default(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    }
}

pub(crate) fn sealer() -> Sealer {
    Sealer::new(&SecretString::from("0123456789abcdef0123456789abcdef"), &[]).expect("32 bytes")
}

/// The endpoint that tests expect on a fresh database.
pub(crate) fn first_endpoints() -> Vec<Endpoint> {
    vec![Endpoint {
        name: EndpointName::from("github.com"),
        description: String::new(),
        kind: ForgeKind::Github,
        base_url: "https://github.com".into(),
        api_base_url: "https://api.github.com/".into(),
        upload_base_url: String::new(),
        ca_cert_bundle: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    }]
}

/// Runs a test on each database.
async fn on_each<F: Future<Output = ()>>(test: impl Fn(Store) -> F) {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("garm.db");
    for database in [Database::Sqlite { path, busy_timeout: Duration::from_secs(5) }, Database::Memory] {
        test(Store::open(database, sealer(), Clock::System, first_endpoints()).await.expect("opens")).await;
    }
    match TestDatabase::create().await {
        Some(server) => {
            test(Store::open(Database::Postgres(server.settings()), sealer(), Clock::System, first_endpoints()).await.expect("opens"))
                .await;
        }
        None => skipped("GARM_TEST_POSTGRES is not set"),
    }
}

#[expect(clippy::print_stderr, reason = "a test that does less than it could says so")]
pub(super) fn skipped(why: &str) {
    eprintln!("skipped on PostgreSQL: {why}");
}

pub(crate) async fn entity(store: &Store, name: &str) -> Entity {
    let credentials = store
        .create_credentials(NewCredentials {
            name: format!("credentials of {name}"),
            description: String::new(),
            endpoint: EndpointName::from("GitHub.com"),
            secret: CredentialsSecret::Pat(SecretString::from("ghp_planted")),
        })
        .await
        .expect("made");
    store.create_entity(new_entity(name, &credentials)).await.expect("made")
}

pub(crate) fn new_entity(name: &str, credentials: &crate::model::Credentials) -> NewEntity {
    NewEntity {
        at: EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: name.into() },
        credentials_id: credentials.id,
        more_credentials: Vec::new(),
        webhook_secret: SecretString::from("hook secret"),
        balancer: Balancer::RoundRobin,
        agent_mode: false,
        rerun: crate::model::RerunLimits::default(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_in_turn_are_of_one_endpoint_and_stay_while_an_entity_uses_them() {
    on_each(async |store| {
        let first = entity(&store, "hello").await;
        let made = async |name: &str, endpoint: &EndpointName| {
            let secret = CredentialsSecret::Pat(SecretString::from("ghp_planted"));
            let new = NewCredentials { name: name.into(), description: String::new(), endpoint: endpoint.clone(), secret };
            store.create_credentials(new).await.expect("made").id
        };
        let elsewhere = store.list_endpoints(None).await.expect("answers")[0].clone();
        let elsewhere = Endpoint { name: EndpointName::from("ghes"), base_url: "https://ghes.example.com".into(), ..elsewhere };
        let elsewhere = store.create_endpoint(elsewhere).await.expect("made").name;
        let (second, third, other) =
            (made("second", &first.endpoint).await, made("third", &first.endpoint).await, made("other", &elsewhere).await);
        let set = async |more: &[CredentialsId]| {
            let more = more.to_vec();
            let set = move |entity: &mut Entity| {
                entity.more_credentials = more;
                Ok(())
            };
            store.update_entity(first.id, set).await.map_err(|fault| fault.to_string())
        };
        assert_eq!(set(&[second, third]).await.expect("set").more_credentials, [second, third]);
        let view = store.entity_view(first.id).await.expect("answers").expect("there");
        let names: Vec<&str> = view.all_credentials().map(|credentials| credentials.name.as_str()).collect();
        assert_eq!(names, ["credentials of hello", "second", "third"]);
        let refused = set(&[other]).await.expect_err("elsewhere");
        assert!(refused.contains("credentials other are for endpoint ghes") && refused.contains("octo/hello"), "{refused}");
        assert!(set(&[second, second]).await.expect_err("twice").contains("credentials second are named twice"));
        assert!(set(&[first.credentials_id]).await.expect_err("twice").contains("credentials credentials of hello are named twice"));
        assert!(set(&[CredentialsId(999)]).await.expect_err("nothing").contains("999"));
        assert!(set(&[second; 10]).await.expect_err("many").contains("9 further credentials"));
        let refused = store.delete_credentials(third).await.expect_err("in use").to_string();
        assert!(refused.contains("octo/hello"), "{refused}");
        set(&[second]).await.expect("set");
        store.delete_credentials(third).await.expect("not used any more");
        let new = NewEntity { more_credentials: vec![other], ..new_entity("more", &view.credentials) };
        assert!(store.create_entity(new).await.is_err());
    })
    .await;
}

pub(crate) async fn pool(store: &Store, entity: &Entity, max_runners: u32) -> Pool {
    let pool = Pool {
        id: PoolId(random::uuid()),
        entity_id: entity.id,
        provider: ProviderName::from("local"),
        image: "image".into(),
        flavor: "flavor".into(),
        os_type: OsType::Linux,
        os_arch: OsArch::Amd64,
        tags: vec!["self-hosted".into(), "Linux".into()],
        enabled: true,
        max_runners,
        min_idle_runners: 0,
        bootstrap_timeout: Duration::from_mins(20),
        runner_prefix: "garm".into(),
        runner_group: String::new(),
        extra_specs: None,
        priority: 0,
        template_id: None,
        enable_shell: false,
        generation: 0,
        rotate_below: 0,
        keep_failed: Duration::ZERO,
        rerun_lost: None,
        memory: PoolMemory::default(),
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    store.create_pool(pool).await.expect("made")
}

/// The runner in another state than its life has brought it to.
pub(crate) fn with(runner: &Runner, change: impl FnOnce(&mut RunnerRecord)) -> Runner {
    let mut record = RunnerRecord::clone(runner);
    change(&mut record);
    Runner::stored(record)
}

pub(crate) fn runner(pool: &Pool) -> Runner {
    let name = RunnerName(format!("garm-{}", random::alphanumeric(12)));
    Runner::new(RunnerId(random::uuid()), name, &pool.into(), Timestamp::EPOCH).wanted(None, Reason::ForMinimumIdle)
}

pub(crate) fn report(entity: &Entity, status: JobStatus, runner_name: &str) -> JobFact {
    JobFact {
        source: DemandSource::Delivery,
        at: Clock::System.now(),
        entity: entity.id,
        entity_kind: entity.at.kind,
        endpoint: entity.endpoint.clone(),
        workflow_job_id: 7,
        run_id: 1,
        run_attempt: 1,
        name: "build".into(),
        status,
        conclusion: if status == JobStatus::Completed { "success".into() } else { String::new() },
        labels: vec!["SELF-hosted".into()],
        repository_number: None,
        repository_owner: "octo".into(),
        repository_name: "hello".into(),
        run_url: String::new(),
        forge_runner_id: 0,
        runner_name: runner_name.into(),
        runner_group_id: 0,
        runner_group_name: String::new(),
        queued_at: Some(Timestamp::EPOCH),
        started_at: None,
        completed_at: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_database_has_a_controller_and_github() {
    on_each(async |store| {
        let controller = store.controller().await.expect("there");
        assert_eq!(controller.minimum_job_age_backoff, Duration::from_secs(30));
        let endpoint = store.find_endpoint(&EndpointName::from("GITHUB.com")).await.expect("answers").expect("there");
        assert_eq!(endpoint.api_base_url, "https://api.github.com/");
        assert!(!store.has_admin().await.expect("answers"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_administrator() {
    on_each(async |store| {
        let new = |name: &str| NewUser {
            username: name.into(),
            email: format!("{name}@example.com"),
            full_name: String::new(),
            password_hash: SecretString::from("hash"),
        };
        let admin = store.create_admin(new("admin")).await.expect("the first");
        assert!(matches!(store.create_admin(new("second")).await, Err(Error::Conflict { .. })));
        let found = store.find_user_by_login("ADMIN@example.com").await.expect("answers").expect("there");
        assert_eq!(found.id, admin.id);
        let changed = store.update_password(admin.id, SecretString::from("other"), true).await.expect("there");
        assert_eq!((changed.generation, expose(&changed.password_hash)), (1, "other"));
        assert!(!store.enable_user(admin.id, false).await.expect("there").enabled);
        let admins = store.list_admins().await.expect("answers");
        assert_eq!(admins.iter().map(|user| (user.id, user.enabled)).collect::<Vec<_>>(), [(admin.id, false)]);
        assert!(matches!(store.enable_user(UserId(random::uuid()), true).await, Err(Error::NotFound { .. })));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_unique_whatever_their_case_and_what_is_in_use_stays() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let credentials = store.find_credentials(repository.credentials_id).await.expect("answers").expect("there");
        assert!(matches!(store.create_entity(new_entity("HELLO", &credentials)).await, Err(Error::Conflict { .. })));
        assert!(matches!(store.delete_credentials(credentials.id).await, Err(Error::InUse { .. })));
        assert!(matches!(store.delete_endpoint(&repository.endpoint).await, Err(Error::InUse { .. })));
        let pool = pool(&store, &repository, 1).await;
        assert!(matches!(store.delete_entity(repository.id).await, Err(Error::InUse { .. })));
        let runner = runner(&pool);
        assert!(store.insert_runner(runner.clone(), None).await.expect("room for one"));
        assert!(matches!(store.delete_pool(pool.id).await, Err(Error::InUse { .. })));
        store.delete_runner(runner.id).await.expect("goes");
        store.delete_pool(pool.id).await.expect("goes");
        store.delete_entity(repository.id).await.expect("goes");
        store.delete_credentials(credentials.id).await.expect("goes");
        store.delete_endpoint(&repository.endpoint).await.expect("goes");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_are_exact_although_names_are_not() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let found = async |owner: &str, name: &str, endpoint: &str| {
            let filter = EntityFilter { kind: None, owner: owner.into(), name: name.into(), endpoint: endpoint.into() };
            store.list_entities(filter).await.expect("answers").len()
        };
        assert_eq!(found("octo", "hello", &repository.endpoint.0).await, 1);
        assert_eq!((found("Octo", "", "").await, found("", "Hello", "").await, found("", "", "GitHub.com").await), (0, 0, 0));
        assert_eq!((found("oct_", "", "").await, found("", "hell", "").await), (0, 0));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_is_never_filled_beyond_its_maximum_by_writers_at_the_same_time() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 3).await;
        let attempts: Vec<_> = (0..8)
            .map(|_| {
                tokio::spawn({
                    let (store, runner) = (store.clone(), runner(&pool));
                    async move { store.insert_runner(runner, None).await }
                })
            })
            .collect();
        let mut made = 0;
        for attempt in attempts {
            match attempt.await.expect("no panic") {
                Ok(true) => made += 1,
                Err(Error::Full { max: 3, .. }) => {}
                other => panic!("unexpected: {other:?}"),
            }
        }
        assert_eq!(made, 3);
        assert_eq!(store.list_runners(RunnerFilter { entity: None, set: Some(pool.id.into()) }).await.expect("answers").len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pools_keep_tags_in_order_and_count_changes_that_shape_runners() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 3).await;
        assert_eq!(store.find_pool(pool.id).await.expect("answers").expect("there").tags, ["self-hosted", "Linux"]);
        let more = store
            .update_pool(pool.id, |pool| {
                pool.max_runners = 5;
                pool.tags.push("gpu".into());
                Ok(())
            })
            .await
            .expect("there");
        assert_eq!((more.generation, more.tags.len()), (0, 3));
        let other = store
            .update_pool(pool.id, |pool| {
                pool.flavor = "large".into();
                Ok(())
            })
            .await
            .expect("there");
        assert_eq!(other.generation, 1);
        let refused = store
            .update_pool(pool.id, |pool| {
                pool.max_runners = 1;
                Err(Error::Invalid("no".into()))
            })
            .await;
        assert!(matches!(refused, Err(Error::Invalid(_))));
        assert_eq!(store.find_pool(pool.id).await.expect("answers").expect("there").max_runners, 5, "what was refused is undone");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_panics_is_answered_and_undone_and_the_next_one_works() {
    let dir = TempDir::new().expect("a directory");
    let database = Database::Sqlite { path: dir.path().join("garm.db"), busy_timeout: Duration::from_secs(5) };
    let store = Store::open(database, sealer(), Clock::System, first_endpoints()).await.expect("opens");
    let repository = entity(&store, "hello").await;
    let pool = pool(&store, &repository, 3).await;
    let panics = store
        .update_pool(pool.id, |pool| {
            pool.max_runners = 9;
            panic!("{} is too much", pool.max_runners)
        })
        .await;
    assert!(matches!(panics, Err(Error::Panicked)), "{panics:?}");
    let changed = store.update_controller(|controller| {
        controller.minimum_job_age_backoff = Duration::from_secs(1);
        Ok(())
    });
    assert_eq!(changed.await.expect("the writer lives").minimum_job_age_backoff, Duration::from_secs(1));
    assert_eq!(store.find_pool(pool.id).await.expect("answers").expect("there").max_runners, 3, "what it did is undone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_moves_forward_only_and_takes_its_runner_along() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        assert!(
            matches!(store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers"), Recorded::Unmatched(_)),
            "no pool fits"
        );
        let pool = pool(&store, &repository, 3).await;
        let runner = runner(&pool);
        store.insert_runner(runner.clone(), None).await.expect("room");

        let Recorded::Stored(job) = store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers") else {
            panic!("a pool fits")
        };
        assert_eq!(
            store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers"),
            Recorded::Stored(job),
            "doubled delivery"
        );
        store.record_job(report(&repository, JobStatus::InProgress, &runner.name.0)).await.expect("answers");
        let working = store.find_runner(runner.id).await.expect("answers").expect("there");
        assert_eq!((working.runner_status, working.job_id), (RunnerStatus::Active, Some(job)));

        store.record_job(report(&repository, JobStatus::Completed, &runner.name.0)).await.expect("answers");
        let done = store.find_runner(runner.id).await.expect("answers").expect("there");
        assert_eq!(
            (done.runner_status, done.status, done.reason.clone()),
            (RunnerStatus::Terminated, InstanceStatus::PendingDelete, Some(Reason::JobDone))
        );
        assert_eq!(
            store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers"),
            Recorded::Late(job),
            "queued after completed"
        );
        let row = store.find_job(job).await.expect("answers").expect("there");
        assert_eq!((row.status, row.conclusion.as_str(), row.runner_id), (JobStatus::Completed, "success", Some(runner.id)));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_first_heard_of_when_it_ran_or_was_over_is_no_demand_afterwards() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        pool(&store, &repository, 3).await;
        for (number, status) in [(1, JobStatus::InProgress), (2, JobStatus::Completed)] {
            let told = |status| JobFact { workflow_job_id: number, ..report(&repository, status, "somebody else's") };
            let Recorded::Stored(job) = store.record_job(told(status)).await.expect("answers") else { panic!("a pool fits {status}") };
            assert_eq!(store.record_job(told(JobStatus::Queued)).await.expect("answers"), Recorded::Late(job), "queued after {status}");
            assert_eq!(store.find_job(job).await.expect("answers").expect("there").status, status);
        }
        let open = store.entity_view(repository.id).await.expect("answers").expect("there").jobs;
        assert_eq!(open.iter().map(|job| job.status).collect::<Vec<_>>(), [JobStatus::InProgress], "nobody waits");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_touches_runners_of_the_reporting_entity_only() {
    on_each(async |store| {
        let (mine, other) = (entity(&store, "mine").await, entity(&store, "other").await);
        let pool = pool(&store, &mine, 3).await;
        let runner = runner(&pool);
        store.insert_runner(runner.clone(), None).await.expect("room");
        let outcome = store.record_job(report(&other, JobStatus::Completed, &runner.name.0)).await.expect("answers");
        assert!(matches!(outcome, Recorded::Unmatched(_)), "{outcome:?}");
        assert_eq!(store.find_runner(runner.id).await.expect("answers").expect("there").status, InstanceStatus::PendingCreate);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn late_news_of_the_job_of_an_earlier_registration_is_not_about_the_runner_that_has_the_name_now() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 3).await;
        let runner = runner(&pool);
        store.insert_runner(runner.clone(), None).await.expect("room");
        store.update_runner(runner.id, |runner| runner.creation_begun(0, Timestamp::EPOCH)).await.expect("begun");
        let failed = |runner: Runner| runner.creation_failed(None, "500".into(), true, Timestamp::EPOCH);
        store.update_runner(runner.id, failed).await.expect("by the word of its provider");
        store.update_runner(runner.id, Runner::next_attempt).await.expect("begins");
        store.set_registration(runner.id, 12, JitConfig { files: [].into() }).await.expect("registered");
        let tell = async |number: i64, status, forge_runner_id| {
            let fact = JobFact { workflow_job_id: number, forge_runner_id, ..report(&repository, status, &runner.name.0) };
            let Recorded::Stored(job) = store.record_job(fact).await.expect("answers") else { panic!("a pool fits") };
            job
        };
        let now = async || store.find_runner(runner.id).await.expect("answers").expect("there");
        let second = tell(2, JobStatus::InProgress, 12).await;
        let first = tell(1, JobStatus::InProgress, 11).await;
        assert_eq!(now().await.job_id, Some(second), "the job of the machine that an earlier attempt made");
        assert_eq!(tell(1, JobStatus::Completed, 11).await, first);
        let working = now().await;
        assert_eq!((working.runner_status, working.status), (RunnerStatus::Active, InstanceStatus::PendingCreate));
        let row = store.find_job(first).await.expect("answers").expect("there");
        assert_eq!((row.status, row.runner_id), (JobStatus::Completed, None));
        // A forge that tells no number is believed.
        assert_eq!(tell(2, JobStatus::Completed, 0).await, second);
        assert_eq!(now().await.reason, Some(Reason::JobDone));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_claim_per_job() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool_of = pool(&store, &repository, 9).await;
        let Recorded::Stored(job) = store.record_job(report(&repository, JobStatus::Queued, "")).await.expect("answers") else {
            panic!("fits")
        };
        assert!(store.insert_runner(runner(&pool_of), Some(job)).await.expect("room"));
        let other = entity(&store, "other").await;
        let other_pool = pool(&store, &other, 9).await;
        assert!(!store.insert_runner(runner(&other_pool), Some(job)).await.expect("answers"), "the job is claimed");
        assert!(store.list_runners(RunnerFilter { entity: Some(other.id), set: None }).await.expect("answers").is_empty());
        store.release_job(job, repository.id).await.expect("answers");
        assert!(store.insert_runner(runner(&other_pool), Some(job)).await.expect("free again"));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_every_change_in_the_order_of_commits() {
    on_each(async |store| {
        let mut feed = store.feed_from(None).await.expect("answers");
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 3).await;
        let runner = runner(&pool);
        store.insert_runner(runner.clone(), None).await.expect("room");
        let created = |row: Runner| Ok(with(&row, |row| row.status = InstanceStatus::Creating));
        store.update_runner(runner.id, created).await.expect("answers");
        store.update_runner(runner.id, created).await.expect("the same again is no change");
        store.delete_runner(runner.id).await.expect("goes");
        let mut seen = Vec::new();
        while seen.len() < 6 {
            seen.extend(feed.next().await.expect("reads"));
        }
        let told: Vec<_> = seen.iter().map(|change| (change.kind, change.op)).collect();
        let expected = [
            (ChangeKind::Credentials, ChangeOp::Create),
            (ChangeKind::Repository, ChangeOp::Create),
            (ChangeKind::Pool, ChangeOp::Create),
            (ChangeKind::Instance, ChangeOp::Create),
            (ChangeKind::Instance, ChangeOp::Update),
            (ChangeKind::Instance, ChangeOp::Delete),
        ];
        assert_eq!(told, expected);
        assert!(seen.is_sorted_by_key(|change| change.seq));
        assert!(seen[1..].iter().all(|change| change.entity == Some(repository.id)));
        let mut again = store.feed_from(Some(seen[3].seq)).await.expect("answers");
        assert_eq!(again.next().await.expect("reads").len(), 2, "a position continues where it was");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_configuration_goes_when_its_runner_is_connected() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let runner = runner(&pool(&store, &repository, 1).await);
        store.insert_runner(runner.clone(), None).await.expect("room");
        let files = [(".runner".to_owned(), SecretString::from("e30="))].into();
        store.set_registration(runner.id, 7, JitConfig { files }).await.expect("kept");
        for (status, is_kept) in [(RunnerStatus::Installing, true), (RunnerStatus::Idle, false)] {
            store.update_runner(runner.id, move |runner| runner.reported(Some(status), Some(7), "")).await.expect("allowed");
            assert_eq!(store.runner_jit(runner.id).await.expect("answers").is_some(), is_kept, "{status}");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn registrations_messages_and_addresses_go_with_their_runner() {
    on_each(async |store| {
        let repository = entity(&store, "hello").await;
        let pool = pool(&store, &repository, 3).await;
        let runner = runner(&pool);
        store.insert_runner(runner.clone(), None).await.expect("room");
        let jit = JitConfig { files: [(".runner".to_owned(), SecretString::from("e30="))].into() };
        store.set_registration(runner.id, 42, jit).await.expect("there");
        for number in 0..35 {
            let say = store.report_status(runner.id, EventKind::Status, EventLevel::Info, format!("message {number}"), Ok);
            say.await.expect("there");
        }
        let messages = store.status_messages(vec![runner.id]).await.expect("answers").remove(&runner.id).expect("there");
        assert_eq!((messages.len(), messages[0].message.as_str()), (30, "message 5"));
        assert_eq!(expose(&store.runner_jit(runner.id).await.expect("answers").expect("there").files[".runner"]), "e30=");
        assert_eq!(store.find_runner(runner.id).await.expect("answers").expect("there").agent_id, Some(42));
        store.delete_runner(runner.id).await.expect("goes");
        assert!(store.runner_jit(runner.id).await.expect("answers").is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_view_has_everything_about_one_entity() {
    on_each(async |store| {
        let (mine, other) = (entity(&store, "mine").await, entity(&store, "other").await);
        let pool_of_mine = pool(&store, &mine, 3).await;
        pool(&store, &other, 3).await;
        store.insert_runner(runner(&pool_of_mine), None).await.expect("room");
        store.record_job(report(&mine, JobStatus::Queued, "")).await.expect("answers");
        let view = store.entity_view(mine.id).await.expect("answers").expect("there");
        assert_eq!((view.pools.len(), view.runners.len(), view.jobs.len()), (1, 1, 1));
        assert!(matches!(&view.credentials.secret, CredentialsSecret::Pat(token) if expose(token) == "ghp_planted"));
        assert!(store.entity_view(crate::model::EntityId(random::uuid())).await.expect("answers").is_none());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_keeps_everything_across_a_restart_and_nothing_readable_of_secrets() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("garm.db");
    let open = || {
        Store::open(
            Database::Sqlite { path: path.clone(), busy_timeout: Duration::from_secs(5) },
            sealer(),
            Clock::System,
            first_endpoints(),
        )
    };
    let store = open().await.expect("opens");
    let repository = entity(&store, "hello").await;
    drop(store);
    let store = open().await.expect("opens again");
    assert_eq!(
        expose(&store.find_entity(repository.id).await.expect("answers").expect("there").webhook_secret.expect("it opens")),
        "hook secret"
    );
    for file in std::fs::read_dir(dir.path()).expect("a directory") {
        let bytes = std::fs::read(file.expect("a file").path()).expect("readable");
        for planted in ["ghp_planted", "hook secret"] {
            assert!(!bytes.windows(planted.len()).any(|window| window == planted.as_bytes()), "{planted} is in the file");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_may_be_logged_shows_a_secret() {
    let store = Store::open(Database::Memory, sealer(), Clock::System, first_endpoints()).await.expect("opens");
    let repository = entity(&store, "hello").await;
    let pool = pool(&store, &repository, 1).await;
    let runner = runner(&pool);
    store.insert_runner(runner.clone(), None).await.expect("room");
    let jit = JitConfig { files: [(".runner".to_owned(), SecretString::from("jit_planted"))].into() };
    store.set_registration(runner.id, 42, jit).await.expect("there");
    let new =
        NewUser { username: "a".into(), email: "a@b".into(), full_name: String::new(), password_hash: SecretString::from("hash_planted") };
    let view = store.entity_view(repository.id).await.expect("answers").expect("there");
    let shown = [
        format!("{store:?} {:?} {new:?}", sealer()),
        format!("{view:?} {repository:?} {:?}", new_entity("x", &view.credentials)),
        format!("{:?} {:?}", view.credentials, store.runner_jit(runner.id).await.expect("answers").expect("there")),
        format!("{:?}", store.create_admin(new.clone()).await.expect("made")),
    ];
    for secret in ["ghp_planted", "hook secret", "jit_planted", "hash_planted", "0123456789abcdef"] {
        assert!(!shown.iter().any(|text| text.contains(secret)), "{secret} can be seen");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_that_start_at_the_same_time_are_one_installation() {
    let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
    let open = || tokio::spawn(Store::open(Database::Postgres(server.settings()), sealer(), Clock::System, first_endpoints()));
    let (a, b, c) = tokio::join!(open(), open(), open());
    let mut ids = Vec::new();
    for store in [a, b, c] {
        let store = store.expect("no panic").expect("opens");
        ids.push(store.controller().await.expect("there").id);
    }
    assert!(ids[0] == ids[1] && ids[1] == ids[2], "{ids:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_file_belongs_to_one_process_at_a_time() {
    let dir = TempDir::new().expect("a directory");
    let database = Database::Sqlite { path: dir.path().join("garm.db"), busy_timeout: Duration::from_secs(1) };
    let first = Store::open(database.clone(), sealer(), Clock::System, first_endpoints()).await.expect("opens");
    let refused = Store::open(database.clone(), sealer(), Clock::System, first_endpoints()).await.expect_err("it is in use");
    assert!(refused.to_string().contains("another garm serve uses"), "{refused}");
    drop(first);
    Store::open(database, sealer(), Clock::System, first_endpoints()).await.expect("it is free again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_changes_hands_when_its_holder_falls_silent_and_the_old_holder_writes_no_more() {
    let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
    let store = Store::open(Database::Postgres(server.settings()), sealer(), Clock::System, first_endpoints()).await.expect("opens");
    let entity = entity(&store, "leases").await;
    let task = LeasedTask::Reconcile(entity.id);
    let (a, b) = (ReplicaId(random::uuid()), ReplicaId(random::uuid()));
    let long = Duration::from_mins(1);
    let of_a = store.hold_leases(a, long).await.expect("held");
    assert_eq!(of_a.get(&task), Some(&Generation(1)));
    assert!(store.hold_leases(b, long).await.expect("held").is_empty(), "a is alive");
    let as_a = store.fenced(Fence { task, generation: of_a[&task] });
    as_a.set_entity_failure(entity.id, Some("written by a".into())).await.expect("a may write");

    let holder = async || store.find_lease(task).await.expect("answers").map(|lease| (lease.replica, lease.alive));
    assert_eq!(holder().await, Some((a, true)));
    store.hold_leases(a, Duration::ZERO).await.expect("held");
    assert_eq!(holder().await, Some((a, false)), "it fell silent");
    let of_b = store.hold_leases(b, long).await.expect("held");
    assert_eq!(of_b.get(&task), Some(&Generation(2)));
    let refused = as_a.set_entity_failure(entity.id, Some("written late".into())).await.expect_err("a acts no more");
    assert!(matches!(refused, Error::Stale { .. }), "{refused}");
    assert_eq!(store.find_entity(entity.id).await.expect("read").expect("there").failure.as_deref(), Some("written by a"));
    assert!(store.hold_leases(a, long).await.expect("held").is_empty(), "b is alive");

    store.release_leases(b).await.expect("released");
    assert_eq!(store.hold_leases(a, long).await.expect("held").get(&task), Some(&Generation(3)), "at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_on_a_database_file_takes_all_leases_at_once() {
    let dir = TempDir::new().expect("a directory");
    let database = Database::Sqlite { path: dir.path().join("garm.db"), busy_timeout: Duration::from_secs(1) };
    let store = Store::open(database, sealer(), Clock::System, first_endpoints()).await.expect("opens");
    let entity = entity(&store, "leases").await;
    for generation in 1..=2 {
        let held = store.hold_leases(ReplicaId(random::uuid()), Duration::from_hours(1)).await.expect("held");
        assert_eq!(held.get(&LeasedTask::Reconcile(entity.id)), Some(&Generation(generation)));
    }
    let only = ReplicaId(random::uuid());
    store.hold_leases(only, Duration::ZERO).await.expect("held");
    let lease = store.find_lease(LeasedTask::Reconcile(entity.id)).await.expect("answers").expect("taken");
    assert_eq!((lease.replica, lease.alive), (only, true), "no other can act, so it need not say again that it is alive");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_goes_with_the_thing_that_its_task_works_for() {
    on_each(async |store| {
        let entity = entity(&store, "leases").await;
        let (replica, task) = (ReplicaId(random::uuid()), LeasedTask::Reconcile(entity.id));
        let held = store.hold_leases(replica, Duration::from_mins(1)).await.expect("held");
        let fenced = store.fenced(Fence { task, generation: held[&task] });
        fenced.check_lease().await.expect("it is there");
        store.delete_entity(entity.id).await.expect("goes");
        assert!(matches!(fenced.check_lease().await, Err(Error::Stale { task: stale }) if stale == task));
        assert!(store.hold_leases(replica, Duration::from_mins(1)).await.expect("held").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_of_one_replica_wakes_the_reader_of_another() {
    let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
    let open = || Store::open(Database::Postgres(server.settings()), sealer(), Clock::System, first_endpoints());
    let (here, there) = (open().await.expect("opens"), open().await.expect("opens"));
    let mut feed = there.feed_from(None).await.expect("a feed");
    let reader = tokio::spawn(async move { feed.next().await });
    let made = entity(&here, "feed").await;
    let changes = reader.await.expect("no panic").expect("read");
    assert!(!changes.is_empty(), "told of {}", made.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_stand_at_one_place_share_a_look_unless_no_bell_has_rung() {
    let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
    let store = Store::open(Database::Postgres(server.settings()), sealer(), Clock::System, first_endpoints()).await.expect("opens");
    let (one, other) = (store.feed_from(None).await.expect("a feed"), store.feed_from(None).await.expect("a feed"));
    let bell = bell::Bell::default();
    let count = async |feed: &Feed, bell, is_rung| feed.look(bell, is_rung).await.expect("read").1.len();
    assert_eq!(count(&one, bell, true).await, 0);
    // A commit whose bell nobody hears.
    server.execute("INSERT INTO changes (kind, op, key) VALUES ('controller', 'update', 'x')").await;
    assert_eq!(count(&other, bell, true).await, 0, "the look of the other reader does");
    assert_eq!(count(&other, bell, false).await, 1, "who looks by himself reads");
    assert_eq!(count(&one, bell, true).await, 1);
    server.execute("INSERT INTO changes (kind, op, key) VALUES ('controller', 'update', 'y')").await;
    assert_eq!(count(&one, bell::Bell { others: 1, ..bell }, true).await, 2, "the bell has rung since then");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_upstream_on_postgresql_is_refused_before_anything_is_written() {
    let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
    server.execute("CREATE TABLE controller_infos (id integer)").await;
    let database = || Database::Postgres(server.settings());
    let tables = server.tables().await;
    assert_eq!(tables, ["controller_infos"]);
    let opened = [
        Store::open(database(), sealer(), Clock::System, first_endpoints()).await.err(),
        Store::open_beside(database(), sealer(), Clock::System).await.err(),
        Store::look(database(), Some(sealer())).await.err(),
    ];
    for refused in opened {
        assert!(refused.expect("it is not ours").to_string().contains("docs/migrating.md"));
        assert_eq!(server.tables().await, tables);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_beside_the_server_makes_no_table_in_a_database_that_no_server_has_used() {
    let dir = TempDir::new().expect("a directory");
    let path = dir.path().join("garm.db");
    std::fs::write(&path, "").expect("made");
    let refused = async |database| Store::open_beside(database, sealer(), Clock::System).await.expect_err("nothing is there").to_string();
    let told = refused(Database::Sqlite { path: path.clone(), busy_timeout: Duration::from_secs(1) }).await;
    assert!(told.contains("not of this version"), "{told}");
    assert_eq!(sqlite::tables(&path).expect("looked at"), Vec::<String>::new());
    let Some(server) = TestDatabase::create().await else { return skipped("GARM_TEST_POSTGRES is not set") };
    let told = refused(Database::Postgres(server.settings())).await;
    assert!(told.contains("not of this version"), "{told}");
    assert_eq!(server.tables().await, Vec::<String>::new());
}
