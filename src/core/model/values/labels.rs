//! Labels of runners and of jobs. Their case does not count.

use std::collections::BTreeSet;

use super::text::{InvalidValue, bounded, is_unseen, trim};

/// The most labels that a job can ask for: forges take no more for one runner (GitHub's `generate-jitconfig`: `maxItems`).
pub const LABELS_MAX: usize = 100;
/// The most labels that a pool can have: its runners carry two more, which name the controller and the pool.
pub const POOL_LABELS_MAX: usize = LABELS_MAX - 2;
/// The longest label, in bytes.
pub const LABEL_BYTES_MAX: usize = 256;

/// The labels of a pool: each once, in the order they were given. A comma separates labels, as on the command line and in the runner software.
///
/// # Errors
/// When there are none or too many, or when one is too long or has a character in it that cannot be seen.
pub fn labels(given: &[String]) -> Result<Vec<String>, InvalidValue> {
    let mut labels = Distinct::default();
    for label in parts(given) {
        if label.contains(is_unseen) {
            return Err(InvalidValue::of(
                label,
                "has a line end or another character in it that cannot be seen; separate labels with commas",
            ));
        }
        labels.add(bounded(label, LABEL_BYTES_MAX)?);
        if labels.kept.len() > POOL_LABELS_MAX {
            return Err(InvalidValue::new(format!("there are more than {POOL_LABELS_MAX} labels; leave out those that no job asks for")));
        }
    }
    if labels.kept.is_empty() {
        return Err(InvalidValue::new("there is no label; at least one is needed, such as \"self-hosted\""));
    }
    Ok(labels.kept)
}

/// The labels of a pool that was stored before labels were looked at: what can be used of them.
#[must_use]
pub fn stored_labels(stored: &[String]) -> Vec<String> {
    let mut labels = Distinct::default();
    parts(stored).for_each(|label| labels.add(label));
    labels.kept
}

/// The labels of a job, each once.
///
/// # Errors
/// When the job asks for more or longer labels than a runner can have: no pool fits it.
pub fn job_labels(sent: Vec<String>) -> Result<Vec<String>, InvalidValue> {
    let mut labels = Distinct::default();
    for label in sent {
        labels.add(bounded(&label, LABEL_BYTES_MAX)?);
        if labels.kept.len() > LABELS_MAX {
            return Err(InvalidValue::new(format!("there are more than {LABELS_MAX} labels")));
        }
    }
    Ok(labels.kept)
}

fn parts(given: &[String]) -> impl Iterator<Item = &str> {
    given.iter().flat_map(|label| label.split(',')).map(trim).filter(|label| !label.is_empty())
}

/// Labels without those that differ from an earlier one in case only.
#[derive(Default)]
struct Distinct {
    kept: Vec<String>,
    known: BTreeSet<String>,
}

impl Distinct {
    fn add(&mut self, label: &str) {
        if self.known.insert(label.to_lowercase()) {
            self.kept.push(label.to_owned());
        }
    }
}
