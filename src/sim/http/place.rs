//! The scope that a route's path names.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::refused::Refused;
use crate::sim::face::Face;
use crate::sim::nouns::Scope;
use crate::sim::state::Error;

/// The scope in a route's path, with the other parameters of the path.
pub(super) struct Place {
    pub(super) scope: Scope,
    params: HashMap<String, String>,
}

impl Place {
    pub(super) fn number(&self, key: &str) -> Result<i64, Refused> {
        self.params.get(key).and_then(|text| text.parse().ok()).ok_or_else(|| Error::NotFound.into())
    }
}

impl FromRequestParts<Face> for Place {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, face: &Face) -> Result<Self, Refused> {
        let Path(params) =
            Path::<HashMap<String, String>>::from_request_parts(parts, face).await.map_err(|_| Refused::from(Error::NotFound))?;
        let get = |key: &str| params.get(key).map(String::as_str);
        let scope = match (get("owner"), get("repo"), get("org"), get("enterprise")) {
            (Some(owner), Some(repo), _, _) => Scope::repository(owner, repo),
            (_, _, Some(org), _) => Scope::organization(org),
            (_, _, _, Some(slug)) => Scope::enterprise(slug),
            _ => return Err(Error::NotFound.into()),
        };
        Ok(Self { scope, params })
    }
}
