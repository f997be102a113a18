//! How the service behaves where real ones differ or where a test wants something special.

use std::time::Duration;

/// Who decides that a scale set gets a job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Manner {
    /// github.com: the service assigns by itself. `acquirejobs` does not exist, `runnerRequestId` is 0, the URL of the queue has no query.
    #[default]
    Assigns,
    /// GHES: the service offers a job with `JobAvailable`, and assigns what the listener acquires.
    Offers,
}

/// Behaviour of the service for scale sets; change it with [`super::super::Forge::configure`].
#[derive(Clone, Debug)]
pub struct ScaleSetSettings {
    /// Who decides that a scale set gets a job.
    pub manner: Manner,
    /// How long an admin token is good for; at github.com it was less than 17 minutes.
    pub admin_token_lifetime: Duration,
    /// How long a queue token is good for.
    pub queue_token_lifetime: Duration,
    /// How long a poll waits for a message.
    pub poll_wait: Duration,
    /// How long a job may be assigned, or offered, without a runner that picks it up.
    pub pickup_timeout: Duration,
    /// How often a job is assigned again after that.
    pub reassignments: u32,
    /// How long a session lives without a poll or a refresh.
    pub session_timeout: Duration,
    /// How far the clock of the service is ahead, in seconds; negative = behind. Its tokens and its header `Date` show that clock.
    pub clock_ahead: i64,
}

impl Default for ScaleSetSettings {
    fn default() -> Self {
        Self {
            manner: Manner::Assigns,
            admin_token_lifetime: Duration::from_mins(16),
            queue_token_lifetime: Duration::from_hours(1),
            poll_wait: Duration::from_secs(50),
            pickup_timeout: Duration::from_mins(5),
            reassignments: 3,
            session_timeout: Duration::from_mins(5),
            clock_ahead: 0,
        }
    }
}
