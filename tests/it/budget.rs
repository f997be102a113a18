//! The API budget against a forge that enforces GitHub's published limits: no call is refused, and the jobs have their runners in nearly the time that
//! the limits allow.
//!
//! The server's tasks, the forge's HTTP face and the database are real; the cloud makes its machines at once. On both sides all spans of the limits are
//! [`HASTE`] times shorter than GitHub's, all counts [`SHARE`] times less, and so is the number of jobs: a minute instead of ten.

use std::sync::Arc;
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
    Balancer, BudgetLimits, ControllerId, CredentialsId, CredentialsSecret, DemandSource, Endpoint, EndpointName, Entity, EntityKind,
    EntityRef, ForgeKind, JobFact, JobStatus, OsArch, OsType, Pool, PoolId, PoolMemory, ProviderName, Rate, SecretString,
};
use garm::provider::{
    BootstrapInstance, CommandCalls, CreatedInstance, Description, Error, External, ExternalSettings, PoolContext, Provider,
    ProviderInstance,
};
use garm::sim::{Forge, ForgeServer, Limits, Operation};
use garm::store::{Database, NewCredentials, NewEntity, Store};
use garm::time::Timestamp;

/// A minute of GitHub's takes 10 s.
const HASTE: u32 = 6;
/// The limits, and 800 jobs, are a third.
const SHARE: u32 = 3;
const JOBS: u32 = 800 / SHARE;
/// What a registration costs, in points.
const PRICE: u32 = 5;

fn hastened(rate: Rate) -> Rate {
    Rate { limit: rate.limit / SHARE, within: rate.within / HASTE }
}

/// A cloud that does nothing, at once.
#[derive(Debug)]
struct NoCloud(External);

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
        Box::pin(async { Ok(CreatedInstance { instance, stderr: String::new() }) })
    }

    fn delete_instance<'a>(&'a self, _: &'a PoolContext, _: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async { Ok(()) })
    }

    fn list_instances<'a>(&'a self, _: &'a PoolContext) -> BoxFuture<'a, Result<Vec<ProviderInstance>, Error>> {
        Box::pin(async { Ok(Vec::new()) })
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

/// The credentials with this token.
async fn credentials(store: &Store, token: &str) -> CredentialsId {
    let new = NewCredentials {
        name: token.into(),
        description: String::new(),
        endpoint: EndpointName::from("fake"),
        secret: CredentialsSecret::Pat(SecretString::from(token)),
    };
    match store.find_credentials_by_name(token).await.expect("answers") {
        Some(known) => known.id,
        None => store.create_credentials(new).await.expect("made").id,
    }
}

/// A repository whose calls are made with these tokens in turn.
async fn repository(store: &Store, name: &str, tokens: &[&str]) -> Entity {
    let mut sets = Vec::new();
    for token in tokens {
        sets.push(credentials(store, token).await);
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
        max_runners: JOBS,
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

/// Queues the jobs, as many for each of these repositories, and answers how long it took until each had a runner. A repository has one or more tokens.
async fn serve(repositories: &[&[&str]]) -> Duration {
    let forge = Forge::new(Clock::System);
    let (points, registrations) = (hastened(Limits::PUBLISHED.points), hastened(Limits::PUBLISHED.registrations));
    forge.configure(|settings| settings.limits = Some(Limits { points, registrations, ..Limits::PUBLISHED }));
    for token in repositories.iter().copied().flatten() {
        forge.add_token(&SecretString::from(*token));
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
    let cloud = NoCloud(External::new(ExternalSettings::new(name.clone(), "/nowhere".into()), Clock::System));
    let provider = ProviderFacts::new(name, "", true, Arc::new(cloud));
    let clients = Clients::new(Clock::System).with_limits(BudgetLimits { points, ..BudgetLimits::default() });
    let key = Arc::new(TokenKey::new(&SecretString::from("a key of the test")));
    let policy = Policy { registrations: hastened(Policy::default().registrations), ..Policy::default() };
    let services = Services::new(store.clone(), Arc::new(clients), vec![provider], key, policy);
    let mut entities = Vec::new();
    for (number, tokens) in repositories.iter().enumerate() {
        entities.push(repository(&store, &format!("repository-{number}"), tokens).await);
    }
    let jobs = (0..i64::from(JOBS)).zip(entities.iter().cycle()).map(|(number, entity)| store.record_job(job(entity, number + 1)));
    for recorded in futures_util::future::join_all(jobs).await {
        recorded.expect("recorded");
    }

    let began = Clock::System.now();
    let passed = || Clock::System.now().since(began);
    let running = start(services).await.expect("starts");
    while forge.calls(Operation::GenerateJitConfig) < u64::from(JOBS) && passed() < Duration::from_mins(3) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let took = passed();
    running.kill();
    assert_eq!(forge.limited(), 0, "calls were refused");
    assert_eq!(forge.runners().len(), JOBS as usize);
    server.stop().await;
    took
}

/// How long it takes at least with so many sets of credentials: the first minute's registrations are made at once, and so on.
fn least(sets: u32) -> Duration {
    let in_a_minute = Limits::PUBLISHED.points.limit / SHARE / PRICE;
    let minutes = (JOBS / sets).div_ceil(in_a_minute) - 1;
    Limits::PUBLISHED.points.within / HASTE * minutes
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_have_their_runners_in_the_time_that_the_limits_allow_without_a_refusal_and_two_sets_of_credentials_halve_it() {
    let one = serve(&[&["one"], &["one"]]).await;
    assert!(one >= least(1), "faster than the limits allow: {one:?}");
    // Alone on a machine a tenth is lost; the other tests run beside.
    assert!(one <= least(1).mul_f64(1.5), "{one:?}, and {:?} is possible", least(1));
    let two = serve(&[&["one"], &["two"]]).await;
    assert!(two >= least(2), "faster than the limits allow: {two:?}");
    assert!(two <= one.mul_f64(0.8), "{two:?} with two sets, {one:?} with one");
    let in_turn = serve(&[&["one", "two"]]).await;
    assert!(in_turn >= least(2), "faster than the limits allow: {in_turn:?}");
    assert!(in_turn <= one.mul_f64(0.8), "{in_turn:?} with two sets in turn, {one:?} with one");
}
