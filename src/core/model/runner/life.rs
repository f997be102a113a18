//! Everything that can happen to a runner, one function each. No other code changes a runner.
//!
//! Each function takes the runner as it is, and answers the runner as it is afterwards or a [`Refusal`]. After a refusal the runner stays as it
//! was. A refusal is no fault: an outcome can come late, and then a delivery, a machine or an administrator has the last word.
//!
//! The transition tables of [`super::states`] hold for requests and reports: an administrator's and the machine's. The forge and the provider
//! know better than the row. Their answers can lead to a state that the tables do not have, for example from `error` to `running`.

use super::{InstanceStatus, ProviderMachine, Runner, RunnerStatus, TransitionError};
use crate::model::{JobId, Reason, RunnerVersion};
use crate::time::Timestamp;

/// The words between the fault that a runner goes for, or is made again for, and the fault of its removal.
const REMOVAL: &str = "could not be removed: ";

/// Why a runner stays as it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A transition table does not allow the change.
    #[error(transparent)]
    Transition(#[from] TransitionError),
    /// The change does not fit the state the runner is in.
    #[error("the machine is {status} and the runner {runner_status}")]
    State {
        /// State of the machine.
        status: InstanceStatus,
        /// State of the runner software.
        runner_status: RunnerStatus,
    },
    /// The forge's number of a runner never changes once it is known.
    #[error("agent_id: the runner has {0} already")]
    OtherAgent(i64),
    /// There is one registration token for each attempt to make the machine.
    #[error("the registration token was fetched already")]
    TokenFetched,
}

/// Any change.
impl Runner {
    /// The runner after a change, with the time of what changed.
    ///
    /// # Errors
    /// When the change is refused.
    pub fn apply(&self, now: Timestamp, change: impl FnOnce(Self) -> Result<Self, Refusal>) -> Result<Self, Refusal> {
        let mut after = change(self.clone())?;
        if after == *self {
            return Ok(after);
        }
        after.0.updated_at = now;
        if after.status != self.status {
            after.0.status_at = now;
        }
        if after.runner_status != self.runner_status {
            after.0.runner_status_at = now;
        }
        Ok(after)
    }
}

/// The machine is made.
impl Runner {
    /// The forge has registered the runner and answered its just-in-time configuration.
    ///
    /// # Errors
    /// Never.
    pub fn registered(mut self, agent_id: i64) -> Result<Self, Refusal> {
        self.0.agent_id = Some(agent_id);
        self.0.fault.clear();
        self.hold_back_no_more();
        Ok(self)
    }

    /// The pool has another runner group. A runner that still waits to be registered gets it, and is registered at once: the old group may have
    /// been the obstacle.
    ///
    /// # Errors
    /// When the runner is registered, or its machine was asked for.
    pub fn group_changed(mut self, group: &str) -> Result<Self, Refusal> {
        self.only_if(self.status == InstanceStatus::PendingCreate && self.agent_id.is_none())?;
        group.clone_into(&mut self.0.runner_group);
        self.hold_back_no_more();
        Ok(self)
    }

    /// The provider is about to be asked for the machine, which will be of this generation of the runner set.
    ///
    /// # Errors
    /// When the machine was asked for already, or the runner was marked for deletion.
    pub fn creation_begun(mut self, generation: i64, deadline: Timestamp) -> Result<Self, Refusal> {
        self.only_if(self.status == InstanceStatus::PendingCreate)?;
        self.0.status = InstanceStatus::Creating;
        self.0.earlier_deadline = self.may_appear_until();
        self.0.create_deadline = Some(deadline);
        self.0.generation = generation;
        Ok(self)
    }

    /// This version of the runner software is handed out for the machine.
    ///
    /// # Errors
    /// Never.
    pub fn installs(mut self, version: Option<RunnerVersion>) -> Result<Self, Refusal> {
        (self.0.offered, self.0.reported) = (version, None);
        Ok(self)
    }

    /// The provider answers that it has made the machine.
    ///
    /// # Errors
    /// Never: at least the provider's name for the machine is kept.
    pub fn machine_made(mut self, machine: ProviderMachine) -> Result<Self, Refusal> {
        self.0.create_deadline = None;
        self.machine_found(Some(machine))
    }

