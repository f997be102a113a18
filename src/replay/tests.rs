//! Whole replays, and the pictures drawn of them.

use std::time::Duration;

use super::policy::{Policy, Pool};
use super::report::NotServed;
use super::synthetic::Synthetic;
use super::{Job, Load, Replay, compare, plot, replay};
use crate::model::Balancer;
use crate::time::Timestamp;
use crate::trial::spread::Spread;

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn policy(name: &str, max_runners: u32, min_idle_runners: u32) -> Policy {
    let pool = Pool {
        name: "linux".into(),
        tags: vec!["linux".into()],
        max_runners,
        min_idle_runners,
        priority: 0,
        bootstrap_timeout: Duration::from_mins(20),
        create_time: secs(5),
        boot: Spread { min: secs(20), median: secs(40), p99: secs(120) },
        price_per_hour: 0.5,
    };
    Policy { name: name.into(), balancer: Balancer::Pack, minimum_job_age_backoff: secs(30), idle_time_min: secs(120), pools: vec![pool] }
}

fn jobs(count: u64, apart: u64, labels: &str, takes: u64) -> Vec<Job> {
    let job =
        |number| Job { queued_at: Timestamp::EPOCH.after(secs(number * apart)), labels: vec![labels.to_owned()], duration: secs(takes) };
    (0..count).map(job).collect()
}

fn served(replay: &Replay) -> &Replay {
    let report = &replay.report;
    assert_eq!((report.served, report.violations.as_slice()), (report.jobs, [].as_slice()), "{report:#?}");
    replay
}

#[test]
fn idle_runners_spare_waits_and_cost_machine_time() {
    let load = Load::new(jobs(20, 300, "linux", 60)).expect("jobs");
    let replays = compare(&load, vec![policy("lean", 4, 0), policy("warm", 4, 1)], 1);
    let (lean, warm) = (&served(&replays[0]).report, &served(&replays[1]).report);
    assert!(warm.wait_seconds.max < 5.0, "a runner was ready for each: {warm:#?}");
    assert!(lean.wait_seconds.p50 > 25.0, "a machine had to boot: {lean:#?}");
    assert!(lean.cost < warm.cost && lean.utilisation > warm.utilisation);
    assert!((lean.cost - lean.machine_hours.total * 0.5).abs() < 1e-9);
    assert!((lean.machine_hours.busy * 3600.0 - 20.0 * 60.0).abs() < 1.0, "{lean:#?}");
    assert_eq!((lean.machines, lean.peak_machines), (20, 1));
}

#[test]
fn the_same_seed_gives_the_same_report_and_picture() {
    let load: Synthetic = "jobs-per-hour=40,hours=2,duration=60,labels=linux".parse().expect("good");
    let load = Load::new(load.jobs(3)).expect("jobs");
    let run = |seed| {
        let replay = replay(&load, policy("lean", 8, 1), seed);
        (replay.report.clone(), plot::plot(&load, &[replay]))
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5).0, run(6).0);
}

#[test]
fn jobs_without_a_pool_are_told_with_their_labels() {
    let mut all = jobs(3, 60, "linux", 30);
    all.extend(jobs(2, 60, "windows", 30));
    let replay = replay(&Load::new(all).expect("jobs"), policy("lean", 2, 0), 1);
    let expected = NotServed { labels: vec!["windows".into()], jobs: 2, reason: "no pool has these labels" };
    assert_eq!((replay.report.served, replay.report.not_served), (3, vec![expected]));
    assert_eq!(replay.report.violations, Vec::<String>::new());
}

#[test]
fn jobs_that_wait_for_a_day_are_given_up_as_the_forge_does() {
    let load = Load::new(jobs(6, 1, "linux", 10 * 3600)).expect("jobs");
    let report = replay(&load, policy("tight", 1, 0), 1).report;
    assert_eq!((report.served, report.violations.as_slice()), (3, [].as_slice()), "{report:#?}");
    assert_eq!(report.not_served[0].reason, "no runner became free within a day");
    assert_eq!(report.peak_machines, 1);
}

/// Every tag is closed in order, and no number is missing.
fn assert_well_formed(svg: &str) {
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().expect("a tag has a name");
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name));
        } else if !tag.ends_with('/') {
            open.push(name);
        }
        assert!(tag.matches('"').count().is_multiple_of(2), "{tag}");
    }
    assert!(open.is_empty(), "{open:?}");
    for word in ["NaN", "inf", "-0.0"] {
        assert!(!svg.contains(word), "{word}");
    }
}

#[test]
fn a_picture_is_well_formed_whatever_is_in_it() {
    let short = Load::new(jobs(1, 1, "linux", 1)).expect("jobs");
    let long = Load::new(jobs(12, 2 * 3600, "linux", 600)).expect("jobs");
    let nothing = Load::new(jobs(3, 60, "windows", 1)).expect("jobs");
    for load in [short, long, nothing] {
        let replays = compare(&load, vec![policy("a < b & \"c\"", 2, 0), policy("warm", 2, 1)], 1);
        let svg = plot::plot(&load, &replays);
        assert_well_formed(&svg);
        assert!(svg.contains("a &lt; b &amp;"), "names are escaped");
        assert_eq!(svg.matches("class=\"head\"").count(), 4, "queue, machines of both, waits");
    }
}
