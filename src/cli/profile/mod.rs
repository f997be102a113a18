//! `garm profile`: the known servers, the active one, and the login for each.

mod file;

use clap::{Args, Subcommand};
use serde::Serialize;

pub(super) use self::file::Profiles;
use super::output::{Column, Output, ask, ask_secret, done};
use super::{Context, Error};
use crate::api::{LoginParams, Secret};
use crate::client::Client;
use crate::model::{SecretString, expose, values};

/// Logs in to the server of a client and keeps the login as a profile of this name and URL. It becomes the active profile.
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

/// Manages the servers that you are logged in to.
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
    /// Makes another profile the active one
    Switch {
        /// The profile
        name: String,
    },
    /// Removes a profile
    #[command(visible_aliases = ["rm", "remove", "del"])]
    Delete {
        /// The profile
        name: String,
    },
}

/// How to log in to a new server.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    /// Name of the profile
    #[arg(long, short)]
    name: String,
    /// URL of the server
    #[arg(long, short = 'a', value_parser = values::base_url)]
    url: String,
    #[command(flatten)]
    login: LoginArgs,
}

/// The login name and the password.
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
                    // A profile named by --profile is used for this command only.
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

/// A profile with the keys of upstream's client. No other command prints the token.
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
