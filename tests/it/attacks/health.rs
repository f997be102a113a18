//! Probes: what they tell to whom, what they cost, and that they tell the truth while the database is away.

use std::time::Duration;

use garm::api::{Readiness, paths};
use garm::crypto::random;
use garm::crypto::token::{InstanceClaims, TokenKey, UserClaims};
use garm::model::{SecretString, expose};
use reqwest::{Client, Method, StatusCode};

use crate::authorization::claims;
use crate::harness::{Database, Installation, JWT_SECRET, Plan, databases};

/// How many probes come, and how many of them at once: fewer than the connections that one peer may have.
const PROBES: usize = 500;
const AT_ONCE: usize = 100;

/// What one may take on a busy machine while the database does not answer: far less than the database would.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// A database that does not answer, until this is dropped or ended.
enum Away {
    Sqlite(diesel::sqlite::SqliteConnection),
    Postgres { admin: tokio_postgres::Client, database: String },
}

impl Away {
    async fn begin(garm: &Installation, database: &Database) -> Self {
        match database {
            Database::Sqlite => {
                use diesel::Connection as _;
                use diesel::connection::SimpleConnection as _;
                let path = garm.directory().join("garm.db");
                let mut conn = diesel::sqlite::SqliteConnection::establish(&path.to_string_lossy()).expect("opens");
                conn.batch_execute("PRAGMA busy_timeout = 10000; BEGIN EXCLUSIVE").expect("locked");
                Self::Sqlite(conn)
            }
            Database::Postgres { host, port, user, database, .. } => {
                let mut config = tokio_postgres::Config::new();
                config.host(host).port(*port).user(user).dbname("postgres");
                let (admin, connection) = config.connect(tokio_postgres::NoTls).await.expect("the test server answers");
                tokio::spawn(connection);
                let away = Self::Postgres { admin, database: database.clone() };
                away.allow_connections(false).await;
                away
            }
        }
    }

    async fn allow_connections(&self, are_allowed: bool) {
        let Self::Postgres { admin, database } = self else { return };
        let allow = format!("ALTER DATABASE {database} WITH ALLOW_CONNECTIONS {are_allowed}");
        admin.batch_execute(&allow).await.expect("changed");
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
        admin.batch_execute(&end).await.expect("ended");
    }

    async fn end(self) {
        self.allow_connections(true).await;
        if let Self::Sqlite(conn) = self {
            drop(conn);
        }
    }
}

async fn probe(http: &Client, garm: &Installation, token: Option<&str>) -> (StatusCode, Readiness) {
    let mut request = http.get(format!("{}{}", garm.url, paths::READINESS.template()));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.expect("a probe is answered in time");
    (answer.status(), answer.json().await.expect("JSON"))
}

fn faults(readiness: &Readiness) -> Vec<&str> {
    readiness.parts.iter().filter(|part| !part.fault.is_empty()).map(|part| part.name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_told_of_at_once_to_everybody_and_why_to_administrators_only() {
    for database in databases().await {
        let mut garm = Installation::start(Plan { database: database.clone(), ..Plan::default() }).await;
        let http = Client::builder().timeout(ANSWER_MAX).build().expect("a client");
        garm.until("it is ready before there is an administrator", async |garm| {
            (probe(&http, garm, None).await.0 == StatusCode::OK).then_some(())
        })
        .await;
        garm.log_in_first().await;
        let (status, readiness) = probe(&http, &garm, Some(garm.token())).await;
        let names: Vec<&str> = readiness.parts.iter().map(|part| part.name.as_str()).collect();
        assert_eq!((status.as_u16(), readiness.status.as_str()), (200, "ready"));
        assert_eq!((names, faults(&readiness)), (vec!["listener", "database", "leases", "tasks"], Vec::new()));

        let away = Away::begin(&garm, &database).await;
        let token = garm.token().to_owned();
        garm.until("it is not ready", async |garm| {
            let (status, readiness) = probe(&http, garm, Some(&token)).await;
            (status == StatusCode::SERVICE_UNAVAILABLE && faults(&readiness).contains(&"database")).then_some(())
        })
        .await;
        let metrics = UserClaims { is_admin: false, read_metrics: true, ..claims(&token) };
        let metrics = TokenKey::new(&SecretString::from(JWT_SECRET)).issue(&metrics);
        for stranger in [None, Some("nonsense"), Some(expose(&metrics))] {
            let (status, readiness) = probe(&http, &garm, stranger).await;
            assert_eq!((status.as_u16(), readiness.status.as_str(), readiness.parts.len()), (503, "not ready", 0));
        }
        // Many at once neither wait for the database nor for each other.
        for _ in 0..PROBES / AT_ONCE {
            let probes = futures_util::future::join_all((0..AT_ONCE).map(|_| probe(&http, &garm, None))).await;
            assert!(probes.iter().all(|(status, _)| *status == StatusCode::SERVICE_UNAVAILABLE));
        }
        let alive = http.get(format!("{}{}", garm.url, paths::HEALTH.template())).send().await.expect("an answer");
        assert_eq!(
            (alive.status().as_u16(), alive.text().await.expect("a body").as_str()),
            (200, "ok\n"),
            "the process lives all the while"
        );

        away.end().await;
        garm.until("it is ready again", async |garm| (probe(&http, garm, None).await.0 == StatusCode::OK).then_some(())).await;
        garm.until("the log tells of both", async |garm| {
            let log = garm.log();
            (log.contains("\"the server is not ready\"") && log.contains("\"the server is ready again\"")).then_some(())
        })
        .await;
        garm.finish().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_not_signed_here_costs_no_look_into_the_database() {
    for database in databases().await {
        let garm = Installation::set_up(Plan { database: database.clone(), ..Plan::default() }).await;
        let http = Client::builder().timeout(ANSWER_MAX).build().expect("a client");
        let key = TokenKey::new(&SecretString::from("another secret, which nobody has configured"));
        let admin: UserClaims = claims(garm.token());
        let metrics = UserClaims { is_admin: false, read_metrics: true, ..admin.clone() };
        let machine = InstanceClaims {
            id: random::uuid().to_string(),
            name: "garm-1".into(),
            provider_id: String::new(),
            scope: "repository".into(),
            entity: "octo/hello".into(),
            create_attempt: 1,
            forge_type: "github".into(),
            is_agent: false,
            iss: InstanceClaims::ISSUER.into(),
            exp: admin.exp,
        };
        let routes = [
            (Method::GET, paths::POOLS, key.issue(&admin)),
            (Method::GET, paths::METRICS, key.issue(&metrics)),
            (Method::POST, paths::CALLBACK_STATUS, key.issue(&machine)),
            (Method::GET, paths::METADATA_RUNNER, key.issue(&machine)),
        ];
        let away = Away::begin(&garm, &database).await;
        garm.until("it is not ready", async |garm| (probe(&http, garm, None).await.0 == StatusCode::SERVICE_UNAVAILABLE).then_some(()))
            .await;
        let ask = async |method: &Method, route: paths::Route<0>, token: &str| {
            let request = http.request(method.clone(), format!("{}{}", garm.url, route.template())).bearer_auth(token).body("{}");
            request.send().await.expect("it is answered in time").status()
        };
        for (method, route, forged) in &routes {
            for token in ["nonsense", expose(forged)] {
                assert_eq!(ask(method, *route, token).await, StatusCode::UNAUTHORIZED, "{}", route.template());
            }
        }
        away.end().await;
        garm.until("it is ready again", async |garm| (probe(&http, garm, None).await.0 == StatusCode::OK).then_some(())).await;
        garm.finish().await;
    }
}
