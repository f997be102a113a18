//! Builds what a scenario describes: controller, endpoint, credentials, entities and pools.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::asked::Asked;
use super::cloud::Cloud;
use super::faults::Faults;
use super::limits::Arrived;
use super::losses::{self, Losses};
use super::record::Record;
use super::scenario::{EntityPlan, PoolPlan, ScaleSetPlan, Scenario};
use super::spending::Spending;
use super::state::{BEGINNING, ENDPOINT, Trial};
use super::way;
use crate::clock::{Clock, RuntimeClock};
use crate::crypto::random;
use crate::crypto::seal::Sealer;
use crate::model::{
    CredentialsId, CredentialsSecret, Endpoint, EndpointName, EntityId, ForgeKind, OsArch, OsType, Pool, PoolId, PoolMemory, ProviderName,
    ScaleSet, ScaleSetId, ScaleSetState, SecretString, ServiceDemand,
};

use crate::sim::{Forge, Manner, ScaleSetSettings};
use crate::store::{self, Database, NewCredentials, NewEntity, Store};

impl Trial {
    /// Builds the world of a scenario. Must be called on a runtime with paused time.
    pub(super) async fn set_up(scenario: Scenario, faults: Faults) -> Result<Arc<Self>, store::Error> {
        let clock = Clock::Runtime(RuntimeClock::starting(BEGINNING, 0));
        let sealer = Sealer::new(&SecretString::from("0123456789abcdef0123456789abcdef"), &[]).expect("32 bytes");
        let database = Store::open(Database::Memory, sealer, clock.clone(), crate::forge::first_endpoints()).await?;
        let trial = Arc::new(Self {
            forge: Forge::new(clock.clone()),
            cloud: Cloud::default(),
            ledger: Mutex::default(),
            serial: AtomicU64::new(0),
            forge_calls: AtomicU64::new(0),
            record: Record::default(),
            spending: Spending::default(),
            arrived: Arrived::default(),
            asked: Asked::default(),
            losses: Losses::default(),
            database,
            clock,
            faults,
            scenario,
        });
        trial.furnish().await?;
        Ok(trial)
    }

    async fn furnish(&self) -> Result<(), store::Error> {
        let job_age = self.scenario.job_age;
        self.database
            .update_controller(move |controller| {
                controller.callback_url = "http://garm.test/api/v1/callbacks".into();
                controller.metadata_url = "http://garm.test/api/v1/metadata".into();
                controller.minimum_job_age_backoff = job_age;
                Ok(())
            })
            .await?;
        let endpoint = Endpoint {
            name: EndpointName::from(ENDPOINT),
            description: String::new(),
            kind: ForgeKind::Github,
            base_url: "https://forge.test".into(),
            api_base_url: "https://forge.test/api/v3".into(),
            upload_base_url: String::new(),
            ca_cert_bundle: None,
            created_at: self.clock.now(),
            updated_at: self.clock.now(),
        };
        self.database.create_endpoint(endpoint).await?;
        let secret = CredentialsSecret::Pat(SecretString::from("token"));
        let new = NewCredentials { name: "token".into(), description: String::new(), endpoint: EndpointName::from(ENDPOINT), secret };
        let credentials = self.database.create_credentials(new).await?;
        self.forge.add_organization("corp", "acme");
        let given_up_after = if self.scenario.reruns.is_some() { losses::GIVEN_UP_AFTER } else { Duration::ZERO };
        self.forge.configure(|settings| {
            settings.session_timeout = Duration::from_hours(24 * 365);
            settings.lost_job_timeout = given_up_after;
        });
        for plan in self.scenario.entities.clone() {
            self.add_entity(&plan, credentials.id).await?;
        }
        let manner = if self.scenario.offers_jobs { Manner::Offers } else { Manner::Assigns };
        self.forge.configure(|settings| {
            settings.scale_sets = ScaleSetSettings { manner, reassignments: u32::MAX, ..settings.scale_sets.clone() };
        });
        for plan in self.scenario.scale_sets.clone() {
            self.add_scale_set(&plan).await?;
        }
        Ok(())
    }

