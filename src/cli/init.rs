//! `garm init`: the first run of a server.

use clap::Args;

use super::output::{ask_new_secret, fields_table};
use super::profile::log_in;
use super::{Context, Error};
use crate::api::{ControllerInfo, NewUserParams, Secret, UpdateControllerParams, User};
use crate::client::{self, Client};
use crate::model::{SecretString, expose};

/// Makes the administrator of a new server, logs in and sets the URLs under which the server is reached.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Name of the profile that keeps the login
    #[arg(long, short)]
    name: String,
    /// URL of the server, as this machine reaches it
    #[arg(long, short)]
    url: String,
    /// Login name of the administrator
    #[arg(long, short = 'U', default_value = "admin")]
    username: String,
    /// Mail address of the administrator
    #[arg(long, short, default_value = "admin@localhost.localdomain")]
    email: String,
    /// Display name of the administrator
    #[arg(long, short, default_value = "")]
    full_name: String,
    /// Password; asked for when it is not given
    #[arg(long, short, env = "GARM_PASSWORD", hide_env_values = true)]
    password: Option<String>,
    /// Metadata URL as runners reach it [default: URL/api/v1/metadata]
    #[arg(long, short)]
    metadata_url: Option<String>,
    /// Callback URL as runners reach it [default: URL/api/v1/callbacks]
    #[arg(long, short)]
    callback_url: Option<String>,
    /// Webhook URL as forges reach it [default: URL/webhooks]
    #[arg(long, short)]
    webhook_url: Option<String>,
}

impl InitArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let mut profiles = context.profiles()?;
        if profiles.has(&self.name) {
            return Err(
                Error::new(format!("there is a profile {:?} already", self.name)).hint("choose another --name, or garm profile delete it")
            );
        }
        let password =
            self.password.map_or_else(|| ask_new_secret("password of the administrator"), |text| Ok(SecretString::from(text)))?;
        let client = Client::new(&self.url, None)?;
        let params = NewUserParams {
            username: self.username.clone(),
            email: self.email,
            full_name: self.full_name,
            password: Secret(password.clone()),
        };
        let user: User = client.post("first-run", &params).await.map_err(|fault| match fault {
            client::Error::Refused { status: 409, .. } => {
                Error::new("the server has an administrator already").hint("garm profile add logs in to a server that is set up")
            }
            other => other.into(),
        })?;
        log_in(&mut profiles, &self.name, &self.url, &self.username, password).await?;
        let base = self.url.trim_end_matches('/');
        let urls = UpdateControllerParams {
            metadata_url: Some(self.metadata_url.unwrap_or_else(|| format!("{base}/api/v1/metadata"))),
            callback_url: Some(self.callback_url.unwrap_or_else(|| format!("{base}/api/v1/callbacks"))),
            webhook_url: Some(self.webhook_url.unwrap_or_else(|| format!("{base}/webhooks"))),
            ..UpdateControllerParams::default()
        };
        let client = profiles.find(Some(&self.name))?.client()?;
        let controller: ControllerInfo = client.put("controller", &urls).await?;
        debug_assert!(!expose(&params.password.0).is_empty(), "the server refuses empty passwords");
        context.out.done(&format!(
            "The server is set up, and you are logged in as {} (profile {}).\n{}\nRunners must reach the first two URLs, forges the webhook URLs; change them with `garm controller update`.",
            user.username,
            self.name,
            fields_table(&super::controller::fields(&controller))
        ))
    }
}
