//! The API budget against a forge that enforces GitHub's published limits: no call is refused, and several sets of credentials share the calls.
//!
//! How soon the jobs have their runners is held by the trials, whose time no load changes, and by a test of nine minutes.
//! The server's tasks, the forge's HTTP face and the database are real; the cloud makes its machines at once. On both sides the limits have a [`Scale`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::BoxFuture;
use garm::clock::Clock;
use garm::control::{ProviderFacts, Services, start};
use garm::crypto::random;
use garm::crypto::seal::Sealer;
use garm::crypto::token::TokenKey;
use garm::engine::Policy;
use garm::forge::Clients;
use garm::model::{
    AppKey, Balancer, BudgetLimits, ControllerId, CredentialsId, CredentialsSecret, DemandSource, Endpoint, EndpointName, Entity,
    EntityKind, EntityRef, ForgeKind, JobFact, JobStatus, OsArch, OsType, Pool, PoolId, PoolMemory, ProviderName, Rate, SecretString,
};
use garm::provider::{
    BootstrapInstance, CommandCalls, CreatedInstance, Description, Error, External, ExternalSettings, PoolContext, Provider,
    ProviderInstance,
};
use garm::sim::{Forge, ForgeServer, Limits, Operation};
use garm::store::{Database, NewCredentials, NewEntity, Store};
use garm::time::Timestamp;

/// What a registration costs, in points.
const PRICE: u32 = 5;

/// How the limits are changed, and how many jobs come.
#[derive(Clone, Copy)]
struct Scale {
    /// How many times shorter all spans are.
    haste: u32,
    /// How many times less all counts are.
    share: u32,
    jobs: u32,
}

/// A minute instead of ten.
const QUICK: Scale = Scale { haste: 6, share: 3, jobs: 800 / 3 };
/// As at GitHub.
const PUBLISHED: Scale = Scale { haste: 1, share: 1, jobs: 1_600 };

impl Scale {
    fn of(self, rate: Rate) -> Rate {
        Rate { limit: rate.limit / self.share, within: rate.within / self.haste }
    }

    /// How long it takes at least with so many sets of credentials: the first minute's registrations are made at once, and so on.
    fn least(self, sets: u32) -> Duration {
        let Rate { limit, within } = self.of(Limits::PUBLISHED.points);
        within * ((self.jobs / sets).div_ceil(limit / PRICE) - 1)
    }
}

/// How the jobs came to their runners.
struct Served {
    took: Duration,
    /// The calls that were made with each token, the smallest number first.
    used: Vec<u32>,
}

/// A set of credentials.
#[derive(Clone, Copy)]
enum Set {
    Token(&'static str),
    App,
}

const APP_ID: i64 = 11;
const INSTALLATION: i64 = 22;

/// A cloud that does nothing but remember its machines, at once.
#[derive(Debug)]
struct NoCloud(External, Mutex<BTreeMap<String, ProviderInstance>>);

impl NoCloud {
    fn machines(&self) -> MutexGuard<'_, BTreeMap<String, ProviderInstance>> {
        self.1.lock().expect("nobody panicked")
    }
}

impl Provider for NoCloud {
    fn name(&self) -> &ProviderName {
        self.0.name()
    }

    fn parallel(&self) -> usize {
        64
    }

    fn create_instance<'a>(
        &'a self,
        _: &'a PoolContext,
        bootstrap: &'a BootstrapInstance,
        _: Duration,
    ) -> BoxFuture<'a, Result<CreatedInstance, Error>> {
        let instance = ProviderInstance {
            provider_id: bootstrap.name.clone(),
            name: bootstrap.name.clone(),
            status: "running".into(),
            ..ProviderInstance::default()
        };
        self.machines().insert(bootstrap.name.clone(), instance.clone());
        Box::pin(async { Ok(CreatedInstance { instance, stderr: String::new() }) })
    }

    fn delete_instance<'a>(&'a self, _: &'a PoolContext, name: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        self.machines().remove(name);
        Box::pin(async { Ok(()) })
    }

    fn list_instances<'a>(&'a self, _: &'a PoolContext) -> BoxFuture<'a, Result<Vec<ProviderInstance>, Error>> {
        let machines = self.machines().values().cloned().collect();
        Box::pin(async { Ok(machines) })
    }

    fn validate_pool<'a>(&'a self, _: &'a PoolContext) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn configured(&self) -> Description {
        self.0.configured()
    }

    fn describe(&self, controller: ControllerId) -> BoxFuture<'_, Description> {
        self.0.describe(controller)
    }

    fn calls(&self) -> Vec<CommandCalls> {
        Vec::new()
    }
}

