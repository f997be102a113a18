//! The web pages that may call the API.
//!
//! A browser asks the server before a page may read its answers. When a page opens a WebSocket, the browser sends the origin of that page.

use std::sync::Arc;

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN};
use axum::http::uri::Authority;
use axum::http::{Method, Uri};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// The pages that may call: those of the configuration, or else those of our own host. A request without an origin is not from a page.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    configured: Arc<[String]>,
    /// Their hosts. For WebSockets only the host counts.
    hosts: Arc<[String]>,
}

impl Origins {
    /// The origins of the configuration. `*` means any page, and an empty list only those of our own host.
    #[must_use]
    pub fn new(configured: &[String]) -> Self {
        let host = |origin: &String| host_of(origin).unwrap_or_else(|| origin.to_lowercase());
        Self { configured: configured.into(), hosts: configured.iter().map(host).collect() }
    }

    /// The layer that tells browsers which origins may call the API. Browsers send no cookie with such a call.
    pub(super) fn cors(&self) -> CorsLayer {
        let origins = self.configured.iter().filter_map(|origin| HeaderValue::from_str(origin).ok());
        let allowed = if self.allow_any() { AllowOrigin::any() } else { AllowOrigin::list(origins.collect::<Vec<_>>()) };
        let methods = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::OPTIONS, Method::DELETE];
        CorsLayer::new().allow_origin(allowed).allow_methods(methods).allow_headers([AUTHORIZATION, CONTENT_TYPE, X_REQUESTED_WITH])
    }

    fn allow_any(&self) -> bool {
        self.hosts.iter().any(|allowed| allowed == "*")
    }

    /// Whether a request comes from a page that may open a WebSocket. As for upstream, only the host counts.
    pub(super) fn allow(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else { return true };
        if self.allow_any() {
            return true;
        }
        let Some(from) = origin.to_str().ok().and_then(host_of) else { return false };
        if self.hosts.is_empty() { own_host(uri, headers) == Some(from) } else { self.hosts.contains(&from) }
    }

    /// Whether a request certainly comes from a page of our own host, or from one that the configuration names. Any page is none.
    pub(super) fn is_own(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(from) = headers.get(ORIGIN).and_then(|origin| origin.to_str().ok()).and_then(host_of) else { return false };
        own_host(uri, headers).as_ref() == Some(&from) || self.hosts.contains(&from)
    }
}

/// Host and port under which the caller knows us, in lower case. HTTP/2 has them in the address.
fn own_host(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let authority = uri.authority().map(Authority::as_str);
    authority.or_else(|| headers.get(HOST).and_then(|host| host.to_str().ok())).map(str::to_lowercase)
}

/// Host and port of a URL, in lower case.
fn host_of(origin: &str) -> Option<String> {
    let url = Url::parse(origin).ok()?;
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn pages_of_our_own_host_or_those_of_the_configuration_may_open_sockets() {
        let headers = |origin: Option<&'static str>| {
            let mut headers = HeaderMap::from_iter([(HOST, HeaderValue::from_static("garm.example.com:9997"))]);
            headers.extend(origin.map(|origin| (ORIGIN, HeaderValue::from_static(origin))));
            headers
        };
        let (own, named, any) = (vec![], vec!["https://UI.example.com".to_owned(), "other:8080".to_owned()], vec!["*".to_owned()]);
        let table = [
            (&own, None, true),
            (&own, Some("https://GARM.example.com:9997"), true),
            (&own, Some("https://garm.example.com"), false),
            (&own, Some("https://evil.example.com"), false),
            (&own, Some("null"), false),
            (&named, None, true),
            (&named, Some("http://ui.example.com"), true),
            (&named, Some("http://ui.example.com.evil.org"), false),
            (&named, Some("https://garm.example.com:9997"), false),
            (&named, Some("http://other:8080"), true),
            (&any, Some("https://evil.example.com"), true),
        ];
        for (configured, origin, expected) in table {
            assert_eq!(Origins::new(configured).allow(&Uri::default(), &headers(origin)), expected, "{configured:?} {origin:?}");
        }
        let table = [
            (&own, None, false),
            (&own, Some("https://garm.example.com:9997"), true),
            (&own, Some("https://garm.example.com:9997.evil.org"), false),
            (&own, Some("https://evil.example.com"), false),
            (&own, Some("null"), false),
            (&named, Some("https://ui.example.com"), true),
            (&named, Some("https://garm.example.com:9997"), true),
            (&any, Some("https://evil.example.com"), false),
            (&any, Some("https://garm.example.com:9997"), true),
        ];
        for (configured, origin, expected) in table {
            assert_eq!(Origins::new(configured).is_own(&Uri::default(), &headers(origin)), expected, "{configured:?} {origin:?}");
        }
        let (uri, page) =
            (Uri::from_static("https://garm.example.com:9997/api"), HeaderValue::from_static("https://garm.example.com:9997"));
        assert!(Origins::default().is_own(&uri, &HeaderMap::from_iter([(ORIGIN, page)])), "HTTP/2 has no header for the host");
    }
}
