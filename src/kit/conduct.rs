//! The rules for every call, judged over all calls of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use garm_provider_protocol::exit_code;

use super::check::{Check, Group};
use super::judgement::{Judgement, Verdict};
use super::response::{End, Response};

/// The observations so far: for each check the first of the worst ones, and their number.
#[derive(Default)]
pub(super) struct Conduct {
    observed: BTreeMap<&'static str, Observed>,
    /// How many answers with JSON, and how many with machines, there were to judge.
    answers: usize,
    machines: usize,
    failures: usize,
}

/// The facts about a call beside its answer.
pub(super) struct Traits {
    /// A process it had started kept its output open.
    pub(super) held_open: bool,
    /// How many processes of its group run on.
    pub(super) left: usize,
    /// It printed more to standard error than is kept.
    pub(super) stderr_cut: bool,
    /// It printed a secret.
    pub(super) revealed: bool,
    /// How long it was given.
    pub(super) limit: Duration,
}

struct Observed {
    judgement: Judgement,
    count: usize,
}

impl Conduct {
    /// Everything about a call but its answer.
    pub(super) fn note_call(&mut self, response: &Response, traits: &Traits) {
        let command = &response.command;
        match response.end {
            End::TimedOut => {
                let detail =
                    format!("{command} did not end within {} s; it was killed with all it had started", traits.limit.as_secs_f32());
                self.note(Check::TimeLimit, Judgement::fail(detail, response));
            }
            End::Flooded => {
                let detail = format!("{command} printed more than the 4 MiB that are accepted");
                self.note(Check::OutputBounded, Judgement::fail(detail, response));
            }
            End::Signal(signal) => self.note(Check::NoCrash, Judgement::fail(format!("{command} ended by signal {signal}"), response)),
            End::Exited(status) if status != 0 => self.note_failure(response, status),
            _ => {}
        }
        if traits.held_open {
            let detail = format!("{command} ended while a process it had started kept its output open; the server kills such a process");
            self.note(Check::Leftovers, Judgement::fail(detail, response));
        } else if traits.left > 0 {
            let detail = format!("{command} left {} running in its process group", traits.left);
            self.note(Check::Leftovers, Judgement::warn(detail, response));
        }
        if traits.stderr_cut {
            let detail = format!("{command} printed so much to standard error that only its end is kept");
            self.note(Check::OutputBounded, Judgement::warn(detail, response));
        }
        if traits.revealed {
            self.note(Check::NoSecrets, Judgement::fail(format!("{command} printed the machine's token, plain or in base64"), response));
        }
    }

    /// Statuses with a meaning of their own tell enough.
    fn note_failure(&mut self, response: &Response, status: i32) {
        let telling = [exit_code::NOT_FOUND, exit_code::DUPLICATE].map(i32::from).contains(&status);
        self.failures += usize::from(!telling);
        if !telling && response.said_nothing_on_stderr() {
            let detail = format!("{} failed with exit status {status} and said nothing", response.command);
            self.note(Check::SaysWhy, Judgement::warn(detail, response));
        }
    }

    /// An answer that was to be JSON.
    pub(super) fn note_json(&mut self, fault: Option<String>, response: &Response) {
        self.answers += 1;
        if let Some(fault) = fault {
            self.note(Check::StdoutJson, Judgement::fail(format!("{}: {fault}", response.command), response));
        }
    }

    /// A machine in an answer.
    pub(super) fn note_machine(&mut self, fault: Option<String>, response: &Response) {
        self.machines += 1;
        if let Some(fault) = fault {
            self.note(Check::InstanceJson, Judgement::fail(format!("{}: {fault}", response.command), response));
        }
    }

    fn note(&mut self, check: Check, judgement: Judgement) {
        let observed = self.observed.entry(check.id()).or_insert(Observed { judgement: judgement.clone(), count: 0 });
        observed.count += 1;
        if judgement.verdict > observed.judgement.verdict {
            observed.judgement = judgement;
        }
    }

    /// The verdict of each check over all calls.
    pub(super) fn findings(&self) -> impl Iterator<Item = (Check, Judgement)> {
        Check::ALL.iter().filter(|check| check.group() == Group::Conduct).map(|check| (*check, self.judge(*check)))
    }

    fn judge(&self, check: Check) -> Judgement {
        if let Some(Observed { judgement, count }) = self.observed.get(check.id()) {
            let mut judgement = judgement.clone();
            if *count > 1 {
                judgement.detail = format!("{} (the first of {count})", judgement.detail);
            }
            debug_assert!(judgement.verdict >= Verdict::Warn, "what holds is not noted");
            return judgement;
        }
        match check {
            Check::StdoutJson if self.answers == 0 => Judgement::skip("there was no answer to judge"),
            Check::InstanceJson if self.machines == 0 => Judgement::skip("no machine was described; --live makes some"),
            Check::SaysWhy if self.failures == 0 => Judgement::skip("nothing failed without a status of its own"),
            _ => Judgement::pass(),
        }
    }
}
