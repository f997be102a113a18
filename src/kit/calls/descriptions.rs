//! What a provider says about itself. Hardly any published provider says anything: that is no failure, saying something wrong is.

use garm_provider_protocol::{Command, InterfaceVersion};
use serde_json::Value;

use crate::kit::bench::Bench;
use crate::kit::judgement::{Judged, Judgement};
use crate::kit::question::Question;
use crate::kit::seen::Seen;

/// Asks in every version and judges each answer. One that fails is not supported in that version.
async fn in_all_versions(bench: &mut Bench, command: Command, judge: impl Fn(&Seen) -> Result<(), String>) -> Judged {
    let here = bench.here.clone();
    let mut unsupported: Vec<(InterfaceVersion, Seen)> = Vec::new();
    for version in bench.settings.versions.clone() {
        let seen = bench.probe.ask(Question::new(command, &here).version(version)).await;
        if seen.status()? != 0 {
            unsupported.push((version, seen));
        } else if let Err(fault) = judge(&seen) {
            return Ok(Judgement::fail(format!("{fault} ({version})"), &seen));
        }
    }
    Ok(match unsupported.as_slice() {
        [] => Judgement::pass(),
        all if all.len() == bench.settings.versions.len() => Judgement::warn(format!("not supported: {}", all[0].1.ending()), &all[0].1),
        [(version, _), ..] => Judgement::pass_with(format!("not with {version}")),
    })
}

fn text(seen: &Seen) -> Result<&str, String> {
    std::str::from_utf8(&seen.stdout).map(str::trim).map_err(|_| "what it printed is not UTF-8".to_owned())
}

fn json(seen: &Seen) -> Result<Value, String> {
    serde_json::from_str(text(seen)?).map_err(|fault| format!("what it printed is not JSON: {fault}"))
}

pub(in crate::kit) async fn version(bench: &mut Bench) -> Judged {
    in_all_versions(bench, Command::GetVersion, |seen| match text(seen)? {
        "" => Err("it printed nothing".to_owned()),
        line if line.lines().count() > 1 => Err("it printed more than one line".to_owned()),
        _ => Ok(()),
    })
    .await
}

pub(in crate::kit) async fn supported_versions(bench: &mut Bench) -> Judged {
    in_all_versions(bench, Command::GetSupportedInterfaceVersions, |seen| {
        let value = json(seen)?;
        let listed = value.as_array().ok_or("what it printed is not a list")?;
        let known = |version: &Value| version.as_str().is_some_and(|word| !word.is_empty() && word.parse::<InterfaceVersion>().is_ok());
        if listed.iter().any(known) { Ok(()) } else { Err("neither v0.1.0 nor v0.1.1 is in the list".to_owned()) }
    })
    .await
}

/// The schema is one by the rules of its own draft.
pub(in crate::kit) async fn schema(bench: &mut Bench, command: Command) -> Judged {
    in_all_versions(bench, command, |seen| {
        let schema = json(seen)?;
        if !schema.is_object() {
            return Err("what it printed is not an object".to_owned());
        }
        jsonschema::validator_for(&schema).map(drop).map_err(|fault| format!("what it printed is no valid JSON schema: {fault}"))
    })
    .await
}

pub(in crate::kit) async fn validate_pool_info(bench: &mut Bench) -> Judged {
    in_all_versions(bench, Command::ValidatePoolInfo, |_| Ok(())).await
}
