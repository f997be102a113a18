//! Following the log: every line that is logged from now on, as JSON.

use std::sync::Arc;

use tokio::sync::broadcast::{self, error::RecvError};

/// How many lines a follower may be behind.
const BEHIND_MAX: usize = 1024;

/// Where lines can be followed. Clones share it.
#[derive(Clone, Debug)]
pub struct LogFeed(broadcast::Sender<Arc<str>>);

/// A follower.
#[derive(Debug)]
pub struct Follower(broadcast::Receiver<Arc<str>>);

/// A follower was too slow: lines are gone that it has not had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too slow: {lines} lines were lost")]
pub struct Behind {
    /// How many.
    pub lines: u64,
}

impl LogFeed {
    /// A feed without followers.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "there is one, made where the log begins")]
    pub fn new() -> Self {
        Self(broadcast::channel(BEHIND_MAX).0)
    }

    /// Follows from now on.
    #[must_use]
    pub fn follow(&self) -> Follower {
        Follower(self.0.subscribe())
    }

    /// Gives a line to all who follow; it is made only if there are any. Never waits.
    pub(super) fn tell(&self, line: impl FnOnce() -> String) {
        if self.0.receiver_count() > 0 {
            // The last follower may have gone just now.
            let _nobody = self.0.send(line().into());
        }
    }
}

impl Follower {
    /// The next line, with its line feed; nothing once the log is over.
    ///
    /// # Errors
    /// When lines were lost.
    pub async fn next(&mut self) -> Result<Option<Arc<str>>, Behind> {
        match self.0.recv().await {
            Ok(line) => Ok(Some(line)),
            Err(RecvError::Closed) => Ok(None),
            Err(RecvError::Lagged(lines)) => Err(Behind { lines }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn one_who_does_not_read_loses_its_place_and_holds_nobody_up() {
        let feed = LogFeed::new();
        feed.tell(|| unreachable!("nobody follows"));
        let (mut slow, mut quick) = (feed.follow(), feed.follow());
        for number in 0..=BEHIND_MAX {
            feed.tell(|| number.to_string());
            assert_eq!(quick.next().await.expect("it reads along").as_deref(), Some(number.to_string().as_str()));
        }
        assert_eq!(slow.next().await, Err(Behind { lines: 1 }));
    }
}
