//! The file, how it starts, and which calls it takes.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use garm_provider_protocol::{Command, InterfaceVersion};

use crate::kit::fixture::Fixture;
use crate::kit::judgement::{Judged, Judgement, Verdict};
use crate::kit::request::Request;
use crate::kit::response::{End, Response};

/// The `PATH` for a provider that does not run with an empty environment.
const COMMON_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// How much of a script is read to find its interpreter, in bytes.
const FIRST_LINE: usize = 256;

/// The executable exists and can be started. All other checks need that.
pub(in crate::kit) async fn starts(fixture: &mut Fixture) -> Judged {
    let executable = fixture.settings.executable.clone();
    if let Some(fault) = fault_of(&executable) {
        return Ok(Judgement { verdict: Verdict::Fail, detail: fault, evidence: Vec::new() });
    }
    let own_pool = fixture.own_pool.clone();
    let response = fixture.probe.send(Request::new(Command::GetVersion, &own_pool)).await;
    Ok(match &response.end {
        End::NotStarted(fault) => {
            let reason = interpreter(&executable).map_or_else(String::new, |interpreter| format!(", its interpreter is {interpreter:?}"));
            Judgement::fail(format!("it cannot be started: {fault}{reason}"), &response)
        }
        _ => Judgement::pass(),
    })
}

/// The reason why the server cannot start this file.
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

/// The interpreter that a script names, with a carriage return at its end if there is one. `None` for other files.
fn interpreter(executable: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut bytes = Vec::new();
    std::fs::File::open(executable).ok()?.take(FIRST_LINE as u64).read_to_end(&mut bytes).ok()?;
    let line = bytes.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
    Some(String::from_utf8_lossy(line).trim_matches(' ').to_owned())
}

/// The provider runs with an empty environment. If it needs `PATH` and `HOME`, all other checks set those two: this one fault must not hide others.
pub(in crate::kit) async fn empty_environment(fixture: &mut Fixture) -> Judged {
    let passed_on = std::mem::take(&mut fixture.probe.environment);
    let bare = list(fixture).await;
    fixture.probe.environment = passed_on;
    if bare.status()? == 0 {
        return Ok(Judgement::pass());
    }
    let names: Vec<_> = fixture.settings.environment.iter().map(|(name, _)| name.clone()).collect();
    if !names.is_empty() && list(fixture).await.succeeded() {
        return Ok(Judgement::pass_with(format!("it needs what is passed on: {}", names.join(", "))));
    }
    let before = fixture.probe.environment.clone();
    fixture.probe.environment.extend([("PATH", COMMON_PATH), ("HOME", "/tmp")].map(|(name, value)| (name.to_owned(), value.to_owned())));
    if list(fixture).await.succeeded() {
        let detail = format!(
            "without PATH and HOME ListInstances ended with {}, with them it succeeds; all other checks ran with them",
            bare.ending()
        );
        return Ok(Judgement::fail(detail, &bare));
    }
    fixture.probe.environment = before;
    Ok(Judgement::skip(format!("ListInstances ended with {} in any case: see list-unknown-pool", bare.ending())))
}

async fn list(fixture: &mut Fixture) -> Response {
    let scope = fixture.own_pool.clone();
    fixture.call(Command::ListInstances, &scope, None).await
}

/// An unknown command fails, and so does a call without a command.
pub(in crate::kit) async fn no_such_command(fixture: &mut Fixture, word: &'static str) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let response = fixture.probe.send(Request::with_word(word, &own_pool)).await;
    Ok(if response.status()? == 0 {
        Judgement::fail("it ended with exit status 0, as if it had done something", &response)
    } else {
        Judgement::pass()
    })
}

/// A version of the contract is accepted. Refusing the checked version is a failure; refusing another one is a warning.
pub(in crate::kit) async fn accepts(fixture: &mut Fixture, version: InterfaceVersion) -> Judged {
    if !fixture.settings.versions.contains(&version) {
        return Ok(Judgement::skip(format!("{version} was not asked for (--interface-version)")));
    }
    let own_pool = fixture.own_pool.clone();
    let response = fixture.probe.send(Request::new(Command::ListInstances, &own_pool).version(version)).await;
    if response.status()? == 0 {
        return Ok(Judgement::pass());
    }
    if version == fixture.probe.version {
        // The other versions show whether the version or the command is at fault.
        let others: Vec<_> = fixture.settings.versions.iter().copied().filter(|other| *other != version).collect();
        for other in others {
            if fixture.probe.send(Request::new(Command::ListInstances, &own_pool).version(other)).await.succeeded() {
                return Ok(Judgement::fail(format!("ListInstances ended with {}, with {other} it succeeds", response.ending()), &response));
            }
        }
        return Ok(Judgement::skip(format!("ListInstances ended with {}: see list-unknown-pool", response.ending())));
    }
    if !list(fixture).await.succeeded() {
        return Ok(Judgement::skip("ListInstances fails in any version: see list-unknown-pool"));
    }
    Ok(Judgement::warn(
        format!("ListInstances ended with {}; no published provider of others speaks it, either", response.ending()),
        &response,
    ))
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
