//! `garm github credentials`: tokens and Apps.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand, ValueEnum};

use crate::api::{AppParams, CreateCredentialsParams, ForgeCredentials, PatParams, Secret, UpdateCredentialsParams};
use crate::cli::output::{Column, ask_secret, done, field_of_lines, time};
use crate::cli::{Context, Error, changes, entity, names, read_file};
use crate::client::Client;
use crate::clock::Clock;
use crate::model::{RateLimit, SecretString};
use crate::time::Timestamp;

/// Tokens and Apps.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum CredentialsCommand {
    /// Lists the credentials
    #[command(visible_alias = "ls")]
    List(ListArgs),
    /// Shows credentials, without their secret
    #[command(visible_alias = "get")]
    Show {
        /// Name or number of the credentials
        name: String,
    },
    /// Adds credentials
    #[command(visible_alias = "create")]
    Add(CredentialsAddArgs),
    /// Changes credentials
    Update(CredentialsUpdateArgs),
    /// Removes credentials that are not in use
    #[command(visible_aliases = ["rm", "remove"])]
    Delete {
        /// Name or number of the credentials
        name: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Shows when they were made and changed, too
    #[arg(long, short)]
    long: bool,
}

impl ListArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        context.out.list(&context.client()?.credentials().list().await?, &columns(self.long))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AuthType {
    /// A personal access token
    Pat,
    /// A GitHub App
    App,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct CredentialsAddArgs {
    /// Name of the credentials
    #[arg(long)]
    name: String,
    /// Free text
    #[arg(long, default_value = "")]
    description: String,
    /// The endpoint they are for
    #[arg(long, default_value = "github.com")]
    endpoint: String,
    /// How they authenticate
    #[arg(long, value_enum)]
    auth_type: AuthType,
    #[command(flatten)]
    secret: SecretArgs,
}

#[derive(Debug, Args)]
#[command(group = changes(["name", "description", "pat_oauth_token", "app_id", "app_installation_id", "private_key_path", "app_webhook_secret"]))]
pub(in crate::cli) struct CredentialsUpdateArgs {
    /// Name or number of the credentials
    credentials: String,
    /// New name
    #[arg(long)]
    name: Option<String>,
    /// Free text
    #[arg(long)]
    description: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
}

/// The secret part. Arguments can be seen by others on the machine: the environment, a file or standard input cannot.
#[derive(Debug, Args)]
struct SecretArgs {
    /// The personal access token; `-` asks for it
    #[arg(long, env = "GARM_PAT", hide_env_values = true, allow_hyphen_values = true)]
    pat_oauth_token: Option<String>,
    /// Number of the App
    #[arg(long)]
    app_id: Option<i64>,
    /// Number of the App's installation
    #[arg(long)]
    app_installation_id: Option<i64>,
    /// PEM file of the App's private key
    #[arg(long)]
    private_key_path: Option<PathBuf>,
    /// The secret of the App's own webhook, whose deliveries are then believed for every entity with these credentials; `-` asks for it
    #[arg(long, env = "GARM_APP_WEBHOOK_SECRET", hide_env_values = true, allow_hyphen_values = true)]
    app_webhook_secret: Option<String>,
}

impl SecretArgs {
    fn pat(&self) -> Result<Option<PatParams>, Error> {
        let token = match self.pat_oauth_token.as_deref() {
            None => return Ok(None),
            Some("-") => ask_secret("personal access token")?,
            Some(text) => SecretString::from(text),
        };
        Ok(Some(PatParams { oauth2_token: Secret(token) }))
    }

    fn app_webhook_secret(&self) -> Result<Secret, Error> {
        Ok(match self.app_webhook_secret.as_deref() {
            None => Secret::default(),
            Some("-") => Secret(ask_secret("secret of the App's webhook")?),
            Some(text) => Secret::from(text),
        })
    }

