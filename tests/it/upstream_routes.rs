//! Which routes of upstream's there are here, which are not and why, and which are ours alone.

use std::collections::BTreeSet;
use std::path::Path;

use garm::api::paths;
use garm::model::EntityKind;

use crate::harness::skipped;

/// A method and a path below `/api/v1`, whose parameters have no names.
type Route = (String, String);

/// Routes that upstream serves and does not describe.
const NOT_DESCRIBED: &[&str] = &[
    "GET /controller",
    "GET /credentials",
    "POST /objects",
    "GET /objects/{}/download",
    "HEAD /objects/{}/download",
    "GET /tools/garm-agent/{}/download",
    "POST /callbacks/status",
    "POST /callbacks/system-info",
    "GET /metadata/runner-metadata",
    "GET /metadata/runner-registration-token",
    "GET /metadata/credentials/{}",
    "GET /metadata/system/service-name",
    "GET /metadata/systemd/unit-file",
    "GET /metadata/system/cert-bundle",
    "GET /metadata/install-script",
    "GET /metadata/tools/garm-agent",
    "GET /metadata/tools/garm-agent/{}",
    "GET /metadata/tools/garm-agent/{}/download",
    "GET /ws",
    "GET /ws/logs",
    "GET /ws/events",
    "GET /ws/metrics",
    "GET /ws/agent/{}/shell",
];

/// What is not here, by a part of its path, and why.
const MISSING: &[(&str, &str)] = &[
    ("/gitea/", "Gitea and Forgejo are not served yet"),
    ("/proxies", "runners have no proxies yet"),
    ("/objects", "there is no object store yet"),
    ("/tools/", "the agent is not supported yet"),
    ("/ws/events", "changes are not streamed yet"),
    ("/ws/metrics", "figures are not streamed yet"),
    ("/ws/agent", "the agent is not supported yet"),
];

/// What is ours alone.
const OURS: &[&str] = &[
    "GET /autopsies",
    "GET /autopsies/{}",
    "GET /deliveries",
    "POST /callbacks/install-log",
    "GET /healthz",
    "GET /jobs/{}",
    "GET /login",
    "GET /providers/{}",
    "GET /readyz",
    "POST /pools/{}/rotate",
    "POST /scalesets/{}/rotate",
    // The routes of all kinds of entities are one here; for these the answer is upstream's 404.
    "GET /forge-instances/{}/scalesets",
    "POST /forge-instances/{}/scalesets",
    "DELETE /enterprises/{}/webhook",
    "GET /enterprises/{}/webhook",
    "POST /enterprises/{}/webhook",
];

fn route(method: &str, path: &str) -> Route {
    let parts = path.trim_end_matches('/').split('/').map(|part| if part.starts_with('{') { "{}" } else { part });
    (method.to_uppercase(), parts.collect::<Vec<_>>().join("/"))
}

fn listed(lines: &[&str]) -> BTreeSet<Route> {
    lines.iter().filter_map(|line| line.split_once(' ')).map(|(method, path)| route(method, path)).collect()
}

/// The routes of a description in YAML: a path at the first depth, its methods at the second.
fn described(yaml: &str) -> BTreeSet<Route> {
    let mut routes = BTreeSet::new();
    let mut path = "";
    for line in yaml.split_once("\npaths:\n").expect("paths").1.lines() {
        let depth = line.len() - line.trim_start().len();
        match (depth, line.trim().strip_suffix(':')) {
            (4, Some(key)) => path = key,
            (8, Some(method)) => drop(routes.insert(route(method, path))),
            (0, Some(_)) => break,
            _ => {}
        }
    }
    routes
}

/// Our routes: one that serves all kinds of entities counts for each of them.
fn ours() -> BTreeSet<Route> {
    let document = serde_json::to_value(garm::http::openapi()).expect("JSON");
    let mut routes = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().expect("paths") {
        let path = path.strip_prefix(paths::PREFIX).unwrap_or(path);
        for method in operations.as_object().expect("operations").keys() {
            for kind in EntityKind::ALL {
                routes.insert(route(method, &path.replace("{entities}", paths::entities(*kind))));
            }
        }
    }
    routes
}

#[test]
fn what_upstream_serves_is_here_or_is_missing_for_a_reason() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/reference/upstream-swagger.yaml");
    let Ok(yaml) = std::fs::read_to_string(path) else {
        return skipped("the comparison of routes: upstream's description is not here");
    };
    let mut upstream = described(&yaml);
    assert!(upstream.len() > 100, "{} routes", upstream.len());
    upstream.extend(listed(NOT_DESCRIBED));
    let ours = ours();
    let missing: Vec<&Route> = upstream.difference(&ours).collect();
    let unexplained: Vec<_> = missing.iter().filter(|(_, path)| !MISSING.iter().any(|(part, _)| path.contains(part))).collect();
    assert!(unexplained.is_empty(), "missing without a reason: {unexplained:?}");
    let idle: Vec<_> = MISSING.iter().filter(|(part, _)| !missing.iter().any(|(_, path)| path.contains(part))).collect();
    assert!(idle.is_empty(), "no longer missing: {idle:?}");
    assert_eq!(ours.difference(&upstream).cloned().collect::<BTreeSet<_>>(), listed(OURS), "ours alone");
}
