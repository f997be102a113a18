//! The state of the forge and how it moves. Plain data under one lock; [`super::forge::Forge`] is the handle that takes the lock.
//!
//! Invariants: a job is held by at most one runner, and a runner holds at most one job. A job that has ended never changes again. A
//! delivery exists for every hook and every change of a job's status, in the order of the changes.
//!
//! | File | What moves there |
//! |---|---|
//! | [`owners`] | owners, repositories, enterprises, runner groups |
//! | [`registration`] | tokens of scopes, the registration of runners |
//! | [`sessions`] | connections of runners, and their loss |
//! | [`jobs`] | jobs and their assignment |
//! | [`deliveries`] | hooks and deliveries |
//! | [`super::scale_sets`] | scale sets: a room of its own |

mod deliveries;
mod error;
mod jobs;
mod owners;
mod registration;
mod sessions;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use sha2::{Digest, Sha256};

pub use self::error::Error;
use super::access::Access;
use super::nouns::{DEFAULT_GROUP, Delivery, Enterprise, Hook, Job, Owner, Repository, Runner, RunnerGroup, ScopeToken};
use super::scale_sets::ScaleSets;
use super::settings::Settings;
use crate::clock::Clock;
use crate::time::Timestamp;

/// Everything the forge knows.
pub struct State {
    pub(in crate::sim) clock: Clock,
    pub(in crate::sim) settings: Settings,
    pub(in crate::sim) access: Access,
    pub(in crate::sim) scale_sets: ScaleSets,
    /// Where the HTTP face is; no slash at its end.
    pub(in crate::sim) url: String,
    /// Where counters begin, and the salt of hashes: two forges one after the other share no numbers.
    epoch: i64,
    counter: i64,
    owners: BTreeMap<String, Owner>,
    repositories: BTreeMap<String, Repository>,
    /// The numbers of renamed repositories, by their old names.
    moved: BTreeMap<String, i64>,
    /// The old names of renamed organizations.
    lost_logins: BTreeSet<String>,
    enterprises: BTreeMap<String, Enterprise>,
    groups: Vec<RunnerGroup>,
    runners: BTreeMap<i64, Runner>,
    secrets: BTreeMap<String, i64>,
    scope_tokens: BTreeMap<String, ScopeToken>,
    jobs: BTreeMap<i64, Job>,
    /// Queued jobs that no runner has been given.
    unassigned: BTreeSet<i64>,
    hooks: BTreeMap<i64, Hook>,
    deliveries: BTreeMap<i64, Delivery>,
    outbox: VecDeque<i64>,
}

impl State {
    pub(in crate::sim) fn new(clock: Clock) -> Self {
        let epoch = clock.now().as_micros() / 1_000;
        let default_group = RunnerGroup { id: DEFAULT_GROUP, name: "Default".to_owned(), scope: None, open_to: None };
        Self {
            clock,
            settings: Settings::default(),
            access: Access::default(),
            scale_sets: ScaleSets::default(),
            url: "http://127.0.0.1".to_owned(),
            epoch,
            counter: 0,
            owners: BTreeMap::new(),
            repositories: BTreeMap::new(),
            moved: BTreeMap::new(),
            lost_logins: BTreeSet::new(),
            enterprises: BTreeMap::new(),
            groups: vec![default_group],
            runners: BTreeMap::new(),
            secrets: BTreeMap::new(),
            scope_tokens: BTreeMap::new(),
            jobs: BTreeMap::new(),
            unassigned: BTreeSet::new(),
            hooks: BTreeMap::new(),
            deliveries: BTreeMap::new(),
            outbox: VecDeque::new(),
        }
    }

    /// All jobs, oldest first.
    pub fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// A job by its number.
    #[must_use]
    pub fn find_job(&self, id: i64) -> Option<&Job> {
        self.jobs.get(&id)
    }

    /// All registered runners, oldest first.
    pub fn runners(&self) -> impl Iterator<Item = &Runner> {
        self.runners.values()
    }

    /// A runner by its number.
    #[must_use]
    pub fn find_runner(&self, id: i64) -> Option<&Runner> {
        self.runners.get(&id)
    }

    /// All deliveries, oldest first.
    pub fn deliveries(&self) -> impl Iterator<Item = &Delivery> {
        self.deliveries.values()
    }

    /// All hooks, oldest first.
    pub fn hooks(&self) -> impl Iterator<Item = &Hook> {
        self.hooks.values()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The next number; starts above the time the forge was made, in milliseconds, and never repeats.
    pub(in crate::sim) fn number(&mut self) -> i64 {
        self.counter += 1;
        self.epoch + self.counter
    }

    pub(in crate::sim) fn digest(&mut self, what: &str) -> [u8; 32] {
        let number = self.number();
        Sha256::digest(format!("{}/{what}/{number}", self.epoch)).into()
    }

    /// A text that looks like a secret. Guessing it does no harm: it opens only a fake forge.
    pub(in crate::sim) fn token(&mut self, prefix: &str) -> String {
        format!("{prefix}{}", &hex::encode(self.digest(prefix))[..36])
    }
}
