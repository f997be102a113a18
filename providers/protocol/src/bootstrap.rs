//! What `CreateInstance` reads from standard input.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::wire::{bytes, null_is_default};

/// Everything a provider needs to make one machine. Key names mix hyphens and underscores; that is the format.
///
/// All keys are always written except `extra_specs`; unset lists are written as `null`. When reading, missing keys are empty and unknown keys
/// are ignored. `Debug` shows nothing that holds a secret.
#[derive(Clone, Serialize, Deserialize)]
pub struct BootstrapInstance {
    /// Name of the runner; a provider must use it as the machine's name, or be able to find the machine by it.
    #[serde(default)]
    pub name: String,
    /// Downloads of the runner software, for all systems.
    #[serde(default, deserialize_with = "null_is_default")]
    pub tools: Vec<Tool>,
    /// URL the runner registers with.
    #[serde(default)]
    pub repo_url: String,
    /// Where the machine reports its status.
    #[serde(rename = "callback-url", default)]
    pub callback_url: String,
    /// Where the machine fetches its install script and credentials.
    #[serde(rename = "metadata-url", default)]
    pub metadata_url: String,
    /// Bearer token of this one machine for the two URLs above.
    #[serde(rename = "instance-token", default, serialize_with = "exposed", deserialize_with = "secret")]
    pub instance_token: SecretString,
    /// SSH keys to install; the server sends none.
    #[serde(rename = "ssh-keys", default)]
    pub ssh_keys: Option<Vec<String>>,
    /// The pool's settings for the provider, with `runner_install_template` (base64 of a script) added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_specs: Option<Box<RawValue>>,
    /// Runner group to register in; empty = the default group.
    #[serde(rename = "github-runner-group", default)]
    pub github_runner_group: String,
    /// PEM certificates the machine must trust to reach the forge and the server.
    #[serde(rename = "ca-cert-bundle", default, with = "bytes")]
    pub ca_cert_bundle: Option<Vec<u8>>,
    /// Architecture: `amd64`, `i386`, `arm64` or `arm`.
    #[serde(default)]
    pub arch: String,
    /// Operating system: `linux` or `windows`.
    #[serde(default)]
    pub os_type: String,
    /// The provider's word for a size.
    #[serde(default)]
    pub flavor: String,
    /// The provider's word for an image.
    #[serde(default)]
    pub image: String,
    /// Labels to register with; `None` when the registration is already made (just-in-time configuration).
    #[serde(default)]
    pub labels: Option<Vec<String>>,
    /// The pool, or the pseudo pool of a scale set.
    #[serde(default)]
    pub pool_id: String,
    /// What first boot should do; the server leaves it at its defaults.
    #[serde(default)]
    pub user_data_options: UserDataOptions,
    /// Whether the machine fetches credentials instead of a registration token.
    #[serde(default)]
    pub jit_config_enabled: bool,
    /// Proxy the machine must use.
    #[serde(default)]
    pub proxy_config: ProxyConfig,
}

/// One download of the runner software.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Operating system, in the forge's words (`linux`, `win`, `osx`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Architecture, in the forge's words (`x64`, `arm64`, `arm`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub architecture: Option<String>,
    /// Where to get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download_url: Option<String>,
    /// Name of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Bearer token for the download; empty = none is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temp_download_token: Option<String>,
    /// Expected SHA-256 in hexadecimal; empty = not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256_checksum: Option<String>,
}

/// What first boot should do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserDataOptions {
    /// Do not install updates on first boot.
    #[serde(default)]
    pub disable_updates_on_boot: bool,
    /// Packages to install.
    #[serde(default)]
    pub extra_packages: Option<Vec<String>>,
    /// Log first boot in detail.
    #[serde(default)]
    pub enable_boot_debug: bool,
}

/// Proxy URLs, credentials embedded; empty = none.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProxyConfig {
    /// For plain HTTP.
    #[serde(default)]
    pub http_proxy: String,
    /// For HTTPS.
    #[serde(default)]
    pub https_proxy: String,
    /// Hosts reached directly.
    #[serde(default)]
    pub no_proxy: String,
}

