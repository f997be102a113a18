//! Where an entity is: in the API, and on the web.

use crate::forge::error::Error;
use crate::model::{EntityKind, EntityRef};

/// Where an entity is in the API.
pub(super) fn path(at: &EntityRef) -> Result<String, Error> {
    match at.kind {
        EntityKind::Repository => Ok(format!("repos/{}/{}", at.owner, at.name)),
        EntityKind::Organization => Ok(format!("orgs/{}", at.name)),
        EntityKind::Enterprise => Ok(format!("enterprises/{}", at.name)),
        EntityKind::Instance => Err(Error::Unusable("GitHub has no runners of a whole instance; add an enterprise".into())),
    }
}

/// The page of an entity, which its runners register with.
pub(super) fn registration_url(base_url: &str, at: &EntityRef) -> String {
    let base = base_url.trim_end_matches('/');
    match at.kind {
        EntityKind::Repository | EntityKind::Organization => format!("{base}/{}", at.path()),
        EntityKind::Enterprise => format!("{base}/enterprises/{}", at.name),
        EntityKind::Instance => base.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runners_register_with_the_page_of_their_entity() {
        let url = |kind, owner: &str, name: &str| {
            registration_url("https://ghes.example.com/", &EntityRef { kind, owner: owner.into(), name: name.into() })
        };
        assert_eq!(url(EntityKind::Repository, "octo", "hello"), "https://ghes.example.com/octo/hello");
        assert_eq!(url(EntityKind::Organization, "", "octo"), "https://ghes.example.com/octo");
        assert_eq!(url(EntityKind::Enterprise, "", "acme"), "https://ghes.example.com/enterprises/acme");
    }
}
