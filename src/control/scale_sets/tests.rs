//! Scale sets that are made, changed and removed while their service refuses, fails, or does what it is asked and its answer is lost.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::super::effects::{self, EffectContext};
use super::super::listening::listen;
use super::super::signals::Ended;
use super::super::tests::Scene;
use super::*;
use crate::engine::Effect;
use crate::forge::{Error, Forge, Forges, JitRequest, Registered, Words};
use crate::model::{
    Credentials, CredentialsId, Endpoint, EntityRef, ForgeJob, ForgeRunner, JitConfig, MessageSession, RateLimit, Reason, Runner, RunnerId,
    RunnerName, RunnerTool, ScaleSetMessage, SecretString, ServiceRunner, ServiceScaleSet, SessionId,
};
use crate::store::tests::new_scale_set;
use crate::time::Timestamp;

/// What becomes of the next call that changes something.
#[derive(Clone, Debug)]
enum Next {
    /// It is refused or not sent, and nothing happens.
    Fails(Error),
    /// It happens, and the answer is lost.
    IsLost,
}

#[derive(Debug, Default)]
struct State {
    sets: Vec<ServiceScaleSet>,
    last_id: i64,
    next: Option<Next>,
    /// How many calls changed something, or tried to.
    writes: usize,
    registered: Vec<(ServiceScaleSetId, RunnerName)>,
    /// Sessions are opened, and nothing is told in them. Otherwise each is refused.
    opens_sessions: bool,
}

/// A service with the groups `Default` and `gpu`.
#[derive(Clone, Debug, Default)]
struct FakeService(Arc<Mutex<State>>);

impl FakeService {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no panic")
    }

    /// Name and labels of its scale sets.
    fn sets(&self) -> Vec<(i64, String, Vec<String>)> {
        self.state().sets.iter().map(|set| (set.id.0, set.name.clone(), set.labels.clone())).collect()
    }

    fn next(&self, next: Next) {
        self.state().next = Some(next);
    }

    fn writes<T: Send + 'static>(&self, change: impl FnOnce(&mut State) -> Result<T, Error>) -> BoxFuture<'static, Result<T, Error>> {
        let mut state = self.state();
        state.writes += 1;
        let answer = match state.next.take() {
            Some(Next::Fails(fault)) => Err(fault),
            Some(Next::IsLost) => change(&mut state).and(Err(lost())),
            None => change(&mut state),
        };
        Box::pin(async { answer })
    }
}

fn lost() -> Error {
    Error::Unreachable { host: "service.test".into(), fault: "the connection was cut".into() }
}

fn refusal() -> Error {
    Error::Refused { what: "make a scale set", status: 400, words: Words::default() }
}

fn never<T: Send + 'static>() -> BoxFuture<'static, Result<T, Error>> {
    Box::pin(async { Err(Error::Unusable("nothing of this test asks for it".into())) })
}

fn as_told(id: i64, told: &ScaleSetSettings) -> ServiceScaleSet {
    ServiceScaleSet {
        id: ServiceScaleSetId(id),
        name: told.name.clone(),
        group_id: told.group_id,
        group_name: String::new(),
        labels: told.labels.clone(),
        disable_update: told.disable_update,
        status: String::new(),
        statistics: None,
    }
}

impl ScaleSetService for FakeService {
    fn find_group<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<RunnerGroup>, Error>> {
        let group = |id, name: &str, is_default| RunnerGroup { id, name: name.into(), is_default };
        let found = match name {
            "" => Some(group(1, "Default", true)),
            "gpu" => Some(group(2, "gpu", false)),
            _ => None,
        };
        Box::pin(async { Ok(found) })
    }

    fn find_scale_set<'a>(&'a self, group_id: i64, name: &'a str) -> BoxFuture<'a, Result<Option<ServiceScaleSet>, Error>> {
        let found = self.state().sets.iter().find(|set| (set.group_id, set.name.as_str()) == (group_id, name)).cloned();
        Box::pin(async { Ok(found) })
    }

