//! The handle of the model: tests, the demo and the HTTP face change and read the fake forge through it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jsonwebtoken::DecodingKey;
use tokio::sync::{Notify, watch};

use super::access::{Access, Fault, Operation, Quota};
use super::nouns::{Delivery, Hook, Job, NewJob, Runner, Scope};
use super::settings::Settings;
use super::state::{Error, State};
use crate::clock::Clock;
use crate::model::SecretString;

/// A fake GitHub. Clones share one state.
///
/// It is passive: only [`super::ForgeServer`] answers requests, sends deliveries and notices lost runners.
#[derive(Clone)]
pub struct Forge {
    inner: Arc<Inner>,
}

struct Inner {
    state: Mutex<State>,
    changes: watch::Sender<u64>,
    outbox: Notify,
}

impl fmt::Debug for Forge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.read(|state| {
            f.debug_struct("Forge")
                .field("url", &state.url)
                .field("jobs", &state.jobs().count())
                .field("runners", &state.runners().count())
                .finish_non_exhaustive()
        })
    }
}

impl Forge {
    /// An empty forge. Its numbers start at the clock's time in milliseconds, so that one forge after another repeats none.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let state = Mutex::new(State::new(clock));
        Self { inner: Arc::new(Inner { state, changes: watch::Sender::new(0), outbox: Notify::new() }) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the state.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// Changes the state and wakes everything that waits for a change.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut self.lock());
        self.inner.changes.send_modify(|count| *count += 1);
        self.inner.outbox.notify_one();
        result
    }

