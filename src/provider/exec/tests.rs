//! Programs that behave badly, against the promises of the parent module.

use std::path::PathBuf;

use tempfile::TempDir;

use super::*;
use crate::provider::test_scripts::{eventually, is_running, line_of, script};

const LONG: Duration = Duration::from_mins(1);
const SHORT: Duration = Duration::from_millis(300);

struct Program {
    dir: TempDir,
    executable: PathBuf,
    environment: Vec<(OsString, OsString)>,
    limits: Limits,
}

impl Program {
    /// A script; `$DIR` is its directory.
    fn new(body: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let executable = script(dir.path(), body);
        let environment = vec![("DIR".into(), dir.path().into())];
        let limits = Limits { grace: SHORT, pipe_grace: SHORT, stdout: 64 << 10, stderr: 1 << 10 };
        Self { dir, executable, environment, limits }
    }

    fn invocation<'a>(&'a self, stdin: &'a [u8], time_limit: Duration) -> Invocation<'a> {
        Invocation { executable: &self.executable, environment: &self.environment, stdin, time_limit, limits: self.limits }
    }

    async fn run(&self, stdin: &[u8], time_limit: Duration) -> Finished {
        // A run that hangs must fail its test, not block it.
        timeout(LONG * 2, run(self.invocation(stdin, time_limit))).await.expect("it ends").expect("it starts")
    }

    async fn noted(&self, name: &str) -> String {
        line_of(&self.dir.path().join(name)).await
    }
}

fn exit_status(finished: &Finished) -> Option<i32> {
    match finished.ending {
        Ending::Exited(status) => status.code(),
        _ => None,
    }
}

#[tokio::test]
async fn output_and_status_are_reported() {
    let finished = Program::new("echo out; echo err >&2; exit 30").run(b"", LONG).await;
    assert_eq!(exit_status(&finished), Some(30));
    assert_eq!((finished.stdout.as_slice(), finished.stderr.to_vec().as_slice()), (&b"out\n"[..], &b"err\n"[..]));
}

#[tokio::test]
async fn the_environment_is_what_is_given_and_nothing_else() {
    let mut program = Program::new("");
    program.executable = PathBuf::from("/usr/bin/env");
    program.environment = vec![("ONE".into(), "1".into())];
    assert_eq!(program.run(b"", LONG).await.stdout, b"ONE=1\n");
}

#[tokio::test]
async fn input_larger_than_a_pipe_is_written_while_output_is_read() {
    let mut program = Program::new("cat");
    program.limits.stdout = 2 << 20;
    let input = vec![b'x'; 1 << 20];
    assert_eq!(program.run(&input, LONG).await.stdout, input);
}

#[tokio::test]
async fn input_nobody_reads_does_no_harm() {
    let finished = Program::new("exit 0").run(&vec![b'x'; 1 << 20], LONG).await;
    assert_eq!(exit_status(&finished), Some(0));
}

#[tokio::test]
async fn without_input_the_program_finds_its_end_at_once() {
    assert_eq!(Program::new("wc -c").run(b"", LONG).await.stdout, b"0\n");
}

#[tokio::test]
async fn at_the_deadline_children_and_grandchildren_end() {
    let program = Program::new("(sleep 1000 & echo $! > $DIR/grandchild; wait) & echo $! > $DIR/child; wait");
    let finished = program.run(b"", SHORT).await;
    assert_eq!(finished.ending, Ending::TimedOut);
    for name in ["child", "grandchild"] {
        let pid = program.noted(name).await;
        eventually(name, || !is_running(&pid)).await;
    }
}

#[tokio::test]
async fn who_ignores_the_request_to_end_is_killed_after_the_grace() {
    let program = Program::new("trap '' TERM; sh -c \"trap '' TERM; echo \\$\\$ > $DIR/child; while :; do sleep 1; done\"; echo $$");
    let finished = program.run(b"", SHORT).await;
    assert_eq!(finished.ending, Ending::TimedOut);
    let pid = program.noted("child").await;
    eventually("the child is killed", || !is_running(&pid)).await;
}

