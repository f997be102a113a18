//! The lister on virtual time: what it finds, what that costs, and the brakes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;
use tokio::task::JoinHandle;

use super::*;
use crate::clock::{Clock, RuntimeClock};
use crate::crypto::token::TokenKey;
use crate::engine::Policy;
use crate::forge::{Error, Forge, Forges, JitRequest, Registered, Words};
use crate::model::{
    Credentials, CredentialsId, Endpoint, ForgeJob, ForgeRunner, RateLimit, ReplicaId, RunnerTool, SecretString, SpentLimit,
};
use crate::store::tests::{entity, first_endpoints, sealer};
use crate::store::{Database, Fence, JobFilter, NewEntity, Store};

/// The one repository that has jobs.
const WITH_JOBS: &str = "hello";

/// The jobs of a forge, each in a run of its own with the same number.
#[derive(Debug, Default)]
struct AtForge {
    jobs: BTreeMap<i64, JobStatus>,
    /// The repositories of the organization, each with its number.
    repositories: Vec<(i64, &'static str)>,
    /// What every call is refused with.
    refusal: Option<Error>,
    /// What calls about one repository are refused with.
    faults: BTreeMap<&'static str, Error>,
    /// How many calls were made about each repository.
    asked: BTreeMap<String, u32>,
    /// Whether 403 is the answer for the jobs of runs.
    hides_jobs: bool,
    calls: u32,
    /// Whether lists of runs are never answered.
    hangs: bool,
    unchanged: u32,
}

#[derive(Clone, Debug, Default)]
struct FakeForge(Arc<Mutex<AtForge>>);

impl FakeForge {
    fn jobs(&self) -> MutexGuard<'_, AtForge> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, numbers: impl IntoIterator<Item = i64>, status: JobStatus) {
        self.jobs().jobs.extend(numbers.into_iter().map(|number| (number, status)));
    }

    /// The answer, or `None` where the caller has it already.
    fn answer<T: std::fmt::Debug>(&self, about: &str, items: Vec<T>, tag: Option<&str>) -> Result<Option<ListPage<T>>, Error> {
        let mut jobs = self.jobs();
        jobs.calls += 1;
        *jobs.asked.entry(about.to_owned()).or_default() += 1;
        if let Some(refusal) = jobs.refusal.as_ref().or_else(|| jobs.faults.get(about)) {
            return Err(refusal.clone());
        }
        let now = format!("{items:?}");
        if tag == Some(now.as_str()) {
            jobs.unchanged += 1;
            return Ok(None);
        }
        Ok(Some(ListPage { items, is_last: true, tag: Some(now) }))
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

    fn list_repositories<'a>(&'a self, at: &'a EntityRef, _: u32) -> BoxFuture<'a, Result<ListPage<ListedRepository>, Error>> {
        Box::pin(async move {
            let listed = |(number, name): &(i64, &str)| ListedRepository {
                number: *number,
                owner: at.name.clone(),
                name: (*name).to_owned(),
                pushed_at: None,
            };
            let items = self.jobs().repositories.iter().map(listed).collect();
            self.answer("", items, None).map(|page| page.expect("it was asked for without a tag"))
        })
    }

    fn list_runs<'a>(
        &'a self,
        repository: &'a EntityRef,
        status: JobStatus,
        _: u32,
        tag: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<ListPage<i64>>, Error>> {
        Box::pin(async move {
            if self.jobs().hangs {
                return std::future::pending().await;
            }
            let is_listed = |known: &JobStatus| *known == status && repository.name == WITH_JOBS;
            let runs = self.jobs().jobs.iter().filter(|(_, known)| is_listed(known)).map(|(number, _)| *number).collect();
            self.answer(&repository.name, runs, tag)
        })
    }

    fn list_run_jobs<'a>(
        &'a self,
        repository: &'a EntityRef,
        run: i64,
        _: u32,
        tag: Option<&'a str>,
    ) -> BoxFuture<'a, Result<Option<ListPage<ListedJob>>, Error>> {
        Box::pin(async move {
            if self.jobs().hides_jobs {
                self.jobs().calls += 1;
                return Err(Error::NotFound { what: "a run".into(), words: Words::default() });
            }
            let status = self.jobs().jobs[&run];
            self.answer(&repository.name, vec![listed(run, status)], tag)
        })
    }

    fn rate_limit(&self) -> Option<RateLimit> {
        None
    }
}

