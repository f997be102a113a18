//! Logs one line per request. All lines logged while a request is answered carry the id of that request.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::HttpBody;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use tracing::{Instrument, error_span, info};
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::{OpenApi as Document, RefOr};

use crate::crypto::random;

/// Carries the id in both directions.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest id that is taken from a request.
const ID_MAX: usize = 128;

/// The most bytes of a text from a client that are logged.
const SHOWN_MAX: usize = 1024;

/// The address at the other end of the connection. The server puts it into every request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer(pub(super) SocketAddr);

/// Names of query parameters whose values may be logged: those of the API. The value of any other parameter could be a secret.
#[derive(Clone, Debug)]
pub(super) struct KnownParameters(Arc<BTreeSet<String>>);

impl KnownParameters {
    pub(super) fn of(document: &Document) -> Self {
        let operations = document.paths.paths.values().flat_map(|item| [&item.get, &item.put, &item.post, &item.delete]).flatten();
        let parameters = operations.flat_map(|operation: &Operation| operation.parameters.iter().flatten());
        let in_query = parameters.filter_map(|parameter| match parameter {
            RefOr::T(parameter) if parameter.parameter_in == ParameterIn::Query => Some(parameter.name.clone()),
            _ => None,
        });
        Self(Arc::new(in_query.collect()))
    }

    /// Path and query. The values of unknown parameters are hidden.
    fn shown(&self, uri: &Uri) -> String {
        let mut text = uri.path().to_owned();
        for (number, pair) in uri.query().into_iter().flat_map(|query| query.split('&')).enumerate() {
            text.push(if number == 0 { '?' } else { '&' });
            match pair.split_once('=') {
                Some((name, value)) if self.0.contains(name) => text.extend([name, "=", value]),
                Some((name, _)) => text.extend([name, "=..."]),
                None if self.0.contains(pair) => text.push_str(pair),
                None => text.push_str("..."),
            }
        }
        text
    }
}

/// Answers a request and logs the answer as `access_log`, with upstream's attributes.
pub(super) async fn log_request(State(known): State<KnownParameters>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    // The span has the highest level, so that no level of the log leaves it out.
    let span = error_span!("request", request.id = id.to_str().unwrap_or_default());
    async {
        #[expect(clippy::disallowed_methods, reason = "a duration for people, measured at a door")]
        let begun = std::time::Instant::now();
        let (method, uri) = (request.method().clone(), known.shown(request.uri()));
        let user_agent = request.headers().get(header::USER_AGENT).map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
        let ip = request.extensions().get::<Peer>().map(|peer| peer.0.to_string());
        let mut response = next.run(request).await;
        info!(
            method = %method,
            uri = beginning(&uri),
            user_agent = beginning(&user_agent.unwrap_or_default()),
            ip = ip.unwrap_or_default(),
            code = response.status().as_u16(),
            bytes = response.body().size_hint().lower(),
            request_time = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX),
            "access_log"
        );
        response.headers_mut().insert(REQUEST_ID, id);
        response
    }
    .instrument(span)
    .await
}

/// The id that came with the request, if its characters are safe everywhere; otherwise a new id.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let is_sane = |id: &&HeaderValue| {
        (1..=ID_MAX).contains(&id.len()) && id.as_bytes().iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:".contains(byte))
    };
    headers
        .get(REQUEST_ID)
        .filter(is_sane)
        .cloned()
        .unwrap_or_else(|| HeaderValue::from_str(&random::uuid().to_string()).expect("a UUID can be the value of a header"))
}

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_query_only_what_the_api_knows_is_shown() {
        let known = KnownParameters::of(&crate::http::openapi());
        let table = [
            ("/api/v1/instances/x?forceRemove=true", "/api/v1/instances/x?forceRemove=true"),
            ("/api/v1/ws?token=eyJ0&forceRemove", "/api/v1/ws?token=...&forceRemove"),
            ("/x?eyJ0eXAiOi&owner=octo&=y", "/x?...&owner=octo&=..."),
            ("/x?", "/x?..."),
            ("/x", "/x"),
        ];
        for (uri, shown) in table {
            assert_eq!(known.shown(&uri.parse().expect("a URI")), shown);
        }
    }

    #[test]
    fn an_id_is_taken_over_if_it_can_be_written_anywhere() {
        let given = |text: &str| HeaderMap::from_iter([(REQUEST_ID, HeaderValue::from_str(text).expect("a value"))]);
        assert_eq!(request_id(&given("a.B-c_1:2")), "a.B-c_1:2");
        for refused in ["", "a b", "a\"b", &"x".repeat(ID_MAX + 1)] {
            assert_ne!(request_id(&given(refused)), refused);
        }
        assert_ne!(request_id(&HeaderMap::new()), request_id(&HeaderMap::new()));
    }
}
