//! First run and login.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};

use super::params::field;
use crate::api::{ErrorBody, JwtResponse, LoginParams, NewUserParams, Secret, User, paths};
use crate::crypto::password::{self, Hasher, check_strength};
use crate::crypto::random;
use crate::crypto::token::UserClaims;
use crate::http::body::StrangersBody;
use crate::http::caller::Caller;
use crate::http::{App, Error};
use crate::model::{self, SecretString, expose, values};
use crate::store::NewUser;

/// Makes the administrator.
#[utoipa::path(post, path = paths::FIRST_RUN.template(), tag = "session", request_body = NewUserParams,
    responses((status = 200, body = User), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody, description = "not from there, or not any more"),
        (status = 409, body = ErrorBody, description = "there is one already")))]
pub(in crate::http) async fn first_run(
    State(app): State<App>,
    caller: Caller,
    uri: Uri,
    headers: HeaderMap,
    StrangersBody(params): StrangersBody<NewUserParams>,
) -> Result<Json<User>, Error> {
    let peer = caller.address;
    match make_admin(&app, caller, (&uri, &headers), params).await {
        Ok(user) => {
            tracing::info!(user.name = %user.username, %peer, "the administrator was made");
            Ok(Json(User::from(&user)))
        }
        Err(refusal) => {
            tracing::warn!(%peer, reason = ?beginning(refusal.details()), "a first run was refused");
            Err(refusal)
        }
    }
}

async fn make_admin(app: &App, caller: Caller, (uri, headers): (&Uri, &HeaderMap), params: NewUserParams) -> Result<model::User, Error> {
    if app.is_initialised().await? {
        return Err(Error::conflict("already initialized"));
    }
    if !app.origins.allow(uri, headers) {
        return Err(Error::forbidden("pages of this origin may not make the administrator"));
    }
    let too_many = |wait| Error::too_many("too many first runs from this address have failed", wait);
    let attempt = app.attempts.begin("", caller.address, app.clock().now()).map_err(too_many)?;
    app.first_run.check(caller, &params.code.0, app.clock().now())?;
    // A caller who may make the administrator does not guess.
    attempt.not_made();
    let (username, email) = (username(&params.username)?, email(&params.email)?);
    let full_name = field("full_name", values::line(&params.full_name, values::NAME_MAX))?;
    let password = values::password(&params.password.0);
    let place = app.hashing.place().map_err(busy)?;
    let hashed = place.run(move |hasher| check_strength(&password).map(|()| hasher.hash(&password))).await?;
    let hash = hashed.map_err(|weak| Error::bad_request(format!("password is too weak: {weak}")))?;
    let password_hash = hash.map_err(|fault| Error::internal(&fault))?;
    Ok(app.store().create_admin(NewUser { username, email, full_name, password_hash }).await?)
}

fn busy(wait: Duration) -> Error {
    Error::too_many("too many passwords are to be checked at once", wait)
}

/// The longest text of a stranger that is logged, in bytes.
const SHOWN_MAX: usize = 254;

fn beginning(text: &str) -> &str {
    &text[..text.floor_char_boundary(SHOWN_MAX)]
}

fn username(given: &str) -> Result<String, Error> {
    match values::trim(given) {
        "" => Err(Error::bad_request("missing username or email")),
        name if name.len() <= 64 && name.chars().all(char::is_alphanumeric) => Ok(name.to_owned()),
        name => Err(Error::bad_request(format!("invalid username: {name:?} has more than 64 bytes or others than letters and digits"))),
    }
}

/// The longest mail address, in bytes (RFC 5321).
const EMAIL_MAX: usize = 254;

fn email(given: &str) -> Result<String, Error> {
    let address = field("invalid email", values::line(given, EMAIL_MAX))?;
    match address.split_once('@') {
        None if address.is_empty() => Err(Error::bad_request("missing username or email")),
        Some((mailbox, domain)) if !mailbox.is_empty() && !domain.is_empty() && !address.contains(char::is_whitespace) => Ok(address),
        _ => Err(Error::bad_request(format!("invalid email: {address:?} is no mail address"))),
    }
}

