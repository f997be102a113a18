//! The services that the shell works with: the store, the forges, the providers, the clock. Wired once, in `cli/serve.rs`.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::warn;

use super::holder::Holder;
use super::vitals::Vitals;
use crate::clock::Clock;
use crate::crypto::token::TokenKey;
use crate::engine::Policy;
use crate::forge::{Forge, Forges};
use crate::model::{
    Budget, CallKind, ControllerId, Credentials, CredentialsId, EntityId, EventLevel, HoldNeed, Importance, PoolId, ProviderName, Spent,
    SpentLimit, describe,
};
use crate::provider::{Description, PoolContext, Provider};
use crate::store::{EntitySettings, Fence, Store};
use crate::telemetry::Metrics;
use crate::time::Timestamp;

/// Why something the shell was asked for failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] crate::store::Error),
    /// The forge failed.
    #[error(transparent)]
    Forge(#[from] crate::forge::Error),
    /// The provider failed.
    #[error(transparent)]
    Provider(#[from] crate::provider::Error),
    /// Something that the action needs is missing or wrong.
    #[error("{0}")]
    Unready(String),
}

/// The configuration of a provider.
#[derive(Clone, Debug)]
pub struct ProviderFacts {
    /// Its name, as the configuration spells it.
    pub name: ProviderName,
    /// Free text.
    pub description: String,
    /// Whether its runners get just-in-time configurations; otherwise they fetch a registration token.
    pub jit: bool,
    /// How to call it.
    pub provider: Arc<dyn Provider>,
    /// The right to make a machine; a creation that waits for it has not begun.
    creations: Arc<Semaphore>,
    /// The right to remove a machine, so that creations that hang do not keep machines from being removed.
    removals: Arc<Semaphore>,
    /// The right to ask for anything else: a list must not wait for removals that take minutes.
    others: Arc<Semaphore>,
}

impl ProviderFacts {
    /// What is known of a provider. Of the calls that may run at once three quarters make machines: each is a process, and a cloud has its own
    /// opinion of bursts.
    #[must_use]
    pub fn new(name: ProviderName, description: &str, jit: bool, provider: Arc<dyn Provider>) -> Self {
        let parallel = provider.parallel().clamp(1, Semaphore::MAX_PERMITS);
        let others = (parallel / 16).max(1);
        let removals = (parallel / 4).saturating_sub(others).max(1);
        let creations = parallel.saturating_sub(removals + others).max(1);
        let turns = |count| Arc::new(Semaphore::new(count));
        let (creations, removals, others) = (turns(creations), turns(removals), turns(others));
        Self { name, description: description.to_owned(), jit, provider, creations, removals, others }
    }

    /// Waits for the turn of a creation.
    pub(crate) async fn create_turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.creations).acquire_owned().await.expect("nobody closes the semaphore")
    }

    /// All facts about the provider. It is not asked while all of its calls are under way for long.
    pub(crate) async fn describe(&self, controller: ControllerId) -> Description {
        match tokio::time::timeout(QUESTION_PATIENCE, self.turn()).await {
            Ok(_turn) => self.provider.describe(controller).await,
            Err(_) => self.provider.configured(),
        }
    }

    /// Asks the provider whether a pool would do. It is not asked, and so not in the way, while all of its calls are under way for long.
    pub(crate) async fn validate_pool(&self, pool: &PoolContext) -> Result<(), crate::provider::Error> {
        match tokio::time::timeout(QUESTION_PATIENCE, self.turn()).await {
            Ok(_turn) => self.provider.validate_pool(pool).await,
            Err(_) => Ok(()),
        }
    }

    /// Waits for the turn of a removal.
    pub(crate) async fn removal_turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.removals).acquire_owned().await.expect("nobody closes the semaphore")
    }

    /// Waits for the turn of any other call.
    pub(crate) async fn turn(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.others).acquire_owned().await.expect("nobody closes the semaphore")
    }
}

/// How long a person waits for a provider's turn to answer questions about itself.
const QUESTION_PATIENCE: Duration = Duration::from_secs(15);

