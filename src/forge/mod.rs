//! Forges: asking GitHub and GitHub Enterprise Server about runners.
//!
//! [`Forge`] is what the rest of the server sees; [`Clients`] keeps one client for each set of credentials. A call is made once, with
//! a deadline: nothing here retries or decides, an [`Error`] carries a verdict ([`crate::model::Retry`]) and the planner acts on it.
//!
//! Tokens are put into headers and nowhere else; no error repeats what was sent.

mod clients;
mod error;
mod github;
mod interface;

pub use clients::Clients;
pub use error::Error;
pub use interface::{Forge, Forges, JitRequest, NewHook, Registered};
