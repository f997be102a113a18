//! The rounds of a leased task that asks a forge: one after the other, each when it is due, or sooner when something may have been missed.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::services::Services;
use super::signals::{Bell, Ended};
use crate::model::describe;
use crate::time::Timestamp;
use crate::{forge, store};

/// After an outage of this server: the forge may still be at the deliveries that fail.
const AFTER_OUTAGE: Duration = Duration::from_secs(5);
/// From one round because of an outage to the next: a database that fails now and then must not use up the calls.
const OUTAGE_GAP: Duration = Duration::from_mins(1);
/// After the database failed.
const DATABASE_PAUSE: Duration = Duration::from_secs(10);
/// From one round to the next at least.
const GAP: Duration = Duration::from_secs(1);
/// From one look at an API budget that is spent to the next at least.
const BUDGET_GAP: Duration = Duration::from_secs(2);
/// At most, the first time. A look costs no call, and the forge may say meanwhile that it has no limits, or other servers may give back what they held.
/// It doubles while the budget is spent: a look reads rows.
const BUDGET_GAP_MAX: Duration = Duration::from_secs(5);

/// Why a round ended before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum Stop {
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error(transparent)]
    Forge(#[from] forge::Error),
    /// The entity is gone.
    #[error("it is gone")]
    Gone,
    /// The API budget is spent. That is written down.
    #[error("the API budget is spent; trying again at {next}")]
    Spent {
        /// When the next round is due.
        next: Timestamp,
    },
}

/// When a round is tried again that found the API budget spent until then, as others did just before, so many in a row.
pub(super) fn after_spent(now: Timestamp, until: Timestamp, before: u32) -> Timestamp {
    until.clamp(now.after(BUDGET_GAP), now.after(BUDGET_GAP_MAX.saturating_mul(1 << before.min(16))))
}

/// Why a round begins, beside that it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Because {
    /// Something changed that may end what keeps the forge from being asked.
    pub(super) unblocked: bool,
    /// Something may have been missed: this is the first round here, or this server had an outage.
    pub(super) missed: bool,
    /// So many rounds in a row found the API budget spent just before.
    pub(super) spent: u32,
}

/// The rounds of one task.
pub(super) struct Rounds {
    services: Services,
    bell: Arc<Bell>,
    stop: CancellationToken,
    /// What a round does, for the log.
    what: &'static str,
    outages: watch::Receiver<u64>,
    due: Timestamp,
    began: Timestamp,
    because: Because,
}

impl Rounds {
    /// The first round is due now. `what` names in the log what cannot be done.
    pub(super) fn new(services: Services, bell: Arc<Bell>, stop: CancellationToken, what: &'static str) -> Self {
        let (outages, now) = (services.vitals.outages(), services.clock.now());
        Self { services, bell, stop, what, outages, due: now, began: now, because: Because { unblocked: true, missed: true, spent: 0 } }
    }

    /// Waits until the next round is due. Answers why it begins; `None` = the task is to stop.
    pub(super) async fn next(&mut self) -> Option<Because> {
        loop {
            let now = self.services.clock.now();
            if now >= self.due {
                self.began = now;
                let because = self.because;
                (self.because.unblocked, self.because.missed) = (false, false);
                return Some(because);
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                Ok(()) = self.outages.changed() => {
                    self.because.missed = true;
                    self.due = self.due.min(self.services.clock.now().after(AFTER_OUTAGE).max(self.began.after(OUTAGE_GAP)));
                }
                () = self.bell.rung_within(self.due.since(now)) => {}
            }
            if self.bell.take_unblock() {
                self.because.unblocked = true;
                self.due = self.services.clock.now();
            }
        }
    }

    /// Runs a round, which answers when the next one is due. Answers why the task ends, if it does.
    pub(super) async fn run(&mut self, round: impl Future<Output = Result<Timestamp, Stop>>) -> Option<Ended> {
        let ended = tokio::select! {
            biased;
            () = self.stop.cancelled() => return Some(Ended::Stopped),
            ended = round => ended,
        };
        let now = self.services.clock.now();
        self.because.spent = if matches!(ended, Err(Stop::Spent { .. })) { self.because.spent.saturating_add(1) } else { 0 };
        self.due = match ended {
            Ok(next) | Err(Stop::Spent { next }) => next.max(now.after(GAP)),
            Err(Stop::Gone) => return Some(Ended::Gone),
            Err(Stop::Store(store::Error::Stale { .. })) => return Some(Ended::LeaseLost),
            Err(fault) => {
                warn!(error = %describe(&fault), "cannot {}; trying again", self.what);
                now.after(DATABASE_PAUSE)
            }
        };
        None
    }
}
