//! The way to the service: whose tokens are sent where, how often, and for how long an answer is waited for.

use std::time::Duration;

use axum::Router;
use garm::clock::Clock;
use garm::forge::{Clients, Error, Forges as _};
use garm::model::{
    BudgetLimits, Credentials, CredentialsId, CredentialsSecret, Endpoint, EntityKind, EntityRef, SecretString, ServiceFault,
};
use garm::time::Timestamp;
use serde_json::json;

use super::web::{ADMIN, CERTIFICATE, PAT, Reply, SCALE_SET, Web, answer, id, repository, with_tls};
use crate::harness::forge_client;

#[tokio::test]
async fn a_registration_token_is_traded_for_the_service_once_and_its_address_is_kept_whole() {
    let web = Web::start().await;
    web.say("/agents", 200, json!({ "count": 0, "value": [] }));
    let service = web.service();
    assert_eq!(service.list_runners().await.expect("listed"), []);
    let [token, connection, call] = web.asked().try_into().expect("three requests");
    assert_eq!(token.line, "POST /api/v3/repos/octo/hello/actions/runners/registration-token");
    assert_eq!(token.header("authorization"), format!("Bearer {PAT}"));
    assert_eq!(connection.line, "POST /api/v3/actions/runner-registration");
    assert_eq!(connection.header("authorization"), "RemoteAuth registration-1");
    assert_eq!(connection.body, json!({ "url": format!("{}/octo/hello", web.url), "runner_event": "register" }));
    assert_eq!(call.line, "GET /tenant/5/_apis/distributedtask/pools/0/agents?route=a%20b&api-version=6.0-preview");
    assert_eq!((call.header("authorization"), call.header("content-type")), (format!("Bearer {ADMIN}").as_str(), "application/json"));

    // Twenty at once: nothing is fetched again.
    let calls = (0..20).map(|_| service.list_runners());
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(web.asked().len(), 20);

    let web = Web::start().await;
    web.say("/agents", 200, json!({ "value": [] }));
    let service = web.service();
    let calls = (0..20).map(|_| service.list_runners());
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
    let fetched = web.lines().iter().filter(|line| line.starts_with("POST")).count();
    assert_eq!(fetched, 2, "those that begin together wait for one");
}

#[tokio::test]
async fn a_token_that_the_service_does_not_accept_is_replaced_with_the_next_call() {
    let web = Web::start().await;
    let empty = Reply::Says(200, json!({ "value": [] }).to_string());
    web.reply("/agents", [Reply::Says(401, String::new()), empty]);
    let service = web.service();
    let fault = service.list_runners().await.expect_err("refused");
    assert!(matches!(fault, Error::TokenExpired { status: 401, .. }) && !fault.concerns_everything(), "{fault:?}");
    assert_eq!(web.asked().len(), 3, "it is not asked again in place");
    service.list_runners().await.expect("listed");
    let lines = web.lines();
    assert!(lines.len() == 2 && lines[0].contains("runner-registration"), "the registration token is still good: {lines:?}");
}

#[tokio::test]
async fn a_new_registration_token_that_is_not_known_everywhere_is_asked_with_again() {
    let web = Web::start().await;
    web.say("/agents", 200, json!({ "value": [] }));
    let good = Reply::Says(200, json!({ "url": web.url, "token": ADMIN }).to_string());
    web.reply("runner-registration", [Reply::Says(403, String::new()), Reply::Says(401, String::new()), good]);
    web.service().list_runners().await.expect("listed");
    let lines = web.lines();
    assert_eq!(lines.iter().filter(|line| line.contains("registration-token")).count(), 1);
    assert_eq!(lines.iter().filter(|line| line.contains("runner-registration")).count(), 3);
}

#[tokio::test]
async fn credentials_that_may_not_do_it_cost_a_bounded_number_of_calls_and_all_callers_share_the_failure() {
    let web = Web::start().await;
    web.say("runner-registration", 403, json!({ "message": "Resource not accessible by personal access token" }));
    let service = web.service();
    let fault = service.list_runners().await.expect_err("refused");
    assert!(matches!(fault, Error::Forbidden { .. }) && fault.to_string().contains("not accessible by personal"), "{fault}");
    assert_eq!(web.asked().len(), 5, "a token, and four times the way to the service");
    for _ in 0..10 {
        assert!(matches!(service.list_runners().await, Err(Error::Forbidden { .. })));
    }
    assert_eq!(web.asked().len(), 0);
}

#[tokio::test]
async fn the_registration_token_counts_for_the_budget_of_the_credentials() {
    let web = Web::start().await;
    let clients = Clients::new(Clock::System).with_limits(BudgetLimits { calls: 0, ..BudgetLimits::default() });
    let fault = web.service_with(&clients).list_runners().await.expect_err("nothing is left");
    assert!(matches!(fault, Error::BudgetSpent { .. }), "{fault}");
    assert!(matches!(fault.service_fault(Timestamp::EPOCH), ServiceFault::Wait(_)));
    assert_eq!(web.asked().len(), 0);
}

