//! A family of forges: what the server must know of a kind of forge without asking one.

use std::fmt;
use std::sync::Arc;

use super::budgets::Purse;
use super::delivery::Decoder;
use super::error::Error;
use super::interface::Forge;
use crate::clock::Clock;
use crate::model::{Credentials, Endpoint, EntityRef, ForgeKind, OsArch, OsType, RunnerTool};
use crate::proxies::Proxies;
use crate::telemetry::Metrics;

/// Makes a client for an endpoint with these credentials and proxies. Every request takes its price from the purse.
pub(super) type Connect = fn(&Endpoint, &Credentials, &Proxies, Clock, Metrics, Purse) -> Result<Arc<dyn Forge>, Error>;

/// The facts about one kind of forge. Each kind has one value, in its own folder.
pub struct Family {
    /// The kind of forge.
    pub(super) kind: ForgeKind,
    /// Makes a client.
    pub(super) connect: Connect,
    /// The endpoint that a new installation has from the start, if there is a forge that most people use.
    pub(super) first_endpoint: Option<fn() -> Endpoint>,
    /// How deliveries are read.
    pub(super) decoder: Decoder,
    /// The event of webhooks that tells of jobs.
    pub job_event: &'static str,
    /// The page that a runner of an entity registers with, below the web address of the endpoint.
    pub registration_url: fn(&str, &EntityRef) -> String,
    /// The forge's words for a system and an architecture in its list of runner downloads.
    pub(super) download_words: fn(OsType, OsArch) -> (&'static str, &'static str),
    /// The name of the service that runs a runner of an entity.
    pub service_name: fn(&EntityRef) -> String,
    /// The systemd unit of the service of this name, for this user.
    pub unit_file: fn(&str, &str) -> String,
}

impl fmt::Debug for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Family").field("kind", &self.kind).finish_non_exhaustive()
    }
}

impl Family {
    /// The download for a system and an architecture, in the forge's words or in ours.
    #[must_use]
    pub fn find_tool<'a>(&self, tools: &'a [RunnerTool], os: OsType, arch: OsArch) -> Option<&'a RunnerTool> {
        let (os_word, arch_word) = (self.download_words)(os, arch);
        tools.iter().find(|tool| {
            [os_word, os.as_str()].contains(&tool.os.as_str()) && [arch_word, arch.as_str()].contains(&tool.architecture.as_str())
        })
    }
}
