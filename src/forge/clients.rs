//! One client for each set of credentials, renewed when credentials or endpoint change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::budgets::{Budgets, Purse};
use super::error::Error;
use super::interface::{Forge, Forges};
use super::kinds::family;
use crate::clock::Clock;
use crate::model::{BudgetLimits, Credentials, CredentialsId, Endpoint, RateLimit};
use crate::proxies::Proxies;
use crate::telemetry::Metrics;
use crate::time::Timestamp;

/// The clients in use. They only hold what can be made again: connections, installation tokens, group numbers.
#[derive(Debug)]
pub struct Clients {
    clock: Clock,
    metrics: Metrics,
    proxies: Proxies,
    budgets: Budgets,
    known: Mutex<HashMap<CredentialsId, Cached>>,
}

#[derive(Debug)]
struct Cached {
    /// When credentials and endpoint were last changed.
    version: (Timestamp, Timestamp),
    client: Arc<dyn Forge>,
}

impl Clients {
    /// No clients yet; they will use no proxy.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            metrics: Metrics::default(),
            proxies: Proxies::default(),
            budgets: Budgets::new(BudgetLimits::default()),
            known: Mutex::default(),
        }
    }

    /// The same clients for a forge with other limits.
    #[must_use]
    pub fn with_limits(self, limits: BudgetLimits) -> Self {
        Self { budgets: Budgets::new(limits), ..self }
    }

    /// The same clients that count their calls elsewhere.
    #[must_use]
    pub fn with_metrics(self, metrics: Metrics) -> Self {
        Self { metrics, ..self }
    }

    /// The same clients that use these proxies.
    #[must_use]
    pub fn with_proxies(self, proxies: Proxies) -> Self {
        Self { proxies, ..self }
    }
}

impl Forges for Clients {
    fn get(&self, endpoint: &Endpoint, credentials: &Credentials) -> Result<Arc<dyn Forge>, Error> {
        let version = (credentials.updated_at, endpoint.updated_at);
        let mut clients = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(cached) = clients.get(&credentials.id).filter(|cached| cached.version == version) {
            return Ok(Arc::clone(&cached.client));
        }
        if clients.contains_key(&credentials.id) {
            self.budgets.renew(credentials.id, self.clock.now());
        }
        let purse = Purse::new(&self.budgets, credentials, self.clock.clone());
        let client = (family(endpoint)?.connect)(endpoint, credentials, &self.proxies, self.clock.clone(), self.metrics.clone(), purse)?;
        clients.insert(credentials.id, Cached { version, client: Arc::clone(&client) });
        Ok(client)
    }

    fn rate_limit(&self, id: CredentialsId) -> Option<RateLimit> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&id)?.client.rate_limit()
    }

    fn budgets(&self) -> Option<&Budgets> {
        Some(&self.budgets)
    }
}
