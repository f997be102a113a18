//! The HTTP face of the server: the API, the webhook receiver, and what machines call.
//!
//! [`mod@router`] is the table of contents. Handlers extract, call one function of `store` or `control`, and convert; who may call is an extractor
//! ([`auth`]), so that no handler can forget the check. Deliveries are verified against secrets held in memory ([`Directory`]) before anything
//! of them is believed or the database is asked.
//!
//! What it must not do: decide (the planner does), or answer a delivery before its effect is durable.

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

pub use directory::Directory;
pub use error::Error;
pub use listen::{TlsError, serve, tls};
pub use origins::Origins;
pub use router::{openapi, router};
pub use state::{App, MetricsAccess};
