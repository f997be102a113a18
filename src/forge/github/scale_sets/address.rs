//! Addresses of the service: which one may be believed, and what is put behind it.

use url::Url;

/// The version of the interface that GitHub's own client asks for.
const API_VERSION: &str = "6.0-preview";

/// An address that an answer from `own` names. Tokens are sent there, so it has TLS where that place has it.
pub(super) fn service_address(told: &str, own: &Url) -> Result<Url, String> {
    let url = Url::parse(told.trim()).map_err(|_| "an address that is none".to_owned())?;
    let is_http = url.scheme() == "http" && own.scheme() == "http";
    if url.host_str().is_none() || !(url.scheme() == "https" || is_http) {
        return Err("an address without TLS".to_owned());
    }
    Ok(url)
}

/// An address of the service, which keeps a path and a query of its own.
pub(super) fn below(service: &Url, path: &str, query: &[(&str, &str)]) -> Url {
    let mut url = service.clone();
    url.set_path(&format!("{}/{path}", service.path().trim_end_matches('/')));
    let has_version = service.query_pairs().any(|(name, _)| name == "api-version");
    {
        let mut pairs = url.query_pairs_mut();
        pairs.extend_pairs(query);
        if !has_version {
            pairs.append_pair("api-version", API_VERSION);
        }
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROUTE: &str = "_apis/runtime/runnerscalesets";

    #[test]
    fn tokens_are_sent_only_where_there_is_tls_if_the_forge_has_it() {
        let allowed = |told: &str, own: &str| service_address(told, &Url::parse(own).expect("a URL")).is_ok();
        assert!(allowed("https://pipelines.example.invalid/a/?b=c", "https://api.forge.test/x"));
        assert!(allowed("https://pipelines.example.invalid", "http://127.0.0.1:1/x"));
        assert!(allowed("http://127.0.0.1:2/", "http://127.0.0.1:1/x"));
        for wrong in ["http://pipelines.example.invalid/", "ftp://x/", "file:///etc/passwd", "/relative", "", "data:text/plain,x"] {
            assert!(!allowed(wrong, "https://api.forge.test/x"), "{wrong}");
        }
    }

    #[test]
    fn the_address_of_the_service_keeps_its_path_and_its_query_and_names_are_escaped() {
        let of = |service: &str, query: &[(&str, &str)]| below(&Url::parse(service).expect("a URL"), ROUTE, query).to_string();
        let plain = "https://s.test/_apis/runtime/runnerscalesets?api-version=6.0-preview";
        assert_eq!((of("https://s.test", &[]).as_str(), of("https://s.test/", &[]).as_str()), (plain, plain));
        assert_eq!(
            of("https://s.test/tenant/12/?x=1&y=a%20b", &[("name", "a & b/ü?")]),
            "https://s.test/tenant/12/_apis/runtime/runnerscalesets?x=1&y=a%20b&name=a+%26+b%2F%C3%BC%3F&api-version=6.0-preview"
        );
        assert!(of("https://s.test/?api-version=7", &[]).ends_with("?api-version=7"));
    }
}
