//! The reader of a log on virtual time: what it asks for, and the brakes.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;

use super::*;
use crate::clock::{Clock, RuntimeClock};
use crate::crypto::token::TokenKey;
use crate::engine::Policy;
use crate::forge::{Error, Forge, Forges, JitRequest, LogPage, Place, Registered, Words};
use crate::model::{
    Credentials, CredentialsId, DeliveryHead, DeliveryVerdict, Endpoint, EntityRef, ForgeHook, ForgeJob, ForgeRunner, RateLimit,
    ReceivedDelivery, ReplicaId, RunnerTool, SecretString,
};
use crate::store::tests::{entity, first_endpoints, pool, sealer};
use crate::store::{Database, Fence, Store};

const HOOK: i64 = 4;

/// A forge with one hook and its log, the latest entry first.
#[derive(Debug, Default)]
struct Log {
    entries: Vec<LoggedDelivery>,
    /// What every call about hooks is refused with.
    refusal: Option<Error>,
    /// Whether what is asked for comes in.
    arrives: bool,
    calls: usize,
    /// How often each delivery was asked for.
    asked: BTreeMap<i64, usize>,
}

#[derive(Clone, Debug)]
struct FakeForge {
    log: Arc<Mutex<Log>>,
    store: Store,
}

impl FakeForge {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn call(&self) -> Result<(), Error> {
        let mut log = self.log();
        log.calls += 1;
        log.refusal.clone().map_or(Ok(()), Err)
    }
}

impl Forges for FakeForge {
    fn get(&self, _: &Endpoint, _: &Credentials) -> Result<Arc<dyn Forge>, Error> {
        Ok(Arc::new(self.clone()))
    }

    fn rate_limit(&self, _: CredentialsId) -> Option<RateLimit> {
        None
    }
}

fn never<T: Send + 'static>() -> BoxFuture<'static, Result<T, Error>> {
    Box::pin(async { Err(Error::Unusable("nothing of this test asks for it".into())) })
}

impl Forge for FakeForge {
    fn register_jit<'a>(&'a self, _: &'a EntityRef, _: JitRequest) -> BoxFuture<'a, Result<Registered, Error>> {
        never()
    }

    fn registration_token<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<SecretString, Error>> {
        never()
    }

    fn list_runners<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeRunner>, Error>> {
        Box::pin(async { self.call().map(|()| Vec::new()) })
    }

    fn remove_runner<'a>(&'a self, _: &'a EntityRef, _: i64) -> BoxFuture<'a, Result<(), Error>> {
        never()
    }

    fn find_job<'a>(&'a self, _: &'a str, _: &'a str, _: i64) -> BoxFuture<'a, Result<ForgeJob, Error>> {
        never()
    }

    fn list_tools<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<Vec<RunnerTool>, Error>> {
        Box::pin(async { self.call().map(|()| Vec::new()) })
    }

    fn find_place<'a>(&'a self, at: &'a EntityRef, _: Option<i64>) -> BoxFuture<'a, Result<Option<Place>, Error>> {
        Box::pin(async move { self.call().map(|()| Some(Place { number: 1, at: at.clone() })) })
    }

    fn list_hooks<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeHook>, Error>> {
        Box::pin(async {
            self.call()?;
            let url = "http://garm.test/webhooks".to_owned();
            Ok(vec![ForgeHook { id: HOOK, url, events: vec!["workflow_job".into()], active: true, insecure_ssl: false }])
        })
    }

    fn list_deliveries<'a>(&'a self, _: &'a HookLog, cursor: Option<&'a str>) -> BoxFuture<'a, Result<LogPage, Error>> {
        Box::pin(async move {
            self.call()?;
            let begin: usize = cursor.map_or(0, |cursor| cursor.parse().expect("one of ours"));
            let log = self.log();
            let end = log.entries.len().min(begin + 100);
            Ok(LogPage { deliveries: log.entries[begin..end].to_vec(), next: (end < log.entries.len()).then(|| end.to_string()) })
        })
    }

    fn redeliver<'a>(&'a self, _: &'a HookLog, attempt: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            self.call()?;
            *self.log().asked.entry(attempt).or_default() += 1;
            if self.log().arrives {
                let head = DeliveryHead { guid: Some(guid(attempt)), hook_id: Some(HOOK), ..DeliveryHead::default() };
                let at = self.store.clock().now();
                let received = ReceivedDelivery { head, action: "queued".into(), job: None, entity: None, place: String::new(), at };
                self.store.record_delivery(received, true, DeliveryVerdict::Taken, String::new()).await.expect("recorded");
            }
            Ok(())
        })
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        None
    }
}

fn guid(number: i64) -> String {
    format!("guid-{number}")
}

