//! Every route with every kind of token, in every form, by every spelling of its path: it lets in whom it is for, and no other caller.

use std::fmt::Write as _;

use garm::api::paths;
use garm::clock::Clock;
use garm::crypto::random;
use garm::crypto::token::{InstanceClaims, TokenKey, UserClaims};
use garm::model::{EntityKind, SecretString, expose};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::Value;

use crate::access::KEEPS;
use crate::admin::admin;
use crate::attacks::raw::{Answer, Raw};
use crate::harness::{Installation, JWT_SECRET, Plan, databases};

/// How many connections ask at the same time.
const CONNECTIONS: usize = 8;

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Who {
    Anybody,
    Admin,
    /// A machine that is being set up.
    Machine,
    /// Who reads figures.
    Metrics,
    /// Who signs deliveries. Tokens do not count.
    Forge,
}

/// What a route for everybody answers to a small body that says nothing: there is an administrator, and no login has an empty name.
const FOR_ANYBODY: [(paths::Route<0>, u16); 6] = [
    (paths::FIRST_RUN, 409),
    (paths::LOG_IN, 401),
    (paths::LOGIN, 200),
    (paths::HEALTH, 200),
    (paths::READINESS, 200),
    (paths::DESCRIPTION, 200),
];

/// What makes a request a delivery about a job. Without them the receiver answers 200 to everything, because it is none of its business.
const OF_DELIVERIES: [&str; 2] = ["x-github-event: workflow_job", "x-github-hook-installation-target-type: repository"];

/// A route of the API, and who it is for.
#[derive(Clone, Debug)]
struct Route {
    method: String,
    path: String,
    who: Who,
    /// Whether it opens a WebSocket.
    is_socket: bool,
}

impl Route {
    /// What a caller sends along, so that the token alone decides.
    fn headers(&self) -> Vec<String> {
        match self.who {
            Who::Forge => OF_DELIVERIES.map(String::from).into(),
            _ if self.is_socket => handshake(),
            _ => Vec::new(),
        }
    }

    /// The answer to every caller, if the route is for everybody.
    fn for_anybody(&self) -> Option<u16> {
        FOR_ANYBODY.iter().find(|(route, _)| route.template() == self.path).map(|(_, status)| *status)
    }
}

/// Every route, for every kind of entity, with names in its path that nothing has.
fn routes() -> Vec<Route> {
    let document = serde_json::to_value(garm::http::openapi()).expect("JSON");
    let mut routes = Vec::new();
    for (template, operations) in document["paths"].as_object().expect("paths") {
        let kinds = if template.contains("{entities}") { EntityKind::ALL } else { &EntityKind::ALL[..1] };
        let who = match template.as_str() {
            template if FOR_ANYBODY.iter().any(|(route, _)| route.template() == template) => Who::Anybody,
            template if [paths::CALLBACKS, paths::METADATA].iter().any(|begin| template.starts_with(&format!("{begin}/"))) => Who::Machine,
            _ => Who::Admin,
        };
        let is_socket = [paths::LOGS, paths::LOGS_OLD].map(paths::Route::template).contains(&template.as_str());
        for kind in kinds {
            let nobody = random::uuid().to_string();
            let path: Vec<String> = template
                .split('/')
                .map(|part| match part {
                    "{entities}" => paths::entities(*kind).to_owned(),
                    "{id}" if ["credentials", "templates", "jobs", "/scalesets/"].iter().any(|word| template.contains(word)) => {
                        "99999".to_owned()
                    }
                    _ if part.starts_with('{') => nobody.clone(),
                    _ => part.to_owned(),
                })
                .collect();
            for method in operations.as_object().expect("operations").keys() {
                routes.push(Route { method: method.to_uppercase(), path: path.join("/"), who, is_socket });
            }
        }
    }
    let get = |path: &str, who| Route { method: "GET".into(), path: path.into(), who, is_socket: false };
    routes.push(get(paths::METRICS.template(), Who::Metrics));
    routes.push(get(paths::DESCRIPTION.template(), Who::Anybody));
    routes.push(get(&format!("{}/nothing", paths::PREFIX), Who::Admin));
    let deliveries = [paths::WEBHOOKS.template().to_owned(), format!("{}/{}", paths::WEBHOOKS.template(), random::uuid())];
    routes.extend(deliveries.map(|path| Route { method: "POST".into(), path, who: Who::Forge, is_socket: false }));
    // A route that reads can be asked for its head alone.
    let heads: Vec<_> =
        routes.iter().filter(|route| route.method == "GET").map(|route| Route { method: "HEAD".into(), ..route.clone() }).collect();
    routes.extend(heads);
    assert!(routes.len() > 100, "{} routes", routes.len());
    routes
}

