//! The file of profiles.
//!
//! The file and its form are upstream's client's, so that both clients share their logins. Unknown keys stay as they are.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::api::Secret;
use crate::cli::Error;
use crate::client::Client;
use crate::model::SecretString;

/// The file.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Profiles {
    pub(super) active_manager: String,
    #[serde(flatten)]
    others: toml::Table,
    pub(super) manager: Vec<Profile>,
    #[serde(skip)]
    path: PathBuf,
}

/// A server and the login for it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(in crate::cli) struct Profile {
    pub(super) name: String,
    pub(super) base_url: String,
    pub(super) bearer_token: Secret,
    #[serde(flatten)]
    others: toml::Table,
}

impl Profiles {
    /// Reads the file. A missing file has no profiles.
    pub(in crate::cli) fn load(path: Option<PathBuf>) -> Result<Self, Error> {
        let path = match path {
            Some(path) => path,
            None => directories::BaseDirs::new()
                .ok_or_else(|| Error::new("there is no home directory to look for profiles in"))?
                .home_dir()
                .join(".local/share/garm-cli/config.toml"),
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(fault) => return Err(Error::from_fault(&format!("cannot read {}", path.display()), &fault)),
        };
        let profiles: Self = toml::from_str(&text).map_err(|fault| Error::new(format!("{}: {}", path.display(), fault.message())))?;
        Ok(Self { path, ..profiles })
    }

    /// Writes a new file beside the old one and renames it. It is private, because it holds logins.
    pub(super) fn save(&self) -> Result<(), Error> {
        let failed = |fault: std::io::Error| Error::from_fault(&format!("cannot write {}", self.path.display()), &fault);
        if let Some(dir) = self.path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        }
        let text = toml::to_string(self).map_err(|fault| Error::from_fault("cannot write the profiles", &fault))?;
        let beside = self.path.with_extension("new");
        let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside).map_err(failed)?;
        file.write_all(text.as_bytes()).map_err(failed)?;
        fs::rename(&beside, &self.path).map_err(failed)
    }

    /// The profile of this name, or the active one, or the only one.
    pub(in crate::cli) fn find(&self, name: Option<&str>) -> Result<&Profile, Error> {
        let wanted = name.unwrap_or(&self.active_manager);
        let found = self.manager.iter().find(|profile| profile.name == wanted);
        match (found, name) {
            (Some(profile), _) => Ok(profile),
            (None, Some(name)) => Err(Error::new(format!("there is no profile {name:?}")).hint("{garm} profile list shows all")),
            (None, None) => self.manager.first().ok_or_else(|| {
                Error::new("no server is known yet")
                    .hint("{garm} init makes the administrator of a new server; {garm} profile add logs in to an existing one")
            }),
        }
    }

    /// The names of all profiles.
    pub(in crate::cli) fn names(&self) -> impl Iterator<Item = &str> {
        self.manager.iter().map(|profile| profile.name.as_str())
    }

    /// Adds or replaces a profile and makes it the active one.
    pub(super) fn put(&mut self, name: &str, url: &str, token: SecretString) -> Result<(), Error> {
        let place = self.manager.iter().position(|profile| profile.name == name).unwrap_or_else(|| {
            self.manager.push(Profile { name: name.to_owned(), ..Profile::default() });
            self.manager.len() - 1
        });
        let profile = &mut self.manager[place];
        url.trim_end_matches('/').clone_into(&mut profile.base_url);
        profile.bearer_token = Secret(token);
        name.clone_into(&mut self.active_manager);
        self.save()
    }

    pub(in crate::cli) fn has(&self, name: &str) -> bool {
        self.manager.iter().any(|profile| profile.name == name)
    }
}

impl Profile {
    /// The client with this login.
    pub(in crate::cli) fn client(&self) -> Result<Client, Error> {
        Ok(Client::new(&self.base_url, Some(self.bearer_token.0.clone()))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_of_upstreams_client_is_read_and_what_is_unknown_stays() {
        let text = "active_manager = \"dev\"\neditor_use_vim = true\nnewer = 1\n\n[[manager]]\n  name = \"dev\"\n  base_url = \"http://127.0.0.1:9997\"\n  \
                    bearer_token = \"eyJ\"\n  theme = \"dark\"\n";
        let profiles: Profiles = toml::from_str(text).expect("it is read");
        assert_eq!(profiles.find(None).expect("active").base_url, "http://127.0.0.1:9997");
        let written: toml::Table = toml::from_str(&toml::to_string(&profiles).expect("written")).expect("read again");
        assert_eq!(written, toml::from_str::<toml::Table>(text).expect("a table"));

        let none: Profiles = toml::from_str("manager = []\nactive_manager = \"\"\n").expect("it is read");
        let written = toml::to_string(&none).expect("written");
        assert!(written.contains("manager = []") && written.contains("active_manager = \"\""), "{written}");
    }
}
