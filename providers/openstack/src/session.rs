//! HTTP with a token: one per process, unless it expires while a server is waited for.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use reqwest::{Certificate, Client, Method, RequestBuilder, Response, StatusCode, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::clouds::Cloud;
use crate::error::Error;
use crate::keystone::{self, Token};

/// The most a service may take for one answer. Nova checks a lot before it accepts a server.
const ANSWER: Duration = Duration::from_mins(1);
const CONNECT: Duration = Duration::from_secs(10);

/// Pauses before another try of what failed for a reason that passes.
const PAUSES: [Duration; 3] = [Duration::from_millis(250), Duration::from_millis(500), Duration::from_secs(1)];

/// A cloud we are signed in to.
pub(crate) struct Session {
    http: Client,
    cloud: Cloud,
    token: RefCell<Rc<Token>>,
}

impl Session {
    /// Signs in.
    pub(crate) async fn open(cloud: Cloud) -> Result<Self, Error> {
        let http = client(&cloud)?;
        let token = RefCell::new(Rc::new(sign_in(&http, &cloud).await?));
        Ok(Self { http, cloud, token })
    }

    /// The first of these services that the catalogue has. Catalogues name some versions and not others: `version` is added where there is none.
    pub(crate) fn service(&self, kinds: &[&'static str], version: &str) -> Result<Service<'_>, Error> {
        let mut base = self.token.borrow().catalogue.find(kinds, &self.cloud)?;
        let major = version.split('.').next().unwrap_or(version);
        let versioned = base.path().split('/').any(|segment| segment.split('.').next() == Some(major));
        if let Ok(mut path) = base.path_segments_mut() {
            path.pop_if_empty().extend((!versioned).then_some(version));
        }
        Ok(Service { session: self, kind: kinds[0], base, microversion: None })
    }

    /// Sends what `request` builds. What may be repeated is, when the reason passes; a token that has expired is renewed once.
    async fn send(&self, service: &str, request: impl Fn() -> RequestBuilder, repeatable: bool) -> Result<Response, Error> {
        let mut pauses = PAUSES.into_iter().take(if repeatable { PAUSES.len() } else { 0 });
        let mut renewed = false;
        loop {
            let token = Rc::clone(&self.token.borrow());
            let result = request().header("X-Auth-Token", token.value.expose_secret()).send().await;
            match result {
                Ok(response) if response.status() == StatusCode::UNAUTHORIZED && !renewed => {
                    renewed = true;
                    let token = Rc::new(sign_in(&self.http, &self.cloud).await?);
                    self.token.replace(token);
                }
                Ok(response) if !passes(response.status()) => return accepted(service, response).await,
                result => match pauses.next() {
                    Some(pause) => tokio::time::sleep(pause).await,
                    None => return accepted(service, result.map_err(|error| unreachable(service, &error))?).await,
                },
            }
        }
    }
}

/// One service.
pub(crate) struct Service<'a> {
    session: &'a Session,
    kind: &'static str,
    base: Url,
    microversion: Option<&'static str>,
}

impl Service<'_> {
    /// Asks for a version of the interface in every request, as Nova has it.
    pub(crate) fn with_microversion(self, microversion: &'static str) -> Self {
        Self { microversion: Some(microversion), ..self }
    }

    /// Reads something.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &[&str], query: &[(&str, &str)]) -> Result<T, Error> {
        let url = self.url(path);
        let request = || self.request(Method::GET, &url).query(query);
        let response = self.session.send(self.kind, request, true).await?;
        response.json().await.map_err(|error| unreachable(self.kind, &error))
    }

    /// Creates something; not repeated, because a lost answer is not known.
    pub(crate) async fn create<T: DeserializeOwned>(&self, path: &[&str], body: &Value) -> Result<T, Error> {
        let url = self.url(path);
        let response = self.session.send(self.kind, || self.request(Method::POST, &url).json(body), false).await?;
        response.json().await.map_err(|error| unreachable(self.kind, &error))
    }

    /// Asks for a state, which is as good when asked for twice.
    pub(crate) async fn act(&self, path: &[&str], body: &Value) -> Result<(), Error> {
        let url = self.url(path);
        self.session.send(self.kind, || self.request(Method::POST, &url).json(body), true).await.map(drop)
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        url
    }

    fn request(&self, method: Method, url: &Url) -> RequestBuilder {
        let request = self.session.http.request(method, url.clone()).header("Accept", "application/json");
        match self.microversion {
            Some(version) => request.header("OpenStack-API-Version", format!("{} {version}", self.kind)),
            None => request,
        }
    }
}

fn client(cloud: &Cloud) -> Result<Client, Error> {
    let mut builder = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .user_agent(concat!("garm-provider-openstack/", env!("CARGO_PKG_VERSION")));
    if cloud.verify == Some(false) {
        builder = builder.tls_danger_accept_invalid_certs(true);
    } else if let Some(path) = &cloud.cacert {
        let broken = |error: &dyn std::fmt::Display| Error::Input(format!("cacert {}: {error}", path.display()));
        let pem = std::fs::read(path).map_err(|error| broken(&error))?;
        builder = builder.tls_certs_merge(Certificate::from_pem_bundle(&pem).map_err(|error| broken(&error))?);
    }
    builder.build().map_err(|error| Error::Input(format!("cannot prepare HTTPS: {}", reason(&error))))
}

async fn sign_in(http: &Client, cloud: &Cloud) -> Result<Token, Error> {
    const SERVICE: &str = "identity";
    let (url, body) = (keystone::token_url(cloud)?, keystone::token_request(cloud)?);
    let mut pauses = PAUSES.into_iter();
    let response = loop {
        match http.post(url.clone()).json(&body).send().await {
            Ok(response) if !passes(response.status()) => break accepted(SERVICE, response).await?,
            result => match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => break accepted(SERVICE, result.map_err(|error| unreachable(SERVICE, &error))?).await?,
            },
        }
    };
    let value = response.headers().get("X-Subject-Token").and_then(|value| value.to_str().ok()).map(SecretString::from);
    let value = value.ok_or_else(|| Error::Unreachable(format!("{url} answers without a token; is it Keystone?")))?;
    let answer: keystone::Answer = response.json().await.map_err(|error| unreachable(SERVICE, &error))?;
    Ok(Token { value, catalogue: answer.token })
}

/// Whether the refusal is likely to pass within a second or two.
fn passes(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

async fn accepted(service: &str, response: Response) -> Result<Response, Error> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status();
    let body = response.text().await.map_err(|error| unreachable(service, &error))?;
    Err(Error::refused(service, status, &body))
}

fn unreachable(service: &str, error: &reqwest::Error) -> Error {
    let place = error.url().map(|url| format!(" at {}", url.origin().ascii_serialization())).unwrap_or_default();
    Error::Unreachable(format!("no answer from {service}{place}: {}", reason(error)))
}

/// The innermost cause: what wraps it only says that a request failed.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}