/// Entries of deliveries that failed, one each ten seconds until the clock began.
fn failed(count: i64) -> Vec<LoggedDelivery> {
    let entry = |number: i64| LoggedDelivery {
        id: number,
        guid: guid(number),
        delivered_at: Timestamp::from_micros(-number * 10_000_000),
        is_accepted: false,
        event: "workflow_job".into(),
        action: "queued".into(),
    };
    (0..count).map(entry).collect()
}

struct Scene {
    store: Store,
    services: Services,
    forge: FakeForge,
    entity: EntityId,
}

impl Scene {
    async fn set_up(log: Log) -> Self {
        let clock = Clock::Runtime(RuntimeClock::starting(Timestamp::EPOCH, 0));
        let store = Store::open(Database::Memory, sealer(), clock, first_endpoints()).await.expect("opens");
        let url = |controller: &mut crate::model::Controller| {
            controller.webhook_url = "http://garm.test/webhooks".into();
            Ok(())
        };
        store.update_controller(url).await.expect("set");
        let entity = entity(&store, "hello").await.id;
        let forge = FakeForge { log: Arc::new(Mutex::new(log)), store: store.clone() };
        let key = Arc::new(TokenKey::new(&SecretString::from("a key of the test")));
        let services = Services::new(store.clone(), Arc::new(forge.clone()), Vec::new(), key, Policy::default()).with_redelivery(true);
        Self { store, services, forge, entity }
    }

    /// Runs the task, as a server does that has just taken it over.
    async fn start(&self) -> (Arc<Bell>, JoinHandle<Ended>) {
        let task = LeasedTask::ReadLog(self.entity);
        let held = self.store.hold_leases(ReplicaId(crate::crypto::random::uuid()), Duration::from_hours(1000)).await.expect("held");
        let services = self.services.fenced(Fence { task, generation: held[&task] });
        let bell = Arc::new(Bell::default());
        let running = read_log(services, LeasedTask::ReadLog(self.entity), self.entity, Arc::clone(&bell), CancellationToken::new());
        (bell, tokio::spawn(running))
    }

    fn calls(&self) -> usize {
        self.forge.log().calls
    }

    async fn events(&self) -> Vec<String> {
        self.store.list_entity_events(self.entity).await.expect("read").into_iter().map(|event| event.message).collect()
    }
}