#[tokio::test]
async fn an_answer_that_leads_nowhere_is_told_and_no_token_is_sent() {
    for (body, told) in [
        (json!({ "url": "ftp://service.test/", "token": ADMIN }), "an address without TLS"),
        (json!({ "url": "nowhere", "token": ADMIN }), "an address that is none"),
        (json!({ "token": ADMIN }), "an address that is none"),
        (json!({ "url": "https://service.test/", "token": "" }), "no token"),
        (json!([]), "no token"),
    ] {
        let web = Web::start().await;
        web.say("runner-registration", 200, body);
        let fault = web.service().list_runners().await.expect_err("it leads nowhere");
        assert!(matches!(fault, Error::Garbled(_)) && fault.to_string().contains(told), "{fault}");
    }
    let web = Web::start().await;
    web.text("runner-registration", 200, "<title>Sign in to the network</title>");
    let fault = web.service().list_runners().await.expect_err("a page").to_string();
    assert!(fault.contains("Sign in to the network"), "{fault}");
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed_and_one_on_the_same_host_is() {
    let (web, other) = (Web::start().await, Web::bare().await);
    let service = web.service();
    web.reply("/agents?", [Reply::PointsTo(307, format!("{}/agents", other.url))]);
    let fault = service.list_runners().await.expect_err("another port");
    assert!(matches!(fault, Error::Redirected { .. }) && other.asked().is_empty(), "{fault}");
    web.say("/agents-moved", 200, json!({ "value": [] }));
    web.reply("/agents?", [Reply::PointsTo(307, "/tenant/5/agents-moved".to_owned())]);
    service.list_runners().await.expect("listed at the other place");
    web.reply("/agents?", [Reply::PointsTo(307, "/tenant/5/_apis/distributedtask/pools/0/agents?x".to_owned())]);
    web.asked();
    assert!(service.list_runners().await.expect_err("in a circle").to_string().contains("without end"));
    assert!(web.asked().len() < 6);
}

#[tokio::test]
async fn the_bundle_of_the_endpoint_holds_for_the_service_and_its_polls_share_no_connection() {
    let mut web = Web::default();
    let (url, agreed) = with_tls(Router::new().fallback(answer).with_state(web.clone())).await;
    web.url.clone_from(&url);
    web.say("/actions/runners/registration-token", 201, json!({ "token": "registration-1" }));
    web.say("/actions/runner-registration", 200, json!({ "url": url, "token": ADMIN }));
    web.say("/agents", 200, json!({ "value": [] }));
    let endpoint = |bundle: Option<&[u8]>| Endpoint {
        base_url: url.clone(),
        api_base_url: url.clone(),
        ca_cert_bundle: bundle.map(<[u8]>::to_vec),
        ..garm::forge::first_endpoints().remove(0)
    };
    let secret = CredentialsSecret::Pat(SecretString::from(PAT));
    let credentials = Credentials {
        id: CredentialsId(1),
        name: "c".into(),
        description: String::new(),
        endpoint: endpoint(None).name,
        secret,
        created_at: Timestamp::EPOCH,
        updated_at: Timestamp::EPOCH,
    };
    let get = |bundle| Clients::new(Clock::System).scale_sets(&endpoint(bundle), &credentials, &repository()).expect("usable");
    let fault = get(None).list_runners().await.expect_err("the certificate is signed by nobody");
    assert!(matches!(fault, Error::Unreachable { .. }), "{fault}");
    assert_eq!(agreed.lock().expect("no panic").len(), 0);
    get(Some(CERTIFICATE)).list_runners().await.expect("listed");
    assert_eq!(*agreed.lock().expect("no panic"), [b"h2".to_vec(), b"http/1.1".to_vec()], "the REST API, and the service");
}

/// Has the call wait for an answer that never comes, and the clock of the runtime run on. Answers when the call gave up.
async fn given_up<T: std::fmt::Debug>(web: &Web, call: impl Future<Output = Result<T, Error>>) -> Duration {
    let asked = async {
        web.silent.notified().await;
        tokio::time::pause();
        tokio::time::Instant::now()
    };
    let (answer, asked) = futures_util::future::join(call, asked).await;
    let span = asked.elapsed();
    tokio::time::resume();
    assert!(answer.expect_err("no answer").to_string().contains("no answer in time"));
    span
}

#[tokio::test]
async fn calls_that_are_never_answered_are_given_up() {
    let web = Web::start().await;
    web.reply("DELETE /tenant/5/_apis/runtime/runnerscalesets/31/sessions", [Reply::Never]);
    web.reply("GET /queue/message", [Reply::Never]);
    web.reply("/agents", [Reply::Never]);
    let (service, session) = (web.service(), web.session());
    for (least, most, span) in [
        (9, 11, given_up(&web, service.delete_session(SCALE_SET, id())).await),
        (60, 70, given_up(&web, service.poll(&session, 0, 1)).await),
        (29, 31, given_up(&web, service.list_runners()).await),
    ] {
        assert!((least..=most).contains(&span.as_secs()), "{span:?}");
    }
}

#[tokio::test]
async fn an_organization_and_an_enterprise_have_a_service_of_their_own_and_an_instance_has_none() {
    let web = Web::start().await;
    web.say("/agents", 200, json!({ "value": [] }));
    let forge = forge_client(&Clients::new(Clock::System), &web.url, CredentialsSecret::Pat(SecretString::from(PAT)));
    let at = |kind| EntityRef { kind, owner: String::new(), name: "acme".into() };
    for (kind, path, page) in
        [(EntityKind::Organization, "/orgs/acme/", "/acme"), (EntityKind::Enterprise, "/enterprises/acme/", "/enterprises/acme")]
    {
        forge.scale_sets(&at(kind)).expect("it has scale sets").list_runners().await.expect("listed");
        let asked = web.asked();
        assert!(asked[0].line.contains(path), "{}", asked[0].line);
        assert_eq!(asked[1].body["url"], format!("{}{page}", web.url));
    }
    assert!(matches!(forge.scale_sets(&at(EntityKind::Instance)), Err(Error::Unusable(_))));
    let again = forge.scale_sets(&at(EntityKind::Organization)).expect("the same");
    again.list_runners().await.expect("listed");
    assert_eq!(web.asked().len(), 1, "all callers share the tokens");
}
