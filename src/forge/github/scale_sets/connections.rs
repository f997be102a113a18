//! One service for each entity, made when it is first asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::connection::Connection;
use super::exchange::Exchange;
use super::service::Service;
use crate::clock::Clock;
use crate::forge::error::Error;
use crate::forge::github::connect::{Protocol, built, connector};
use crate::forge::github::place::{path, registration_url};
use crate::forge::github::rest::Rest;
use crate::forge::scale_sets::{Recoveries, ScaleSetService};
use crate::model::{Endpoint, EntityRef};
use crate::proxies::Proxies;
use crate::telemetry::Metrics;

/// The services of one forge, as seen with one set of credentials.
#[derive(Debug)]
pub(in crate::forge::github) struct Connections {
    endpoint: Endpoint,
    proxies: Proxies,
    clock: Clock,
    metrics: Metrics,
    recoveries: Recoveries,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// The connections that all share: most installations have no scale set, and need none.
    exchange: Option<Exchange>,
    /// By the place of the entity in the API.
    services: HashMap<String, Arc<Service>>,
}

impl Connections {
    pub(in crate::forge::github) fn new(endpoint: &Endpoint, proxies: &Proxies, clock: Clock, metrics: Metrics) -> Self {
        let (endpoint, proxies) = (endpoint.clone(), proxies.clone());
        Self { endpoint, proxies, clock, metrics, recoveries: Recoveries::default(), known: Mutex::default() }
    }

    /// The service of an entity.
    pub(in crate::forge::github) fn get(&self, rest: &Arc<Rest>, at: &EntityRef) -> Result<Arc<dyn ScaleSetService>, Error> {
        let place = path(at)?.to_lowercase();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(service) = known.services.get(&place) {
            return Ok(Arc::clone(service) as Arc<dyn ScaleSetService>);
        }
        let exchange = if let Some(exchange) = &known.exchange {
            exchange.clone()
        } else {
            // A poll is held open for a minute: on a shared connection many of them would wait for a place.
            let client = built(&self.endpoint, connector(&self.endpoint, &self.proxies, Protocol::OnePerConnection)?)?;
            known.exchange.insert(Exchange { client, metrics: self.metrics.clone(), clock: self.clock.clone() }).clone()
        };
        let page = registration_url(&self.endpoint.base_url, at);
        let connection = Connection::new(Arc::clone(rest), exchange, at.clone(), page);
        let service = Arc::new(Service::new(connection, self.recoveries.clone()));
        known.services.insert(place, Arc::clone(&service));
        Ok(service)
    }
}
