//! The target that a route's path names.

use std::collections::HashMap;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use super::refused::Refused;
use crate::sim::face::Face;
use crate::sim::nouns::Target;
use crate::sim::state::Error;

/// The target of a route and what else its path names.
pub(super) struct Place {
    pub(super) target: Target,
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
        let target = match (get("owner"), get("repo"), get("org"), get("enterprise")) {
            (Some(owner), Some(repo), _, _) => Target::repository(owner, repo),
            (_, _, Some(org), _) => Target::organization(org),
            (_, _, _, Some(slug)) => Target::enterprise(slug),
            _ => return Err(Error::NotFound.into()),
        };
        Ok(Self { target, params })
    }
}
