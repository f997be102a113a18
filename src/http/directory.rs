//! Who signs deliveries, and with what: held in memory, so that an unsigned delivery costs no database access.
//!
//! What is here can be read again at any time; [`Directory::follow`] keeps it up with what this and other replicas commit.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use crate::forge::HookOwner;
use crate::model::{
    ChangeKind, Credentials, CredentialsId, CredentialsSecret, EndpointName, Entity, EntityId, EntityKind, EntityRef, SecretString, values,
};
use crate::store::{self, EntityFilter, Feed, OldSecret, Store};
use crate::time::Timestamp;

/// From one attempt to forget replaced secrets to the next, after the database failed.
const FORGET_AGAIN: Duration = Duration::from_secs(10);

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
    /// The same signers by endpoint, kind and the forge's number, as far as that is known.
    numbered: HashMap<(String, EntityKind, i64), Signer>,
    /// When the next replaced secret is to be forgotten.
    forget_at: Option<Timestamp>,
}

/// Endpoint, kind, and path in lower case: forges ignore case in names.
type Key = (String, EntityKind, String);

/// An entity whose hook may send deliveries.
#[derive(Clone)]
pub(super) struct Signer {
    pub(super) entity: EntityId,
    pub(super) endpoint: EndpointName,
    secret: SecretString,
    /// The secret before it, and until when it is good.
    old: Option<(SecretString, Timestamp)>,
    /// The secrets of the Apps whose credentials the entity uses.
    of_apps: Vec<SecretString>,
    /// The forge's number of the entity, and its name.
    pub(super) place: (Option<i64>, EntityRef),
}

