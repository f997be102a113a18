//! People who use the API.

use super::{SecretString, UserId};
use crate::time::Timestamp;

/// A user account. There is one administrator, made by first-run.
#[derive(Clone, Debug)]
pub struct User {
    /// Identity, the `user` claim of login tokens.
    pub id: UserId,
    /// Login name, letters and digits.
    pub username: String,
    /// Also accepted as login name.
    pub email: String,
    /// Display name, may be empty.
    pub full_name: String,
    /// PHC string (argon2id, or bcrypt from an upstream database).
    pub password_hash: SecretString,
    /// Raised by a password change; tokens carry it, so older tokens die at once.
    pub generation: i64,
    /// Whether the account administers the installation.
    pub is_admin: bool,
    /// Whether the account may be used.
    pub enabled: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
