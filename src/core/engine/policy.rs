//! How patient planner and shell are: every duration and count of theirs that is a matter of judgement, each with its reason.

use std::time::Duration;

use super::action::Effect;
use crate::model::{Rate, Streak};
use crate::time::Timestamp;

/// The durations and counts. Those that users set per runner set or for the installation are in the snapshot instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How many attempts follow a failed creation (upstream: 5).
    pub create_retries: u32,
    /// Wait before the first retry of anything; doubles with each further one.
    pub backoff_first: Duration,
    /// Longest wait between retries.
    pub backoff_max: Duration,
    /// How long a runner set makes no machines after [`crate::model::Streak::LIMIT`] of them in a row were of no use. The pause doubles each time.
    pub pause_first: Duration,
    /// The longest such pause. An operator who has mended an image outside of this server must not wait for longer.
    pub pause_max: Duration,
    /// How long is waited before the next machine for the same job, or for the same idle runner that is wanted, after so many in vain. That makes at
    /// most six in twenty minutes and two an hour afterwards.
    pub machine_waits: [Duration; 6],
    /// The same where the runner of the last machine was ready and vanished, so that it was perhaps taken by another job.
    pub machine_waits_taken: [Duration; 6],
    /// So many starts of a pool must be known before one counts as late.
    pub late_history: usize,
    /// No start counts as late before so long: a job must not get another machine for a short delay of a fast cloud.
    pub late_after_min: Duration,
    /// How long an idle runner must have been in contact with the forge before its pool is believed to work. It is longer than `zombie_after`.
    pub stays_after: Duration,
    /// Wait after the forge refused a registration for what it is, such as one into a group that does not exist. A person must change the
    /// runner set, which ends the wait, or the forge: asking more often changes nothing.
    pub refused_retry: Duration,
    /// How long a runner that failed stays visible before it is removed, unless its place is needed.
    pub failed_hold: Duration,
    /// How long a provider may take to answer that it made a machine whose runner is on its way out already.
    pub answer_hold: Duration,
    /// What a creation may take beyond the time that the provider is given: the provider's process is ended then, which takes a moment.
    pub create_slack: Duration,
    /// How long a runner must have been idle before it may be surplus.
    pub idle_time_min: Duration,
    /// How soon the forge must list a runner as connected that has said that it is ready.
    pub connects_within: Duration,
    /// How long a runner whose contact the forge lost stays, unless its place is needed.
    pub offline_hold: Duration,
    /// How long an idle runner may ignore a job that fits while it waits, before the runner counts as broken.
    pub zombie_after: Duration,
    /// How long an idle runner may ignore a job before the version of its software is blamed. From the moment when the forge says that the job
    /// waits, no other runner of the version is made. A forge in trouble gives the job to the runner that is there.
    pub ignored_after: Duration,
    /// How long no runner of a version is made that the forge gives no job. It doubles each time, up to [`Self::ignored_hold_max`]: the fault may have
    /// been that of one machine.
    pub ignored_hold_first: Duration,
    /// The longest such time: jobs wait for a day at most.
    pub ignored_hold_max: Duration,
    /// How long a job is served without the forge's word that it still waits. GitHub and Gitea give up a job that no runner took for a day.
    pub job_lifetime: Duration,
    /// How long a runner is waited for that has just become idle: the forge needs a moment to give it a job. It counts where
    /// `minimum_job_age_backoff` is shorter.
    pub settle: Duration,
    /// How long a job waits for the idle runner that was made for it, where `minimum_job_age_backoff` is shorter.
    pub patience_own: Duration,
    /// The least time that a job waits for a second idle runner that ignores it, and for those after it. Without it a job that nothing more
    /// is heard of would get a runner with each plan where `minimum_job_age_backoff` is 0.
    pub patience_min: Duration,
    /// The longest time that a job waits for an idle runner that ignores it, after the first one. The wait doubles with each such runner, and
    /// a job must still get a runner before its user gives up.
    pub patience_max: Duration,
    /// How often the forge is asked how a job stands that nothing is heard of.
    pub job_check_period: Duration,
    /// How soon it is asked again about a job whose runner is gone, or that it failed to show; doubles while it does not show the job.
    pub job_check_again: Duration,
    /// How often it is asked again about a job that the forge holds back.
    pub held_back_check: Duration,
    /// The number of jobs of one entity that are asked for at the same time. So a long outage does not spend the whole budget of calls on
    /// this.
    pub job_checks_at_once: usize,
    /// Wait before the forge is asked again to run a job again; doubles each time. The rest of a run takes minutes.
    pub rerun_first: Duration,
    /// The longest such wait.
    pub rerun_max: Duration,
    /// How many jobs of one entity are run again at the same time: a host that is lost has many.
    pub reruns_at_once: usize,
    /// How often lists of forge and provider are asked for while there are runners.
    pub observe_period: Duration,
    /// How often the forge's list is asked for while a runner works: bounds for how long a lost delivery goes unnoticed.
    pub observe_period_busy: Duration,
    /// How often they are asked for while there are none, to find orphans.
    pub observe_period_idle: Duration,
    /// How soon a list is asked for again when something is missing on it or is waited for.
    pub observe_again: Duration,
    /// So many runners are read again so soon for a job that waits. A longer list is read so much later: GitHub answers a call with 100 of them, so
    /// lists cost 36 calls a minute at most.
    pub listed_again: usize,
    /// How long the shell remembers that a runner is gone: longer than two lists are ever apart. A list that is older than the removal may
    /// still have the runner.
    pub gone_remembered: Duration,
    /// How long a call to the forge may take.
    pub forge_deadline: Duration,
    /// How many calls with one set of credentials run at once. GitHub asks for few concurrent requests and answers more than 100 with its
    /// secondary rate limit; this leaves room for other users of the credentials.
    pub forge_calls_at_once: usize,
    /// How many runners may be registered for an entity: GitHub allows 1,500 in 5 minutes. The rest is for registrations whose answer was lost.
    pub registrations: Rate,
    /// How long a call to a provider may take, beside the time a machine may take to be made or removed.
    pub provider_deadline: Duration,
    /// How long a call that removes a machine may take: longer than a provider may take for that (an hour).
    pub delete_deadline: Duration,
    /// How old runner downloads may be.
    pub tools_period: Duration,
    /// How old they may be while a pool waits for a newer version.
    pub tools_period_waiting: Duration,
    /// How long a task sleeps at most: a full pass finds what no bell told, should one ever be missed.
    pub full_pass: Duration,
    /// How often the rows that a task keeps in memory are compared with the database, should a change ever be missed.
    pub view_compared: Duration,
    /// Wait after the database failed: too short to be noticed, and long enough not to overload a database in trouble.
    pub database_retry: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            create_retries: 5,
            backoff_first: Duration::from_secs(5),
            backoff_max: Duration::from_secs(45),
            pause_first: Duration::from_secs(30),
            pause_max: Duration::from_mins(10),
            machine_waits: [5, 10, 60, 300, 600, 1800].map(Duration::from_secs),
            machine_waits_taken: [0, 5, 10, 300, 600, 1800].map(Duration::from_secs),
            late_history: 10,
            late_after_min: Duration::from_mins(1),
            stays_after: Duration::from_mins(5),
            refused_retry: Duration::from_mins(5),
            failed_hold: Duration::from_mins(1),
            answer_hold: Duration::from_secs(20),
            create_slack: Duration::from_secs(30),
            idle_time_min: Duration::from_mins(5),
            connects_within: Duration::from_secs(15),
            offline_hold: Duration::from_mins(5),
            zombie_after: Duration::from_mins(2),
            ignored_after: Duration::from_mins(1),
            ignored_hold_first: Duration::from_hours(1),
            ignored_hold_max: Duration::from_hours(12),
            job_lifetime: Duration::from_hours(24),
            settle: Duration::from_secs(5),
            patience_own: Duration::from_secs(30),
            patience_min: Duration::from_secs(10),
            patience_max: Duration::from_mins(10),
            job_check_period: Duration::from_mins(30),
            job_check_again: Duration::from_secs(30),
            held_back_check: Duration::from_mins(5),
            job_checks_at_once: 8,
            rerun_first: Duration::from_secs(15),
            rerun_max: Duration::from_mins(10),
            reruns_at_once: 16,
            observe_period: Duration::from_mins(5),
            observe_period_busy: Duration::from_secs(30),
            observe_period_idle: Duration::from_hours(1),
            observe_again: Duration::from_secs(5),
            listed_again: 250,
            gone_remembered: Duration::from_hours(3),
            forge_deadline: Duration::from_mins(3),
            forge_calls_at_once: 16,
            registrations: Rate { limit: 1_490, within: Duration::from_mins(5) },
            provider_deadline: Duration::from_mins(15),
            delete_deadline: Duration::from_mins(75),
            tools_period: Duration::from_mins(40),
            tools_period_waiting: Duration::from_mins(1),
            full_pass: Duration::from_mins(1),
            view_compared: Duration::from_mins(10),
            database_retry: Duration::from_secs(1),
        }
    }
}

