//! `garm simulate` from outside: what it shows, what it draws, and what people are told who wrote something wrong.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

/// How a command ended: its exit code, what it printed, and what it said beside.
fn replay(arguments: &[&str]) -> (Option<i32>, String, String) {
    #[expect(clippy::disallowed_methods, reason = "the binary is what is tested")]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_garm"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(["simulate", "replay"]).args(arguments);
    let output = command.env_remove("GARM_CONFIG").env("GARM_PROFILES", "/nowhere/profiles.toml").output().expect("the binary runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn written(dir: &TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    fs::write(&path, text).expect("written");
    path.display().to_string()
}

const LEAN: &str = "examples/replay/lean.toml";
const WARM: &str = "examples/replay/warm.toml";

#[test]
fn the_example_shows_what_idle_runners_spare_and_cost() {
    let dir = TempDir::new().expect("a directory");
    let plot = dir.path().join("plot.svg").display().to_string();
    let arguments = ["examples/replay/history.csv", "--policy", LEAN, "--policy", WARM, "--plot", &plot, "--format", "json"];
    let (code, shown, told) = replay(&arguments);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("not used: job, repository"), "{told}");
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let [lean, warm] = [&shown["policies"][0], &shown["policies"][1]];
    for report in [lean, warm] {
        assert_eq!((&report["served"], &report["jobs"]), (&shown["jobs"], &shown["jobs"]), "{report}");
        assert_eq!(report["violations"], serde_json::json!([]));
    }
    let figure = |report: &serde_json::Value, key: &str| report.pointer(key).and_then(serde_json::Value::as_f64).expect("a number");
    // Not the longest: any job can meet the slowest boot.
    for wait in ["/wait_seconds/p50", "/wait_seconds/p90"] {
        assert!(figure(warm, wait) <= figure(lean, wait), "{wait}: {shown}");
    }
    assert!(figure(lean, "/cost") < figure(warm, "/cost") && figure(lean, "/utilisation") > figure(warm, "/utilisation"), "{shown}");
    let svg = fs::read_to_string(Path::new(&plot)).expect("it was drawn");
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>") && svg.contains("Machines: warm"), "{svg}");
}

#[test]
fn the_same_seed_shows_the_same_table() {
    let load = ["--synthetic", "jobs-per-hour=30,hours=1,duration=60,labels=linux;x64", "--policy", LEAN];
    let (code, shown, told) = replay(&load);
    assert_eq!((code, told.as_str()), (Some(0), ""), "{shown}");
    assert!(shown.contains("Wait p99") && shown.contains(" lean |"), "{shown}");
    assert_eq!(replay(&load).1, shown);
    assert_ne!(replay(&[&load[..], &["--seed", "2"]].concat()).1, shown);
}

#[test]
fn jobs_that_no_pool_serves_are_told_and_not_dropped() {
    let dir = TempDir::new().expect("a directory");
    let history = written(&dir, "jobs.csv", "queued_at,labels,duration\n0,linux x64,60\n5,windows,60\n9,windows,60\n");
    let (code, shown, told) = replay(&[&history, "--policy", LEAN]);
    assert_eq!(code, Some(0), "{told}");
    assert!(shown.contains("Jobs not served"), "{shown}");
    assert!(told.contains("lean: 2 jobs with windows were not served: no pool has these labels"), "{told}");
}

#[test]
fn mistakes_are_told_with_their_place_and_the_way_out() {
    let dir = TempDir::new().expect("a directory");
    let history = written(&dir, "jobs.csv", "queued_at,labels,duration\n0,linux,soon\n");
    let policy = written(&dir, "typo.toml", "[[pool]]\ntags = [\"linux\"]\nmax_runers = 3\n");
    let wrong = written(&dir, "wrong.toml", "[[pool]]\ntags = [\"linux\"]\nmax_runners = 0\n");
    let synthetic = ["--synthetic", "hours=1"];
    let table: [(&[&str], i32, &str); 7] = [
        (&["--policy", LEAN], 2, "<HISTORY|--synthetic <SPEC>>"),
        (&synthetic, 2, "--policy <FILE>"),
        (&["--synthetic", "hours=soon", "--policy", LEAN], 2, "hours = \"soon\": must be a number"),
        (&[&history, "--policy", LEAN], 1, "jobs.csv: line 2: duration = \"soon\": must be seconds, or a duration such as 90s or 5m"),
        (&[synthetic[0], synthetic[1], "--policy", &policy], 1, "unknown key pool.0.max_runers\nhint: did you mean pool.max_runners?"),
        (&[synthetic[0], synthetic[1], "--policy", &wrong], 1, "pool.linux.max_runners = 0: must be at least 1"),
        (&[synthetic[0], synthetic[1], "--policy", LEAN, "--policy", LEAN], 1, "two policies have the name \"lean\""),
    ];
    for (arguments, expected_code, expected) in table {
        let (code, shown, told) = replay(arguments);
        assert_eq!((code, shown.as_str()), (Some(expected_code), ""), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
}
