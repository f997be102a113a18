//! The running forge: a loopback listener with the REST face, the runners' protocol and the service for scale sets, the sender of deliveries, and
//! the watch over what time ends.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{DefaultBodyLimit, Request, State as Shared};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::face::{API_PREFIX, Face, template};
use super::forge::Forge;
use super::runner_archive::{RUNNER_VERSION, RunnerArchive};
use super::{deliveries, http, runner_protocol, scale_sets};

/// The largest body that is read, of requests and of answers.
const BODY_MAX: usize = 4 * 1024 * 1024;
/// How long requests that are being answered may take once the server stops.
const STOP_GRACE: Duration = Duration::from_secs(5);

/// One REST request with its answer, as an observer sees it.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// Method of the request.
    pub method: Method,
    /// The route as GitHub's published description spells it, such as `/orgs/{org}/actions/runners`; `None` = no such route.
    pub template: Option<String>,
    /// Path of the request below [`API_PREFIX`].
    pub path: String,
    /// Query of the request, without the question mark.
    pub query: Option<String>,
    /// Body of the request.
    pub request_body: Bytes,
    /// Status of the answer.
    pub status: StatusCode,
    /// Headers of the answer.
    pub headers: HeaderMap,
    /// Body of the answer.
    pub body: Bytes,
}

/// Sees every REST exchange, before the answer is sent. Tests use it to hold each answer against the published schemas.
pub type Observer = Arc<dyn Fn(&Exchange) + Send + Sync>;

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// The words of the operating system.
        #[source]
        source: io::Error,
    },
    /// The runner archive cannot be built.
    #[error("cannot build the runner archive")]
    Archive(#[source] io::Error),
    /// The client that sends deliveries cannot be built.
    #[error("cannot build the client for deliveries")]
    Client(#[source] reqwest::Error),
}

/// A running fake forge; dropping it stops it without waiting.
pub struct ForgeServer {
    url: String,
    address: SocketAddr,
    stop: DropGuard,
    tasks: Vec<JoinHandle<()>>,
}

impl fmt::Debug for ForgeServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForgeServer").field("url", &self.url).finish_non_exhaustive()
    }
}

impl ForgeServer {
    /// Serves the forge on this address; port 0 = any free port.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(forge: Forge, bind: SocketAddr) -> Result<Self, StartError> {
        Self::start_with(forge, bind, None).await
    }

    /// Like [`ForgeServer::start`], and shows every REST exchange to the observer.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start_with(forge: Forge, bind: SocketAddr, observer: Option<Observer>) -> Result<Self, StartError> {
        let failed = |source| StartError::Bind { address: bind, source };
        let listener = TcpListener::bind(bind).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let url = format!("http://{address}");
        let archive = RunnerArchive::build(RUNNER_VERSION).map_err(StartError::Archive)?;
        // Receivers are on this machine: a proxy from the environment could only get in the way.
        let client = reqwest::Client::builder().no_proxy().build().map_err(StartError::Client)?;
        forge.write(|state| state.url.clone_from(&url));

        let stop = CancellationToken::new();
        let face = Face { forge: forge.clone(), archive, stop: stop.clone() };
        let serve = axum::serve(listener, router(face, observer)).with_graceful_shutdown(stop.clone().cancelled_owned());
        let tasks = vec![
            tokio::spawn(async move {
                if let Err(err) = serve.await {
                    tracing::error!(error = %err, "the fake forge stopped listening");
                }
            }),
            tokio::spawn(deliveries::run(forge.clone(), client, stop.clone())),
            tokio::spawn(watch_sessions(forge, stop.clone())),
        ];
        Ok(Self { url, address, stop: stop.drop_guard(), tasks })
    }

    /// Scheme, host and port, without a slash at the end. The REST API is at [`ForgeServer::api_url`].
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where the REST API is: what an endpoint's `api_base_url` should be.
    #[must_use]
    pub fn api_url(&self) -> String {
        format!("{}{API_PREFIX}", self.url)
    }

    /// The address it listens on; a later server on the same address is found by the same clients.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening, ends long polls, lets requests that are being answered finish, and stops sending deliveries.
    pub async fn stop(self) {
        self.stop.disarm().cancel();
        for mut task in self.tasks {
            if tokio::time::timeout(STOP_GRACE, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

/// Notices what time ends: runners and listeners that have fallen silent, jobs that nobody picks up.
async fn watch_sessions(forge: Forge, stop: CancellationToken) {
    loop {
        let settings = forge.settings();
        let shortest = settings.session_timeout.min(settings.scale_sets.pickup_timeout).min(settings.scale_sets.session_timeout);
        let period = (shortest / 4).max(Duration::from_millis(10));
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(period) => forge.expire_sessions(),
        };
    }
}

fn router(face: Face, observer: Option<Observer>) -> Router {
    let rest = http::routes(face.clone());
    let rest = match observer {
        Some(observer) => rest.layer(middleware::from_fn_with_state(observer, observe)),
        None => rest,
    };
    Router::new()
        .nest(API_PREFIX, rest)
        .merge(runner_protocol::routes(face.clone()))
        .merge(scale_sets::routes(face.clone()))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(face, fail_in_outage))
}

/// During an outage everything gets the page of a load balancer: not JSON, as with the real thing.
async fn fail_in_outage(Shared(face): Shared<Face>, request: Request, next: Next) -> Response {
    if face.forge.read(|state| state.settings.outage) {
        let page = "<!DOCTYPE html><html><body><h1>This page is taking too long to load.</h1></body></html>";
        return (StatusCode::SERVICE_UNAVAILABLE, [(header::CONTENT_TYPE, "text/html")], page).into_response();
    }
    next.run(request).await
}

async fn observe(Shared(observer): Shared<Observer>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let template = template(&request);
    let path = request.uri().path().to_owned();
    let query = request.uri().query().map(str::to_owned);
    let (parts, body) = request.into_parts();
    let Ok(request_body) = axum::body::to_bytes(body, BODY_MAX).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let response = next.run(Request::from_parts(parts, Body::from(request_body.clone()))).await;
    let (parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, usize::MAX).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    observer(&Exchange {
        method,
        template,
        path,
        query,
        request_body,
        status: parts.status,
        headers: parts.headers.clone(),
        body: body.clone(),
    });
    Response::from_parts(parts, Body::from(body))
}
