//! Who signs deliveries, and with what: held in memory, so that an unsigned delivery costs no database access.
//!
//! What is here can be read again at any time; [`Directory::follow`] keeps it up with what this and other replicas commit.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use crate::model::{ChangeKind, EndpointName, Entity, EntityId, EntityKind, SecretString, values};
use crate::store::{self, EntityFilter, Feed, Store};

/// The directory. Clones share one content.
#[derive(Clone, Default)]
pub struct Directory {
    content: Arc<RwLock<Content>>,
}

#[derive(Default)]
struct Content {
    /// The site of a web address, to its endpoints: several can be of one forge.
    endpoints: HashMap<String, Vec<EndpointName>>,
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
            endpoints: sites(endpoints.into_iter().map(|endpoint| (endpoint.name, endpoint.base_url))),
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

    /// The entities whose hook may have sent a delivery about something at `web_url`: one for each endpoint of that site, in the order of
    /// their names. The signature tells which it was.
    pub(super) fn candidates(&self, web_url: &str, kind: EntityKind, path: &str) -> Vec<Signer> {
        let content = self.content.read().unwrap_or_else(PoisonError::into_inner);
        let endpoints = values::site(web_url).and_then(|site| content.endpoints.get(&site));
        endpoints.into_iter().flatten().filter_map(|endpoint| content.signers.get(&key(endpoint, kind, path)).cloned()).collect()
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

/// The endpoints of each site, by their names and web addresses.
fn sites(endpoints: impl Iterator<Item = (EndpointName, String)>) -> HashMap<String, Vec<EndpointName>> {
    let mut sites = HashMap::<_, Vec<_>>::new();
    for (name, base_url) in endpoints {
        let Some(site) = values::site(&base_url) else {
            tracing::warn!(endpoint.name = %name, url = ?base_url, "an endpoint's web address cannot be read; it hears no delivery");
            continue;
        };
        sites.entry(site).or_default().push(name);
    }
    sites
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(endpoints: &[(&str, &str)]) -> Directory {
        let signer = |name: &str| Signer {
            entity: EntityId(uuid::Uuid::nil()),
            endpoint: EndpointName::from(name),
            secret: SecretString::from("s"),
        };
        let signers = endpoints.iter().map(|(name, _)| (key(&EndpointName::from(*name), EntityKind::Organization, "octo"), signer(name)));
        let content = Content {
            signers: signers.collect(),
            endpoints: sites(endpoints.iter().map(|(name, url)| (EndpointName::from(*name), (*url).to_owned()))),
        };
        Directory { content: Arc::new(RwLock::new(content)) }
    }

    #[test]
    fn a_delivery_finds_its_endpoint_however_the_address_was_typed() {
        let typed = [
            "https://Forge.Example.org",
            "https://forge.example.org:443/",
            " http://forge.example.org:80 ",
            "https://forge.example.org/login",
        ];
        for url in typed {
            let found = directory(&[("one", url)]).candidates(
                "https://forge.example.org/octo/hello/actions/runs/1",
                EntityKind::Organization,
                "Octo",
            );
            assert_eq!(found.len(), 1, "{url:?}");
        }
        let other = directory(&[("one", "https://forge.example.org:8443"), ("two", "no address")]);
        assert!(other.candidates("https://forge.example.org/octo", EntityKind::Organization, "octo").is_empty());
        assert!(other.candidates("https://forge.example.org:8443/octo", EntityKind::Repository, "octo").is_empty());
        assert!(other.candidates("no address", EntityKind::Organization, "octo").is_empty());
    }

    #[test]
    fn none_of_two_endpoints_of_one_address_goes_deaf() {
        let two = directory(&[
            ("one", "https://forge.example.org"),
            ("two", "https://FORGE.example.org/"),
            ("three", "https://other.example.org"),
        ]);
        let found = two.candidates("https://forge.example.org/octo/hello", EntityKind::Organization, "octo");
        assert_eq!(found.iter().map(|signer| signer.endpoint.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    }
}
