//! Servers: each runs the real shell on a store of its own over the one database. A server may be killed at any point where it waits.

use std::sync::Arc;
use std::time::Duration;

use super::faults::Fault;
use super::link::Link;
use super::provider::SimProvider;
use super::pulse::Pulse;
use super::state::Trial;
use crate::clock::{Clock, RuntimeClock};
use crate::control::{self, ProviderFacts, Services};
use crate::crypto::token::TokenKey;
use crate::model::{ProviderName, SecretString};
use crate::store::{Interference, Store};

/// How long a server that was killed stays down.
pub(super) const DOWN: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(25));
/// How long a server that is stopped in good order may take.
const GRACE: Duration = Duration::from_secs(20);

/// How far apart two clocks may be.
pub(super) const WRONG_MAX: Duration = Duration::from_mins(4);

/// One server after the other in the same place, until the trial ends.
pub(super) async fn run(trial: Arc<Trial>, place: usize) {
    let mut put_back = Duration::ZERO;
    loop {
        let pulse = Pulse::new(Arc::clone(&trial));
        let store = open(&trial, &pulse, &mut put_back);
        trial.server_is_up(place, Some(store.clone()));
        trial.asked.server_starts(trial.passed());
        live(&trial, &pulse, store).await;
        trial.server_is_up(place, None);
        let down = trial.faults.between(DOWN.0, DOWN.1);
        trial.note(format_args!("server {place} is down"));
        tokio::time::sleep(down).await;
    }
}

/// One of several servers may have any clock, because only the database's clock counts. A single server has no other clock: its own may be
/// slow, and put back while it is down. A clock put forward would look like time that has passed.
fn open(trial: &Arc<Trial>, pulse: &Arc<Pulse>, put_back: &mut Duration) -> Store {
    let now = trial.clock.now();
    let (mut said, mut drift) = (now.before(*put_back), 0);
    if trial.faults.strikes(Fault::WrongClock) {
        let wrong = trial.faults.between(Duration::ZERO, WRONG_MAX);
        drift = if wrong.as_secs().is_multiple_of(2) { 2_000 } else { -2_000 };
        if trial.scenario.is_shared() {
            said = now.before(WRONG_MAX / 2).after(wrong);
        } else {
            *put_back = wrong.max(*put_back);
            said = now.before(*put_back);
        }
    }
    let clock = RuntimeClock::starting(said, drift);
    let interference: Arc<dyn Interference> = Arc::clone(pulse) as _;
    trial.database.replica(Clock::Runtime(clock), trial.scenario.is_shared(), interference).expect("the database is in memory")
}

/// One life: until it is killed or stopped.
async fn live(trial: &Arc<Trial>, pulse: &Arc<Pulse>, store: Store) {
    let services = services(trial, pulse, store);
    let started = async {
        loop {
            match control::start(services.clone()).await {
                Ok(running) => return running,
                // A service manager starts the server again.
                Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
            }
        }
    };
    let running = tokio::select! {
        biased;
        () = pulse.killed() => return,
        running = started => running,
    };
    let restarts = async {
        loop {
            tokio::time::sleep(Duration::from_secs(10)).await;
            if trial.faults.strikes(Fault::Restart) {
                return;
            }
        }
    };
    tokio::select! {
        biased;
        () = pulse.killed() => {
            trial.note(format_args!("a server is killed"));
            running.kill();
        }
        () = restarts => {
            trial.note(format_args!("a server is stopped"));
            // It may be killed all the same, or hang on a database it cannot reach.
            tokio::select! {
                biased;
                () = pulse.killed() => {}
                _ = tokio::time::timeout(GRACE * 2, running.stop(GRACE)) => {}
            }
            pulse.stop();
        }
    }
}

pub(super) fn services(trial: &Arc<Trial>, pulse: &Arc<Pulse>, store: Store) -> Services {
    let name = ProviderName::from("sim");
    let provider = Arc::new(SimProvider { name: name.clone(), trial: Arc::clone(trial), pulse: Arc::clone(pulse) });
    let forges = Arc::new(Link::new(trial, pulse, store.clock()));
    let key = Arc::new(TokenKey::new(&SecretString::from("a key of the simulation")));
    let services =
        Services::new(store, forges, vec![ProviderFacts::new(name, "simulated", true, provider)], key, trial.scenario.policy.clone());
    trial.ledger().defects.push(services.defects.clone());
    services.with_job_listing(trial.scenario.lists_jobs)
}
