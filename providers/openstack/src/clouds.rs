//! `clouds.yaml` and the files beside it: where the cloud is and who we are there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use serde::Deserialize;

use crate::config::{Credentials, read};
use crate::error::Error;

/// One cloud. Secrets are not shown by `Debug`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Cloud {
    pub(crate) auth_type: Option<String>,
    pub(crate) auth: Auth,
    pub(crate) region_name: Option<String>,
    #[serde(alias = "endpoint_type")]
    pub(crate) interface: Option<String>,
    /// Whether certificates are verified.
    pub(crate) verify: Option<bool>,
    /// Certificates to trust beside those of the system.
    pub(crate) cacert: Option<PathBuf>,
    /// A cloud of clouds-public.yaml that has what this one leaves out.
    #[serde(alias = "cloud")]
    pub(crate) profile: Option<String>,
}

/// Who we are.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Auth {
    #[serde(rename = "auth_url")]
    pub(crate) url: Option<String>,
    pub(crate) username: Option<String>,
    pub(crate) user_id: Option<String>,
    pub(crate) password: Option<SecretString>,
    #[serde(alias = "tenant_name")]
    pub(crate) project_name: Option<String>,
    #[serde(alias = "tenant_id")]
    pub(crate) project_id: Option<String>,
    pub(crate) user_domain_name: Option<String>,
    pub(crate) user_domain_id: Option<String>,
    pub(crate) project_domain_name: Option<String>,
    pub(crate) project_domain_id: Option<String>,
    /// Domain of user and project where they have none of their own.
    pub(crate) domain_name: Option<String>,
    pub(crate) domain_id: Option<String>,
    pub(crate) default_domain: Option<String>,
    pub(crate) application_credential_id: Option<String>,
    pub(crate) application_credential_name: Option<String>,
    pub(crate) application_credential_secret: Option<SecretString>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct File {
    clouds: BTreeMap<String, Cloud>,
    #[serde(rename = "public-clouds")]
    public_clouds: BTreeMap<String, Cloud>,
}

/// Takes what `$over` leaves out from `$base`.
macro_rules! fill {
    ($over:expr, $base:expr, $($field:ident)+) => { $( $over.$field = $over.$field.take().or($base.$field); )+ };
}

impl Cloud {
    /// Reads the cloud `name`: what secure.yaml says goes before clouds.yaml, and that before the profile in clouds-public.yaml.
    pub(crate) fn load(name: &str, files: &Credentials) -> Result<Self, Error> {
        let mut clouds = parse(&files.clouds)?.clouds;
        let Some(mut cloud) = clouds.remove(name) else {
            let there: Vec<&str> = clouds.keys().map(String::as_str).collect();
            return Err(Error::Input(format!("{} has no cloud {name}; it has {}", files.clouds.display(), there.join(", "))));
        };
        if let Some(mut secure) = optional(&files.secure_clouds)?.clouds.remove(name) {
            secure.fill_from(cloud);
            cloud = secure;
        }
        if let Some(profile) = cloud.profile.clone() {
            let mut public = optional(&files.public_clouds)?;
            let found = public.public_clouds.remove(&profile).or_else(|| public.clouds.remove(&profile));
            cloud.fill_from(
                found.ok_or_else(|| Error::Input(format!("profile {profile} of cloud {name} is not in credentials.public_clouds")))?,
            );
        }
        Ok(cloud)
    }

    fn fill_from(&mut self, base: Self) {
        fill!(self, base, auth_type region_name interface verify cacert profile);
        fill!(self.auth, base.auth, url username user_id password project_name project_id user_domain_name user_domain_id
            project_domain_name project_domain_id domain_name domain_id default_domain application_credential_id
            application_credential_name application_credential_secret);
    }
}

/// Upstream's provider forgives the absence of the two files that need not be there.
fn optional(path: &Path) -> Result<File, Error> {
    if path.as_os_str().is_empty() || !path.exists() { Ok(File::default()) } else { parse(path) }
}

/// The error says where the file breaks, never what it says: it holds secrets.
fn parse(path: &Path) -> Result<File, Error> {
    serde_saphyr::from_str(&read(path)?).map_err(|error| {
        let place = error.location().map(|place| format!(" at line {} column {}", place.line(), place.column())).unwrap_or_default();
        Error::Input(format!("{} is not a clouds.yaml{place}", path.display()))
    })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn load(files: [&str; 3], name: &str) -> Result<Cloud, Error> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = |name: &str, text: &str| {
            let path = dir.path().join(name);
            std::fs::write(&path, text).expect("written");
            path
        };
        let [clouds, secure, public] = files;
        let credentials = Credentials {
            clouds: path("clouds.yaml", clouds),
            secure_clouds: path("secure.yaml", secure),
            public_clouds: path("clouds-public.yaml", public),
        };
        Cloud::load(name, &credentials)
    }

    #[test]
    fn secrets_and_public_profiles_fill_what_is_left_out() {
        let clouds =
            "clouds:\n  mine:\n    profile: vendor\n    region_name: North\n    auth:\n      username: garm\n      project_name: 0123\n";
        let secure = "clouds:\n  mine:\n    auth:\n      password: 1e5\n";
        let public =
            "public-clouds:\n  vendor:\n    region_name: South\n    verify: false\n    auth:\n      auth_url: https://keystone:5000\n";
        let cloud = load([clouds, secure, public], "mine").expect("a cloud");
        assert_eq!(cloud.region_name.as_deref(), Some("North"));
        assert_eq!(cloud.auth.url.as_deref(), Some("https://keystone:5000"));
        assert_eq!(cloud.auth.project_name.as_deref(), Some("0123"), "a name of digits stays as it is written");
        assert_eq!(cloud.auth.password.as_ref().map(ExposeSecret::expose_secret), Some("1e5"));
        assert_eq!(cloud.verify, Some(false));
        assert!(!format!("{cloud:?}").contains("1e5"), "secrets are not shown");
    }

    #[test]
    fn a_cloud_that_is_not_there_is_named_with_those_that_are() {
        let said = load(["clouds:\n  one: {}\n  two: {}\n", "", ""], "three").expect_err("none").to_string();
        assert!(said.ends_with("clouds.yaml has no cloud three; it has one, two"), "{said}");
    }

    #[test]
    fn a_broken_file_is_not_quoted() {
        let said = load(["clouds:\n  one:\n    auth:\n      password: [planted\n", "", ""], "one").expect_err("broken").to_string();
        assert!(said.contains("is not a clouds.yaml at line ") && !said.contains("planted"), "{said}");
        let said = load(["clouds:\n  one:\n    verify: planted\n", "", ""], "one").expect_err("broken").to_string();
        assert!(said.contains("at line 3") && !said.contains("planted"), "{said}");
    }
}
