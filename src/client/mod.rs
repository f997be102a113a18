//! The client of the HTTP API, as the command line uses it.

mod error;
mod resources;
mod scale_sets;
mod socket;
mod trace;

pub use error::Error;
pub use resources::{
    Credentials, DeliveryFilter, Endpoints, Entities, EntityFilter, Instances, JobFilter, Jobs, Pools, Providers, Removal, TemplateFilter,
    Templates,
};
pub use scale_sets::ScaleSets;
pub use socket::Messages;

use std::fmt;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use url::Url;

use crate::api::ErrorBody;
use crate::api::paths::{self, NotASegment};
use crate::model::{SecretString, describe, expose};
use crate::proxies::Proxies;

/// No answer of the API takes longer.
const DEADLINE: Duration = Duration::from_mins(1);

/// A connection to one server.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    base: Url,
    token: Option<SecretString>,
    trace: Option<fn(&str)>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Client {
    /// A client for the server at `url` (with or without `/api/v1`), with a login token if there is one.
    ///
    /// # Errors
    /// When `url` is not an http or https URL.
    pub fn new(url: &str, token: Option<SecretString>) -> Result<Self, Error> {
        let wrong = || Error::Url(url.to_owned());
        let mut base = Url::parse(url.trim_end_matches('/')).map_err(|_| wrong())?;
        if !matches!(base.scheme(), "http" | "https") || !base.has_host() {
            return Err(wrong());
        }
        let path = base.path().trim_end_matches('/').trim_end_matches(paths::PREFIX).to_owned();
        base.set_path(&format!("{path}{}/", paths::PREFIX));
        let http = builder().timeout(DEADLINE).build();
        let http = http.map_err(|fault| Error::Unreachable { url: base.to_string(), fault: describe(&fault) })?;
        Ok(Self { http, base, token, trace: None })
    }

    /// Passes each request and its answer to a function, without their secrets.
    #[must_use]
    pub fn traced(self, told: fn(&str)) -> Self {
        Self { trace: Some(told), ..self }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.json(Method::GET, path, None::<&()>).await
    }

    /// Upstream's server says `null` where a list is empty.
    async fn list<T: DeserializeOwned>(&self, path: &str) -> Result<Vec<T>, Error> {
        Ok(self.get::<Option<Vec<T>>>(path).await?.unwrap_or_default())
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Error> {
        self.json(Method::POST, path, Some(body)).await
    }

    async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, Error> {
        self.json(Method::PUT, path, Some(body)).await
    }

    async fn delete(&self, path: &str) -> Result<(), Error> {
        self.done(Method::DELETE, path, None::<&()>).await
    }

    /// A request whose success has nothing to say.
    async fn done(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<(), Error> {
        let bytes = self.send(method, path, body).await?;
        if bytes.trim_ascii().is_empty() { Ok(()) } else { Err(self.garbled("it has something to say where a garm server has nothing")) }
    }

    async fn json<T: DeserializeOwned>(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<T, Error> {
        let bytes = self.send(method, path, body).await?;
        serde_json::from_slice(&bytes).map_err(|fault| self.garbled(fault.to_string()))
    }

    async fn send(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> Result<Vec<u8>, Error> {
        let url = self.url(path)?;
        if let Some(told) = self.trace {
            told(&format!("> {method} {url}"));
            if let Some(body) = body {
                told(&trace::body(&serde_json::to_vec(body).unwrap_or_default()));
            }
        }
        let mut request = self.request(&self.http, method, url);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|fault| self.unreachable(&fault))?;
        let status = response.status();
        let content_type = response.headers().get(CONTENT_TYPE).cloned();
        let bytes = response.bytes().await.map_err(|fault| self.unreachable(&fault))?.to_vec();
        if let Some(told) = self.trace {
            told(&format!("< {status}"));
            told(&trace::body(&bytes));
        }
        if !status.is_success() {
            return Err(refusal(status, &bytes));
        }
        self.check_label(status, content_type.as_ref())?;
        Ok(bytes)
    }

    /// Upstream's server and ours label each success as JSON, an empty one too, except where the status says that there is no content. A login page
    /// or a proxy in the server's place does not: its 200 must not pass for a success.
    fn check_label(&self, status: StatusCode, content_type: Option<&HeaderValue>) -> Result<(), Error> {
        if status == StatusCode::NO_CONTENT {
            return Ok(());
        }
        let Some(label) = content_type else { return Err(self.garbled(format!("its status is {status}, and it has no content type"))) };
        let label = String::from_utf8_lossy(label.as_bytes());
        let kind = label.split(';').next().unwrap_or_default().trim();
        if kind.eq_ignore_ascii_case("application/json") {
            return Ok(());
        }
        Err(self.garbled(format!("its content type is {label:?}, not application/json")))
    }

    fn garbled(&self, fault: impl Into<String>) -> Error {
        Error::Garbled { url: self.base.to_string(), fault: fault.into() }
    }

    /// Where the server has a path of the API.
    fn url(&self, path: &str) -> Result<Url, Error> {
        let wrong = || Error::Name(NotASegment(path.to_owned()));
        let below = path.strip_prefix(paths::PREFIX).and_then(|path| path.strip_prefix('/')).ok_or_else(wrong)?;
        let url = self.base.join(below).map_err(|_| wrong())?;
        // If parsing changes the path, one of its segments leads to another route.
        if url.path().strip_prefix(self.base.path()) != below.split('?').next() || url.fragment().is_some() {
            return Err(wrong());
        }
        Ok(url)
    }

    /// A request with the login.
    fn request(&self, http: &reqwest::Client, method: Method, url: Url) -> RequestBuilder {
        let request = http.request(method, url);
        match &self.token {
            Some(token) => request.bearer_auth(expose(token)),
            None => request,
        }
    }

    fn unreachable(&self, fault: &reqwest::Error) -> Error {
        let text = std::error::Error::source(fault).map_or_else(|| fault.to_string(), describe);
        Error::Unreachable { url: self.base.to_string(), fault: text }
    }
}

/// The settings that all connections have in common.
fn builder() -> reqwest::ClientBuilder {
    Proxies::new(&[]).apply(reqwest::Client::builder()).user_agent(concat!("garm-cli/", env!("CARGO_PKG_VERSION")))
}

/// The error for an answer whose status is not a success.
fn refusal(status: StatusCode, body: &[u8]) -> Error {
    let told: ErrorBody = serde_json::from_slice(body).unwrap_or_default();
    match (status, told.error.as_str()) {
        _ if status.is_server_error() && told.details.is_empty() => Error::Failed { status },
        (StatusCode::CONFLICT, "init_required") => Error::NotInitialised,
        (StatusCode::CONFLICT, "urls_required") => Error::UrlsNotSet,
        // A proxy before the server may answer in its place, with other words or none.
        (_, "") => {
            let reason = status.canonical_reason().unwrap_or_default();
            Error::Refused { status: status.as_u16(), details: format!("the request was refused: {reason}") }
        }
        (StatusCode::UNAUTHORIZED, "Not Authorized") => Error::WrongLogin,
        (StatusCode::UNAUTHORIZED, _) => Error::NotLoggedIn,
        _ => Error::Refused { status: status.as_u16(), details: if told.details.is_empty() { told.error } else { told.details } },
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A call whose answer says nothing but that it succeeded.
    type Call = for<'a> fn(&'a Client) -> BoxFuture<'a, Result<(), Error>>;

    /// A client, and a server that answers it once.
    async fn answered(answer: String) -> (Client, tokio::task::JoinHandle<()>) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = Client::new(&format!("http://{}", listener.local_addr().expect("bound")), None).expect("a URL");
        let answering = async move {
            let (mut stream, _) = listener.accept().await.expect("a connection");
            assert!(stream.read(&mut [0; 1000]).await.expect("readable") > 0, "a request");
            stream.write_all(answer.as_bytes()).await.expect("sent");
            stream.shutdown().await.expect("closed");
            stream.read_to_end(&mut Vec::new()).await.expect("the client is done");
        };
        (client, tokio::spawn(answering))
    }

    #[tokio::test]
    async fn a_success_is_believed_of_a_garm_server_only() {
        let (json, page) = ("content-type: application/json\r\n", "content-type: text/html; charset=utf-8\r\n");
        let table = [
            ("200 OK", json, "", Ok(())),
            ("200 OK", "Content-Type: Application/JSON; charset=utf-8\r\n", "", Ok(())),
            ("204 No Content", "", "", Ok(())),
            ("200 OK", page, "<html>Log in</html>", Err(r#"its content type is "text/html; charset=utf-8", not application/json"#)),
            ("200 OK", page, "", Err(r#"its content type is "text/html; charset=utf-8", not application/json"#)),
            ("200 OK", "content-type: text/plain\r\n", "OK", Err(r#"its content type is "text/plain", not application/json"#)),
            ("200 OK", "", "OK", Err("its status is 200 OK, and it has no content type")),
            ("202 Accepted", "", "", Err("its status is 202 Accepted, and it has no content type")),
            ("200 OK", json, r#"{"status":"ok"}"#, Err("it has something to say where a garm server has nothing")),
        ];
        for (status, label, body, expected) in table {
            let length = body.len();
            let answer = format!("HTTP/1.1 {status}\r\n{label}content-length: {length}\r\nconnection: close\r\n\r\n{body}");
            let calls: [Call; 4] = [
                |client| Box::pin(client.instances().delete("garm-1", Removal::default())),
                |client| Box::pin(client.credentials().delete(1)),
                |client| Box::pin(client.check_login()),
                |client| Box::pin(async { client.templates().restore(&crate::api::RestoreTemplatesParams::default()).await }),
            ];
            for call in calls {
                let (client, server) = answered(answer.clone()).await;
                let told = call(&client).await.map_err(|fault| fault.to_string());
                let url = &client.base;
                assert_eq!(
                    told,
                    expected.map_err(|fault| format!("the answer of {url} is not that of a garm server: {fault}")),
                    "{answer}"
                );
                server.await.expect("it has answered");
            }
        }
    }

    #[tokio::test]
    async fn failures_are_told_apart_from_refusals_whoever_answers() {
        let table = [
            ("401 Unauthorized", "<html>", "the request was refused: Unauthorized [401]"),
            ("401 Unauthorized", r#"{"error":"Authentication failed","details":""}"#, "the login is missing or has expired [401]"),
            ("500 Internal Server Error", r#"{"error":"Server error","details":""}"#, "the server failed: Internal Server Error [500]"),
            ("500 Internal Server Error", r#"{"error":"Server error","details":"the forge is away"}"#, "the forge is away [500]"),
            ("502 Bad Gateway", "<html>", "the server failed: Bad Gateway [502]"),
            ("403 Forbidden", "<html>", "the request was refused: Forbidden [403]"),
            ("400 Bad Request", r#"{"error":"Bad Request","details":"name: no"}"#, "name: no [400]"),
        ];
        for (status, body, expected) in table {
            let text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            let (client, server) = answered(text).await;
            assert_eq!(client.pools().delete("x").await.expect_err("not done").to_string(), expected);
            server.await.expect("it has answered");
        }
    }

    #[tokio::test]
    async fn a_path_that_leads_elsewhere_is_refused_before_anybody_is_asked() {
        let client = Client::new("http://127.0.0.1:1", None).expect("a URL");
        let lead_elsewhere =
            ["github/endpoints/zzz/../../credentials/3", "../x", "/first-run", "http://elsewhere/", "a/%2e%2e/b", "a#b", "a\\..\\b"];
        let below = lead_elsewhere.map(|path| format!("/api/v1/{path}"));
        for path in lead_elsewhere.map(str::to_owned).into_iter().chain(below) {
            let refused = client.delete(&path).await.expect_err("it leads elsewhere");
            assert!(matches!(refused, Error::Name(_)), "{path}: {refused}");
        }
        let tried = client.instances().delete("garm-1", Removal::default()).await.expect_err("nobody answers");
        assert!(matches!(tried, Error::Unreachable { .. }), "{tried}");
    }
}
