//! Who may call the REST API, and how often: tokens, Apps, rate limits, injected faults, and a count of every operation.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::time::Duration;

use axum::http::{HeaderMap, header};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use super::settings::Limits;
use crate::model::{Rate, SecretString, expose};
use crate::time::Timestamp;

/// How long a rate limit counts before it starts again.
const LIMIT_WINDOW: Duration = Duration::from_hours(1);
/// How long an installation token, a registration token or a removal token is good for.
pub(super) const TOKEN_LIFETIME: Duration = Duration::from_hours(1);
/// GitHub refuses an App's JWT that would live longer than this.
const APP_JWT_LIFETIME_MAX: Duration = Duration::from_mins(10);
/// How far the clock of an App may be ahead of ours.
const APP_JWT_LEEWAY: Duration = Duration::from_mins(1);

/// A REST operation. The same operation for repositories, organizations and enterprises is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// `POST .../actions/runners/generate-jitconfig`
    GenerateJitConfig,
    /// `POST .../actions/runners/registration-token`
    CreateRegistrationToken,
    /// `POST .../actions/runners/remove-token`
    CreateRemoveToken,
    /// `GET .../actions/runners`
    ListRunners,
    /// `GET .../actions/runners/{runner_id}`
    GetRunner,
    /// `DELETE .../actions/runners/{runner_id}`
    RemoveRunner,
    /// `GET .../actions/runners/downloads`
    ListDownloads,
    /// `GET .../actions/runners/deprecations/{version}`
    GetDeprecation,
    /// `GET .../actions/runner-groups`
    ListRunnerGroups,
    /// `GET /repos/{owner}/{repo}/actions/jobs/{job_id}`
    GetJob,
    /// `POST /repos/{owner}/{repo}/actions/jobs/{job_id}/rerun`
    RerunJob,
    /// `GET /repos/{owner}/{repo}/actions/runs/{run_id}`
    GetRun,
    /// `GET /repos/{owner}/{repo}/actions/runs`
    ListRuns,
    /// `GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs`
    ListRunJobs,
    /// `GET /orgs/{org}/repos`
    ListRepositories,
    /// `GET .../hooks`
    ListHooks,
    /// `POST .../hooks`
    CreateHook,
    /// `DELETE .../hooks/{hook_id}`
    RemoveHook,
    /// `POST .../hooks/{hook_id}/pings`
    PingHook,
    /// `GET /app/hook/config`
    GetAppHookConfig,
    /// `GET .../hooks/{hook_id}/deliveries`, `GET /app/hook/deliveries`
    ListDeliveries,
    /// `POST .../hooks/{hook_id}/deliveries/{delivery_id}/attempts`, `POST /app/hook/deliveries/{delivery_id}/attempts`
    Redeliver,
    /// `GET /repos/{owner}/{repo}`, `GET /orgs/{org}`
    GetPlace,
    /// `GET /rate_limit`
    GetRateLimit,
    /// `POST /app/installations/{installation_id}/access_tokens`
    CreateInstallationToken,
}

