//! Waiting for a cloud: ask again, less and less often, within a limit.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::Error;

const FIRST: Duration = Duration::from_millis(250);
const LAST: Duration = Duration::from_secs(3);

/// Asks until there is an answer; `None` when the limit has passed. Asks at least once.
pub(crate) async fn until<T>(limit: Instant, mut ask: impl AsyncFnMut() -> Result<Option<T>, Error>) -> Result<Option<T>, Error> {
    let mut pause = FIRST;
    loop {
        if let Some(answer) = ask().await? {
            return Ok(Some(answer));
        }
        if Instant::now() + pause > limit {
            return Ok(None);
        }
        sleep(pause).await;
        pause = (pause * 3 / 2).min(LAST);
    }
}
