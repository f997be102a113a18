//! For those who write a provider: the contract as a suite of checks, and skeletons to begin with.
//!
//! A [`Suite`] calls a provider as the server does, through [`crate::provider::exec`], and judges the responses. Every [`Check`] gets one
//! [`Finding`] with the calls, the responses and the advice. Without `live` no machine is made: the suite asks for machines that do not exist, and
//! its creations must fail. With `live` it makes machines, in installations (controller ids) that exist for this run only, and always removes them.
//!
//! Three rules keep a report readable. One check names a fault, and the checks that depend on it are skipped. Rules for every call (deadlines,
//! output, secrets) are judged over all calls together. Every report has a finding for every check.

mod answer;
mod bootstrap;
mod check;
mod conduct;
mod findings;
mod fixture;
mod judgement;
mod leftovers;
mod probe;
mod report;
mod request;
mod response;
mod settings;
mod skeleton;
mod suite;
mod with_machines;
mod without_machines;

pub use check::{Check, Group};
pub use judgement::{Evidence, Verdict};
pub use report::{Finding, Report, Summary};
pub use settings::Settings;
pub use skeleton::{Language, Skeleton, SkeletonFile};
pub use suite::Suite;