impl Operation {
    /// The operation of a route, told by its method and by the last constant part of its template.
    pub(super) fn of(method: &str, template: &str) -> Option<Self> {
        let parts: Vec<&str> = template.rsplit('/').collect();
        match (method, &parts[..]) {
            ("POST", ["generate-jitconfig", ..]) => Some(Self::GenerateJitConfig),
            ("POST", ["registration-token", ..]) => Some(Self::CreateRegistrationToken),
            ("POST", ["remove-token", ..]) => Some(Self::CreateRemoveToken),
            ("GET", ["runners", ..]) => Some(Self::ListRunners),
            ("GET", ["{runner_id}", ..]) => Some(Self::GetRunner),
            ("DELETE", ["{runner_id}", ..]) => Some(Self::RemoveRunner),
            ("GET", ["downloads", ..]) => Some(Self::ListDownloads),
            ("GET", ["{version}", ..]) => Some(Self::GetDeprecation),
            ("GET", ["runner-groups", ..]) => Some(Self::ListRunnerGroups),
            ("GET", ["{job_id}", ..]) => Some(Self::GetJob),
            ("POST", ["rerun", ..]) => Some(Self::RerunJob),
            ("GET", ["{run_id}", ..]) => Some(Self::GetRun),
            ("GET", ["runs", ..]) => Some(Self::ListRuns),
            ("GET", ["jobs", ..]) => Some(Self::ListRunJobs),
            ("GET", ["repos", ..]) => Some(Self::ListRepositories),
            ("GET", ["hooks", ..]) => Some(Self::ListHooks),
            ("POST", ["hooks", ..]) => Some(Self::CreateHook),
            ("DELETE", ["{hook_id}", ..]) => Some(Self::RemoveHook),
            ("POST", ["pings", ..]) => Some(Self::PingHook),
            ("GET", ["config", "hook", ..]) => Some(Self::GetAppHookConfig),
            ("GET", ["deliveries", ..]) => Some(Self::ListDeliveries),
            ("POST", ["attempts", ..]) => Some(Self::Redeliver),
            ("GET", ["{repo}" | "{org}", ..]) => Some(Self::GetPlace),
            ("GET", ["rate_limit", ..]) => Some(Self::GetRateLimit),
            ("POST", ["access_tokens", ..]) => Some(Self::CreateInstallationToken),
            _ => None,
        }
    }
}

/// An injected fault: the next calls get an error and have no effect.
#[derive(Clone, Debug)]
pub struct Fault {
    /// Which operation fails.
    pub operation: Operation,
    /// The status it answers with.
    pub status: u16,
    /// How many calls fail.
    pub count: u32,
    /// The value of `Retry-After`, as with GitHub's secondary limits.
    pub retry_after: Option<Duration>,
}

/// The rate limit of one token or installation at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Calls allowed per hour.
    pub limit: u32,
    /// Calls made in this hour; refused calls do not count.
    pub used: u32,
    /// When the hour is over.
    pub reset_at: Timestamp,
}

impl Quota {
    /// Calls left in this hour.
    #[must_use]
    pub const fn remaining(&self) -> u32 {
        self.limit.saturating_sub(self.used)
    }
}

/// Why a call is refused before it is handled.
#[derive(Clone, Debug)]
pub(super) enum Refusal {
    /// An injected fault.
    Injected(Fault),
    /// No credentials at all.
    Anonymous,
    /// Credentials that are not known, or no longer.
    BadCredentials,
    /// An App's JWT that does not hold, with GitHub's reason.
    BadJwt(&'static str),
    /// The hour's calls are used up.
    LimitExceeded,
    /// Another limit is exceeded, and the caller is to wait for so long.
    TooFast(Duration),
}

/// What decides about the price of a call.
pub(super) struct PricedCall<'a> {
    pub(super) is_read: bool,
    /// Whether an App makes it by itself, with its JWT, which the handler checks. It counts for no budget.
    pub(super) is_by_app: bool,
    /// Where it makes a just-in-time configuration, if it does.
    pub(super) registers_at: Option<&'a str>,
}

/// The account behind a token.
struct Grant {
    /// Whose rate limit its calls count for.
    budget: String,
    /// `None` = does not expire.
    expires_at: Option<Timestamp>,
}

/// A GitHub App.
#[derive(Clone)]
struct App {
    id: i64,
    /// With no key, signatures of its JWTs are not checked.
    key: Option<DecodingKey>,
}

/// The claims of an App's JWT.
#[derive(Deserialize)]
struct AppClaims {
    iss: Issuer,
    iat: i64,
    exp: i64,
}

/// Real clients send the App's id as a number or as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Issuer {
    Number(i64),
    Text(String),
}

/// Tokens, Apps, limits, faults and counters.
#[derive(Default)]
pub(super) struct Access {
    grants: BTreeMap<String, Grant>,
    installations: BTreeMap<i64, App>,
    quotas: BTreeMap<String, (Timestamp, u32)>,
    faults: Vec<Fault>,
    calls: BTreeMap<Operation, u64>,
    /// Of these, the calls that were answered with 304.
    unchanged: BTreeMap<Operation, u64>,
    requests: u64,
    /// What was spent of each limit, the oldest first.
    spent: BTreeMap<String, VecDeque<(Timestamp, u32)>>,
    /// Calls of each budget that are being answered.
    under_way: BTreeMap<String, usize>,
    /// Calls refused because of a limit.
    limited: u64,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("tokens", &self.grants.len())
            .field("faults", &self.faults)
            .field("calls", &self.calls)
            .finish_non_exhaustive()
    }
}

