//! Counters and durations for Prometheus, under upstream's names where upstream has them.
//!
//! What can be read from the database when somebody asks is not here: the route that serves the figures reads it then. Labels are names of providers,
//! pools, operations and reasons, never of jobs, runners or people: there is no end to those.

use std::fmt;
use std::time::Duration;

use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

use crate::model::RunnerSetId;

/// From a script that answers at once to a bare machine that takes half an hour to come, in seconds.
const LONG: [f64; 14] = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0];

/// The limits, in seconds, of waits that should take milliseconds.
const SHORT: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// The figures of one server. Clones share them.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    runner_operations: IntCounterVec,
    runner_errors: IntCounterVec,
    provider_seconds: HistogramVec,
    forge_operations: IntCounterVec,
    forge_errors: IntCounterVec,
    forge_seconds: HistogramVec,
    connections_lost: IntCounterVec,
    deliveries: IntCounterVec,
    delivery_seconds: Histogram,
    queue_seconds: HistogramVec,
    reaction_seconds: Histogram,
    boot_seconds: HistogramVec,
    jobs_lost: IntCounterVec,
}

/// The figures of one command of one provider.
#[derive(Clone)]
pub struct ProviderCall {
    operations: IntCounter,
    errors: IntCounter,
    /// How long its calls took.
    pub seconds: Histogram,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        let counter = |name: &str, help: &str, labels: &[&str]| {
            let counter = IntCounterVec::new(Opts::new(name, help), labels).expect("names and labels are valid");
            registry.register(Box::new(counter.clone())).expect("each name is used once");
            counter
        };
        let durations = |name: &str, help: &str, labels: &[&str], buckets: &[f64]| {
            let options = HistogramOpts::new(name, help).buckets(buckets.to_vec());
            let histogram = HistogramVec::new(options, labels).expect("names, labels and buckets are valid");
            registry.register(Box::new(histogram.clone())).expect("each name is used once");
            histogram
        };
        let single = |name: &str, help: &str, buckets: &[f64]| durations(name, help, &[], buckets).with_label_values::<&str>(&[]);
        Self {
            runner_operations: counter("garm_runner_operations_total", "Calls of providers.", &["operation", "provider"]),
            runner_errors: counter("garm_runner_errors_total", "Calls of providers that failed.", &["operation", "provider"]),
            provider_seconds: durations("garm_provider_call_seconds", "Duration of provider calls.", &["operation", "provider"], &LONG),
            forge_operations: counter("garm_github_operations_total", "Calls of forges.", &["operation", "scope"]),
            forge_errors: counter("garm_github_errors_total", "Calls of forges that failed.", &["operation", "scope"]),
            forge_seconds: durations("garm_forge_call_seconds", "Duration of forge calls.", &["operation"], &LONG),
            connections_lost: counter(
                "garm_connections_lost_total",
                "Connections of clients that got no place, or lost it to others: peer, all, displaced_peer, displaced_all, system.",
                &["reason"],
            ),
            deliveries: counter("garm_webhook_received", "Deliveries of workflow jobs, by what became of them.", &["valid", "reason"]),
            delivery_seconds: single(
                "garm_webhook_handling_seconds",
                "Time from the arrival of a delivery until it is durable and answered.",
                &SHORT,
            ),
            queue_seconds: durations(
                "garm_job_queue_seconds",
                "Time jobs waited until one of our runners took them.",
                &["pool_id", "scaleset_id"],
                &LONG,
            ),
            reaction_seconds: single(
                "garm_job_to_create_seconds",
                "Time from the moment a job is known until a provider is asked for its machine.",
                &SHORT,
            ),
            boot_seconds: durations(
                "garm_runner_boot_seconds",
                "Time from the decision to make a runner until it is ready.",
                &["provider"],
                &LONG,
            ),
            jobs_lost: counter(
                "garm_jobs_lost_total",
                "Jobs that lost their machine, by outcome: rerun, or why not (off, ended, step_failed, cancelled, rerun_elsewhere, limit_of_run, \
                 limit_of_day, too_late).",
                &["outcome"],
            ),
            registry,
        }
    }
}

impl Metrics {
    /// Where the figures are gathered.
    #[must_use]
    pub const fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Shows a counter that another part of the program keeps.
    #[must_use]
    pub fn with(self, counter: &IntCounter) -> Self {
        self.registry.register(Box::new(counter.clone())).expect("each name is used once");
        self
    }

    /// The figures of one command of a provider. `operation` is the name of the command, but for starting and stopping, which upstream calls `Start`
    /// and `Stop`.
    #[must_use]
    pub fn provider_call(&self, command: &str, provider: &str) -> ProviderCall {
        let operation = match command {
            "StartInstance" => "Start",
            "StopInstance" => "Stop",
            other => other,
        };
        let labels = [operation, provider];
        ProviderCall {
            operations: self.runner_operations.with_label_values(&labels),
            errors: self.runner_errors.with_label_values(&labels),
            seconds: self.provider_seconds.with_label_values(&labels),
        }
    }

    /// A call of a forge ended. `scope` is the kind of entity it was for; empty where it was for none.
    pub fn forge_call(&self, operation: &str, scope: &str, took: Duration, failed: bool) {
        self.forge_operations.with_label_values(&[operation, scope]).inc();
        let errors = self.forge_errors.with_label_values(&[operation, scope]);
        if failed {
            errors.inc();
        }
        self.forge_seconds.with_label_values(&[operation]).observe(took.as_secs_f64());
    }

    /// A connection of a client got no place, or lost its place to another one.
    pub fn connection_lost(&self, reason: &str) {
        self.connections_lost.with_label_values(&[reason]).inc();
    }

    /// A delivery was answered: `reason` is empty for one that was taken in.
    pub fn delivery(&self, valid: bool, reason: &str, took: Duration) {
        self.deliveries.with_label_values(&[if valid { "true" } else { "false" }, reason]).inc();
        self.delivery_seconds.observe(took.as_secs_f64());
    }

    /// A runner of a set took a job that had waited.
    pub fn job_taken(&self, set: RunnerSetId, waited: Duration) {
        self.queue_seconds.with_label_values(&set_labels(set)).observe(waited.as_secs_f64());
    }

    /// A provider is asked for a machine for a job that has been known for so long.
    pub fn machine_wanted(&self, known_for: Duration) {
        self.reaction_seconds.observe(known_for.as_secs_f64());
    }

    /// It is decided what becomes of a job that lost its machine.
    pub fn job_lost(&self, outcome: &str) {
        self.jobs_lost.with_label_values(&[outcome]).inc();
    }

    /// A runner is ready, so long after it was decided to make it.
    pub fn runner_ready(&self, provider: &str, took: Duration) {
        self.boot_seconds.with_label_values(&[provider]).observe(took.as_secs_f64());
    }

    /// Forgets a runner set that is gone.
    pub fn forget_set(&self, set: RunnerSetId) {
        // One that no job ever waited for has no series.
        let _absent = self.queue_seconds.remove_label_values(&set_labels(set));
    }
}

/// The labels `pool_id` and `scaleset_id`, of which one is empty.
#[must_use]
pub fn set_labels(set: RunnerSetId) -> [String; 2] {
    let text = |id: Option<String>| id.unwrap_or_default();
    [text(set.pool().map(|id| id.to_string())), text(set.scale_set().map(|id| id.to_string()))]
}

impl ProviderCall {
    /// A call ended.
    pub fn ended(&self, took: Duration, failed: bool) {
        self.operations.inc();
        if failed {
            self.errors.inc();
        }
        self.seconds.observe(took.as_secs_f64());
    }
}
