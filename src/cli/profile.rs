//! Profiles: which servers there are, which is used, and the login for each.
//!
//! The file and its form are upstream's client's, so that both clients share their logins.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::output::{Output, ask_secret};
use super::{Context, Error};
use crate::api::{JwtResponse, LoginParams, Secret};
use crate::client::Client;
use crate::model::{SecretString, expose};

/// The file.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Profiles {
    active_manager: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    editor_use_vim: Option<bool>,
    manager: Vec<Profile>,
    #[serde(skip)]
    path: PathBuf,
}

/// One server.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Profile {
    name: String,
    base_url: String,
    bearer_token: Secret,
}

impl Profiles {
    /// Reads the file; one that does not exist has no profiles.
    pub(super) fn load(path: Option<PathBuf>) -> Result<Self, Error> {
        let path = match path {
            Some(path) => path,
            None => directories::BaseDirs::new()
                .ok_or_else(|| Error::new("there is no home directory to look for profiles in"))?
                .data_local_dir()
                .join("garm-cli/config.toml"),
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(fault) => return Err(Error::from_fault(&format!("cannot read {}", path.display()), &fault)),
        };
        let profiles: Self = toml::from_str(&text).map_err(|fault| Error::new(format!("{}: {}", path.display(), fault.message())))?;
        Ok(Self { path, ..profiles })
    }

    /// Written beside its place and renamed; private, because it holds logins.
    fn save(&self) -> Result<(), Error> {
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
    pub(super) fn find(&self, name: Option<&str>) -> Result<&Profile, Error> {
        let wanted = name.unwrap_or(&self.active_manager);
        let found = self.manager.iter().find(|profile| profile.name == wanted);
        match (found, name) {
            (Some(profile), _) => Ok(profile),
            (None, Some(name)) => Err(Error::new(format!("there is no profile {name:?}")).hint("garm profile list shows which there are")),
            (None, None) => self.manager.first().ok_or_else(|| {
                Error::new("no server is known yet")
                    .hint("garm init makes the administrator of a new server; garm profile add logs in to an existing one")
            }),
        }
    }

    /// Adds or replaces a profile and makes it the active one.
    pub(super) fn put(&mut self, name: &str, url: &str, token: SecretString) -> Result<(), Error> {
        self.manager.retain(|profile| profile.name != name);
        self.manager.push(Profile { name: name.to_owned(), base_url: url.trim_end_matches('/').to_owned(), bearer_token: Secret(token) });
        name.clone_into(&mut self.active_manager);
        self.save()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.manager.iter().any(|profile| profile.name == name)
    }
}

impl Profile {
    pub(super) fn client(&self) -> Result<Client, Error> {
        Ok(Client::new(&self.base_url, Some(self.bearer_token.0.clone()))?)
    }
}

/// Logs in and keeps the login.
pub(super) async fn log_in(profiles: &mut Profiles, name: &str, url: &str, username: &str, password: SecretString) -> Result<(), Error> {
    let client = Client::new(url, None)?;
    let params = LoginParams { username: username.to_owned(), password: Secret(password) };
    let answer: JwtResponse = client.post("auth/login", &params).await?;
    profiles.put(name, url, answer.token.0)
}

/// Which servers there are, which is used, and the login for each.
#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    /// Lists the profiles
    #[command(visible_alias = "ls")]
    List,
    /// Logs in to a server and keeps the login as a profile
    Add(AddArgs),
    /// Logs in again
    Login(LoginArgs),
    /// Uses another profile from now on
    Switch {
        /// The profile
        name: String,
    },
    /// Forgets a profile
    #[command(visible_aliases = ["rm", "remove"])]
    Delete {
        /// The profile
        name: String,
    },
}

/// How to log in to a server that is not known yet.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Name of the profile
    #[arg(long)]
    name: String,
    /// URL of the server
    #[arg(long)]
    url: String,
    /// Login name
    #[arg(long)]
    username: String,
    /// Password; asked for when it is not given
    #[arg(long, env = "GARM_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

/// How to log in again.
#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// Login name
    #[arg(long)]
    username: String,
    /// Password; asked for when it is not given
    #[arg(long, env = "GARM_PASSWORD", hide_env_values = true)]
    password: Option<String>,
}

impl ProfileCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (out, mut profiles) = (context.out, context.profiles()?);
        match self {
            Self::List => list(out, &profiles),
            Self::Add(args) => {
                if profiles.has(&args.name) {
                    return Err(Error::new(format!("there is a profile {:?} already", args.name)).hint("garm profile login logs in again"));
                }
                log_in(&mut profiles, &args.name, &args.url, &args.username, password(args.password)?).await?;
                out.done(&format!("logged in; profile {} is used from now on", args.name))
            }
            Self::Login(args) => {
                let known = profiles.find(context.profile.as_deref())?.clone();
                log_in(&mut profiles, &known.name, &known.base_url, &args.username, password(args.password)?).await?;
                out.done("logged in")
            }
            Self::Switch { name } => {
                profiles.find(Some(&name))?;
                profiles.active_manager = name;
                profiles.save()
            }
            Self::Delete { name } => {
                profiles.find(Some(&name))?;
                profiles.manager.retain(|profile| profile.name != name);
                if profiles.active_manager == name {
                    profiles.active_manager = profiles.manager.first().map(|profile| profile.name.clone()).unwrap_or_default();
                }
                profiles.save()
            }
        }
    }
}

/// The password given, or asked for.
pub(super) fn password(given: Option<String>) -> Result<SecretString, Error> {
    given.map_or_else(|| ask_secret("password"), |text| Ok(SecretString::from(text)))
}

fn list(out: Output, profiles: &Profiles) -> Result<(), Error> {
    #[derive(Serialize)]
    struct Shown<'a> {
        name: &'a str,
        base_url: &'a str,
        active: bool,
        logged_in: bool,
    }
    let active = profiles.find(None).map(|profile| profile.name.as_str()).unwrap_or_default();
    let shown: Vec<_> = profiles
        .manager
        .iter()
        .map(|profile| Shown {
            name: &profile.name,
            base_url: &profile.base_url,
            active: profile.name == active,
            logged_in: !expose(&profile.bearer_token.0).is_empty(),
        })
        .collect();
    out.list(&shown, &["name", "base url", "active"], |profile| {
        vec![profile.name.to_owned(), profile.base_url.to_owned(), if profile.active { "*".into() } else { String::new() }]
    })
}
