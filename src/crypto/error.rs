//! Why something with a key failed.

/// Why a key, a sealed value or a token was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The passphrase has the wrong length.
    #[error("the passphrase must be exactly 32 characters (bytes) long, not {0}")]
    PassphraseLength(usize),
    /// The sealed value is in no known format.
    #[error("the sealed value is damaged: {0}")]
    Damaged(&'static str),
    /// The key does not open the value.
    #[error("the key does not open the sealed value")]
    WrongKey,
    /// The sealed value was made with a key that is not configured.
    #[error("the value was sealed with another key")]
    UnknownKey,
    /// The token is no token, or was signed with another key.
    #[error("the token is not valid")]
    InvalidToken,
    /// The token's time is over.
    #[error("the token has expired")]
    ExpiredToken,
    /// The password could not be hashed.
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
}
