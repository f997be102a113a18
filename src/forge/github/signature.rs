//! Signatures of deliveries: HMAC SHA-256 over the raw body, as GitHub documents under "Validating webhook deliveries".

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::forge::delivery::SignatureError;
use crate::model::{SecretString, expose};

/// The name of the header that carries the signature.
pub const HEADER: &str = "x-hub-signature-256";

/// The signature of a body, as the header carries it.
#[must_use]
pub fn sign(secret: &SecretString, body: &[u8]) -> String {
    format!("sha256={}", hex::encode(mac(secret, body).finalize().into_bytes()))
}

/// The digest in a signature's header, if that has the form of one.
///
/// # Errors
/// Why no body could have this signature.
pub fn parse(header: Option<&str>) -> Result<[u8; 32], SignatureError> {
    let (algorithm, digits) = header.ok_or(SignatureError::Missing)?.trim().split_once('=').ok_or(SignatureError::Malformed)?;
    if algorithm != "sha256" {
        return Err(SignatureError::UnknownAlgorithm);
    }
    let mut digest = [0; 32];
    hex::decode_to_slice(digits, &mut digest).map_err(|_| SignatureError::Malformed)?;
    Ok(digest)
}

/// Checks a signature in constant time.
///
/// # Errors
/// Why the delivery is not to be believed.
pub fn verify(secret: &SecretString, body: &[u8], header: Option<&str>) -> Result<(), SignatureError> {
    let digest = parse(header)?;
    mac(secret, body).verify_slice(&digest).map_err(|_| SignatureError::Mismatch)
}

fn mac(secret: &SecretString, body: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(expose(secret).as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of GitHub's documentation.
    #[test]
    fn the_documented_example_fits() {
        let secret = SecretString::from("It's a Secret to Everybody");
        let header = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
        assert_eq!(sign(&secret, b"Hello, World!"), header);
        assert_eq!(verify(&secret, b"Hello, World!", Some(header)), Ok(()));
        assert_eq!(verify(&secret, b"Hello, World?", Some(header)), Err(SignatureError::Mismatch));
    }

    #[test]
    fn what_is_no_signature_is_named() {
        let secret = SecretString::from("s");
        assert_eq!(verify(&secret, b"", None), Err(SignatureError::Missing));
        assert_eq!(verify(&secret, b"", Some("757107")), Err(SignatureError::Malformed));
        assert_eq!(verify(&secret, b"", Some("sha256=75")), Err(SignatureError::Malformed));
        assert_eq!(verify(&secret, b"", Some("sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709")), Err(SignatureError::UnknownAlgorithm));
    }
}
