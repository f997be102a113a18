//! Kinds of machines and jobs on which money is spent for nothing, as a scenario plans them.

use std::time::Duration;

use crate::model::words;

words! {
    /// What is wrong with a pool.
    #[derive(PartialOrd, Ord)]
    Flaw {
        /// Machines boot and report `failed` at once: a broken image or template.
        FailsAtOnce = "fails-at-once",
        /// Machines report `idle`, and their runners never connect to the forge.
        NeverConnects = "never-connects",
        /// Runners connect and are never given a job: their group is not open to the repository.
        NeverGivenJob = "never-given-a-job",
        /// Runners connect and are offline at once: the forge no longer takes their version.
        VersionRetired = "version-retired",
        /// Machines report `terminated`, without a job.
        EndsAtOnce = "ends-at-once",
        /// The provider fails each creation.
        CreationFails = "creation-fails",
        /// The provider cannot remove a machine that has no row.
        OrphanStays = "orphan-stays",
        /// The forge refuses to register the pool's runners: their group does not exist.
        RegistrationRefused = "registration-refused",
    }
}

/// When something is wrong with a pool, counted from the beginning. At the end of the troubled phase an operator mends it at the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlawPlan {
    /// What is wrong.
    pub flaw: Flaw,
    /// Since when.
    pub from: Duration,
    /// Until when.
    pub until: Duration,
}

/// What is special about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Burden {
    /// The forge says `queued` in its delivery and holds the job back: for an approval, or for another run of its concurrency group.
    Held {
        /// When the job is released, counted from the beginning; at the end of the troubled phase at the latest.
        until: Duration,
        /// Whether the forge delivers `queued` again then.
        told: bool,
    },
    /// The job's repository is deleted: the forge answers 404 for the job, for ever.
    RepositoryGone,
    /// The job was created more than a day before it is queued.
    Old,
}
