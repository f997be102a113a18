//! The facts that the fake forge knows, as plain values; tests and `garm demo` read them.

mod delivery;
mod job;
mod run;
mod runner;
mod scope;

pub use self::delivery::{Attempt, Delivery, DeliveryState, Hook, Outcome};
pub use self::job::{Conclusion, Job, JobRunner, NewJob, Step};
pub(in crate::sim) use self::run::{Run, latest};
pub(in crate::sim) use self::runner::ScopeToken;
pub use self::runner::{Label, Runner};
pub(crate) use self::runner::{Registration, Session, TokenUse};
pub use self::scope::{DEFAULT_GROUP, Enterprise, Owner, Repository, RunnerGroup, Scope};