fn listed(number: i64, status: JobStatus) -> ListedJob {
    ListedJob {
        number,
        run_id: number,
        run_attempt: 1,
        name: "build".into(),
        labels: vec!["self-hosted".into(), "linux".into()],
        run_url: String::new(),
        queued_at: Some(Timestamp::EPOCH),
        state: ForgeJob {
            status,
            held_back: false,
            conclusion: String::new(),
            failed_step: false,
            runner_id: 0,
            runner_name: String::new(),
            runner_group_id: 0,
            runner_group_name: String::new(),
            started_at: None,
            completed_at: None,
        },
    }
}

struct Scene {
    store: Store,
    services: Services,
    forge: FakeForge,
    entity: EntityId,
}

impl Scene {
    /// A repository with a pool that fits all jobs.
    async fn set_up() -> Self {
        let at = EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: WITH_JOBS.into() };
        Self::of_entity(at, &[]).await
    }

    /// An organization that has these repositories.
    async fn of_organization(repositories: &[(i64, &'static str)]) -> Self {
        let at = EntityRef { kind: EntityKind::Organization, owner: String::new(), name: "octo".into() };
        Self::of_entity(at, repositories).await
    }

    async fn of_entity(at: EntityRef, repositories: &[(i64, &'static str)]) -> Self {
        let clock = Clock::Runtime(RuntimeClock::starting(Timestamp::EPOCH.after(Duration::from_hours(24)), 0));
        let store = Store::open(Database::Memory, sealer(), clock, first_endpoints()).await.expect("opens");
        let of_name = entity(&store, &at.name).await;
        let entity = if of_name.at == at {
            of_name
        } else {
            let credentials = store.entity_view(of_name.id).await.expect("read").expect("there").credentials.clone();
            store.create_entity(NewEntity { at, ..store::tests::new_entity("", &credentials) }).await.expect("made")
        };
        store::tests::pool(&store, &entity, 3).await;
        let forge = FakeForge::default();
        forge.jobs().repositories = repositories.to_vec();
        let key = Arc::new(TokenKey::new(&SecretString::from("a key of the test")));
        let services = Services::new(store.clone(), Arc::new(forge.clone()), Vec::new(), key, Policy::default()).with_job_listing(true);
        Self { store, services, forge, entity: entity.id }
    }

    /// Runs the task, as a server does that has just taken it over.
    async fn start(&self) -> (Arc<Bell>, JoinHandle<Ended>) {
        let task = LeasedTask::ListJobs(self.entity);
        let held = self.store.hold_leases(ReplicaId(crate::crypto::random::uuid()), Duration::from_hours(1000)).await.expect("held");
        let services = self.services.fenced(Fence { task, generation: held[&task] });
        let bell = Arc::new(Bell::default());
        let running = list_jobs(services, self.entity, Arc::clone(&bell), CancellationToken::new());
        (bell, tokio::spawn(running))
    }

    /// How many jobs are known to stand so.
    async fn known(&self, status: JobStatus) -> usize {
        let filter = JobFilter { status: Some(status), ..JobFilter::all() };
        self.store.list_jobs(filter).await.expect("read").len()
    }

    async fn events(&self) -> Vec<String> {
        self.store.list_entity_events(self.entity).await.expect("read").into_iter().map(|event| event.message).collect()
    }
}

async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}

#[tokio::test(start_paused = true)]
async fn jobs_that_nothing_told_of_are_found_at_a_start_and_ended_when_they_are_over() {
    let scene = Scene::set_up().await;
    scene.forge.set(1..51, JobStatus::Queued);
    scene.forge.set(51..61, JobStatus::InProgress);
    scene.forge.set(61..71, JobStatus::Completed);
    let _running = scene.start().await;
    pass(Duration::from_secs(5)).await;
    assert_eq!((scene.known(JobStatus::Queued).await, scene.known(JobStatus::InProgress).await), (50, 10));
    assert_eq!(scene.known(JobStatus::Completed).await, 0, "what was over before it was heard of is of no use");
    scene.forge.set(1..61, JobStatus::Completed);
    pass(Duration::from_mins(40)).await;
    assert_eq!(scene.known(JobStatus::Completed).await, 60);
    assert_eq!(scene.events().await, Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn while_deliveries_are_lost_jobs_are_found_within_half_a_minute_and_then_more_and_more_rarely() {
    let scene = Scene::set_up().await;
    let _running = scene.start().await;
    pass(Duration::from_mins(20)).await;
    scene.forge.set([1], JobStatus::Queued);
    let found = async {
        while scene.known(JobStatus::Queued).await < 1 {
            pass(Duration::from_secs(1)).await;
        }
    };
    tokio::time::timeout(IDLE_PERIOD, found).await.expect("the slow schedule finds it");
    for (number, jobs) in [(2, 2), (3, 3), (4, 4)] {
        scene.forge.set([number], JobStatus::Queued);
        pass(FRUITFUL_PERIOD + Duration::from_secs(2)).await;
        assert_eq!(scene.known(JobStatus::Queued).await, jobs);
    }
    let calls = || scene.forge.jobs().calls;
    let before = calls();
    pass(Duration::from_mins(40)).await;
    assert!(calls() - before < 60, "{} calls", calls() - before);
}

#[tokio::test(start_paused = true)]
async fn lost_deliveries_leave_three_quarters_of_the_hours_calls_to_the_slow_schedule() {
    let scene = Scene::set_up().await;
    let _running = scene.start().await;
    for number in 1..120 {
        scene.forge.set([number], JobStatus::Queued);
        pass(Duration::from_secs(30)).await;
    }
    let counted = |jobs: &AtForge| jobs.calls - jobs.unchanged;
    let calls = counted(&scene.forge.jobs());
    assert!(calls <= CALLS_PER_HOUR, "{calls} calls");
    let found = scene.known(JobStatus::Queued).await;
    assert!(found >= 115, "{found} jobs");
}

#[tokio::test(start_paused = true)]
async fn an_idle_repository_costs_free_calls_only_also_after_restarts() {
    let scene = Scene::set_up().await;
    for _ in 0..3 {
        let (_, running) = scene.start().await;
        pass(Duration::from_hours(5)).await;
        running.abort();
    }
    let jobs = scene.forge.jobs();
    assert_eq!(jobs.calls - jobs.unchanged, 2, "the first look");
    assert!((60..80).contains(&jobs.calls), "{}", jobs.calls);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_hides_a_job_ends_none() {
    let scene = Scene::set_up().await;
    scene.forge.set([7], JobStatus::Queued);
    let _running = scene.start().await;
    pass(Duration::from_secs(5)).await;
    scene.forge.jobs().hides_jobs = true;
    scene.forge.set([7], JobStatus::Completed);
    pass(Duration::from_hours(3)).await;
    assert_eq!(scene.known(JobStatus::Queued).await, 1);
    scene.forge.jobs().hides_jobs = false;
    pass(Duration::from_hours(1)).await;
    assert_eq!(scene.known(JobStatus::Completed).await, 1);
}

#[tokio::test(start_paused = true)]
async fn many_runs_are_listed_within_the_brakes_and_a_killed_server_does_not_begin_them_anew() {
    let scene = Scene::set_up().await;
    scene.forge.set(1..3001, JobStatus::Queued);
    let (_, running) = scene.start().await;
    pass(Duration::from_secs(19)).await;
    assert_eq!(scene.forge.jobs().calls, CALLS_PER_ROUND);
    running.abort();
    for _ in 0..20 {
        let (_, running) = scene.start().await;
        pass(Duration::from_secs(30)).await;
        running.abort();
    }
    let _running = scene.start().await;
    pass(Duration::from_mins(45)).await;
    let counted = |jobs: &AtForge| jobs.calls - jobs.unchanged;
    assert!(counted(&scene.forge.jobs()) <= CALLS_PER_HOUR);
    pass(Duration::from_hours(5)).await;
    assert_eq!(scene.known(JobStatus::Queued).await, 3000);
}

#[tokio::test(start_paused = true)]
async fn servers_that_are_killed_while_they_list_leave_calls_to_the_next() {
    let scene = Scene::set_up().await;
    scene.forge.jobs().hangs = true;
    for _ in 0..30 {
        let (_, running) = scene.start().await;
        pass(Duration::from_secs(1)).await;
        running.abort();
    }
    scene.forge.jobs().hangs = false;
    scene.forge.set([1], JobStatus::Queued);
    let _running = scene.start().await;
    pass(Duration::from_secs(5)).await;
    assert_eq!(scene.known(JobStatus::Queued).await, 1);
}

#[tokio::test(start_paused = true)]
async fn after_an_outage_of_the_forge_or_of_this_server_all_is_listed_at_once() {
    let scene = Scene::set_up().await;
    let _running = scene.start().await;
    pass(Duration::from_hours(2)).await;
    scene.forge.jobs().refusal = Some(Error::Server { what: "list workflow runs", status: 503, words: Words::default() });
    pass(Duration::from_hours(2)).await;
    let before = scene.forge.jobs().calls;
    pass(Duration::from_hours(1)).await;
    assert!(scene.forge.jobs().calls - before <= 120, "its pauses grow to half a minute");
    scene.forge.set([1], JobStatus::Queued);
    scene.forge.jobs().refusal = None;
    pass(OUTAGE_PAUSE_MAX + Duration::from_secs(2)).await;
    assert_eq!(scene.known(JobStatus::Queued).await, 1);
    pass(Duration::from_hours(2)).await;
    scene.forge.set([2], JobStatus::Queued);
    scene.services.vitals.lost_deliveries();
    pass(Duration::from_secs(66)).await;
    assert_eq!(scene.known(JobStatus::Queued).await, 2);
}

#[tokio::test(start_paused = true)]
async fn a_spent_budget_that_has_room_sooner_than_it_said_is_used() {
    let scene = Scene::set_up().await;
    let until = Timestamp::EPOCH.after(Duration::from_hours(48));
    scene.forge.jobs().refusal = Some(Error::BudgetSpent { credentials: "token".into(), limit: SpentLimit::Points, until });
    scene.forge.set([1], JobStatus::Queued);
    let _running = scene.start().await;
    pass(Duration::from_mins(40)).await;
    let looks = scene.forge.jobs().calls;
    assert!((8..12).contains(&looks), "its pauses double: {looks} looks");
    scene.forge.jobs().refusal = None;
    pass(Duration::from_mins(3)).await;
    assert_eq!(scene.known(JobStatus::Queued).await, 1);
}

#[tokio::test(start_paused = true)]
async fn credentials_that_may_not_see_jobs_are_told_of_once_and_asked_again_when_they_change() {
    let scene = Scene::set_up().await;
    scene.forge.jobs().refusal =
        Some(Error::Forbidden { credentials: "token".into(), what: "list workflow runs", words: Words::default() });
    scene.forge.set([1], JobStatus::Queued);
    let (bell, _running) = scene.start().await;
    pass(Duration::from_hours(25)).await;
    let calls = scene.forge.jobs().calls;
    assert_eq!((calls, scene.events().await.len()), (5, 1));
    scene.forge.jobs().refusal = None;
    bell.ring_and_unblock();
    pass(Duration::from_secs(1)).await;
    assert_eq!(scene.known(JobStatus::Queued).await, 1);
    let events = scene.events().await;
    assert!(events.len() == 2 && events[1].contains("can be read again"), "{events:?}");
}

/// Every fault that one repository can have although the forge answers about others.
fn faults_of_one() -> Vec<Error> {
    let (what, words) = ("list workflow runs", Words::default());
    vec![
        Error::Redirected { what, status: 301, target: "https://elsewhere.test".into(), why: "it is another host", words: words.clone() },
        Error::Refused { what, status: 409, words: words.clone() },
        Error::Refused { what, status: 451, words: words.clone() },
        Error::Server { what, status: 502, words: words.clone() },
        Error::Garbled("it is no JSON".into()),
        Error::Forbidden { credentials: "token".into(), what, words: words.clone() },
        Error::NotFound { what: "a repository".into(), words },
    ]
}

#[tokio::test(start_paused = true)]
async fn a_fault_of_one_repository_of_an_organization_keeps_no_other_waiting_and_has_a_growing_pause() {
    for fault in faults_of_one() {
        let scene = Scene::of_organization(&[(1, "bad"), (2, WITH_JOBS), (3, "other")]).await;
        scene.forge.jobs().faults.insert("bad", fault.clone());
        scene.forge.set([7], JobStatus::Queued);
        let _running = scene.start().await;
        pass(Duration::from_secs(5)).await;
        assert_eq!(scene.known(JobStatus::Queued).await, 1, "{fault}");
        let place = scene.store.listing_place(LeasedTask::ListJobs(scene.entity)).await.expect("read").expect("there");
        assert_eq!((place.not_before, place.failures), (None, 0), "{fault}");
        pass(Duration::from_hours(3)).await;
        scene.forge.set([8], JobStatus::Queued);
        pass(Duration::from_mins(11)).await;
        assert_eq!(scene.known(JobStatus::Queued).await, 2, "{fault}");
        let asked = scene.forge.jobs().asked.clone();
        assert!((1..20).contains(&asked["bad"]), "{fault}: {asked:?}");
        assert_eq!(scene.events().await, Vec::<String>::new(), "{fault}");
        scene.forge.jobs().faults.clear();
        pass(FORBIDDEN_PAUSE + PAUSE_MAX).await;
        assert!(scene.forge.jobs().asked["bad"] > asked["bad"] + 1, "{fault}: it is listed again when it can be");
    }
}

#[tokio::test(start_paused = true)]
async fn an_organization_whose_repositories_cannot_be_listed_has_its_known_ones_listed_all_the_same() {
    for fault in faults_of_one() {
        let scene = Scene::of_organization(&[(1, WITH_JOBS)]).await;
        let running = scene.start().await.1;
        pass(Duration::from_secs(5)).await;
        running.abort();
        scene.forge.jobs().faults.insert("", fault.clone());
        scene.forge.set([7], JobStatus::Queued);
        let _running = scene.start().await;
        pass(REPOSITORIES_PERIOD + IDLE_PERIOD).await;
        let asked = scene.forge.jobs().asked.clone();
        let place = scene.store.listing_place(LeasedTask::ListJobs(scene.entity)).await;
        assert_eq!(scene.known(JobStatus::Queued).await, 1, "{fault}");
        assert!(asked[""] > 1 && asked[""] < 30, "{fault}: {asked:?}");
        assert_eq!(place.expect("read").expect("there").not_before, None, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn during_an_outage_of_the_forge_an_organization_pauses_and_then_all_is_listed_at_once() {
    let scene = Scene::of_organization(&[(1, "a"), (2, "b"), (3, WITH_JOBS), (4, "c"), (5, "d")]).await;
    let _running = scene.start().await;
    pass(Duration::from_hours(2)).await;
    let down = Error::Server { what: "list workflow runs", status: 503, words: Words::default() };
    scene.forge.jobs().refusal = Some(down);
    pass(Duration::from_hours(2)).await;
    let before = scene.forge.jobs().calls;
    pass(Duration::from_hours(1)).await;
    let asked = scene.forge.jobs().calls - before;
    assert!((60..=130).contains(&asked), "{asked}: a call in each half minute");
    scene.forge.set([1], JobStatus::Queued);
    scene.forge.jobs().refusal = None;
    pass(OUTAGE_PAUSE_MAX + Duration::from_secs(10)).await;
    assert_eq!(scene.known(JobStatus::Queued).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_switch_keeps_it_from_asking() {
    let scene = Scene::set_up().await;
    let off = Scene { services: scene.services.clone().with_job_listing(false), ..scene };
    let _running = off.start().await;
    pass(Duration::from_hours(5)).await;
    assert_eq!(off.forge.jobs().calls, 0);
}
