//! Shell scripts as stand-ins for providers, and a look at processes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes an executable shell script.
pub(super) fn script(dir: &Path, body: &str) -> PathBuf {
    let path = dir.join("provider");
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).expect("the directory is writable");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).expect("the file is ours");
    path
}

/// Whether the process runs; one that waits to be collected does not.
pub(super) fn is_running(pid: &str) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
    state.is_some_and(|state| !"ZX".contains(state))
}

/// Waits until `done` holds. Panics after 20 seconds: long enough for a machine under load, short enough to be noticed.
pub(super) async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..4000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("this never came true: {what}");
}

/// Reads a file that a script is about to write; waits until it ends with a line break.
pub(super) async fn line_of(path: &Path) -> String {
    let mut text = String::new();
    let what = format!("{} has a line", path.display());
    eventually(&what, || {
        text = std::fs::read_to_string(path).unwrap_or_default();
        text.ends_with('\n')
    })
    .await;
    text.trim().to_owned()
}
