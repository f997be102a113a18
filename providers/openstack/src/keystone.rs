//! Keystone v3: signing in, and the catalogue that comes with the token.

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::clouds::{Auth, Cloud};
use crate::error::Error;

/// The domain where none is named, as in OpenStack's own tools.
const DEFAULT_DOMAIN: &str = "default";

/// What a token lets us reach.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Catalogue {
    #[serde(default)]
    catalog: Vec<Service>,
}

#[derive(Clone, Debug, Deserialize)]
struct Service {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, Deserialize)]
struct Endpoint {
    interface: String,
    region_id: Option<String>,
    region: Option<String>,
    url: String,
}

/// A token with its catalogue.
pub(crate) struct Token {
    pub(crate) value: SecretString,
    pub(crate) catalogue: Catalogue,
}

/// Answer to a request for a token.
#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) token: Catalogue,
}

/// Where tokens are made.
pub(crate) fn token_url(cloud: &Cloud) -> Result<Url, Error> {
    let text = cloud.auth.url.as_deref().ok_or_else(|| missing("auth_url"))?;
    let mut url: Url = text.parse().map_err(|error| Error::Input(format!("auth_url {text} is not a URL: {error}")))?;
    let versioned = url.path().trim_end_matches('/').ends_with("/v3");
    let mut path = url.path_segments_mut().map_err(|()| Error::Input(format!("auth_url {text} is not a URL of a service")))?;
    path.pop_if_empty().extend((!versioned).then_some("v3")).extend(["auth", "tokens"]);
    drop(path);
    Ok(url)
}

/// What Keystone is asked for a token with.
pub(crate) fn token_request(cloud: &Cloud) -> Result<Value, Error> {
    let auth = &cloud.auth;
    match cloud.auth_type.as_deref().unwrap_or("password") {
        "v3applicationcredential" => application_credential(auth),
        // People leave the type out, also with application credentials.
        "password" | "v3password" if auth.application_credential_secret.is_some() && auth.password.is_none() => {
            application_credential(auth)
        }
        "password" | "v3password" => password(auth),
        other => Err(Error::Input(format!("auth_type {other} is not supported; use password or v3applicationcredential"))),
    }
}

fn password(auth: &Auth) -> Result<Value, Error> {
    let mut user = user(auth)?;
    let password = auth.password.as_ref().ok_or_else(|| missing("password"))?;
    user.insert("password".to_owned(), password.expose_secret().into());
    let project = match (&auth.project_id, &auth.project_name) {
        (Some(id), _) => json!({"id": id}),
        (None, Some(name)) => {
            json!({"name": name, "domain": domain(auth, auth.project_domain_id.as_ref(), auth.project_domain_name.as_ref())})
        }
        (None, None) => return Err(missing("project_name")),
    };
    Ok(json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": project},
    }}))
}

/// An application credential is for one project, so no scope may be asked for.
fn application_credential(auth: &Auth) -> Result<Value, Error> {
    let secret = auth.application_credential_secret.as_ref().ok_or_else(|| missing("application_credential_secret"))?.expose_secret();
    let credential = match (&auth.application_credential_id, &auth.application_credential_name) {
        (Some(id), _) => json!({"id": id, "secret": secret}),
        (None, Some(name)) => json!({"name": name, "user": user(auth)?, "secret": secret}),
        (None, None) => return Err(missing("application_credential_id")),
    };
    Ok(json!({"auth": {"identity": {"methods": ["application_credential"], "application_credential": credential}}}))
}

fn user(auth: &Auth) -> Result<Map<String, Value>, Error> {
    let mut user = Map::new();
    if let Some(id) = &auth.user_id {
        user.insert("id".to_owned(), id.as_str().into());
    } else {
        user.insert("name".to_owned(), auth.username.as_deref().ok_or_else(|| missing("username"))?.into());
        user.insert("domain".to_owned(), domain(auth, auth.user_domain_id.as_ref(), auth.user_domain_name.as_ref()));
    }
    Ok(user)
}

fn domain(auth: &Auth, id: Option<&String>, name: Option<&String>) -> Value {
    let ids_and_names = [(id, name), (auth.domain_id.as_ref(), auth.domain_name.as_ref())];
    for (id, name) in ids_and_names {
        match (id, name) {
            (Some(id), _) => return json!({"id": id}),
            (None, Some(name)) => return json!({"name": name}),
            (None, None) => {}
        }
    }
    json!({"id": auth.default_domain.as_deref().unwrap_or(DEFAULT_DOMAIN)})
}

fn missing(key: &str) -> Error {
    Error::Input(format!("clouds.yaml: auth.{key} is missing"))
}

