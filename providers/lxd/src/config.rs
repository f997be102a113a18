//! The provider's configuration: the TOML of upstream's LXD and Incus providers.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

use crate::warning::warn;

/// The keys and what they mean, for people and for the server.
pub(crate) const SCHEMA: &str = include_str!("config.schema.json");

/// How LXD is reached and what is made there.
#[derive(Debug, Deserialize)]
pub(crate) struct Config {
    /// The unix socket; goes before `url`.
    #[serde(default, deserialize_with = "filled")]
    pub(crate) unix_socket_path: Option<PathBuf>,
    /// The project instances are made in. What upstream means without one is a project of this name.
    #[serde(default = "default_project")]
    pub(crate) project_name: String,
    /// Whether every instance also has the profile `default`.
    #[serde(default)]
    pub(crate) include_default_profile: bool,
    /// Address of the server, https.
    #[serde(default, deserialize_with = "filled")]
    pub(crate) url: Option<String>,
    /// The certificate this provider shows.
    #[serde(default, deserialize_with = "filled")]
    pub(crate) client_certificate: Option<PathBuf>,
    /// Its key.
    #[serde(default, deserialize_with = "filled")]
    pub(crate) client_key: Option<PathBuf>,
    /// The server's own certificate: no other is accepted, not even one of the same name.
    #[serde(default, deserialize_with = "filled")]
    pub(crate) tls_server_certificate: Option<PathBuf>,
    /// The authority that has signed the server's certificate.
    #[serde(default, deserialize_with = "filled")]
    pub(crate) tls_ca: Option<PathBuf>,
    /// Where images come from, by name.
    #[serde(default)]
    pub(crate) image_remotes: BTreeMap<String, Remote>,
    /// Whether virtual machines boot signed systems only.
    #[serde(default)]
    pub(crate) secure_boot: bool,
    /// What instances are.
    #[serde(default)]
    pub(crate) instance_type: InstanceType,
}

/// A server of images.
#[derive(Debug, Deserialize)]
pub(crate) struct Remote {
    /// Its address.
    pub(crate) addr: String,
    /// What it speaks.
    #[serde(default)]
    pub(crate) protocol: Protocol,
    /// Upstream has it; there are no others.
    #[serde(default, rename = "public")]
    _public: bool,
    /// Upstream has it; LXD fetches the image and verifies always.
    #[serde(default)]
    pub(crate) skip_verify: bool,
}

/// What servers of images speak.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Protocol {
    /// An index of files.
    #[default]
    Simplestreams,
}

impl Protocol {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Simplestreams => "simplestreams",
        }
    }
}

/// Container or machine.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum InstanceType {
    /// Shares the kernel.
    Container,
    /// Has its own.
    #[default]
    VirtualMachine,
}

impl fmt::Display for InstanceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Container => "container",
            Self::VirtualMachine => "virtual-machine",
        })
    }
}

/// What is empty is not set.
fn filled<'de, D: Deserializer<'de>, T: From<String>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(Some(String::deserialize(deserializer)?).filter(|text| !text.is_empty()).map(T::from))
}

fn default_project() -> String {
    "garm-project".to_owned()
}

impl Config {
    /// Reads the file a call names. Unknown keys are named on standard error; they may be of a later version.
    pub(crate) fn load(path: Option<&Path>) -> Result<Self, String> {
        let path = path.ok_or("the provider has no config_file: it says how LXD is reached")?;
        let shown = path.display();
        let text = std::fs::read_to_string(path).map_err(|fault| format!("cannot read {shown}: {fault}"))?;
        let (config, unknown) = Self::parse(&text).map_err(|fault| format!("{shown}: {fault}"))?;
        let mut warnings: Vec<String> = unknown.iter().map(|key| format!("unknown key {key} is ignored")).collect();
        let unverified = config.image_remotes.iter().filter(|(_, remote)| remote.skip_verify);
        warnings.extend(unverified.map(|(name, _)| format!("skip_verify of the remote {name} has no effect: LXD always verifies")));
        for warning in warnings {
            warn(format_args!("{shown}: {warning}"));
        }
        Ok(config)
    }