    fn get_scale_set(&self, _: ServiceScaleSetId) -> BoxFuture<'_, Result<ServiceScaleSet, Error>> {
        never()
    }

    fn create_scale_set<'a>(&'a self, settings: &'a ScaleSetSettings) -> BoxFuture<'a, Result<ServiceScaleSet, Error>> {
        self.writes(|state| {
            if state.sets.iter().any(|set| (set.group_id, &set.name) == (settings.group_id, &settings.name)) {
                return Err(Error::ScaleSetExists { status: 409, words: Words::default() });
            }
            state.last_id += 1;
            let made = as_told(state.last_id, settings);
            state.sets.push(made.clone());
            Ok(made)
        })
    }

    fn update_scale_set<'a>(
        &'a self,
        id: ServiceScaleSetId,
        settings: &'a ScaleSetSettings,
    ) -> BoxFuture<'a, Result<ServiceScaleSet, Error>> {
        self.writes(|state| {
            let known = state.sets.iter_mut().find(|set| set.id == id).ok_or(Error::ScaleSetGone { words: Words::default() })?;
            *known = as_told(id.0, settings);
            Ok(known.clone())
        })
    }

    fn delete_scale_set(&self, id: ServiceScaleSetId) -> BoxFuture<'_, Result<(), Error>> {
        self.writes(|state| {
            state.sets.retain(|set| set.id != id);
            Ok(())
        })
    }

    fn create_session<'a>(&'a self, _: ServiceScaleSetId, owner: &'a str) -> BoxFuture<'a, Result<MessageSession, Error>> {
        if !self.state().opens_sessions {
            return Box::pin(async { Err(lost()) });
        }
        let session = MessageSession {
            id: SessionId(crate::crypto::random::uuid()),
            owner: owner.into(),
            queue_url: "https://service.test/queue".into(),
            token: SecretString::from("token"),
            token_ends_at: Timestamp::EPOCH.after(Duration::from_hours(9)),
            scale_set: None,
            statistics: None,
        };
        Box::pin(async { Ok(session) })
    }

    fn refresh_session(&self, _: ServiceScaleSetId, _: SessionId) -> BoxFuture<'_, Result<MessageSession, Error>> {
        never()
    }

    fn delete_session(&self, _: ServiceScaleSetId, _: SessionId) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn poll<'a>(&'a self, _: &'a MessageSession, _: i64, _: u32) -> BoxFuture<'a, Result<Option<ScaleSetMessage>, Error>> {
        Box::pin(async {
            tokio::time::sleep(Duration::from_secs(50)).await;
            Ok(None)
        })
    }

    fn acknowledge<'a>(&'a self, _: &'a MessageSession, _: i64) -> BoxFuture<'a, Result<(), Error>> {
        never()
    }

    fn acquire<'a>(&'a self, _: ServiceScaleSetId, _: &'a MessageSession, _: &'a [i64]) -> BoxFuture<'a, Result<Option<Vec<i64>>, Error>> {
        never()
    }

    fn register_jit<'a>(&'a self, id: ServiceScaleSetId, name: &'a RunnerName) -> BoxFuture<'a, Result<Registered, Error>> {
        self.writes(|state| {
            state.registered.push((id, name.clone()));
            Ok(Registered { agent_id: 42, jit: JitConfig { files: [(".runner".to_owned(), SecretString::from("e30="))].into() } })
        })
    }

    fn list_runners(&self) -> BoxFuture<'_, Result<Vec<ServiceRunner>, Error>> {
        never()
    }

    fn find_runner<'a>(&'a self, _: &'a RunnerName) -> BoxFuture<'a, Result<Option<ServiceRunner>, Error>> {
        never()
    }

    fn remove_runner(&self, _: i64) -> BoxFuture<'_, Result<(), Error>> {
        never()
    }

    /// Each is of a connection that is gone, as after a change of the credentials.
    fn recoveries(&self) -> watch::Receiver<u64> {
        watch::channel(0).1
    }
}

impl Forges for FakeService {
    fn get(&self, _: &Endpoint, _: &Credentials) -> Result<Arc<dyn Forge>, Error> {
        Ok(Arc::new(self.clone()))
    }

    fn rate_limit(&self, _: CredentialsId) -> Option<RateLimit> {
        None
    }
}

impl Forge for FakeService {
    fn register_jit<'a>(&'a self, _: &'a EntityRef, _: JitRequest) -> BoxFuture<'a, Result<Registered, Error>> {
        never()
    }

    fn registration_token<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<SecretString, Error>> {
        never()
    }

    fn list_runners<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<Vec<ForgeRunner>, Error>> {
        never()
    }

    fn remove_runner<'a>(&'a self, _: &'a EntityRef, _: i64) -> BoxFuture<'a, Result<(), Error>> {
        never()
    }

