//! A client of a forge that a test has started, without a server of ours in between.

use std::sync::Arc;

use garm::forge::{Clients, Forge, Forges as _};
use garm::model::{AuthKind, Credentials, CredentialsId, CredentialsSecret, Endpoint, EndpointName, ForgeKind};
use garm::time::Timestamp;

/// The client for the forge at this URL, with a secret.
pub(crate) fn forge_client(clients: &Clients, url: &str, secret: CredentialsSecret) -> Arc<dyn Forge> {
    let endpoint = Endpoint {
        name: EndpointName::from("fake"),
        description: String::new(),
        kind: ForgeKind::Github,
        base_url: url.to_owned(),
        api_base_url: url.to_owned(),
        upload_base_url: String::new(),
        ca_cert_bundle: None,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    let credentials = Credentials {
        id: CredentialsId(if secret.kind() == Some(AuthKind::Pat) { 1 } else { 2 }),
        name: "c".into(),
        description: String::new(),
        endpoint: endpoint.name.clone(),
        secret,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    clients.get(&endpoint, &credentials).expect("usable")
}
