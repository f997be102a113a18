//! Connections to a forge: with its CA bundle, through its proxy.

use std::time::Duration;

use reqwest::{Client, ClientBuilder};

use crate::forge::error::Error;
use crate::forge::trust::with_bundle;
use crate::model::{Endpoint, describe};
use crate::proxies::Proxies;

const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// The versions of HTTP that a client may speak.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    /// Whatever the server offers: many calls share a connection.
    Any,
    /// One call at a time on each connection: calls that are held open do not wait for each other.
    OnePerConnection,
}

/// A client for an endpoint that is still to be completed.
pub(super) fn connector(endpoint: &Endpoint, proxies: &Proxies, protocol: Protocol) -> Result<ClientBuilder, Error> {
    let mut builder = proxies
        .apply(Client::builder())
        .user_agent(concat!("garm/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_DEADLINE)
        // They are followed with care: a redirect could carry the token to another host.
        .redirect(reqwest::redirect::Policy::none());
    if protocol == Protocol::OnePerConnection {
        builder = builder.http1_only();
    }
    if let Some(bundle) = &endpoint.ca_cert_bundle {
        let mut config = with_bundle(bundle)
            .map_err(|fault| Error::Unusable(format!("the CA bundle of endpoint {} cannot be used: {fault}", endpoint.name)))?;
        if protocol == Protocol::OnePerConnection {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        builder = builder.tls_backend_preconfigured(config);
    }
    Ok(builder)
}

/// The client that is complete.
pub(super) fn built(endpoint: &Endpoint, builder: ClientBuilder) -> Result<Client, Error> {
    builder.build().map_err(|fault| Error::Unusable(format!("cannot make a client for endpoint {}: {}", endpoint.name, describe(&fault))))
}
