//! Every route with every kind of token: who is let in, and nobody else.

use garm::api::paths;
use garm::clock::Clock;
use garm::crypto::random;
use garm::crypto::token::{InstanceClaims, TokenKey, UserClaims};
use garm::model::{SecretString, expose};
use reqwest::{Client, Method, StatusCode};
use serde_json::Value;

use crate::access::KEEPS;
use crate::admin::admin;
use crate::harness::{Installation, JWT_SECRET, Plan, REPOSITORIES};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anybody,
    Admin,
    /// A machine that is being set up.
    Machine,
    /// Who reads figures.
    Metrics,
}

/// A route of the API, and who it is for.
struct Route {
    method: Method,
    path: String,
    who: Who,
}

/// Every route, with names in its path that nothing has.
fn routes() -> Vec<Route> {
    let document = serde_json::to_value(garm::http::openapi()).expect("JSON");
    let mut routes = Vec::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        let nobody = random::uuid().to_string();
        let path: Vec<String> = template
            .split('/')
            .map(|part| match part {
                "{entities}" => REPOSITORIES.to_owned(),
                "{id}" if template.contains("credentials") || template.contains("templates") || template.contains("jobs") => {
                    "99999".to_owned()
                }
                _ if part.starts_with('{') => nobody.clone(),
                _ => part.to_owned(),
            })
            .collect();
        let path = path.join("/");
        let for_anybody = [paths::FIRST_RUN, paths::LOG_IN, paths::LOGIN, paths::HEALTH, paths::READINESS].map(paths::Route::template);
        let who = match template.as_str() {
            template if for_anybody.contains(&template) => Who::Anybody,
            template if [paths::CALLBACKS, paths::METADATA].iter().any(|begin| template.starts_with(&format!("{begin}/"))) => Who::Machine,
            _ => Who::Admin,
        };
        for method in operations.as_object().expect("operations").keys() {
            let method = method.to_uppercase().parse().expect("a method");
            routes.push(Route { method, path: path.clone(), who });
        }
    }
    routes.push(Route { method: Method::GET, path: paths::METRICS.template().into(), who: Who::Metrics });
    assert!(routes.len() > 60, "{} routes", routes.len());
    routes
}

/// What is sent instead of a token of somebody who may.
struct Token {
    what: &'static str,
    text: String,
    /// Whom it lets in; nobody, if it is no good.
    is: Option<Who>,
}

fn tokens(garm: &Installation, of_machine: &str) -> Vec<Token> {
    let key = TokenKey::new(&SecretString::from(JWT_SECRET));
    let other_key = TokenKey::new(&SecretString::from("another secret, which nobody has configured"));
    let now = Clock::System.now();
    let admin: UserClaims = claims(garm.token());
    let machine: InstanceClaims = claims(of_machine);
    let bad = |what, token: SecretString| Token { what, text: expose(&token).to_owned(), is: None };
    let metrics = UserClaims { user: String::new(), is_admin: false, read_metrics: true, ..admin.clone() };
    vec![
        Token { what: "the administrator's", text: garm.token().to_owned(), is: Some(Who::Admin) },
        Token { what: "the machine's own", text: of_machine.to_owned(), is: Some(Who::Machine) },
        Token { what: "for figures", text: expose(&key.issue(&metrics)).to_owned(), is: Some(Who::Metrics) },
        Token { what: "none", text: String::new(), is: None },
        Token { what: "nonsense", text: "nonsense".into(), is: None },
        bad("the administrator's, signed with another secret", other_key.issue(&admin)),
        bad("the administrator's, after its time", key.issue(&UserClaims { exp: now.as_secs() - 1, ..admin.clone() })),
        bad(
            "the administrator's, from before the password was changed",
            key.issue(&UserClaims { generation: admin.generation - 1, ..admin.clone() }),
        ),
        bad("a user's whom there is not", key.issue(&UserClaims { user: random::uuid().to_string(), ..admin.clone() })),
        bad(
            "the administrator's, made into one for figures",
            key.issue(&UserClaims { read_metrics: true, exp: now.as_secs() - 1, ..admin }),
        ),
        bad("the machine's, signed with another secret", other_key.issue(&machine)),
        bad("the machine's, after its time", key.issue(&InstanceClaims { exp: now.as_secs() - 1, ..machine.clone() })),
        bad(
            "the machine's, of another attempt",
            key.issue(&InstanceClaims { create_attempt: machine.create_attempt + 1, ..machine.clone() }),
        ),
        bad("the machine's agent's", key.issue(&InstanceClaims { is_agent: true, ..machine.clone() })),
        bad("of another machine with the same name", key.issue(&InstanceClaims { id: random::uuid().to_string(), ..machine.clone() })),
        bad("of a machine there is not", key.issue(&InstanceClaims { name: "garm-nobody".into(), ..machine })),
    ]
}