    /// The machine was found at the provider. `None` = the machine spoke for itself.
    ///
    /// # Errors
    /// Never: at least the provider's name for the machine is kept.
    pub fn machine_found(mut self, machine: Option<ProviderMachine>) -> Result<Self, Refusal> {
        if let Some(machine) = machine {
            self.0.provider_id = Some(machine.provider_id);
            self.keep_system(machine.os_name, machine.os_version);
            if !machine.addresses.is_empty() {
                self.0.addresses = machine.addresses;
            }
        }
        self.a_machine_is_there();
        let is_there = match self.status {
            InstanceStatus::Creating => true,
            InstanceStatus::PendingCreate => self.has_spoken(),
            InstanceStatus::Error => self.is_heard_of(),
            _ => false,
        };
        if is_there {
            self.0.status = InstanceStatus::Running;
            self.0.fault.clear();
            self.hold_back_no_more();
        }
        Ok(self)
    }

    /// The provider could not make the machine, or does not have it. Where it may have made the machine all the same, the row remembers until when.
    ///
    /// # Errors
    /// Never: at least the provider's name for the machine is kept.
    pub fn creation_failed(
        mut self,
        provider_id: Option<String>,
        fault: String,
        may_have_made: bool,
        retry_at: Timestamp,
    ) -> Result<Self, Refusal> {
        self.0.create_deadline = self.create_deadline.filter(|_| may_have_made);
        self.0.provider_id = self.0.provider_id.or(provider_id);
        if self.status == InstanceStatus::Creating {
            self.0.status = InstanceStatus::Error;
            self.fail(fault, retry_at);
        }
        Ok(self)
    }

    /// What the failed attempt may have left is about to be removed by its name. Where nothing more is heard of that, the removal may still come: the name
    /// must not be used for another machine.
    ///
    /// # Errors
    /// When the last attempt has not failed.
    pub fn clearing_begun(mut self) -> Result<Self, Refusal> {
        self.only_if(self.status == InstanceStatus::Error)?;
        self.0.reason = Some(Reason::ClearingUp);
        Ok(self)
    }

    /// The next attempt to make the machine begins. The tokens of the last attempt are refused from now on.
    ///
    /// # Errors
    /// When the last attempt has not failed.
    pub fn next_attempt(mut self) -> Result<Self, Refusal> {
        self.only_if(self.status == InstanceStatus::Error)?;
        // What the last attempt left is gone by now.
        self.cleared_up();
        self.0.fault = self.fault.split(REMOVAL).next().unwrap_or_default().trim_end().to_owned();
        self.0.status = InstanceStatus::PendingCreate;
        self.0.runner_status = RunnerStatus::Pending;
        self.0.create_attempt += 1;
        self.0.provider_id = None;
        // A registration that was removed at the forge is of no use.
        self.0.agent_id = self.agent_id.filter(|_| !self.deregistered);
        self.0.deregistered = false;
        self.0.proven = false;
        self.0.token_fetched = false;
        self.0.not_before = None;
        Ok(self)
    }

    /// An effect for the runner failed: the fault, and when to try again. What is done for a runner in error or on its way out is a removal.
    ///
    /// # Errors
    /// Never.
    pub fn effect_failed(mut self, fault: String, retry_at: Timestamp) -> Result<Self, Refusal> {
        if self.status == InstanceStatus::Error || self.status.is_leaving() {
            self.fail_removal(&fault, retry_at);
        } else {
            self.fail(fault, retry_at);
        }
        Ok(self)
    }
}

/// The machine speaks.
impl Runner {
    /// The machine fetches the registration token of this attempt.
    ///
    /// # Errors
    /// When it was fetched already.
    pub fn token_fetched(mut self) -> Result<Self, Refusal> {
        if self.token_fetched {
            return Err(Refusal::TokenFetched);
        }
        self.0.token_fetched = true;
        Ok(self)
    }

    /// The forge gave no token to hand out: the machine may ask again.
    ///
    /// # Errors
    /// Never.
    pub fn token_not_given(mut self) -> Result<Self, Refusal> {
        self.0.token_fetched = false;
        Ok(self)
    }

