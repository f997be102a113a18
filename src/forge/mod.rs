//! Forges, both ways: asking them about runners, and reading what they deliver.
//!
//! [`Forge`] is a connection to one forge; [`Clients`] keeps one client for each set of credentials. A call is made once, with
//! a deadline: nothing here retries or decides, an [`Error`] carries a verdict ([`crate::model::Retry`]) and the planner acts on it.
//!
//! [`ScaleSetService`] is a connection to the service that assigns jobs to the scale sets of one entity.
//!
//! [`Family`] is what is known of a kind of forge without a connection, [`Decoder`] reads its deliveries. Each kind has one folder (today
//! [`github`]) and one line in the table of `kinds.rs`. Outside of this module only words of the wire format name a kind.
//!
//! Tokens are put into headers and nowhere else; no error repeats what was sent.

mod budgets;
mod clients;
mod delivery;
mod error;
mod family;
pub mod github;
mod interface;
mod kinds;
mod redirect;
mod registration;
mod scale_sets;
mod trust;
mod words;

pub use budgets::Budgets;
pub(crate) use budgets::Purse;
pub use clients::Clients;
pub use delivery::{Decoder, DeliveryError, HookOwner, Reporter, Sender, SignatureError};
pub use error::Error;
pub use family::Family;
pub use interface::{Forge, Forges, HookLog, ListPage, LogPage, NewHook, Place};
pub use kinds::{NO_INSTANCES, decoder, family, first_endpoints};
pub use registration::{JitRequest, Registered};
pub(crate) use scale_sets::Recoveries;
pub use scale_sets::ScaleSetService;
pub use words::Words;
