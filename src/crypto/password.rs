//! Passwords and shared secrets: hashes, and how hard they are to guess.

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use zxcvbn::{Score, zxcvbn};

use super::{Error, random};
use crate::model::{SecretString, expose};

/// Why a password or secret is too easy to guess, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is too easy to guess: {advice}")]
pub struct Weak {
    /// The remedy.
    pub advice: String,
}

/// Hashes a password with argon2id at its recommended cost; slow on purpose, so not on a thread that serves others.
///
/// # Errors
/// When the password is beyond what can be hashed (4 GiB).
pub fn hash(password: &SecretString) -> Result<SecretString, Error> {
    let salt: [u8; 16] = random::bytes();
    let hash: PasswordHash =
        Argon2::default().hash_password_with_salt(expose(password).as_bytes(), &salt).map_err(|fault| Error::Hash(fault.to_string()))?;
    Ok(SecretString::from(hash.to_string()))
}

/// Whether the password is the one hashed: by argon2id, or by bcrypt in an upstream database. Slow on purpose.
#[must_use]
pub fn verify(password: &SecretString, hash: &SecretString) -> bool {
    let (password, hash) = (expose(password), expose(hash));
    if hash.starts_with("$2") {
        return bcrypt::verify(password, hash).unwrap_or(false);
    }
    PasswordHash::new(hash).is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether the hash is of the kind written today.
#[must_use]
pub fn is_current(hash: &SecretString) -> bool {
    expose(hash).starts_with("$argon2id$")
}

/// Accepts what would take a guesser who tries ten billion a second more than centuries (zxcvbn's score 4, upstream's rule).
///
/// # Errors
/// When it would take less, with advice.
pub fn check_strength(secret: &SecretString) -> Result<(), Weak> {
    let text = expose(secret);
    // The estimate's cost grows fast with length, and nothing is gained beyond a hundred characters.
    let head: String = text.chars().take(100).collect();
    let estimate = zxcvbn(&head, &["garm", "github", "webhook"]);
    if estimate.score() == Score::Four {
        return Ok(());
    }
    let mut advice: Vec<String> = Vec::new();
    if let Some(feedback) = estimate.feedback() {
        advice.extend(feedback.warning().map(|warning| warning.to_string()));
        advice.extend(feedback.suggestions().iter().map(ToString::to_string));
    }
    if advice.is_empty() {
        advice.push("make it longer, or let it be generated".into());
    }
    Err(Weak { advice: advice.join(" ") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let hash = hash(&secret("correct horse")).expect("short");
        assert!(is_current(&hash));
        assert!(verify(&secret("correct horse"), &hash));
        assert!(!verify(&secret("correct horses"), &hash));
    }

    #[test]
    fn bcrypt_hashes_of_an_upstream_database_are_accepted() {
        let hash = secret(&bcrypt::hash("correct horse", 4).expect("a valid cost"));
        assert!(verify(&secret("correct horse"), &hash));
        assert!(!verify(&secret("wrong"), &hash));
        assert!(!is_current(&hash));
    }

    #[test]
    fn what_is_no_hash_fits_nothing() {
        assert!(!verify(&secret(""), &secret("")));
        assert!(!verify(&secret("x"), &secret("$2garbage")));
    }

    #[test]
    fn weak_secrets_are_refused_with_advice_and_generated_ones_pass() {
        let weak = check_strength(&secret("password1")).expect_err("everybody's");
        assert!(!weak.advice.is_empty());
        assert!(!weak.to_string().contains("password1"));
        check_strength(&random::secret(64)).expect("generated");
    }
}