    /// The machine reports how far its runner is; `None` = it only has a message. After the runner's job, nothing changes.
    ///
    /// # Errors
    /// When the forge's number is another one, or the table of the runner's states does not allow the change.
    pub fn reported(mut self, status: Option<RunnerStatus>, agent_id: Option<i64>, message: &str) -> Result<Self, Refusal> {
        self.only_as(agent_id)?;
        let Some(status) = status.filter(|_| self.runner_status != RunnerStatus::Terminated) else { return Ok(self) };
        self.runner_status.check_transition(status)?;
        self.0.runner_status = status;
        // A machine that speaks exists: its creation is over, even against its provider's word.
        self.0.create_deadline = None;
        if status == RunnerStatus::Failed {
            message.clone_into(&mut self.0.fault);
        }
        Ok(self)
    }

    /// The machine reports its system; empty = it does not say.
    ///
    /// # Errors
    /// When the forge's number is another one.
    pub fn system_reported(mut self, os_name: String, os_version: String, agent_id: Option<i64>) -> Result<Self, Refusal> {
        self.only_as(agent_id)?;
        self.keep_system(os_name, os_version);
        Ok(self)
    }
}

/// The runner works.
impl Runner {
    /// Whether the runner may be the one that has this number at the forge; 0 = the number is not told. Each further attempt to make a machine may register
    /// the name anew, so late news of a job can be about the runner of an earlier attempt.
    #[must_use]
    pub fn may_be(&self, agent_id: i64) -> bool {
        agent_id == 0 || self.create_attempt == 0 || self.agent_id.is_none_or(|known| known == agent_id)
    }

    /// A job began on the runner.
    ///
    /// # Errors
    /// When the runner is at its end: the news is late.
    pub fn job_began(mut self, job: JobId) -> Result<Self, Refusal> {
        self.only_if(!self.runner_status.is_terminal())?;
        self.0.runner_status = RunnerStatus::Active;
        self.0.proven = true;
        self.a_machine_is_there();
        self.0.job_id = Some(job);
        // A runner on its way out keeps the reason it was sent away for.
        if !self.status.is_leaving() {
            self.0.reason = None;
        }
        Ok(self)
    }

    /// The job of the runner has another row.
    ///
    /// # Errors
    /// Never.
    pub fn job_is_now(mut self, job: JobId) -> Result<Self, Refusal> {
        self.0.job_id = Some(job);
        Ok(self)
    }

    /// The runner's job is over. The runner goes, because it takes one job only.
    ///
    /// # Errors
    /// Never.
    pub fn job_over(mut self, job: JobId) -> Result<Self, Refusal> {
        self.0.runner_status = RunnerStatus::Terminated;
        self.0.proven = true;
        self.a_machine_is_there();
        self.0.job_id = Some(job);
        if !self.status.is_leaving() {
            self.leave(InstanceStatus::PendingDelete, Reason::JobDone);
        }
        Ok(self)
    }

    /// The forge's list has the runner that registered itself, by its name. So the number there is its own, whatever the machine has told.
    ///
    /// # Errors
    /// When the runner did not register itself, or its number is known.
    pub fn found_at_forge(mut self, agent_id: i64) -> Result<Self, Refusal> {
        self.only_if(self.token_fetched && self.agent_id.is_none())?;
        self.0.agent_id = Some(agent_id);
        Ok(self)
    }

    /// The forge's list shows the runner in another state than the row.
    ///
    /// # Errors
    /// When the runner is at its end: the list is old.
    pub fn listed(mut self, status: RunnerStatus) -> Result<Self, Refusal> {
        self.only_if(!self.runner_status.is_terminal())?;
        self.0.runner_status = status;
        if status == RunnerStatus::Active {
            self.0.proven = true;
            self.0.reason = self.0.reason.filter(|reason| !matches!(reason, Reason::Ignored { .. }));
        } else {
            self.0.job_id = None;
        }
        Ok(self)
    }

    /// The forge's list tells the version of the runner's software.
    ///
    /// # Errors
    /// Never.
    pub fn version_listed(mut self, version: RunnerVersion) -> Result<Self, Refusal> {
        self.0.reported = Some(version);
        Ok(self)
    }

