//! The provider's configuration: upstream's keys, and a few of our own that upstream's provider does not mind.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use garm_provider_protocol::Call;
use serde::Deserialize;

use crate::error::Error;

/// Which images are looked through when an image is given by name; the words of Glance.
pub(crate) const VISIBILITIES: [&str; 5] = ["public", "private", "shared", "community", "all"];

/// How long is waited for a server to come up or to go. Below the server's own limit of five minutes, so that what failed is still cleaned up.
const WAIT: Duration = Duration::from_mins(4);

/// The provider's configuration.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Config {
    /// The cloud's name in clouds.yaml.
    pub(crate) cloud: String,
    pub(crate) credentials: Credentials,
    /// Volume type of boot volumes; empty = the cloud's default.
    pub(crate) default_storage_backend: String,
    pub(crate) default_security_groups: Vec<String>,
    pub(crate) network_id: String,
    pub(crate) boot_from_volume: bool,
    /// Size of boot volumes in GB.
    pub(crate) root_disk_size: Option<u32>,
    pub(crate) use_config_drive: bool,
    /// Projects whose images may be used; empty = all.
    pub(crate) allowed_image_owners: Vec<String>,
    pub(crate) image_visibility: String,
    pub(crate) disable_updates_on_boot: bool,
    pub(crate) enable_boot_debug: bool,
    /// Ours. Empty = Nova chooses.
    pub(crate) availability_zone: String,
    /// Ours, in seconds.
    pub(crate) wait_timeout: Option<u64>,
}

/// Where the credentials are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Credentials {
    pub(crate) clouds: PathBuf,
    pub(crate) public_clouds: PathBuf,
    pub(crate) secure_clouds: PathBuf,
}

impl Config {
    /// Reads the file of the call. Unknown keys are named on standard error: they are likely a mistake, and no reason to fail.
    pub(crate) fn load(call: &Call) -> Result<Self, Error> {
        let path =
            call.config_file.as_deref().ok_or_else(|| Error::Input("this provider needs a configuration: set config_file".to_owned()))?;
        let text = read(path)?;
        let (config, unknown) = Self::parse(&text).map_err(|reason| Error::Input(format!("{}: {reason}", path.display())))?;
        for key in unknown {
            // When standard error is closed there is no reader left.
            drop(writeln!(std::io::stderr(), "{}: key {key} is not known and has no effect", path.display()));
        }
        Ok(config)
    }

    fn parse(text: &str) -> Result<(Self, Vec<String>), String> {
        let mut unknown = Vec::new();
        // The message without the line it quotes.
        let syntax = |error: toml::de::Error| error.message().to_owned();
        let document = toml::Deserializer::parse(text).map_err(syntax)?;
        let config: Self = serde_ignored::deserialize(document, |path| unknown.push(path.to_string())).map_err(syntax)?;
        config.check()?;
        Ok((config, unknown))
    }

    fn check(&self) -> Result<(), String> {
        let missing = [
            ("cloud", self.cloud.is_empty()),
            ("network_id", self.network_id.is_empty()),
            ("credentials.clouds", self.credentials.clouds.as_os_str().is_empty()),
        ];
        if let Some((key, _)) = missing.into_iter().find(|(_, missing)| *missing) {
            return Err(format!("{key} is missing"));
        }
        if !self.image_visibility.is_empty() && !VISIBILITIES.contains(&self.image_visibility.as_str()) {
            return Err(format!("image_visibility is {:?}, it can be {}", self.image_visibility, VISIBILITIES.join(", ")));
        }
        if self.root_disk_size == Some(0) {
            return Err("root_disk_size is 0, a disk has at least 1 GB".to_owned());
        }
        Ok(())
    }

    /// How long is waited for a server.
    pub(crate) fn wait(&self) -> Duration {
        self.wait_timeout.map_or(WAIT, Duration::from_secs)
    }
}

/// Reads a file of people's; the error names it.
pub(crate) fn read(path: &Path) -> Result<String, Error> {
    std::fs::read_to_string(path).map_err(|error| Error::Input(format!("cannot read {}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const UPSTREAM: &str = r#"
        cloud = "openstack"
        default_storage_backend = ""
        default_security_groups = ["default"]
        network_id = "542b68dd-4b3d-459d-8531-34d5e779d4d6"
        boot_from_volume = false
        root_disk_size = 30
        use_config_drive = false
        disable_updates_on_boot = false
        [credentials]
        clouds = "/etc/garm/clouds.yaml"
        public_clouds = ""
        secure_clouds = ""
    "#;

    #[test]
    fn a_configuration_of_upstream_is_read_and_unknown_keys_are_named() {
        let (config, unknown) = Config::parse(UPSTREAM).expect("it is read");
        assert_eq!((config.cloud.as_str(), config.root_disk_size, unknown), ("openstack", Some(30), vec![]));
        let (_, unknown) = Config::parse(&format!("flavour = \"x\"\n{UPSTREAM}\nclodus = 1")).expect("it is read");
        assert_eq!(unknown, ["credentials.clodus", "flavour"]);
    }

    #[test]
    fn what_is_wrong_is_named() {
        let said = |from: &str, to: &str| Config::parse(&UPSTREAM.replace(from, to)).expect_err("refused");
        assert_eq!(said(r#"cloud = "openstack""#, ""), "cloud is missing");
        assert_eq!(said(r#"clouds = "/etc/garm/clouds.yaml""#, ""), "credentials.clouds is missing");
        assert_eq!(said("= 30", "= 0"), "root_disk_size is 0, a disk has at least 1 GB");
        assert_eq!(
            said("use_config_drive", "image_visibility = \"mine\"\nuse_config_drive"),
            "image_visibility is \"mine\", it can be public, private, shared, community, all"
        );
        assert!(said("= 30", "= \"30\"").contains("invalid type"), "{}", said("= 30", "= \"30\""));
    }
}