/// What is sent as a token.
#[derive(Clone, Debug)]
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
    let token = |what, token: SecretString, is| Token { what, text: expose(&token).to_owned(), is };
    let bad = |what, text: SecretString| token(what, text, None);
    let by = |algorithm| {
        let signed = jsonwebtoken::encode(&Header::new(algorithm), &admin, &EncodingKey::from_secret(JWT_SECRET.as_bytes()));
        SecretString::from(signed.expect("it can be signed"))
    };
    let parts: Vec<&str> = garm.token().split('.').collect();
    let of_claims = |claims: &str| claims.split('.').nth(1).expect("three parts").to_owned();
    let forever = expose(&other_key.issue(&UserClaims { exp: i64::MAX, ..admin.clone() })).to_owned();
    let metrics = UserClaims { is_admin: false, read_metrics: true, ..admin.clone() };
    vec![
        Token { what: "the administrator's", text: garm.token().to_owned(), is: Some(Who::Admin) },
        Token { what: "the machine's own", text: of_machine.to_owned(), is: Some(Who::Machine) },
        token("for figures", key.issue(&metrics), Some(Who::Metrics)),
        Token { what: "none", text: String::new(), is: None },
        Token { what: "nonsense", text: "nonsense".into(), is: None },
        bad("the administrator's, signed with another secret", other_key.issue(&admin)),
        bad("the administrator's, after its time", key.issue(&UserClaims { exp: now.as_secs() - 1, ..admin.clone() })),
        bad("the administrator's, of another issuer", key.issue(&UserClaims { iss: "other".into(), ..admin.clone() })),
        bad(
            "the administrator's, from before the password was changed",
            key.issue(&UserClaims { generation: admin.generation - 1, ..admin.clone() }),
        ),
        bad("a user's whom there is not", key.issue(&UserClaims { user: random::uuid().to_string(), ..admin.clone() })),
        bad("of no user", key.issue(&UserClaims { user: String::new(), ..admin.clone() })),
        bad("the administrator's, by another algorithm", by(Algorithm::HS512)),
        bad("the administrator's, without a signature", SecretString::from(format!("{}.{}.", parts[0], parts[1]))),
        bad("the administrator's, of no algorithm", SecretString::from(format!("eyJhbGciOiJub25lIn0.{}.", parts[1]))),
        bad("the administrator's, with other claims", SecretString::from(format!("{}.{}.{}", parts[0], of_claims(&forever), parts[2]))),
        bad("for figures, after its time", key.issue(&UserClaims { exp: now.as_secs() - 1, ..metrics.clone() })),
        bad("for figures, of no user", key.issue(&UserClaims { user: String::new(), ..metrics.clone() })),
        bad("for figures, from before the password was changed", key.issue(&UserClaims { generation: metrics.generation - 1, ..metrics })),
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

/// How a token is sent.
struct Form {
    what: &'static str,
    send: fn(token: &str, path: &str) -> (String, Vec<String>),
    counts: fn(&Route) -> bool,
}

/// Whether a cookie counts where no page of ours asks: only administrators have one, and it changes nothing.
fn reads(route: &Route) -> bool {
    route.who == Who::Admin && ["GET", "HEAD"].contains(&route.method.as_str())
}

const FORMS: &[Form] = &[
    Form { what: "as upstream", send: |token, path| (path.into(), vec![format!("authorization: Bearer {token}")]), counts: |_| true },
    Form {
        what: "behind another word",
        send: |token, path| (path.into(), vec![format!("authorization: Basic {token}")]),
        counts: |_| true,
    },
    Form { what: "alone", send: |token, path| (path.into(), vec![format!("authorization: {token}")]), counts: |_| false },
    Form {
        what: "with a word behind",
        send: |token, path| (path.into(), vec![format!("authorization: Bearer {token} x")]),
        counts: |_| false,
    },
    Form {
        what: "behind two blanks",
        send: |token, path| (path.into(), vec![format!("authorization: Bearer  {token}")]),
        counts: |_| false,
    },
    Form {
        what: "in a second header",
        send: |token, path| (path.into(), vec!["authorization: Bearer x".into(), format!("authorization: Bearer {token}")]),
        counts: |_| false,
    },
    Form {
        what: "in a header for proxies",
        send: |token, path| (path.into(), vec![format!("proxy-authorization: Bearer {token}")]),
        counts: |_| false,
    },
    Form {
        what: "in the query",
        send: |token, path| (format!("{path}?token={token}&garm_token={token}&access_token={token}"), Vec::new()),
        counts: |_| false,
    },
    Form { what: "as a cookie", send: |token, path| (path.into(), vec![format!("cookie: a=b; garm_token={token}")]), counts: reads },
    Form {
        what: "as a cookie, by a page of ours",
        send: |token, path| {
            (path.into(), vec![format!("cookie: garm_token={token}"), "host: garm.test".into(), "origin: https://garm.test".into()])
        },
        counts: |route| route.who == Who::Admin,
    },
    Form {
        what: "as a cookie, by a stranger's page",
        send: |token, path| {
            (path.into(), vec![format!("cookie: garm_token={token}"), "host: garm.test".into(), "origin: https://evil.test".into()])
        },
        counts: |route| reads(route) && !route.is_socket,
    },
];

/// What asks for a WebSocket.
fn handshake() -> Vec<String> {
    ["connection: upgrade", "upgrade: websocket", "sec-websocket-version: 13", "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ=="]
        .map(String::from)
        .into()
}

/// Runs something for each of many, over a few connections. Answers all faults.
async fn for_each<T: Sync>(garm: &Installation, all: &[T], check: impl AsyncFn(&mut Raw, &T) -> Option<String>) -> Vec<String> {
    let share = all.len().div_ceil(CONNECTIONS);
    let checks = all.chunks(share).map(async |part| {
        let (mut raw, mut faults) = (Raw::to(&garm.url), Vec::new());
        for one in part {
            faults.extend(check(&mut raw, one).await);
        }
        faults
    });
    futures_util::future::join_all(checks).await.concat()
}

/// Whether the caller was let in, as far as the answer tells. Two routes refuse also good callers with 401: a wrong password, and a machine that needs
/// no registration token. They say so with other words.
fn is_let_in(answer: &Answer) -> bool {
    match answer.status {
        403 => false,
        401 => answer.body.contains("Not Authorized"),
        _ => true,
    }
}

/// An installation with a machine that is being set up, and the token of that machine.
async fn with_a_machine(plan: Plan) -> (Installation, String) {
    let logging = "log_level = \"info\"\nlog_format = \"json\"\nenable_log_streamer = true\n";
    let garm = Installation::set_up(Plan { scripts: vec![("keeps", KEEPS)], exec_timeout: 600, logging, ..plan }).await;
    garm.add_pool("keeps", "kept", 1, 1).await;
    let path = garm.directory().join("bootstrap");
    let bootstrap = garm.until("the provider is asked for a machine", async |_| std::fs::read(&path).ok()).await;
    let bootstrap: Value = serde_json::from_slice(&bootstrap).expect("JSON");
    let token = bootstrap["instance-token"].as_str().expect("a token").to_owned();
    (garm, token)
}

/// Prints what was tried, and finds it in the documents.
#[expect(clippy::print_stderr, reason = "the count is what the reader of a run asks for")]
fn documented(tried: &str) {
    eprintln!("{tried}");
    for (name, text) in [("security.md", include_str!("../../docs/security.md")), ("testing.md", include_str!("../../docs/testing.md"))] {
        assert!(text.contains(tried), "docs/{name} must say: {tried}");
    }
}

/// A number as people read it.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).expect("digits"));
    groups.collect::<Vec<_>>().join(",")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_whom_it_is_for_and_nobody_else() {
    for database in databases().await {
        let (garm, of_machine) = with_a_machine(Plan { database, ..Plan::default() }).await;
        let (routes, tokens) = (routes(), tokens(&garm, &of_machine));
        let mut attacks = Vec::new();
        for route in &routes {
            attacks.extend(FORMS.iter().flat_map(|form| tokens.iter().map(move |token| (route, form, token))));
        }
        let mut raw = Raw::to(&garm.url);
        let registers = paths::METADATA_REGISTRATION_TOKEN.template();
        let faults = for_each(&garm, &attacks, async |raw, (route, form, token)| {
            let (target, mut headers) = (form.send)(&token.text, &route.path);
            headers.extend(route.headers());
            let answer = raw.send(&route.method, &target, &headers).await;
            let is_good = (form.counts)(route) && token.is == Some(route.who);
            let as_expected = match route.who {
                Who::Anybody => route.for_anybody() == Some(answer.status),
                // Only a signature counts.
                Who::Forge => answer.status == 401,
                // The answer to HEAD has no words.
                Who::Machine if route.path == registers && route.method == "HEAD" => answer.status == 401,
                _ => is_let_in(&answer) == is_good,
            };
            (!as_expected || answer.status >= 500)
                .then(|| format!("{} {} with a token {}, {}: {answer:?}", route.method, route.path, token.what, form.what))
        })
        .await;
        assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(50)].join("\n"));
        assert!(attacks.len() >= 5733, "{} attacks", attacks.len());
        documented(&format!("{}: {} routes x {} tokens x {} forms", grouped(attacks.len()), routes.len(), tokens.len(), FORMS.len()));

        let bearer = |token: &str| vec![format!("authorization: Bearer {token}")];
        let http = reqwest::Client::new();
        let report = http
            .post(format!("{}{}", garm.url, paths::CALLBACK_STATUS.template()))
            .bearer_auth(&of_machine)
            .body(r#"{"status":"idle","message":"ready"}"#);
        assert_eq!(report.send().await.expect("it answers").status(), reqwest::StatusCode::OK);
        for route in routes.iter().filter(|route| route.who == Who::Machine) {
            let answer = raw.send(&route.method, &route.path, &bearer(&of_machine)).await;
            assert!(!is_let_in(&answer), "{} once the runner is idle", route.path);
        }
        assert_eq!(admin(&garm, &["disable", "admin"]).0, Some(0));
        for route in routes.iter().filter(|route| [Who::Admin, Who::Metrics].contains(&route.who)) {
            for token in &tokens {
                let answer = raw.send(&route.method, &route.path, &bearer(&token.text)).await;
                assert!(!is_let_in(&answer), "{} with a token {} once the account is disabled", route.path, token.what);
            }
        }
        assert_eq!(admin(&garm, &["enable", "admin"]).0, Some(0));
        std::fs::write(garm.directory().join("go"), "").expect("written");
        garm.finish().await;
    }
}

