//! How the machines of a pool or scale set fared, as fields.

use std::collections::BTreeMap;

use crate::cli::output::time;
use crate::time::Timestamp;

/// What the API tells of the machines of a runner set.
pub(in crate::cli) struct Machines<'a> {
    pub(in crate::cli) made: u64,
    pub(in crate::cli) served: u64,
    pub(in crate::cli) in_vain: &'a BTreeMap<String, u64>,
    pub(in crate::cli) keep_failed_seconds: u64,
    pub(in crate::cli) failures: &'a BTreeMap<String, u64>,
    pub(in crate::cli) version: &'a str,
    pub(in crate::cli) version_retires_at: Option<Timestamp>,
    pub(in crate::cli) paused_until: Option<Timestamp>,
    pub(in crate::cli) pause_reason: &'a str,
}

impl Machines<'_> {
    /// The fields; what there is nothing to tell of is left out.
    pub(in crate::cli) fn fields(&self) -> Vec<(&'static str, String)> {
        let mut fields = Vec::new();
        if self.made > 0 {
            let in_vain = self.in_vain.iter().map(|(reason, count)| format!("\n{count}: {reason}"));
            fields.push(("Machines", format!("{} made, {} took a job{}", self.made, self.served, in_vain.collect::<String>())));
        }
        if self.keep_failed_seconds > 0 {
            fields.push(("Keep Failed", format!("{} s, one machine at a time", self.keep_failed_seconds)));
        }
        if !self.failures.is_empty() {
            let causes: Vec<_> = self.failures.iter().map(|(cause, count)| format!("{count}: {cause}")).collect();
            fields.push(("Causes of failures", causes.join("\n")));
        }
        if !self.version.is_empty() {
            let end = self.version_retires_at.map(|at| format!(" (the forge gives it no jobs from {} on)", time(at)));
            fields.push(("Runner Version", format!("{}{}", self.version, end.unwrap_or_default())));
        }
        if let Some(until) = self.paused_until {
            fields.push(("Pause", format!("until {}, then one machine on trial\n{}", time(until), self.pause_reason)));
        }
        fields
    }
}
