//! Glance: which image is meant.

use serde::Deserialize;

use crate::error::Error;
use crate::server::is_uuid;
use crate::session::Session;
use crate::specs::Machine;

/// An image, with what it says about the system in it.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Image {
    pub(crate) id: String,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    status: String,
    /// Name of the system.
    #[serde(default)]
    pub(crate) os_distro: Option<String>,
    /// Version of the system.
    #[serde(default)]
    pub(crate) os_version: Option<String>,
}

#[derive(Deserialize)]
struct Images {
    images: Vec<Image>,
}

/// The image a machine is made from. An id is taken with every visibility. Anybody can give a name, so they count only within
/// one visibility, and of several images with allowed owners the newest is meant.
pub(crate) async fn image(session: &Session, machine: &Machine, wanted: &str) -> Result<Image, Error> {
    let glance = session.service(&["image"], "v2")?;
    let found = if is_uuid(wanted) {
        let image: Image = glance.get(&["images", wanted], &[]).await.map_err(|error| match error {
            Error::NotFound(_) => Error::Input(format!("there is no image {wanted}")),
            other => other,
        })?;
        if image.status != "active" {
            return Err(Error::Input(format!("image {wanted} is not active but {}", image.status)));
        }
        vec![image]
    } else {
        let query =
            [("name", wanted), ("visibility", machine.image_visibility.as_str()), ("status", "active"), ("sort", "created_at:desc")];
        glance.get::<Images>(&["images"], &query).await?.images
    };
    choose(found, machine, wanted)
}

fn choose(found: Vec<Image>, machine: &Machine, wanted: &str) -> Result<Image, Error> {
    let Some(newest) = found.first() else {
        let visibility = &machine.image_visibility;
        return Err(Error::Input(format!(
            "there is no active image {wanted} of visibility {visibility}; image_visibility decides where to look"
        )));
    };
    let owner = newest.owner.clone().unwrap_or_default();
    let allowed = &machine.allowed_image_owners;
    let is_allowed = |image: &Image| allowed.is_empty() || image.owner.as_ref().is_some_and(|owner| allowed.contains(owner));
    found
        .into_iter()
        .find(is_allowed)
        .ok_or_else(|| Error::Input(format!("image {wanted} belongs to project {owner}; allowed_image_owners has {}", allowed.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(id: &str, owner: &str) -> Image {
        serde_json::from_value(serde_json::json!({"id": id, "owner": owner, "status": "active"})).expect("an image")
    }

    #[test]
    fn the_newest_image_of_an_allowed_owner_is_meant() {
        let found = || vec![image("newest", "stranger"), image("newer", "us"), image("old", "us")];
        let allowing = |owners: &[&str]| Machine {
            allowed_image_owners: owners.iter().map(|owner| (*owner).to_owned()).collect(),
            ..Machine::default()
        };
        assert_eq!(choose(found(), &allowing(&[]), "deb").expect("any").id, "newest");
        assert_eq!(choose(found(), &allowing(&["us"]), "deb").expect("ours").id, "newer");
        let said = choose(found(), &allowing(&["them"]), "deb").expect_err("nobody's").to_string();
        assert_eq!(said, "image deb belongs to project stranger; allowed_image_owners has them");
    }
}
