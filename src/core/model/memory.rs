//! The memory of machines: which were of use to a pool or to a job, and why the others were not.
//!
//! Rows of runners go with their machines, so they cannot tell that one machine after the other was made for nothing. These values stay. Both are
//! changed in the transaction that changes the runner, by the functions of this file and no other code. The planner judges by them
//! (`engine::steps::brake`); how long a pause is, is a matter of its policy.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Cause, MachineTimes, Reason, RunnerVersion};
use crate::time::Timestamp;

/// Something that a change of a runner means for the memory of its pool, and of the job that it was made for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MachineNews {
    /// The machine exists.
    Made,
    /// The provider could not make the machine.
    CreationFailed {
        /// When the attempt began.
        begun: Timestamp,
        /// The provider's words.
        fault: String,
        /// Whether there may be a machine all the same, or may have been one.
        may_be_there: bool,
    },
    /// The runner took a job.
    Served {
        /// The version of its software.
        version: Option<RunnerVersion>,
    },
    /// The runner vanished and counted as made in vain. Now the forge names it as the runner of another job.
    HadServed,
    /// The runner is connected, and the forge gives it no job; that is laid to the version of its software.
    Ignored {
        /// The version.
        version: RunnerVersion,
        /// The version that was handed out for its machine.
        offered: Option<RunnerVersion>,
        /// Until when the runner is kept.
        until: Timestamp,
    },
    /// The runner connected to the forge and stayed.
    Stayed,
    /// The runner goes and was of no use.
    Useless {
        /// Why, without what differs from one runner to another.
        reason: String,
        /// When the runner was wanted.
        begun: Timestamp,
        /// Why, with the words of the machine.
        fault: String,
        /// Whether it was ready and then vanished: it may have taken a job that no delivery told of.
        may_have_served: bool,
    },
    /// The runner goes without a job, and that says nothing of its pool.
    Unused {
        /// Why.
        reason: String,
        /// Whether it was ready and then vanished: it may have taken a job that no delivery told of.
        may_have_served: bool,
    },
    /// The runner goes before it had a job, for a reason that says nothing of its use: a person sent it away, or its pool is rotated.
    Withdrawn,
}

/// Failures in a row, and the pauses that they cost.
///
/// A pause lasts longer each time. It is longer only when a machine failed that was begun after the last pause began. So a hundred machines
/// that fail together cost the first pause, not the longest.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Streak {
    /// How many in a row.
    pub in_a_row: u32,
    /// Which pause this is; 0 = there was none yet.
    pub pause: u32,
    /// When the pause began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_at: Option<Timestamp>,
    /// When the last one failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// Why the last one failed, for people.
    pub fault: String,
}

impl Streak {
    /// So many in a row pause a pool.
    pub const LIMIT: u32 = 3;
    /// So much of a fault is kept, in characters.
    const FAULT_MAX: usize = 300;

    /// One more, whose machine was begun at the given time. Answers whether a pause begins.
    fn add(&mut self, begun: Timestamp, now: Timestamp, fault: &str) -> bool {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.last_at = Some(now);
        self.fault = fault.chars().take(Self::FAULT_MAX).collect();
        let pauses = self.in_a_row >= Self::LIMIT && self.paused_at.is_none_or(|at| begun >= at);
        if pauses {
            self.pause = self.pause.saturating_add(1);
            self.paused_at = Some(now);
        }
        pauses
    }

    /// How many tries failed one after the other. Machines that fail together are one try, once the limit is reached.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        if self.in_a_row < Self::LIMIT { self.in_a_row } else { Self::LIMIT - 1 + self.pause }
    }
}

/// A version of the runner software that the forge gives no jobs, as far as a pool can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IgnoredVersion {
    /// The version that the runner had.
    pub version: RunnerVersion,
    /// The version that was handed out for its machine. Once the forge offers another one, that is tried.
    pub offered: Option<RunnerVersion>,
    /// How many runners showed that, one after the other.
    pub times: u32,
    /// No machine is made before this time, unless another version is offered.
    pub until: Timestamp,
}

impl IgnoredVersion {
    /// Why the pool pauses, for people.
    #[must_use]
    pub fn told(&self) -> String {
        format!("a runner of version {} is connected, and the forge gives it no job although jobs wait", self.version)
    }
}

/// What changes for people when a memory changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A pause begins, the first or a longer one.
    Paused,
    /// The pool works again.
    Works,
}