impl Policy {
    /// How long an effect may take before it is given up, the time that it waits for its turn included. Forge clients and providers have
    /// shorter limits of their own; this one remains should those fail.
    #[must_use]
    pub fn deadline(&self, effect: &Effect) -> Duration {
        match effect {
            Effect::CreateMachine { within, .. } => within.saturating_add(self.provider_deadline),
            Effect::ListMachines { .. } => self.provider_deadline,
            Effect::RetryCreate { .. } | Effect::DeleteMachine { .. } | Effect::RemoveMachineOrphan { .. } => self.delete_deadline,
            Effect::Register { .. }
            | Effect::Deregister { .. }
            | Effect::CheckJob { .. }
            | Effect::RerunJob { .. }
            | Effect::ListForgeRunners
            | Effect::RefreshTools
            | Effect::RemoveForgeOrphan { .. } => self.forge_deadline,
        }
    }

    /// How long the pause of this number lasts (1 = the first; 0 = none was begun, and the first is meant).
    #[must_use]
    pub fn pause(&self, number: u32) -> Duration {
        let doublings = number.saturating_sub(1).min(16);
        self.pause_first.saturating_mul(1 << doublings).min(self.pause_max)
    }

    /// When the pause that failures in a row cost is over. The first failures cost the first pause where another runner set can serve meanwhile.
    #[must_use]
    pub fn paused_until(&self, streak: &Streak) -> Option<Timestamp> {
        Some(streak.paused_at.or(streak.last_at)?.after(self.pause(streak.pause)))
    }

