//! The kinds of callers. Each kind is an extractor, which refuses all others.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::Method;
use axum::http::header::{AUTHORIZATION, COOKIE, ORIGIN, UPGRADE};
use axum::http::request::Parts;
use tokio::time::timeout;

use super::caller::Caller;
use super::{App, Error, MetricsAccess};
use crate::crypto::token::UserClaims;
use crate::model::{Runner, RunnerName, SecretString, User, UserId};
use crate::store;
use crate::time::Timestamp;

/// How long the database may take to say whose login it is, where the answer does not depend on that alone.
const ACCOUNT_WITHIN: Duration = Duration::from_secs(1);

/// The administrator of an installation that is set up: runners have URLs to reach it.
pub(super) struct Admin(pub(super) User);

/// The administrator, also before the URLs are set: for the routes that set them.
pub(super) struct AdminBeforeUrls;

/// The login of the administrator, for a connection that outlives its request.
pub(super) struct Login {
    user: UserId,
    generation: i64,
    pub(super) until: Timestamp,
}

impl Login {
    /// Whether it still lets its owner in.
    pub(super) async fn is_good(&self, app: &App) -> Result<bool, store::Error> {
        let user = app.store().find_user(self.user).await?;
        Ok(app.clock().now() < self.until && user.is_some_and(|user| user.enabled && user.is_admin && user.generation == self.generation))
    }
}

/// Any caller. Nobody is refused, and nobody waits long for the database.
pub(super) struct MayBeAdmin {
    /// Whether it is the administrator. While the database does not answer, that is believed of everybody with a login that is signed and not over.
    pub(super) is_admin: bool,
}

/// A machine with a token of its own: its runner, as it is now, and the token.
pub(super) struct Machine {
    pub(super) runner: Runner,
    pub(super) token: SecretString,
}

/// A caller that may read the figures: one with a token made for that by an account that is still good, or every caller where the configuration says so.
pub(super) struct MetricsReader;

impl FromRequestParts<App> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        Ok(Self::of(parts, &app.trusted_proxies))
    }
}

impl FromRequestParts<App> for MetricsReader {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        match app.metrics {
            MetricsAccess::Off => return Err(Error::no_route()),
            MetricsAccess::Anybody => return Ok(Self),
            MetricsAccess::Token => {}
        }
        let token = bearer(parts).ok_or_else(Error::unauthenticated)?;
        let claims = app.token_key().verify_user(token, app.clock().now()).map_err(|_| Error::unauthenticated())?;
        if !claims.read_metrics {
            return Err(Error::unauthenticated());
        }
        account(&claims, app).await.map(|_| Self)
    }
}

impl FromRequestParts<App> for MayBeAdmin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let Some(token) = bearer(parts).or_else(|| cookie(parts)) else { return Ok(Self { is_admin: false }) };
        let Ok(claims) = app.token_key().verify_user(token, app.clock().now()) else { return Ok(Self { is_admin: false }) };
        let is_admin = match timeout(ACCOUNT_WITHIN, check_admin(parts, app)).await {
            Ok(Ok(_)) => true,
            Ok(Err(refusal)) if refusal.is_unauthorized() => false,
            _ => claims.is_admin && !claims.read_metrics,
        };
        Ok(Self { is_admin })
    }
}

impl FromRequestParts<App> for Admin {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        app.check_initialised().await?;
        let (user, _) = check_admin(parts, app).await?;
        app.check_urls().await?;
        Ok(Self(user))
    }
}

impl FromRequestParts<App> for Login {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        app.check_initialised().await?;
        let (user, claims) = check_admin(parts, app).await?;
        app.check_urls().await?;
        Ok(Self { user: user.id, generation: claims.generation, until: Timestamp::from_micros(claims.exp.saturating_mul(1_000_000)) })
    }
}

impl FromRequestParts<App> for AdminBeforeUrls {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        app.check_initialised().await?;
        check_admin(parts, app).await.map(|_| Self)
    }
}

/// Checks a login token and then its account. A token that was not signed here costs no look into the database.
///
/// A browser sends its cookie along with whatever any page asks for. So a cookie alone changes nothing: the browser must also say that a page of our
/// own asks. For sockets, browsers always say which page asks, and programs say nothing.
async fn check_admin(parts: &Parts, app: &App) -> Result<(User, UserClaims), Error> {
    let (token, is_cookie) = match (bearer(parts), cookie(parts)) {
        (Some(token), _) => (token, false),
        (None, Some(token)) => (token, true),
        (None, None) => return Err(Error::unauthenticated()),
    };
    let claims = app.token_key().verify_user(token, app.clock().now()).map_err(|_| Error::unauthenticated())?;
    if claims.read_metrics {
        return Err(Error::unauthenticated());
    }
    let is_harmless = [Method::GET, Method::HEAD].contains(&parts.method)
        && (!parts.headers.contains_key(UPGRADE) || !parts.headers.contains_key(ORIGIN));
    if is_cookie && !is_harmless && !app.origins.is_own(&parts.uri, &parts.headers) {
        let details = "a cookie changes something only for pages of this server's own origin, or of one that apiserver.cors_origins of the \
                       configuration names; send the token in the header Authorization";
        return Err(Error::forbidden(details));
    }
    account(&claims, app).await.map(|user| (user, claims))
}

/// The account of a token, if it is still good. The account says whether it is the administrator's, not the token.
async fn account(claims: &UserClaims, app: &App) -> Result<User, Error> {
    let id: uuid::Uuid = claims.user.parse().map_err(|_| Error::unauthenticated())?;
    let user = app.store().find_user(UserId(id)).await?.ok_or_else(Error::unauthenticated)?;
    if user.enabled && user.is_admin && user.generation == claims.generation { Ok(user) } else { Err(Error::unauthenticated()) }
}

impl FromRequestParts<App> for Machine {
    type Rejection = Error;

    /// The token ends when the runner is idle, when another attempt begins, and when the machine is gone.
    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Error> {
        let token = bearer(parts).ok_or_else(Error::unauthenticated)?;
        let claims = app.token_key().verify_instance(token, app.clock().now()).map_err(|_| Error::unauthenticated())?;
        let runner = app.store().find_runner_by_name(&RunnerName(claims.name)).await?.ok_or_else(Error::unauthenticated)?;
        let is_good = !claims.is_agent && claims.id == runner.id.to_string() && runner.hears_machine(claims.create_attempt);
        if is_good { Ok(Self { runner, token: SecretString::from(token) }) } else { Err(Error::unauthenticated()) }
    }
}

/// The second of the two words of the `Authorization` header. Upstream ignores the first.
fn bearer(parts: &Parts) -> Option<&str> {
    let mut words = parts.headers.get(AUTHORIZATION)?.to_str().ok()?.split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some(_), Some(token), None) => Some(token),
        _ => None,
    }
}

/// Where browsers keep the token.
fn cookie(parts: &Parts) -> Option<&str> {
    let cookies = parts.headers.get(COOKIE)?.to_str().ok()?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("garm_token="))
}
