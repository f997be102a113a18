//! Signs of life: whether this server can do its work, and whether another start would help if it cannot.
//!
//! One task asks the database, a second after its last answer, whoever wants to know. So a question from outside costs nothing.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use crate::model::describe;
use crate::store::{self, Store};

/// From an answer of the database to the next question.
const ASK_AFTER: Duration = Duration::from_secs(1);

/// An answer that takes longer is a fault.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// One turn of the supervisor of all tasks takes milliseconds; a round of leases that the database does not answer, up to 6 s.
const TURN_MAX: Duration = Duration::from_secs(10);

/// What has been held up for so long does not go on by itself.
const DEAD_AFTER: Duration = Duration::from_mins(1);

/// The signs of life of one server. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Vitals(Arc<Mutex<Signs>>);

#[derive(Debug, Default)]
struct Signs {
    supervisor_runs: bool,
    /// Since when the supervisor has been at what it does now; nothing while it waits.
    busy_since: Option<Instant>,
    /// Why the last round of leases failed.
    lease_fault: Option<String>,
    /// Why the database does not answer now.
    database_fault: Option<String>,
    /// When the database answered last, be it with an error.
    answered_at: Option<Instant>,
    /// Nothing will be written any more: the connection to the database ended for good.
    is_closed: bool,
    /// Counts the times that deliveries may have been lost here.
    outages: watch::Sender<u64>,
}

/// A part of the server, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// `database`, `leases` or `tasks`.
    pub name: &'static str,
    /// Nothing, if it does its work.
    pub fault: Option<String>,
}

/// The supervisor runs as long as this lives, however it ends.
pub(super) struct Supervised(Vitals);

/// The supervisor is at work as long as this lives.
pub(super) struct Busy(Vitals);

impl Vitals {
    /// Asks the database again and again, and logs when the server becomes able or unable to work. Never ends.
    pub async fn watch(self, store: Store) {
        self.lock().answered_at = Some(Instant::now());
        let mut was_ready = true;
        loop {
            let asked = store.clone();
            let mut asking = tokio::spawn(async move { asked.answers().await });
            loop {
                let answer = timeout(ANSWER_WITHIN, &mut asking).await;
                let is_late = answer.is_err();
                match answer {
                    Ok(Ok(answer)) => self.answered(answer.err().as_ref()),
                    Ok(Err(panic)) => self.lock().database_fault = Some(panic.to_string()),
                    // The question is not put a second time: each holds a thread until it is answered.
                    Err(_) => self.lock().database_fault = Some("it does not answer".to_owned()),
                }
                was_ready = self.tell(was_ready);
                if !is_late {
                    break;
                }
            }
            sleep(ASK_AFTER).await;
        }
    }

    /// What there is to say of each part.
    #[must_use]
    pub fn parts(&self) -> [Part; 3] {
        let signs = self.lock();
        let busy_for = signs.busy_since.map(|since| since.elapsed()).filter(|busy| *busy > TURN_MAX);
        let tasks = match busy_for {
            _ if !signs.supervisor_runs => Some("their supervisor does not run".to_owned()),
            busy_for => busy_for.map(|busy| format!("their supervisor has been held up for {} s", busy.as_secs())),
        };
        let database = match signs.answered_at {
            None => Some("it was not asked yet".to_owned()),
            Some(_) => signs.database_fault.clone(),
        };
        [("database", database), ("leases", signs.lease_fault.clone()), ("tasks", tasks)].map(|(name, fault)| Part { name, fault })
    }

    /// Whether the server can do all of its work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.parts().iter().all(|part| part.fault.is_none())
    }

    /// Whether another start would be of no use: supervisor and questions to the database go on. A database that is away is no reason to start again.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        let signs = self.lock();
        let goes_on = |since: Option<Instant>| since.is_none_or(|since| since.elapsed() < DEAD_AFTER);
        signs.supervisor_runs && goes_on(signs.busy_since) && goes_on(signs.answered_at) && !signs.is_closed
    }

    /// Deliveries may have been lost here: one was answered with a failure, or the server was unable to work.
    pub fn lost_deliveries(&self) {
        self.lock().outages.send_modify(|count| *count += 1);
    }

    /// Tells of the times that deliveries may have been lost here.
    pub(super) fn outages(&self) -> watch::Receiver<u64> {
        self.lock().outages.subscribe()
    }

    /// The supervisor begins.
    pub(super) fn supervised(&self) -> Supervised {
        self.lock().supervisor_runs = true;
        Supervised(self.clone())
    }

    /// The supervisor begins something that should take a moment.
    pub(super) fn busy(&self) -> Busy {
        self.lock().busy_since = Some(Instant::now());
        Busy(self.clone())
    }

    /// A round of leases ended.
    pub(super) fn renewed(&self, fault: Option<String>) {
        self.lock().lease_fault = fault;
    }

    fn answered(&self, fault: Option<&store::Error>) {
        let mut signs = self.lock();
        signs.answered_at = Some(Instant::now());
        signs.database_fault = fault.map(|fault| describe(fault));
        signs.is_closed = matches!(fault, Some(store::Error::Closed));
    }

    /// Logs a change; answers whether the server is ready now.
    fn tell(&self, was_ready: bool) -> bool {
        let faults: Vec<String> =
            self.parts().into_iter().filter_map(|part| part.fault.map(|fault| format!("{}: {fault}", part.name))).collect();
        match (was_ready, faults.is_empty()) {
            (true, false) => warn!(error = faults.join("; "), "the server is not ready"),
            (false, true) => {
                info!("the server is ready again");
                self.lost_deliveries();
            }
            _ => {}
        }
        faults.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Signs> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.0.lock().supervisor_runs = false;
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.lock().busy_since = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(vitals: &Vitals) -> Vec<&'static str> {
        vitals.parts().iter().filter(|part| part.fault.is_some()).map(|part| part.name).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_is_ready_while_each_part_is_and_dead_when_one_does_not_go_on() {
        let vitals = Vitals::default();
        assert_eq!((faults(&vitals), vitals.is_alive()), (vec!["database", "tasks"], false), "nothing runs yet");
        let supervised = vitals.supervised();
        vitals.answered(None);
        assert!(vitals.is_ready() && vitals.is_alive());

        vitals.renewed(Some("refused".to_owned()));
        vitals.answered(Some(&store::Error::Connect("away".to_owned())));
        assert_eq!((faults(&vitals), vitals.is_alive()), (vec!["database", "leases"], true), "another start would not help");
        vitals.renewed(None);
        vitals.answered(None);
        assert!(vitals.is_ready());

        let busy = vitals.busy();
        tokio::time::advance(TURN_MAX + Duration::from_secs(1)).await;
        assert_eq!((faults(&vitals), vitals.is_alive()), (vec!["tasks"], true));
        tokio::time::advance(DEAD_AFTER).await;
        vitals.answered(None);
        assert!(!vitals.is_alive(), "the supervisor hangs");
        drop(busy);
        assert!(vitals.is_ready() && vitals.is_alive());

        tokio::time::advance(DEAD_AFTER).await;
        assert!(!vitals.is_alive(), "the database does not even refuse");
        vitals.answered(Some(&store::Error::Closed));
        assert!(!vitals.is_alive(), "its writer is gone");
        vitals.answered(None);
        drop(supervised);
        assert_eq!((faults(&vitals), vitals.is_alive()), (vec!["tasks"], false), "the supervisor ended");
    }
}
