//! Who signs deliveries, and with what: held in memory, so that an unsigned delivery costs no database access.
//!
//! What is here can be read again at any time; [`Directory::follow`] keeps it up with what this and other replicas commit.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::model::{ChangeKind, EndpointName, Entity, EntityId, EntityKind, SecretString};
use crate::store::{self, EntityFilter, Feed, Store};

/// The directory. Clones share one content.
#[derive(Clone, Default)]
pub struct Directory {
    content: Arc<RwLock<Content>>,
}

#[derive(Default)]
struct Content {
    /// Web address without trailing slash, to endpoint.
    endpoints: HashMap<String, EndpointName>,
    signers: HashMap<Key, Signer>,
}

/// Endpoint, kind, and path in lower case: forges ignore case in names.
type Key = (String, EntityKind, String);

/// An entity whose hook may send deliveries.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) entity: EntityId,
    pub(super) endpoint: EndpointName,
    pub(super) secret: SecretString,
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = self.content.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Directory").field("signers", &content.signers.len()).finish_non_exhaustive()
    }
}

impl Directory {
    /// Reads everything anew.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn reload(&self, store: &Store) -> Result<(), store::Error> {
        let endpoints = store.list_endpoints(None).await?;
        let entities = store.list_entities(EntityFilter::default()).await?;
        let content = Content {
            endpoints: endpoints.into_iter().map(|endpoint| (origin(&endpoint.base_url).to_owned(), endpoint.name)).collect(),
            signers: entities.iter().map(|entity| (key(&entity.endpoint, entity.at.kind, &entity.at.path()), signer(entity))).collect(),
        };
        *self.content.write().unwrap_or_else(PoisonError::into_inner) = content;
        Ok(())
    }

    /// Keeps up with what is committed, until the store is closed.
    pub async fn follow(self, store: Store, mut feed: Feed) {
        loop {
            let concerned = match feed.next().await {
                Ok(changes) => changes.iter().any(|change| is_about_signers(change.kind)),
                Err(store::Error::Closed) => return,
                Err(fault) => {
                    tracing::error!(error = %fault, "the feed of changes failed; reading everything anew");
                    true
                }
            };
            if concerned && let Err(fault) = self.reload(&store).await {
                tracing::error!(error = %fault, "cannot read who signs deliveries; what was known stays");
            }
        }
    }

    /// The entity whose hook sent a delivery about something at `web_url`.
    pub(super) fn find(&self, web_url: &str, kind: EntityKind, path: &str) -> Option<Signer> {
        let content = self.content.read().unwrap_or_else(PoisonError::into_inner);
        let endpoint = content.endpoints.get(scheme_and_host(web_url)?)?;
        content.signers.get(&key(endpoint, kind, path)).cloned()
    }
}

fn is_about_signers(kind: ChangeKind) -> bool {
    use ChangeKind as K;
    matches!(kind, K::Repository | K::Organization | K::Enterprise | K::ForgeInstance | K::Endpoint)
}

fn signer(entity: &Entity) -> Signer {
    Signer { entity: entity.id, endpoint: entity.endpoint.clone(), secret: entity.webhook_secret.clone() }
}

fn key(endpoint: &EndpointName, kind: EntityKind, path: &str) -> Key {
    (endpoint.0.to_lowercase(), kind, path.to_lowercase())
}

fn origin(base_url: &str) -> &str {
    base_url.trim_end_matches('/')
}

/// `https://host` of a URL.
fn scheme_and_host(url: &str) -> Option<&str> {
    let host_at = url.find("://")? + 3;
    let end = url[host_at..].find('/').map_or(url.len(), |at| host_at + at);
    Some(&url[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_address_is_matched_by_scheme_and_host() {
        assert_eq!(scheme_and_host("https://github.com/octo/hello/runs/1"), Some("https://github.com"));
        assert_eq!(scheme_and_host("http://127.0.0.1:80"), Some("http://127.0.0.1:80"));
        assert_eq!(scheme_and_host("github.com/octo"), None);
    }
}
