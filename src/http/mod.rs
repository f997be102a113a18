//! The HTTP side of the server: the API, the receiver of webhooks, and the routes for machines.
//!
//! [`mod@router`] is the table of contents. A handler extracts, calls one function of `store` or `control`, and converts the result. An extractor
//! ([`auth`]) checks the caller, so that no handler can forget the check. The signature of a delivery is checked with secrets in memory
//! ([`Directory`]), before its content is used or the database is asked.
//!
//! This module makes no decisions (the planner does), and answers a delivery only once its effect is durable.

mod auth;
mod body;
mod directory;
mod error;
mod gauges;
mod listen;
mod origins;
mod path;
mod request_log;
mod router;
mod routes;
mod socket;
mod state;
mod strangers;
mod unread;

pub use directory::Directory;
pub use error::Error;
pub use listen::{TlsError, serve, tls};
pub use origins::Origins;
pub use router::{openapi, router};
pub use state::{App, MetricsAccess};
