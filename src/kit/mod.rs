//! For those who write a provider: the contract as a suite of checks, and skeletons to begin with.
//!
//! A [`Suite`] calls a provider as the server does, through [`crate::provider::exec`], and judges what it sees: one [`Finding`] for every
//! [`Check`], with what was called, what came back, and how to mend it. Without `live` nothing is created: every machine that is asked for
//! does not exist, and every creation is one that must fail. With it machines are made, in installations (controller ids) that exist for this
//! run only, and removed again whatever happens.
//!
//! Three rules keep a report readable: a fault is named by one check and those that depend on it are skipped; what holds of every call
//! (deadlines, output, secrets) is judged over all calls together; and nothing is left out, so that a program finds every check in every report.

mod answer;
mod bench;
mod bootstrap;
mod calls;
mod check;
mod conduct;
mod judgement;
mod leftovers;
mod live;
mod probe;
mod question;
mod report;
mod seen;
mod skeleton;
mod suite;

pub use check::{Check, Group};
pub use judgement::{Evidence, Verdict};
pub use report::{Finding, Report, Summary};
pub use skeleton::{Language, Skeleton, SkeletonFile};
pub use suite::{Settings, Suite};
