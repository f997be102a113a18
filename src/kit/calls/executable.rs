//! The file, how it starts, and which calls it takes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use garm_provider_protocol::{Command, InterfaceVersion};

use crate::kit::bench::Bench;
use crate::kit::judgement::{Judged, Judgement, Verdict};
use crate::kit::question::Question;
use crate::kit::seen::{End, Seen};

/// What a provider gets to see when it does not run with nothing: a place for every program.
const COMMON_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How much of a script is read to find its interpreter, in bytes.
const FIRST_LINE: usize = 256;

/// The executable exists and can be started. All other checks need that.
pub(in crate::kit) async fn starts(bench: &mut Bench) -> Judged {
    let executable = bench.settings.executable.clone();
    if let Some(fault) = fault_of(&executable) {
        return Ok(Judgement { verdict: Verdict::Fail, detail: fault, evidence: Vec::new() });
    }
    let here = bench.here.clone();
    let seen = bench.probe.ask(Question::new(Command::GetVersion, &here)).await;
    Ok(match &seen.end {
        End::NotStarted(fault) => {
            let reason = interpreter(&executable).map_or_else(String::new, |interpreter| format!(", its interpreter is {interpreter:?}"));
            Judgement::fail(format!("it cannot be started: {fault}{reason}"), &seen)
        }
        _ => Judgement::pass(),
    })
}

/// What is wrong with the file.
fn fault_of(executable: &Path) -> Option<String> {
    if !executable.is_absolute() {
        return Some(format!("{} is not an absolute path: the server refuses it", executable.display()));
    }
    let metadata = match std::fs::metadata(executable) {
        Ok(metadata) => metadata,
        Err(fault) => return Some(format!("cannot read {}: {fault}", executable.display())),
    };
    if !metadata.is_file() {
        return Some(format!("{} is no file", executable.display()));
    }
    if metadata.permissions().mode() & 0o111 == 0 {
        return Some(format!("{} is not executable (mode {:o})", executable.display(), metadata.permissions().mode() & 0o7777));
    }
    None
}

/// What a script names as its interpreter; nothing for other files. A carriage return at its end shows.
fn interpreter(executable: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(executable).ok()?.take(FIRST_LINE as u64).read_to_end(&mut bytes).ok()?;
    let line = bytes.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).trim_matches(' ').to_owned())
}

/// It runs with an empty environment. When it does not and gets along with `PATH` and `HOME`, all other checks give it those, so that this one
/// fault does not hide the others.
pub(in crate::kit) async fn empty_environment(bench: &mut Bench) -> Judged {
    let passed_on = std::mem::take(&mut bench.probe.environment);
    let bare = list(bench).await;
    bench.probe.environment = passed_on;
    if bare.status()? == 0 {
        return Ok(Judgement::pass());
    }
    let names: Vec<_> = bench.settings.environment.iter().map(|(name, _)| name.clone()).collect();
    if !names.is_empty() && list(bench).await.succeeded() {
        return Ok(Judgement::pass_with(format!("it needs what is passed on: {}", names.join(", "))));
    }
    let before = bench.probe.environment.clone();
    bench.probe.environment.extend([("PATH", COMMON_PATH), ("HOME", "/tmp")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    if list(bench).await.succeeded() {
        let detail = format!(
            "without PATH and HOME ListInstances ended with {}, with them it succeeds; all other checks ran with them",
            bare.ending()
        );
        return Ok(Judgement::fail(detail, &bare));
    }
    bench.probe.environment = before;
    Ok(Judgement::skip(format!("ListInstances ended with {} in any case: see list-unknown-pool", bare.ending())))
}

async fn list(bench: &mut Bench) -> Seen {
    let place = bench.here.clone();
    bench.ask(Command::ListInstances, &place, None).await
}

/// A word that is no command, or none at all, fails.
pub(in crate::kit) async fn no_such_command(bench: &mut Bench, word: &'static str) -> Judged {
    let here = bench.here.clone();
    let seen = bench.probe.ask(Question::with_word(word, &here)).await;
    Ok(if seen.status()? == 0 {
        Judgement::fail("it ended with exit status 0, as if it had done something", &seen)
    } else {
        Judgement::pass()
    })
}

/// A version of the contract is accepted. Whether it is the one that is checked decides how much it matters.
pub(in crate::kit) async fn accepts(bench: &mut Bench, version: InterfaceVersion) -> Judged {
    if !bench.settings.versions.contains(&version) {
        return Ok(Judgement::skip(format!("{version} was not asked for (--interface-version)")));
    }
    let here = bench.here.clone();
    let seen = bench.probe.ask(Question::new(Command::ListInstances, &here).version(version)).await;
    if seen.status()? == 0 {
        return Ok(Judgement::pass());
    }
    if version == bench.probe.version {
        // Whether it is the version or the command that fails is seen by comparison.
        let others: Vec<_> = bench.settings.versions.iter().copied().filter(|other| *other != version).collect();
        for other in others {
            if bench.probe.ask(Question::new(Command::ListInstances, &here).version(other)).await.succeeded() {
                return Ok(Judgement::fail(format!("ListInstances ended with {}, with {other} it succeeds", seen.ending()), &seen));
            }
        }
        return Ok(Judgement::skip(format!("ListInstances ended with {}: see list-unknown-pool", seen.ending())));
    }
    if !list(bench).await.succeeded() {
        return Ok(Judgement::skip("ListInstances fails in any version: see list-unknown-pool"));
    }
    Ok(Judgement::warn(format!("ListInstances ended with {}; no published provider of others speaks it, either", seen.ending()), &seen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_a_provider_is_told_why() {
        let dir = tempfile::tempdir().expect("a directory");
        let file = dir.path().join("provider");
        assert!(fault_of(&file).expect("absent").contains("cannot read"));
        std::fs::write(&file, "#!/bin/sh\r\n").expect("written");
        assert!(fault_of(&file).expect("mode").contains("is not executable"));
        assert_eq!(interpreter(&file).as_deref(), Some("/bin/sh\r"));
        assert!(fault_of(dir.path()).expect("a directory").contains("is no file"));
        assert!(fault_of(Path::new("provider")).expect("relative").contains("not an absolute path"));
    }
}
