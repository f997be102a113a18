//! One call of a server to the forge, with everything a network does.

use std::sync::Arc;
use std::time::Duration;

use super::faults::Fault;
use super::pulse::Pulse;
use super::state::Trial;
use crate::clock::Clock;
use crate::forge::{Error, Purse, Words};
use crate::model::{CallKind, EntityKind, EntityRef, ForgeRunner, Importance, RunnerName};
use crate::sim::{Runner, Scope, State};

/// When the client gives up a call without an answer, longer than an effect may take.
const GIVES_UP: Duration = Duration::from_mins(1);

/// What the model calls the entity.
pub(super) fn scope(at: &EntityRef) -> Scope {
    match at.kind {
        EntityKind::Repository => Scope::repository(&at.owner, &at.name),
        EntityKind::Organization => Scope::organization(&at.name),
        EntityKind::Enterprise | EntityKind::Instance => Scope::enterprise(&at.name),
    }
}

pub(super) fn unreachable() -> Error {
    Error::Unreachable { host: "forge.test".into(), fault: "connection reset".into() }
}

/// A runner as a list shows it.
pub(super) fn listed(runner: &Runner) -> ForgeRunner {
    ForgeRunner {
        agent_id: runner.id,
        name: RunnerName(runner.name.clone()),
        online: runner.online(),
        busy: runner.busy(),
        labels: runner.labels.iter().map(|label| label.name.clone()).collect(),
        version: None,
    }
}

/// The way from one server to the forge.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) trial: Arc<Trial>,
    pub(super) pulse: Arc<Pulse>,
    /// From what its calls spend; `None` = they have no budget.
    pub(super) purse: Option<Arc<Purse>>,
    /// The clock of the server.
    pub(super) clock: Clock,
}

impl Way {
    /// What the model calls the entity at the moment when a call takes effect: calls under an old name are sent on.
    pub(super) fn scope(&self, at: &EntityRef) -> Scope {
        scope(&self.trial.present(at))
    }

    /// Makes one call.
    pub(super) async fn call<T>(
        &self,
        what: &'static str,
        importance: Importance,
        kind: CallKind,
        effect: impl FnOnce(&mut State) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let faults = &self.trial.faults;
        self.pulse.checkpoint().await;
        // Its price is taken until it ends, with or without an answer.
        let _request = self.purse.as_deref().map(|purse| purse.begin(importance, kind)).transpose()?;
        self.trial.count_forge_call();
        let half = faults.between(self.trial.scenario.forge_latency.0, self.trial.scenario.forge_latency.1) / 2;
        tokio::time::sleep(half).await;
        if self.trial.forge_is_out() {
            return Err(unreachable());
        }
        if let (Some(purse), Some(limits)) = (&self.purse, self.trial.scenario.limits) {
            let broken = self.trial.arrived.call(limits, self.trial.passed(), purse.name(), kind);
            if let Some(broken) = broken {
                self.trial.violated(format!("to {what}, {broken}"));
            }
        }
        let fault =
            faults.pick(&[Fault::ForgeError, Fault::ForgeUnreachable, Fault::ForgeHang, Fault::ForgeRateLimit, Fault::ForgeAnswerLost]);
        match fault {
            Some(Fault::ForgeError) => return Err(Error::Server { what, status: 500, words: Words::default() }),
            Some(Fault::ForgeUnreachable) => return Err(unreachable()),
            Some(Fault::ForgeHang) => {
                tokio::time::sleep(GIVES_UP).await;
                return Err(unreachable());
            }
            Some(Fault::ForgeRateLimit) => {
                return Err(Error::RateLimited { status: 429, wait: Duration::from_secs(45), words: Words::default() });
            }
            _ => {}
        }
        let result = self.trial.forge.write(effect);
        tokio::time::sleep(half).await;
        self.pulse.checkpoint().await;
        if fault.is_some() { Err(unreachable()) } else { result }
    }
}