/// What a token says, whoever signed it.
pub(crate) fn claims<T: serde::de::DeserializeOwned>(token: &str) -> T {
    let payload = token.split('.').nth(1).expect("a token has three parts");
    let bytes = base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, payload).expect("base64");
    serde_json::from_slice(&bytes).expect("JSON")
}

async fn call(http: &Client, garm: &Installation, route: &Route, token: &str) -> StatusCode {
    let mut request = http.request(route.method.clone(), format!("{}{}", garm.url, route.path)).body("{}");
    if !token.is_empty() {
        request = request.bearer_auth(token);
    }
    request.send().await.expect("it answers").status()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_whom_it_is_for_and_nobody_else() {
    let garm = Installation::set_up(Plan { scripts: vec![("keeps", KEEPS)], exec_timeout: 60, ..Plan::default() }).await;
    garm.add_pool("keeps", "kept", 1, 1).await;
    let path = garm.directory().join("bootstrap");
    let bootstrap = garm.until("the provider is asked for a machine", async |_| std::fs::read(&path).ok()).await;
    let bootstrap: Value = serde_json::from_slice(&bootstrap).expect("JSON");
    let of_machine = bootstrap["instance-token"].as_str().expect("a token");
    let (routes, tokens, http) = (routes(), tokens(&garm, of_machine), Client::new());
    let mut faults = Vec::new();
    for route in &routes {
        for token in &tokens {
            let status = call(&http, &garm, route, &token.text).await;
            // Both refuse for a reason of their own, whatever the token: a wrong password, and a runner that needs no registration token.
            let has_its_own_401 =
                [paths::LOG_IN, paths::METADATA_REGISTRATION_TOKEN].map(paths::Route::template).contains(&route.path.as_str());
            let may = route.who == Who::Anybody || token.is == Some(route.who);
            if status.is_server_error() || (status == StatusCode::UNAUTHORIZED) == may && !has_its_own_401 {
                faults.push(format!("{} {} with a token {}: {status}", route.method, route.path, token.what));
            }
        }
    }
    assert!(faults.is_empty(), "{} routes, {} tokens\n{}", routes.len(), tokens.len(), faults.join("\n"));

    let told = http
        .post(format!("{}{}", garm.url, paths::CALLBACK_STATUS.template()))
        .bearer_auth(of_machine)
        .body(r#"{"status":"idle","message":"ready"}"#);
    assert_eq!(told.send().await.expect("it answers").status(), StatusCode::OK);
    for route in routes.iter().filter(|route| route.who == Who::Machine) {
        assert_eq!(call(&http, &garm, route, of_machine).await, StatusCode::UNAUTHORIZED, "{} once the runner is idle", route.path);
    }
    assert_eq!(admin(&garm, &["disable", "admin"]).0, Some(0));
    for route in routes.iter().filter(|route| route.who == Who::Admin) {
        assert_eq!(call(&http, &garm, route, garm.token()).await, StatusCode::UNAUTHORIZED, "{} once the account is disabled", route.path);
    }
    assert_eq!(admin(&garm, &["enable", "admin"]).0, Some(0));
    std::fs::write(garm.directory().join("go"), "").expect("written");
    garm.finish().await;
}