async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test(start_paused = true)]
async fn what_failed_is_asked_for_once_and_then_the_log_is_read_four_times_an_hour() {
    let scene = Scene::set_up(Log { entries: failed(250), arrives: true, ..Log::default() }).await;
    let _running = scene.start().await;
    pass(Duration::from_secs(5)).await;
    assert_eq!(scene.forge.log().asked.len(), ASKS_PER_ROUND, "half of what the forge allows in a minute");
    pass(Duration::from_mins(5)).await;
    assert!((0..250).all(|number| scene.forge.log().asked.get(&number) == Some(&1)), "{:?}", scene.forge.log().asked);
    let before = scene.calls();
    pass(Duration::from_hours(10)).await;
    assert_eq!(scene.calls() - before, 40);
    assert_eq!(scene.events().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn what_gets_into_the_log_just_after_a_reading_is_found_soon() {
    let scene = Scene::set_up(Log { arrives: true, ..Log::default() }).await;
    let _running = scene.start().await;
    pass(Duration::from_secs(5)).await;
    let late = |count: i64| {
        let mut entries = failed(count);
        for entry in &mut entries {
            entry.delivered_at = scene.store.clock().now();
        }
        entries
    };
    // It failed while the server was down, and the forge took a while to give up.
    scene.forge.log().entries = late(1);
    pass(Duration::from_secs(20)).await;
    assert_eq!(scene.forge.log().asked.len(), 1);
    // What fails is seldom alone.
    scene.forge.log().entries = late(2);
    pass(Duration::from_secs(25)).await;
    assert_eq!(scene.forge.log().asked.len(), 2);
    pass(Duration::from_mins(1)).await;
    let before = scene.calls();
    pass(Duration::from_hours(1)).await;
    assert_eq!(scene.calls() - before, 4, "when nothing more is found");
}

#[tokio::test(start_paused = true)]
async fn while_nothing_arrives_few_are_asked_for_and_none_without_end() {
    let scene = Scene::set_up(Log { entries: failed(500), ..Log::default() }).await;
    let _running = scene.start().await;
    pass(Duration::from_hours(1)).await;
    let asked: usize = scene.forge.log().asked.values().sum();
    assert!((ASKS_PER_ROUND..200).contains(&asked), "{asked}");
    assert!(scene.calls() < 300, "{}", scene.calls());
    scene.forge.log().arrives = true;
    pass(Duration::from_hours(1)).await;
    let log = scene.forge.log();
    assert!(log.asked.len() == 500 && log.asked.values().all(|times| *times <= 5), "all that could come in has come in: {:?}", log.asked);
}

#[tokio::test(start_paused = true)]
async fn what_never_arrives_is_given_up_and_told() {
    let scene = Scene::set_up(Log { entries: failed(1), ..Log::default() }).await;
    let _running = scene.start().await;
    pass(Duration::from_hours(30)).await;
    assert_eq!(scene.forge.log().asked[&0], 5);
    let events = scene.events().await;
    assert!(events.len() == 1 && events[0].starts_with("1 deliveries did not come in"), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn credentials_that_may_not_see_webhooks_are_told_of_once_and_asked_again_when_they_change() {
    let refusal = Error::Forbidden { credentials: "token".into(), what: "list webhooks", words: Words::default() };
    let scene = Scene::set_up(Log { refusal: Some(refusal), entries: failed(1), arrives: true, ..Log::default() }).await;
    let (bell, _running) = scene.start().await;
    pass(Duration::from_hours(25)).await;
    assert_eq!((scene.calls(), scene.events().await.len()), (5, 1));
    scene.forge.log().refusal = None;
    scene.forge.log().entries[0].delivered_at = scene.store.clock().now();
    bell.ring_and_unblock();
    pass(Duration::from_secs(1)).await;
    assert_eq!(scene.forge.log().asked.len(), 1);
    let events = scene.events().await;
    assert!(events.len() == 2 && events[1].contains("can be read again"), "{events:?}");
}

#[tokio::test(start_paused = true)]
async fn a_forge_that_fails_is_asked_in_growing_pauses() {
    let refusal = Error::Server { what: "list webhooks", status: 500, words: Words::default() };
    let scene = Scene::set_up(Log { refusal: Some(refusal), entries: failed(3), arrives: true, ..Log::default() }).await;
    let _running = scene.start().await;
    pass(Duration::from_hours(2)).await;
    assert!((6..=10).contains(&scene.calls()), "{}", scene.calls());
    scene.forge.log().refusal = Some(Error::RateLimited { status: 403, wait: Duration::from_hours(1), words: Words::default() });
    pass(Duration::from_hours(1)).await;
    let before = scene.calls();
    pass(Duration::from_mins(55)).await;
    assert!(scene.calls() - before <= 1, "it is left alone as long as it asks for");
    scene.forge.log().refusal = None;
    pass(Duration::from_hours(2)).await;
    assert_eq!(scene.forge.log().asked.len(), 3);
    assert_eq!(scene.events().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn another_server_goes_on_where_one_was_killed() {
    let scene = Scene::set_up(Log { entries: failed(1200), arrives: true, ..Log::default() }).await;
    // Killed again and again: after a few calls, in the middle of reading or of asking.
    for _ in 0..12 {
        let (_, running) = scene.start().await;
        let began = scene.calls();
        while scene.calls() < began + 7 {
            pass(Duration::from_millis(200)).await;
        }
        running.abort();
        pass(Duration::from_secs(20)).await;
    }
    let _running = scene.start().await;
    pass(Duration::from_hours(1)).await;
    let log = scene.forge.log();
    assert_eq!(log.asked.len(), 1200);
    assert!(log.asked.values().all(|times| *times == 1), "what came in is not asked for again");
    assert!(log.calls < usize::try_from(CALLS_PER_HOUR).expect("small") * 2, "{}", log.calls);
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_this_server_makes_it_read_and_a_switch_keeps_it_from_reading() {
    let scene = Scene::set_up(Log::default()).await;
    let (_, running) = scene.start().await;
    pass(Duration::from_mins(2)).await;
    let before = scene.calls();
    scene.forge.log().entries = failed(1);
    scene.forge.log().arrives = true;
    scene.services.vitals.lost_deliveries();
    pass(Duration::from_secs(6)).await;
    assert!(scene.calls() > before && scene.forge.log().asked.len() == 1);
    running.abort();
    let before = scene.calls();
    let off = Scene { services: scene.services.clone().with_redelivery(false), ..scene };
    let _running = off.start().await;
    pass(Duration::from_hours(5)).await;
    assert_eq!(off.calls(), before);
}

#[tokio::test(start_paused = true)]
async fn an_idle_entity_makes_fewer_than_twenty_calls_an_hour() {
    const HOURS: usize = 10;
    let scene = Scene::set_up(Log::default()).await;
    let repository = scene.store.find_entity(scene.entity).await.expect("answers").expect("there");
    pool(&scene.store, &repository, 5).await;
    let running = crate::control::start(scene.services.clone()).await.expect("starts");
    tokio::time::sleep(Duration::from_hours(1)).await;
    let before = scene.forge.log().calls;
    tokio::time::sleep(Duration::from_hours(HOURS as u64)).await;
    let calls = scene.forge.log().calls - before;
    assert!(calls >= HOURS * 5, "the log is read and lists are asked for: {calls}");
    assert!(calls < HOURS * 20, "{calls} calls in {HOURS} hours");
    running.kill();
}
