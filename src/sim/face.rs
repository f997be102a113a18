//! The state that the handlers of both protocols share: the model, the archive, and the matched routes.

use axum::extract::{MatchedPath, Request};
use tokio_util::sync::CancellationToken;

use super::forge::Forge;
use super::runner_archive::{RUNNER_VERSION, RunnerArchive};

/// Where the REST API is below the server's URL, as on GHES.
pub const API_PREFIX: &str = "/api/v3";

/// The state that handlers share.
#[derive(Clone)]
pub(super) struct Face {
    pub(super) forge: Forge,
    pub(super) archive: RunnerArchive,
    /// Ends long polls when the server stops.
    pub(super) stop: CancellationToken,
}

impl Face {
    /// The archive of a version.
    pub(super) fn archive_of(&self, version: &str) -> RunnerArchive {
        if version == RUNNER_VERSION {
            return self.archive.clone();
        }
        RunnerArchive::build(version).expect("the headers can be written, as at the start")
    }
}

/// The matched route without the prefix; `None` for the fallback. A place by its number has the routes of that by its name.
pub(super) fn template(request: &Request) -> Option<String> {
    let matched = request.extensions().get::<MatchedPath>()?.as_str();
    let path = matched.strip_prefix(API_PREFIX).filter(|path| !path.contains("{*"))?;
    Some(path.replace("/repositories/{repository_id}", "/repos/{owner}/{repo}").replace("/organizations/{organization_id}", "/orgs/{org}"))
}