/// Exchanges name and password for a token.
#[utoipa::path(post, path = paths::LOG_IN.template(), tag = "session", request_body = LoginParams,
    responses((status = 200, body = JwtResponse), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn log_in(
    State(app): State<App>,
    caller: Caller,
    StrangersBody(params): StrangersBody<LoginParams>,
) -> Result<Json<JwtResponse>, Error> {
    app.check_initialised().await?;
    let (name, peer) = (values::trim(&params.username), caller.address);
    let shown = beginning(name);
    let user = match check_login(&app, caller, name, params.password.0).await {
        Ok(user) => user,
        Err(refusal) => {
            tracing::warn!(user.name = ?shown, %peer, reason = refusal.reason, "a login was refused");
            return Err(refusal.answer);
        }
    };
    tracing::info!(user.name = ?shown, user.id = %user.id, %peer, "a login");
    let claims = UserClaims {
        user: user.id.to_string(),
        token_id: random::alphanumeric(16),
        full_name: user.full_name,
        is_admin: user.is_admin,
        read_metrics: false,
        generation: user.generation,
        iss: UserClaims::ISSUER.to_owned(),
        exp: app.clock().now().after(app.login_lasts).as_secs(),
    };
    Ok(Json(JwtResponse { token: Secret(app.token_key().issue(&claims)) }))
}

/// Why a login is refused: for the log, and what the caller gets to know.
struct Refused {
    reason: &'static str,
    answer: Error,
}

impl Refused {
    fn unauthorized(reason: &'static str) -> Self {
        Self { reason, answer: Error::unauthorized() }
    }
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(fault: E) -> Self {
        Self { reason: "it could not be checked", answer: fault.into() }
    }
}

/// The account with this name and password. What costs least is looked at first.
async fn check_login(app: &App, caller: Caller, name: &str, sent: SecretString) -> Result<model::User, Refused> {
    // A password that was stored with the line end of its file still fits.
    let given = values::password(&sent);
    if name.is_empty() || expose(&given).is_empty() {
        return Err(Refused::unauthorized("name or password is missing"));
    }
    let attempt = app.attempts.begin(name, caller.address, app.clock().now()).map_err(|wait| Refused {
        reason: "too many failed before",
        answer: Error::too_many("too many logins as this name or from this address have failed", wait),
    })?;
    let place = match app.hashing.place() {
        Ok(place) => place,
        Err(wait) => {
            attempt.not_made();
            return Err(Refused { reason: "too many wait", answer: busy(wait) });
        }
    };
    let user = app.store().find_user_by_login(name).await?;
    // An unknown name takes as long as a wrong password.
    let known = user.as_ref().map_or_else(|| SecretString::from(NOBODY), |user| user.password_hash.clone());
    let (fits, renewed) = place
        .run(move |hasher| {
            let as_sent = |hasher: &mut Hasher| expose(&sent) != expose(&given) && hasher.verify(&sent, &known);
            let fits = hasher.verify(&given, &known) || as_sent(hasher);
            (fits, (fits && !password::is_current(&known)).then(|| hasher.hash(&given)))
        })
        .await?;
    let user = user.ok_or_else(|| Refused::unauthorized("there is no such name"))?;
    if !fits {
        return Err(Refused::unauthorized("the password is wrong"));
    }
    if !user.enabled {
        return Err(Refused::unauthorized("the account is disabled"));
    }
    if let Some(hash) = renewed {
        app.store().update_password(user.id, hash.map_err(|fault| Error::internal(&fault))?, false).await?;
    }
    attempt.succeeded(app.clock().now());
    Ok(user)
}

/// A hash that no password has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Tells whether a login is possible yet: 409 `init_required` before the first run.
#[utoipa::path(get, path = paths::LOGIN.template(), tag = "session", responses((status = 200), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn show_login(State(app): State<App>) -> Result<(), Error> {
    app.check_initialised().await
}
