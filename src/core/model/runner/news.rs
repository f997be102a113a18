//! The meaning of a change of a runner for the memory of its pool, and of the job that it was made for.

use super::{InstanceStatus, Runner, RunnerStatus};
use crate::model::{MachineNews, Reason, StartTime};

impl Runner {
    /// What this state of the runner means for others, compared with the state before.
    #[must_use]
    pub fn news_since(&self, before: &Self) -> Vec<MachineNews> {
        use InstanceStatus as S;
        let mut news = Vec::new();
        // A machine that speaks exists, against its provider's word. So does one that is made for a runner on its way out.
        let answered = |runner: &Self| runner.provider_id.is_some() && runner.status != S::Error;
        let has_machine = |runner: &Self| runner.status == S::Running || runner.proven || runner.has_spoken() || answered(runner);
        if !has_machine(before) && has_machine(self) {
            news.push(MachineNews::Made);
        } else if before.status == S::Creating && self.status == S::Error {
            let may_be_there = self.create_deadline.is_some() || self.provider_id.is_some();
            news.push(MachineNews::CreationFailed { begun: before.status_at, fault: self.fault.clone(), may_be_there });
        }
        // A runner that stayed may take a job later.
        let has_a_job = |runner: &Self| runner.job_id.is_some() || runner.runner_status == RunnerStatus::Active;
        if !has_a_job(before) && has_a_job(self) {
            let had_vanished = before.status.is_leaving() && before.reason.as_ref().is_some_and(|reason| before.may_have_served(reason));
            news.push(if had_vanished { MachineNews::HadServed } else { MachineNews::Served { version: before.version() } });
        } else if !before.proven && self.proven {
            news.push(MachineNews::Stayed);
        }
        if let (None, Some(Reason::Ignored { version, offered, until })) = (before.ignored_until(), &self.reason) {
            news.push(MachineNews::Ignored { version: *version, offered: *offered, until: *until });
        }
        // A machine that is held is of no use from then on, and not once more when it goes.
        if let (None, Some(_), Some(Reason::Kept { timed_out, .. })) = (before.kept_until(), self.kept_until(), &self.reason) {
            news.extend(before.goes_in_vain(if *timed_out { &Reason::BootTimeout } else { &Reason::RunnerFailed }));
        } else if !before.status.is_leaving() && self.status.is_leaving() && before.kept_until().is_none() {
            let goes = self.reason.as_ref().and_then(|reason| before.goes_in_vain(reason));
            // The pool knows of one that the forge ignored.
            let goes = goes.map(|news| match news {
                MachineNews::Useless { reason, may_have_served, .. } if before.ignored_until().is_some() => {
                    MachineNews::Unused { reason, may_have_served }
                }
                news => news,
            });
            let may_have_machine = before.status != S::PendingCreate;
            let withdrawn = may_have_machine && !has_a_job(before) && !has_a_job(self);
            news.extend(goes.or(withdrawn.then_some(MachineNews::Withdrawn)));
        }
        news
    }

    /// How long the runner took to be ready, once it turns out to be of use. Of one that was made in several attempts that says nothing.
    #[must_use]
    pub fn start_since(&self, before: &Self) -> Option<StartTime> {
        if before.proven || !self.proven || self.create_attempt > 0 {
            return None;
        }
        if self.runner_status.is_terminal() && !before.is_ready() {
            return None;
        }
        // A job can begin before the machine has said that it is ready.
        let ready_at = if before.is_ready() { before.runner_status_at } else { self.updated_at };
        let made_at = if before.status == InstanceStatus::Running { before.status_at.min(ready_at) } else { ready_at };
        Some(StartTime::new(made_at.since(self.created_at), ready_at.since(made_at)))
    }

    /// Whether the runner has failed with this change: it says so, it was given up, it timed out, or it vanished.
    #[must_use]
    pub fn has_failed_since(&self, before: &Self) -> bool {
        let says_so = before.runner_status != RunnerStatus::Failed && self.runner_status == RunnerStatus::Failed;
        let goes = !before.status.is_leaving() && self.status.is_leaving();
        let is_held = before.kept_until().is_none() && self.kept_until().is_some();
        says_so || is_held || (goes && self.reason.as_ref().is_some_and(|reason| before.fails_by(reason)))
    }

    /// Whether a runner in this state that goes for this reason has failed.
    fn fails_by(&self, reason: &Reason) -> bool {
        match reason {
            // A runner that was ready is gone from the forge when its job is over. The delivery about that job may have been lost.
            Reason::GoneAtForge => !self.proven && !self.is_ready(),
            Reason::BootTimeout
            | Reason::GoneAtProvider
            | Reason::MachineStopped
            | Reason::Offline
            | Reason::Zombie
            | Reason::EndedWithoutJob
            | Reason::RunnerFailed
            | Reason::GaveUp { .. } => true,
            // Its machine could not be made, and then nobody needed it any more.
            _ => self.status == InstanceStatus::Error,
        }
    }

    fn is_ready(&self) -> bool {
        matches!(self.runner_status, RunnerStatus::Idle | RunnerStatus::Online)
    }

    /// Whether the runner vanished with this change although it was ready: the deliveries about its job may have been lost.
    #[must_use]
    pub fn has_vanished_since(&self, before: &Self) -> bool {
        let goes = !before.status.is_leaving() && self.status.is_leaving();
        goes && self.reason.as_ref().is_some_and(|reason| before.may_have_served(reason))
    }

    /// Whether a runner in this state that goes for this reason may have had a job that no delivery told of.
    fn may_have_served(&self, reason: &Reason) -> bool {
        self.is_ready() && matches!(reason, Reason::GoneAtForge | Reason::GoneAtProvider | Reason::MachineStopped)
    }

    /// The news that the runner goes for this reason, if that says anything.
    fn goes_in_vain(&self, reason: &Reason) -> Option<MachineNews> {
        let is_fault = matches!(
            reason,
            Reason::RunnerFailed
                | Reason::BootTimeout
                | Reason::GoneAtForge
                | Reason::GoneAtProvider
                | Reason::MachineStopped
                | Reason::Offline
                | Reason::Zombie
                | Reason::EndedWithoutJob
        );
        let may_have_served = self.may_have_served(reason);
        if is_fault && !self.proven {
            let words = Some(&self.fault).filter(|fault| !fault.is_empty());
            let fault = words.map_or_else(|| reason.to_string(), |words| format!("{reason}: {words}"));
            return Some(MachineNews::Useless { reason: reason.to_string(), begun: self.created_at, fault, may_have_served });
        }
        let is_unused = is_fault || matches!(reason, Reason::GaveUp { .. } | Reason::IdleSurplus);
        is_unused.then(|| MachineNews::Unused { reason: reason.to_string(), may_have_served })
    }
}
