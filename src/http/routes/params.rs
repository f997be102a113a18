//! Checks that several resources share.

use url::Url;

use crate::http::Error;

/// An http or https URL with a host; a mistake names the field.
pub(crate) fn check_url(field: &str, text: &str) -> Result<(), Error> {
    let is_good = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_good { Ok(()) } else { Err(Error::bad_request(format!("{field}: {text:?} is not an http or https URL"))) }
}

/// A PEM bundle with at least one certificate. An empty one is none.
pub(crate) fn check_pem(field: &str, bundle: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    if bundle.trim_ascii().is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(bundle).unwrap_or_default();
    if text.contains("-----BEGIN CERTIFICATE-----") && text.contains("-----END CERTIFICATE-----") {
        return Ok(Some(bundle.to_vec()));
    }
    Err(Error::bad_request(format!("{field}: there is no PEM certificate in it")))
}

/// A UUID in a path.
pub(crate) fn parse_id<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::bad_request(format!("{text:?} is not the id of {what}: ids are UUIDs")))
}

/// Go's way to read booleans in queries; anything else is false.
pub(crate) fn is_true(text: Option<&String>) -> bool {
    text.is_some_and(|text| matches!(text.as_str(), "1" | "t" | "T" | "TRUE" | "true" | "True"))
}
