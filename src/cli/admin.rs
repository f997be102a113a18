//! `garm admin`: accounts and the passphrase of the database, managed on the machine of the server.
//!
//! An administrator needs it after a lost password, to end a login at once, or when others may know the passphrase.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::output::{Column, ask_new_password, note, spinner};
use super::serve::open_beside;
use super::{Context, Error};
use crate::api;
use crate::crypto::password::{self, Hasher};
use crate::crypto::random;
use crate::model::{SecretString, User, values};
use crate::store::{Reseal, Seals, Store};
use crate::{config, store};

/// Manages administrators and sealed secrets in the database itself, whether the server runs or not. It needs the configuration file of the server.
#[derive(Debug, Args)]
pub(super) struct AdminArgs {
    /// Configuration file of the server [default: as for garm serve]
    // The id differs from that of `garm serve`, whose --config stands before the command.
    #[arg(id = "server_config", long = "config", short = 'c', value_name = "CONFIG", env = "GARM_CONFIG", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: AdminCommand,
}

/// The commands for accounts.
#[derive(Debug, Subcommand)]
enum AdminCommand {
    /// Lists the administrators
    #[command(visible_alias = "ls")]
    List,
    /// Sets a new password; logins made with the old one end
    PasswordReset {
        /// Login name or mail address
        name: String,
        /// The new password; asked for when it is not given, because others can see arguments
        #[arg(long, env = "GARM_NEW_PASSWORD", hide_env_values = true)]
        new_password: Option<String>,
    },
    /// Seals all secrets in the database with a new passphrase
    ///
    /// First write the new passphrase as `database.passphrase`, put the one before into `database.old_passphrases`, and restart every server. Then
    /// run this, while they serve. It can be interrupted and run again. At the end it says when the old passphrase can be removed.
    RotateKey,
    /// Lets an account that was disabled log in again
    Enable {
        /// Login name or mail address
        name: String,
    },
    /// Disables an account: it cannot log in, and its tokens are refused
    Disable {
        /// Login name or mail address
        name: String,
    },
}

impl AdminArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let store = open_beside(&config::load(self.config.as_deref(), random::secret)?.config).await?;
        let user = match self.command {
            AdminCommand::List => return list(&store, context).await,
            AdminCommand::RotateKey => return rotate_key(&store, context).await,
            AdminCommand::PasswordReset { name, new_password } => {
                let user = find(&store, &name).await?;
                let new = new_password.map_or_else(|| ask_new_password("new password"), |text| Ok(SecretString::from(text)))?;
                let new = values::password(&new);
                password::check_strength(&new).map_err(|weak| Error::new(format!("password is too weak: {weak}")))?;
                let hash = Hasher::default().hash(&new).map_err(|fault| Error::from_fault("cannot hash the password", &fault))?;
                store.update_password(user.id, hash, true).await
            }
            AdminCommand::Enable { name } => store.enable_user(find(&store, &name).await?.id, true).await,
            AdminCommand::Disable { name } => store.enable_user(find(&store, &name).await?.id, false).await,
        };
        let user = api::User::from(&user.map_err(|fault| failed(&fault))?);
        context.out.object(&user, &fields(&user))
    }
}

async fn list(store: &Store, context: &Context) -> Result<(), Error> {
    let users: Vec<api::User> = store.list_admins().await.map_err(|fault| failed(&fault))?.iter().map(api::User::from).collect();
    if users.is_empty() {
        return context.out.nothing("No admin users found.");
    }
    let columns = [
        Column::text("ID", |user: &api::User| user.id.clone()),
        Column::text("Username", |user| user.username.clone()),
        Column::text("Email", |user| user.email.clone()),
        Column::text("Enabled", |user| user.enabled.to_string()),
    ];
    context.out.list(&users, &columns)
}

/// The result of a rotation, for programs.
#[derive(Serialize)]
struct Rotation {
    looked_at: usize,
    sealed_anew: usize,
    cannot_be_opened: Vec<String>,
}

async fn rotate_key(store: &Store, context: &Context) -> Result<(), Error> {
    let bar = spinner("sealing secrets with the new passphrase");
    let told = |seals: &Seals| bar.set_message(format!("{} secrets looked at, {} sealed anew", seals.looked_at, seals.resealed));
    let sealed = store.reseal(Reseal::OldPassphrases, told).await;
    bar.finish_and_clear();
    let seals = sealed.map_err(|fault| failed(&fault))?;
    let rotation = Rotation { looked_at: seals.looked_at, sealed_anew: seals.resealed, cannot_be_opened: seals.unopenable };
    for row in &rotation.cannot_be_opened {
        note(&format!("warning: {row} opens with no passphrase of the configuration; set it again, or delete its row"));
    }
    context.out.object(
        &rotation,
        &[
            ("Looked at", rotation.looked_at.to_string()),
            ("Sealed anew", rotation.sealed_anew.to_string()),
            ("Cannot be opened", rotation.cannot_be_opened.len().to_string()),
            ("Next", "remove database.old_passphrases from the configuration of every server, and restart it".to_owned()),
        ],
    )
}

async fn find(store: &Store, name: &str) -> Result<User, Error> {
    let found = store.find_user_by_login(values::trim(name)).await.map_err(|fault| failed(&fault))?;
    found.ok_or_else(|| Error::new(format!("there is no account {name:?}")).hint("garm admin list shows all"))
}

fn failed(fault: &store::Error) -> Error {
    Error::from_fault("the database", fault)
}

fn fields(user: &api::User) -> Vec<(&'static str, String)> {
    vec![("ID", user.id.clone()), ("Username", user.username.clone()), ("Email", user.email.clone()), ("Enabled", user.enabled.to_string())]
}
