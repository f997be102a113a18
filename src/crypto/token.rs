//! Tokens: JWTs signed with the installation's secret, claims in upstream's order.
//!
//! A token of one kind is never one of another: each kind is recognised by a claim the others do not have.

use std::fmt;

use hkdf::Hkdf;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::Error;
use crate::model::{ControllerId, SecretString, expose};
use crate::time::Timestamp;

/// Who issues every token.
const ISSUER: &str = "garm";

/// The code that lets a caller from elsewhere make the administrator of an installation. It is the same for all servers of the installation, and no
/// token can be made from it.
#[must_use]
pub fn first_run_code(secret: &SecretString, installation: ControllerId) -> SecretString {
    let mut code = [0; 16];
    let info = format!("garm first run v1 {installation}");
    Hkdf::<Sha256>::new(None, expose(secret).as_bytes()).expand(info.as_bytes(), &mut code).expect("16 bytes are a valid length");
    SecretString::from(hex::encode(code))
}

/// The claims of a login token. Metrics tokens have the same shape, with `read_metrics`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserClaims {
    /// The user's id.
    pub user: String,
    /// Random, so that no two tokens are the same.
    pub token_id: String,
    /// Display name.
    pub full_name: String,
    /// For display; the account decides.
    pub is_admin: bool,
    /// Whether it is a metrics token, good for nothing else.
    pub read_metrics: bool,
    /// The generation of the account's password.
    pub generation: i64,
    /// Who issued it.
    pub iss: String,
    /// When it ends, Unix seconds.
    pub exp: i64,
}

impl UserClaims {
    /// Who issues every token.
    pub const ISSUER: &str = ISSUER;
}

/// The claims of a machine's token: the machine, and the attempt to make it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceClaims {
    /// The runner's id.
    pub id: String,
    /// The runner's name.
    pub name: String,
    /// The pool's id.
    pub provider_id: String,
    /// The kind of entity.
    pub scope: String,
    /// Where the entity is at its forge.
    pub entity: String,
    /// Which attempt to make the machine.
    pub create_attempt: u32,
    /// The kind of forge.
    pub forge_type: String,
    /// Whether it is an agent's token.
    pub is_agent: bool,
    /// Who issued it.
    pub iss: String,
    /// When it ends, Unix seconds.
    pub exp: i64,
}

impl InstanceClaims {
    /// Who issues every token.
    pub const ISSUER: &str = ISSUER;
}

/// Signs tokens and checks them. The secret is also what signs the tokens of live machines, so it must outlive a restart.
pub struct TokenKey {
    signing: EncodingKey,
    verifying: DecodingKey,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenKey").finish_non_exhaustive()
    }
}

impl TokenKey {
    /// From the configured secret.
    #[must_use]
    pub fn new(secret: &SecretString) -> Self {
        let bytes = expose(secret).as_bytes();
        Self { signing: EncodingKey::from_secret(bytes), verifying: DecodingKey::from_secret(bytes) }
    }

    /// Signs claims.
    #[must_use]
    pub fn issue(&self, claims: &impl Serialize) -> SecretString {
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.signing)
            .expect("claims are plain values and HMAC takes any key");
        SecretString::from(token)
    }

    /// The claims of a login or metrics token, if it is one and its time is not over.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::ExpiredToken`].
    pub fn verify_user(&self, token: &str, now: Timestamp) -> Result<UserClaims, Error> {
        let claims: UserClaims = self.read(token)?;
        in_time(claims.exp, now).map(|()| claims)
    }

    /// The claims of a machine's token, if it is one and its time is not over.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], [`Error::ExpiredToken`].
    pub fn verify_instance(&self, token: &str, now: Timestamp) -> Result<InstanceClaims, Error> {
        let claims: InstanceClaims = self.read(token)?;
        in_time(claims.exp, now).map(|()| claims)
    }

    fn read<T: DeserializeOwned + Clone>(&self, token: &str) -> Result<T, Error> {
        let mut rules = Validation::new(Algorithm::HS256);
        // The library would ask the wall clock; the caller says what time it is.
        rules.validate_exp = false;
        rules.required_spec_claims.clear();
        rules.set_issuer(&[ISSUER]);
        jsonwebtoken::decode::<T>(token, &self.verifying, &rules).map(|data| data.claims).map_err(|_| Error::InvalidToken)
    }
}

