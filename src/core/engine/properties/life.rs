//! The laws of a runner's life: in every state of a runner, each event leads to the state that the event means, or is refused.
//!
//! The laws are written down here once more, by their outcome. So a fault in a function of the life breaks one of them.

use super::arbitrary::worlds;
use super::for_all;
use crate::model::{InstanceStatus as Machine, JobId, ProviderMachine, Reason, Refusal, Runner, RunnerStatus as Software, RunnerVersion};
use crate::time::Timestamp;

const JOB: JobId = JobId(4711);
const FAULT: &str = "no room";
/// Numbers that no runner of an arbitrary world has.
const AGENT: i64 = 987_654;
const GENERATION: i64 = 77;

fn now() -> Timestamp {
    Timestamp::from_micros(i64::MAX / 2)
}

fn later() -> Timestamp {
    Timestamp::from_micros(i64::MAX / 2 + 1)
}

/// Everything that can happen to a runner.
#[derive(Clone, Debug)]
enum Event {
    Registered,
    GroupChanged,
    CreationBegun,
    Installs,
    VersionListed,
    Ignored,
    MachineMade,
    MachineFound,
    CreationFailed { may_have_made: bool },
    ClearingBegun,
    NextAttempt,
    EffectFailed,
    TokenFetched,
    TokenNotGiven,
    Reported(Software),
    SystemReported,
    FoundAtForge,
    JobBegan,
    JobOver,
    Listed(Software),
    Stayed,
    Kept { timed_out: bool },
    MarkedForDeletion(Reason),
    RemovalRequested { by_force: bool },
    Deregistered,
    FoundBusy,
    DeletionBegun,
    DeletionFailed,
}

impl Event {
    fn all() -> Vec<Self> {
        let mut all = vec![
            Self::Registered,
            Self::GroupChanged,
            Self::CreationBegun,
            Self::MachineMade,
            Self::MachineFound,
            Self::ClearingBegun,
            Self::NextAttempt,
            Self::EffectFailed,
        ];
        all.extend([true, false].map(|may_have_made| Self::CreationFailed { may_have_made }));
        all.extend([true, false].map(|by_force| Self::RemovalRequested { by_force }));
        all.extend([Self::Installs, Self::VersionListed, Self::Ignored]);
        all.extend([Self::TokenFetched, Self::TokenNotGiven, Self::SystemReported, Self::FoundAtForge]);
        all.extend([Self::JobBegan, Self::JobOver]);
        all.extend([true, false].map(|timed_out| Self::Kept { timed_out }));
        all.extend([Software::Installing, Software::Idle, Software::Failed].map(Self::Reported));
        all.extend([Software::Idle, Software::Active, Software::Offline].map(Self::Listed));
        all.extend([Reason::IdleSurplus, Reason::GoneAtForge].map(Self::MarkedForDeletion));
        all.extend([Self::Stayed, Self::Deregistered, Self::FoundBusy, Self::DeletionBegun, Self::DeletionFailed]);
        all
    }

    fn happen(&self, to: Runner) -> Result<Runner, Refusal> {
        match self {
            Self::Registered => to.registered(AGENT),
            Self::GroupChanged => to.group_changed("another group"),
            Self::CreationBegun => to.creation_begun(GENERATION, later()),
            Self::Installs => to.installs(Some(version(330))),
            Self::VersionListed => to.version_listed(version(331)),
            Self::Ignored => to.ignored(later()),
            Self::MachineMade => to.machine_made(machine()),
            Self::MachineFound => to.machine_found(Some(machine())),
            Self::CreationFailed { may_have_made } => to.creation_failed(Some("m-1".to_owned()), FAULT.to_owned(), *may_have_made, later()),
            Self::ClearingBegun => to.clearing_begun(),
            Self::NextAttempt => to.next_attempt(),
            Self::EffectFailed => to.effect_failed(FAULT.to_owned(), later()),
            Self::TokenFetched => to.token_fetched(),
            Self::TokenNotGiven => to.token_not_given(),
            Self::Reported(status) => to.reported(Some(*status), None, FAULT),
            Self::SystemReported => to.system_reported("ubuntu".to_owned(), "24.04".to_owned(), None),
            Self::FoundAtForge => to.found_at_forge(AGENT),
            Self::JobBegan => to.job_began(JOB),
            Self::JobOver => to.job_over(JOB),
            Self::Listed(status) => to.listed(*status),
            Self::Stayed => to.stayed(),
            Self::Kept { timed_out } => to.kept(later(), *timed_out),
            Self::MarkedForDeletion(reason) => to.marked_for_deletion(reason.clone()),
            Self::RemovalRequested { by_force } => to.removal_requested(*by_force),
            Self::Deregistered => to.deregistered(),
            Self::FoundBusy => to.found_busy(),
            Self::DeletionBegun => to.deletion_begun(),
            Self::DeletionFailed => to.deletion_failed(FAULT, later()),
        }
    }

