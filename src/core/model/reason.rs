//! Why: one reason for each runner, pool and job that was or was not acted upon.
//!
//! The planner records reasons, the store keeps the last one of every job and runner, clients show them. A reason is data
//! (so that programs can tell reasons apart) with one sentence for people.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::words::words;
use super::{ProviderName, RunnerName, RunnerSetId, RunnerVersion, SpentLimit};
use crate::time::Timestamp;

words! {
    /// The kind of reason for which a job waits: few words, for figures.
    #[derive(PartialOrd, Ord)]
    WaitKind {
        /// No pool has its labels.
        NoPool = "no_pool",
        /// The pools that fit are disabled.
        Disabled = "disabled",
        /// The configuration lacks something.
        Configuration = "configuration",
        /// The pools that fit have their maximum of runners.
        Full = "full",
        /// A runner is there, or on its way.
        Runner = "runner",
        /// Making its machine failed, and is tried again.
        Retry = "retry",
        /// The pool makes a pause, or shows first that it is of use.
        Paused = "paused",
        /// The version that runners would have is retired, or the forge gives such runners no jobs.
        Version = "version",
        /// Machines were made for it in vain.
        InVain = "in_vain",
        /// The runner groups of the pools that fit are not open to its repository.
        Group = "group",
        /// The forge cannot be used.
        Forge = "forge",
        /// The forge's limits are reached.
        Budget = "budget",
        /// The forge is asked, or does not say that the job waits.
        Unconfirmed = "unconfirmed",
        /// The forge holds it back.
        HeldBack = "held_back",
        /// Another entity acts.
        Elsewhere = "elsewhere",
        /// No server plans for its entity.
        NoServer = "no_server",
        /// Nothing was planned yet.
        Unplanned = "unplanned",
    }
}

