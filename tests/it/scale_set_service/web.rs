//! A web server that answers as it is told to, in place of the service.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use garm::clock::Clock;
use garm::forge::{Clients, ScaleSetService};
use garm::model::{CredentialsSecret, EntityKind, EntityRef, MessageSession, SecretString, ServiceScaleSetId, SessionId};
use garm::time::Timestamp;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::harness::forge_client;

/// It signed itself, is marked as one of an authority, and is for `localhost` and 127.0.0.1.
pub(super) const CERTIFICATE: &[u8] = include_bytes!("../../../testdata/tls/first.pem");
pub(super) const PAT: &str = "a-token-of-the-credentials";
pub(super) const ADMIN: &str = "a-token-of-the-service";
pub(super) const QUEUE: &str = "a-token-of-the-queue";
pub(super) const SESSION: &str = "0b8ce3d2-51f0-4a0e-8d44-90a1f6c1d001";
pub(super) const SCALE_SET: ServiceScaleSetId = ServiceScaleSetId(31);

/// A request as it came in.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Method, path and query.
    pub(super) line: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(super) enum Reply {
    Says(u16, String),
    /// The same, from another place.
    PointsTo(u16, String),
    Never,
}

/// The answers to requests whose line contains the word. The last one is repeated.
type Script = (&'static str, VecDeque<Reply>);

/// A web server that answers as it is told to.
#[derive(Clone, Default)]
pub(super) struct Web {
    scripts: Arc<Mutex<Vec<Script>>>,
    asked: Arc<Mutex<Vec<Asked>>>,
    pub(super) silent: Arc<Notify>,
    pub(super) url: String,
}

impl Web {
    /// A server that answers nothing so far.
    pub(super) async fn bare() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let web = Self { url: format!("http://{}", listener.local_addr().expect("an address")), ..Self::default() };
        let router = Router::new().fallback(answer).with_state(web.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        web
    }

    /// A server with a way to the service, whose address has a path and a query of its own.
    pub(super) async fn start() -> Self {
        let web = Self::bare().await;
        web.say("/actions/runners/registration-token", 201, json!({ "token": "registration-1", "expires_at": "2030-01-01T00:00:00Z" }));
        let connection = json!({ "url": format!("{}/tenant/5/?route=a%20b", web.url), "token": ADMIN });
        web.text("/actions/runner-registration", 200, &format!("\u{feff}{connection}"));
        web
    }

    pub(super) fn reply(&self, word: &'static str, replies: impl IntoIterator<Item = Reply>) {
        self.scripts.lock().expect("no panic").insert(0, (word, replies.into_iter().collect()));
    }

    pub(super) fn text(&self, word: &'static str, status: u16, body: &str) {
        self.reply(word, [Reply::Says(status, body.to_owned())]);
    }

    #[expect(clippy::needless_pass_by_value, reason = "answers are written where they are said")]
    pub(super) fn say(&self, word: &'static str, status: u16, body: Value) {
        self.text(word, status, &body.to_string());
    }

    /// What was asked since the last look.
    pub(super) fn asked(&self) -> Vec<Asked> {
        std::mem::take(&mut *self.asked.lock().expect("no panic"))
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.asked().into_iter().map(|asked| asked.line).collect()
    }

    pub(super) fn service(&self) -> Arc<dyn ScaleSetService> {
        self.service_with(&Clients::new(Clock::System))
    }

    pub(super) fn service_with(&self, clients: &Clients) -> Arc<dyn ScaleSetService> {
        let forge = forge_client(clients, &self.url, CredentialsSecret::Pat(SecretString::from(PAT)));
        forge.scale_sets(&repository()).expect("it has scale sets")
    }

    pub(super) fn session(&self) -> MessageSession {
        MessageSession {
            id: SESSION.parse().expect("an id"),
            owner: "garm-1".into(),
            queue_url: format!("{}/queue/message?sessionId={SESSION}", self.url),
            token: SecretString::from(QUEUE),
            token_ends_at: Timestamp::EPOCH,
            scale_set: None,
            statistics: None,
        }
    }
}

pub(super) async fn answer(State(web): State<Web>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let line = format!("{} {}", parts.method, parts.uri.path_and_query().expect("a path"));
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let body = serde_json::from_slice(&body).unwrap_or_default();
    web.asked.lock().expect("no panic").push(Asked { line: line.clone(), headers: parts.headers, body });
    let reply = {
        let mut scripts = web.scripts.lock().expect("no panic");
        let replies = scripts.iter_mut().find(|(word, _)| line.contains(word)).map(|(_, replies)| replies);
        replies.and_then(|replies| if replies.len() > 1 { replies.pop_front() } else { replies.front().cloned() })
    };
    let mut response = Response::new(Body::empty());
    match reply.unwrap_or(Reply::Says(404, "{}".to_owned())) {
        Reply::Says(status, body) => {
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            *response.body_mut() = Body::from(body);
        }
        Reply::PointsTo(status, place) => {
            *response.status_mut() = StatusCode::from_u16(status).expect("a status");
            response.headers_mut().insert("location", place.parse().expect("a header's value"));
        }
        Reply::Never => {
            web.silent.notify_one();
            std::future::pending::<()>().await;
        }
    }
    response
}

/// A server with TLS whose certificate it signed itself, as many a GHES has it. Answers also which versions of HTTP its connections agreed on.
pub(super) async fn with_tls(router: Router) -> (String, Arc<Mutex<Vec<Vec<u8>>>>) {
    let chain = CertificateDer::pem_slice_iter(CERTIFICATE).collect::<Result<Vec<_>, _>>().expect("a certificate");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("versions");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../../../testdata/tls/first.key")).expect("a key");
    let mut config = config.with_no_client_auth().with_single_cert(chain, key).expect("they belong together");
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    let agreed: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
    let seen = Arc::clone(&agreed);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, router, seen) = (acceptor.clone(), router.clone(), Arc::clone(&seen));
            tokio::spawn(async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let protocol = stream.get_ref().1.alpn_protocol().unwrap_or_default().to_vec();
                let is_h2 = protocol == b"h2";
                seen.lock().expect("no panic").push(protocol);
                let (stream, service) = (TokioIo::new(stream), TowerToHyperService::new(router));
                // How a connection ends does not matter here.
                if is_h2 {
                    drop(hyper::server::conn::http2::Builder::new(TokioExecutor::new()).serve_connection(stream, service).await);
                } else {
                    drop(hyper::server::conn::http1::Builder::new().serve_connection(stream, service).await);
                }
            });
        }
    });
    (url, agreed)
}

pub(super) fn repository() -> EntityRef {
    EntityRef { kind: EntityKind::Repository, owner: "octo".into(), name: "hello".into() }
}

pub(super) fn id() -> SessionId {
    SESSION.parse().expect("an id")
}

pub(super) fn exception(name: &str, message: &str) -> Value {
    json!({ "typeName": format!("GitHub.Actions.Runtime.WebApi.{name}, GitHub.Actions.Runtime.WebApi"), "message": message })
}

pub(super) fn scale_set(name: &str) -> Value {
    json!({ "id": 31, "name": name, "runnerGroupId": 1, "labels": null, "RunnerSetting": { "disableUpdate": true } })
}