    /// Whether the event can happen to a runner in this state.
    fn fits(&self, before: &Runner) -> bool {
        let leaves = before.status.is_leaving();
        match self {
            Self::GroupChanged => before.status == Machine::PendingCreate && before.agent_id.is_none(),
            Self::CreationBegun => before.status == Machine::PendingCreate,
            Self::ClearingBegun | Self::NextAttempt => before.status == Machine::Error,
            Self::TokenFetched => !before.token_fetched,
            Self::FoundAtForge => before.token_fetched && before.agent_id.is_none(),
            Self::Reported(to) => before.runner_status == Software::Terminated || before.runner_status.check_transition(*to).is_ok(),
            Self::JobBegan | Self::Listed(_) => !before.runner_status.is_terminal(),
            Self::Kept { .. } => {
                let has_failed = matches!(before.runner_status, Software::Failed | Software::Pending | Software::Installing);
                before.status == Machine::Running && has_failed && !before.is_busy() && before.kept_until().is_none()
            }
            Self::MarkedForDeletion(reason) => !leaves && (!before.is_busy() || *reason == Reason::GoneAtForge),
            Self::RemovalRequested { by_force: true } => before.status.check_transition(Machine::PendingForceDelete).is_ok(),
            Self::RemovalRequested { by_force: false } => {
                before.status == Machine::PendingForceDelete || before.status.check_transition(Machine::PendingDelete).is_ok()
            }
            Self::Stayed => {
                let is_idle = matches!(before.runner_status, Software::Idle | Software::Online);
                before.status == Machine::Running && is_idle
            }
            Self::FoundBusy => leaves || before.status == Machine::Error,
            Self::DeletionBegun => leaves,
            Self::DeletionFailed => before.status == Machine::Deleting,
            Self::Ignored => {
                let is_idle = matches!(before.runner_status, Software::Idle | Software::Online) && !before.is_busy();
                before.status == Machine::Running && is_idle && before.version().is_some() && before.ignored_until().is_none()
            }
            Self::Registered
            | Self::Installs
            | Self::VersionListed
            | Self::MachineMade
            | Self::MachineFound
            | Self::CreationFailed { .. }
            | Self::EffectFailed
            | Self::TokenNotGiven
            | Self::SystemReported
            | Self::JobOver
            | Self::Deregistered => true,
        }
    }

