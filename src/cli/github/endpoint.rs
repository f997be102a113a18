//! `garm github endpoint`: where GitHub is.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::api::{Base64, CreateEndpointParams, ForgeEndpoint, UpdateEndpointParams};
use crate::cli::output::{Column, done, time};
use crate::cli::{Context, Error, changes, names, read_file};
use crate::client::{self, Client};

/// Where GitHub is.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum EndpointCommand {
    /// Lists the endpoints
    #[command(visible_alias = "ls")]
    List(ListArgs),
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
    /// Removes an endpoint that is not in use
    #[command(visible_aliases = ["rm", "remove"])]
    Delete {
        /// Name of the endpoint
        name: String,
    },
}

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Shows when they were made and changed, too
    #[arg(long, short)]
    long: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct EndpointAddArgs {
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
pub(in crate::cli) struct EndpointUpdateArgs {
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

impl EndpointCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let bundle = |path: Option<PathBuf>| Ok::<_, Error>(path.map(|path| read_file(&path)).transpose()?.map(Base64));
        let endpoint = match self {
            Self::List(args) => {
                return out.list(&client.endpoints().list().await?, &columns(args.long));
            }
            Self::Delete { name } => {
                // The API calls it a success when there is nothing to remove; who typed the name wants to know.
                get(&client, &name).await?;
                client.endpoints().delete(&name).await?;
                done("removed");
                return Ok(());
            }
            Self::Show { name } => get(&client, &name).await?,
            Self::Add(args) => {
                let params = CreateEndpointParams {
                    name: args.name,
                    description: args.description,
                    base_url: args.base_url,
                    api_base_url: args.api_base_url,
                    upload_base_url: args.upload_url,
                    ca_cert_bundle: bundle(args.ca_cert_path)?,
                };
                client.endpoints().create(&params).await?
            }
            Self::Update(args) => {
                let params = UpdateEndpointParams {
                    description: args.description,
                    base_url: args.base_url,
                    api_base_url: args.api_base_url,
                    upload_base_url: args.upload_url,
                    ca_cert_bundle: bundle(args.ca_cert_path)?,
                };
                match client.endpoints().update(&args.name, &params).await {
                    Ok(endpoint) => endpoint,
                    Err(fault) => return Err(with_closest(&client, fault, &args.name).await),
                }
            }
        };
        out.object(&endpoint, &fields(&endpoint))
    }
}

async fn get(client: &Client, name: &str) -> Result<ForgeEndpoint, Error> {
    match client.endpoints().get(name).await {
        Ok(endpoint) => Ok(endpoint),
        Err(fault) => Err(with_closest(client, fault, name).await),
    }
}

async fn with_closest(client: &Client, fault: client::Error, name: &str) -> Error {
    names::with_closest(fault, name, client.endpoints().list(), |endpoint| &endpoint.name).await
}

fn columns(long: bool) -> Vec<Column<ForgeEndpoint>> {
    let mut columns = vec![
        Column::text("Name", |endpoint: &ForgeEndpoint| endpoint.name.clone()),
        Column::text("Base URL", |endpoint| endpoint.base_url.clone()),
        Column::text("Description", |endpoint| endpoint.description.clone()),
    ];
    if long {
        columns.push(Column::text("Created At", |endpoint| time(endpoint.created_at)));
        columns.push(Column::text("Updated At", |endpoint| time(endpoint.updated_at)));
    }
    columns
}

fn fields(endpoint: &ForgeEndpoint) -> Vec<(&'static str, String)> {
    let mut fields = vec![
        ("Name", endpoint.name.clone()),
        ("Description", endpoint.description.clone()),
        ("Created At", time(endpoint.created_at)),
        ("Updated At", time(endpoint.updated_at)),
        ("Base URL", endpoint.base_url.clone()),
    ];
    if !endpoint.upload_base_url.is_empty() {
        fields.push(("Upload URL", endpoint.upload_base_url.clone()));
    }
    fields.push(("API Base URL", endpoint.api_base_url.clone()));
    if let Some(bundle) = &endpoint.ca_cert_bundle {
        fields.push(("CA Cert Bundle", String::from_utf8_lossy(&bundle.0).into_owned()));
    }
    fields
}
