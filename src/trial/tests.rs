//! A bounded number of trials with every test run; `garm simulate fuzz` runs more.

mod hanging;
mod late_pools;
mod limits;
mod losses;
mod lost_deliveries;
mod scale_sets;
mod useless;

use std::collections::BTreeSet;

use super::faults::Fault;
use super::fuzz::{self, Verdict};
use super::scenario::Scenario;

/// Where the seeds begin; they are the same in every run, so that a failure is no matter of luck.
const FIRST: u64 = 1_000;
/// How many trials run, spread over tests so that a runner of tests can run them side by side.
const PER_TEST: u64 = 50;

/// Seeds that failed once, for a reason that was mended.
const ONCE_FAILED: &[u64] = &[
    16, 19, 25, 26, 48, 50, 1082, 1085, 100_317, 200_203, 300_133, 700_251, 700_360, 700_386, 720_062, 720_079, 720_728, 720_816, 720_957,
    730_015, 800_506, 800_664, 800_823, 800_836, 810_578, 823_013, 823_185, 823_323, 823_977, 825_516, 826_252, 826_605, 826_817, 827_648,
    827_781, 902_494, 1_100_318, 2_001_825, 2_002_260, 3_002_091, 5_000_127, 5_000_181, 5_000_451, 6_000_558, 6_006_121, 6_006_241,
    7_000_288, 7_002_230, 7_002_292, 7_003_587, 7_005_247, 7_008_734, 8_005_807, 8_006_919, 9_009_352, 9_702_538, 9_705_936, 9_805_202,
    9_903_222, 9_907_089, 9_951_547, 9_963_766, 10_003_447, 10_103_650, 10_112_631, 11_000_153, 11_000_520, 11_000_540,
];

fn told(verdict: &Verdict) -> String {
    let tail = verdict.lines.iter().rev().take(60).rev().cloned().collect::<Vec<_>>().join("\n");
    format!(
        "seed {}: {:#?}\n{tail}\nrun: garm simulate fuzz --seeds 1 --first-seed {} --trace",
        verdict.seed, verdict.violations, verdict.seed
    )
}

fn pass(seeds: impl Iterator<Item = u64>) {
    let failed: Vec<String> = seeds.map(fuzz::run_seed).filter(|verdict| !verdict.passed()).map(|verdict| told(&verdict)).collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}

macro_rules! batches {
    ($($name:ident = $number:literal),+ $(,)?) => {$(
        #[test]
        fn $name() {
            pass(FIRST + $number * PER_TEST..FIRST + ($number + 1) * PER_TEST);
        }
    )+};
}

batches! { mixed_faults_first = 0, mixed_faults_second = 1, mixed_faults_third = 2, mixed_faults_fourth = 3 }

#[test]
fn seeds_that_failed_once_pass() {
    pass(ONCE_FAILED.iter().copied());
}

#[test]
fn the_same_seed_gives_the_same_trial() {
    for seed in [3, 5, 8] {
        let (one, other) = (fuzz::run_seed(seed), fuzz::run_seed(seed));
        assert_eq!(one.lines, other.lines);
        assert_eq!((one.hash, one.injected), (other.hash, other.injected));
    }
}

#[test]
fn a_script_does_what_chance_did_and_no_more() {
    let first = fuzz::run_seed(11);
    let script: BTreeSet<_> = first.injected.iter().copied().collect();
    let again = fuzz::run(Scenario::mixed(11), Some(script));
    assert_eq!(first.hash, again.hash);
    let none = fuzz::run(Scenario::mixed(11), Some(BTreeSet::new()));
    assert!(none.passed() && none.injected.is_empty(), "{}", told(&none));
}

#[test]
fn a_repository_that_is_renamed_goes_on_under_its_new_name() {
    for seed in [21, 22, 23, 24] {
        let scenario = Scenario { renamed_at: Some(std::time::Duration::from_mins(1)), ..Scenario::mixed(seed) };
        let verdict = fuzz::run(scenario, None);
        assert!(verdict.passed() && verdict.lines.iter().any(|line| line.contains("renames")), "{}", told(&verdict));
    }
}

/// The checks themselves: they notice a cloud that breaks the rules.
#[test]
fn a_machine_that_is_never_removed_is_noticed() {
    let mut scenario = Scenario::mixed(4);
    scenario.rates = [(Fault::DeleteError, 10_000)].into();
    // The faults never end.
    scenario.endless = true;
    scenario.patience = std::time::Duration::from_mins(3);
    let verdict = fuzz::run(scenario, None);
    assert!(!verdict.passed());
}