/// Spellings of a path that a server, or a proxy before it, might take for the path itself.
fn spellings(path: &str) -> Vec<String> {
    let (dir, last) = path.rsplit_once('/').expect("a path has a slash");
    let within = path.strip_prefix(paths::PREFIX).unwrap_or(path);
    let mut encoded = String::new();
    for byte in path.bytes() {
        if byte == b'/' { encoded.push('/') } else { write!(encoded, "%{byte:02x}").expect("a text takes everything") }
    }
    vec![
        path.to_owned(),
        format!("{path}/"),
        format!("{path}//"),
        format!("/{path}"),
        path.replace('/', "//"),
        format!("{dir}/./{last}"),
        format!("{dir}/x/../{last}"),
        format!("{dir}/x/%2e%2e/{last}"),
        format!("{dir}/x/%252e%252e/{last}"),
        format!("{}/..{within}", paths::LOGIN.template()),
        format!("{}/..;{within}", paths::LOGIN.template()),
        format!("{}/../..{path}", paths::METADATA),
        encoded,
        path.replace("/v1/", "/v1%2f"),
        path.to_uppercase(),
        format!("{path};x"),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path}."),
        format!("{path}.json"),
        format!("{path}?"),
        format!("http://localhost{path}"),
    ]
}

const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"];