impl Default for BootstrapInstance {
    fn default() -> Self {
        Self {
            name: String::new(),
            tools: Vec::new(),
            repo_url: String::new(),
            callback_url: String::new(),
            metadata_url: String::new(),
            instance_token: SecretString::from(String::new()),
            ssh_keys: None,
            extra_specs: None,
            github_runner_group: String::new(),
            ca_cert_bundle: None,
            arch: String::new(),
            os_type: String::new(),
            flavor: String::new(),
            image: String::new(),
            labels: None,
            pool_id: String::new(),
            user_data_options: UserDataOptions::default(),
            jit_config_enabled: false,
            proxy_config: ProxyConfig::default(),
        }
    }
}

/// Shows what identifies the machine; token, proxy and extra specs (which hold a script with the token) stay hidden.
impl fmt::Debug for BootstrapInstance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BootstrapInstance")
            .field("name", &self.name)
            .field("pool_id", &self.pool_id)
            .field("image", &self.image)
            .field("flavor", &self.flavor)
            .field("os_type", &self.os_type)
            .field("arch", &self.arch)
            .field("jit_config_enabled", &self.jit_config_enabled)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for ProxyConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProxyConfig").field("no_proxy", &self.no_proxy).finish_non_exhaustive()
    }
}

fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SecretString, D::Error> {
    Ok(SecretString::from(String::deserialize(deserializer)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn every_key_is_written_under_its_own_spelling_and_unset_lists_are_null() {
        let written = serde_json::to_value(BootstrapInstance::default()).expect("it serialises");
        assert_eq!(
            written,
            json!({
                "name": "", "tools": [], "repo_url": "", "callback-url": "", "metadata-url": "", "instance-token": "", "ssh-keys": null,
                "github-runner-group": "", "ca-cert-bundle": null, "arch": "", "os_type": "", "flavor": "", "image": "", "labels": null,
                "pool_id": "", "user_data_options": {"disable_updates_on_boot": false, "extra_packages": null, "enable_boot_debug": false},
                "jit_config_enabled": false, "proxy_config": {"http_proxy": "", "https_proxy": "", "no_proxy": ""}
            })
        );
    }

    #[test]
    fn null_lists_empty_bundles_and_unknown_keys_are_read() {
        let text = r#"{"name":"garm-1","tools":null,"ca-cert-bundle":"","ssh-keys":null,"extra_specs":{"a": 1.10},"new_key":{"x":[1]}}"#;
        let read: BootstrapInstance = serde_json::from_str(text).expect("it parses");
        assert_eq!(read.name, "garm-1");
        assert!(read.tools.is_empty() && read.ca_cert_bundle.is_none() && read.labels.is_none());
        assert_eq!(read.extra_specs.expect("extra specs").get(), r#"{"a": 1.10}"#, "extra specs pass through unchanged");
    }

    #[test]
    fn debug_shows_neither_token_nor_extra_specs_nor_proxy() {
        let mut bootstrap: BootstrapInstance =
            serde_json::from_value(json!({"name": "garm-1", "extra_specs": {"x": "planted"}})).expect("it parses");
        bootstrap.instance_token = SecretString::from("planted".to_owned());
        bootstrap.proxy_config.http_proxy = "http://u:planted@proxy".to_owned();
        let shown = format!("{bootstrap:?} {:?}", bootstrap.proxy_config);
        assert!(shown.contains("garm-1") && !shown.contains("planted"), "{shown}");
    }

    #[test]
    fn a_document_written_by_upstream_survives_reading_and_writing() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/reference/samples/provider-bootstrap-jit.json");
        let Ok(text) = std::fs::read_to_string(path) else {
            #[expect(clippy::print_stderr, reason = "a skipped test must be visible")]
            {
                eprintln!("skipped: {path} is not there");
            }
            return;
        };
        let before: Value = serde_json::from_str(&text).expect("the sample is JSON");
        let read: BootstrapInstance = serde_json::from_str(&text).expect("the sample is read");
        let mut after = serde_json::to_value(&read).expect("it serialises");
        after["ca-cert-bundle"] = json!(""); // an empty bundle may be written as "" or as null
        assert_eq!(before, after);
    }
}