    /// The forge gives the idle runner no job, although jobs wait, and that is laid to the version of its software. It is kept until then: a job that
    /// it takes after all shows that the version is not to blame.
    ///
    /// # Errors
    /// When the runner is not idle, its version is not known, or it is kept already.
    pub fn ignored(mut self, until: Timestamp) -> Result<Self, Refusal> {
        let is_idle = matches!(self.runner_status, RunnerStatus::Idle | RunnerStatus::Online) && !self.is_busy();
        self.only_if(self.status == InstanceStatus::Running && is_idle && self.ignored_until().is_none())?;
        let (status, runner_status) = (self.status, self.runner_status);
        let version = self.version().ok_or(Refusal::State { status, runner_status })?;
        self.0.reason = Some(Reason::Ignored { version, offered: self.offered, until });
        Ok(self)
    }

    /// The forge has had contact with the idle runner for a while.
    ///
    /// # Errors
    /// When the runner is not idle any more.
    pub fn stayed(mut self) -> Result<Self, Refusal> {
        let is_idle = matches!(self.runner_status, RunnerStatus::Idle | RunnerStatus::Online);
        self.only_if(self.status == InstanceStatus::Running && is_idle)?;
        self.0.proven = true;
        Ok(self)
    }
}

/// The runner goes.
impl Runner {
    /// The machine of the runner, which has failed, is held for a look. A runner that was not ready in time (`timed_out`) has failed from now on.
    ///
    /// # Errors
    /// When the runner does not stand still, works, or is held already.
    pub fn kept(mut self, until: Timestamp, timed_out: bool) -> Result<Self, Refusal> {
        let has_failed = matches!(self.runner_status, RunnerStatus::Failed | RunnerStatus::Pending | RunnerStatus::Installing);
        self.only_if(self.status == InstanceStatus::Running && has_failed && !self.is_busy() && self.kept_until().is_none())?;
        self.0.runner_status = RunnerStatus::Failed;
        self.0.reason = Some(Reason::Kept { until, timed_out });
        Ok(self)
    }

    /// The runner is to go.
    ///
    /// # Errors
    /// When it is on its way already, or began to work since that was planned. Only the forge can say that a runner with a job is gone.
    pub fn marked_for_deletion(mut self, reason: Reason) -> Result<Self, Refusal> {
        let works = self.is_busy() && reason != Reason::GoneAtForge;
        self.only_if(!self.status.is_leaving() && !works)?;
        self.leave(InstanceStatus::PendingDelete, reason);
        Ok(self)
    }

    /// An administrator asks for the removal. Force is never taken back.
    ///
    /// # Errors
    /// When the table of the machine's states does not allow it.
    pub fn removal_requested(mut self, by_force: bool) -> Result<Self, Refusal> {
        if self.status != InstanceStatus::PendingForceDelete {
            let to = if by_force { InstanceStatus::PendingForceDelete } else { InstanceStatus::PendingDelete };
            self.status.check_transition(to)?;
            self.leave(to, Reason::Requested);
        }
        Ok(self)
    }

    /// The forge has no such runner, or no longer.
    ///
    /// # Errors
    /// Never.
    pub fn deregistered(mut self) -> Result<Self, Refusal> {
        self.0.deregistered = true;
        self.hold_back_no_more();
        Ok(self)
    }

    /// The forge does not let the runner go, because it works. It stays, as the forge knows better than the row. It goes all the same when its end was
    /// forced, or when the removal of its machine was begun: that call may still come.
    ///
    /// # Errors
    /// When the runner is neither on its way out nor in error.
    pub fn found_busy(mut self) -> Result<Self, Refusal> {
        if matches!(self.status, InstanceStatus::PendingForceDelete | InstanceStatus::Deleting) {
            self.0.deregistered = true;
            return Ok(self);
        }
        self.only_if(self.status.is_leaving() || self.status == InstanceStatus::Error)?;
        self.0.status = InstanceStatus::Running;
        self.0.runner_status = RunnerStatus::Active;
        self.0.proven = true;
        self.0.reason = None;
        self.a_machine_is_there();
        self.0.not_before = None;
        self.0.fault.clear();
        Ok(self)
    }

    /// The provider is about to be asked to remove the machine.
    ///
    /// # Errors
    /// When the runner is not on its way out.
    pub fn deletion_begun(mut self) -> Result<Self, Refusal> {
        self.only_if(self.status.is_leaving())?;
        self.0.status = InstanceStatus::Deleting;
        Ok(self)
    }