    /// The configuration, and the keys that mean nothing.
    fn parse(text: &str) -> Result<(Self, Vec<String>), String> {
        let mut unknown = Vec::new();
        let one_line = |fault: toml::de::Error| {
            let line = fault.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            format!("line {line}: {}", fault.message().replace('\n', " "))
        };
        let document = toml::Deserializer::parse(text).map_err(one_line)?;
        let config: Self = serde_ignored::deserialize(document, |path| unknown.push(path.to_string())).map_err(one_line)?;
        config.check()?;
        Ok((config, unknown))
    }

    fn check(&self) -> Result<(), String> {
        if self.unix_socket_path.is_none() {
            let url = self.url.as_deref().ok_or("unix_socket_path or url must be set")?;
            if !url.starts_with("https://") {
                return Err(format!("url is {url:?}, it must begin with https://"));
            }
            if self.client_certificate.is_none() || self.client_key.is_none() {
                return Err("client_certificate and client_key must be set to reach an url".to_owned());
            }
        }
        for (name, remote) in &self.image_remotes {
            if !remote.addr.starts_with("https://") && !remote.addr.starts_with("http://") {
                return Err(format!("image_remotes.{name}.addr is {:?}, it must begin with https:// or http://", remote.addr));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstreams_file_is_read() {
        let text = r#"
            unix_socket_path = "/var/lib/lxd/unix.socket"
            include_default_profile = true
            instance_type = "container"
            secure_boot = true
            project_name = "default"
            url = ""
            client_certificate = ""
            [image_remotes]
              [image_remotes.ubuntu]
              addr = "https://cloud-images.ubuntu.com/releases"
              public = true
              protocol = "simplestreams"
              skip_verify = false
        "#;
        let (config, unknown) = Config::parse(text).expect("it is read");
        assert_eq!(unknown, Vec::<String>::new());
        assert_eq!((config.instance_type, config.project_name.as_str()), (InstanceType::Container, "default"));
        assert!(config.include_default_profile && config.secure_boot);
        assert_eq!(config.image_remotes["ubuntu"].addr, "https://cloud-images.ubuntu.com/releases");
    }

    #[test]
    fn what_is_left_out_means_what_it_means_upstream() {
        let (config, _) = Config::parse("unix_socket_path = \"/s\"").expect("it is read");
        assert_eq!((config.instance_type, config.project_name.as_str()), (InstanceType::VirtualMachine, "garm-project"));
        assert!(!config.include_default_profile && !config.secure_boot);
    }

    #[test]
    fn unknown_keys_are_found_at_every_depth() {
        let text = "unix_socket_path = \"/s\"\nflavour = 1\n[image_remotes.a]\naddr = \"https://x\"\ncolour = \"red\"\n";
        assert_eq!(Config::parse(text).expect("it is read").1, ["flavour", "image_remotes.a.colour"]);
    }

    #[test]
    fn what_is_wrong_is_said_in_one_line() {
        let table = [
            ("", "unix_socket_path or url must be set"),
            ("unix_socket_path = \"\"", "unix_socket_path or url must be set"),
            ("url = \"http://x\"", "url is \"http://x\", it must begin with https://"),
            ("url = \"https://x\"", "client_certificate and client_key must be set to reach an url"),
            ("\ninstance_type = \"vm\"", "line 2: unknown variant `vm`, expected `container` or `virtual-machine`"),
            ("unix_socket_path = \"/s\"\n[image_remotes.a]\nprotocol = \"lxd\"", "line 3: unknown variant `lxd`, expected `simplestreams`"),
            ("unix_socket_path = \"/s\"\n[image_remotes.a]\naddr = \"ftp://x\"", "image_remotes.a.addr is \"ftp://x\", it must begin with"),
        ];
        for (text, expected) in table {
            let said = Config::parse(text).expect_err(text);
            assert!(said.starts_with(expected) && !said.contains('\n'), "{said}");
        }
    }

    #[test]
    fn the_schema_knows_the_same_keys() {
        let schema: serde_json::Value = serde_json::from_str(SCHEMA).expect("JSON");
        let keys: Vec<&str> = schema["properties"].as_object().expect("an object").keys().map(String::as_str).collect();
        let mut unknown = Vec::new();
        // The number is a value of the wrong type for each of them; what matters is whether the key is known.
        for key in &keys {
            let line = format!("{key} = 7\n");
            let document = toml::Deserializer::parse(&line).expect("TOML");
            drop(serde_ignored::deserialize::<_, _, Config>(document, |path| unknown.push(path.to_string())));
        }
        assert_eq!(unknown, Vec::<String>::new());
        assert_eq!(keys.len(), 11);
    }
}
