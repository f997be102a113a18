//! Neutron: networks by name. One that is given by id needs no question: Nova says when it is not there.

use serde::Deserialize;

use crate::error::Error;
use crate::server::is_uuid;
use crate::session::Session;

#[derive(Deserialize)]
struct Networks {
    networks: Vec<Network>,
}

#[derive(Deserialize)]
struct Network {
    id: String,
}

/// The id of a network that is given by id or name.
pub(crate) async fn network_id(session: &Session, network: &str) -> Result<String, Error> {
    if is_uuid(network) {
        return Ok(network.to_owned());
    }
    let neutron = session.service(&["network"], "v2.0")?;
    let found: Networks = neutron.get(&["networks"], &[("name", network), ("fields", "id")]).await?;
    match &found.networks[..] {
        [one] => Ok(one.id.clone()),
        [] => Err(Error::Input(format!("there is no network {network}"))),
        several => Err(Error::Input(format!("{} networks are named {network}: give the id of one", several.len()))),
    }
}