/// Why something is as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub enum Reason {
    /// No pool of the entity has all of the job's labels.
    NoPoolFits {
        /// The pool that lacks the fewest labels; `None` = there is no pool.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        nearest: Option<RunnerSetId>,
        /// The labels that it lacks.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<String>,
    },
    /// Pools fit, but all of them are disabled.
    PoolsDisabled,
    /// Its pool is disabled.
    PoolDisabled,
    /// Every pool that fits is at its maximum.
    PoolsFull {
        /// The pool that was tried first.
        #[serde(rename = "pool")]
        set: RunnerSetId,
        /// Its maximum.
        max_runners: u32,
    },
    /// Every pool that fits names a provider the configuration does not have.
    ProviderMissing {
        /// The provider that is missing.
        provider: ProviderName,
    },
    /// Runners could not reach this server: its callback or metadata URL is not set.
    UrlsMissing,
    /// An idle runner fits; the forge has still to assign the job to it.
    IdleRunner {
        /// That runner.
        runner: RunnerName,
    },
    /// A runner for it is on its way.
    RunnerStarting {
        /// That runner.
        runner: RunnerName,
    },
    /// A runner has taken it.
    Running {
        /// That runner.
        runner: RunnerName,
    },
    /// Another entity that also reported the job makes its runner.
    ClaimedElsewhere,
    /// The forge cannot be used at present.
    ForgeUnavailable {
        /// Its words.
        fault: String,
    },
    /// The API budget of the entity's credentials is spent.
    BudgetSpent {
        /// The name of the credentials.
        credentials: String,
        /// The limit that is spent.
        limit: SpentLimit,
        /// When there is something again.
        until: Timestamp,
    },
    /// As many runners were registered for the entity as the forge allows.
    RegistrationsSpent {
        /// When the next one can be.
        until: Timestamp,
        /// How many that are, in five minutes.
        limit: u32,
    },
    /// Waits before the next attempt.
    RetryLater {
        /// When.
        at: Timestamp,
        /// The fault.
        fault: String,
    },
    /// All attempts failed.
    GaveUp {
        /// How many there were.
        attempts: u32,
        /// The last fault.
        fault: String,
    },
    /// Made because a job waits.
    ForJob {
        /// The forge's number of the job.
        workflow_job_id: i64,
    },
    /// Made because a service has assigned a job to its scale set.
    ForAssignedJob,
    /// The session with the service of the scale set fails, so that it is not known whether the service still counts the job.
    SessionFails {
        /// The scale set.
        #[serde(rename = "scale_set")]
        set: RunnerSetId,
    },
    /// Made to keep the minimum of idle runners.
    ForMinimumIdle,
    /// Its job is over.
    JobDone,
    /// It did not become ready within its bootstrap timeout.
    BootTimeout,
    /// It is idle and more than its runner set keeps.
    IdleSurplus,
    /// The forge no longer knows it.
    GoneAtForge,
    /// The provider no longer has its machine.
    GoneAtProvider,
    /// The provider says that its machine no longer runs.
    MachineStopped,
    /// The forge lost contact with it.
    Offline,
    /// It has been idle all the while a job that fits waited: the forge gives it none.
    Zombie,
    /// It was made before its runner set was rotated.
    Outdated,
    /// The job waited for longer than the forge lets any job wait.
    Expired {
        /// The forge's words, where it does not show the job; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        fault: String,
    },
    /// The job was heard of long after it was queued, and the forge does not say that it waits.
    Unconfirmed {
        /// The forge's words, where it does not show the job; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        fault: String,
    },
    /// It reported that it failed.
    RunnerFailed,
    /// It failed, and its machine is held for a look.
    Kept {
        /// Until when.
        until: Timestamp,
        /// Whether it did not become ready in time. Otherwise it reported that it failed.
        timed_out: bool,
    },
    /// Its machine was held for a look, and the time for that is over.
    KeptLongEnough,
    /// It reported its end and had no job.
    EndedWithoutJob,
    /// It was to be made for a job that needs no machine any more.
    NotNeeded,
    /// The last machines of the pool were of no use, or could not be made.
    PoolPaused {
        /// The pool.
        #[serde(rename = "pool")]
        set: RunnerSetId,
        /// Until when no machine is made.
        until: Timestamp,
        /// How many in a row.
        in_a_row: u32,
        /// Why the last one was of no use.
        fault: String,
    },
    /// After a pause the pool makes one machine, which must show that it is of use.
    PoolOnTrial {
        /// The pool.
        #[serde(rename = "pool")]
        set: RunnerSetId,
        /// Why the last one was of no use.
        fault: String,
    },
    /// No machine of the pool was ever of use, and it made as many as it may.
    PoolUnproven {
        /// The pool.
        #[serde(rename = "pool")]
        set: RunnerSetId,
        /// Until when no machine is made.
        until: Timestamp,
        /// Its maximum.
        max_runners: u32,
    },
    /// The forge gives no jobs to runners of the version that new machines would install, as it has announced.
    VersionRetired {
        /// The version.
        version: RunnerVersion,
        /// Since when.
        since: Timestamp,
    },
    /// A runner is connected, and the forge gives it no job although jobs wait. Others of its version are not made.
    VersionIgnored {
        /// The pool.
        #[serde(rename = "pool")]
        set: RunnerSetId,
        /// The version.
        version: RunnerVersion,
        /// Until when no machine is made, unless another version is offered.
        until: Timestamp,
    },
    /// It is that runner. It is kept to see whether its version gets jobs after all.
    Ignored {
        /// Its version.
        version: RunnerVersion,
        /// The version that was handed out for its machine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        offered: Option<RunnerVersion>,
        /// Until when it is kept.
        until: Timestamp,
    },
    /// Machines were made for the job, and none took it.
    MadeInVain {
        /// How many.
        machines: u32,
        /// When the next one is made.
        at: Timestamp,
        /// Why the last one was of no use.
        fault: String,
    },
    /// The runner groups of the pools that fit are not open to the job's repository, as the forge says.
    GroupClosed {
        /// The pool that would be tried first.
        #[serde(rename = "pool")]
        set: RunnerSetId,
        /// Its group; empty = the default one.
        group: String,
    },
    /// The forge holds the job back: it waits for an approval or for other jobs, and no runner may take it.
    HeldBack,
    /// The forge is being asked whether the job still waits.
    AskingForge,
    /// The server stopped while the machine was being made; it is looked for at the provider.
    Interrupted,
    /// What a failed attempt may have left is being removed, for the next attempt.
    ClearingUp,
    /// That removal was cut off. It may still come, so no machine of this name is made any more.
    RemovalCutOff,
    /// Its machine starts for far longer than those of its pool before it.
    Late,
    /// Somebody asked for it.
    Requested,
}