#[tokio::test]
async fn at_the_deadline_there_is_time_to_say_something() {
    let mut program = Program::new("trap 'echo cleaned up >&2; exit 0' TERM; while :; do sleep 0.05; done");
    program.limits.grace = LONG;
    let finished = program.run(b"", SHORT).await;
    assert_eq!(finished.ending, Ending::TimedOut);
    assert!(finished.stderr.to_vec().ends_with(b"cleaned up\n"), "what it says in its last moments is kept");
}

#[tokio::test]
async fn a_program_that_closes_its_output_and_hangs_meets_the_deadline() {
    let program = Program::new("echo $$ > $DIR/pid; exec sleep 1000 >&- 2>&-");
    assert_eq!(program.run(b"", SHORT).await.ending, Ending::TimedOut);
    let pid = program.noted("pid").await;
    assert!(!is_running(&pid));
}

#[tokio::test]
async fn endless_output_is_cut_off_and_its_author_killed() {
    let program = Program::new("echo $$ > $DIR/pid; exec yes");
    let finished = program.run(b"", LONG).await;
    assert_eq!(finished.ending, Ending::TooMuchOutput);
    assert!(finished.stdout.len() <= program.limits.stdout);
    let pid = program.noted("pid").await;
    assert!(!is_running(&pid));
}

#[tokio::test]
async fn of_much_error_output_the_end_is_kept() {
    let finished = Program::new("yes | head -c 200000 >&2; echo last words >&2").run(b"", LONG).await;
    assert_eq!(exit_status(&finished), Some(0));
    assert!(finished.stderr.is_cut());
    let tail = finished.stderr.to_vec();
    assert_eq!(tail.len(), 1 << 10);
    assert!(tail.ends_with(b"last words\n"));
}

#[tokio::test]
async fn a_child_that_keeps_the_output_open_is_not_waited_for() {
    let program = Program::new("sleep 1000 & echo $! > $DIR/child; echo answer");
    let finished = program.run(b"", LONG).await;
    assert_eq!(exit_status(&finished), Some(0));
    assert_eq!(finished.stdout, b"answer\n");
    assert!(finished.held_open);
    let pid = program.noted("child").await;
    eventually("the child is killed", || !is_running(&pid)).await;
}

#[tokio::test]
async fn a_child_with_output_of_its_own_is_left_alone() {
    let program = Program::new("sleep 1000 </dev/null >/dev/null 2>&1 & echo $!");
    let finished = program.run(b"", LONG).await;
    let pid = String::from_utf8(finished.stdout).expect("a number");
    assert!(is_running(&pid));
    assert!(!finished.held_open);
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).expect("it runs");
    assert!(stat.contains(&format!(" {} ", finished.group)), "it is of the group that was told");
    let pid = Pid::from_raw(pid.trim().parse().expect("a number"));
    nix::sys::signal::kill(pid, UnixSignal::SIGKILL).expect("it was running");
}

#[tokio::test]
async fn when_nobody_waits_any_more_the_group_is_killed() {
    let program = Program::new("sleep 1000 & echo $! > $DIR/child; echo $$ > $DIR/pid; wait");
    let run = run(program.invocation(b"", LONG));
    tokio::select! {
        _ = run => panic!("it cannot end before its child"),
        _ = program.noted("pid") => {}
    }
    for name in ["pid", "child"] {
        let pid = program.noted(name).await;
        eventually(name, || !is_running(&pid)).await;
    }
}

#[tokio::test]
async fn what_cannot_be_started_is_an_error() {
    let mut program = Program::new("");
    program.executable = PathBuf::from("/nowhere/provider");
    let error = run(program.invocation(b"", LONG)).await.expect_err("it does not exist");
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    program.executable = program.dir.path().to_owned();
    let error = run(program.invocation(b"", LONG)).await.expect_err("it is a directory");
    assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
}
