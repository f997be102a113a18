//! The shell on virtual time. A changed row is noticed at once, and a task that panicked is started again. A server that fell silent comes
//! back with a new identity.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::effects::{self, EffectContext};
use super::{ProviderFacts, Services, reconcile, rows, start};
use crate::clock::{Clock, RuntimeClock};
use crate::crypto::token::TokenKey;
use crate::engine::{Effect, Policy, RowChange};
use crate::forge::{self, Forge, Forges};
use crate::model::{
    Credentials, CredentialsId, Endpoint, Entity, Generation, InstanceStatus, JobStatus, LeasedTask, PoolId, ProviderName, RateLimit,
    Reason, Runner, RunnerStatus, SecretString,
};
use crate::provider::{External, ExternalSettings};
use crate::store::tests::{entity, first_endpoints, pool, report, runner, sealer, with};
use crate::store::{Database, Error, Fence, Interference, RunnerFilter, Store};
use crate::time::Timestamp;

/// A forge that cannot be reached: these tests are about what happens before it is asked.
#[derive(Debug)]
struct NoForge;

impl Forges for NoForge {
    fn get(&self, _: &Endpoint, _: &Credentials) -> Result<Arc<dyn Forge>, forge::Error> {
        Err(forge::Error::Unreachable { host: "forge.test".into(), fault: "there is none".into() })
    }

    fn rate_limit(&self, _: CredentialsId) -> Option<RateLimit> {
        None
    }
}

/// The fate of the next units of work.
#[derive(Default)]
struct Troubles(AtomicU8);

impl Troubles {
    const NONE: u8 = 0;
    const PANIC_ONCE: u8 = 1;
    const CUT_OFF: u8 = 2;

    fn set(&self, trouble: u8) {
        self.0.store(trouble, Ordering::SeqCst);
    }
}

impl Interference for Troubles {
    fn before(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async {
            match self.0.load(Ordering::SeqCst) {
                Self::PANIC_ONCE => {
                    self.set(Self::NONE);
                    panic!("as the test wants");
                }
                Self::CUT_OFF => Err(Error::Connect("no route to host".into())),
                _ => Ok(()),
            }
        })
    }

    fn after(&self) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }
}

/// One server on a database that the test reaches by another way.
pub(super) struct Scene {
    pub(super) database: Store,
    troubles: Arc<Troubles>,
    pub(super) services: Services,
    pub(super) entity: Entity,
    pub(super) pool: PoolId,
}

impl Scene {
    pub(super) async fn set_up(shared: bool) -> Self {
        let clock = Clock::Runtime(RuntimeClock::starting(Timestamp::EPOCH, 0));
        let database = Store::open(Database::Memory, sealer(), clock.clone(), first_endpoints()).await.expect("opens");
        let urls = |controller: &mut crate::model::Controller| {
            controller.callback_url = "http://garm.test/api/v1/callbacks".into();
            controller.metadata_url = "http://garm.test/api/v1/metadata".into();
            controller.minimum_job_age_backoff = Duration::ZERO;
            Ok(())
        };
        database.update_controller(urls).await.expect("set");
        let entity = entity(&database, "hello").await;
        let pool = pool(&database, &entity, 5).await.id;
        let troubles = Arc::new(Troubles::default());
        let store = database.replica(clock, shared, Arc::clone(&troubles) as Arc<dyn Interference>).expect("in memory");
        let settings = ExternalSettings::new(ProviderName::from("local"), PathBuf::from("/nowhere"));
        let provider = ProviderFacts::new(settings.name.clone(), "never called", true, Arc::new(External::new(settings, Clock::System)));
        let key = Arc::new(TokenKey::new(&SecretString::from("a key of the test")));
        let services = Services::new(store, Arc::new(NoForge), vec![provider], key, Policy::default());
        Self { database, troubles, services, entity, pool }
    }

    async fn runners(&self) -> usize {
        self.database.list_runners(RunnerFilter { entity: None, set: Some(self.pool.into()) }).await.expect("answers").len()
    }

    /// Queues a job, and answers how many runners there are a moment later: much sooner than a look around would find it.
    async fn runners_after_a_job(&self, number: i64) -> usize {
        let told = crate::model::JobFact { workflow_job_id: number, ..report(&self.entity, JobStatus::Queued, "") };
        self.database.record_job(told).await.expect("recorded");
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.runners().await
    }

