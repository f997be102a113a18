//! Tokens of scopes, and the registration of runners with them.

use super::State;
use super::error::Error;
use crate::sim::access::TOKEN_LIFETIME;
use crate::sim::nouns::{Label, Registration, Runner, Scope, ScopeToken, TokenUse};
use crate::time::Timestamp;

/// Labels that `config.sh` adds by itself.
const DEFAULT_LABELS: [&str; 3] = ["self-hosted", "Linux", "X64"];

impl State {
    pub(crate) fn issue_scope_token(&mut self, scope: Scope, use_: TokenUse) -> (String, Timestamp) {
        self.scope_id(&scope);
        let token = self.token("A").to_ascii_uppercase();
        let expires_at = self.now().after(TOKEN_LIFETIME);
        self.scope_tokens.insert(token.clone(), ScopeToken { scope, use_, expires_at });
        (token, expires_at)
    }

    /// Checks a registration or removal token: its scope, its use, its expiry.
    pub(in crate::sim) fn check_scope_token(&self, token: &str, scope: &Scope, allowed: &[TokenUse]) -> Result<(), Error> {
        let known = self.scope_tokens.get(token).ok_or(Error::BadToken)?;
        let fits = known.scope == *scope && allowed.contains(&known.use_) && known.expires_at > self.now();
        if fits { Ok(()) } else { Err(Error::BadToken) }
    }

    pub(crate) fn register_runner(&mut self, scope: Scope, registration: Registration) -> Result<Runner, Error> {
        self.scope_id(&scope);
        let name = registration.name;
        if self.runners.values().any(|runner| runner.scope == scope && runner.name.eq_ignore_ascii_case(&name)) {
            return Err(Error::Exists(name));
        }
        if self.find_group(&scope, registration.group_id).is_none() {
            return Err(Error::NoGroup(registration.group_id.to_string()));
        }
        let defaults = if registration.default_labels { &DEFAULT_LABELS[..] } else { &[] };
        let read_only = defaults.iter().map(|&label| (label.to_owned(), false));
        let custom = registration.labels.into_iter().map(|label| (label, true));
        let mut labels: Vec<Label> = Vec::new();
        for (name, custom) in read_only.chain(custom) {
            if !labels.iter().any(|label| label.name.eq_ignore_ascii_case(&name)) {
                labels.push(Label { id: self.number(), name, custom });
            }
        }
        let runner = Runner {
            id: self.number(),
            name,
            scope,
            labels,
            ephemeral: registration.ephemeral,
            group_id: registration.group_id,
            jit: registration.jit,
            scale_set: None,
            job: None,
            version: None,
            registered_at: self.now(),
            connected_at: None,
            secret: self.token("runner-"),
            session: None,
            spent: false,
        };
        self.secrets.insert(runner.secret.clone(), runner.id);
        self.runners.insert(runner.id, runner.clone());
        Ok(runner)
    }

    /// Removes a runner of this scope unless it has a job.
    pub(crate) fn remove_runner(&mut self, scope: &Scope, id: i64) -> Result<(), Error> {
        let runner = self.runners.get(&id).filter(|runner| runner.scope == *scope).ok_or(Error::NotFound)?;
        if runner.busy() {
            return Err(Error::Busy(runner.name.clone()));
        }
        self.forget_runner(id);
        Ok(())
    }

    /// A runner, to be changed.
    pub(in crate::sim) fn runner_mut(&mut self, id: i64) -> Option<&mut Runner> {
        self.runners.get_mut(&id)
    }

    pub(super) fn forget_runner(&mut self, id: i64) {
        if let Some(runner) = self.runners.remove(&id) {
            self.secrets.remove(&runner.secret);
            if let Some(session) = runner.session {
                session.bell.notify_one();
            }
        }
    }

    /// The runner whose secret this is.
    pub(in crate::sim) fn runner_by_secret(&self, secret: &str) -> Result<&Runner, Error> {
        self.secrets.get(secret).and_then(|id| self.runners.get(id)).ok_or(Error::Gone)
    }
}
