//! Profiles: which servers there are, which is used, and the login for each.
//!
//! The file and its form are upstream's client's, so that both clients share their logins. What this one does not know in it stays.

use std::fs;
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use super::output::{Column, Output, ask, ask_secret, done};
use super::{Context, Error};
use crate::api::{LoginParams, Secret};
use crate::client::Client;
use crate::model::{SecretString, expose};

/// The file.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Profiles {
    active_manager: String,
    #[serde(flatten)]
    others: toml::Table,
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
    #[serde(flatten)]
    others: toml::Table,
}

impl Profiles {
    /// Reads the file; one that does not exist has no profiles.
    pub(super) fn load(path: Option<PathBuf>) -> Result<Self, Error> {
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
            (None, Some(name)) => {
                Err(Error::new(format!("there is no profile {name:?}")).hint("{garm} profile list shows which there are"))
            }
            (None, None) => self.manager.first().ok_or_else(|| {
                Error::new("no server is known yet")
                    .hint("{garm} init makes the administrator of a new server; {garm} profile add logs in to an existing one")
            }),
        }
    }

    /// Adds or replaces a profile and makes it the active one.
    fn put(&mut self, name: &str, url: &str, token: SecretString) -> Result<(), Error> {
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

    pub(super) fn has(&self, name: &str) -> bool {
        self.manager.iter().any(|profile| profile.name == name)
    }
}

impl Profile {
    /// The client for whoever is logged in.
    pub(super) fn client(&self) -> Result<Client, Error> {
        Ok(Client::new(&self.base_url, Some(self.bearer_token.0.clone()))?)
    }
}

/// Logs in to the server of a client and keeps the login as a profile of this name and URL, which is used from now on.
pub(super) async fn log_in(
    client: &Client,
    profiles: &mut Profiles,
    (name, url): (&str, &str),
    username: &str,
    password: SecretString,
) -> Result<(), Error> {
    let params = LoginParams { username: username.to_owned(), password: Secret(password) };
    let answer = client.log_in(&params).await?;
    profiles.put(name, url, answer.token.0)
}

/// Which servers there are, which is used, and the login for each.
#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    /// Lists the profiles
    #[command(visible_alias = "ls")]
    List,
    /// Logs in to a server and keeps the login as a profile
    #[command(visible_alias = "create")]
    Add(AddArgs),
    /// Logs in again
    Login(LoginArgs),
    /// Uses another profile from now on
    Switch {
        /// The profile
        name: String,
    },
    /// Forgets a profile
    #[command(visible_aliases = ["rm", "remove", "del"])]
    Delete {
        /// The profile
        name: String,
    },
}

/// How to log in to a server that is not known yet.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Name of the profile
    #[arg(long, short)]
    name: String,
    /// URL of the server
    #[arg(long, short = 'a')]
    url: String,
    #[command(flatten)]
    login: LoginArgs,
}

/// Who logs in.
#[derive(Debug, Args)]
pub(super) struct LoginArgs {
    /// Login name; asked for on a terminal, else admin
    #[arg(long, short)]
    username: Option<String>,
    /// Password; asked for when it is not given
    #[arg(long, short, env = "GARM_PASSWORD", hide_env_values = true, allow_hyphen_values = true)]
    password: Option<String>,
}

impl LoginArgs {
    async fn log_in(self, client: &Client, profiles: &mut Profiles, profile: (&str, &str)) -> Result<(), Error> {
        let username = self.username.map_or_else(|| ask("username", "admin"), Ok)?;
        let password = self.password.map_or_else(|| ask_secret("password"), |text| Ok(SecretString::from(text)))?;
        log_in(client, profiles, profile, &username, password).await
    }
}

impl ProfileCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (out, mut profiles) = (context.out, context.profiles()?);
        match self {
            Self::List => return list(out, &profiles),
            Self::Add(args) => {
                if profiles.has(&args.name) {
                    return Err(
                        Error::new(format!("there is a profile {:?} already", args.name)).hint("{garm} profile login logs in again")
                    );
                }
                args.login.log_in(&context.client_at(&args.url)?, &mut profiles, (&args.name, &args.url)).await?;
                done(&format!("logged in; profile {} is used from now on", args.name));
            }
            Self::Login(args) => {
                let known = profiles.find(context.profile.as_deref())?.clone();
                let active = profiles.active_manager.clone();
                args.log_in(&context.client_at(&known.base_url)?, &mut profiles, (&known.name, &known.base_url)).await?;
                if context.profile.is_some() && active != known.name {
                    // Whoever named another profile did not ask to use it from now on.
                    profiles.active_manager = active;
                    profiles.save()?;
                }
                done("logged in");
            }
            Self::Switch { name } => {
                profiles.find(Some(&name))?;
                profiles.active_manager = name;
                profiles.save()?;
            }
            Self::Delete { name } => {
                profiles.find(Some(&name))?;
                profiles.manager.retain(|profile| profile.name != name);
                if profiles.active_manager == name {
                    profiles.active_manager = profiles.manager.first().map(|profile| profile.name.clone()).unwrap_or_default();
                }
                profiles.save()?;
            }
        }
        Ok(())
    }
}

/// The names of upstream's client, and its token: it is the one way to be told it.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown<'a> {
    name: &'a str,
    #[serde(rename = "BaseURL")]
    base_url: &'a str,
    token: &'a str,
    current: bool,
}

fn list(out: Output, profiles: &Profiles) -> Result<(), Error> {
    let active = profiles.find(None).map(|profile| profile.name.as_str()).unwrap_or_default();
    let shown: Vec<Shown<'_>> = profiles
        .manager
        .iter()
        .map(|profile| Shown {
            name: &profile.name,
            base_url: &profile.base_url,
            token: expose(&profile.bearer_token.0),
            current: profile.name == active,
        })
        .collect();
    let name = |profile: &Shown<'_>| if profile.current { format!("{} (current)", profile.name) } else { profile.name.to_owned() };
    out.list(&shown, &[Column::text("Name", name), Column::text("Base URL", |profile| profile.base_url.to_owned())])
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