/// Everything the shell works with. Cheap to clone.
#[derive(Clone)]
pub struct Services {
    /// The only truth.
    pub store: Store,
    /// Clients for the forges.
    pub forges: Arc<dyn Forges>,
    /// The configured providers.
    pub providers: Arc<BTreeMap<ProviderName, ProviderFacts>>,
    /// The clock.
    pub clock: Clock,
    /// Signs instance tokens.
    pub token_key: Arc<TokenKey>,
    /// How patient the planner is.
    pub policy: Policy,
    /// The defects that showed.
    pub defects: Defects,
    /// Whether the server can do its work.
    pub vitals: Vitals,
    /// Where things are counted.
    pub metrics: Metrics,
    /// Whether forges are asked to make deliveries again that did not come in.
    pub redelivers: bool,
    /// The name of this process among the replicas.
    pub(super) holder: Holder,
    /// Whether forges are asked for lists of jobs, for those that no delivery told of.
    pub lists_jobs: bool,
    permits: Arc<Mutex<HashMap<CredentialsId, Arc<Semaphore>>>>,
    /// Held while another part of an API budget is asked for.
    refilling: Arc<tokio::sync::Mutex<()>>,
    asked_for_places: Arc<Mutex<HashMap<EntityId, Arc<Times>>>>,
}

type Times = tokio::sync::Mutex<Vec<Timestamp>>;

/// The defects of this program that showed and were survived: tasks that panicked, kept views that were wrong. Shared by all clones.
#[derive(Clone, Debug, Default)]
pub struct Defects(Arc<Mutex<(u64, String)>>);

impl Defects {
    /// How many there were, and the last one.
    #[must_use]
    pub fn shown(&self) -> (u64, String) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn add(&self, told: String) {
        let mut shown = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = (shown.0 + 1, told);
    }
}

impl fmt::Debug for Services {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Services").field("providers", &self.providers.keys()).finish_non_exhaustive()
    }
}

impl Services {
    /// Puts the services together.
    #[must_use]
    pub fn new(store: Store, forges: Arc<dyn Forges>, providers: Vec<ProviderFacts>, token_key: Arc<TokenKey>, policy: Policy) -> Self {
        let providers = Arc::new(providers.into_iter().map(|facts| (facts.name.clone(), facts)).collect());
        let clock = store.clock();
        Self {
            store,
            forges,
            providers,
            clock,
            token_key,
            policy,
            defects: Defects::default(),
            vitals: Vitals::default(),
            metrics: Metrics::default(),
            redelivers: false,
            holder: Holder::new(),
            lists_jobs: false,
            permits: Arc::default(),
            refilling: Arc::default(),
            asked_for_places: Arc::default(),
        }
    }

    /// The same services, counting elsewhere.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// The same services, with other forges.
    #[cfg(test)]
    #[must_use]
    pub(super) fn with_forges(self, forges: Arc<dyn Forges>) -> Self {
        Self { forges, ..self }
    }

    /// The same services, which ask forges to make deliveries again or do not.
    #[must_use]
    pub fn with_redelivery(self, redelivers: bool) -> Self {
        Self { redelivers, ..self }
    }

    /// The same services, which ask forges for lists of jobs or do not.
    #[must_use]
    pub fn with_job_listing(self, lists_jobs: bool) -> Self {
        Self { lists_jobs, ..self }
    }

    /// The same world for a leased task: its store refuses to write once the lease has changed hands.
    pub(crate) fn fenced(&self, fence: Fence) -> Self {
        Self { store: self.store.fenced(fence), ..self.clone() }
    }

    /// The client for an endpoint with these credentials, when the turn for a call has come. Every request that the client sends takes its price from
    /// the API budget; [`forge::Error::BudgetSpent`](crate::forge::Error::BudgetSpent) when that is spent.
    pub(crate) async fn forge(&self, view: &EntitySettings) -> Result<ForgeTurn, crate::forge::Error> {
        let credentials = self.credentials(view);
        let forge = self.forges.get(&view.endpoint, credentials)?;
        let semaphore = {
            let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(permits.entry(credentials.id).or_insert_with(|| Arc::new(Semaphore::new(self.policy.forge_calls_at_once))))
        };
        let permit = semaphore.acquire_owned().await.expect("nobody closes the semaphore");
        self.hold_points(credentials).await?;
        Ok(ForgeTurn { forge, _permit: permit })
    }

