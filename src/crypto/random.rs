//! The one source of randomness: the operating system's, through a generator made for secrets.

use rand::RngExt;
use rand::distr::Alphanumeric;
use uuid::{Builder, Uuid};

use crate::model::SecretString;

#[expect(clippy::disallowed_methods, reason = "this module is the door to randomness")]
fn generator() -> impl rand::CryptoRng {
    rand::rng()
}

/// Random bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    generator().random()
}

/// A random number, to seed generators that need not be secret.
#[must_use]
pub fn seed() -> u64 {
    generator().random()
}

/// A random (version 4) UUID.
#[must_use]
pub fn uuid() -> Uuid {
    Builder::from_random_bytes(bytes()).into_uuid()
}

/// Random letters and digits, just under six bits of secret each.
#[must_use]
pub fn alphanumeric(length: usize) -> String {
    generator().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

/// A secret of letters and digits: safe in URLs, shells and forms.
#[must_use]
pub fn secret(length: usize) -> SecretString {
    SecretString::from(alphanumeric(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_the_length_asked_for_and_differ() {
        let (a, b) = (alphanumeric(64), alphanumeric(64));
        assert_eq!((a.len(), b.len()), (64, 64));
        assert_ne!(a, b);
        assert!(a.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn identifiers_are_version_4() {
        assert_eq!(uuid().get_version_num(), 4);
    }
}