impl Catalogue {
    /// The end point of the first of these service types that there is, for the cloud's interface and region.
    pub(crate) fn find(&self, kinds: &[&str], cloud: &Cloud) -> Result<Url, Error> {
        let interface = cloud.interface.as_deref().unwrap_or("public");
        let interface = interface.strip_suffix("URL").unwrap_or(interface);
        let wanted = |endpoint: &&Endpoint| {
            let region = endpoint.region_id.as_ref().or(endpoint.region.as_ref());
            endpoint.interface == interface && cloud.region_name.as_ref().is_none_or(|name| Some(name) == region)
        };
        let of_kind = |kind: &str| {
            let services = self.catalog.iter().filter(|service| service.kind == kind);
            services.flat_map(|service| &service.endpoints).find(wanted)
        };
        let found = kinds.iter().find_map(|kind| of_kind(kind)).ok_or_else(|| {
            let region = cloud.region_name.as_ref().map(|name| format!(" in region {name}")).unwrap_or_default();
            Error::Input(format!("the cloud has no {interface} end point for {}{region}", kinds[0]))
        })?;
        found.url.parse().map_err(|error| Error::Input(format!("the catalogue has {:?} for {}: {error}", found.url, kinds[0])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud(auth: &Value) -> Cloud {
        serde_json::from_value(json!({"auth": auth})).expect("a cloud")
    }

    #[test]
    fn the_version_is_added_to_the_address_where_it_is_missing() {
        for url in ["http://k:5000", "http://k:5000/", "http://k:5000/v3", "http://k:5000/v3/"] {
            assert_eq!(token_url(&cloud(&json!({"auth_url": url}))).expect("a URL").as_str(), "http://k:5000/v3/auth/tokens");
        }
        let proxied = token_url(&cloud(&json!({"auth_url": "https://k/identity"}))).expect("a URL");
        assert_eq!(proxied.as_str(), "https://k/identity/v3/auth/tokens");
    }

    #[test]
    fn names_need_domains_and_ids_do_not() {
        let by_name = json!({"username": "u", "password": "p", "project_name": "q", "project_domain_name": "Q"});
        assert_eq!(
            token_request(&cloud(&by_name)).expect("a request")["auth"],
            json!({
                "identity": {"methods": ["password"], "password": {"user": {"name": "u", "domain": {"id": "default"}, "password": "p"}}},
                "scope": {"project": {"name": "q", "domain": {"name": "Q"}}},
            })
        );
        let by_id = json!({"user_id": "u", "password": "p", "project_id": "q"});
        assert_eq!(
            token_request(&cloud(&by_id)).expect("a request")["auth"],
            json!({
                "identity": {"methods": ["password"], "password": {"user": {"id": "u", "password": "p"}}},
                "scope": {"project": {"id": "q"}},
            })
        );
    }

    #[test]
    fn an_application_credential_asks_for_no_scope() {
        let by_id = json!({"application_credential_id": "i", "application_credential_secret": "s"});
        assert_eq!(
            token_request(&cloud(&by_id)).expect("a request")["auth"],
            json!({"identity": {"methods": ["application_credential"], "application_credential": {"id": "i", "secret": "s"}}})
        );
        let by_name =
            json!({"application_credential_name": "n", "application_credential_secret": "s", "username": "u", "domain_name": "D"});
        assert_eq!(
            token_request(&cloud(&by_name)).expect("a request")["auth"]["identity"]["application_credential"],
            json!({"name": "n", "secret": "s", "user": {"name": "u", "domain": {"name": "D"}}})
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        let said = |auth| token_request(&cloud(&auth)).expect_err("incomplete").to_string();
        assert_eq!(said(json!({})), "clouds.yaml: auth.username is missing");
        assert_eq!(said(json!({"username": "u"})), "clouds.yaml: auth.password is missing");
        assert_eq!(said(json!({"username": "u", "password": "p"})), "clouds.yaml: auth.project_name is missing");
        let other: Cloud = serde_json::from_value(json!({"auth_type": "v3oidcpassword"})).expect("a cloud");
        let said = token_request(&other).expect_err("not supported").to_string();
        assert_eq!(said, "auth_type v3oidcpassword is not supported; use password or v3applicationcredential");
    }

    #[test]
    fn end_points_are_chosen_by_type_interface_and_region() {
        let end_point = |interface: &str, region: &str| json!({"interface": interface, "region": region, "region_id": region, "url": format!("http://{interface}.{region}/")});
        let end_points = [("public", "North"), ("internal", "North"), ("public", "South"), ("internal", "South")];
        let end_points: Vec<Value> = end_points.iter().map(|(interface, region)| end_point(interface, region)).collect();
        let catalogue: Catalogue = serde_json::from_value(json!({"catalog": [
            {"type": "compute", "endpoints": end_points},
        ]}))
        .expect("a catalogue");
        let find = |cloud: Value| {
            let cloud: Cloud = serde_json::from_value(cloud).expect("a cloud");
            catalogue.find(&["compute"], &cloud).map(String::from).map_err(|error| error.to_string())
        };
        assert_eq!(find(json!({})), Ok("http://public.north/".to_owned()));
        assert_eq!(find(json!({"region_name": "South", "endpoint_type": "internalURL"})), Ok("http://internal.south/".to_owned()));
        assert_eq!(find(json!({"region_name": "West"})), Err("the cloud has no public end point for compute in region West".to_owned()));
    }
}
