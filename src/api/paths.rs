//! The path of each route, said once: the router, the description, the client and the tests take it from here.
//!
//! A [`Route`] knows how many parameters its path has, and the compiler checks that as many values are given. Each value becomes one segment of the
//! path. Characters that have a meaning in paths are escaped, so that a name never leads to another route.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::EntityKind;

/// The beginning of every path of the API.
pub const PREFIX: &str = "/api/v1";

/// Characters that stand for themselves in a path: RFC 3986's unreserved ones.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A route whose path has `N` parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route<const N: usize>(&'static str);

/// A text that paths have no way to write as a segment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a name")]
pub struct NotASegment(pub String);

impl<const N: usize> Route<N> {
    const fn new(template: &'static str) -> Self {
        let (bytes, mut at, mut parameters) = (template.as_bytes(), 0, 0);
        while at < bytes.len() {
            if bytes[at] == b'{' {
                parameters += 1;
            }
            at += 1;
        }
        assert!(parameters == N, "the path has another number of parameters");
        Self(template)
    }

    /// The path with the names of its parameters, as in `/api/v1/pools/{id}`. A route without parameters has this path.
    #[must_use]
    pub const fn template(self) -> &'static str {
        self.0
    }

    /// The path with values in place of its parameters.
    ///
    /// # Errors
    /// When a value is empty, `.` or `..`.
    pub fn with(self, values: [&dyn fmt::Display; N]) -> Result<String, NotASegment> {
        let mut parts = self.0.split('{');
        let mut path = parts.next().unwrap_or_default().to_owned();
        for (part, value) in parts.zip(values) {
            path.push_str(&segment(&value.to_string())?);
            path.push_str(part.split_once('}').map_or("", |(_, after)| after));
        }
        Ok(path)
    }
}

fn segment(value: &str) -> Result<String, NotASegment> {
    if matches!(value, "" | "." | "..") {
        return Err(NotASegment(value.to_owned()));
    }
    Ok(utf8_percent_encode(value, PLAIN).to_string())
}

/// The word for a kind of entity in paths: the value of `{entities}`.
#[must_use]
pub const fn entities(kind: EntityKind) -> &'static str {
    match kind {
        EntityKind::Repository => "repositories",
        EntityKind::Organization => "organizations",
        EntityKind::Enterprise => "enterprises",
        EntityKind::Instance => "forge-instances",
    }
}

/// The kind of entity that a word in a path stands for.
#[must_use]
pub fn entity_kind(word: &str) -> Option<EntityKind> {
    EntityKind::ALL.iter().copied().find(|kind| entities(*kind) == word)
}

/// Makes the administrator.
pub const FIRST_RUN: Route<0> = Route::new("/api/v1/first-run");
/// Exchanges name and password for a token.
pub const LOG_IN: Route<0> = Route::new("/api/v1/auth/login");
/// Says whether there is an administrator yet.
pub const LOGIN: Route<0> = Route::new("/api/v1/login");

/// The controller and its settings.
pub const CONTROLLER: Route<0> = Route::new("/api/v1/controller");
/// The controller, for those who are not logged in.
pub const CONTROLLER_INFO: Route<0> = Route::new("/api/v1/controller-info");

/// The providers.
pub const PROVIDERS: Route<0> = Route::new("/api/v1/providers");
/// One provider, by name.
pub const PROVIDER: Route<1> = Route::new("/api/v1/providers/{name}");

/// The endpoints of GitHub.
pub const ENDPOINTS: Route<0> = Route::new("/api/v1/github/endpoints");
/// One endpoint, by name.
pub const ENDPOINT: Route<1> = Route::new("/api/v1/github/endpoints/{name}");
/// The credentials for GitHub.
pub const CREDENTIALS: Route<0> = Route::new("/api/v1/github/credentials");
/// The credentials for GitHub, by an older path.
pub const CREDENTIALS_OLD: Route<0> = Route::new("/api/v1/credentials");
/// One set of credentials, by number.
pub const CREDENTIAL: Route<1> = Route::new("/api/v1/github/credentials/{id}");

/// The entities of a kind.
pub const ENTITIES: Route<1> = Route::new("/api/v1/{entities}");
/// One entity.
pub const ENTITY: Route<2> = Route::new("/api/v1/{entities}/{id}");
/// The pools of an entity.
pub const ENTITY_POOLS: Route<2> = Route::new("/api/v1/{entities}/{id}/pools");
/// One pool of an entity.
pub const ENTITY_POOL: Route<3> = Route::new("/api/v1/{entities}/{id}/pools/{pool_id}");
/// The scale sets of an entity.
pub const ENTITY_SCALE_SETS: Route<2> = Route::new("/api/v1/{entities}/{id}/scalesets");
/// The runners of an entity.
pub const ENTITY_INSTANCES: Route<2> = Route::new("/api/v1/{entities}/{id}/instances");
/// The webhook of an entity at its forge.
pub const ENTITY_WEBHOOK: Route<2> = Route::new("/api/v1/{entities}/{id}/webhook");

/// The pools of all entities.
pub const POOLS: Route<0> = Route::new("/api/v1/pools");
/// One pool.
pub const POOL: Route<1> = Route::new("/api/v1/pools/{id}");
/// Begins a new generation of a pool.
pub const POOL_ROTATE: Route<1> = Route::new("/api/v1/pools/{id}/rotate");
/// The runners of a pool.
pub const POOL_INSTANCES: Route<1> = Route::new("/api/v1/pools/{id}/instances");