/// The memory of a pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PoolMemory {
    /// How many machines were made.
    pub made: u64,
    /// How many of them took a job.
    pub served: u64,
    /// How many connected and stayed, before they took a job.
    pub stayed: u64,
    /// How many were of no use, by reason.
    pub useless: BTreeMap<String, u64>,
    /// How many machines failed, or could not be made, by cause.
    pub causes: BTreeMap<Cause, u64>,
    /// Machines that were of no use, since one was last of use.
    pub in_vain: Streak,
    /// Creations that failed, since one last succeeded.
    pub failed: Streak,
    /// The version that the forge gives no jobs, since a runner of the pool last took one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ignored: Option<IgnoredVersion>,
    /// The version of the runner that took a job last, and when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served_by: Option<(RunnerVersion, Timestamp)>,
    /// How many machines were made, or may have been, since [`Self::PROBATION`] passed without one; counted until the first is of use.
    pub on_probation: u32,
    /// When the last of these machines was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Timestamp>,
    /// How long the last ones took.
    #[serde(skip_serializing_if = "MachineTimes::is_empty")]
    pub times: MachineTimes,
    /// The repositories that the pool's runner group is not open to, by owner and name in lower case, and when the forge last said so.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub closed_to: BTreeMap<String, Timestamp>,
}

impl PoolMemory {
    /// A pool none of whose machines was ever of use makes at most its maximum of machines in this time.
    pub const PROBATION: Duration = Duration::from_mins(10);

    /// So long the forge is believed that the runner group is closed to a repository.
    pub const CLOSED_FOR: Duration = Duration::from_hours(1);
    /// So many repositories are remembered that the runner group is closed to.
    const CLOSED_MAX: usize = 100;

    /// Until when the runner group is believed to be closed to a repository; `None` = it is open, as far as is known.
    #[must_use]
    pub fn closed_until(&self, repository: &str, now: Timestamp) -> Option<Timestamp> {
        self.closed_to.get(repository).map(|at| at.after(Self::CLOSED_FOR)).filter(|until| *until > now)
    }

    /// Whether the runner group is closed to a repository, as far as is known.
    #[must_use]
    pub fn is_closed_to(&self, repository: &str, now: Timestamp) -> bool {
        self.closed_until(repository, now).is_some()
    }

    /// Takes in whether the runner group is closed to a repository. Answers whether that is news.
    pub fn told_of_group(&mut self, repository: &str, is_closed: bool, now: Timestamp) -> bool {
        if !is_closed {
            return self.closed_to.remove(repository).is_some();
        }
        let is_news = self.closed_to.insert(repository.to_owned(), now).is_none();
        while self.closed_to.len() > Self::CLOSED_MAX {
            let oldest = self.closed_to.iter().min_by_key(|(name, at)| (**at, (*name).clone())).map(|(name, _)| name.clone());
            oldest.map(|name| self.closed_to.remove(&name));
        }
        is_news
    }

    /// Whether a machine of the pool was ever of use.
    #[must_use]
    pub const fn is_proven(&self) -> bool {
        self.served > 0 || self.stayed > 0
    }

    /// The failures in a row for which the pool pauses, or makes one machine on trial after a pause.
    #[must_use]
    pub fn paused_for(&self) -> Option<&Streak> {
        [&self.in_vain, &self.failed].into_iter().find(|streak| streak.pause > 0)
    }

    /// How many machines count against the maximum of a pool that is not proven yet, and until when.
    #[must_use]
    pub fn probation(&self, now: Timestamp) -> Option<(u32, Timestamp)> {
        let until = self.made_at?.after(Self::PROBATION);
        (!self.is_proven() && until > now).then_some((self.on_probation, until))
    }

    /// Takes in what happened to one of the pool's runners.
    pub fn learn(&mut self, news: &MachineNews, now: Timestamp) -> Option<Turn> {
        match news {
            MachineNews::Made => {
                self.count(now);
                self.made += 1;
                self.forget(|memory| &mut memory.failed)
            }
            MachineNews::Served { .. } | MachineNews::HadServed => {
                self.served += 1;
                if let MachineNews::Served { version: Some(version) } = news {
                    self.served_by = Some((*version, now));
                }
                let was_ignored = self.ignored.take().is_some();
                let turn = self.forget(|memory| &mut memory.in_vain);
                turn.or_else(|| (was_ignored && self.paused_for().is_none()).then_some(Turn::Works))
            }
            MachineNews::Ignored { version, offered, until } => {
                let times = self.ignored.as_ref().filter(|known| known.version == *version).map_or(0, |known| known.times);
                let ignored = IgnoredVersion { version: *version, offered: *offered, times: times.saturating_add(1), until: *until };
                *self.useless.entry(Reason::Zombie.to_string()).or_default() += 1;
                self.ignored = Some(ignored);
                Some(Turn::Paused)
            }
            MachineNews::Stayed => {
                self.stayed += 1;
                self.forget(|memory| &mut memory.in_vain)
            }
            MachineNews::CreationFailed { begun, fault, may_be_there } => {
                if *may_be_there {
                    self.count(now);
                }
                self.failed.add(*begun, now, fault).then_some(Turn::Paused)
            }
            // A pool that works is believed: its runners vanish because they take jobs.
            MachineNews::Useless { may_have_served: true, .. } if self.is_proven() => None,
            MachineNews::Useless { reason, begun, fault, .. } => {
                *self.useless.entry(reason.clone()).or_default() += 1;
                self.in_vain.add(*begun, now, fault).then_some(Turn::Paused)
            }
            MachineNews::Unused { .. } | MachineNews::Withdrawn => None,
        }
    }

