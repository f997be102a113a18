//! Tokens that somebody else has got hold of, and pages that use the token of somebody else's browser.

use garm::api::paths;
use reqwest::{Client, Method, StatusCode};

use crate::admin::admin;
use crate::harness::{Installation, Plan, databases};

async fn makes_token(garm: &Installation, token: &str) -> String {
    let request = Client::new().get(format!("{}{}", garm.url, paths::METRICS_TOKEN.template())).bearer_auth(token);
    let answer: serde_json::Value = request.send().await.expect("it answers").json().await.expect("JSON");
    answer["token"].as_str().expect("a token").to_owned()
}

async fn reads_figures(garm: &Installation, token: &str) -> StatusCode {
    let request = Client::new().get(format!("{}{}", garm.url, paths::METRICS.template())).bearer_auth(token);
    request.send().await.expect("it answers").status()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_figures_ends_with_the_password_or_the_account_that_made_it() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        let token = makes_token(&garm, garm.token()).await;
        assert_eq!(reads_figures(&garm, &token).await, StatusCode::OK);
        assert_eq!(reads_figures(&garm, garm.token()).await, StatusCode::UNAUTHORIZED, "a login is none");

        assert_eq!(admin(&garm, &["disable", "admin"]).0, Some(0));
        assert_eq!(reads_figures(&garm, &token).await, StatusCode::UNAUTHORIZED, "a disabled account");
        assert_eq!(admin(&garm, &["enable", "admin"]).0, Some(0));
        assert_eq!(reads_figures(&garm, &token).await, StatusCode::OK);

        assert_eq!(admin(&garm, &["password-reset", "admin", "--new-password", "Quokka-Vellum#72-marzipan"]).0, Some(0));
        assert_eq!(reads_figures(&garm, &token).await, StatusCode::UNAUTHORIZED, "another password");
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_stranger_changes_nothing_with_the_cookie_of_a_browser() {
    for origins in [&[][..], &["*"], &["https://ui.example.com"]] {
        for database in databases().await {
            let garm = Installation::set_up(Plan { database, cors_origins: origins, ..Plan::default() }).await;
            let pool = garm.add_pool("local", "fast", 2, 0).await;
            let url = format!("{}{}", garm.url, paths::POOL.with([&pool.id]).expect("an id"));
            let send = async |method: Method, origin: Option<&str>| {
                let request = Client::new()
                    .request(method, &url)
                    .header("cookie", format!("garm_token={}", garm.token()))
                    .body("{\"max_runners\": 3}");
                let request = origin.iter().fold(request, |request, origin| request.header("origin", *origin));
                request.send().await.expect("it answers").status()
            };
            for origin in [None, Some("https://evil.example.com"), Some("null"), Some("https://ui.example.com.evil.org")] {
                for method in [Method::PUT, Method::DELETE] {
                    assert_eq!(send(method.clone(), origin).await, StatusCode::FORBIDDEN, "{method} {origin:?} {origins:?}");
                }
            }
            assert_eq!(garm.client().pools().get(&pool.id).await.expect("shown").max_runners, 2);
            assert_eq!(send(Method::GET, None).await, StatusCode::OK, "reading changes nothing");
            let own = if origins == ["https://ui.example.com"] { "https://ui.example.com" } else { garm.url.as_str() };
            assert_eq!(send(Method::PUT, Some(own)).await, StatusCode::OK, "{own}");
            assert_eq!(garm.client().pools().get(&pool.id).await.expect("shown").max_runners, 3);
            garm.finish().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_that_can_be_guessed_are_told_of_at_each_start_and_refused_nowhere() {
    for database in databases().await {
        let mut garm = Installation::set_up(Plan { database, ..Plan::default() }).await;
        assert!(!garm.log().contains("jwt_auth.secret = (not shown)"), "{}", garm.log());
        garm.kill_server().await;
        let config = garm.directory().join("server-0.toml");
        let text = std::fs::read_to_string(&config).expect("readable").replace(crate::harness::JWT_SECRET, "openstack-runner");
        std::fs::write(&config, text).expect("written");
        garm.start_server().await;
        let log = garm.log();
        let warned = |line: &str| line.contains(r#""level":"WARN""#) && line.contains("jwt_auth.secret = (not shown): IT CAN BE GUESSED");
        assert!(log.lines().any(warned) && !log.contains("openstack-runner"), "{log}");
        garm.finish().await;
    }
}