impl Reason {
    /// That none of the pools fits a job with these labels. Of those that lack the fewest it names the one with the lowest id.
    #[must_use]
    pub fn no_pool_fits<'a>(labels: &[String], sets: impl IntoIterator<Item = (RunnerSetId, &'a [String])>) -> Self {
        let lacks = |(set, labels_of): (RunnerSetId, &[String])| {
            let is_missing = |label: &&String| !labels_of.iter().any(|known| known.to_lowercase() == label.to_lowercase());
            (set, labels.iter().filter(is_missing).cloned().collect::<Vec<String>>())
        };
        let nearest = sets.into_iter().map(lacks).min_by_key(|(set, missing)| (missing.len(), *set));
        let (nearest, missing) = nearest.map_or((None, Vec::new()), |(set, missing)| (Some(set), missing));
        Self::NoPoolFits { nearest, missing }
    }

    /// The kind of it, where a job waits for this reason. `None` = the reason is that of a runner, of a job that runs, or of one that is over.
    #[must_use]
    pub const fn wait_kind(&self) -> Option<WaitKind> {
        Some(match self {
            Self::NoPoolFits { .. } => WaitKind::NoPool,
            Self::PoolsDisabled | Self::PoolDisabled => WaitKind::Disabled,
            Self::ProviderMissing { .. } | Self::UrlsMissing => WaitKind::Configuration,
            Self::PoolsFull { .. } => WaitKind::Full,
            // The forge says of one that is `Running` that it works, and has not said yet on which job.
            Self::IdleRunner { .. } | Self::RunnerStarting { .. } | Self::Running { .. } => WaitKind::Runner,
            Self::RetryLater { .. } => WaitKind::Retry,
            Self::PoolPaused { .. } | Self::PoolOnTrial { .. } | Self::PoolUnproven { .. } => WaitKind::Paused,
            Self::VersionRetired { .. } | Self::VersionIgnored { .. } => WaitKind::Version,
            Self::MadeInVain { .. } => WaitKind::InVain,
            Self::GroupClosed { .. } => WaitKind::Group,
            Self::ForgeUnavailable { .. } | Self::SessionFails { .. } => WaitKind::Forge,
            Self::BudgetSpent { .. } | Self::RegistrationsSpent { .. } => WaitKind::Budget,
            Self::Expired { .. } | Self::Unconfirmed { .. } | Self::AskingForge => WaitKind::Unconfirmed,
            Self::HeldBack => WaitKind::HeldBack,
            Self::ClaimedElsewhere => WaitKind::Elsewhere,
            _ => return None,
        })
    }

    /// The runner that a job counts on.
    #[must_use]
    pub const fn counted_on(&self) -> Option<&RunnerName> {
        match self {
            Self::IdleRunner { runner } | Self::RunnerStarting { runner } | Self::Running { runner } => Some(runner),
            _ => None,
        }
    }

    /// The words of a provider, a machine or a forge in it.
    pub const fn fault_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::ForgeUnavailable { fault }
            | Self::Expired { fault }
            | Self::Unconfirmed { fault }
            | Self::RetryLater { fault, .. }
            | Self::GaveUp { fault, .. }
            | Self::PoolPaused { fault, .. }
            | Self::PoolOnTrial { fault, .. }
            | Self::MadeInVain { fault, .. } => Some(fault),
            _ => None,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPoolFits { nearest: None, .. } => f.write_str("no pool has all of the job's labels"),
            Self::NoPoolFits { nearest: Some(set), missing } => {
                write!(f, "no pool has all of the job's labels; the nearest is {set}, which lacks {}", missing.join(", "))
            }
            Self::PoolsDisabled => f.write_str("the pools that fit are disabled"),
            Self::PoolDisabled => f.write_str("its pool or scale set is disabled"),
            Self::PoolsFull { set, max_runners } => {
                write!(f, "the pools that fit are full ({set} has its maximum of {max_runners} runners)")
            }
            Self::ProviderMissing { provider } => write!(f, "provider {provider} is not in the server's configuration"),
            Self::UrlsMissing => f.write_str("the callback and metadata URLs are not set (garm controller update)"),
            Self::IdleRunner { runner } => write!(f, "idle runner {runner} fits; waiting for the forge to assign the job"),
            Self::RunnerStarting { runner } => write!(f, "runner {runner} is starting for it"),
            Self::Running { runner } => write!(f, "runs on {runner}"),
            Self::ClaimedElsewhere => f.write_str("another entity that reported the job makes its runner"),
            Self::ForgeUnavailable { fault } => write!(f, "the forge cannot be used: {fault}"),
            Self::BudgetSpent { credentials, limit, until } => {
                write!(f, "the API budget of credentials {credentials} is spent until {until} ({limit})")
            }
            Self::RegistrationsSpent { until, limit } => {
                write!(f, "the next runner can be registered at {until}: the forge allows an entity {limit} in five minutes")
            }
            Self::RetryLater { at, fault } => write!(f, "next attempt at {at}: {fault}"),
            Self::GaveUp { attempts, fault } => write!(f, "gave up after {attempts} attempts: {fault}"),
            Self::ForJob { workflow_job_id } => write!(f, "made for job {workflow_job_id}"),
            Self::ForAssignedJob => f.write_str("made for a job that is assigned to its scale set"),
            Self::SessionFails { set } => {
                write!(f, "the session of {set} with the service fails, and no machine is made until the service counts its jobs again")
            }
            Self::ForMinimumIdle => f.write_str("made to keep the minimum of idle runners"),
            Self::JobDone => f.write_str("its job is over"),
            Self::BootTimeout => f.write_str("did not become ready within its bootstrap timeout"),
            Self::IdleSurplus => f.write_str("idle, and more than are kept"),
            Self::GoneAtForge => f.write_str("the forge no longer knows it"),
            Self::GoneAtProvider => f.write_str("the provider no longer has its machine"),
            Self::MachineStopped => f.write_str("the provider says that its machine does not run any more"),
            Self::Offline => f.write_str("the forge lost contact with it"),
            Self::Zombie => f.write_str("it has been idle all the while a job that fits waited"),
            Self::Outdated => f.write_str("made before its pool or scale set was rotated or made again"),
            Self::Expired { fault } if fault.is_empty() => f.write_str("waited for longer than the forge lets any job wait"),
            Self::Expired { fault } => {
                write!(f, "waited for longer than the forge lets any job wait, and the forge does not show it: {fault}")
            }
            Self::Unconfirmed { fault } if fault.is_empty() => {
                f.write_str("heard of long after it was queued, and the forge does not say that it waits")
            }
            Self::Unconfirmed { fault } => {
                write!(f, "heard of long after it was queued, and the forge does not say that it waits: {fault}")
            }
            Self::RunnerFailed => f.write_str("it reported that it failed"),
            Self::Kept { until, timed_out } => {
                let cause = if *timed_out { Self::BootTimeout } else { Self::RunnerFailed };
                write!(f, "its machine is held for a look until {until}: {cause}")
            }
            Self::KeptLongEnough => f.write_str("its machine was held for a look, and the time for that is over"),
            Self::EndedWithoutJob => f.write_str("it reported its end and had no job"),
            Self::NotNeeded => f.write_str("no job needs it any more"),
            Self::PoolPaused { set, until, in_a_row, fault } => {
                write!(f, "{set} makes no machine until {until}, because {in_a_row} in a row were of no use: {fault}")
            }
            Self::PoolOnTrial { set, fault } => {
                write!(f, "{set} makes one machine at a time, because the last ones were of no use: {fault}")
            }
            Self::PoolUnproven { set, until, max_runners } => {
                write!(f, "{set} makes no machine until {until}, because none of the last {max_runners} was of use, nor any before")
            }
            Self::VersionRetired { version, since } => {
                write!(
                    f,
                    "since {since} the forge gives no jobs to runners of version {version}; a newer one is installed once it is offered"
                )
            }
            Self::VersionIgnored { set, version, until } => write!(
                f,
                "{set} makes no machine until {until}, because the forge gives a runner of version {version} no job; a newer version is \
                 tried at once"
            ),
            Self::Ignored { version, until, .. } => {
                write!(
                    f,
                    "the forge gives it no job, perhaps because of its version {version}; it is kept until {until}, in case it gets one"
                )
            }
            Self::MadeInVain { machines, at, fault } => {
                write!(f, "next machine at {at}: {machines} made for it did not take it; of the last one: {fault}")
            }
            Self::GroupClosed { set, group } => {
                write!(f, "no pool with its labels may serve its repository: the {} of {set} is not open to it", group_named(group))
            }
            Self::HeldBack => f.write_str("the forge holds it back, for an approval or for other jobs"),
            Self::AskingForge => f.write_str("the forge is asked whether it still waits"),
            Self::Interrupted => f.write_str("interrupted while its machine was being made; looking for it at the provider"),
            Self::ClearingUp => f.write_str("clearing up after a failed attempt, for the next one"),
            Self::RemovalCutOff => f.write_str("clearing up after a failed attempt was cut off; another runner is made in its place"),
            Self::Late => f.write_str("starts for far longer than the machines before it, so no job counts on it for now"),
            Self::Requested => f.write_str("somebody asked for it"),
        }
    }
}

/// A runner group, as sentences name it.
#[must_use]
pub fn group_named(group: &str) -> String {
    if group.is_empty() { "default runner group".to_owned() } else { format!("runner group {group}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_before_the_words_of_the_forge_were_kept_are_read() {
        for (word, reason) in
            [("expired", Reason::Expired { fault: String::new() }), ("unconfirmed", Reason::Unconfirmed { fault: String::new() })]
        {
            let row = format!(r#"{{"reason":"{word}"}}"#);
            assert_eq!(serde_json::from_str::<Reason>(&row).expect("read"), reason);
            assert_eq!(serde_json::to_string(&reason).expect("written"), row, "as an older server reads it");
        }
        let told = Reason::Unconfirmed { fault: "403 Not for you".into() };
        assert_eq!(serde_json::from_str::<Reason>(&serde_json::to_string(&told).expect("written")).expect("read"), told);
        assert!(told.to_string().ends_with("does not say that it waits: 403 Not for you"));
    }
}
