//! Who we are: a personal token, or a GitHub App that trades a signed statement for tokens of its installation.
//!
//! <https://docs.github.com/apps/creating-github-apps/authenticating-with-a-github-app>

use std::fmt;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde::Serialize;

use crate::forge::error::Error;
use crate::model::{CredentialsSecret, SecretString, expose};
use crate::time::Timestamp;

/// How long before its end an installation token is renewed, so that no call is under way with one that ends.
pub(super) const RENEW_BEFORE: Duration = Duration::from_mins(5);

/// Credentials, ready to be used.
pub(super) enum Identity {
    /// A personal access token.
    Pat(SecretString),
    /// An installation of a GitHub App.
    App {
        /// The App's number.
        app_id: i64,
        /// The installation's number.
        installation_id: i64,
        /// Signs the App's statements.
        key: EncodingKey,
    },
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pat(_) => f.write_str("Pat"),
            Self::App { app_id, installation_id, .. } => write!(f, "App({app_id}, {installation_id})"),
        }
    }
}

/// An installation's token and its end.
#[derive(Clone)]
pub(super) struct InstallationToken {
    pub(super) token: SecretString,
    pub(super) ends_at: Timestamp,
}

#[derive(Serialize)]
struct AppClaims {
    iat: i64,
    exp: i64,
    iss: String,
}

impl Identity {
    pub(super) fn new(secret: &CredentialsSecret) -> Result<Self, Error> {
        match secret {
            CredentialsSecret::Pat(token) => Ok(Self::Pat(token.clone())),
            CredentialsSecret::App(app) => {
                let key = EncodingKey::from_rsa_pem(expose(&app.private_key).as_bytes())
                    .map_err(|_| Error::Unusable("the private key of the App is not an RSA key in PEM form".into()))?;
                Ok(Self::App { app_id: app.app_id, installation_id: app.installation_id, key })
            }
            CredentialsSecret::Unopenable => Err(Error::Unusable(
                "the stored secret of the credentials cannot be opened; set it again with `garm github credentials update`".into(),
            )),
        }
    }
}

/// The statement an App signs about itself: backdated a minute against clocks that differ, valid for less than the ten minutes GitHub allows.
pub(super) fn app_statement(app_id: i64, key: &EncodingKey, now: Timestamp) -> Result<SecretString, Error> {
    let claims = AppClaims { iat: now.as_secs() - 60, exp: now.as_secs() + 8 * 60, iss: app_id.to_string() };
    let token = jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, key)
        .map_err(|_| Error::Unusable("the private key of the App cannot sign".into()))?;
    Ok(SecretString::from(token))
}
