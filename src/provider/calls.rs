//! How the calls of a provider went since the server started: durations and outcomes for each command, and the last call's words.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use garm_provider_protocol::Command;
use prometheus::core::Metric as _;

use crate::clock::Clock;
use crate::telemetry::{Metrics, ProviderCall};
use crate::time::Timestamp;

/// The calls of one provider. Clones share one content.
#[derive(Clone)]
pub(super) struct Calls {
    provider: String,
    clock: Clock,
    metrics: Metrics,
    commands: Arc<Mutex<BTreeMap<&'static str, Record>>>,
}

struct Record {
    running: u64,
    failed: u64,
    figures: ProviderCall,
    last: Option<LastCall>,
}

/// The calls of one command.
#[derive(Clone, Debug)]
pub struct CommandCalls {
    /// The command.
    pub command: &'static str,
    /// How many are under way.
    pub running: u64,
    /// How many ended.
    pub ended: u64,
    /// How many of those failed: other exit status than the contract has for success, too slow, or not understood.
    pub failed: u64,
    /// How long they took together, in seconds.
    pub seconds: f64,
    /// Upper bound in seconds, and how many took no longer; ascending.
    pub buckets: Vec<(f64, u64)>,
    /// The one that ended last.
    pub last: Option<LastCall>,
}

/// A call that ended.
#[derive(Clone, Debug)]
pub struct LastCall {
    /// When it began.
    pub at: Timestamp,
    /// How long it took.
    pub took: Duration,
    /// Its fault, in one line; `None` = it succeeded.
    pub fault: Option<String>,
    /// The end of what it printed to standard error, without secrets.
    pub stderr: String,
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.report()).finish()
    }
}

impl Calls {
    pub(super) fn new(provider: &str, clock: Clock, metrics: Metrics) -> Self {
        Self { provider: provider.to_owned(), clock, metrics, commands: Arc::default() }
    }

    /// A call begins. It counts as failed when what this returns is dropped without [`Running::ended`]: no task waited for its end.
    pub(super) fn begin(&self, command: Command) -> Running {
        let command = command.as_str();
        let at = self.clock.now();
        let figures = || self.metrics.provider_call(command, &self.provider);
        self.lock().entry(command).or_insert_with(|| Record { running: 0, failed: 0, figures: figures(), last: None }).running += 1;
        Running {
            calls: self.clone(),
            command,
            at,
            fault: Some("given up by the server, which no longer waited for it".to_owned()),
            stderr: String::new(),
        }
    }

    /// All commands that were ever called.
    pub(super) fn report(&self) -> Vec<CommandCalls> {
        self.lock().iter().map(|(command, record)| record.report(command)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<&'static str, Record>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn report(&self, command: &'static str) -> CommandCalls {
        let seconds = &self.figures.seconds;
        let metric = seconds.metric();
        let buckets = metric.get_histogram().get_bucket();
        CommandCalls {
            command,
            running: self.running,
            ended: seconds.get_sample_count(),
            failed: self.failed,
            seconds: seconds.get_sample_sum(),
            buckets: buckets.iter().map(|bucket| (bucket.upper_bound(), bucket.cumulative_count())).collect(),
            last: self.last.clone(),
        }
    }
}

/// A call under way.
pub(super) struct Running {
    calls: Calls,
    command: &'static str,
    at: Timestamp,
    fault: Option<String>,
    stderr: String,
}

impl Running {
    /// The call ended: what was wrong with it, and what it said.
    pub(super) fn ended(mut self, fault: Option<String>, stderr: String) {
        (self.fault, self.stderr) = (fault, stderr);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let took = self.calls.clock.now().since(self.at);
        let (fault, stderr) = (self.fault.take(), std::mem::take(&mut self.stderr));
        let mut commands = self.calls.lock();
        let record = commands.get_mut(self.command).expect("it began, and records stay");
        record.running -= 1;
        record.failed += u64::from(fault.is_some());
        record.figures.ended(took, fault.is_some());
        record.last = Some(LastCall { at: self.at, took, fault, stderr });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::VirtualClock;

    #[test]
    fn calls_are_counted_timed_and_the_last_one_is_remembered() {
        let clock = VirtualClock::default();
        let calls = Calls::new("test", Clock::Virtual(clock.clone()), Metrics::default());
        for (seconds, fault) in [(3, None), (700, Some("no quota".to_owned()))] {
            let running = calls.begin(Command::CreateInstance);
            assert_eq!(calls.report()[0].running, 1);
            clock.advance(Duration::from_secs(seconds));
            running.ended(fault, format!("took {seconds}"));
        }
        let report = calls.report().remove(0);
        assert_eq!((report.command, report.running, report.ended, report.failed), ("CreateInstance", 0, 2, 1));
        assert!((report.seconds - 703.0).abs() < 1e-9, "{}", report.seconds);
        let within = |bound: f64| report.buckets.iter().find(|(upper, _)| *upper >= bound).map(|(_, count)| *count);
        assert_eq!((within(2.5), within(5.0), within(600.0), within(1800.0)), (Some(0), Some(1), Some(1), Some(2)));
        let last = report.last.expect("one ended");
        assert_eq!((last.took, last.fault.as_deref(), last.stderr.as_str()), (Duration::from_secs(700), Some("no quota"), "took 700"));
    }

    #[test]
    fn a_call_nobody_waited_for_counts_as_failed() {
        let calls = Calls::new("test", Clock::Virtual(VirtualClock::default()), Metrics::default());
        drop(calls.begin(Command::ListInstances));
        let report = calls.report().remove(0);
        assert_eq!((report.running, report.ended, report.failed), (0, 1, 1));
        assert!(report.last.and_then(|last| last.fault).is_some_and(|fault| fault.contains("no longer waited")));
    }
}
