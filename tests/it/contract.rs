//! The contract suite against providers: those that are shipped, those that are generated, and those that are broken on purpose.
//!
//! `GARM_TEST_PROVIDER` names an executable to check beside them, `GARM_TEST_PROVIDER_CONFIG` its configuration; `GARM_TEST_PROVIDER_LIVE`,
//! when set, makes machines with `GARM_TEST_PROVIDER_IMAGE` and `GARM_TEST_PROVIDER_FLAVOR`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use garm::kit::{Check, Group, Language, Report, Settings, Skeleton, Suite, Verdict};
use garm::provider::InterfaceVersion;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::Semaphore;

use crate::harness::{Installation, Plan, skipped};
use crate::lxd::Lxd;
use crate::openstack::{self, Cloud};

/// For providers that must not hang: far more than they take.
const PATIENCE: Duration = Duration::from_secs(20);

/// For providers that hang, or never become what is waited for.
const SHORT: Duration = Duration::from_secs(2);

/// Verdicts other than `pass`, by id.
type Faults = BTreeMap<&'static str, Verdict>;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn variable(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "what else is to be checked comes from the environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Whether a program is installed where providers look for it.
fn is_installed(program: &str) -> bool {
    ["/usr/local/bin", "/usr/bin", "/bin"].iter().any(|dir| Path::new(dir).join(program).exists())
}

/// A provider with a configuration of its own in a directory that goes with it.
struct Subject {
    dir: TempDir,
    settings: Settings,
}

impl Subject {
    /// `config` may name its directory: `@DIR@`.
    fn new(executable: PathBuf, config: &str) -> Self {
        let dir = TempDir::new().expect("a directory");
        let mut settings = Settings::new(executable);
        let path = dir.path().join("provider.conf");
        fs::write(&path, config.replace("@DIR@", dir.path().to_str().expect("text"))).expect("written");
        settings.config_file = Some(path);
        settings.live = true;
        settings.time_limit = PATIENCE;
        Self { dir, settings }
    }

    async fn check(&self) -> Report {
        Suite::new(self.settings.clone()).run().await
    }
}

fn faults(report: &Report) -> Faults {
    report.findings.iter().filter(|finding| finding.verdict != Verdict::Pass).map(|finding| (finding.id, finding.verdict)).collect()
}

/// Fails with all that was seen.
fn assert_keeps(who: &str, report: &Report, allowed: &[(Check, Verdict)]) {
    let allowed: Faults = allowed.iter().map(|(check, verdict)| (check.id(), *verdict)).collect();
    let unexpected: Vec<_> = report
        .findings
        .iter()
        .filter(|finding| finding.verdict != Verdict::Pass && allowed.get(finding.id) != Some(&finding.verdict))
        .map(|finding| format!("{}: {:?}: {}: {:#?}", finding.id, finding.verdict, finding.detail, finding.evidence))
        .collect();
    assert!(unexpected.is_empty(), "{who}\n{}", unexpected.join("\n"));
}

/// A shipped provider.
struct Shipped {
    /// Below the root of the source.
    executable: &'static str,
    config: &'static str,
    /// What is known not to be perfect.
    allowed: &'static [(Check, Verdict)],
}

/// All that can run wherever tests run; those that need a cloud follow.
const SHIPPED: &[Shipped] =
    &[Shipped { executable: "providers/local/garm-provider-local", config: "base_dir=@DIR@/machines\nstop_grace=1\n", allowed: &[] }];

#[tokio::test(flavor = "multi_thread")]
async fn shipped_providers_keep_the_contract() {
    for Shipped { executable, config, allowed } in SHIPPED {
        let subject = Subject::new(root().join(executable), config);
        assert_keeps(executable, &subject.check().await, allowed);
    }
}