/// The row of a set of credentials.
async fn credentials(store: &Store, set: Set) -> CredentialsId {
    let (name, secret) = match set {
        Set::Token(token) => (token, CredentialsSecret::Pat(SecretString::from(token))),
        Set::App => {
            let private_key = SecretString::from(include_str!("../../testdata/keys/app.pem"));
            ("app", CredentialsSecret::App(AppKey { app_id: APP_ID, installation_id: INSTALLATION, private_key, webhook_secret: None }))
        }
    };
    let new = NewCredentials { name: name.into(), description: String::new(), endpoint: EndpointName::from("fake"), secret };
    match store.find_credentials_by_name(name).await.expect("answers") {
        Some(known) => known.id,
        None => store.create_credentials(new).await.expect("made").id,
    }
}

/// A repository whose calls are made with these credentials in turn.
async fn repository(store: &Store, name: &str, all: &[Set], jobs: u32) -> Entity {
    let mut sets = Vec::new();
    for set in all {
        sets.push(credentials(store, *set).await);
    }
    let new = NewEntity {
        at: EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: name.into() },
        credentials_id: sets.remove(0),
        more_credentials: sets,
        webhook_secret: SecretString::from("hook secret"),
        balancer: Balancer::RoundRobin,
        agent_mode: false,
        rerun: garm::model::RerunLimits::default(),
    };
    let entity = store.create_entity(new).await.expect("made");
    let pool = Pool {
        id: PoolId(random::uuid()),
        entity_id: entity.id,
        provider: ProviderName::from("none"),
        image: "image".into(),
        flavor: "flavor".into(),
        os_type: OsType::Linux,
        os_arch: OsArch::Amd64,
        tags: vec!["self-hosted".into()],
        enabled: true,
        max_runners: jobs,
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
    store.create_pool(pool).await.expect("made");
    entity
}

fn job(entity: &Entity, number: i64) -> JobFact {
    let now = Clock::System.now();
    JobFact {
        source: DemandSource::Delivery,
        at: now,
        entity: entity.id,
        entity_kind: entity.at.kind,
        endpoint: entity.endpoint.clone(),
        workflow_job_id: number,
        run_id: number,
        run_attempt: 1,
        name: "build".into(),
        status: JobStatus::Queued,
        conclusion: String::new(),
        labels: vec!["self-hosted".into()],
        repository_number: None,
        repository_owner: "octo".into(),
        repository_name: entity.at.name.clone(),
        run_url: String::new(),
        forge_runner_id: 0,
        runner_name: String::new(),
        runner_group_id: 0,
        runner_group_name: String::new(),
        queued_at: Some(now),
        started_at: None,
        completed_at: None,
    }
}