    /// A person changed the pool: the next machine may be of use.
    pub fn give_another_chance(&mut self) {
        (self.in_vain, self.failed) = (Streak::default(), Streak::default());
        self.ignored = None;
        self.closed_to.clear();
        (self.on_probation, self.made_at) = (0, None);
    }

    /// A machine costs money, at least for a while.
    fn count(&mut self, now: Timestamp) {
        let begins = self.made_at.is_none_or(|at| at.after(Self::PROBATION) <= now);
        self.on_probation = if begins { 1 } else { self.on_probation.saturating_add(1) };
        self.made_at = Some(now);
    }

    fn forget(&mut self, streak: impl Fn(&mut Self) -> &mut Streak) -> Option<Turn> {
        let was_paused = std::mem::take(streak(self)).pause > 0;
        (was_paused && self.ignored.is_none() && self.paused_for().is_none()).then_some(Turn::Works)
    }
}

/// The memory of a job that waits although machines were made for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobMemory {
    /// How many went without a job.
    pub machines: u32,
    /// When the last of them went. Where there was none: when another job, or a person, took a runner that was made for this one.
    pub last_at: Timestamp,
    /// When another job, or a person, took a runner that was made for this one, if one was made in vain before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken_at: Option<Timestamp>,
    /// Why it went.
    pub reason: String,
    /// Whether the last of them was ready and then vanished, so that it may have taken another job that no delivery told of.
    #[serde(default)]
    pub may_have_served: bool,
    /// Whether the pause is over because a person changed a pool that fits.
    #[serde(default)]
    pub another_chance: bool,
}

impl JobMemory {
    /// The memory, and one more machine: another entity made it for the job, and it has been there without a job since then.
    #[must_use]
    pub fn with_one_more(before: Option<Self>, since: Timestamp) -> Self {
        let reason = || "the machine of another entity that reports the job did not take it".to_owned();
        let known = before.unwrap_or_else(|| Self {
            machines: 0,
            last_at: since,
            taken_at: None,
            reason: reason(),
            may_have_served: false,
            another_chance: false,
        });
        Self {
            machines: known.machines.saturating_add(1),
            may_have_served: false,
            another_chance: known.another_chance && known.last_at >= since,
            last_at: known.last_at.max(since),
            ..known
        }
    }

    /// Takes in what happened to a runner that was made for the job.
    #[must_use]
    pub fn learn(before: Option<Self>, news: &MachineNews, now: Timestamp) -> Option<Self> {
        match news {
            MachineNews::Useless { reason, may_have_served, .. } | MachineNews::Unused { reason, may_have_served } => Some(Self {
                machines: before.map_or(0, |memory| memory.machines).saturating_add(1),
                last_at: now,
                taken_at: None,
                reason: reason.clone(),
                may_have_served: *may_have_served,
                another_chance: false,
            }),
            // Another job took the runner, or a person did. No pause follows, but the forge is asked before another machine is made.
            MachineNews::Served { .. } | MachineNews::Withdrawn => {
                let first = || Self {
                    machines: 0,
                    last_at: now,
                    taken_at: None,
                    reason: String::new(),
                    may_have_served: false,
                    another_chance: false,
                };
                Some(before.map_or_else(first, |memory| Self { taken_at: Some(now), ..memory }))
            }
            MachineNews::HadServed => before.map(|memory| Self { machines: memory.machines.saturating_sub(1), ..memory }),
            MachineNews::Made | MachineNews::CreationFailed { .. } | MachineNews::Stayed | MachineNews::Ignored { .. } => before,
        }
    }
}