/// Headers by which some servers let themselves be told another method, path or caller.
fn overrides() -> Vec<Vec<String>> {
    let lines: [&[&str]; 12] = [
        &[],
        &["x-http-method-override: GET", "x-http-method: GET", "x-method-override: GET"],
        &["x-http-method-override: DELETE"],
        &["x-original-url: /api/v1/login", "x-rewrite-url: /api/v1/login"],
        &["x-forwarded-for: 127.0.0.1", "x-real-ip: 127.0.0.1", "forwarded: for=127.0.0.1"],
        &["x-forwarded-host: localhost", "x-forwarded-proto: https", "x-forwarded-prefix: /api/v1/login"],
        &["host: localhost"],
        &["authorization: Basic YWRtaW46YWRtaW4="],
        &["authorization: Bearer null", "cookie: garm_token=undefined"],
        &["x-remote-user: admin", "x-forwarded-user: admin", "remote-user: admin", "x-authenticated-user: admin"],
        &["origin: http://localhost", "access-control-request-method: DELETE", "access-control-request-headers: authorization"],
        &["content-type: application/x-www-form-urlencoded"],
    ];
    lines.iter().map(|lines| lines.iter().map(|line| (*line).to_owned()).collect()).chain([handshake()]).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_spelling_method_or_header_is_a_way_around() {
    for database in databases().await {
        let (garm, of_machine) = with_a_machine(Plan { database, ..Plan::default() }).await;
        let mut routes = routes();
        routes.sort_by(|one, other| one.path.cmp(&other.path));
        routes.dedup_by(|one, other| one.path == other.path);
        let overrides = overrides();
        let mut attacks = Vec::new();
        for (number, route) in routes.iter().enumerate() {
            let with = |headers: &[String]| if route.who == Who::Forge { [headers, &route.headers()].concat() } else { headers.to_vec() };
            // Every spelling with every method, and headers in turn; the plain path with every method and all headers.
            for (place, spelling) in spellings(&route.path).into_iter().enumerate() {
                for (turn, method) in METHODS.iter().enumerate() {
                    let headers = &overrides[(number + place + turn) % overrides.len()];
                    attacks.push((route, spelling.clone(), *method, with(headers)));
                }
            }
            for headers in &overrides {
                attacks.extend(METHODS.iter().map(|method| (route, route.path.clone(), *method, with(headers))));
            }
            // A caller with a token that is good elsewhere.
            for spelling in spellings(&route.path) {
                let headers = with(&[format!("authorization: Bearer {of_machine}")]);
                attacks.extend(["GET", "POST", "PUT", "DELETE"].map(|method| (route, spelling.clone(), method, headers.clone())));
            }
        }
        let before =
            (garm.repositories().await.len(), garm.instances().await.len(), garm.client().pools().list().await.expect("listed").len());
        let faults = for_each(&garm, &attacks, async |raw, (route, target, method, headers)| {
            let answer = raw.send(method, target, headers).await;
            let is_machine = headers.iter().any(|header| header.contains(&of_machine));
            let may = match route.who {
                Who::Anybody => route.for_anybody() == Some(answer.status),
                Who::Machine => is_machine,
                Who::Admin | Who::Metrics | Who::Forge => false,
            };
            // Browsers are told before they ask; that says nothing of what is there.
            let is_preflight = *method == "OPTIONS" && answer.body.is_empty();
            let is_refused = (400..500).contains(&answer.status);
            (!(may || is_preflight || is_refused) || answer.status >= 500).then(|| format!("{method} {target} {headers:?}: {answer:?}"))
        })
        .await;
        assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults[..faults.len().min(50)].join("\n"));
        assert!(attacks.len() >= 11_088, "{} attacks", attacks.len());
        documented(&format!(
            "{}: {} paths x {} methods x {} spellings and {} sets of headers",
            grouped(attacks.len()),
            routes.len(),
            METHODS.len(),
            spellings(&routes[0].path).len(),
            overrides.len()
        ));
        let after =
            (garm.repositories().await.len(), garm.instances().await.len(), garm.client().pools().list().await.expect("listed").len());
        assert_eq!(after, before);
        assert_eq!(garm.instances().await[0].status, "creating", "no attack has removed or reported it");

        // The spellings that are meant lead to the route: otherwise the test would try nothing.
        let mut raw = Raw::to(&garm.url);
        let bearer = [format!("authorization: Bearer {}", garm.token())];
        for target in [paths::POOLS.template().to_owned(), format!("{}/", paths::POOLS.template()), format!("{}?", paths::POOLS.template())]
        {
            assert_eq!(raw.send("GET", &target, &bearer).await.status, 200, "{target}");
        }
        std::fs::write(garm.directory().join("go"), "").expect("written");
        garm.finish().await;
    }
}
