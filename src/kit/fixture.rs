//! The fixture of the checks: the probe that calls the provider, the pools that exist for this run, and the creations to clean up after.

use std::time::Duration;

use garm_provider_protocol::{Command, InterfaceVersion, ProviderInstance, exit_code};
use tokio::time::{Instant, sleep};

use super::judgement::{Judgement, Verdict};
use super::probe::Probe;
use super::request::{Request, Scope};
use super::response::Response;
use super::settings::Settings;
use super::{answer, bootstrap};
use crate::crypto::random;
use crate::model::SecretString;

/// The pause between two looks at a machine or a list.
const PAUSE: Duration = Duration::from_millis(300);

/// How many times the deletion of a machine is tried.
const ROUNDS: usize = 5;

/// A creation that was sent: its machine may exist.
struct Creation {
    scope: Scope,
    name: String,
}

/// The tools of every check.
pub(super) struct Fixture {
    pub(super) settings: Settings,
    pub(super) probe: Probe,
    /// The pool that most checks are about.
    pub(super) own_pool: Scope,
    /// Another pool of the same installation.
    pub(super) other_pool: Scope,
    /// The same pool of another installation.
    pub(super) other_controller: Scope,
    pub(super) token: SecretString,
    /// The beginning of all names of this run: other machines do not have it.
    prefix: String,
    creations: Vec<Creation>,
    /// Whether the provider was seen to tell installations apart. Then every machine in a list of this installation is one of this run.
    pub(super) apart: bool,
}

/// Whether a deletion with this status succeeded.
pub(super) fn is_deleted(status: i32) -> bool {
    status == 0 || status == i32::from(exit_code::NOT_FOUND)
}

impl Fixture {
    pub(super) fn new(settings: Settings) -> Self {
        let token = bootstrap::token();
        let probe = Probe::new(&settings, bootstrap::extra_specs(None, &settings), token.clone());
        let uuid = || random::uuid().to_string();
        let own_pool = Scope { controller: uuid(), pool: uuid() };
        let other_pool = Scope { pool: uuid(), ..own_pool.clone() };
        let other_controller = Scope { controller: uuid(), ..own_pool.clone() };
        let prefix = format!("garm-check-{}", &random::uuid().simple().to_string()[..8]);
        Self { settings, probe, own_pool, other_pool, other_controller, token, prefix, creations: Vec::new(), apart: false }
    }

    /// A name that no other machine has.
    pub(super) fn name(&self, what: &str) -> String {
        format!("{}-{what}", self.prefix)
    }

    /// Calls a command, about one machine or about none.
    pub(super) async fn call(&mut self, command: Command, scope: &Scope, instance: Option<&str>) -> Response {
        let request = Request::new(command, scope);
        self.probe
            .send(match instance {
                Some(instance) => request.instance(instance),
                None => request,
            })
            .await
    }

    /// The request that makes a machine. From now on the clean-up looks for that machine.
    pub(super) fn creation(&mut self, scope: &Scope, name: &str, version: Option<InterfaceVersion>) -> Request {
        let document = bootstrap::document(&self.settings, &self.token, &scope.pool, name);
        let stdin = serde_json::to_vec(&document).expect("the document has string keys only");
        let specs = bootstrap::extra_specs(Some(&document), &self.settings);
        if !name.is_empty() && !self.creations.iter().any(|creation| creation.name == name && creation.scope == *scope) {
            self.creations.push(Creation { scope: scope.clone(), name: name.to_owned() });
        }
        Request::new(Command::CreateInstance, scope).version(version.unwrap_or(self.probe.version)).document(stdin, specs)
    }

    /// A creation with another document on standard input.
    pub(super) fn creation_with(&self, scope: &Scope, stdin: Vec<u8>) -> Request {
        let document = bootstrap::document(&self.settings, &self.token, &scope.pool, "");
        Request::new(Command::CreateInstance, scope).document(stdin, bootstrap::extra_specs(Some(&document), &self.settings))
    }

    /// The document of a creation, as standard input has it.
    pub(super) fn document(&self, scope: &Scope, name: &str) -> Vec<u8> {
        let document = bootstrap::document(&self.settings, &self.token, &scope.pool, name);
        serde_json::to_vec(&document).expect("the document has string keys only")
    }

