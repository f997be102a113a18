//! `garm github`: endpoints and credentials.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::{Args, Subcommand, ValueEnum};

use super::output::{ask_secret, time};
use super::{Context, Error, changes, read_file};
use crate::api::{
    AppParams, Base64, CreateCredentialsParams, CreateEndpointParams, ForgeCredentials, ForgeEndpoint, PatParams, Secret,
    UpdateCredentialsParams, UpdateEndpointParams,
};
use crate::client::{Client, segment};
use crate::model::SecretString;

/// GitHub and GitHub Enterprise Server.
#[derive(Debug, Subcommand)]
pub(super) enum GithubCommand {
    /// Where GitHub is
    #[command(subcommand, visible_alias = "ep")]
    Endpoint(EndpointCommand),
    /// Tokens and Apps
    #[command(subcommand, visible_alias = "creds")]
    Credentials(CredentialsCommand),
}

/// Where GitHub is.
#[derive(Debug, Subcommand)]
pub(super) enum EndpointCommand {
    /// Lists the endpoints
    #[command(visible_alias = "ls")]
    List,
    /// Shows an endpoint
    #[command(visible_alias = "get")]
    Show {
        /// Name of the endpoint
        name: String,
    },
    /// Adds an endpoint, such as a GitHub Enterprise Server
    #[command(visible_alias = "create")]
    Add(EndpointAddArgs),
    /// Changes an endpoint
    Update(EndpointUpdateArgs),
    /// Removes an endpoint nobody uses
    #[command(visible_aliases = ["rm", "remove"])]
    Delete {
        /// Name of the endpoint
        name: String,
    },
}

#[derive(Debug, Args)]
pub(super) struct EndpointAddArgs {
    /// Name of the endpoint
    #[arg(long)]
    name: String,
    /// Free text
    #[arg(long, default_value = "")]
    description: String,
    /// Web address, such as <https://ghes.example.com>
    #[arg(long)]
    base_url: String,
    /// API address, such as <https://ghes.example.com/api/v3>
    #[arg(long)]
    api_base_url: String,
    /// Upload address
    #[arg(long, default_value = "")]
    upload_url: String,
    /// PEM file that validates its certificate
    #[arg(long)]
    ca_cert_path: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group = changes(["description", "base_url", "api_base_url", "upload_url", "ca_cert_path"]))]
pub(super) struct EndpointUpdateArgs {
    /// Name of the endpoint
    name: String,
    /// Free text
    #[arg(long)]
    description: Option<String>,
    /// Web address
    #[arg(long)]
    base_url: Option<String>,
    /// API address
    #[arg(long)]
    api_base_url: Option<String>,
    /// Upload address
    #[arg(long)]
    upload_url: Option<String>,
    /// PEM file that validates its certificate
    #[arg(long)]
    ca_cert_path: Option<PathBuf>,
}

