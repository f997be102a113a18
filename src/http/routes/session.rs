//! First run and login.

use axum::Json;
use axum::extract::State;

use super::params::field;
use crate::api::{ErrorBody, JwtResponse, LoginParams, NewUserParams, Secret, User, paths};
use crate::crypto::token::UserClaims;
use crate::crypto::{password, random};
use crate::http::body::Body;
use crate::http::{App, Error};
use crate::model::{SecretString, expose, values};
use crate::store::NewUser;

/// Makes the administrator.
#[utoipa::path(post, path = paths::FIRST_RUN.template(), tag = "session", request_body = NewUserParams,
    responses((status = 200, body = User), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody, description = "there is one already")))]
pub(in crate::http) async fn first_run(State(app): State<App>, Body(params): Body<NewUserParams>) -> Result<Json<User>, Error> {
    if app.store().has_admin().await? {
        return Err(Error::conflict("already initialized"));
    }
    let (username, email) = (username(&params.username)?, email(&params.email)?);
    let full_name = field("full_name", values::line(&params.full_name, values::NAME_MAX))?;
    let password = values::password(&params.password.0);
    password::check_strength(&password).map_err(|weak| Error::bad_request(format!("password is too weak: {weak}")))?;
    let new = NewUser { username, email, full_name, password_hash: hash(password).await? };
    let user = app.store().create_admin(new).await?;
    tracing::info!(user.name = %user.username, "the administrator was made");
    Ok(Json(User::from(&user)))
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
pub(in crate::http) async fn log_in(State(app): State<App>, Body(params): Body<LoginParams>) -> Result<Json<JwtResponse>, Error> {
    app.check_initialised().await?;
    let user = app.store().find_user_by_login(values::trim(&params.username)).await?;
    // An unknown name takes as long as a wrong password.
    let known = user.as_ref().map_or_else(|| SecretString::from(NOBODY), |user| user.password_hash.clone());
    // A password that was stored with the line end of its file still fits.
    let (given, sent) = (values::password(&params.password.0), params.password.0);
    let tried = given.clone();
    let fits = blocking(move || {
        let as_sent = || expose(&sent) != expose(&tried) && password::verify(&sent, &known);
        password::verify(&tried, &known) || as_sent()
    })
    .await?;
    let user = user.filter(|user| fits && user.enabled).ok_or_else(Error::unauthorized)?;
    if !password::is_current(&user.password_hash) {
        app.store().update_password(user.id, hash(given).await?, false).await?;
    }
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

/// A hash that no password has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Tells whether a login is possible yet: 409 `init_required` before the first run.
#[utoipa::path(get, path = paths::LOGIN.template(), tag = "session", responses((status = 200), (status = 409, body = ErrorBody)))]
pub(in crate::http) async fn show_login(State(app): State<App>) -> Result<(), Error> {
    app.check_initialised().await
}

async fn hash(password: SecretString) -> Result<SecretString, Error> {
    blocking(move || password::hash(&password)).await?.map_err(|fault| Error::internal(&fault))
}

/// Runs slow work, such as hashing, on a thread where it delays no other request.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(|fault| Error::internal(&fault))
}
