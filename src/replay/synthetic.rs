//! A load by chance: jobs that arrive independently of each other, with log-normal durations.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::Job;
use super::history::split_labels;
use crate::time::{Timestamp, parse_duration};
use crate::trial::spread::Spread;

/// When a synthetic load begins: a Monday, at midnight.
const BEGINNING: Timestamp = Timestamp::from_micros(1_767_571_200_000_000);
/// The longest load, in hours: a year.
const HOURS_MAX: f64 = 8784.0;
const HOUR: f64 = 3600.0;
/// How much happens in each hour of a working day, where the busiest has 1.
const WORKDAY: [f64; 24] =
    [0.05, 0.05, 0.15, 0.05, 0.05, 0.05, 0.1, 0.25, 0.6, 0.9, 1.0, 0.95, 0.5, 0.75, 0.95, 1.0, 0.9, 0.65, 0.35, 0.2, 0.15, 0.1, 0.08, 0.05];
/// How much of that is left on Saturdays and Sundays.
const WEEKEND: f64 = 0.15;

const KEYS: [&str; 6] = ["jobs-per-hour", "hours", "duration", "p99", "labels", "shape"];

/// How jobs are spread over the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Evenly.
    Flat,
    /// As people work: little at night and on weekends, less at noon.
    Workday,
}

/// Some kind of jobs, as `jobs-per-hour=60,hours=8,duration=5m,labels=linux`.
#[derive(Clone, Debug, PartialEq)]
pub struct Synthetic {
    /// How many arrive in an hour on average; with a working day, in its busiest hour.
    pub jobs_per_hour: f64,
    /// For how many hours, from the midnight before a Monday.
    pub hours: f64,
    /// How long they take.
    pub duration: Spread,
    /// The labels that their runners must have.
    pub labels: Vec<String>,
    /// How they are spread.
    pub shape: Shape,
}

/// Why a specification cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Error(String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Synthetic {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut given = BTreeMap::new();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) =
                part.split_once('=').ok_or_else(|| Error(format!("{part:?} is not KEY=VALUE; labels are separated by ;")))?;
            if !KEYS.contains(&key) {
                let closest = KEYS.iter().min_by_key(|known| strsim::damerau_levenshtein(known, key)).unwrap_or(&KEYS[0]);
                return Err(Error(format!("unknown key {key}; did you mean {closest}? There are {}", KEYS.join(", "))));
            }
            given.insert(key, value);
        }
        let told = |key: &str, default: &'static str| given.get(key).copied().unwrap_or(default);
        let wrong = |key: &str, value: &str, allowed: &str| Error(format!("{key} = {value:?}: {allowed}"));
        let number = |key: &str, default, max: f64| {
            let value = told(key, default);
            let number = value.parse().ok().filter(|number| *number > 0.0 && *number <= max);
            number.ok_or_else(|| wrong(key, value, &format!("must be a number above 0, at most {max}")))
        };
        let duration = |key: &str, value: &str| {
            let seconds = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
            let duration = seconds.or_else(|| parse_duration(value)).filter(|duration| !duration.is_zero());
            duration.ok_or_else(|| wrong(key, value, "must be seconds, or a duration such as 90s or 5m"))
        };
        let median = duration("duration", told("duration", "5m"))?;
        let p99 = given.get("p99").map_or(Ok(median * 4), |value| duration("p99", value))?;
        if p99 < median {
            return Err(wrong("p99", told("p99", ""), "must be at least the duration, which is the median"));
        }
        let labels = split_labels(told("labels", "linux"));
        if labels.is_empty() {
            return Err(wrong("labels", told("labels", ""), "must be labels, separated by spaces or ;"));
        }
        let shape = match told("shape", "flat") {
            "flat" => Shape::Flat,
            "workday" => Shape::Workday,
            other => return Err(wrong("shape", other, "must be flat or workday")),
        };
        Ok(Self {
            jobs_per_hour: number("jobs-per-hour", "60", 100_000.0)?,
            hours: number("hours", "24", HOURS_MAX)?,
            duration: Spread { min: Duration::ZERO, median, p99 },
            labels,
            shape,
        })
    }
}

impl Synthetic {
    /// Its jobs; the same for the same seed.
    #[must_use]
    pub fn jobs(&self, seed: u64) -> Vec<Job> {
        let mut chance = StdRng::seed_from_u64(seed);
        let mut jobs = Vec::new();
        let mut at = 0.0;
        loop {
            // Arrivals at the highest rate, of which each remains with the chance its hour gives it.
            let gap = -(1.0 - chance.random::<f64>()).ln() * HOUR / self.jobs_per_hour;
            at += gap;
            if at >= self.hours * HOUR {
                return jobs;
            }
            if chance.random::<f64>() < self.shape.weight(Duration::from_secs_f64(at)) {
                jobs.push(Job {
                    queued_at: BEGINNING.after(Duration::from_secs_f64(at)),
                    labels: self.labels.clone(),
                    duration: self.duration.draw(&mut chance),
                });
            }
        }
    }
}

impl Shape {
    fn weight(self, at: Duration) -> f64 {
        let hour = usize::try_from(at.as_secs() / 3600).unwrap_or_default();
        match self {
            Self::Flat => 1.0,
            Self::Workday if hour / 24 % 7 >= 5 => WORKDAY[hour % 24] * WEEKEND,
            Self::Workday => WORKDAY[hour % 24],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_is_read_and_gives_the_same_jobs_for_the_same_seed() {
        let load: Synthetic = "jobs-per-hour=60,hours=100,duration=300,labels=linux;x64".parse().expect("good");
        assert_eq!((load.labels.join("+"), load.duration.median.as_secs()), ("linux+x64".to_owned(), 300));
        let jobs = load.jobs(7);
        assert!((5700..6300).contains(&jobs.len()), "{}", jobs.len());
        assert_eq!(jobs, load.jobs(7));
        assert_ne!(jobs, load.jobs(8));
        assert!(jobs.is_sorted_by_key(|job| job.queued_at));
    }

    #[test]
    fn on_a_working_day_little_happens_at_night() {
        let load: Synthetic = "jobs-per-hour=100,hours=24,shape=workday".parse().expect("good");
        let at = |job: &Job| job.queued_at.since(BEGINNING).as_secs() / 3600;
        let jobs = load.jobs(1);
        let count = |hours: std::ops::Range<u64>| jobs.iter().filter(|job| hours.contains(&at(job))).count();
        assert!(count(9..12) > 5 * count(3..6), "{} {}", count(9..12), count(3..6));
        assert!(count(12..13) < count(10..11));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_way_out() {
        let table = [
            ("jobs-per-hours=6", "unknown key jobs-per-hours; did you mean jobs-per-hour? There are jobs-per-hour, hours,"),
            ("linux", "\"linux\" is not KEY=VALUE; labels are separated by ;"),
            ("hours=0", "hours = \"0\": must be a number above 0, at most 8784"),
            ("jobs-per-hour=many", "jobs-per-hour = \"many\": must be a number above 0"),
            ("duration=long", "duration = \"long\": must be seconds, or a duration such as 90s or 5m"),
            ("duration=5m,p99=1m", "p99 = \"1m\": must be at least the duration"),
            ("labels=;", "labels = \";\": must be labels"),
            ("shape=round", "shape = \"round\": must be flat or workday"),
        ];
        for (text, expected) in table {
            let error = text.parse::<Synthetic>().expect_err(text).to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