impl Access {
    pub(super) fn add_token(&mut self, token: &SecretString) {
        let budget = format!("token {}", self.grants.len());
        self.grants.insert(expose(token).to_owned(), Grant { budget, expires_at: None });
    }

    pub(super) fn revoke_token(&mut self, token: &SecretString) {
        self.grants.remove(expose(token));
    }

    pub(super) fn add_app(&mut self, app_id: i64, installation_id: i64, key: Option<DecodingKey>) {
        self.installations.insert(installation_id, App { id: app_id, key });
    }

    pub(super) fn add_installation_token(&mut self, installation_id: i64, token: String, now: Timestamp) -> Timestamp {
        let expires_at = now.after(TOKEN_LIFETIME);
        self.grants.insert(token, Grant { budget: format!("installation {installation_id}"), expires_at: Some(expires_at) });
        expires_at
    }

    pub(super) fn add_fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(super) fn calls(&self, operation: Operation) -> u64 {
        self.calls.get(&operation).copied().unwrap_or(0)
    }

    pub(super) fn count(&mut self, operation: Operation) {
        *self.calls.entry(operation).or_default() += 1;
    }

    pub(super) fn note_unchanged(&mut self, operation: Operation) {
        *self.unchanged.entry(operation).or_default() += 1;
    }

    pub(super) fn unchanged(&self, operation: Operation) -> u64 {
        self.unchanged.get(&operation).copied().unwrap_or(0)
    }

    /// The `X-GitHub-Request-Id` of the next request.
    pub(super) fn next_request_id(&mut self) -> String {
        self.requests += 1;
        format!("F0E1:{0:05X}:{0:07X}", self.requests)
    }

    /// Takes one injected fault of this operation, if there is one.
    pub(super) fn next_fault(&mut self, operation: Operation) -> Option<Fault> {
        let fault = self.faults.iter_mut().find(|fault| fault.operation == operation && fault.count > 0)?;
        fault.count -= 1;
        let fault = fault.clone();
        self.faults.retain(|fault| fault.count > 0);
        Some(fault)
    }

    /// The budget of a token that is known and has not expired.
    pub(super) fn authenticate(&self, authorization: Option<&str>, now: Timestamp) -> Result<String, Refusal> {
        let token = bearer(authorization).ok_or(Refusal::Anonymous)?;
        let grant = self.grants.get(token).ok_or(Refusal::BadCredentials)?;
        if grant.expires_at.is_some_and(|expiry| expiry <= now) {
            return Err(Refusal::BadCredentials);
        }
        Ok(grant.budget.clone())
    }

    /// Takes one call from a budget.
    pub(super) fn spend(&mut self, budget: &str, limit: u32, now: Timestamp) -> Result<(), Refusal> {
        let quota = self.quota(budget, limit, now);
        if quota.remaining() == 0 {
            return Err(Refusal::LimitExceeded);
        }
        if let Some((_, used)) = self.quotas.get_mut(budget) {
            *used += 1;
        }
        Ok(())
    }

    /// Gives one call back to a budget: what was asked for has not changed, and that is free.
    pub(super) fn give_back(&mut self, budget: &str) {
        if let Some((_, used)) = self.quotas.get_mut(budget) {
            *used = used.saturating_sub(1);
        }
    }

    /// Takes the price of a call from GitHub's other limits. The call is over with [`Access::leave`].
    pub(super) fn enter(&mut self, budget: &str, call: &PricedCall<'_>, limits: &Limits, now: Timestamp) -> Result<(), Refusal> {
        let under_way = self.under_way.entry(budget.to_owned()).or_default();
        if *under_way >= limits.at_once {
            return Err(Refusal::TooFast(Duration::from_secs(1)));
        }
        self.spend_rate(format!("points of {budget}"), limits.points, if call.is_read { 1 } else { 5 }, now)?;
        if let Some(place) = call.registers_at {
            self.spend_rate(format!("registrations of {place}"), limits.registrations, 1, now)?;
        }
        *self.under_way.entry(budget.to_owned()).or_default() += 1;
        Ok(())
    }

