//! The context of a command: where results go, and which server is in use.

use std::path::{Path, PathBuf};

use clap::ArgGroup;

use super::error::Error;
use super::output::{self, Output};
use super::profile::Profiles;
use crate::client::Client;

/// The context of a command.
pub(super) struct Context {
    pub(super) out: Output,
    pub(super) profile: Option<String>,
    pub(super) profiles: Option<PathBuf>,
    pub(super) debug: bool,
}

impl Context {
    pub(super) fn profiles(&self) -> Result<Profiles, Error> {
        Profiles::load(self.profiles.clone())
    }

    /// A client for the server in use.
    pub(super) fn client(&self) -> Result<Client, Error> {
        Ok(self.traced(self.profiles()?.find(self.profile.as_deref())?.client()?))
    }

    /// A client without a login.
    pub(super) fn client_at(&self, url: &str) -> Result<Client, Error> {
        Ok(self.traced(Client::new(url, None)?))
    }

    pub(super) fn traced(&self, client: Client) -> Client {
        if self.debug { client.traced(output::note) } else { client }
    }
}

/// The arguments that an update may change: one of them at least must be given.
pub(super) fn changes(arguments: impl IntoIterator<Item = &'static str>) -> ArgGroup {
    ArgGroup::new("changes").args(arguments).required(true).multiple(true)
}

/// Reads a whole file.
pub(super) fn read_file(path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|fault| Error::from_fault(&format!("cannot read {}", path.display()), &fault))
}
