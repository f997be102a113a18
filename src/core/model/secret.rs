//! Secrets, and the verdict every error about the outside world carries.

use std::time::Duration;

use secrecy::ExposeSecret;
pub use secrecy::SecretString;

/// The secret as text. A free function, so that every place where a secret leaves its wrapper can be found by one name.
#[must_use]
pub fn expose(secret: &SecretString) -> &str {
    secret.expose_secret()
}

/// The answer to a failure outside: every adapter error classifies itself, the engine stores the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// Trying again unchanged cannot help; a person must change something.
    Never,
    /// Try again, with the caller's own backoff.
    Soon,
    /// Try again, but not before this much time has passed (rate limits, `Retry-After`).
    After(Duration),
}