    /// The law of the state afterwards.
    fn holds(&self, before: &Runner, after: &Runner) -> bool {
        let waits = after.failures == before.failures + 1 && after.not_before == Some(later());
        let failed = after.fault == FAULT && waits;
        // What a removal fails with stands behind the fault that there was before.
        let not_removed = after.fault.starts_with(&before.fault) && after.fault.ends_with(FAULT) && waits;
        let free = after.failures == 0 && after.not_before.is_none();
        let states = (after.status, after.runner_status);
        match self {
            Self::Registered => after.agent_id == Some(AGENT) && after.fault.is_empty() && free,
            Self::GroupChanged => after.runner_group == "another group" && free,
            Self::CreationBegun => {
                after.status == Machine::Creating
                    && after.create_deadline == Some(later())
                    && after.earlier_deadline == before.may_appear_until()
                    && after.generation == GENERATION
            }
            Self::Installs => after.offered == Some(version(330)) && after.version() == Some(version(330)),
            Self::VersionListed => after.version() == Some(version(331)) && after.offered == before.offered,
            Self::Ignored => after.ignored_until() == Some(later()) && states == (before.status, before.runner_status),
            Self::MachineMade | Self::MachineFound => {
                let began = before.status == Machine::Creating;
                let is_over = matches!(self, Self::MachineMade) || before.earlier_deadline.is_none();
                let known = after.provider_id.as_deref() == Some("m-1") && after.os_name == "debian";
                known
                    && after.create_deadline == before.create_deadline.filter(|_| !is_over)
                    && (!began || (after.status == Machine::Running && after.fault.is_empty() && free))
            }
            Self::CreationFailed { may_have_made } => {
                let over = after.create_deadline == before.create_deadline.filter(|_| *may_have_made);
                over && after.provider_id.is_some() && (before.status != Machine::Creating || (after.status == Machine::Error && failed))
            }
            Self::ClearingBegun => states == (before.status, before.runner_status) && after.reason == Some(Reason::ClearingUp),
            Self::NextAttempt => {
                let fresh = after.provider_id.is_none() && !after.token_fetched && !after.deregistered && after.not_before.is_none();
                let registration = after.agent_id == if before.deregistered { None } else { before.agent_id };
                states == (Machine::PendingCreate, Software::Pending)
                    && after.create_attempt == before.create_attempt + 1
                    && fresh
                    && !after.proven
                    && registration
                    && after.reason != Some(Reason::ClearingUp)
            }
            Self::EffectFailed if before.status == Machine::Error || before.status.is_leaving() => {
                not_removed && after.status == before.status && after.reason != Some(Reason::ClearingUp)
            }
            Self::EffectFailed => failed && after.status == before.status,
            Self::TokenFetched => after.token_fetched,
            Self::TokenNotGiven => !after.token_fetched,
            Self::Reported(_) if before.runner_status == Software::Terminated => after.runner_status == Software::Terminated,
            Self::Reported(to) => {
                after.runner_status == *to && after.create_deadline.is_none() && (*to != Software::Failed || after.fault == FAULT)
            }
            Self::SystemReported => (after.os_name.as_str(), after.os_version.as_str()) == ("ubuntu", "24.04"),
            Self::FoundAtForge => after.agent_id == Some(AGENT),
            Self::JobBegan => {
                after.proven && after.runner_status == Software::Active && after.job_id == Some(JOB) && after.status == before.status
            }
            Self::JobOver => {
                after.proven && after.runner_status == Software::Terminated && after.job_id == Some(JOB) && after.status.is_leaving()
            }
            Self::Listed(Software::Active) => after.runner_status == Software::Active && after.proven,
            Self::Listed(to) => after.runner_status == *to && after.job_id.is_none() && after.proven == before.proven,
            Self::Stayed => after.proven && after.runner_status == before.runner_status,
            Self::Kept { timed_out } => {
                let reason = Reason::Kept { until: later(), timed_out: *timed_out };
                states == (before.status, Software::Failed) && after.kept_until() == Some(later()) && after.reason == Some(reason)
            }
            Self::MarkedForDeletion(reason) => after.status == Machine::PendingDelete && after.reason.as_ref() == Some(reason) && free,
            Self::RemovalRequested { by_force } => {
                let forced = *by_force || before.status == Machine::PendingForceDelete;
                after.status == if forced { Machine::PendingForceDelete } else { Machine::PendingDelete }
            }
            Self::Deregistered => after.deregistered && free,
            Self::FoundBusy if matches!(before.status, Machine::PendingForceDelete | Machine::Deleting) => {
                after.deregistered && after.status == before.status
            }
            Self::FoundBusy => {
                let waits = after.reason.is_some() || after.not_before.is_some() || after.kept_until().is_some();
                after.proven && states == (Machine::Running, Software::Active) && !waits
            }
            Self::DeletionBegun => after.status == Machine::Deleting,
            Self::DeletionFailed => after.status == Machine::PendingDelete && not_removed,
        }
    }
}

fn version(minor: u32) -> RunnerVersion {
    RunnerVersion::parse(&format!("2.{minor}.0")).expect("a version")
}

fn machine() -> ProviderMachine {
    ProviderMachine {
        status: Machine::Running,
        name: "any".into(),
        provider_id: "m-1".to_owned(),
        os_name: "debian".to_owned(),
        os_version: String::new(),
        addresses: Vec::new(),
    }
}

#[test]
fn an_event_leads_to_the_state_that_it_means_or_is_refused() {
    for_all(500, &worlds(), |case| {
        for before in case.snapshot().runners.iter() {
            for event in Event::all() {
                let after = before.apply(now(), |runner| event.happen(runner));
                assert_eq!(after.is_ok(), event.fits(before), "{event:?} of {before:?}");
                if let Ok(after) = after {
                    assert!(event.holds(before, &after), "{event:?}\nbefore {before:?}\nafter {after:?}");
                    check_times_and_identity(before, &after);
                }
            }
        }
    });
}

/// Each change is timed, and a runner stays the same runner.
fn check_times_and_identity(before: &Runner, after: &Runner) {
    let timed = |changed: bool, at: Timestamp, was: Timestamp| assert_eq!(at, if changed { now() } else { was });
    timed(after.status != before.status, after.status_at, before.status_at);
    timed(after.runner_status != before.runner_status, after.runner_status_at, before.runner_status_at);
    assert_eq!((after.id, &after.name, after.set_id, after.entity_id), (before.id, &before.name, before.set_id, before.entity_id));
}