/// Checks a provider whose cloud runs already.
async fn assert_keeps_with_machines(program: Option<(&'static str, PathBuf, String)>, image: &str, flavor: &str) {
    let (name, executable, config) = program.expect("a plan with a provider of a cloud");
    let mut subject = Subject::new(executable, &config);
    (subject.settings.image, subject.settings.flavor) = (image.to_owned(), flavor.to_owned());
    subject.settings.time_limit = Duration::from_mins(3);
    assert_keeps(name, &subject.check().await, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lxd_provider_keeps_the_contract() {
    if let Some(lxd) = Lxd::find() {
        assert_keeps_with_machines(lxd.plan.program, &lxd.image, "default").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_openstack_provider_keeps_the_contract() {
    if let Some(cloud) = Cloud::find() {
        assert_keeps_with_machines(cloud.plan.program.clone(), openstack::IMAGE, openstack::FLAVOR).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_named_in_the_environment_keeps_the_contract() {
    let Some(executable) = variable("GARM_TEST_PROVIDER") else {
        skipped("a provider of your own: GARM_TEST_PROVIDER is not set");
        return;
    };
    let mut settings = Settings::new(executable.into());
    settings.config_file = variable("GARM_TEST_PROVIDER_CONFIG").map(PathBuf::from);
    settings.live = variable("GARM_TEST_PROVIDER_LIVE").is_some();
    settings.image = variable("GARM_TEST_PROVIDER_IMAGE").unwrap_or(settings.image);
    settings.flavor = variable("GARM_TEST_PROVIDER_FLAVOR").unwrap_or(settings.flavor);
    settings.time_limit = Duration::from_mins(5);
    let mut suite = Suite::new(settings);
    let report = suite.run().await;
    let failed: Vec<_> = report.findings.iter().filter(|finding| finding.verdict == Verdict::Fail).collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

/// What else a fault may be seen by, for faults that no single check can name alone. What a creation that is cut off has made by then depends on
/// the moment.
fn also_seen_by(check: Check) -> &'static [Check] {
    match check {
        Check::DeleteAbsent => &[Check::DeleteAgain],
        Check::GetAbsent => &[Check::GetDeleted],
        Check::Create => &[Check::CreateOther, Check::CreateAfterInterruption],
        // Deleting by name is what follows a creation that was cut off; a list that is never empty never was before.
        Check::DeleteByName => &[Check::InterruptedCreation],
        Check::ListEmpty => &[Check::InterruptedCreation, Check::NothingLeft],
        Check::InterruptedCreation => &[Check::NothingLeft],
        _ => &[],
    }
}

/// The provider that has any fault it is told to have.
fn faulty(fault: &str) -> Subject {
    Subject::new(root().join("testdata/providers/faulty"), &format!("dir=@DIR@\nfault={fault}\n"))
}

#[tokio::test(flavor = "multi_thread")]
async fn every_check_notices_the_fault_it_is_for_and_no_other_fails() {
    assert_keeps("no fault", &faulty("").check().await, &[]);
    let turns = Arc::new(Semaphore::new(4));
    let mut runs = tokio::task::JoinSet::new();
    // What cannot start is tested below; what is left is what `interrupted-creation` leaves; without v0.1.0 nothing works.
    let elsewhere = [Check::Starts, Check::NothingLeft, Check::InterfaceV010];
    for check in Check::ALL.iter().copied().filter(|check| !elsewhere.contains(check)) {
        let turns = Arc::clone(&turns);
        runs.spawn(async move {
            let _turn = turns.acquire().await.expect("it stays open");
            let mut subject = faulty(check.id());
            // Where a machine makes no difference, none is made: it is faster.
            let with_machines = [Check::GetAbsent, Check::DeleteAbsent, Check::InstanceJson, Check::Leftovers];
            subject.settings.live = check.group().needs_live() || with_machines.contains(&check);
            if matches!(
                check,
                Check::TimeLimit | Check::Stop | Check::DeleteByName | Check::ListEmpty | Check::InterruptedCreation | Check::RemoveAll
            ) {
                subject.settings.time_limit = SHORT;
            }
            (check, subject.check().await)
        });
    }
    while let Some(run) = runs.join_next().await {
        let (check, report) = run.expect("it does not panic");
        let finding = report.finding(check);
        assert!(finding.verdict >= Verdict::Warn, "{} did not notice its fault: {:?} {}", check.id(), finding.verdict, finding.detail);
        assert!(finding.mend.is_some() && !finding.detail.is_empty(), "{}", check.id());
        assert_eq!(report.passed, report.summary.fail == 0);
        let others: BTreeSet<_> = faults(&report).into_iter().filter(|(_, verdict)| *verdict >= Verdict::Warn).map(|(id, _)| id).collect();
        let allowed: BTreeSet<_> = also_seen_by(check).iter().chain([&check]).map(|check| check.id()).collect();
        assert!(
            others.contains(check.id()) && others.is_subset(&allowed),
            "{}: {:#?}",
            check.id(),
            report.findings.iter().filter(|finding| others.contains(finding.id)).collect::<Vec<_>>()
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_is_asked_for_must_be_spoken() {
    let report = faulty("interface-v0.1.0").check().await;
    assert_eq!(report.finding(Check::InterfaceV010).verdict, Verdict::Fail);
    let mut subject = faulty("interface-v0.1.0");
    subject.settings.versions = vec![InterfaceVersion::V0_1_1];
    let skipped = [(Check::InterfaceV010, Verdict::Skip), (Check::CreateOther, Verdict::Skip)];
    assert_keeps("v0.1.1 alone", &subject.check().await, &skipped);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_passed_on_counts_as_environment() {
    let mut subject = faulty("empty-environment");
    subject.settings.environment = vec![("HOME".into(), "/".into())];
    let report = subject.check().await;
    assert_keeps("with HOME", &report, &[]);
    assert!(report.finding(Check::EmptyEnvironment).detail.contains("HOME"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_live_nothing_is_made_and_everything_has_a_finding() {
    let mut subject = faulty("");
    subject.settings.live = false;
    let report = subject.check().await;
    assert!(!subject.dir.path().join("machines").exists());
    assert_eq!(report.findings.len(), Check::ALL.len());
    for finding in &report.findings {
        let machines = finding.check.group().needs_live() || finding.check == Check::InstanceJson;
        assert_eq!(finding.verdict, if machines { Verdict::Skip } else { Verdict::Pass }, "{}: {}", finding.id, finding.detail);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suite_that_is_interrupted_removes_what_it_made() {
    let mut subject = faulty("");
    // A machine is made, and then the list hangs.
    let wrapper = subject.dir.path().join("wrapper");
    let real = root().join("testdata/providers/faulty");
    let text = format!(
        "#!/bin/bash\nhanging={dir}/hanging\nif [[ $GARM_COMMAND == StopInstance && -d {dir}/machines && ! -e $hanging ]]; then : >$hanging; exec /bin/sleep 1000; fi\nexec {real}\n",
        dir = subject.dir.path().display(),
        real = real.display()
    );
    fs::write(&wrapper, text).expect("written");
    fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).expect("it is ours");
    subject.settings.executable = wrapper;
    let machines = || {
        let dirs = walk(&subject.dir.path().join("machines"));
        dirs.into_iter().filter(|path| path.is_file()).count()
    };
    let mut suite = Suite::new(subject.settings.clone());
    tokio::select! {
        _ = suite.run() => panic!("it hangs"),
        () = async { while !subject.dir.path().join("hanging").exists() { tokio::time::sleep(Duration::from_millis(10)).await } } => {}
    }
    assert!(machines() > 0);
    assert_eq!(suite.clean_up().await, Vec::<String>::new());
    assert_eq!(machines(), 0);
}

fn walk(dir: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        all.extend(walk(&entry.path()));
        all.push(entry.path());
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_started_is_the_only_finding() {
    let dir = TempDir::new().expect("a directory");
    let file = dir.path().join("provider");
    fs::write(&file, "#!/nowhere/interpreter\n").expect("written");
    let check = async |mode, expected: &str| {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).expect("it is ours");
        let report = Suite::new(Settings::new(file.clone())).run().await;
        let starts = report.finding(Check::Starts);
        assert!(starts.verdict == Verdict::Fail && starts.detail.contains(expected), "{}", starts.detail);
        assert_eq!((report.summary.fail, report.summary.skip), (1, Check::ALL.len() - 1));
    };
    check(0o644, "is not executable").await;
    check(0o755, "/nowhere/interpreter").await;
}

// --- the command line -------------------------------------------------------------------------------------------------------------------

fn garm(arguments: &[&str], dir: &Path) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the binary is what is tested")]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_garm"));
    command.args(arguments).env_remove("GARM_CONFIG").env("GARM_PROFILES", "/nowhere/profiles.toml").current_dir(dir);
    command.output().expect("the binary runs")
}

/// Runs `garm provider check --format json`; the exit status, and the verdicts that are not `pass`.
fn check_by_command(executable: &Path, config: &Path, timeout: &str) -> (Option<i32>, BTreeMap<String, String>) {
    let executable = executable.to_str().expect("text");
    let config = config.to_str().expect("text");
    let output =
        garm(&["provider", "check", executable, "--config", config, "--live", "--timeout", timeout, "--format", "json"], Path::new("/"));
    let report: Value =
        serde_json::from_slice(&output.stdout).unwrap_or_else(|fault| panic!("{fault}: {}", String::from_utf8_lossy(&output.stderr)));
    let word = |finding: &Value, key: &str| finding[key].as_str().expect("text").to_owned();
    let findings = report["findings"].as_array().expect("a list");
    assert_eq!(findings.len(), Check::ALL.len());
    let faults =
        findings.iter().filter(|finding| finding["verdict"] != "pass").map(|finding| (word(finding, "id"), word(finding, "verdict")));
    (output.status.code(), faults.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fault_of_each_broken_provider_is_named() {
    let table: [(&str, &[&str]); 5] = [
        ("shape", &["instance-json"]),
        ("delete", &["delete-absent", "delete-again"]),
        ("hang", &["time-limit"]),
        ("children", &["no-leftovers"]),
        ("double", &["create-twice"]),
    ];
    for (name, expected) in table {
        let dir = TempDir::new().expect("a directory");
        let config = dir.path().join("conf");
        fs::write(&config, format!("{}/machines\n", dir.path().display())).expect("written");
        let executable = root().join(format!("testdata/providers/broken-{name}"));
        let (code, faults) = check_by_command(&executable, &config, if name == "hang" { "2" } else { "20" });
        assert_eq!(code, Some(1), "{name}");
        let bad: Vec<_> =
            faults.iter().filter(|(_, verdict)| *verdict != "skip").map(|(id, verdict)| (id.as_str(), verdict.as_str())).collect();
        let expected: Vec<_> = expected.iter().map(|id| (*id, "fail")).collect();
        assert_eq!(bad, expected, "{name}");
    }
}

#[test]
fn a_report_for_people_names_fault_call_and_way_out_and_no_secret() {
    let dir = TempDir::new().expect("a directory");
    let config = dir.path().join("conf");
    fs::write(&config, format!("dir={}\nfault=no-secrets\n", dir.path().display())).expect("written");
    let faulty = root().join("testdata/providers/faulty");
    let output = garm(&["provider", "check", faulty.to_str().expect("text"), "--config", config.to_str().expect("text")], dir.path());
    assert_eq!(output.status.code(), Some(1));
    let shown = String::from_utf8_lossy(&output.stdout);
    for expected in [
        "FAIL  no-secrets",
        "$ env -i GARM_COMMAND=CreateInstance",
        "mend: never print",
        "docs/providers.md#no-secrets",
        "\"instance-token\":\"***\"",
        "failed: no-secrets",
    ] {
        assert!(shown.contains(expected), "{expected}\n{shown}");
    }
    assert!(!shown.contains("eyJ"), "{shown}");
}

#[test]
fn wrong_input_is_told_and_is_not_a_failed_check() {
    let dir = TempDir::new().expect("a directory");
    let table: [(&[&str], &str); 5] = [
        (&["--config", "/nowhere/x.conf"], "cannot read it"),
        (&["--config", "/"], "this is a directory"),
        (&["--extra-specs", "[1]"], "not a JSON object"),
        (&["--image", "debian"], "--live"),
        (&["--interface-version", "v0.2.0"], "known are v0.1.0 and v0.1.1"),
    ];
    for (arguments, expected) in table {
        let output = garm(&[&["provider", "check", "/bin/true"], arguments].concat(), dir.path());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
}

// --- skeletons and documentation --------------------------------------------------------------------------------------------------------

/// Writes a skeleton and returns its executable, not built yet.
fn skeleton(dir: &TempDir, lang: &str) -> PathBuf {
    let target = dir.path().join("acme");
    let arguments = ["provider", "new", "acme", "--lang", lang, "--dir", target.to_str().expect("text")];
    let output = garm(&arguments, dir.path());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let again = garm(&arguments, dir.path());
    assert_eq!(again.status.code(), Some(1), "what is there is not overwritten");
    assert!(String::from_utf8_lossy(&again.stderr).contains("exists already"));
    let language = match lang {
        "bash" => Language::Bash,
        "python" => Language::Python,
        _ => Language::Rust,
    };
    target.join(Skeleton::new(language, "acme").executable)
}

/// Its own test script passes, and so does the suite, without a warning.
async fn skeleton_keeps_the_contract(dir: &TempDir, executable: PathBuf) {
    #[expect(clippy::disallowed_methods, reason = "the script is what is tested")]
    let mut script = std::process::Command::new(dir.path().join("acme/check.sh"));
    script.env("GARM", env!("CARGO_BIN_EXE_garm")).env("CARGO_NET_OFFLINE", "true");
    let output = script.args(["--timeout", "20"]).output().expect("it runs");
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let subject = Subject::new(executable, "state_dir=@DIR@/machines\n");
    assert_keeps("the skeleton", &subject.check().await, &[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bash_skeleton_keeps_the_contract() {
    let dir = TempDir::new().expect("a directory");
    let executable = skeleton(&dir, "bash");
    if !is_installed("jq") {
        return skipped("the skeleton in bash: jq is not installed");
    }
    skeleton_keeps_the_contract(&dir, executable).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_skeleton_keeps_the_contract() {
    let dir = TempDir::new().expect("a directory");
    let executable = skeleton(&dir, "python");
    if !is_installed("python3") {
        return skipped("the skeleton in Python: python3 is not installed");
    }
    skeleton_keeps_the_contract(&dir, executable).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rust_skeleton_keeps_the_contract() {
    let dir = TempDir::new().expect("a directory");
    let executable = skeleton(&dir, "rust");
    #[expect(clippy::disallowed_methods, reason = "the skeleton is built as its author would")]
    let mut cargo = std::process::Command::new(variable("CARGO").unwrap_or_else(|| "cargo".to_owned()));
    let target = dir.path().join("acme");
    let output =
        cargo.args(["test", "--offline", "--quiet"]).current_dir(&target).env_remove("CARGO_TARGET_DIR").output().expect("cargo runs");
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() && (told.contains("no matching package") || told.contains("attempting to make an HTTP request")) {
        return skipped("the skeleton in Rust: serde_json is not in cargo's cache");
    }
    assert!(output.status.success(), "{}{told}", String::from_utf8_lossy(&output.stdout));
    skeleton_keeps_the_contract(&dir, executable).await;
}

fn documentation() -> String {
    fs::read_to_string(root().join("docs/providers.md")).expect("it is there")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_in_ten_lines_keeps_the_contract() {
    let text = documentation();
    let code = text.split("```bash\n").nth(1).and_then(|rest| rest.split("```").next()).expect("the first block is the provider");
    assert_eq!(code.lines().count(), 10);
    if !is_installed("jq") {
        return skipped("the provider in ten lines: jq is not installed");
    }
    let dir = TempDir::new().expect("a directory");
    let executable = dir.path().join("ten-lines");
    fs::write(&executable, code).expect("written");
    fs::set_permissions(&executable, fs::Permissions::from_mode(0o755)).expect("it is ours");
    let report = Subject::new(executable.clone(), "@DIR@/machines\n").check().await;
    let mut allowed: Vec<_> = Check::ALL.iter().copied().filter(|check| check.group() == Group::Descriptions).collect();
    allowed.push(Check::RemoveAll);
    let allowed: Vec<_> = allowed.into_iter().map(|check| (check, Verdict::Warn)).collect();
    assert_keeps("ten lines", &report, &allowed);

    let machines = dir.path().join("machines");
    let plan = Plan { program: Some(("ten-lines", executable, format!("{}\n", machines.display()))), ..Plan::default() };
    let garm = Installation::set_up(plan).await;
    garm.add_pool("ten-lines", "ten", 1, 0).await;
    let job = garm.queue_job("one", "ten");
    garm.jobs_succeed(&[job]).await;
    garm.all_gone().await;
    let left: Vec<_> = walk(&machines).into_iter().filter(|path| path.is_file()).collect();
    assert!(left.is_empty(), "{left:?}");
    garm.finish().await;
}

#[test]
fn every_check_has_its_section() {
    let text = documentation();
    let heads: BTreeSet<_> = text.lines().filter_map(|line| line.strip_prefix("##### ")).collect();
    let ids: BTreeSet<_> = Check::ALL.iter().map(|check| check.id()).collect();
    assert_eq!(heads, ids);
}
