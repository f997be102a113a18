//! The table of the families of forges that this version serves. A new family is a line here.

use reqwest::header::HeaderMap;

use super::delivery::Decoder;
use super::error::Error;
use super::family::Family;
use super::github;
use crate::model::Endpoint;

/// Deliveries are tried in this order: a family that also sends the headers of another one stands before it.
const FAMILIES: &[&Family] = &[&github::FAMILY];

/// Why no forge instance can be added.
pub const NO_INSTANCES: &str =
    "forge instances are of Gitea and Forgejo, which this version does not serve yet; add an organization or repository";

/// The family of an endpoint.
///
/// # Errors
/// When this version does not serve it.
pub fn family(endpoint: &Endpoint) -> Result<&'static Family, Error> {
    let unserved = || {
        let (name, kind) = (&endpoint.name, endpoint.kind);
        Error::Unusable(format!("endpoint {name} is a {kind} forge, which this version does not serve yet"))
    };
    FAMILIES.iter().copied().find(|family| family.kind == endpoint.kind).ok_or_else(unserved)
}

/// The decoder for a delivery with these headers; `None` = the delivery does not tell of jobs.
#[must_use]
pub fn decoder(headers: &HeaderMap) -> Option<&'static Decoder> {
    FAMILIES.iter().map(|family| &family.decoder).find(|decoder| (decoder.tells_of_jobs)(headers))
}

/// The endpoints that a new installation has from the start.
#[must_use]
pub fn first_endpoints() -> Vec<Endpoint> {
    FAMILIES.iter().filter_map(|family| family.first_endpoint).map(|endpoint| endpoint()).collect()
}