    fn find_job<'a>(&'a self, _: &'a str, _: &'a str, _: i64) -> BoxFuture<'a, Result<ForgeJob, Error>> {
        never()
    }

    fn list_tools<'a>(&'a self, _: &'a EntityRef) -> BoxFuture<'a, Result<Vec<RunnerTool>, Error>> {
        never()
    }

    fn scale_sets(&self, _: &EntityRef) -> Result<Arc<dyn ScaleSetService>, Error> {
        Ok(Arc::new(self.clone()))
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        None
    }
}

struct It {
    services: Services,
    entity: Entity,
    service: FakeService,
}

impl It {
    async fn set_up() -> Self {
        let Scene { services, entity, .. } = Scene::set_up(false).await;
        let service = FakeService::default();
        Self { services: services.with_forges(Arc::new(service.clone())), entity, service }
    }

    fn disabled(&self, name: &str) -> ScaleSet {
        ScaleSet { enabled: false, ..new_scale_set(&self.entity, name) }
    }

    async fn create(&self, name: &str) -> Result<ScaleSet, ScaleSetError> {
        create_scale_set(&self.services, &self.entity, self.disabled(name)).await
    }

    async fn change(&self, id: ScaleSetId, change: fn(&mut ScaleSet)) -> Result<ScaleSet, ScaleSetError> {
        let change = move |set: &mut ScaleSet| {
            change(set);
            Ok(())
        };
        update_scale_set(&self.services, id, change).await
    }

    /// Name, state, number at the service and words of each row.
    async fn rows(&self) -> Vec<(String, ScaleSetState, Option<i64>, bool)> {
        let rows = self.services.store.list_scale_sets(None).await.expect("answers");
        let told = |set: ScaleSet| (set.name, set.state, set.service_id.map(|id| id.0), !set.extended_state.is_empty());
        rows.into_iter().map(told).collect()
    }

    async fn events(&self) -> usize {
        self.services.store.list_entity_events(self.entity.id).await.expect("answers").len()
    }
}

use ScaleSetState::{Created, PendingCreate, PendingDelete};

#[tokio::test(start_paused = true)]
async fn a_scale_set_is_made_at_its_service_with_its_name_as_first_label() {
    let it = It::set_up().await;
    let made = it.create("linux").await.expect("made");
    assert_eq!((made.state, made.service_id), (Created, Some(ServiceScaleSetId(1))));
    assert_eq!(it.service.sets(), [(1, "linux".to_owned(), vec!["linux".to_owned(), "gpu".to_owned(), "Big".to_owned()])]);
    let fault = it.create("linux").await.expect_err("there is one");
    assert!(matches!(fault, ScaleSetError::Exists { number: ServiceScaleSetId(1), .. }), "{fault}");
    assert_eq!((it.rows().await.len(), it.service.state().writes), (1, 1), "it is not asked");
}

