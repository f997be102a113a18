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
    pub(super) fn word(&self, key: &str) -> Result<&str, Refused> {
        self.params.get(key).map(String::as_str).ok_or_else(|| Error::NotFound.into())
    }

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
        let number = |key: &str| get(key).and_then(|text| text.parse().ok());
        let scope = face.forge.read(|state| match (get("owner"), get("repo"), get("org"), get("enterprise")) {
            (Some(owner), Some(repo), _, _) => Some(Scope::repository(owner, repo)),
            (_, _, Some(org), _) => Some(Scope::organization(org)).filter(|_| !state.is_lost_login(org)),
            (_, _, _, Some(slug)) => Some(Scope::enterprise(slug)),
            _ => {
                let repository = number("repository_id").and_then(|id| state.repository_by_id(id));
                let owner = number("organization_id").and_then(|id| state.owner_by_id(id));
                let repository = repository.map(|own| Scope::repository(&own.owner, &own.name));
                repository.or_else(|| owner.map(|own| Scope::organization(&own.login)))
            }
        });
        let scope = scope.ok_or(Error::NotFound)?;
        Ok(Self { scope, params })
    }
}