    /// Changes what no waiter waits for, such as an owner that is made when it is first named.
    pub(super) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.lock())
    }

    /// Changes only the accounts of callers. No status changes, so no waiter wakes.
    pub(super) fn account<T>(&self, change: impl FnOnce(&mut Access, &Settings) -> T) -> T {
        let mut state = self.lock();
        let State { access, settings, .. } = &mut *state;
        change(access, settings)
    }

    /// Rings after each change, because each may have filled the outbox.
    pub(crate) fn outbox(&self) -> &Notify {
        &self.inner.outbox
    }

    /// Takes the oldest delivery out of the outbox, with its hook.
    pub(crate) fn next_delivery(&self) -> Option<(Delivery, Hook)> {
        self.lock().next_delivery()
    }

    /// Waits until the predicate holds; asks again after each change. It has no deadline of its own.
    pub async fn wait_until(&self, mut predicate: impl FnMut(&State) -> bool) {
        let mut changes = self.inner.changes.subscribe();
        // Each look comes after the marking, so a change in between is seen by the next round.
        loop {
            changes.borrow_and_update();
            if self.read(&mut predicate) {
                return;
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    // --- who may call ---

    /// Accepts a personal access token.
    pub fn add_token(&self, token: &SecretString) {
        self.account(|access, _| access.add_token(token));
    }

    /// Accepts a personal access token no longer.
    pub fn revoke_token(&self, token: &SecretString) {
        self.account(|access, _| access.revoke_token(token));
    }

    /// Accepts a GitHub App with one installation. With a public key (PEM) the signature of its JWTs is checked.
    ///
    /// # Errors
    /// When the text is not an RSA public key.
    pub fn add_app(&self, app_id: i64, installation_id: i64, public_key_pem: Option<&str>) -> Result<(), jsonwebtoken::errors::Error> {
        let key = public_key_pem.map(|pem| DecodingKey::from_rsa_pem(pem.as_bytes())).transpose()?;
        self.account(|access, _| access.add_app(app_id, installation_id, key));
        Ok(())
    }

    // --- how it behaves ---

    /// Changes the settings.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.write(|state| change(&mut state.settings));
    }

    /// The settings as they are now.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.read(|state| state.settings.clone())
    }

    /// Answers the next `count` calls of an operation with `status` and without any effect.
    pub fn fail_next(&self, operation: Operation, status: u16, count: u32) {
        self.inject(Fault { operation, status, count, retry_after: None });
    }

    /// Like [`Forge::fail_next`], with all details.
    pub fn inject(&self, fault: Fault) {
        self.account(|access, _| access.add_fault(fault));
    }

    /// How often an operation has been called, refused calls included.
    #[must_use]
    pub fn calls(&self, operation: Operation) -> u64 {
        self.account(|access, _| access.calls(operation))
    }

    /// How many of the calls of an operation were answered with 304, which is free.
    #[must_use]
    pub fn unchanged(&self, operation: Operation) -> u64 {
        self.account(|access, _| access.unchanged(operation))
    }

    /// How many calls were refused because of a limit.
    #[must_use]
    pub fn limited(&self) -> u64 {
        self.account(|access, _| access.limited())
    }

    /// The rest of a personal access token's budget; `None` when there are no limits or the token is not known.
    #[must_use]
    pub fn quota(&self, token: &SecretString) -> Option<Quota> {
        let now = self.read(State::now);
        let header = format!("Bearer {}", crate::model::expose(token));
        self.account(|access, settings| {
            let budget = access.authenticate(Some(&header), now).ok()?;
            Some(access.quota(&budget, settings.rate_limit?, now))
        })
    }

    // --- organizations, hooks, runners ---

    /// Where the HTTP face is, or was last: scheme, host and port.
    #[must_use]
    pub fn url(&self) -> String {
        self.read(|state| state.url.clone())
    }

    /// Puts an organization into an enterprise: its jobs concern the runners and hooks of the enterprise from now on.
    pub fn add_organization(&self, enterprise: &str, organization: &str) {
        self.write(|state| state.add_organization(enterprise, organization));
    }

    /// Renames a repository, or transfers it to another owner. Calls with the old name are redirected until another repository has it.
    pub fn rename_repository(&self, from: (&str, &str), to: (&str, &str)) {
        self.write(|state| state.rename_repository(from, to));
    }

    /// Renames an organization. Calls with its old name are answered with 404; those about its repositories are redirected.
    pub fn rename_organization(&self, from: &str, to: &str) {
        self.write(|state| state.rename_organization(from, to));
    }

    /// Makes a repository, if there is none of this name, and returns its number.
    pub fn add_repository(&self, owner: &str, name: &str) -> i64 {
        self.write(|state| state.scope_id(&Scope::repository(owner, name)))
    }

    /// Opens a runner group to the repositories of these names only; `None` = to all.
    pub fn open_group(&self, id: i64, repositories: Option<&[&str]>) {
        let names: Option<BTreeSet<String>> = repositories.map(|names| names.iter().map(|name| name.to_lowercase()).collect());
        self.write(|state| state.open_group(id, names.as_ref()));
    }

    /// Adds a runner group to an organization or enterprise and returns its number.
    pub fn add_group(&self, scope: Scope, name: &str) -> i64 {
        self.write(|state| state.add_group(scope, name))
    }

    /// Adds a webhook for the event `workflow_job` and returns its number.
    pub fn add_hook(&self, scope: Scope, url: &str, secret: SecretString) -> i64 {
        self.write(|state| state.add_hook(scope, url, secret))
    }

    /// Removes a webhook; its pending deliveries fail.
    pub fn remove_hook(&self, id: i64) {
        self.write(|state| state.remove_hook(id));
    }

    /// All runners, oldest first.
    #[must_use]
    pub fn runners(&self) -> Vec<Runner> {
        self.read(|state| state.runners().cloned().collect())
    }

    /// Registers runners that are connected from now on, with no process behind them: a large entity without large costs. Returns their numbers.
    ///
    /// # Errors
    /// [`Error::Exists`] for a name that is taken; those before it are registered.
    pub fn add_connected_runners(&self, scope: &Scope, names: &[String], labels: &[String]) -> Result<Vec<i64>, Error> {
        self.write(|state| names.iter().map(|name| state.add_connected_runner(scope.clone(), name, labels)).collect())
    }

    /// Removes a runner as if a person had done it on the forge's page.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown runner, [`Error::Busy`] while it has a job.
    pub fn remove_runner(&self, id: i64) -> Result<(), Error> {
        self.write(|state| {
            let scope = state.find_runner(id).ok_or(Error::NotFound)?.scope.clone();
            state.remove_runner(&scope, id)
        })
    }

    // --- jobs ---

    /// Queues a job, tells the hooks, and gives it to a runner as soon as one that fits asks for work. Returns its number.
    pub fn queue_job(&self, job: NewJob) -> i64 {
        self.write(|state| state.queue_job(job))
    }

    /// Queues all jobs of one run, as [`Forge::queue_job`] does. Returns their numbers.
    pub fn queue_run(&self, jobs: Vec<NewJob>) -> Vec<i64> {
        self.write(|state| state.queue_run(jobs))
    }

    /// Queues a job, tells the hooks that it is queued, and holds it back: the REST face says `waiting`. Returns its number.
    pub fn queue_held_job(&self, job: NewJob) -> i64 {
        self.write(|state| state.queue_held_job(job))
    }

    /// Holds a job back no longer, and tells the hooks of that if `told`.
    pub fn release_job(&self, id: i64, told: bool) {
        self.write(|state| state.release_job(id, told));
    }

    /// Cancels a job that no runner has begun.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown job, [`Error::NotYours`] when it has begun.
    pub fn cancel_job(&self, id: i64) -> Result<(), Error> {
        self.write(|state| state.cancel_job(id))
    }

    /// Cancels a run, as a person does on its page: all jobs of it that are not over end so.
    pub fn cancel_run(&self, run_id: i64) {
        self.write(|state| state.cancel_run(run_id));
    }

    /// A job by its number.
    #[must_use]
    pub fn job(&self, id: i64) -> Option<Job> {
        self.read(|state| state.find_job(id).cloned())
    }

    /// All jobs, oldest first.
    #[must_use]
    pub fn jobs(&self) -> Vec<Job> {
        self.read(|state| state.jobs().cloned().collect())
    }

    /// Ends the sessions of runners that have been silent for too long and returns how many. A running server does this by itself; with a
    /// virtual clock a test may want to do it at once.
    pub fn expire_sessions(&self) -> usize {
        let lost = self.lock().expire_sessions();
        if lost > 0 {
            self.write(|_| ());
        }
        lost
    }

    // --- deliveries ---

    /// All deliveries, oldest first.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.read(|state| state.deliveries().cloned().collect())
    }

    /// Sends failed deliveries again, as a person does on the hook's page. Returns how many.
    pub fn redeliver_failed(&self) -> usize {
        let count = self.lock().redeliver_failed();
        if count > 0 {
            self.write(|_| ());
        }
        count
    }
}