/// The scale sets of all entities.
pub const SCALE_SETS: Route<0> = Route::new("/api/v1/scalesets");
/// One scale set, by number.
pub const SCALE_SET: Route<1> = Route::new("/api/v1/scalesets/{id}");
/// Begins a new generation of a scale set.
pub const SCALE_SET_ROTATE: Route<1> = Route::new("/api/v1/scalesets/{id}/rotate");
/// The runners of a scale set.
pub const SCALE_SET_INSTANCES: Route<1> = Route::new("/api/v1/scalesets/{id}/instances");

/// All runners.
pub const INSTANCES: Route<0> = Route::new("/api/v1/instances");
/// One runner, by name or id.
pub const INSTANCE: Route<1> = Route::new("/api/v1/instances/{name}");

/// Runners that failed, newest first. They stay after their machines are gone.
pub const AUTOPSIES: Route<0> = Route::new("/api/v1/autopsies");
/// One runner that failed, by name or id.
pub const AUTOPSY: Route<1> = Route::new("/api/v1/autopsies/{name}");

/// The jobs.
pub const JOBS: Route<0> = Route::new("/api/v1/jobs");
/// One job, by number.
pub const JOB: Route<1> = Route::new("/api/v1/jobs/{id}");

/// The deliveries of forges that came in.
pub const DELIVERIES: Route<0> = Route::new("/api/v1/deliveries");

/// The templates.
pub const TEMPLATES: Route<0> = Route::new("/api/v1/templates");
/// One template, by number.
pub const TEMPLATE: Route<1> = Route::new("/api/v1/templates/{id}");
/// Restores the templates that came with the program.
pub const TEMPLATES_RESTORE: Route<0> = Route::new("/api/v1/templates/restore");

/// Makes a token that reads figures.
pub const METRICS_TOKEN: Route<0> = Route::new("/api/v1/metrics-token");
/// The log, as a WebSocket.
pub const LOGS: Route<0> = Route::new("/api/v1/ws/logs");
/// The log, as a WebSocket, by an older path.
pub const LOGS_OLD: Route<0> = Route::new("/api/v1/ws");

/// The path of the controller's callback URL.
pub const CALLBACKS: &str = "/api/v1/callbacks";
/// A machine reports its progress.
pub const CALLBACK_STATUS: Route<0> = Route::new("/api/v1/callbacks/status");
/// A machine reports its system.
pub const CALLBACK_SYSTEM_INFO: Route<0> = Route::new("/api/v1/callbacks/system-info");
/// A machine sends the end of its install log before it reports that it failed.
pub const CALLBACK_INSTALL_LOG: Route<0> = Route::new("/api/v1/callbacks/install-log");

/// The path of the controller's metadata URL.
pub const METADATA: &str = "/api/v1/metadata";
/// The data that a machine needs to install its runner.
pub const METADATA_RUNNER: Route<0> = Route::new("/api/v1/metadata/runner-metadata");
/// The token with which a machine registers its runner.
pub const METADATA_REGISTRATION_TOKEN: Route<0> = Route::new("/api/v1/metadata/runner-registration-token");
/// One file of a just-in-time configuration.
pub const METADATA_CREDENTIALS: Route<1> = Route::new("/api/v1/metadata/credentials/{name}");
/// The name of the runner's service.
pub const METADATA_SERVICE_NAME: Route<0> = Route::new("/api/v1/metadata/system/service-name");
/// The unit file of the runner's service.
pub const METADATA_UNIT_FILE: Route<0> = Route::new("/api/v1/metadata/systemd/unit-file");
/// The certificates that a machine must trust.
pub const METADATA_CERT_BUNDLE: Route<0> = Route::new("/api/v1/metadata/system/cert-bundle");
/// The script that installs the runner.
pub const METADATA_INSTALL_SCRIPT: Route<0> = Route::new("/api/v1/metadata/install-script");

/// The description of the API.
pub const DESCRIPTION: Route<0> = Route::new("/api/v1/openapi.json");
/// Says that the process lives.
pub const HEALTH: Route<0> = Route::new("/healthz");
/// Says whether the server can do its work.
pub const READINESS: Route<0> = Route::new("/readyz");
/// The figures for Prometheus.
pub const METRICS: Route<0> = Route::new("/metrics");
/// Receives deliveries of forges.
pub const WEBHOOKS: Route<0> = Route::new("/webhooks");
/// Receives deliveries of forges for one controller.
pub const CONTROLLER_WEBHOOKS: Route<1> = Route::new("/webhooks/{controller_id}");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_segment_whatever_is_in_it() {
        let path = |name: &str| ENDPOINT.with([&name]).map(|path| path.trim_start_matches("/api/v1/github/endpoints/").to_owned());
        assert_eq!(path("my-ghes_1.x~").expect("plain"), "my-ghes_1.x~");
        assert_eq!(path("zzz/../../credentials/3").expect("escaped"), "zzz%2F..%2F..%2Fcredentials%2F3");
        assert_eq!(path("a?b#c%2e d").expect("escaped"), "a%3Fb%23c%252e%20d");
        assert_eq!(path("{name}").expect("escaped"), "%7Bname%7D");
        for refused in ["", ".", ".."] {
            assert_eq!(path(refused), Err(NotASegment(refused.to_owned())));
        }
    }

    #[test]
    fn values_stand_in_the_order_of_their_parameters() {
        let path = ENTITY_POOL.with([&entities(EntityKind::Repository), &"a", &7]).expect("names");
        assert_eq!(path, "/api/v1/repositories/a/pools/7");
        assert_eq!(POOLS.with([]).expect("no names"), POOLS.template());
    }

    #[test]
    fn every_kind_of_entity_has_a_word_of_its_own() {
        for kind in EntityKind::ALL {
            assert_eq!(entity_kind(entities(*kind)), Some(*kind));
        }
        assert_eq!(entity_kind("pools"), None);
    }
}