    /// A call of this budget is answered.
    pub(super) fn leave(&mut self, budget: &str) {
        if let Some(count) = self.under_way.get_mut(budget) {
            *count = count.saturating_sub(1);
        }
    }

    fn spend_rate(&mut self, what: String, rate: Rate, amount: u32, now: Timestamp) -> Result<(), Refusal> {
        let spent = self.spent.entry(what).or_default();
        while spent.front().is_some_and(|(at, _)| at.after(rate.within) <= now) {
            spent.pop_front();
        }
        if spent.iter().map(|(_, amount)| amount).sum::<u32>() + amount > rate.limit {
            return Err(Refusal::TooFast(rate.within.max(Duration::from_secs(1))));
        }
        spent.push_back((now, amount));
        Ok(())
    }

    /// Counts a call that was refused because of a limit.
    pub(super) fn count_limited(&mut self) {
        self.limited += 1;
    }

    pub(super) const fn limited(&self) -> u64 {
        self.limited
    }

    /// The rest of a budget; begins a new hour when the last is over.
    pub(super) fn quota(&mut self, budget: &str, limit: u32, now: Timestamp) -> Quota {
        let (reset_at, used) = self.quotas.entry(budget.to_owned()).or_insert((now.after(LIMIT_WINDOW), 0));
        if *reset_at <= now {
            (*reset_at, *used) = (now.after(LIMIT_WINDOW), 0);
        }
        Quota { limit, used: *used, reset_at: *reset_at }
    }

    /// Checks an App's JWT; the forge must know the App.
    pub(super) fn authenticate_app(&self, authorization: Option<&str>, now: Timestamp) -> Result<i64, Refusal> {
        let token = bearer(authorization).ok_or(Refusal::Anonymous)?;
        let unsure: AppClaims =
            jsonwebtoken::dangerous::insecure_decode_claims(token).map_err(|_| Refusal::BadJwt("A JSON web token could not be decoded"))?;
        let id = match &unsure.iss {
            Issuer::Number(id) => Some(*id),
            Issuer::Text(text) => text.parse().ok(),
        };
        let app = self
            .installations
            .values()
            .find(|app| Some(app.id) == id)
            .ok_or(Refusal::BadJwt("'Issuer' claim ('iss') must be an Integer or a String that names an App"))?;
        if let Some(key) = &app.key {
            let mut validation = Validation::new(Algorithm::RS256);
            validation.validate_exp = false;
            validation.validate_aud = false;
            validation.required_spec_claims.clear();
            jsonwebtoken::decode::<AppClaims>(token, key, &validation)
                .map_err(|_| Refusal::BadJwt("A JSON web token could not be decoded"))?;
        }
        check_lifetime(&unsure, now)?;
        Ok(app.id)
    }

    /// Whether this installation belongs to the App.
    pub(super) fn is_installation_of(&self, installation_id: i64, app_id: i64) -> bool {
        self.installations.get(&installation_id).is_some_and(|app| app.id == app_id)
    }
}

fn check_lifetime(claims: &AppClaims, now: Timestamp) -> Result<(), Refusal> {
    if claims.iat > now.after(APP_JWT_LEEWAY).as_secs() {
        return Err(Refusal::BadJwt("'Issued at' claim ('iat') must be an Integer representing a time in the past"));
    }
    if claims.exp <= now.as_secs() {
        return Err(Refusal::BadJwt("'Expiration time' claim ('exp') must be a numeric value representing the future time"));
    }
    if claims.exp > now.after(APP_JWT_LIFETIME_MAX).as_secs() {
        return Err(Refusal::BadJwt("'Expiration time' claim ('exp') is too far in the future"));
    }
    Ok(())
}

/// The `Authorization` header of a request.
pub(super) fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()
}

/// The token of an `Authorization` header; real clients write `Bearer`, `bearer` and `token`.
pub(super) fn bearer(authorization: Option<&str>) -> Option<&str> {
    let (scheme, token) = authorization?.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token")).then_some(token.trim())
}
