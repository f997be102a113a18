//! How patient the planner is: every duration and count that is a matter of judgement, in one place.

use std::time::Duration;

use super::Action;

/// The planner's settings. Durations that users set per pool or for the installation are in the snapshot instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many attempts follow a failed creation (upstream: 5).
    pub create_retries: u32,
    /// Wait before the first retry of anything; doubles with each further one.
    pub backoff_first: Duration,
    /// Longest wait between retries.
    pub backoff_max: Duration,
    /// So many failed creations in a row, and a pool makes no new runners until the next retry is due.
    pub failures_in_a_row: usize,
    /// How long a runner that failed stays visible before it is removed, unless its place is needed.
    pub failed_hold: Duration,
    /// How long a provider may take to answer that it made a machine whose runner is on its way out already.
    pub answer_hold: Duration,
    /// How long a runner must have been idle before it may be surplus.
    pub idle_time_min: Duration,
    /// How long a runner whose contact the forge lost stays, unless its place is needed.
    pub offline_hold: Duration,
    /// How long an idle runner may ignore a job that fits while it waits, before the runner counts as broken.
    pub zombie_after: Duration,
    /// How long after its queueing the forge itself gives up a job that no runner took (GitHub and Gitea: a day).
    pub job_lifetime: Duration,
    /// How often the forge is asked how a job stands that nothing is heard of.
    pub job_check_period: Duration,
    /// How soon it is asked again about a job whose runner is gone.
    pub job_check_again: Duration,
    /// How often lists of forge and provider are asked for while there are runners.
    pub observe_period: Duration,
    /// How often the forge's list is asked for while a runner works: bounds for how long a lost delivery goes unnoticed.
    pub observe_period_busy: Duration,
    /// How often they are asked for while there are none, to find orphans.
    pub observe_period_idle: Duration,
    /// How soon a list is asked for again when something is missing on it or is waited for.
    pub observe_again: Duration,
    /// How long a call to the forge may take.
    pub forge_deadline: Duration,
    /// How long a call to a provider may take, beside the time a machine may take to be made.
    pub provider_deadline: Duration,
    /// How old runner downloads may be.
    pub tools_period: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            create_retries: 5,
            backoff_first: Duration::from_secs(5),
            backoff_max: Duration::from_secs(45),
            failures_in_a_row: 3,
            failed_hold: Duration::from_mins(1),
            answer_hold: Duration::from_secs(20),
            idle_time_min: Duration::from_mins(5),
            offline_hold: Duration::from_mins(5),
            zombie_after: Duration::from_mins(2),
            job_lifetime: Duration::from_hours(24),
            job_check_period: Duration::from_mins(30),
            job_check_again: Duration::from_secs(30),
            observe_period: Duration::from_mins(5),
            observe_period_busy: Duration::from_secs(30),
            observe_period_idle: Duration::from_hours(1),
            observe_again: Duration::from_secs(5),
            forge_deadline: Duration::from_mins(3),
            provider_deadline: Duration::from_mins(15),
            tools_period: Duration::from_mins(40),
        }
    }
}

impl Policy {
    /// How long an action may take before it is given up, whatever it hangs on. Forge clients and providers have shorter limits of their own;
    /// this is what remains should those fail. It includes the time an action waits for its turn.
    #[must_use]
    pub fn deadline(&self, action: &Action) -> Duration {
        match action {
            Action::CreateMachine { within, .. } => within.saturating_add(self.provider_deadline),
            Action::RetryCreate { .. }
            | Action::DeleteMachine { .. }
            | Action::ListMachines { .. }
            | Action::RemoveMachineOrphan { .. } => self.provider_deadline,
            _ => self.forge_deadline,
        }
    }

    /// The wait after so many failures in a row (1 = the first).
    #[must_use]
    pub fn backoff(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        self.backoff_first.saturating_mul(1 << doublings).min(self.backoff_max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_doubles_up_to_its_maximum() {
        let policy = Policy { backoff_first: Duration::from_secs(5), backoff_max: Duration::from_mins(1), ..Policy::default() };
        assert_eq!([1, 2, 3, 4, 5, 40].map(|n| policy.backoff(n).as_secs()), [5, 10, 20, 40, 60, 60]);
    }
}
