//! Arguments that name an entity, by name or id.

use clap::Args;

use super::show::name;
use crate::cli::{Error, names};
use crate::client::{Client, EntityFilter};
use crate::model::EntityKind;

/// The entity that a command is about.
#[derive(Debug, Args)]
pub(in crate::cli) struct NameArgs {
    /// Name (owner/name for a repository) or id
    name: String,
    /// Endpoint of the entity; needed if several endpoints have one of this name
    #[arg(long)]
    endpoint: Option<String>,
}

impl NameArgs {
    pub(super) async fn find(&self, client: &Client, kind: EntityKind) -> Result<String, Error> {
        find(client, kind, &self.name, self.endpoint.as_deref()).await
    }
}

/// The id of an entity given by name or id.
async fn find(client: &Client, kind: EntityKind, given: &str, endpoint: Option<&str>) -> Result<String, Error> {
    if let Ok(id) = uuid::Uuid::parse_str(given) {
        return Ok(id.to_string());
    }
    let mut entities = client.entities(kind).list(&EntityFilter::default()).await?;
    entities.retain(|entity| endpoint.is_none_or(|endpoint| entity.endpoint.name == endpoint));
    let way_out = "say which one with --endpoint, or use its id";
    Ok(names::choose(&format!("there is no {kind}"), given, entities, name, |entity| entity.id.clone(), way_out)?.id)
}

/// The entity whose pools or runners a command is about.
#[derive(Debug, Default, Args)]
pub(in crate::cli) struct OwnerArgs {
    /// A repository: owner/name or id
    #[arg(long, short, group = "owner")]
    repo: Option<String>,
    /// An organization: name or id
    #[arg(long, short, group = "owner")]
    org: Option<String>,
    /// An enterprise: name or id
    #[arg(long, short, group = "owner")]
    enterprise: Option<String>,
    /// Endpoint of the entity; needed if several endpoints have one of this name
    #[arg(long)]
    endpoint: Option<String>,
}

impl OwnerArgs {
    /// The kind and id of the entity, if one was given.
    pub(in crate::cli) async fn find(&self, client: &Client) -> Result<Option<(EntityKind, String)>, Error> {
        let (kind, name) = match (&self.repo, &self.org, &self.enterprise) {
            (Some(name), _, _) => (EntityKind::Repository, name),
            (_, Some(name), _) => (EntityKind::Organization, name),
            (_, _, Some(name)) => (EntityKind::Enterprise, name),
            _ => return Ok(None),
        };
        Ok(Some((kind, find(client, kind, name, self.endpoint.as_deref()).await?)))
    }
}