    async fn add_scale_set(&self, plan: &ScaleSetPlan) -> Result<(), store::Error> {
        let entity_id = self.ledger().entities[plan.entity].1;
        let set = ScaleSet {
            id: ScaleSetId(0),
            entity_id,
            service_id: None,
            name: plan.name.clone(),
            runner_group: ScaleSet::DEFAULT_GROUP.into(),
            disable_update: false,
            labels: Vec::new(),
            state: ScaleSetState::PendingCreate,
            extended_state: String::new(),
            pseudo_pool_id: String::new(),
            provider: ProviderName::from("sim"),
            image: "image".into(),
            flavor: "small".into(),
            os_type: OsType::Linux,
            os_arch: OsArch::Amd64,
            enabled: true,
            max_runners: plan.max_runners,
            min_idle_runners: plan.min_idle_runners,
            demand: ServiceDemand::default(),
            bootstrap_timeout: plan.bootstrap_timeout,
            runner_prefix: Pool::DEFAULT_PREFIX.into(),
            extra_specs: None,
            template_id: None,
            enable_shell: false,
            generation: 0,
            rotate_below: 0,
            keep_failed: Duration::ZERO,
            memory: PoolMemory::default(),
            created_at: self.clock.now(),
            updated_at: self.clock.now(),
        };
        let made = self.database.create_scale_set(set).await?;
        self.allow(&made.name, made.max_runners);
        self.allow(&made.pseudo_pool_id, made.max_runners);
        self.note(format_args!("scale set {} begins: {} runners at most, {} idle", made.name, made.max_runners, made.min_idle_runners));
        // Each of its runners is for some job that is assigned, and may be one to be idle as well.
        self.ledger().idle_wanted.insert(made.pseudo_pool_id, made.max_runners as usize);
        Ok(())
    }

    async fn add_entity(&self, plan: &EntityPlan, credentials_id: CredentialsId) -> Result<(), store::Error> {
        let new = NewEntity {
            at: plan.at.clone(),
            credentials_id,
            more_credentials: Vec::new(),
            webhook_secret: SecretString::from("secret"),
            balancer: plan.balancer,
            agent_mode: false,
            rerun: self.scenario.reruns.unwrap_or_default(),
        };
        let entity = self.database.create_entity(new).await?;
        let scope = way::scope(&plan.at);
        self.forge.add_hook(scope.clone(), "http://garm.test/webhooks", SecretString::from("secret"));
        self.ledger().entities.push((scope, entity.id, plan.at.kind));
        for pool in &plan.pools {
            self.add_pool(entity.id, pool).await?;
        }
        Ok(())
    }

    pub(super) async fn add_pool(&self, entity_id: EntityId, pool: &PoolPlan) -> Result<(), store::Error> {
        let made = Pool {
            id: PoolId(random::uuid()),
            entity_id,
            provider: ProviderName::from("sim"),
            image: "image".into(),
            flavor: "small".into(),
            os_type: OsType::Linux,
            os_arch: OsArch::Amd64,
            tags: pool.tags.clone(),
            enabled: true,
            max_runners: pool.max_runners,
            min_idle_runners: pool.min_idle_runners,
            bootstrap_timeout: pool.bootstrap_timeout,
            runner_prefix: Pool::DEFAULT_PREFIX.into(),
            runner_group: String::new(),
            extra_specs: None,
            priority: pool.priority,
            template_id: None,
            enable_shell: false,
            generation: 0,
            rotate_below: 0,
            keep_failed: Duration::ZERO,
            rerun_lost: None,
            memory: PoolMemory::default(),
            created_at: self.clock.now(),
            updated_at: self.clock.now(),
        };
        // Known before it is there, because a server may use it at once.
        let id = made.id.to_string();
        self.allow(&id, made.max_runners);
        self.record.pool_is_there(id.clone(), pool.pace);
        self.note(format_args!("pool {id} begins: {} runners at most, {} idle; {:?}", pool.max_runners, pool.min_idle_runners, pool.flaws));
        {
            let mut ledger = self.ledger();
            ledger.idle_wanted.insert(id.clone(), pool.min_idle_runners as usize);
            ledger.flaws.extend(pool.flaws.iter().map(|flaw| (id.clone(), *flaw)));
        }
        self.database.create_pool(made).await?;
        Ok(())
    }
}