    /// The machines of a pool, for checks about something else. The checks about lists tell why there is no list.
    pub(super) async fn list(&mut self, scope: &Scope) -> Result<(Vec<ProviderInstance>, Response), Judgement> {
        let response = self.call(Command::ListInstances, scope, None).await;
        if response.status()? != 0 {
            return Err(Judgement::skip(format!("ListInstances ended with {}: see list-unknown-pool and list-pool", response.ending())));
        }
        let machines = answer::machines(&response, &mut self.probe.conduct).map_err(|judgement| match judgement.verdict {
            Verdict::Fail => Judgement::skip("ListInstances printed no list: see list-unknown-pool"),
            _ => judgement,
        })?;
        Ok((machines, response))
    }

    /// Lists the machines of a pool until `done` holds of them or the time is up. Returns the last list.
    pub(super) async fn list_until(
        &mut self,
        scope: &Scope,
        done: impl Fn(&[ProviderInstance]) -> bool,
    ) -> Result<(Vec<ProviderInstance>, Response), Judgement> {
        let until = Instant::now() + self.probe.time_limit;
        loop {
            let (machines, response) = self.list(scope).await?;
            if done(&machines) || Instant::now() >= until {
                return Ok((machines, response));
            }
            sleep(PAUSE).await;
        }
    }

    /// Gets the machine until it has the status or the time is up. Returns the last response.
    pub(super) async fn status_until(&mut self, instance: &str, status: &str) -> Result<(ProviderInstance, Response), Judgement> {
        let until = Instant::now() + self.probe.time_limit;
        let scope = self.own_pool.clone();
        loop {
            let response = self.call(Command::GetInstance, &scope, Some(instance)).await;
            if response.status()? != 0 {
                return Err(Judgement::skip(format!("GetInstance then ended with {}: see get-by-name", response.ending())));
            }
            let machine = answer::machine(&response, &mut self.probe.conduct)?;
            // The check `instance-json` reports a status that is missing or unknown.
            if machine.status == status || machine.validate().is_err() || Instant::now() >= until {
                return Ok((machine, response));
            }
            sleep(PAUSE).await;
        }
    }

    /// Removes every machine of this run. Returns the names of those that the provider does not remove.
    ///
    /// A cloud may finish an interrupted creation after its machine was deleted. So every pool is listed once more.
    pub(super) async fn clean_up(&mut self) -> Vec<String> {
        let creations = std::mem::take(&mut self.creations);
        let mut left = Vec::new();
        for Creation { scope, name } in &creations {
            if !self.remove(scope, name).await {
                left.push(name.clone());
            }
        }
        let mut scopes: Vec<&Scope> = Vec::new();
        for Creation { scope, .. } in &creations {
            if !scopes.contains(&scope) {
                scopes.push(scope);
            }
        }
        for scope in scopes {
            let Ok((machines, _)) = self.list(scope).await else { continue };
            for machine in machines {
                let ours = self.apart || machine.name.starts_with(&self.prefix);
                if ours && !left.contains(&machine.name) && !self.remove(scope, &machine.name).await {
                    left.push(machine.name);
                }
            }
        }
        left
    }

    /// Removes every machine of this name, by name and by each listed id. Answers whether none of that name is listed any more.
    pub(super) async fn remove(&mut self, scope: &Scope, name: &str) -> bool {
        for round in 0..ROUNDS {
            if round > 0 {
                sleep(PAUSE).await;
            }
            let by_name = self.probe.send_always(Request::new(Command::DeleteInstance, scope).instance(name)).await;
            let response = self.call(Command::ListInstances, scope, None).await;
            let listed = if response.succeeded() {
                answer::machines(&response, &mut self.probe.conduct)
            } else {
                response.status().map(|_| Vec::new())
            };
            // Without a list, only the deletion's status tells.
            let Ok(listed) = listed else { return by_name.status().is_ok_and(is_deleted) };
            let ours: Vec<_> = listed.into_iter().filter(|machine| machine.name == name).collect();
            if ours.is_empty() {
                return true;
            }
            for machine in ours {
                self.probe.send_always(Request::new(Command::DeleteInstance, scope).instance(&machine.provider_id)).await;
            }
        }
        false
    }
}
