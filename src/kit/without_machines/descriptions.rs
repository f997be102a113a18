//! Descriptions that a provider gives of itself. Few published providers give one: a missing description is a warning, a wrong one a failure.

use garm_provider_protocol::{Command, InterfaceVersion};
use serde_json::Value;

use crate::kit::fixture::Fixture;
use crate::kit::judgement::{Judged, Judgement};
use crate::kit::request::Request;
use crate::kit::response::Response;

/// Calls a command in every version and judges each answer. A call that fails means: not supported in that version.
async fn in_all_versions(fixture: &mut Fixture, command: Command, judge: impl Fn(&Response) -> Result<(), String>) -> Judged {
    let own_pool = fixture.own_pool.clone();
    let mut unsupported: Vec<(InterfaceVersion, Response)> = Vec::new();
    for version in fixture.settings.versions.clone() {
        let response = fixture.probe.send(Request::new(command, &own_pool).version(version)).await;
        if response.status()? != 0 {
            unsupported.push((version, response));
        } else if let Err(fault) = judge(&response) {
            return Ok(Judgement::fail(format!("{fault} ({version})"), &response));
        }
    }
    Ok(match unsupported.as_slice() {
        [] => Judgement::pass(),
        all if all.len() == fixture.settings.versions.len() => Judgement::warn(format!("not supported: {}", all[0].1.ending()), &all[0].1),
        [(version, _), ..] => Judgement::pass_with(format!("not with {version}")),
    })
}

fn text(response: &Response) -> Result<&str, String> {
    std::str::from_utf8(&response.stdout).map(str::trim).map_err(|_| "what it printed is not UTF-8".to_owned())
}

fn json(response: &Response) -> Result<Value, String> {
    serde_json::from_str(text(response)?).map_err(|fault| format!("what it printed is not JSON: {fault}"))
}

pub(in crate::kit) async fn version(fixture: &mut Fixture) -> Judged {
    in_all_versions(fixture, Command::GetVersion, |response| match text(response)? {
        "" => Err("it printed nothing".to_owned()),
        line if line.lines().count() > 1 => Err("it printed more than one line".to_owned()),
        _ => Ok(()),
    })
    .await
}

pub(in crate::kit) async fn supported_versions(fixture: &mut Fixture) -> Judged {
    in_all_versions(fixture, Command::GetSupportedInterfaceVersions, |response| {
        let value = json(response)?;
        let listed = value.as_array().ok_or("what it printed is not a list")?;
        let known = |version: &Value| version.as_str().is_some_and(|word| !word.is_empty() && word.parse::<InterfaceVersion>().is_ok());
        if listed.iter().any(known) { Ok(()) } else { Err("neither v0.1.0 nor v0.1.1 is in the list".to_owned()) }
    })
    .await
}

/// The schema is one by the rules of its own draft.
pub(in crate::kit) async fn schema(fixture: &mut Fixture, command: Command) -> Judged {
    in_all_versions(fixture, command, |response| {
        let schema = json(response)?;
        if !schema.is_object() {
            return Err("what it printed is not an object".to_owned());
        }
        jsonschema::validator_for(&schema).map(drop).map_err(|fault| format!("what it printed is no valid JSON schema: {fault}"))
    })
    .await
}

pub(in crate::kit) async fn validate_pool_info(fixture: &mut Fixture) -> Judged {
    in_all_versions(fixture, Command::ValidatePoolInfo, |_| Ok(())).await
}
