//! The document that `CreateInstance` gets.

use garm_provider_protocol::{BootstrapInstance, Tool};
use serde_json::value::RawValue;

use super::settings::Settings;
use crate::crypto::random;
use crate::model::{SecretString, expose};
use crate::provider::with_install_template;

/// The script of every machine. It does no harm, and it runs longer than any check.
const INSTALL_TEMPLATE: &str = "#!/bin/sh\n# This machine was made by `garm provider check --live` and may be deleted.\n";

/// A token that looks like those of the server and opens nothing.
pub(super) fn token() -> SecretString {
    SecretString::from(format!("eyJhbGciOiJIUzI1NiJ9.{}.{}", random::alphanumeric(80), random::alphanumeric(43)))
}

/// The document for a machine, as the server would write it for a runner that registers just in time.
pub(super) fn document(settings: &Settings, token: &SecretString, pool: &str, name: &str) -> BootstrapInstance {
    let script = format!("{INSTALL_TEMPLATE}GARM_TOKEN={}\nsleep 3600\n", expose(token));
    BootstrapInstance {
        name: name.to_owned(),
        tools: tools(),
        repo_url: "https://github.com/example/example".to_owned(),
        callback_url: "https://garm.example.com/api/v1/callbacks".to_owned(),
        metadata_url: "https://garm.example.com/api/v1/metadata".to_owned(),
        instance_token: token.clone(),
        extra_specs: Some(with_install_template(settings.extra_specs.as_deref(), &script)),
        arch: settings.arch.clone(),
        os_type: settings.os_type.clone(),
        flavor: settings.flavor.clone(),
        image: settings.image.clone(),
        pool_id: pool.to_owned(),
        jit_config_enabled: true,
        ..BootstrapInstance::default()
    }
}

/// The extra specs as the server passes them with `CreateInstance`, and otherwise.
pub(super) fn extra_specs(document: Option<&BootstrapInstance>, settings: &Settings) -> String {
    let specs = document.map_or(settings.extra_specs.as_deref(), |document| document.extra_specs.as_deref());
    specs.map_or("null", RawValue::get).to_owned()
}

/// Downloads for every system, named as GitHub names them.
fn tools() -> Vec<Tool> {
    let all = [("linux", "x64"), ("linux", "arm64"), ("linux", "arm"), ("win", "x64"), ("win", "arm64"), ("osx", "x64"), ("osx", "arm64")];
    let tool = |(os, architecture): (&str, &str)| {
        let ending = if os == "win" { "zip" } else { "tar.gz" };
        let filename = format!("actions-runner-{os}-{architecture}-2.334.0.{ending}");
        Tool {
            os: Some(os.to_owned()),
            architecture: Some(architecture.to_owned()),
            download_url: Some(format!("https://github.com/actions/runner/releases/download/v2.334.0/{filename}")),
            filename: Some(filename),
            temp_download_token: Some(String::new()),
            sha256_checksum: Some(String::new()),
        }
    };
    all.into_iter().map(tool).collect()
}