    /// The credentials of an entity whose turn it is: of several sets, the one that can be used soonest, then the one with most left.
    pub(crate) fn credentials<'a>(&self, view: &'a EntitySettings) -> &'a Credentials {
        if view.more_credentials.is_empty() {
            return &view.credentials;
        }
        let now = self.clock.now();
        let turn = |credentials: &&Credentials| self.budget(credentials).map(|budget| budget.turn(now));
        view.all_credentials().min_by_key(turn).unwrap_or(&view.credentials)
    }

    /// Whether the fault is one of a single set of credentials, and another set of the entity has its turn from now on.
    pub(crate) fn passes_over(&self, view: &EntitySettings, fault: &crate::forge::Error) -> bool {
        let crate::forge::Error::Unauthorized { credentials: refused, .. } = fault else { return false };
        let now = self.clock.now();
        let is_passed_over = |credentials: &Credentials| self.budget(credentials).is_some_and(|budget| budget.is_passed_over(now));
        // Where the others are spent for longer, the refused set has its turn again: then the entity pauses.
        view.all_credentials().any(|credentials| credentials.name == *refused && is_passed_over(credentials))
            && !is_passed_over(self.credentials(view))
    }

    /// Says in the log and in the events of the entity that a set of credentials is passed over, once for each pause.
    pub(crate) async fn tell_passed_over(&self, view: &EntitySettings, fault: &crate::forge::Error) -> Result<(), crate::store::Error> {
        let (Some(budgets), crate::forge::Error::Unauthorized { credentials: refused, .. }) = (self.forges.budgets(), fault) else {
            return Ok(());
        };
        let mut these = view.all_credentials().filter(|credentials| credentials.name == *refused);
        if these.all(|credentials| budgets.with(credentials.id, self.clock.now(), Budget::tell_passed_over)) {
            return Ok(());
        }
        let told = format!("{}; meanwhile the other credentials are used", describe(fault));
        warn!(entity.id = %view.entity.id, "{told}");
        self.store.add_entity_event(view.entity.id, EventLevel::Warning, told).await
    }

    /// The API budget of these credentials as it stands; `None` = calls are not limited.
    pub(crate) fn budget(&self, credentials: &Credentials) -> Option<Budget> {
        let budgets = self.forges.budgets()?;
        // Before the first client is made there is a budget, too: plans count on it.
        Some(budgets.with(credentials.id, self.clock.now(), |budget| budget.clone()))
    }

    /// Whether a call of this importance can be made now: to be asked before an intent is written down for it.
    ///
    /// # Errors
    /// [`forge::Error::BudgetSpent`](crate::forge::Error::BudgetSpent), with the time when to look again.
    pub(crate) fn may_call(&self, view: &EntitySettings, importance: Importance, kind: CallKind) -> Result<(), crate::forge::Error> {
        let credentials = self.credentials(view);
        let Some(budget) = self.budget(credentials) else { return Ok(()) };
        budget.check(self.clock.now(), importance, kind).map_err(|spent| budget_spent(credentials, spent))
    }

    /// Makes sure that this server has a part of the API budget to spend. It asks for the next part in the background, while there is something left.
    async fn hold_points(&self, credentials: &Credentials) -> Result<(), crate::forge::Error> {
        let Some(budgets) = self.forges.budgets() else { return Ok(()) };
        let need = || budgets.with(credentials.id, self.clock.now(), |budget| budget.needs_hold(self.clock.now()));
        match need() {
            HoldNeed::None => {}
            HoldNeed::Soon => {
                if let Ok(refilling) = Arc::clone(&self.refilling).try_lock_owned() {
                    let (services, id) = (self.clone(), credentials.id);
                    tokio::spawn(async move {
                        if let Err(fault) = services.refill(id).await {
                            warn!(error = %describe(&fault), "cannot ask for another part of an API budget; trying again with the next call");
                        }
                        drop(refilling);
                    });
                }
            }
            HoldNeed::Now => {
                let _refilling = self.refilling.lock().await;
                if need() == HoldNeed::Now
                    && let Err(fault) = self.refill(credentials.id).await
                {
                    warn!(error = %describe(&fault), "cannot ask for a part of an API budget; no call is made");
                    let until = self.clock.now().after(self.policy.database_retry);
                    return Err(budget_spent(credentials, Spent { limit: SpentLimit::Points, until }));
                }
            }
        }
        Ok(())
    }

    async fn refill(&self, id: CredentialsId) -> Result<(), crate::store::Error> {
        let Some(budgets) = self.forges.budgets() else { return Ok(()) };
        let asked = budgets.with(id, self.clock.now(), |budget| budget.ask_hold(self.clock.now()));
        let hold = self.store.hold_points(id, self.holder.id(), asked.clone()).await?;
        budgets.with(id, self.clock.now(), |budget| budget.give_hold(&asked, hold));
        Ok(())
    }

    /// When the forge was asked lately where this entity is, because of a delivery. Held while it is asked.
    pub(crate) fn asked_for_place(&self, entity: EntityId) -> Arc<Times> {
        Arc::clone(self.asked_for_places.lock().unwrap_or_else(PoisonError::into_inner).entry(entity).or_default())
    }

    /// Asks the forge for a registration token on behalf of a runner of this entity.
    ///
    /// # Errors
    /// When the entity or its credentials are gone, or the forge refuses.
    pub async fn registration_token(&self, entity: EntityId) -> Result<crate::model::SecretString, Error> {
        let view = self.store.entity_settings(entity).await?.ok_or_else(|| Error::Unready(format!("entity {entity} is gone")))?;
        Ok(self.forge(&view).await?.registration_token(&view.entity.at).await?)
    }
}