impl Signer {
    /// The secrets that a delivery of this hook may be signed with at this time.
    pub(super) fn secrets(&self, hook: HookOwner, now: Timestamp) -> Vec<SecretString> {
        match hook {
            HookOwner::App => self.of_apps.clone(),
            HookOwner::Entity(_) => {
                let old = self.old.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret.clone());
                [self.secret.clone()].into_iter().chain(old).collect()
            }
        }
    }
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
        let credentials = store.list_credentials(None).await?;
        let of_apps: HashMap<CredentialsId, SecretString> = credentials.into_iter().filter_map(app_secret).collect();
        let old = store.list_old_secrets().await?;
        let forget_at = old.iter().map(|old| old.until).min();
        let mut old: HashMap<EntityId, OldSecret> = old.into_iter().map(|old| (old.entity, old)).collect();
        let mut signers: Vec<Signer> = Vec::new();
        for entity in &entities {
            let old = old.remove(&entity.id).map(|old| (old.secret, old.until));
            let credentials = std::iter::once(&entity.credentials_id).chain(&entity.more_credentials);
            let of_apps = credentials.filter_map(|id| of_apps.get(id).cloned()).collect();
            signers.extend(signer(entity).map(|own| Signer { old, of_apps, ..own }));
        }
        let numbered = |signer: &Signer| Some(((signer.endpoint.0.to_lowercase(), signer.place.1.kind, signer.place.0?), signer.clone()));
        let content = Content {
            endpoints: sites(endpoints.into_iter().map(|endpoint| (endpoint.name, endpoint.base_url))),
            numbered: signers.iter().filter_map(numbered).collect(),
            forget_at,
            signers: signers.into_iter().map(|own| (key(&own.endpoint, own.place.1.kind, &own.place.1.path()), own)).collect(),
        };
        *self.content.write().unwrap_or_else(PoisonError::into_inner) = content;
        Ok(())
    }

    /// Keeps up with what is committed, until the store is closed.
    pub async fn follow(self, store: Store, mut feed: Feed) {
        loop {
            let changes = tokio::select! {
                changes = feed.next() => changes,
                () = self.secret_ends(&store) => {
                    if let Err(fault) = store.forget_old_secrets().await {
                        tracing::error!(error = %fault, "cannot forget the webhook secrets that were replaced");
                        tokio::time::sleep(FORGET_AGAIN).await;
                    }
                    if let Err(fault) = self.reload(&store).await {
                        tracing::error!(error = %fault, "cannot read who signs deliveries; what was known stays");
                    }
                    continue;
                }
            };
            let concerned = match changes {
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

    /// Waits until the time of a replaced secret is over. It is not believed from then on, whenever it is forgotten.
    async fn secret_ends(&self, store: &Store) {
        let forget_at = self.content.read().unwrap_or_else(PoisonError::into_inner).forget_at;
        match forget_at {
            Some(at) => tokio::time::sleep(at.since(store.clock().now())).await,
            None => std::future::pending().await,
        }
    }

    /// The entities whose hook may have sent a delivery about something at `web_url`, in the order of their endpoints' names. Each endpoint of
    /// that site gives the entity with the forge's number, then the one with the name. The signature tells which one sent the delivery.
    pub(super) fn candidates(&self, web_url: &str, at: &EntityRef, number: Option<i64>) -> Vec<Signer> {
        let content = self.content.read().unwrap_or_else(PoisonError::into_inner);
        let endpoints = values::site(web_url).and_then(|site| content.endpoints.get(&site));
        let of_endpoint = |endpoint: &EndpointName| {
            let numbered = number.and_then(|number| content.numbered.get(&(endpoint.0.to_lowercase(), at.kind, number)));
            let named = content.signers.get(&key(endpoint, at.kind, &at.path()));
            let is_another = |named: &&Signer| numbered.is_none_or(|numbered| numbered.entity != named.entity);
            [numbered, named.filter(is_another)].into_iter().flatten().cloned().collect::<Vec<_>>()
        };
        endpoints.into_iter().flatten().flat_map(of_endpoint).collect()
    }
}

fn is_about_signers(kind: ChangeKind) -> bool {
    use ChangeKind as K;
    matches!(kind, K::Repository | K::Organization | K::Enterprise | K::ForgeInstance | K::Endpoint | K::Credentials)
}

fn signer(entity: &Entity) -> Option<Signer> {
    let Some(secret) = entity.webhook_secret.clone() else {
        tracing::warn!(entity.id = %entity.id, entity.name = %entity.at, "its webhook secret cannot be opened; it hears no delivery until another one is set");
        return None;
    };
    let place = (entity.number, entity.at.clone());
    Some(Signer { entity: entity.id, endpoint: entity.endpoint.clone(), secret, old: None, of_apps: Vec::new(), place })
}

fn app_secret(credentials: Credentials) -> Option<(CredentialsId, SecretString)> {
    match credentials.secret {
        CredentialsSecret::App(key) => Some((credentials.id, key.webhook_secret?)),
        CredentialsSecret::Pat(_) | CredentialsSecret::Unopenable => None,
    }
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

    fn at(kind: EntityKind, name: &str) -> EntityRef {
        EntityRef { kind, owner: String::new(), name: name.into() }
    }

    fn directory(endpoints: &[(&str, &str)]) -> Directory {
        let signer = |name: &str| Signer {
            entity: EntityId(uuid::Uuid::nil()),
            endpoint: EndpointName::from(name),
            secret: SecretString::from("s"),
            old: None,
            of_apps: Vec::new(),
            place: (None, at(EntityKind::Organization, "octo")),
        };
        let signers = endpoints.iter().map(|(name, _)| (key(&EndpointName::from(*name), EntityKind::Organization, "octo"), signer(name)));
        let content = Content {
            signers: signers.collect(),
            endpoints: sites(endpoints.iter().map(|(name, url)| (EndpointName::from(*name), (*url).to_owned()))),
            numbered: HashMap::new(),
            forget_at: None,
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
                &at(EntityKind::Organization, "Octo"),
                None,
            );
            assert_eq!(found.len(), 1, "{url:?}");
        }
        let other = directory(&[("one", "https://forge.example.org:8443"), ("two", "no address")]);
        assert!(other.candidates("https://forge.example.org/octo", &at(EntityKind::Organization, "octo"), None).is_empty());
        assert!(other.candidates("https://forge.example.org:8443/octo", &at(EntityKind::Repository, "octo"), None).is_empty());
        assert!(other.candidates("no address", &at(EntityKind::Organization, "octo"), None).is_empty());
    }

    #[test]
    fn each_hook_has_its_secrets_and_a_replaced_one_is_good_for_its_time() {
        let secret = |text: &str| SecretString::from(text);
        let signer = Signer {
            entity: EntityId(uuid::Uuid::nil()),
            endpoint: EndpointName::from("one"),
            secret: secret("new"),
            old: Some((secret("old"), Timestamp::from_micros(10))),
            of_apps: vec![secret("of the app")],
            place: (None, at(EntityKind::Organization, "octo")),
        };
        let good = |hook, micros| {
            let secrets = signer.secrets(hook, Timestamp::from_micros(micros));
            secrets.iter().map(|secret| crate::model::expose(secret).to_owned()).collect::<Vec<_>>()
        };
        let entity = HookOwner::Entity(EntityKind::Organization);
        assert_eq!((good(entity, 9), good(entity, 10)), (vec!["new".into(), "old".into()], vec!["new".into()]));
        assert_eq!(good(HookOwner::App, 9), ["of the app"]);
        assert_eq!(Signer { of_apps: Vec::new(), ..signer }.secrets(HookOwner::App, Timestamp::EPOCH).len(), 0);
    }

    #[test]
    fn none_of_two_endpoints_of_one_address_goes_deaf() {
        let two = directory(&[
            ("one", "https://forge.example.org"),
            ("two", "https://FORGE.example.org/"),
            ("three", "https://other.example.org"),
        ]);
        let found = two.candidates("https://forge.example.org/octo/hello", &at(EntityKind::Organization, "octo"), None);
        assert_eq!(found.iter().map(|signer| signer.endpoint.as_str()).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn a_number_finds_what_was_renamed_before_whatever_has_its_old_name() {
        let kind = EntityKind::Repository;
        let place = |name: &str| EntityRef { kind, owner: "octo".into(), name: name.into() };
        let signer = |entity: u128, number, name: &str| Signer {
            entity: EntityId(uuid::Uuid::from_u128(entity)),
            endpoint: EndpointName::from("One"),
            secret: SecretString::from("s"),
            old: None,
            of_apps: Vec::new(),
            place: (number, place(name)),
        };
        let both = [signer(1, Some(71), "app"), signer(2, None, "next")];
        let content = Content {
            endpoints: sites([(EndpointName::from("One"), "https://forge.test".to_owned())].into_iter()),
            numbered: HashMap::from([(("one".to_owned(), kind, 71), both[0].clone())]),
            signers: both.iter().map(|signer| (key(&signer.endpoint, kind, &signer.place.1.path()), signer.clone())).collect(),
            forget_at: None,
        };
        let directory = Directory { content: Arc::new(RwLock::new(content)) };
        let found = |name: &str, number| {
            let found = directory.candidates("https://forge.test/octo/x", &place(name), number);
            found.iter().map(|signer| signer.entity.0.as_u128()).collect::<Vec<_>>()
        };
        assert_eq!(found("renamed", Some(71)), [1]);
        assert_eq!(found("app", Some(71)), [1], "once");
        assert_eq!(found("next", Some(71)), [1, 2], "the number first");
        assert_eq!(found("app", Some(72)), [1]);
        assert_eq!(found("next", None), [2]);
        assert_eq!(found("renamed", None), Vec::<u128>::new());
    }
}
