//! Checks that several resources share.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::http::Error;
use crate::model::values::InvalidValue;

/// The value of a field that went through its door. The refusal names the field.
pub(crate) fn field<T>(name: &str, value: Result<T, InvalidValue>) -> Result<T, Error> {
    value.map_err(|refused| Error::bad_request(format!("{name}: {refused}")))
}

/// The same for a field that may be missing.
pub(crate) fn optional<G, T>(name: &str, given: Option<G>, door: impl FnOnce(G) -> Result<T, InvalidValue>) -> Result<Option<T>, Error> {
    given.map(|given| field(name, door(given))).transpose()
}

/// Checks that every certificate of a PEM bundle can be used to verify others. A mistake is told now, not when a connection fails later. An empty
/// bundle is no bundle.
pub(crate) fn check_pem(field: &str, bundle: &[u8]) -> Result<Option<Vec<u8>>, Error> {
    if bundle.trim_ascii().is_empty() {
        return Ok(None);
    }
    let mut anchors = RootCertStore::empty();
    for (number, certificate) in (1..).zip(CertificateDer::pem_slice_iter(bundle)) {
        let unusable = |why: String| Error::bad_request(format!("{field}: certificate {number} of the bundle cannot be used: {why}"));
        anchors.add(certificate.map_err(|fault| unusable(fault.to_string()))?).map_err(|fault| unusable(fault.to_string()))?;
    }
    if anchors.is_empty() {
        return Err(Error::bad_request(format!("{field}: there is no PEM certificate in it")));
    }
    Ok(Some(bundle.to_vec()))
}

/// A UUID in a path.
pub(crate) fn parse_id<T: std::str::FromStr>(what: &str, text: &str) -> Result<T, Error> {
    text.parse().map_err(|_| Error::bad_request(format!("{text:?} is not the id of {what}: ids are UUIDs")))
}

/// Reads a boolean of a query as Go does. Any other text is false.
pub(crate) fn is_true(text: Option<&String>) -> bool {
    text.is_some_and(|text| matches!(text.as_str(), "1" | "t" | "T" | "TRUE" | "true" | "True"))
}

/// A limit of how often jobs are run again.
pub(super) fn rerun_limit(field: &str, given: u32, max: u32) -> Result<u32, Error> {
    if given <= max { Ok(given) } else { Err(Error::bad_request(format!("{field}: {given} is more than {max}, the highest limit"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A certificate made for this test, whose key was thrown away.
    const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----
MIIBcTCCARegAwIBAgIUMk9ImGS99iXum9NtPLFtGkSnq5AwCgYIKoZIzj0EAwIw
DTELMAkGA1UEAwwCY2EwIBcNMjYxMTI0MDg1MzUzWhgPMjEyNjEwMzEwODUzNTNa
MA0xCzAJBgNVBAMMAmNhMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEvee2YvFn
ftld28BhBSbzanH3fzVb8ztGwGJEHZihHjRwijFcYQRGJxrO8u4a+azLui3LS/qy
1jY0XoTh1+yV/aNTMFEwHQYDVR0OBBYEFGlCBGdxouPeyYAkJlHyPV61+ZHgMB8G
A1UdIwQYMBaAFGlCBGdxouPeyYAkJlHyPV61+ZHgMA8GA1UdEwEB/wQFMAMBAf8w
CgYIKoZIzj0EAwIDSAAwRQIgXtshcixknd+GRnH42sy5dwM8UO/3v2cfRSusHVYw
KsUCIQDyPxGcP7nahhZP8Lr6bPYOJ0F0+xmLfVQDaav2wVhH7Q==
-----END CERTIFICATE-----
";

    #[test]
    fn a_bundle_is_accepted_only_if_every_certificate_in_it_can_be_used() {
        let two = format!("# the first\n{CERTIFICATE}{CERTIFICATE}");
        assert_eq!(check_pem("field", two.as_bytes()).expect("good"), Some(two.clone().into_bytes()));
        assert_eq!(check_pem("field", b" \n").expect("none"), None);
        let (begin, end) = ("-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n");
        let table = [
            ("no bundle".to_owned(), "there is no PEM certificate"),
            (format!("{begin}{end}"), "certificate 1"),
            (format!("{begin}MAMCAQE=\n{end}"), "certificate 1"),
            (format!("{CERTIFICATE}{begin}not base64!\n{end}"), "certificate 2"),
            (format!("{CERTIFICATE}{}", CERTIFICATE.replacen("MIIB", "MIIC", 1)), "certificate 2"),
            (CERTIFICATE.replace(end.trim_end(), ""), "certificate 1"),
        ];
        for (bundle, expected) in table {
            let refused = format!("{:?}", check_pem("field", bundle.as_bytes()).expect_err("it cannot be used"));
            assert!(refused.contains("field: ") && refused.contains(expected), "{bundle}: {refused}");
        }
    }
}
