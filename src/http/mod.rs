//! The HTTP side of the server: the API, the receiver of webhooks, and the routes for machines.
//!
//! [`mod@router`] is the table of contents. A handler extracts, calls one function of `store` or `control`, and converts the result. An extractor
//! ([`auth`]) checks the caller, so that no handler can forget the check. The signature of a delivery is checked with secrets in memory
//! ([`Directory`]), before its content is used or the database is asked.
//!
//! This module makes no decisions (the planner does), and answers a delivery only once its effect is durable.

mod activity;
mod attempts;
mod auth;
mod bodies;
mod body;
mod caller;
mod directory;
mod error;
mod first_run;
mod gauges;
mod hashing;
mod limits;
mod list;
mod listen;
mod origins;
mod path;
mod places;
mod request_log;
mod router;
mod routes;
mod socket;
mod state;
mod strangers;
mod tls;
mod unread;
mod watched;

pub use caller::TrustedProxies;
pub use directory::Directory;
pub use error::Error;
pub use first_run::FirstRun;
pub use limits::Limits;
pub use listen::{listen, serve};
pub use origins::Origins;
pub use router::{openapi, router};
pub use state::{App, MetricsAccess};
pub use tls::{Tls, TlsError};
