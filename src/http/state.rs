//! The state that all handlers share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use super::attempts::Attempts;
use super::bodies::Bodies;
use super::hashing::Hashing;
use super::strangers::Strangers;
use super::{Directory, Error, FirstRun, Limits, Origins, TrustedProxies};
use crate::clock::Clock;
use crate::control::Services;
use crate::crypto::token::TokenKey;
use crate::model::ControllerId;
use crate::store::Store;
use crate::telemetry::LogFeed;

/// The server as handlers see it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct App {
    /// The part of the server that acts, and its parts.
    pub services: Services,
    /// The secrets that sign deliveries.
    pub directory: Directory,
    /// How long a login lasts.
    pub login_lasts: Duration,
    /// Host name, for display.
    pub hostname: Arc<str>,
    /// The id of this installation. It never changes.
    pub controller_id: ControllerId,
    /// Who may make the administrator.
    pub first_run: FirstRun,
    /// Who may read the figures.
    pub metrics: MetricsAccess,
    /// Whether the server installs and removes webhooks at forges.
    pub manages_webhooks: bool,
    /// The log, if the configuration allows clients to follow it.
    pub log: Option<LogFeed>,
    /// Pages that may open WebSockets.
    pub origins: Origins,
    /// Proxies that tell where requests come from.
    pub trusted_proxies: TrustedProxies,
    pub(super) attempts: Attempts,
    pub(super) hashing: Hashing,
    /// How much clients may take.
    pub(super) limits: Limits,
    pub(super) bodies: Bodies,
    pub(super) sockets: Sockets,
    pub(super) strangers: Strangers,
    initialised: Arc<AtomicBool>,
}

/// The open WebSockets of a server.
#[derive(Clone, Debug, Default)]
pub(super) struct Sockets {
    /// Closes them.
    pub(super) stop: CancellationToken,
    tasks: TaskTracker,
}

impl Sockets {
    /// None yet; they are closed with `stop`.
    pub(super) fn until(stop: CancellationToken) -> Self {
        Self { stop, tasks: TaskTracker::new() }
    }

    /// Counts one more as open, as long as the token lives.
    pub(super) fn token(&self) -> TaskTrackerToken {
        self.tasks.token()
    }

    /// Waits until all are closed.
    pub(super) async fn closed(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

/// Who may read the figures for Prometheus.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MetricsAccess {
    /// The figures are not served.
    #[default]
    Off,
    /// A caller with a token made for figures.
    Token,
    /// Every caller.
    Anybody,
}

impl App {
    /// The state of a new server.
    #[must_use]
    pub fn new(
        services: Services,
        directory: Directory,
        login_lasts: Duration,
        hostname: &str,
        controller_id: ControllerId,
        limits: Limits,
        first_run: FirstRun,
    ) -> Self {
        let metrics = MetricsAccess::default();
        Self {
            services,
            directory,
            login_lasts,
            hostname: hostname.into(),
            controller_id,
            first_run,
            metrics,
            manages_webhooks: false,
            log: None,
            origins: Origins::default(),
            trusted_proxies: TrustedProxies::default(),
            attempts: Attempts::default(),
            hashing: Hashing::start(),
            bodies: Bodies::new(limits.bodies_bytes),
            limits,
            sockets: Sockets::default(),
            strangers: Strangers::default(),
            initialised: Arc::default(),
        }
    }

    pub(super) fn store(&self) -> &Store {
        &self.services.store
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.services.clock
    }

    pub(super) fn token_key(&self) -> &TokenKey {
        &self.services.token_key
    }

    /// Refuses until there is an administrator. From then on there always is one.
    pub(super) async fn check_initialised(&self) -> Result<(), Error> {
        if self.is_initialised().await? { Ok(()) } else { Err(Error::init_required()) }
    }

    /// Whether there is an administrator. Once there is, the database is not asked again.
    pub(super) async fn is_initialised(&self) -> Result<bool, Error> {
        if self.initialised.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let is_initialised = self.store().has_admin().await?;
        self.initialised.store(is_initialised, Ordering::Relaxed);
        Ok(is_initialised)
    }

    /// Refuses until runners can reach this server.
    pub(super) async fn check_urls(&self) -> Result<(), Error> {
        let controller = self.store().controller().await?;
        if controller.metadata_url.is_empty() || controller.callback_url.is_empty() {
            return Err(Error::urls_required());
        }
        Ok(())
    }
}
