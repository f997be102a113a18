//! The figures of a replay over time, in steps of equal length.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "steps are few, and times are counted from the beginning"
)]

use std::time::Duration;

use super::Replay;
use super::report::{Percentiles, wait};
use crate::trial::record::Phase;

/// How many jobs wait, and how many machines are in each phase.
pub(super) struct Series {
    /// The most jobs that waited at one moment of each step.
    pub(super) queue: Vec<f64>,
    /// Machines with a job, on average over each step.
    pub(super) busy: Vec<f64>,
    /// Machines that are ready.
    pub(super) idle: Vec<f64>,
    /// Machines that are not ready yet, or not gone yet.
    pub(super) changing: Vec<f64>,
}

impl Series {
    pub(super) fn new(replay: &Replay, step: Duration, steps: usize) -> Self {
        let mut series =
            Self { queue: queue(replay, step, steps), busy: vec![0.0; steps], idle: vec![0.0; steps], changing: vec![0.0; steps] };
        for (phase, from, to) in replay.outcome.machines.iter().flat_map(|life| life.phases(replay.lasted)) {
            let counts = match phase {
                Phase::Busy => &mut series.busy,
                Phase::Idle => &mut series.idle,
                Phase::Starting | Phase::Ending => &mut series.changing,
            };
            add(counts, step, from, to);
        }
        series
    }
}

/// Adds the part of each step that lies between two moments.
fn add(counts: &mut [f64], step: Duration, from: Duration, to: Duration) {
    let (from, to) = (from.as_secs_f64() / step.as_secs_f64(), to.as_secs_f64() / step.as_secs_f64());
    for (number, count) in counts.iter_mut().enumerate().skip(from as usize).take_while(|(number, _)| (*number as f64) < to) {
        let number = number as f64;
        *count += (to.min(number + 1.0) - from.max(number)).max(0.0);
    }
}

fn queue(replay: &Replay, step: Duration, steps: usize) -> Vec<f64> {
    let served = replay.outcome.jobs.iter().filter(|job| replay.policy.serves(&job.labels));
    let mut changes: Vec<(Duration, i32)> =
        served.flat_map(|job| [(job.queued, 1), (job.started.or(job.completed).unwrap_or(replay.lasted), -1)]).collect();
    changes.sort_unstable();
    let mut changes = changes.into_iter().peekable();
    let mut now = 0;
    (1..=steps)
        .map(|number| {
            let mut most = now;
            while let Some((_, change)) = changes.next_if(|(at, _)| *at < step * u32::try_from(number).unwrap_or(u32::MAX)) {
                now += change;
                most = most.max(now);
            }
            f64::from(most)
        })
        .collect()
}

/// How long jobs waited that were queued in each step; nothing where there were none.
pub(super) fn waits(replay: &Replay, step: Duration, steps: usize) -> Vec<Option<Percentiles>> {
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); steps];
    for job in &replay.outcome.jobs {
        let number = (job.queued.as_secs_f64() / step.as_secs_f64()) as usize;
        if let (Some(place), Some(wait)) = (values.get_mut(number), wait(job)) {
            place.push(wait);
        }
    }
    values.into_iter().map(|values| (!values.is_empty()).then(|| Percentiles::of(values))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_a_step_is_added_to_it() {
        let mut counts = vec![0.0; 4];
        add(&mut counts, Duration::from_secs(10), Duration::from_secs(5), Duration::from_secs(25));
        add(&mut counts, Duration::from_secs(10), Duration::from_secs(12), Duration::from_secs(14));
        add(&mut counts, Duration::from_secs(10), Duration::from_secs(35), Duration::from_secs(90));
        assert_eq!(counts.iter().map(|count| (count * 10.0).round() as u32).collect::<Vec<_>>(), [5, 12, 5, 5]);
    }
}