    fn app(&self) -> Result<Option<AppParams>, Error> {
        match (self.app_id, self.app_installation_id, &self.private_key_path) {
            (None, None, None) => Ok(None),
            (Some(app_id), Some(installation_id), Some(path)) => {
                let key = SecretString::from(STANDARD.encode(read_file(path)?));
                Ok(Some(AppParams { app_id, installation_id, private_key_bytes: Secret(key) }))
            }
            _ => Err(Error::new("an App needs --app-id, --app-installation-id and --private-key-path together")),
        }
    }
}

impl CredentialsCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let credentials = match self {
            Self::List(args) => return args.run(context).await,
            Self::Delete { name } => {
                client.credentials().delete(number(&client, &name).await?).await?;
                done("removed");
                return Ok(());
            }
            Self::Show { name } => client.credentials().get(number(&client, &name).await?).await?,
            Self::Add(args) => {
                let (pat, app, app_webhook_secret) = (args.secret.pat()?, args.secret.app()?, args.secret.app_webhook_secret()?);
                let (auth_type, pat) = match args.auth_type {
                    AuthType::Pat => {
                        let asked = || ask_secret("personal access token").map(|token| PatParams { oauth2_token: Secret(token) });
                        ("pat", Some(pat.map_or_else(asked, Ok)?))
                    }
                    AuthType::App if app.is_none() => {
                        return Err(Error::new("an App needs --app-id, --app-installation-id and --private-key-path"));
                    }
                    AuthType::App => ("app", None),
                };
                let params = CreateCredentialsParams {
                    name: args.name,
                    description: args.description,
                    endpoint: args.endpoint,
                    auth_type: auth_type.to_owned(),
                    pat,
                    app,
                    app_webhook_secret,
                };
                client.credentials().create(&params).await?
            }
            Self::Update(args) => {
                let number = number(&client, &args.credentials).await?;
                // A token in the environment is not meant when the flags speak of an App.
                let app = args.secret.app()?;
                let app_webhook_secret = args.secret.app_webhook_secret()?;
                let params = UpdateCredentialsParams {
                    name: args.name,
                    description: args.description,
                    pat: if app.is_some() || !app_webhook_secret.is_empty() { None } else { args.secret.pat()? },
                    app,
                    app_webhook_secret,
                };
                client.credentials().update(number, &params).await?
            }
        };
        out.object(&credentials, &fields(&credentials))
    }
}

/// The number of credentials given by name or number. A name may look like a number; then the name counts.
async fn number(client: &Client, given: &str) -> Result<i64, Error> {
    let known = client.credentials().list().await?;
    let way_out = "use their number";
    Ok(names::choose("there are no credentials", given, known, |known| known.name.clone(), |known| known.id.to_string(), way_out)?.id)
}

/// The kind of their secret, or why it is not known.
fn kind(credentials: &ForgeCredentials) -> String {
    if credentials.fault.is_empty() { credentials.auth_type.clone() } else { credentials.fault.clone() }
}

fn columns(long: bool) -> Vec<Column<ForgeCredentials>> {
    let mut columns = vec![
        Column::number("ID", |credentials: &ForgeCredentials| credentials.id.to_string()),
        Column::text("Name", |credentials| credentials.name.clone()),
        Column::text("Description", |credentials| credentials.description.clone()),
        Column::text("Base URL", |credentials| credentials.base_url.clone()),
        Column::text("API URL", |credentials| credentials.api_base_url.clone()),
        Column::text("Upload URL", |credentials| credentials.upload_base_url.clone()),
        Column::text("Type", kind),
    ];
    if long {
        columns.push(Column::text("Created At", |credentials| time(credentials.created_at)));
        columns.push(Column::text("Updated At", |credentials| time(credentials.updated_at)));
    }
    columns
}

fn fields(credentials: &ForgeCredentials) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("ID", credentials.id.to_string()),
        ("Created At", time(credentials.created_at)),
        ("Updated At", time(credentials.updated_at)),
        ("Name", credentials.name.clone()),
        ("Description", credentials.description.clone()),
        ("Base URL", credentials.base_url.clone()),
        ("API URL", credentials.api_base_url.clone()),
        ("Upload URL", credentials.upload_base_url.clone()),
        ("Type", kind(credentials)),
        ("Endpoint", credentials.endpoint.name.clone()),
    ];
    let blank = || ("", String::new());
    if let Some(limit) = credentials.rate_limit {
        let left = Timestamp::from_micros(limit.reset.saturating_mul(1_000_000)).since(Clock::System.now());
        if !left.is_zero() {
            let reset = format!("{} minutes", left.as_secs() / 60);
            fields.extend([blank(), ("Remaining API requests", limit.remaining.to_string()), ("Rate limit reset", reset)]);
            let budget = RateLimit { limit: limit.limit, used: limit.used, remaining: limit.remaining, reset: limit.reset };
            if let Some(empty_at) = budget.empty_at(Clock::System.now()) {
                fields.push(("Empty at", time(empty_at)));
            }
        }
    }
    let users = [
        ("Repositories", &credentials.repositories),
        ("Organizations", &credentials.organizations),
        ("Enterprises", &credentials.enterprises),
    ];
    for (title, users) in users.into_iter().filter(|(_, users)| !users.is_empty()) {
        fields.push(blank());
        fields.extend(field_of_lines(title, users.iter().map(entity::name)));
    }
    fields
}