fn budget_spent(credentials: &Credentials, spent: Spent) -> crate::forge::Error {
    crate::forge::Error::BudgetSpent { credentials: credentials.name.clone(), limit: spent.limit, until: spent.until }
}

/// The right to make one call to a forge at a time, until it is dropped.
pub(crate) struct ForgeTurn {
    forge: Arc<dyn Forge>,
    _permit: OwnedSemaphorePermit,
}

impl Deref for ForgeTurn {
    type Target = dyn Forge;

    fn deref(&self) -> &Self::Target {
        self.forge.as_ref()
    }
}

/// The label that marks runners of this installation at the forge.
#[must_use]
pub fn controller_label(id: ControllerId) -> String {
    format!("runner-controller-id={id}")
}

/// The label that marks runners of a pool at the forge.
#[must_use]
pub fn pool_label(id: PoolId) -> String {
    format!("runner-pool-id={id}")
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::forge::{Clients, Error as ForgeError, Words};
    use crate::model::{CredentialsSecret, SecretString};
    use crate::provider::{External, ExternalSettings};
    use crate::store::tests::{entity, first_endpoints, sealer};
    use crate::store::{Database, NewCredentials};

    #[tokio::test]
    async fn refused_credentials_are_passed_over_while_others_can_be_used_and_are_waited_for_where_not() {
        let store = Store::open(Database::Memory, sealer(), Clock::System, first_endpoints()).await.expect("opens");
        let repository = entity(&store, "hello").await;
        let secret = CredentialsSecret::Pat(SecretString::from("ghp_planted"));
        let new = NewCredentials { name: "second".into(), description: String::new(), endpoint: repository.endpoint.clone(), secret };
        let second = store.create_credentials(new).await.expect("made").id;
        let in_turn = move |entity: &mut crate::model::Entity| {
            entity.more_credentials = vec![second];
            Ok(())
        };
        store.update_entity(repository.id, in_turn).await.expect("set");
        let view = store.entity_settings(repository.id).await.expect("answers").expect("there");
        let key = Arc::new(TokenKey::new(&SecretString::from("a key of the test")));
        let services = Services::new(store, Arc::new(Clients::new(Clock::System)), Vec::new(), key, Policy::default());
        let budgets = services.forges.budgets().expect("there are budgets");
        let now = services.clock.now();
        let refused =
            |credentials: &str| ForgeError::Unauthorized { credentials: credentials.into(), status: 401, words: Words::default() };
        let (first, name) = (view.credentials.id, view.credentials.name.as_str());

        assert!(!services.passes_over(&view, &refused(name)), "nothing was refused");
        budgets.with(first, now, |budget| budget.not_accepted(now));
        assert_eq!(services.credentials(&view).id, second);
        assert!(services.passes_over(&view, &refused(name)));
        assert!(!services.passes_over(&view, &refused("second")), "that one is accepted");
        // The forge asks the second set to wait for longer than the first one is passed over.
        budgets.with(second, now, |budget| budget.refuse(now, now, Some(Duration::from_hours(1))));
        assert_eq!(services.credentials(&view).id, first);
        assert!(!services.passes_over(&view, &refused(name)), "its turn comes again at once: the entity has to pause");
    }

    #[tokio::test(start_paused = true)]
    async fn creations_that_hang_leave_turns_for_everything_else() {
        let mut settings = ExternalSettings::new(ProviderName::from("any"), "/nowhere".into());
        settings.parallel = 4;
        let name = settings.name.clone();
        let facts = ProviderFacts::new(name, "", true, Arc::new(External::new(settings, Clock::System)));
        let creations: Vec<_> = std::iter::from_fn(|| facts.create_turn().now_or_never()).collect();
        let other = facts.turn().now_or_never();
        assert_eq!((creations.len(), other.is_some(), facts.turn().now_or_never().is_none()), (2, true, true));
        let asked = facts.describe(ControllerId(uuid::Uuid::nil()));
        assert!(asked.now_or_never().is_none(), "a question about itself waits for its turn");
        assert!(facts.removal_turn().now_or_never().is_some(), "a removal waits neither for creations nor for lists");
        drop(other);
        assert!(facts.turn().now_or_never().is_some(), "a turn that is over is another's");
    }
}