fn in_time(exp: i64, now: Timestamp) -> Result<(), Error> {
    if now.as_secs() < exp { Ok(()) } else { Err(Error::ExpiredToken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> TokenKey {
        TokenKey::new(&SecretString::from("a secret for tests"))
    }

    fn user() -> UserClaims {
        UserClaims {
            user: "u".into(),
            token_id: "t".into(),
            full_name: String::new(),
            is_admin: true,
            read_metrics: false,
            generation: 0,
            iss: ISSUER.into(),
            exp: 100,
        }
    }

    fn instance() -> InstanceClaims {
        InstanceClaims {
            id: "i".into(),
            name: "garm-1".into(),
            provider_id: "p".into(),
            scope: "repository".into(),
            entity: "o/r".into(),
            create_attempt: 1,
            forge_type: "github".into(),
            is_agent: false,
            iss: ISSUER.into(),
            exp: 100,
        }
    }

    #[test]
    fn a_token_says_what_was_signed_until_its_time_is_over() {
        let token = key().issue(&user());
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        assert_eq!(key().verify_user(expose(&token), at(99)), Ok(user()));
        assert_eq!(key().verify_user(expose(&token), at(100)), Err(Error::ExpiredToken));
    }

    #[test]
    fn one_kind_of_token_is_never_another() {
        let (user, machine) = (key().issue(&user()), key().issue(&instance()));
        assert_eq!(key().verify_instance(expose(&user), Timestamp::EPOCH), Err(Error::InvalidToken));
        assert_eq!(key().verify_user(expose(&machine), Timestamp::EPOCH), Err(Error::InvalidToken));
        assert_eq!(key().verify_instance(expose(&machine), Timestamp::EPOCH), Ok(instance()));
    }

    #[test]
    fn unsigned_and_foreign_tokens_are_refused() {
        let foreign = TokenKey::new(&SecretString::from("another")).issue(&user());
        assert_eq!(key().verify_user(expose(&foreign), Timestamp::EPOCH), Err(Error::InvalidToken));
        // {"alg":"none"} with the claims of a user.
        let claims = expose(&key().issue(&user())).split('.').nth(1).expect("three parts").to_owned();
        assert_eq!(key().verify_user(&format!("eyJhbGciOiJub25lIn0.{claims}."), Timestamp::EPOCH), Err(Error::InvalidToken));
        let other =
            jsonwebtoken::encode(&Header::new(Algorithm::HS512), &user(), &EncodingKey::from_secret(b"a secret for tests")).expect("signs");
        assert_eq!(key().verify_user(&other, Timestamp::EPOCH), Err(Error::InvalidToken));
    }

    #[test]
    fn the_code_of_the_first_run_is_of_one_secret_and_one_installation() {
        let code = |secret: &str, number: u128| {
            expose(&first_run_code(&SecretString::from(secret), ControllerId(uuid::Uuid::from_u128(number)))).to_owned()
        };
        assert_eq!(code("a", 1), code("a", 1));
        assert_eq!(code("a", 1).len(), 32);
        assert_ne!(code("a", 1), code("b", 1));
        assert_ne!(code("a", 1), code("a", 2));
    }

    #[test]
    fn claims_are_in_upstream_order() {
        let text = serde_json::to_string(&instance()).expect("plain values");
        let expected = r#"{"id":"i","name":"garm-1","provider_id":"p","scope":"repository","entity":"o/r","create_attempt":1,"forge_type":"github","is_agent":false,"iss":"garm","exp":100}"#;
        assert_eq!(text, expected);
    }
}