    /// How long no runner of a version is made that the forge gave no job, after so many times before.
    #[must_use]
    pub fn ignored_hold(&self, before: u32) -> Duration {
        self.ignored_hold_first.saturating_mul(1 << before.min(16)).min(self.ignored_hold_max)
    }

    /// The wait before the next machine after so many were made in vain.
    #[must_use]
    pub fn next_machine(&self, in_vain: u32) -> Duration {
        wait(&self.machine_waits, in_vain)
    }

    /// The same where the runner of the last one was perhaps taken by another job.
    #[must_use]
    pub fn next_machine_after_taken(&self, in_vain: u32) -> Duration {
        wait(&self.machine_waits_taken, in_vain)
    }

    /// The wait before the forge is asked again about a job, after it has not shown the job so many times.
    #[must_use]
    pub fn job_check_wait(&self, unshown: u32) -> Duration {
        self.job_check_again.saturating_mul(1 << unshown.saturating_sub(1).min(16)).min(self.job_check_period)
    }

    /// The wait before a job that lost its machine is looked at again, after so many looks.
    #[must_use]
    pub fn rerun_wait(&self, tries: u32) -> Duration {
        self.rerun_first.saturating_mul(1 << tries.min(16)).min(self.rerun_max)
    }

    /// The wait after so many failures in a row (1 = the first).
    #[must_use]
    pub fn backoff(&self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(16);
        self.backoff_first.saturating_mul(1 << doublings).min(self.backoff_max)
    }
}

/// The wait after so many.
fn wait(waits: &[Duration; 6], in_vain: u32) -> Duration {
    in_vain.checked_sub(1).map_or(Duration::ZERO, |index| waits[(index as usize).min(waits.len() - 1)])
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