/// Queues the jobs, as many for each of these repositories, and waits until each has a runner. A repository has one or more sets.
async fn serve(scale: Scale, repositories: &[&[Set]]) -> Served {
    let forge = Forge::new(Clock::System);
    let (points, registrations) = (scale.of(Limits::PUBLISHED.points), scale.of(Limits::PUBLISHED.registrations));
    forge.configure(|settings| settings.limits = Some(Limits { points, registrations, ..Limits::PUBLISHED }));
    for set in repositories.iter().copied().flatten() {
        match set {
            Set::Token(token) => forge.add_token(&SecretString::from(*token)),
            Set::App => forge.add_app(APP_ID, INSTALLATION, None).expect("no key is checked"),
        }
    }
    let server = ForgeServer::start(forge.clone(), ([127, 0, 0, 1], 0).into()).await.expect("starts");
    let endpoint = Endpoint {
        name: EndpointName::from("fake"),
        description: String::new(),
        kind: ForgeKind::Github,
        base_url: server.url().to_owned(),
        api_base_url: server.url().to_owned(),
        upload_base_url: String::new(),
        ca_cert_bundle: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    let sealer = Sealer::new(&SecretString::from("0123456789abcdef0123456789abcdef"), &[]).expect("32 bytes");
    let store = Store::open(Database::Memory, sealer, Clock::System, vec![endpoint]).await.expect("opens");
    let urls = |controller: &mut garm::model::Controller| {
        controller.callback_url = "http://garm.test/api/v1/callbacks".into();
        controller.metadata_url = "http://garm.test/api/v1/metadata".into();
        Ok(())
    };
    store.update_controller(urls).await.expect("set");
    let name = ProviderName::from("none");
    let cloud = NoCloud(External::new(ExternalSettings::new(name.clone(), "/nowhere".into()), Clock::System), Mutex::default());
    let provider = ProviderFacts::new(name, "", true, Arc::new(cloud));
    let clients = Clients::new(Clock::System).with_limits(BudgetLimits { points, ..BudgetLimits::default() });
    let key = Arc::new(TokenKey::new(&SecretString::from("a key of the test")));
    let policy = Policy { registrations: scale.of(Policy::default().registrations), ..Policy::default() };
    let services = Services::new(store.clone(), Arc::new(clients), vec![provider], key, policy);
    let mut entities = Vec::new();
    for (number, sets) in repositories.iter().enumerate() {
        entities.push(repository(&store, &format!("repository-{number}"), sets, scale.jobs).await);
    }
    let jobs = (0..i64::from(scale.jobs)).zip(entities.iter().cycle()).map(|(number, entity)| store.record_job(job(entity, number + 1)));
    for recorded in futures_util::future::join_all(jobs).await {
        recorded.expect("recorded");
    }

    let began = Clock::System.now();
    let passed = || Clock::System.now().since(began);
    let running = start(services).await.expect("starts");
    while forge.calls(Operation::GenerateJitConfig) < u64::from(scale.jobs) && passed() < scale.least(1) * 6 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = passed();
    running.kill();
    assert_eq!(forge.limited(), 0, "calls were refused");
    assert_eq!(forge.runners().len(), scale.jobs as usize);
    let tokens = repositories.iter().copied().flatten().filter_map(|set| if let Set::Token(token) = set { Some(*token) } else { None });
    let tokens: BTreeSet<&str> = tokens.collect();
    let mut used: Vec<u32> =
        tokens.into_iter().filter_map(|token| forge.quota(&SecretString::from(token))).map(|quota| quota.used).collect();
    used.sort_unstable();
    server.stop().await;
    Served { took, used }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_is_refused_and_several_sets_of_credentials_share_the_calls() {
    let [first, second] = ["one", "two"].map(Set::Token);
    let alone = serve(QUICK, &[&[first], &[first]]).await;
    assert!(alone.took >= QUICK.least(1), "faster than the limits allow: {:?}", alone.took);
    assert_eq!(alone.used.len(), 1);
    let one_each: &[&[Set]] = &[&[first], &[second]];
    for sets in [one_each, &[&[first, second]]] {
        let Served { took, used } = serve(QUICK, sets).await;
        assert!(took >= QUICK.least(2), "faster than the limits allow: {took:?}");
        let [less, more] = used[..] else { panic!("calls of two tokens: {used:?}") };
        assert!(less * 3 >= more * 2, "{less} calls with one set, {more} with the other");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes nine minutes: the limits are those of GitHub"]
async fn sixteen_hundred_jobs_of_one_app_have_their_runners_in_nearly_the_time_that_githubs_limits_allow() {
    let (Served { took, .. }, least) = (serve(PUBLISHED, &[&[Set::App]]).await, PUBLISHED.least(1));
    say(&format!("{} runners in {took:?}, and {least:?} is possible", PUBLISHED.jobs));
    assert!((least..=least.mul_f64(1.1)).contains(&took), "{took:?}, and {least:?} is possible");
}

#[expect(clippy::print_stderr, reason = "the numbers of a run are its result")]
fn say(what: &str) {
    eprintln!("{what}");
}
