//! The figures for Prometheus: who may read them, and that they tell what happened.

use std::collections::BTreeSet;
use std::path::Path;

use garm::api::paths;
use reqwest::StatusCode;

use crate::cli::{run, set_up};
use crate::harness::{Installation, Plan};

pub(crate) async fn scrape(garm: &Installation, token: &str) -> (StatusCode, String) {
    let answer = reqwest::Client::new()
        .get(format!("{}{}", garm.url, paths::METRICS.template()))
        .bearer_auth(token)
        .send()
        .await
        .expect("it answers");
    (answer.status(), answer.text().await.expect("a body"))
}

/// The value of the one series with this beginning.
pub(crate) fn value(figures: &str, series: &str) -> f64 {
    let line = figures.lines().find(|line| line.starts_with(series)).unwrap_or_else(|| panic!("no {series} in\n{figures}"));
    line.rsplit(' ').next().and_then(|value| value.parse().ok()).expect("a number")
}

#[tokio::test(flavor = "multi_thread")]
async fn figures_are_for_their_own_token_and_tell_of_jobs_machines_and_calls() {
    let garm = set_up(Plan::default()).await;
    let pool = garm.add_pool("local", "fast", 2, 0).await;
    let job = garm.queue_job("one", "fast");
    garm.jobs_succeed(&[job]).await;
    garm.all_gone().await;

    let (code, token, told) = run(&garm, &["metrics-token", "create"]);
    assert_eq!(code, Some(0), "{told}");
    let token = token.trim();
    assert_eq!(scrape(&garm, garm.token()).await.0, StatusCode::UNAUTHORIZED, "a login is not for figures");
    assert_eq!(scrape(&garm, "nonsense").await.0, StatusCode::UNAUTHORIZED);
    let api =
        reqwest::Client::new().get(format!("{}{}", garm.url, paths::POOLS.template())).bearer_auth(token).send().await.expect("it answers");
    assert_eq!(api.status(), StatusCode::UNAUTHORIZED, "a token for figures is for nothing else");

    let (status, figures) = scrape(&garm, token).await;
    assert_eq!(status, StatusCode::OK);
    for series in [
        "garm_health{".to_owned(),
        "garm_repository_info{".to_owned(),
        "garm_repository_pool_manager_status{".to_owned(),
        "garm_provider_info{".to_owned(),
        "garm_pool_info{".to_owned(),
        format!("garm_pool_max_runners{{id=\"{}\"}}", pool.id),
        "garm_github_operations_total{operation=\"GetEntityJITConfig\",scope=\"Repository\"}".to_owned(),
        "garm_runner_operations_total{operation=\"CreateInstance\",provider=\"local\"}".to_owned(),
        "garm_provider_call_seconds_count{operation=\"CreateInstance\",provider=\"local\"}".to_owned(),
        "garm_runner_boot_seconds_count{provider=\"local\"}".to_owned(),
        format!("garm_job_queue_seconds_count{{pool_id=\"{}\",scaleset_id=\"\"}}", pool.id),
        "garm_job_to_create_seconds_count".to_owned(),
        "garm_webhook_received{reason=\"\",valid=\"true\"}".to_owned(),
        "garm_github_rate_limit_remaining{".to_owned(),
    ] {
        assert!(value(&figures, &series) >= 1.0, "{series}");
    }
    assert!((value(&figures, "garm_pool_max_runners") - 2.0).abs() < f64::EPSILON);
    assert!(value(&figures, "garm_webhook_handling_seconds_count") >= 3.0, "queued, in progress, completed");
    assert!(!figures.contains("garm_job_status{"), "what is over has no series");
    // Of a figure without a series at this moment the type is not told either. These are there as soon as there is something to tell.
    let later = [
        "garm_runners",
        "garm_job_status",
        "garm_organization_",
        "garm_enterprise_",
        "garm_forge_instance_",
        "garm_pool_runner_version_retires_timestamp",
        "garm_scaleset_",
    ];
    for name in names_in_examples() {
        let known =
            figures.lines().any(|line| line.starts_with(&format!("# TYPE {name} "))) || later.iter().any(|later| name.starts_with(later));
        assert!(known, "an example asks for {name}, which the server does not have:\n{figures}");
    }
    garm.finish().await;
}

/// The names of figures that alert rules and dashboard ask for, without what Prometheus adds to those of histograms.
fn names_in_examples() -> BTreeSet<String> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/monitoring");
    let mut names = BTreeSet::new();
    for file in ["alerts.yml", "dashboard.json"] {
        let text = std::fs::read_to_string(directory.join(file)).expect("an example");
        for (at, _) in text.match_indices("garm_") {
            let name: String = text[at..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            let is_whole =
                !text[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && !text[at + name.len()..].starts_with('(');
            if is_whole {
                names.insert(name.trim_end_matches("_bucket").to_owned());
            }
        }
    }
    assert!(names.len() > 10, "{names:?}");
    names
}