    fn generation_is(&self, generation: i64) -> impl Future<Output = Result<(), Error>> + use<> {
        let fenced = self.database.fenced(Fence { task: LeasedTask::Reconcile(self.entity.id), generation: Generation(generation) });
        async move { fenced.check_lease().await }
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_that_another_server_took_in_is_heard_of_at_once() {
    let scene = Scene::set_up(true).await;
    let running = start(scene.services.clone()).await.expect("starts");
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(scene.runners_after_a_job(1).await, 1);
    assert_eq!(scene.runners_after_a_job(2).await, 2);
    running.kill();
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_counted_told_of_and_begun_again() {
    let scene = Scene::set_up(false).await;
    let running = start(scene.services.clone()).await.expect("starts");
    // The task of the entity is the first to ask the database for something.
    scene.troubles.set(Troubles::PANIC_ONCE);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(scene.services.defects.shown().0, 1);
    let events = scene.database.list_entity_events(scene.entity.id).await.expect("answers");
    assert!(events.iter().any(|event| event.message.contains("failed unexpectedly (time 1)")), "{events:?}");
    assert_eq!(scene.runners_after_a_job(1).await, 1, "it works again");
    running.kill();
}

#[tokio::test(start_paused = true)]
async fn who_could_not_say_that_it_is_alive_comes_back_with_a_new_generation() {
    let scene = Scene::set_up(true).await;
    let running = start(scene.services.clone()).await.expect("starts");
    tokio::time::sleep(Duration::from_secs(5)).await;
    scene.generation_is(1).await.expect("the first");
    scene.troubles.set(Troubles::CUT_OFF);
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(scene.runners_after_a_job(1).await, 0, "it does not act");
    scene.troubles.set(Troubles::NONE);
    tokio::time::sleep(Duration::from_secs(5)).await;
    scene.generation_is(2).await.expect("what its old tasks still do cannot be taken for what the new ones do");
    assert_eq!(scene.runners().await, 1);
    assert_eq!(scene.runners_after_a_job(2).await, 2);
    running.kill();
}

#[tokio::test(start_paused = true)]
async fn a_runner_that_began_to_work_after_the_plan_was_made_stays() {
    let scene = Scene::set_up(false).await;
    let pool = scene.database.find_pool(scene.pool).await.expect("answers").expect("there");
    let row = runner(&pool);
    scene.database.insert_runner(row.clone(), None).await.expect("room");
    let status = async || scene.database.find_runner(row.id).await.expect("answers").expect("there").status;
    let set = async |to: RunnerStatus| {
        let ready = move |row: Runner| Ok(with(&row, |row| (row.status, row.runner_status) = (InstanceStatus::Running, to)));
        scene.database.update_runner(row.id, ready).await.expect("answers");
    };
    set(RunnerStatus::Active).await;
    rows::mark_for_deletion(&scene.database, row.id, Reason::IdleSurplus).await.expect("answers");
    assert_eq!(status().await, InstanceStatus::Running);
    rows::mark_for_deletion(&scene.database, row.id, Reason::GoneAtForge).await.expect("answers");
    assert_eq!(status().await, InstanceStatus::PendingDelete, "the forge knows better");
    set(RunnerStatus::Idle).await;
    rows::mark_for_deletion(&scene.database, row.id, Reason::IdleSurplus).await.expect("answers");
    assert_eq!(status().await, InstanceStatus::PendingDelete);
}

/// The provider is a process here, so time is real.
#[tokio::test]
async fn a_row_stays_until_its_creation_can_no_longer_come_true() {
    let mut scene = Scene::set_up(false).await;
    let dir = tempfile::TempDir::new().expect("a directory");
    let executable = dir.path().join("provider");
    std::fs::write(&executable, "#!/bin/sh\n[ \"$GARM_COMMAND\" != ListInstances ] || echo '[]'\n").expect("written");
    std::fs::set_permissions(&executable, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("executable");
    let settings = ExternalSettings::new(ProviderName::from("local"), executable);
    let facts = ProviderFacts::new(settings.name.clone(), "has no machine", true, Arc::new(External::new(settings, Clock::System)));
    scene.services.providers = Arc::new([(facts.name.clone(), facts)].into());
    let pool = scene.database.find_pool(scene.pool).await.expect("answers").expect("there");
    let until = scene.services.clock.now().after(Duration::from_hours(1));
    let to_go = (InstanceStatus::PendingDelete, true, Some(until));
    let row = with(&runner(&pool), |row| (row.status, row.deregistered, row.create_deadline) = to_go);
    scene.database.insert_runner(row.clone(), None).await.expect("room");
    let delete = async || {
        let view = scene.database.entity_view(scene.entity.id).await.expect("answers").expect("there");
        let context = EffectContext { services: scene.services.clone(), view: Arc::new(view) };
        let (retry_after, look_again_after) = (Duration::from_secs(5), Duration::from_secs(5));
        let delete = Effect::DeleteMachine { runner: row.id, retry_after, look_again_after };
        effects::run(&context, delete).await.expect("recorded");
        scene.database.find_runner(row.id).await.expect("answers")
    };
    let left = delete().await.expect("an earlier call may still make the machine");
    assert_eq!(left.status, InstanceStatus::PendingDelete);
    assert!(left.fault.contains("may still finish"), "{}", left.fault);
    let expire = |row: Runner| Ok(with(&row, |row| row.create_deadline = Some(Timestamp::EPOCH)));
    scene.database.update_runner(row.id, expire).await.expect("answers");
    assert!(delete().await.is_none(), "the deadline is over, and the list agrees");
}

#[tokio::test]
async fn a_creation_that_nobody_ended_counts_for_a_pool_that_never_served() {
    let scene = Scene::set_up(false).await;
    let pool = async || scene.database.find_pool(scene.pool).await.expect("answers").expect("there");
    let row = runner(&pool().await);
    scene.database.insert_runner(row.clone(), None).await.expect("room");
    let now = scene.services.clock.now();
    scene.database.update_runner(row.id, move |row| row.creation_begun(0, now.after(Duration::from_hours(1)))).await.expect("begun");
    let view = scene.database.entity_view(scene.entity.id).await.expect("answers").expect("there");
    let abandoned = RowChange::AbandonCreate { runner: row.id, retry_after: Duration::from_secs(5) };
    reconcile::change_row(&scene.services, &view, abandoned, now).await.expect("recorded");
    let left = scene.database.find_runner(row.id).await.expect("answers").expect("there");
    assert_eq!((left.status, pool().await.memory.on_probation), (InstanceStatus::Error, 1), "its machine may have been there");
}