/// Tokens and Apps.
#[derive(Debug, Subcommand)]
pub(super) enum CredentialsCommand {
    /// Lists the credentials
    #[command(visible_alias = "ls")]
    List,
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
    /// Removes credentials nobody uses
    #[command(visible_aliases = ["rm", "remove"])]
    Delete {
        /// Name or number of the credentials
        name: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum AuthType {
    /// A personal access token
    Pat,
    /// A GitHub App
    App,
}

#[derive(Debug, Args)]
pub(super) struct CredentialsAddArgs {
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
#[command(group = changes(["name", "description", "pat_oauth_token", "app_id", "app_installation_id", "private_key_path"]))]
pub(super) struct CredentialsUpdateArgs {
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
    #[arg(long, env = "GARM_PAT", hide_env_values = true)]
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

impl GithubCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        match self {
            Self::Endpoint(command) => command.run(context).await,
            Self::Credentials(command) => command.run(context).await,
        }
    }
}

impl EndpointCommand {
    async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let bundle = |path: Option<PathBuf>| Ok::<_, Error>(path.map(|path| read_file(&path)).transpose()?.map(Base64));
        let endpoint: ForgeEndpoint = match self {
            Self::List => {
                let endpoints: Option<Vec<ForgeEndpoint>> = client.get("github/endpoints").await?;
                return out.list(&endpoints.unwrap_or_default(), &["name", "base url", "api base url", "description"], |endpoint| {
                    vec![endpoint.name.clone(), endpoint.base_url.clone(), endpoint.api_base_url.clone(), endpoint.description.clone()]
                });
            }
            Self::Delete { name } => {
                let path = format!("github/endpoints/{}", segment(&name)?);
                // The API calls it a success when there is nothing to remove; who typed the name wants to know.
                let _there: ForgeEndpoint = client.get(&path).await?;
                client.delete(&path).await?;
                return out.done("removed");
            }
            Self::Show { name } => client.get(&format!("github/endpoints/{}", segment(&name)?)).await?,
            Self::Add(args) => {
                let params = CreateEndpointParams {
                    name: args.name,
                    description: args.description,
                    base_url: args.base_url,
                    api_base_url: args.api_base_url,
                    upload_base_url: args.upload_url,
                    ca_cert_bundle: bundle(args.ca_cert_path)?,
                };
                client.post("github/endpoints", &params).await?
            }
            Self::Update(args) => {
                let params = UpdateEndpointParams {
                    description: args.description,
                    base_url: args.base_url,
                    api_base_url: args.api_base_url,
                    upload_base_url: args.upload_url,
                    ca_cert_bundle: bundle(args.ca_cert_path)?,
                };
                client.put(&format!("github/endpoints/{}", segment(&args.name)?), &params).await?
            }
        };
        let fields = [
            ("Name", endpoint.name.clone()),
            ("Description", endpoint.description.clone()),
            ("Base URL", endpoint.base_url.clone()),
            ("Upload URL", endpoint.upload_base_url.clone()),
            ("API Base URL", endpoint.api_base_url.clone()),
            ("CA Certificates", if endpoint.ca_cert_bundle.is_some() { "set".into() } else { "not set".into() }),
            ("Created At", time(endpoint.created_at)),
            ("Updated At", time(endpoint.updated_at)),
        ];
        out.object(&endpoint, &fields)
    }
}

impl CredentialsCommand {
    async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let credentials: ForgeCredentials = match self {
            Self::List => {
                return out.list(&list(&client).await?, &["id", "name", "description", "endpoint", "auth type"], |credentials| {
                    vec![
                        credentials.id.to_string(),
                        credentials.name.clone(),
                        credentials.description.clone(),
                        credentials.endpoint.name.clone(),
                        credentials.auth_type.clone(),
                    ]
                });
            }
            Self::Delete { name } => {
                client.delete(&format!("github/credentials/{}", number(&client, &name).await?)).await?;
                return out.done("removed");
            }
            Self::Show { name } => client.get(&format!("github/credentials/{}", number(&client, &name).await?)).await?,
            Self::Add(args) => {
                let (pat, app) = (args.secret.pat()?, args.secret.app()?);
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
                };
                client.post("github/credentials", &params).await?
            }
            Self::Update(args) => {
                let number = number(&client, &args.credentials).await?;
                let params = UpdateCredentialsParams {
                    name: args.name,
                    description: args.description,
                    pat: args.secret.pat()?,
                    app: args.secret.app()?,
                };
                client.put(&format!("github/credentials/{number}"), &params).await?
            }
        };
        out.object(&credentials, &fields(&credentials))
    }
}

async fn list(client: &Client) -> Result<Vec<ForgeCredentials>, Error> {
    Ok(client.get::<Option<Vec<ForgeCredentials>>>("github/credentials").await?.unwrap_or_default())
}

/// The number of credentials given by name or number.
async fn number(client: &Client, name: &str) -> Result<i64, Error> {
    let known = list(client).await?;
    let by_name = known.iter().find(|credentials| credentials.name.eq_ignore_ascii_case(name));
    // A name may look like a number; whoever gave it means it.
    let found = by_name.or_else(|| known.iter().find(|credentials| credentials.id.to_string() == name));
    found
        .map(|credentials| credentials.id)
        .ok_or_else(|| Error::new(format!("there are no credentials {name:?}")).hint("garm github credentials list shows which there are"))
}

fn fields(credentials: &ForgeCredentials) -> Vec<(&'static str, String)> {
    let users = [&credentials.repositories, &credentials.organizations, &credentials.enterprises];
    let users: Vec<String> = users
        .into_iter()
        .flatten()
        .map(|entity| if entity.owner.is_empty() { entity.name.clone() } else { format!("{}/{}", entity.owner, entity.name) })
        .collect();
    let mut fields = vec![
        ("ID", credentials.id.to_string()),
        ("Name", credentials.name.clone()),
        ("Description", credentials.description.clone()),
        ("Endpoint", credentials.endpoint.name.clone()),
        ("API Base URL", credentials.api_base_url.clone()),
        ("Auth Type", credentials.auth_type.clone()),
        ("Used By", users.join("\n")),
        ("Created At", time(credentials.created_at)),
        ("Updated At", time(credentials.updated_at)),
    ];
    if let Some(limit) = credentials.rate_limit {
        fields.push(("Rate Limit", format!("{} of {} calls left", limit.remaining, limit.limit)));
    }
    fields
}