    /// The provider could not remove the machine, or may still be making it.
    ///
    /// # Errors
    /// When no deletion is under way.
    pub fn deletion_failed(mut self, fault: &str, retry_at: Timestamp) -> Result<Self, Refusal> {
        self.only_if(self.status == InstanceStatus::Deleting)?;
        self.0.status = InstanceStatus::PendingDelete;
        self.fail_removal(fault, retry_at);
        Ok(self)
    }
}

/// The common parts.
impl Runner {
    fn only_if(&self, holds: bool) -> Result<(), Refusal> {
        if holds { Ok(()) } else { Err(Refusal::State { status: self.status, runner_status: self.runner_status }) }
    }

    /// A machine of this name is there. The call that is outstanding has made it, unless one of an earlier attempt may have.
    fn a_machine_is_there(&mut self) {
        if self.earlier_deadline.is_none() {
            self.0.create_deadline = None;
        }
    }

    /// Refuses a machine that tells another number than the forge; `None` or 0 = it does not know the number yet. A number that the forge has not told
    /// is not kept: the machine could name another runner, for the server to remove.
    fn only_as(&self, agent_id: Option<i64>) -> Result<(), Refusal> {
        let is_other = |known: &i64| agent_id.is_some_and(|told| told != 0 && told != *known);
        self.agent_id.filter(is_other).map_or(Ok(()), |known| Err(Refusal::OtherAgent(known)))
    }

    fn leave(&mut self, to: InstanceStatus, reason: Reason) {
        self.0.status = to;
        self.0.reason = Some(reason);
        self.hold_back_no_more();
    }

    fn fail(&mut self, fault: String, retry_at: Timestamp) {
        self.0.fault = fault;
        self.0.failures += 1;
        self.0.not_before = Some(retry_at);
    }

    /// A removal failed. The first fault stays, because it is why there is something to remove. Of the removals the last is kept.
    /// The provider has answered.
    fn cleared_up(&mut self) {
        self.0.reason = self.0.reason.take().filter(|reason| *reason != Reason::ClearingUp);
    }

    fn fail_removal(&mut self, fault: &str, retry_at: Timestamp) {
        self.cleared_up();
        let first = self.fault.split(REMOVAL).next().unwrap_or_default().trim_end();
        let both = match first {
            "" => format!("{REMOVAL}{fault}"),
            first if first.contains(fault) => first.to_owned(),
            first => format!("{first}\n{REMOVAL}{fault}"),
        };
        self.fail(both, retry_at);
    }

    fn hold_back_no_more(&mut self) {
        self.0.failures = 0;
        self.0.not_before = None;
    }

