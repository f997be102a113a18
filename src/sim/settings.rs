//! How the fake forge behaves where real ones differ or where a test wants something special.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::runner_archive::RUNNER_VERSION;
use super::scale_sets::ScaleSetSettings;
use crate::model::Rate;
use crate::time::Timestamp;

/// Behaviour of a [`super::Forge`]; change it with [`super::Forge::configure`].
#[derive(Clone, Debug)]
pub struct Settings {
    /// Calls per hour and token or installation; `None` = no limits, as on a GHES where they are switched off.
    pub rate_limit: Option<u32>,
    /// GitHub's other limits; `None` = they are not enforced.
    pub limits: Option<Limits>,
    /// How long every REST call takes: half before its effect, half after it.
    pub latency: Duration,
    /// Whether every request is answered with an error page, as when the forge is down behind its load balancer.
    pub outage: bool,
    /// How long a runner waits for a job within one request.
    pub poll_wait: Duration,
    /// How long a runner may be silent before it counts as lost; runners are told to speak three times as often.
    pub session_timeout: Duration,
    /// How long after that the forge ends the job of a lost runner. GitHub takes about ten minutes; zero = at once.
    pub lost_job_timeout: Duration,
    /// How long a receiver of deliveries may take to answer; GitHub's value is the default.
    pub delivery_timeout: Duration,
    /// Whether failed deliveries are sent again every [`Settings::REDELIVERY_PERIOD`] until they are accepted. GitHub does not do this:
    /// there a person presses "redeliver".
    pub retry_deliveries: bool,
    /// What becomes of deliveries on their way.
    pub courier: Courier,
    /// The bearer that the download of the runner archive demands and that the list of downloads hands out, as GHES does.
    pub download_token: Option<String>,
    /// How the forge stores a webhook that the REST API makes.
    pub kept_hooks: KeptHooks,
    /// The version of the runner that is offered for download.
    pub runner_version: String,
    /// The ends of versions that the forge announces. From then on it gives no jobs to runners of the version.
    pub announced_ends: BTreeMap<String, Timestamp>,
    /// Versions whose runners connect and get no jobs, of which nothing was announced.
    pub retired_versions: BTreeSet<String>,
    /// How the service for scale sets behaves.
    pub scale_sets: ScaleSetSettings,
}

impl Settings {
    /// Whether runners of this version get jobs.
    pub(super) fn serves(&self, version: &str, now: Timestamp) -> bool {
        !self.retired_versions.contains(version) && self.announced_ends.get(version).is_none_or(|end| *end > now)
    }
}

/// GitHub's limits besides that of calls per hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Points of one token or installation: a read costs 1, any other call 5.
    pub points: Rate,
    /// Just-in-time configurations for one repository, organization or enterprise.
    pub registrations: Rate,
    /// Calls of one token or installation at the same time.
    pub at_once: usize,
}

impl Limits {
    /// The limits that GitHub has published.
    pub const PUBLISHED: Self = Self {
        points: Rate { limit: 900, within: Duration::from_mins(1) },
        registrations: Rate { limit: 1_500, within: Duration::from_mins(5) },
        at_once: 100,
    };
}

/// What stands between the forge and the receiver of its deliveries. Chance decides for each attempt by itself, and for the same attempt always the same.
#[derive(Clone, Debug, Default)]
pub struct Courier {
    /// Of a hundred attempts so many get lost.
    pub lost_percent: u8,
    /// The status that the forge gets for a lost attempt; `None` = it cannot connect.
    pub lost_answer: Option<u16>,
    /// Of a hundred attempts so many arrive twice.
    pub doubled_percent: u8,
    /// How long an attempt is on its way at least.
    pub delay: Duration,
    /// How much longer at most: with this deliveries overtake each other.
    pub jitter: Duration,
    /// Of a hundred deliveries so many are never made, and the forge's log does not have them.
    pub unmade_percent: u8,
}

/// A number below 100, always the same for the same words.
pub(super) fn lot(words: &str) -> u8 {
    let digest = Sha256::digest(words);
    u8::try_from(u16::from_be_bytes([digest[0], digest[1]]) % 100).unwrap_or_default()
}

/// How a forge stores a requested webhook: policies of its owner may change it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeptHooks {
    /// The hook as requested.
    #[default]
    AsAsked,
    /// The hook, switched off.
    Inactive,
    /// The hook, for other events.
    ForPushes,
}

impl Settings {
    /// How often failed deliveries are sent again, when that is asked for.
    pub const REDELIVERY_PERIOD: Duration = Duration::from_millis(200);
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limit: Some(15_000),
            limits: None,
            latency: Duration::ZERO,
            outage: false,
            poll_wait: Duration::from_secs(20),
            session_timeout: Duration::from_secs(30),
            lost_job_timeout: Duration::ZERO,
            delivery_timeout: Duration::from_secs(10),
            retry_deliveries: false,
            courier: Courier::default(),
            download_token: None,
            kept_hooks: KeptHooks::AsAsked,
            runner_version: RUNNER_VERSION.to_owned(),
            announced_ends: BTreeMap::new(),
            retired_versions: BTreeSet::new(),
            scale_sets: ScaleSetSettings::default(),
        }
    }
}
