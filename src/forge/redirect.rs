//! Redirects: how a forge tells that something has another place now, such as a repository that was renamed or transferred.
//!
//! A call carries a token and may change something, so it is sent on only where the forge itself can be: on the same host.

use reqwest::header::{HeaderMap, LOCATION};
use reqwest::{Method, StatusCode};
use url::Url;

use super::words::bounded;

/// How often one call is sent on. A renamed repository needs one redirect; GHES behind a proxy that speaks TLS may add one.
pub(super) const HOPS_MAX: usize = 3;
/// The most characters of an address that are told.
const TOLD_MAX: usize = 200;

/// What a redirect asks for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Redirect {
    /// The call belongs there.
    Follow(Url),
    /// The call must not be sent there.
    Refuse {
        /// The place, without what could be secret.
        target: String,
        /// Why not, and the way out.
        why: &'static str,
    },
}

/// Reads the redirect in an answer to a call; `None` when the answer is none, or names no place.
pub(super) fn redirect(method: &Method, from: &Url, status: StatusCode, headers: &HeaderMap) -> Option<Redirect> {
    if !matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let mut to = from.join(headers.get(LOCATION)?.to_str().ok()?).ok()?;
    to.set_fragment(None);
    let refuse = |why| Some(Redirect::Refuse { target: told(&to), why });
    let to_tls = from.scheme() == "http" && to.scheme() == "https";
    if from.host() != to.host() {
        return refuse("calls and their token are not sent to another host; correct the API URL of the endpoint");
    }
    if from.scheme() == "https" && to.scheme() != "https" {
        return refuse("calls and their token are not sent without TLS after a call with TLS; correct the API URL of the endpoint");
    }
    if from.port_or_known_default() != to.port_or_known_default() && !(to_tls && (from.port(), to.port()) == (None, None)) {
        return refuse("calls and their token are not sent to another port; correct the API URL of the endpoint");
    }
    // With the other statuses a client would ask for a page in place of what it was to change.
    if *method != Method::GET && !matches!(status, StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) {
        return refuse("only 307 and 308 say that such a call may be repeated there; correct the API URL of the endpoint");
    }
    Some(Redirect::Follow(to))
}

/// An address without names, passwords and parameters.
pub(super) fn told(url: &Url) -> String {
    bounded(&format!("{}{}", url.origin().ascii_serialization(), url.path()), TOLD_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(method: &Method, from: &str, status: u16, to: &str) -> Option<Redirect> {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, to.parse().expect("a header's value"));
        redirect(method, &Url::parse(from).expect("a URL"), StatusCode::from_u16(status).expect("a status"), &headers)
    }

    fn follows(method: &Method, from: &str, status: u16, to: &str) -> bool {
        matches!(asked(method, from, status, to), Some(Redirect::Follow(_)))
    }

    #[test]
    fn a_call_is_sent_on_where_the_forge_itself_is() {
        let from = "https://forge.test/api/v3/repos/a/b/hooks";
        for status in [301, 302, 303, 307, 308] {
            assert!(follows(&Method::GET, from, status, "https://forge.test/api/v3/repositories/7/hooks"), "{status}");
            assert_eq!(follows(&Method::POST, from, status, "/api/v3/repositories/7/hooks"), status >= 307, "{status}");
        }
        assert!(follows(&Method::DELETE, from, 307, "https://FORGE.test:443/x"));
        assert!(follows(&Method::GET, "http://forge.test/a", 301, "https://forge.test/a"), "TLS from now on");
        assert_eq!(asked(&Method::GET, from, 304, "/x"), None);
        assert_eq!(redirect(&Method::GET, &Url::parse(from).expect("a URL"), StatusCode::FOUND, &HeaderMap::new()), None);
    }

    #[test]
    fn a_call_is_sent_nowhere_else_and_the_place_is_told_without_secrets() {
        for to in [
            "https://other.test/x",
            "http://forge.test/x",
            "https://forge.test:8443/x",
            "//other.test/x",
            "https://api.forge.test/x",
            "https://forge.test@other.test/x",
            "ftp://forge.test/x",
        ] {
            let found = asked(&Method::GET, "https://forge.test/api/v3/x", 307, to);
            assert!(matches!(&found, Some(Redirect::Refuse { .. })), "{to}: {found:?}");
        }
        assert!(!follows(&Method::GET, "http://forge.test:8080/a", 301, "https://forge.test:8443/a"), "another service of the host");
        let Some(Redirect::Refuse { target, .. }) = asked(&Method::GET, "https://a.test/", 302, "https://u:pw@b.test/login?token=t#f")
        else {
            panic!("refused")
        };
        assert_eq!(target, "https://b.test/login");
    }
}
