//! The service for scale sets: a listener opens a message session, polls, and is handed jobs up to the capacity that it names with each poll.
//!
//! GitHub does not describe this service. The model follows GitHub's own client (module `github.com/actions/scaleset`), which
//! `tests/scale-set-client` runs against it, and reports from the field.
//!
//! # How a job gets to a scale set
//! A queued job that no ordinary runner takes goes to the oldest scale set that fits: its labels have all of the job's, its entity covers the
//! repository, its group is open to the repository, and its open poll has capacity left. Without an open poll nothing is assigned.
//! A job that no runner picks up within [`ScaleSetSettings::pickup_timeout`] comes back as canceled and is assigned again, for
//! [`ScaleSetSettings::reassignments`] times. Then the job waits, and no scale set gets it.
//!
//! # What is assumed
//! Nobody outside GitHub knows these points:
//! - `lastMessageId` decides nothing: the oldest message that was not acknowledged comes, also in a new session.
//! - A scale set with a status, such as `Outdated`, is assigned no jobs.
//! - A job that is acquired is assigned at once, so `totalAcquiredJobs` is 0.
//! - A queue token stays good until it expires, also after a refresh, but not beyond its session.
//!
//! | File | What is found there |
//! |---|---|
//! | [`nouns`] | scale sets, sessions, messages, the claims of scale sets to jobs |
//! | [`sets`] | making, changing and removing scale sets |
//! | [`jobs`] | which scale set gets a job; what its listener is told; statistics |
//! | [`sessions`] | one session for each scale set: opened, refreshed, closed, expired |
//! | [`stream`] | polls, messages, acknowledgements, the acquiring of jobs |
//! | [`runners`] | runners of a scale set |
//! | [`tokens`] | tokens for the service and for its queues |
//! | [`error`] | refusals, worded as the service words them |
//! | [`settings`] | how the service behaves |
//! | [`calls`] | the record of all calls, and faults on request |
//! | [`control`] | what a test may do to the service |
//! | [`http`] | the routes |

mod calls;
mod control;
mod error;
mod http;
mod jobs;
mod nouns;
mod runners;
mod sessions;
mod sets;
mod settings;
mod stream;
#[cfg(test)]
mod tests;
mod tokens;

pub use self::calls::{Called, FaultEnd, FaultKind, ServiceCall, ServiceFault};
pub(crate) use self::error::Exception;
pub(super) use self::http::routes;
pub(super) use self::nouns::ScaleSets;
pub use self::nouns::{Claim, JobMessage, Message, MessageSession, News, RunnerSetting, ScaleSet, ScaleSetLabel, Stage, Statistics};
pub(crate) use self::sets::{LabelChange, ScaleSetChange, SettingChange};
pub use self::settings::{Manner, ScaleSetSettings};
