//! Passwords and shared secrets: hashes, and how hard they are to guess.

use std::fmt;

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use zxcvbn::{Entropy, Score, zxcvbn};

use super::{Error, random};
use crate::model::{SecretString, expose};

/// Why a password or secret is too easy to guess, with what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is too easy to guess: {advice}")]
pub struct Weak {
    /// The remedy.
    pub advice: String,
}

/// Hashes passwords one after the other, in memory that is used again. Its memory goes back to the system with it.
#[derive(Default)]
pub struct Hasher {
    memory: Vec<Block>,
}

impl fmt::Debug for Hasher {
    /// Without its memory, which is made of the last password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").finish_non_exhaustive()
    }
}

impl Hasher {
    /// Hashes a password with argon2id at its recommended cost; slow on purpose, so not on a thread that serves others.
    ///
    /// # Errors
    /// When the password is beyond what can be hashed (4 GiB).
    pub fn hash(&mut self, password: &SecretString) -> Result<SecretString, Error> {
        let failed = |fault: &dyn fmt::Display| Error::Hash(fault.to_string());
        let salt: [u8; 16] = random::bytes();
        let (argon2, mut output) = (Argon2::default(), [0; Params::DEFAULT_OUTPUT_LEN]);
        let memory = self.memory(argon2.params());
        let hashed = argon2.hash_password_into_with_memory(expose(password).as_bytes(), &salt, &mut output, memory);
        hashed.map_err(|fault| failed(&fault))?;
        let hash = PasswordHash {
            algorithm: argon2::ARGON2ID_IDENT,
            version: Some(Version::default().into()),
            params: ParamsString::try_from(argon2.params()).map_err(|fault| failed(&fault))?,
            salt: Some(Salt::new(&salt).map_err(|fault| failed(&fault))?),
            hash: Some(Output::new(&output).map_err(|fault| failed(&fault))?),
        };
        Ok(SecretString::from(hash.to_string()))
    }

    /// Whether the password is the one hashed: by argon2, or by bcrypt in an upstream database. Slow on purpose.
    #[must_use]
    pub fn verify(&mut self, password: &SecretString, hash: &SecretString) -> bool {
        let (password, hash) = (expose(password), expose(hash));
        if hash.starts_with("$2") {
            return bcrypt::verify(password, hash).unwrap_or(false);
        }
        PasswordHash::new(hash).is_ok_and(|hash| self.fits(password.as_bytes(), &hash).unwrap_or(false))
    }

    /// `None` for a hash that is none of argon2's.
    fn fits(&mut self, password: &[u8], hash: &PasswordHash) -> Option<bool> {
        let (salt, expected) = (hash.salt.as_ref()?, hash.hash.as_ref()?);
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).ok()?;
        let version = hash.version.map_or(Ok(Version::default()), Version::try_from).ok()?;
        let params = Params::try_from(hash).ok()?;
        let memory = self.memory(&params);
        let argon2 = Argon2::new(algorithm, version, params);
        let mut output = vec![0; expected.len()];
        argon2.hash_password_into_with_memory(password, salt, &mut output, memory).ok()?;
        // The comparison takes the same time wherever the outputs differ.
        Some(Output::new(&output).ok()? == *expected)
    }

    /// The memory for one hash.
    fn memory(&mut self, params: &Params) -> &mut [Block] {
        let blocks = params.block_count();
        if self.memory.len() < blocks {
            self.memory.resize(blocks, Block::new());
        }
        &mut self.memory[..blocks]
    }
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
    let estimate = estimate(secret);
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

/// The power of ten of the guesses that a key must take. A key can be tried without the server: by one signed token, or by a copy of the database.
/// A processor that tries ten billion keys a second needs three decades for 10^19 guesses, and the estimate counts little further.
const KEY_GUESSES: f64 = 19.0;

/// The estimated guesses for a key, as a power of ten, if a guesser who needs no server can make that many.
#[must_use]
pub fn guesses_for_key(key: &SecretString) -> Option<u32> {
    let guesses = estimate(key).guesses_log10();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 20")]
    (guesses < KEY_GUESSES).then_some(guesses.max(0.0) as u32)
}

/// The estimate's cost grows fast with length, and nothing is gained beyond a hundred characters.
fn estimate(secret: &SecretString) -> Entropy {
    let head: String = expose(secret).chars().take(100).collect();
    zxcvbn(&head, &["garm", "github", "webhook"])
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};

    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let mut hasher = Hasher::default();
        let hash = hasher.hash(&secret("correct horse")).expect("short");
        assert!(is_current(&hash));
        for _ in 0..2 {
            assert!(hasher.verify(&secret("correct horse"), &hash));
            assert!(!hasher.verify(&secret("correct horses"), &hash));
        }
        assert!(Hasher::default().verify(&secret("correct horse"), &hash), "the memory of earlier hashes does not count");
    }

    #[test]
    fn hashes_are_those_of_the_library_whatever_their_cost() {
        let mut hasher = Hasher::default();
        let hash = hasher.hash(&secret("correct horse")).expect("short");
        assert!(Argon2::default().verify_password(b"correct horse", expose(&hash)).is_ok());
        for (cost, rounds, lanes, length) in [(64, 1, 1, 16), (32 * 1024, 1, 2, 32), (8, 1, 1, 64)] {
            let argon2 = Argon2::from(Params::new(cost, rounds, lanes, Some(length)).expect("good"));
            let made = secret(&argon2.hash_password_with_salt(b"correct horse", &[7; 16]).expect("made").to_string());
            assert!(hasher.verify(&secret("correct horse"), &made) && !hasher.verify(&secret("wrong"), &made), "{cost} KiB");
        }
    }

    #[test]
    fn bcrypt_hashes_of_an_upstream_database_are_accepted() {
        let hash = secret(&bcrypt::hash("correct horse", 4).expect("a valid cost"));
        let mut hasher = Hasher::default();
        assert!(hasher.verify(&secret("correct horse"), &hash));
        assert!(!hasher.verify(&secret("wrong"), &hash));
        assert!(!is_current(&hash));
    }

    #[test]
    fn what_is_no_hash_fits_nothing() {
        let mut hasher = Hasher::default();
        for hash in ["", "x", "$2garbage", "$argon2id$v=19$m=19456,t=2,p=1", "$scrypt$ln=16,r=8,p=1$c2FsdHNhbHQ$aGFzaA"] {
            assert!(!hasher.verify(&secret("x"), &secret(hash)), "{hash}");
        }
    }

    #[test]
    fn weak_secrets_are_refused_with_advice_and_generated_ones_pass() {
        let weak = check_strength(&secret("password1")).expect_err("everybody's");
        assert!(!weak.advice.is_empty());
        assert!(!weak.to_string().contains("password1"));
        check_strength(&random::secret(64)).expect("generated");
    }

    #[test]
    fn a_key_that_can_be_guessed_without_the_server_is_told_of() {
        for guessable in
            ["openstack-runner", "kubernetes-garm-operator", "passwordpasswordpasswordpassword", "0123456789abcdef0123456789abcdef"]
        {
            assert!(guesses_for_key(&secret(guessable)).is_some(), "{guessable}");
        }
        for generated in [random::secret(32), random::secret(64), secret("3f9c1d0ab7e84265d1c07fa4b2986e53")] {
            assert_eq!(guesses_for_key(&generated), None);
        }
    }

    #[test]
    fn a_long_secret_takes_no_longer_to_judge() {
        let long = secret(&"Qx7".repeat(1_000_000));
        assert_eq!(check_strength(&long), check_strength(&secret(&"Qx7".repeat(1_000_000)[..100])));
    }
}
