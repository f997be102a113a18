//! Start and end of the shell, and the loop between them.
//!
//! The supervisor renews this replica's leases ([`replica`](super::replica)) and has a task run for each ([`driver`](super::driver)). It
//! follows the store's feed of commits, whichever replica made them: each change rings the tasks that it concerns.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::driver::Driver;
use super::holder::Holder;
use super::replica::Rounds;
use super::services::{Error, Services};
use super::vitals::Vitals;
use crate::model::{Change, describe};
use crate::store::Feed;

/// Wait before a feed that failed is read again.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// The running shell.
#[derive(Debug)]
pub struct Running {
    services: Services,
    holder: Holder,
    stop: CancellationToken,
    supervisor: tokio::task::JoinHandle<()>,
}

/// Starts the supervisor, which starts every task that it gets the lease of.
///
/// # Errors
/// When the database cannot be read.
pub async fn start(services: Services) -> Result<Running, Error> {
    // The feed before the leases: an entity that is added in between is seen twice rather than never.
    let feed = services.store.feed_from(None).await?;
    let holder = services.holder.clone();
    let stop = CancellationToken::new();
    let mut supervisor = Supervisor {
        stop: stop.clone(),
        rounds: Rounds::new(services.store.clone(), holder.clone()),
        driver: Driver::new(services.clone(), stop.clone()),
        vitals: services.vitals.clone(),
    };
    supervisor.renew_leases().await?;
    info!(replica.id = %holder.id(), tasks = supervisor.driver.len(), "watching");
    let supervisor = tokio::spawn(supervisor.run(feed));
    Ok(Running { services, holder, stop, supervisor })
}

impl Running {
    /// Stops planning, then waits for the effects that run; answers whether all of them ended within `grace`. The others are cut off: their
    /// provider processes are ended, and the next start finds out how far they came. Other replicas may take over at once.
    pub async fn stop(mut self, grace: Duration) -> bool {
        self.stop.cancel();
        let ended = tokio::time::timeout(grace, &mut self.supervisor).await.is_ok();
        if !ended {
            warn!("effects are cut off; the next start looks for what they left");
            self.supervisor.abort();
        }
        if let Err(fault) = self.services.store.release_leases(self.holder.id()).await {
            warn!(error = %describe(&fault), "could not hand over to other replicas; they take over by themselves");
        }
        ended
    }

    /// Ends everything at once and leaves everything as it is: for simulations of a crash.
    pub fn kill(self) {
        self.supervisor.abort();
    }
}

struct Supervisor {
    stop: CancellationToken,
    rounds: Rounds,
    driver: Driver,
    vitals: Vitals,
}

impl Supervisor {
    async fn run(mut self, mut feed: Feed) {
        let mut read_feed_at = None;
        let vitals = self.vitals.clone();
        let _supervised = vitals.supervised();
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => break,
                Some(end) = self.driver.next_end() => {
                    let _busy = vitals.busy();
                    self.driver.after_end(end).await;
                }
                () = until(self.rounds.next()) => {
                    let _busy = vitals.busy();
                    if let Err(fault) = self.renew_leases().await {
                        warn!(error = %describe(&fault), "cannot renew the leases");
                        if self.rounds.has_lapsed() {
                            self.driver.give_up();
                        }
                    }
                }
                changes = next_changes(&mut feed, read_feed_at) => match changes {
                    Ok(changes) => {
                        read_feed_at = None;
                        let unknown = changes.iter().filter(|change| self.driver.follow(change)).count();
                        if unknown > 0 {
                            self.rounds.hasten();
                        }
                    }
                    Err(fault) => {
                        error!(error = %describe(&fault), "the feed of changes failed; reading it again");
                        // A look at everything finds all that was missed.
                        self.driver.ring_all();
                        self.rounds.hasten();
                        read_feed_at = Some(Instant::now() + AFTER_FAULT);
                    }
                },
            }
        }
        self.driver.drain().await;
    }

    /// One round for the leases of all kinds: this replica says that it is alive, and runs exactly the tasks that it holds.
    async fn renew_leases(&mut self) -> Result<(), Error> {
        let renewed = self.rounds.renew().await;
        self.vitals.renewed(renewed.as_ref().err().map(|fault| describe(fault)));
        self.driver.hold(renewed?);
        Ok(())
    }
}

/// The next changes of the feed, at the earliest at the given time.
async fn next_changes(feed: &mut Feed, at: Option<Instant>) -> Result<Vec<Change>, crate::store::Error> {
    if let Some(at) = at {
        tokio::time::sleep_until(at).await;
    }
    feed.next().await
}

/// Waits until then; without a time, for good.
async fn until(at: Option<Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}
