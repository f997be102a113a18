//! Forgets jobs whose time is over, a few at once.

use std::time::Duration;

use tracing::warn;

use crate::model::describe;
use crate::store::Store;

/// How often jobs are looked at. Their times are counted in days.
const PERIOD: Duration = Duration::from_mins(10);

/// Between two steps others have the database.
const BREATH: Duration = Duration::from_millis(200);

/// Deletes jobs that no pool has fitted for a day, and those that have been over for as long as `over_for` says. Never ends.
pub async fn forget_jobs(store: Store, over_for: Duration) {
    loop {
        let pause = match store.forget_jobs(over_for).await {
            Ok(true) => BREATH,
            Ok(false) => PERIOD,
            Err(fault) => {
                warn!(error = %describe(&fault), "old jobs could not be deleted; trying again later");
                PERIOD
            }
        };
        tokio::time::sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, RuntimeClock};
    use crate::model::{JobFact, JobStatus};
    use crate::store::tests::{entity, first_endpoints, report, sealer};
    use crate::store::{Database, JobFilter, Recorded, UNMATCHED_FOR};
    use crate::time::Timestamp;

    #[tokio::test(start_paused = true)]
    async fn a_job_that_no_pool_fits_is_kept_for_a_day_and_no_longer_than_a_round_more() {
        let clock = Clock::Runtime(RuntimeClock::starting(Timestamp::EPOCH.after(Duration::from_hours(100_000)), 0));
        let store = Store::open(Database::Memory, sealer(), clock, first_endpoints()).await.expect("opens");
        let repository = entity(&store, "hello").await;
        for number in 0..450 {
            let recorded = store.record_job(JobFact { workflow_job_id: number, ..report(&repository, JobStatus::Queued, "") }).await;
            assert!(matches!(recorded.expect("answers"), Recorded::Unmatched(_)));
        }
        let running = tokio::spawn(forget_jobs(store.clone(), Duration::from_hours(24 * 30)));
        let count = async || store.list_jobs(JobFilter::all()).await.expect("answers").len();
        tokio::time::sleep(UNMATCHED_FOR.saturating_sub(PERIOD)).await;
        assert_eq!(count().await, 450);
        tokio::time::sleep(3 * PERIOD).await;
        assert_eq!(count().await, 0);
        running.abort();
    }
}
