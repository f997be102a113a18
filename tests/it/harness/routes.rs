//! Paths of the API, for tests that call it without the client.

use garm::api::paths::{self, Route};
use garm::model::EntityKind;

/// The word for repositories in paths.
pub(crate) const REPOSITORIES: &str = paths::entities(EntityKind::Repository);

/// The path of a route with values in place of its parameters.
pub(crate) fn at<const N: usize>(route: Route<N>, values: [&dyn std::fmt::Display; N]) -> String {
    route.with(values).expect("each value can be a segment of a path")
}
