//! The meaning of a change of a runner for the memory of its pool, and of the job that it was made for.

use super::{InstanceStatus, Runner, RunnerStatus};
use crate::model::{MachineNews, Reason};

impl Runner {
    /// What this state of the runner means for others, compared with the state before.
    #[must_use]
    pub fn news_since(&self, before: &Self) -> Vec<MachineNews> {
        use InstanceStatus as S;
        let mut news = Vec::new();
        let has_machine = |runner: &Self| runner.status == S::Running || runner.proven;
        if matches!(before.status, S::PendingCreate | S::Creating | S::Error) && !has_machine(before) && has_machine(self) {
            news.push(MachineNews::Made);
        }
        if before.status == S::Creating && self.status == S::Error {
            news.push(MachineNews::CreationFailed { begun: before.status_at, fault: self.fault.clone() });
        }
        if !before.proven && self.proven {
            let took_a_job = self.job_id.is_some() || self.runner_status == RunnerStatus::Active;
            news.push(if took_a_job { MachineNews::Served } else { MachineNews::Stayed });
        }
        if !before.status.is_leaving() && self.status.is_leaving() {
            news.extend(self.reason.as_ref().and_then(|reason| before.goes_in_vain(reason)));
        }
        news
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
        if is_fault && !self.proven {
            let words = Some(&self.fault).filter(|fault| !fault.is_empty());
            let fault = words.map_or_else(|| reason.to_string(), |words| format!("{reason}: {words}"));
            return Some(MachineNews::Useless { reason: reason.to_string(), begun: self.created_at, fault });
        }
        let is_unused = is_fault || matches!(reason, Reason::GaveUp { .. } | Reason::IdleSurplus);
        is_unused.then(|| MachineNews::Unused { reason: reason.to_string() })
    }
}
