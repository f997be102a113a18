//! The extra specs of a pool, and what comes of them together with the configuration: the machine to make.

use garm_guest::{CommonSpecs, read_specs};
use serde::Deserialize;

use crate::config::Config;
use crate::error::Error;
use crate::schema::extra_specs_properties;

/// Size of a boot volume in GB unless given; upstream's.
const DISK: u32 = 50;

/// The extra specs. What is left out, or empty, is as the configuration says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Specs {
    #[serde(flatten)]
    common: CommonSpecs,
    security_groups: Vec<String>,
    network_id: String,
    storage_backend: String,
    boot_from_volume: Option<bool>,
    boot_disk_size: Option<u32>,
    use_config_drive: Option<bool>,
    allowed_image_owners: Option<Vec<String>>,
    image_visibility: String,
    availability_zone: String,
}

/// The machine to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    pub(crate) common: CommonSpecs,
    pub(crate) security_groups: Vec<String>,
    /// Id or name.
    pub(crate) network: String,
    /// The boot volume; `None` = the disk of the flavor.
    pub(crate) volume: Option<Volume>,
    pub(crate) config_drive: bool,
    pub(crate) allowed_image_owners: Vec<String>,
    pub(crate) image_visibility: String,
    pub(crate) availability_zone: Option<String>,
}

/// A boot volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Volume {
    /// In GB.
    pub(crate) size: u32,
    /// The volume type; `None` = the cloud's default.
    pub(crate) kind: Option<String>,
}

impl Specs {
    /// Reads and checks extra specs.
    pub(crate) fn read(text: Option<&str>) -> Result<Self, Error> {
        let specs: Self = read_specs(text, &extra_specs_properties())?;
        if specs.boot_disk_size == Some(0) {
            return Err(Error::Input("extra_specs: boot_disk_size is 0, a disk has at least 1 GB".to_owned()));
        }
        Ok(specs)
    }

    /// Adds what the configuration says.
    pub(crate) fn machine(self, config: &Config) -> Machine {
        let or = |own: String, configured: &str| if own.is_empty() { configured.to_owned() } else { own };
        let boots_volume = self.boot_from_volume.unwrap_or(config.boot_from_volume);
        let kind = Some(or(self.storage_backend, &config.default_storage_backend)).filter(|kind| !kind.is_empty());
        let volume = Volume { size: self.boot_disk_size.or(config.root_disk_size).unwrap_or(DISK), kind };
        let visibility = or(self.image_visibility, &config.image_visibility);
        Machine {
            common: CommonSpecs {
                disable_updates: self.common.disable_updates || config.disable_updates_on_boot,
                enable_boot_debug: self.common.enable_boot_debug || config.enable_boot_debug,
                ..self.common
            },
            security_groups: if self.security_groups.is_empty() { config.default_security_groups.clone() } else { self.security_groups },
            network: or(self.network_id, &config.network_id),
            volume: boots_volume.then_some(volume),
            config_drive: self.use_config_drive.unwrap_or(config.use_config_drive),
            allowed_image_owners: self.allowed_image_owners.unwrap_or_else(|| config.allowed_image_owners.clone()),
            image_visibility: or(visibility, "public"),
            availability_zone: Some(or(self.availability_zone, &config.availability_zone)).filter(|zone| !zone.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config {
            network_id: "net".into(),
            default_security_groups: vec!["default".into()],
            default_storage_backend: "slow".into(),
            allowed_image_owners: vec!["us".into()],
            disable_updates_on_boot: true,
            availability_zone: "az1".into(),
            ..Config::default()
        }
    }

    #[test]
    fn what_the_pool_leaves_out_is_as_configured() {
        let machine = Specs::read(None).expect("empty").machine(&config());
        assert_eq!((machine.network.as_str(), machine.image_visibility.as_str(), machine.volume), ("net", "public", None));
        assert_eq!((machine.security_groups, machine.allowed_image_owners), (vec!["default".to_owned()], vec!["us".to_owned()]));
        assert_eq!((machine.availability_zone.as_deref(), machine.common.disable_updates), (Some("az1"), true));
    }

    #[test]
    fn what_the_pool_says_goes_first() {
        let text = r#"{"security_groups": ["ssh"], "network_id": "other", "storage_backend": "nvme", "boot_from_volume": true, "boot_disk_size": 150,
            "use_config_drive": true, "allowed_image_owners": [], "image_visibility": "private", "availability_zone": "az2"}"#;
        let machine = Specs::read(Some(text)).expect("specs").machine(&config());
        assert_eq!((machine.network.as_str(), machine.image_visibility.as_str(), machine.config_drive), ("other", "private", true));
        assert_eq!(machine.volume, Some(Volume { size: 150, kind: Some("nvme".into()) }));
        assert_eq!((machine.security_groups, machine.allowed_image_owners), (vec!["ssh".to_owned()], vec![]));
        assert_eq!(machine.availability_zone.as_deref(), Some("az2"));
        let volume = Specs::read(Some(r#"{"boot_from_volume": true}"#)).expect("specs").machine(&Config::default()).volume;
        assert_eq!(volume, Some(Volume { size: 50, kind: None }), "fifty, as upstream");
    }

    #[test]
    fn wrong_specs_are_refused_by_their_key() {
        let said = |text| Specs::read(Some(text)).expect_err("refused").to_string();
        assert!(
            said(r#"{"no_such_key": 1}"#).starts_with("extra_specs: no_such_key is not known; known are "),
            "{}",
            said(r#"{"no_such_key": 1}"#)
        );
        assert_eq!(said(r#"{"boot_disk_size": "50"}"#), "extra_specs: boot_disk_size must be of type integer, not string");
        assert_eq!(said(r#"{"boot_disk_size": 0}"#), "extra_specs: boot_disk_size is 0, a disk has at least 1 GB");
        assert!(said(r#"{"image_visibility": "mine"}"#).starts_with("extra_specs: image_visibility must be one of "));
    }
}