#[tokio::test(start_paused = true)]
async fn of_a_scale_set_that_is_refused_or_not_asked_for_nothing_stays() {
    let it = It::set_up().await;
    let group = ScaleSet { runner_group: "none".into(), ..it.disabled("linux") };
    let fault = create_scale_set(&it.services, &it.entity, group).await.expect_err("no such group");
    assert!(matches!(fault, ScaleSetError::NoGroup(_)) && it.service.state().writes == 0, "{fault}");
    let limited = Error::RateLimited { status: 429, wait: Duration::from_secs(9), words: Words::default() };
    for fault in [refusal(), limited] {
        it.service.next(Next::Fails(fault));
        assert!(matches!(it.create("linux").await, Err(ScaleSetError::Forge(_))));
    }
    assert_eq!((it.rows().await, it.service.sets().len(), it.events().await), (Vec::new(), 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_creation_whose_answer_is_lost_is_found_by_its_name_or_made_again_and_never_doubled() {
    for next in [Next::IsLost, Next::Fails(lost())] {
        let it = It::set_up().await;
        it.service.next(next.clone());
        let made = it.create("linux").await.expect("the row stays");
        assert_eq!(it.rows().await, [("linux".to_owned(), PendingCreate, None, true)], "{next:?}");
        assert!(made.extended_state.contains("the connection was cut") && it.events().await == 1, "{}", made.extended_state);
        let fault = it.create("linux").await.expect_err("the row has the name").to_string();
        assert!(fault.contains("exists already") || fault.contains("has a scale set linux already"), "{fault}");
        let settled = it.change(made.id, |set| set.max_runners = 9).await.expect("changed");
        assert_eq!((settled.state, settled.max_runners, settled.extended_state.as_str()), (Created, 9, ""), "{next:?}");
        let known: Vec<_> = it.service.sets().into_iter().map(|(id, name, _)| (id, name)).collect();
        assert_eq!(known, [(settled.service_id.expect("known").0, "linux".to_owned())], "{next:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_dies_after_the_row_leaves_a_scale_set_that_the_next_change_settles() {
    let it = It::set_up().await;
    let row = it.services.store.create_scale_set(it.disabled("linux")).await.expect("the row");
    it.service.next(Next::Fails(refusal()));
    let refused = it.change(row.id, |set| set.max_runners = 9).await.expect("the row is changed");
    assert_eq!((refused.state, refused.max_runners), (ScaleSetState::Error, 9));
    assert!(refused.extended_state.contains("the forge refused to make a scale set"), "{}", refused.extended_state);
    let settled = it.change(row.id, |set| set.image = "other".into()).await.expect("changed");
    assert_eq!((settled.state, settled.service_id), (Created, Some(ServiceScaleSetId(1))));
}

#[tokio::test(start_paused = true)]
async fn what_the_service_has_to_know_is_changed_there_first_and_nothing_else_is_asked_of_it() {
    let it = It::set_up().await;
    let id = it.create("linux").await.expect("made").id;
    it.change(id, |set| set.max_runners = 9).await.expect("changed");
    assert_eq!(it.service.state().writes, 1, "the service need not know");
    it.change(id, |set| (set.name, set.labels, set.disable_update) = ("arm".into(), Vec::new(), true)).await.expect("changed");
    it.change(id, |set| set.runner_group = "gpu".into()).await.expect("changed");
    let known = it.service.state().sets[0].clone();
    assert_eq!((known.name.as_str(), known.labels.len(), known.disable_update, known.group_id), ("arm", 1, true, 2));

    it.service.next(Next::Fails(refusal()));
    assert!(it.change(id, |set| (set.name, set.image) = ("x86".into(), "other".into())).await.is_err());
    let row = it.services.store.find_scale_set(id).await.expect("answers").expect("there");
    assert_eq!((row.name.as_str(), row.image.as_str(), row.state), ("arm", "image", Created), "nothing is changed");
    let none = it.change(id, |set| set.runner_group = "none".into()).await.expect_err("no such group");
    assert!(matches!(none, ScaleSetError::NoGroup(_)), "{none}");

    let other = it.services.store.create_scale_set(ScaleSet { runner_group: "gpu".into(), ..it.disabled("free") }).await.expect("the row");
    let asked = it.service.state().writes;
    let taken = it.change(id, |set| set.name = "FREE".into()).await.expect_err("another row has the name").to_string();
    assert_eq!((taken.as_str(), it.service.state().writes), ("scale set free exists already", asked));
    it.services.store.delete_scale_set(other.id).await.expect("goes");
}

#[tokio::test(start_paused = true)]
async fn a_change_whose_answer_is_lost_leaves_the_row_right_and_the_service_is_brought_to_it() {
    let it = It::set_up().await;
    let id = it.create("linux").await.expect("made").id;
    it.service.next(Next::IsLost);
    assert!(it.change(id, |set| set.name = "arm".into()).await.is_err());
    assert_eq!(it.rows().await, [("linux".to_owned(), PendingCreate, Some(1), true)]);
    assert_eq!(it.service.sets()[0].1, "arm", "it was renamed");
    let settled = it.change(id, |set| set.max_runners = 9).await.expect("changed");
    assert_eq!((settled.state, it.service.sets()[0].1.as_str()), (Created, "linux"));
}

#[tokio::test(start_paused = true)]
async fn a_scale_set_that_somebody_removed_at_the_service_is_made_again_when_it_is_changed() {
    let it = It::set_up().await;
    let id = it.create("linux").await.expect("made").id;
    it.service.state().sets.clear();
    let changed = it.change(id, |set| set.name = "arm".into()).await.expect("changed");
    assert_eq!((changed.service_id, it.service.sets()[0].1.as_str()), (Some(ServiceScaleSetId(2)), "arm"));
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_fails_leaves_the_row_and_one_that_finds_nothing_is_done() {
    let it = It::set_up().await;
    let id = it.create("linux").await.expect("made").id;
    it.service.next(Next::Fails(lost()));
    assert!(remove_scale_set(&it.services, id, false).await.is_err());
    assert_eq!(it.rows().await, [("linux".to_owned(), Created, Some(1), true)]);
    // The server died after the service was asked.
    it.services.store.begin_scale_set_removal(id, false).await.expect("begun");
    it.service.state().sets.clear();
    assert_eq!(it.rows().await[0].1, PendingDelete);
    remove_scale_set(&it.services, id, false).await.expect("removed");
    remove_scale_set(&it.services, id, false).await.expect("one that is gone is removed");
    assert_eq!((it.rows().await, it.service.sets()), (Vec::new(), Vec::new()));

    // Its number never arrived here.
    it.service.next(Next::IsLost);
    let id = it.create("linux").await.expect("the row stays").id;
    remove_scale_set(&it.services, id, false).await.expect("removed");
    assert!(it.service.sets().is_empty(), "it was found by its name");
}

#[tokio::test(start_paused = true)]
async fn a_removal_by_force_needs_no_service_and_says_what_may_stay() {
    let it = It::set_up().await;
    let id = it.create("linux").await.expect("made").id;
    let enabled = it.change(id, |set| set.enabled = true).await.expect("changed");
    assert!(remove_scale_set(&it.services, enabled.id, true).await.is_err(), "it is enabled");
    it.change(id, |set| set.enabled = false).await.expect("changed");
    it.service.next(Next::Fails(refusal()));
    remove_scale_set(&it.services, id, true).await.expect("removed here");
    assert!(it.rows().await.is_empty());
    let told = it.services.store.list_entity_events(it.entity.id).await.expect("answers").pop().expect("told").message;
    assert!(told.starts_with("scale set linux was removed by force; it may still exist at the forge"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn a_runner_of_a_scale_set_is_registered_by_its_service() {
    let it = It::set_up().await;
    let set = it.create("linux").await.expect("made");
    let name = RunnerName::from("garm-1");
    let id = RunnerId(crate::crypto::random::uuid());
    let runner = Runner::new(id, name.clone(), &(&set).into(), Timestamp::EPOCH).wanted(None, Reason::ForMinimumIdle);
    assert!(it.services.store.insert_runner(runner, None).await.expect("room"));
    let register = async || {
        let view = it.services.store.entity_view(it.entity.id).await.expect("answers").expect("there");
        let context = EffectContext { services: it.services.clone(), view: Arc::new(view) };
        let wait = Duration::from_secs(5);
        let effect = Effect::Register { runner: id, retry_after: wait, refused_retry_after: wait };
        effects::run(&context, effect).await.expect("recorded");
        it.services.store.find_runner(id).await.expect("answers").expect("there")
    };
    it.services.store.set_scale_set_state(set.id, PendingCreate, None, String::new()).await.expect("stored");
    let waits = register().await;
    assert_eq!((waits.agent_id, waits.fault.as_str()), (None, "scale set 1 is not known to its service yet"));
    it.services.store.set_scale_set_state(set.id, Created, set.service_id, String::new()).await.expect("stored");
    assert_eq!(register().await.agent_id, Some(42));
    assert_eq!(it.service.state().registered, [(ServiceScaleSetId(1), name)]);
    assert!(it.services.store.runner_jit(id).await.expect("answers").is_some());
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_a_session_is_one_event_whatever_server_has_it_and_its_end_is_another() {
    let it = It::set_up().await;
    let id = it.create("linux").await.expect("made").id;
    it.change(id, |set| set.enabled = true).await.expect("changed");
    // One server after the other listens for a while. Answers the events of the entity then.
    let listen_for = async |time| {
        let stop = CancellationToken::new();
        let listening = tokio::spawn(listen(it.services.clone(), id, Arc::default(), stop.clone()));
        tokio::time::sleep(time).await;
        stop.cancel();
        assert!(matches!(listening.await, Ok(Ended::Stopped)));
        let events = it.services.store.list_entity_events(it.entity.id).await.expect("answers");
        events.into_iter().map(|event| (event.level, event.message)).collect::<Vec<_>>()
    };
    assert_eq!(listen_for(Duration::from_secs(30)).await, [], "a hiccup");
    let told = listen_for(Duration::from_mins(20)).await;
    let [(EventLevel::Error, outage)] = told.as_slice() else { panic!("{told:?}") };
    let (begins, ends) = ("scale set linux: the session has failed since 1970-01-01T00:00:", "the connection was cut");
    assert!(outage.starts_with(begins) && outage.ends_with(ends), "{outage}");
    assert_eq!(listen_for(Duration::from_mins(20)).await, told, "the next server knows that it was told");
    it.service.state().opens_sessions = true;
    let after = listen_for(Duration::from_mins(20)).await;
    assert_eq!(after[1..], [(EventLevel::Info, "scale set linux: the session works again".to_owned())]);
    assert_eq!((after.len(), &after[0]), (2, &told[0]));
}