    fn keep_system(&mut self, os_name: String, os_version: String) {
        for (known, told) in [(&mut self.0.os_name, os_name), (&mut self.0.os_version, os_version)] {
            if !told.is_empty() {
                *known = told;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EntityId, OsArch, OsType, Pool, PoolId, RunnerId, RunnerSet, RunnerSetId};

    const LATER: Timestamp = Timestamp::from_micros(5);

    /// A runner that nothing was done for yet.
    fn new() -> Runner {
        let set = RunnerSet {
            id: RunnerSetId::Pool(PoolId(uuid::Uuid::nil())),
            entity_id: EntityId(uuid::Uuid::nil()),
            provider: "fake".into(),
            os_type: OsType::Linux,
            os_arch: OsArch::Amd64,
            labels: Vec::new(),
            keep_failed: std::time::Duration::ZERO,
            memory: crate::model::PoolMemory::default(),
            enabled: true,
            max_runners: 1,
            min_idle_runners: 0,
            bootstrap_timeout: Pool::DEFAULT_BOOTSTRAP_TIMEOUT,
            runner_prefix: Pool::DEFAULT_PREFIX.into(),
            runner_group: String::new(),
            priority: 0,
            generation: 0,
            rotate_below: 0,
            created_at: Timestamp::EPOCH,
        };
        Runner::new(RunnerId(uuid::Uuid::nil()), "garm-1".into(), &set, Timestamp::EPOCH)
    }

    fn with(status: InstanceStatus, runner_status: RunnerStatus) -> Runner {
        let mut runner = new();
        (runner.status, runner.runner_status) = (status, runner_status);
        runner
    }

    fn failed() -> Runner {
        new().creation_begun(1, LATER).and_then(|runner| runner.creation_failed(None, "no quota".into(), true, LATER)).expect("fails")
    }

    #[test]
    fn a_change_notes_when_and_one_that_changes_nothing_does_not() {
        let begun = new().apply(LATER, |runner| runner.creation_begun(1, LATER)).expect("new");
        assert_eq!((begun.updated_at, begun.status_at, begun.runner_status_at), (LATER, LATER, Timestamp::EPOCH));
        let reported = new().apply(LATER, |runner| runner.reported(Some(RunnerStatus::Idle), Some(1), "")).expect("allowed");
        assert_eq!((reported.updated_at, reported.status_at, reported.runner_status_at), (LATER, Timestamp::EPOCH, LATER));
        assert_eq!(new().apply(LATER, Runner::token_not_given), Ok(new()));
    }

    #[test]
    fn a_group_that_changes_is_tried_at_once_before_the_registration_only() {
        let held_back = new().effect_failed("no such group".into(), LATER).expect("always");
        assert_eq!((held_back.failures, held_back.not_before), (1, Some(LATER)));
        let changed = held_back.group_changed("other").expect("not registered yet");
        assert_eq!((changed.runner_group.as_str(), changed.failures, changed.not_before), ("other", 0, None));
        assert!(changed.registered(1).and_then(|runner| runner.group_changed("third")).is_err());
    }

    #[test]
    fn the_next_attempt_begins_with_nothing_of_the_last() {
        let mut last = failed().token_fetched().expect("the first");
        (last.agent_id, last.provider_id, last.deregistered) = (Some(1), Some("vm-1".into()), true);
        let next = last.clone().next_attempt().expect("it failed");
        assert_eq!((next.status, next.runner_status, next.create_attempt), (InstanceStatus::PendingCreate, RunnerStatus::Pending, 1));
        assert_eq!((next.agent_id, next.provider_id.as_deref(), next.deregistered, next.token_fetched), (None, None, false, false));
        assert_eq!((next.failures, next.not_before), (1, None), "failures in a row make the backoff longer");
        last.deregistered = false;
        assert_eq!(last.next_attempt().expect("it failed").agent_id, Some(1), "a registration that is still there is used again");
        assert!(new().next_attempt().is_err());
    }

    #[test]
    fn a_creation_that_may_still_come_true_is_remembered() {
        assert_eq!(failed().create_deadline, Some(LATER));
        let known = failed().creation_failed(Some("vm-1".into()), "again".into(), false, LATER).expect("always");
        assert_eq!((known.create_deadline, known.provider_id.as_deref(), known.fault.as_str()), (None, Some("vm-1"), "no quota"));
    }

    #[test]
    fn a_machine_that_is_found_shows_nothing_of_a_call_where_an_earlier_one_may_have_made_it() {
        let second = || failed().next_attempt().and_then(|runner| runner.creation_begun(1, LATER)).expect("it failed");
        let job = JobId(1);
        let found = [
            second().machine_found(None),
            second().job_began(job),
            second().job_over(job),
            second().marked_for_deletion(Reason::IdleSurplus).and_then(Runner::found_busy),
        ];
        for runner in found.map(|runner| runner.expect("possible")) {
            assert_eq!((runner.create_deadline, runner.may_appear_until()), (Some(LATER), Some(LATER)));
        }
        // The provider's answer, and the words of the machine of this attempt, are about this call. The earlier one may still come true.
        let machine = ProviderMachine {
            provider_id: "vm-1".into(),
            name: second().name.clone(),
            status: InstanceStatus::Running,
            os_name: String::new(),
            os_version: String::new(),
            addresses: Vec::new(),
        };
        let told = [second().machine_made(machine), second().reported(Some(RunnerStatus::Idle), None, "")];
        for runner in told.map(|runner| runner.expect("possible")) {
            assert_eq!((runner.create_deadline, runner.may_appear_until()), (None, Some(LATER)));
        }
        // Where each earlier call was answered, a machine that is found is the one of this call.
        let answered = new().creation_begun(1, LATER).and_then(|runner| runner.creation_failed(None, "no quota".into(), false, LATER));
        let second = answered.and_then(Runner::next_attempt).and_then(|runner| runner.creation_begun(1, LATER)).expect("it failed");
        assert_eq!(second.machine_found(None).expect("always").may_appear_until(), None);
    }

    #[test]
    fn a_registration_token_is_fetched_once_unless_none_was_given() {
        let fetched = new().token_fetched().expect("the first");
        assert_eq!(fetched.clone().token_fetched(), Err(Refusal::TokenFetched));
        assert!(fetched.token_not_given().and_then(Runner::token_fetched).is_ok());
    }

    #[test]
    fn a_number_is_the_forges_word_and_does_not_change() {
        let told = new().token_fetched().and_then(|runner| runner.reported(Some(RunnerStatus::Idle), Some(7), "")).expect("allowed");
        assert_eq!(told.agent_id, None, "a machine can name any runner");
        let found = told.found_at_forge(9).expect("it registered itself");
        assert_eq!(found.agent_id, Some(9));
        assert_eq!(found.clone().system_reported("ubuntu".into(), String::new(), Some(7)), Err(Refusal::OtherAgent(9)));
        let same = found.clone().system_reported("ubuntu".into(), String::new(), Some(0)).expect("0 is no number");
        assert_eq!((same.agent_id, same.os_name.as_str()), (Some(9), "ubuntu"));
        assert!(found.found_at_forge(10).is_err(), "it does not change");
        assert!(new().found_at_forge(9).is_err(), "a registration whose configuration was lost is not the runner's");
    }

    #[test]
    fn a_failure_that_the_machine_reports_is_the_fault() {
        let spoke = with(InstanceStatus::Error, RunnerStatus::Installing).reported(Some(RunnerStatus::Failed), None, "disk full");
        assert_eq!(spoke.expect("allowed").fault, "disk full");
        assert!(with(InstanceStatus::Running, RunnerStatus::Idle).reported(Some(RunnerStatus::Installing), None, "").is_err());
    }

    #[test]
    fn a_runner_that_failed_or_was_late_is_held_once_and_none_that_works() {
        for (status, timed_out) in [(RunnerStatus::Failed, false), (RunnerStatus::Pending, true), (RunnerStatus::Installing, true)] {
            let kept = with(InstanceStatus::Running, status).kept(LATER, timed_out).expect("it failed");
            assert_eq!((kept.runner_status, kept.kept_until()), (RunnerStatus::Failed, Some(LATER)));
            assert_eq!(kept.reason, Some(Reason::Kept { until: LATER, timed_out }));
            assert!(kept.clone().kept(LATER, timed_out).is_err(), "the hold is not made longer");
            assert!(!kept.hears_machine(0), "its machine has nothing to say any more");
            let busy = kept.marked_for_deletion(Reason::KeptLongEnough).and_then(Runner::found_busy).expect("it was leaving");
            assert_eq!((busy.runner_status, busy.kept_until()), (RunnerStatus::Active, None), "the forge knows better");
        }
        for (machine, software) in [
            (InstanceStatus::Running, RunnerStatus::Idle),
            (InstanceStatus::Running, RunnerStatus::Active),
            (InstanceStatus::PendingDelete, RunnerStatus::Failed),
            (InstanceStatus::Error, RunnerStatus::Failed),
        ] {
            assert!(with(machine, software).kept(LATER, false).is_err(), "{machine} {software}");
        }
    }

    #[test]
    fn a_runner_that_the_forge_ignores_is_kept_once_and_a_job_ends_that() {
        let version = RunnerVersion::parse("2.330.0").expect("a version");
        let idle = with(InstanceStatus::Running, RunnerStatus::Idle);
        assert!(idle.clone().ignored(LATER).is_err(), "its version is not known");
        let idle = idle.installs(Some(version)).expect("always");
        let ignored = idle.clone().ignored(LATER).expect("it is idle");
        assert_eq!((ignored.ignored_until(), ignored.version()), (Some(LATER), Some(version)));
        assert!(ignored.clone().ignored(Timestamp::EPOCH).is_err(), "it is not kept for longer");
        assert_eq!(ignored.clone().job_began(JobId(1)).expect("idle").ignored_until(), None);
        assert_eq!(ignored.clone().listed(RunnerStatus::Active).expect("the forge knows better").ignored_until(), None);
        assert_eq!(ignored.marked_for_deletion(Reason::Zombie).expect("idle").ignored_until(), None);
        let older = RunnerVersion::parse("2.329.0").expect("a version");
        let of_image = idle.version_listed(older).and_then(|runner| runner.ignored(LATER)).expect("it is idle");
        assert_eq!(of_image.reason, Some(Reason::Ignored { version: older, offered: Some(version), until: LATER }));
        assert!(with(InstanceStatus::Running, RunnerStatus::Active).installs(Some(version)).and_then(|it| it.ignored(LATER)).is_err());
        assert_eq!(of_image.installs(None).expect("always").version(), None, "what another attempt has is not known");
    }

    #[test]
    fn force_is_never_taken_back() {
        let forced = with(InstanceStatus::Running, RunnerStatus::Idle).removal_requested(true).expect("allowed");
        assert_eq!(forced.status, InstanceStatus::PendingForceDelete);
        assert_eq!(forced.clone().removal_requested(false), Ok(forced));
        assert!(with(InstanceStatus::Creating, RunnerStatus::Pending).removal_requested(true).is_err());
    }

    #[test]
    fn a_runner_that_works_stays_unless_its_end_was_forced_or_the_removal_of_its_machine_was_begun() {
        let stays = with(InstanceStatus::PendingDelete, RunnerStatus::Idle).found_busy().expect("it was leaving");
        assert_eq!((stays.status, stays.runner_status, stays.deregistered), (InstanceStatus::Running, RunnerStatus::Active, false));
        for status in [InstanceStatus::PendingForceDelete, InstanceStatus::Deleting] {
            let goes = with(status, RunnerStatus::Active).found_busy().expect("it goes");
            assert_eq!((goes.status, goes.deregistered), (status, true));
        }
        assert!(with(InstanceStatus::Running, RunnerStatus::Idle).found_busy().is_err());
    }

    #[test]
    fn a_deletion_begins_with_a_runner_on_its_way_out_only() {
        let begun = with(InstanceStatus::PendingDelete, RunnerStatus::Terminated).deletion_begun().expect("it goes");
        let again = begun.deletion_failed("no answer", LATER).expect("it was under way");
        assert_eq!((again.status, again.failures, again.not_before), (InstanceStatus::PendingDelete, 1, Some(LATER)));
        assert_eq!(again.fault, "could not be removed: no answer");
        assert!(again.deletion_failed("", LATER).is_err());
        assert!(with(InstanceStatus::Running, RunnerStatus::Active).deletion_begun().is_err());
    }

    #[test]
    fn the_fault_of_a_creation_stays_first_however_often_its_removal_fails() {
        let mut runner = failed();
        for (fault, kept) in [
            ("no route", "no quota\ncould not be removed: no route"),
            ("no login", "no quota\ncould not be removed: no login"),
            ("x could not be removed: y", "no quota\ncould not be removed: x could not be removed: y"),
            ("no login", "no quota\ncould not be removed: no login"),
            ("no quota", "no quota"),
            ("no route", "no quota\ncould not be removed: no route"),
        ] {
            runner = runner.effect_failed(fault.into(), LATER).expect("always");
            assert_eq!(runner.fault, kept);
        }
        assert_eq!(runner.clone().next_attempt().expect("it failed").fault, "no quota", "the removal went well in the end");
        let goes = runner.marked_for_deletion(Reason::PoolDisabled).and_then(Runner::deletion_begun).expect("it goes");
        let again = goes.deletion_failed("no answer", LATER).expect("it was under way");
        assert_eq!(again.fault, "no quota\ncould not be removed: no answer");
    }

    #[test]
    fn news_of_a_job_does_not_wake_a_runner_that_is_at_its_end() {
        let over = with(InstanceStatus::Running, RunnerStatus::Active).job_over(JobId(1)).expect("always");
        assert_eq!(
            (over.status, over.runner_status, over.job_id),
            (InstanceStatus::PendingDelete, RunnerStatus::Terminated, Some(JobId(1)))
        );
        assert!(over.clone().job_began(JobId(2)).is_err());
        assert!(over.listed(RunnerStatus::Idle).is_err());
        let works = with(InstanceStatus::Running, RunnerStatus::Idle).job_began(JobId(1)).expect("idle");
        assert_eq!((works.job_id, works.reason.clone()), (Some(JobId(1)), None));
        assert_eq!(works.listed(RunnerStatus::Idle).expect("the forge knows better").job_id, None);
    }
}
