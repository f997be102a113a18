//! GitHub's own client against the fake service for scale sets, in both manners, with a real runner: `tests/scale-set-client`.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use flate2::read::GzDecoder;
use garm::clock::Clock;
use garm::model::SecretString;
use garm::sim::{
    Conclusion, FaultEnd, FaultKind, Forge, ForgeServer, Manner, NewJob, RUNNER_VERSION, RunnerArchive, ServiceCall, ServiceFault,
};
use tempfile::TempDir;
use tokio::process::Command;

use crate::harness::skipped;

#[expect(clippy::disallowed_methods, reason = "the process lives as long as the test")]
fn command(program: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(program);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
}

/// Builds the program; `None` = there is no Go, or its modules cannot be fetched.
async fn build(directory: &Path) -> Option<PathBuf> {
    if command("go").arg("version").stdout(Stdio::null()).status().await.is_err() {
        skipped("GitHub's own client for scale sets: there is no Go here");
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scale-set-client");
    let fetched = command("go").args(["mod", "download"]).current_dir(&source).output().await.expect("it was started before");
    if !fetched.status.success() {
        skipped("GitHub's own client for scale sets: its modules cannot be fetched");
        return None;
    }
    let program = directory.join("scale-set-client");
    let built = command("go").args(["build", "-mod=readonly", "-o"]).arg(&program).arg(".").current_dir(source).output().await;
    let built = built.expect("it was started before");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Some(program)
}

/// Unpacks a runner that is not configured.
fn unpack(directory: &Path) -> PathBuf {
    let archive = RunnerArchive::build(RUNNER_VERSION).expect("built");
    tar::Archive::new(GzDecoder::new(&*archive.bytes)).unpack(directory).expect("unpacked");
    let run = directory.join("run.sh");
    assert_ne!(std::fs::metadata(&run).expect("there").permissions().mode() & 0o100, 0);
    run
}

/// Lets the program go through the life of a scale set, with a few faults that the client has to bear.
async fn check(program: &Path, manner: Manner) {
    let directory = TempDir::new().expect("a directory");
    let (gate, runner) = (directory.path().join("gate"), unpack(&directory.path().join("runner")));
    let forge = Forge::new(Clock::System);
    forge.add_token(&SecretString::from("ghp_token"));
    forge.configure(|settings| {
        settings.scale_sets.manner = manner;
        settings.scale_sets.poll_wait = Duration::from_millis(200);
        // The client connects anew when less than a minute is left: with each call.
        settings.scale_sets.admin_token_lifetime = Duration::from_secs(50);
    });
    let fault = |call, kind, end| forge.break_service(ServiceFault { call, kind, end });
    fault(Some(ServiceCall::Connect), FaultKind::Status(401), FaultEnd::AfterCalls(1));
    fault(Some(ServiceCall::Poll), FaultKind::Status(401), FaultEnd::AfterCalls(1));
    fault(None, FaultKind::ByteOrderMark, FaultEnd::WhenHealed);
    let server = ForgeServer::start(forge.clone(), ([127, 0, 0, 1], 0).into()).await.expect("starts");
    let jobs = [0, 1].map(|number| {
        forge.queue_job(NewJob {
            owner: "octo".into(),
            repo: "hello".into(),
            name: format!("job-{number}"),
            labels: vec!["linux-x64".into()],
            steps: vec![format!("while [ ! -e '{}' ]; do sleep 0.05; done", gate.display())],
        })
    });

    let mut client = command(program);
    client.arg("-url").arg(format!("{}/octo/hello", server.url())).args(["-token", "ghp_token"]);
    client.arg("-runner").arg(runner).arg("-gate").arg(gate).arg(format!("-offers={}", manner == Manner::Offers));
    let ended = client.output().await.expect("it runs");
    let said = String::from_utf8_lossy(&ended.stdout);
    assert!(ended.status.success(), "{manner:?}: {said}{}", String::from_utf8_lossy(&ended.stderr));
    assert!(said.ends_with("deleted session and scale set\n") && said.lines().count() >= 11, "{said}");

    assert_eq!(jobs.map(|job| forge.job(job).and_then(|job| job.conclusion)), [Some(Conclusion::Success), None]);
    assert!(forge.scale_sets().is_empty() && forge.runners().is_empty());
    assert_eq!(forge.service_calls(ServiceCall::RefreshSession), 1, "after the poll that was refused");
    assert!(forge.service_calls(ServiceCall::Connect) > forge.service_calls(ServiceCall::GenerateJitConfig) + 10);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn githubs_own_client_understands_the_fake_service() {
    let directory = TempDir::new().expect("a directory");
    let Some(program) = build(directory.path()).await else { return };
    check(&program, Manner::Assigns).await;
    check(&program, Manner::Offers).await;
}
