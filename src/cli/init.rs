//! `garm init`: the first run of a server.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::output::{self, Format, ask, ask_new_password, fields_table, note};
use super::profile::log_in;
use super::{Context, Error, read_file};
use crate::api::{Base64, NewUserParams, Secret, UpdateControllerParams, User, paths};
use crate::client;
use crate::model::{SecretString, values};

/// Makes the administrator of a new server, logs in and sets the URLs under which the server is reached.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// Name of the profile that keeps the login
    #[arg(long, short)]
    name: String,
    /// URL of the server, as this machine reaches it
    #[arg(long, short = 'a', value_parser = values::base_url)]
    url: String,
    /// Login name of the administrator; asked for on a terminal, else admin
    #[arg(long, short)]
    username: Option<String>,
    /// Mail address of the administrator; asked for on a terminal, else admin@localhost.localdomain
    #[arg(long, short)]
    email: Option<String>,
    /// Display name of the administrator
    #[arg(long, short, default_value = "")]
    full_name: String,
    /// Password; asked for when it is not given
    #[arg(long, short, env = "GARM_PASSWORD", hide_env_values = true, allow_hyphen_values = true)]
    password: Option<String>,
    /// One-time code from the log of the server; needed from elsewhere, some time after the server's database was made
    #[arg(long, env = "GARM_FIRST_RUN_CODE", hide_env_values = true, default_value = "", hide_default_value = true)]
    code: String,
    /// Metadata URL, as runners reach it [default: URL/api/v1/metadata]
    #[arg(long, short)]
    metadata_url: Option<String>,
    /// Callback URL, as runners reach it [default: URL/api/v1/callbacks]
    #[arg(long, short)]
    callback_url: Option<String>,
    /// Webhook URL, as forges reach it [default: URL/webhooks]
    #[arg(long, short)]
    webhook_url: Option<String>,
    /// URL that agents connect to (stored only: runners have no agent) [default: URL/agent]
    #[arg(long, short = 'g')]
    agent_url: Option<String>,
    /// PEM file that validates the server's certificate, for runners
    #[arg(long)]
    ca_bundle: Option<PathBuf>,
}

impl InitArgs {
    pub(super) async fn run(mut self, context: &Context) -> Result<(), Error> {
        let mut profiles = context.profiles()?;
        if profiles.has(&self.name) {
            return Err(Error::new(format!("there is a profile {:?} already", self.name))
                .hint("choose another --name, or {garm} profile delete it"));
        }
        let settings = self.settings()?;
        let username = self.username.take().map_or_else(|| ask("username", "admin"), Ok)?;
        let email = self.email.take().map_or_else(|| ask("email", "admin@localhost.localdomain"), Ok)?;
        let asked = || ask_new_password("password of the administrator");
        let password = self.password.take().map_or_else(asked, |text| Ok(SecretString::from(text)))?;

        let params = NewUserParams {
            username: username.clone(),
            email,
            full_name: self.full_name,
            password: Secret(password.clone()),
            code: Secret::from(self.code.as_str()),
        };
        let anyone = context.client_at(&self.url)?;
        let user = anyone.first_run(&params).await.map_err(|fault| match fault {
            client::Error::Refused { status: 409, .. } => {
                Error::new("the server has an administrator already [409]").hint("{garm} profile add logs in to a server that is set up")
            }
            other => other.into(),
        })?;
        log_in(&anyone, &mut profiles, (&self.name, &self.url), &username, password).await?;
        let client = context.traced(profiles.find(Some(&self.name))?.client()?);
        let controller = match client.update_controller(&settings).await {
            Ok(controller) => Some(controller),
            // The administrator is made and logged in; the settings can be made at any time.
            Err(fault) => {
                note(&format!("warning: the URLs of the server were not set: {}", Error::from(fault)));
                note("look at them with controller show, set them with controller update");
                None
            }
        };
        if context.out.format == Format::Json {
            return output::line(&output::json(&json!({ "user": user, "controller": controller }))?);
        }
        output::line(&format!(
            "The server is set up, and you are logged in as {} (profile {}).\n{}",
            user.username,
            self.name,
            fields_table(&user_fields(&user))
        ))?;
        let Some(controller) = controller else { return Ok(()) };
        output::line(&format!(
            "{}\nRunners must reach metadata and callback URL, forges the webhook URLs; change them with controller update.",
            fields_table(&super::controller::fields(&controller))
        ))
    }

    fn settings(&mut self) -> Result<UpdateControllerParams, Error> {
        let base = &self.url;
        let url = |given: Option<String>, path: &str| Some(given.unwrap_or_else(|| format!("{base}{path}")));
        Ok(UpdateControllerParams {
            metadata_url: url(self.metadata_url.take(), paths::METADATA),
            callback_url: url(self.callback_url.take(), paths::CALLBACKS),
            webhook_url: url(self.webhook_url.take(), paths::WEBHOOKS.template()),
            agent_url: url(self.agent_url.take(), "/agent"),
            ca_cert_bundle: self.ca_bundle.as_deref().map(read_file).transpose()?.map(Base64),
            ..UpdateControllerParams::default()
        })
    }
}

fn user_fields(user: &User) -> [(&'static str, String); 4] {
    [("ID", user.id.clone()), ("Username", user.username.clone()), ("Email", user.email.clone()), ("Enabled", user.enabled.to_string())]
}
