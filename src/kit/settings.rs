//! The settings of a run of the suite: the provider, the machines, the waits.

use std::path::PathBuf;
use std::time::Duration;

use garm_provider_protocol::InterfaceVersion;
use serde_json::value::RawValue;

/// Which provider is checked, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider's executable: an absolute path, as in the server's configuration.
    pub executable: PathBuf,
    /// The provider's own configuration.
    pub config_file: Option<PathBuf>,
    /// Variables that are passed on to the provider, as the server does.
    pub environment: Vec<(String, String)>,
    /// How long a command may take, and how long a machine may take to reach the status that was asked for.
    pub time_limit: Duration,
    /// Versions of the contract. All checks use the first; the others are tried where the version makes a difference.
    pub versions: Vec<InterfaceVersion>,
    /// Whether the checks that make machines run.
    pub live: bool,
    /// An image, by the provider's name for it.
    pub image: String,
    /// A size, by the provider's name for it.
    pub flavor: String,
    /// Operating system of the machines.
    pub os_type: String,
    /// Architecture of the machines.
    pub arch: String,
    /// A pool's settings for the provider.
    pub extra_specs: Option<Box<RawValue>>,
}

impl Settings {
    /// The defaults, for this executable.
    #[must_use]
    pub fn new(executable: PathBuf) -> Self {
        Self {
            executable,
            config_file: None,
            environment: Vec::new(),
            time_limit: Duration::from_mins(1),
            versions: vec![InterfaceVersion::V0_1_0, InterfaceVersion::V0_1_1],
            live: false,
            image: "default".to_owned(),
            flavor: "default".to_owned(),
            os_type: "linux".to_owned(),
            arch: "amd64".to_owned(),
            extra_specs: None,
        }
    }
}
