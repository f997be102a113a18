//! The store: every row of the installation, on embedded SQLite or on PostgreSQL.
//!
//! The only module that knows the database. A function here is one unit. All its writes happen, or none. They are durable when the function
//! returns, and its changes are in the ordered [`Feed`]. On SQLite a single writer groups all waiting units into one commit ([`sqlite`]); on
//! PostgreSQL a pool of connections does ([`postgres`]). Both run the same functions; a query is compiled for each ([`conn`]).
//!
//! Secrets are sealed before they become columns and opened only where they are asked for.
//!
//! What it must not do: call anybody outside, decide what should happen, keep in memory what cannot be read again.

mod api_budgets;
mod assigned_jobs;
mod autopsies;
mod bell;
mod columns;
mod conn;
mod controller;
mod credentials;
mod deliveries;
mod delivery_log;
mod endpoints;
mod entities;
mod entity_names;
mod error;
mod feed;
mod fence;
mod job_listing;
mod jobs;
mod kept;
mod kept_jobs;
mod leases;
mod look;
mod losses;
mod machine_memory;
mod memory;
mod migrate;
mod old_secrets;
mod open;
mod own_runtime;
mod pools;
mod postgres;
mod runners;
mod scale_set_news;
mod scale_set_sessions;
mod scale_sets;
mod schema;
mod seals;
mod set_columns;
mod sqlite;
#[expect(clippy::module_inception, reason = "the store itself")]
mod store;
mod task_places;
mod templates;
mod tools;
mod unit;
mod users;
mod view;

#[cfg(test)]
pub(crate) mod tests;

pub use autopsies::AutopsyFilter;
pub use credentials::NewCredentials;
pub use deliveries::{DeliveryFilter, SIGNED_KEPT};
pub use delivery_log::{ASKED_MAX, DueRedeliveries};
pub use entities::{EntityFilter, NewEntity};
pub use error::Error;
pub use feed::Feed;
pub use fence::Fence;
pub use job_listing::REPOSITORIES_MAX;
pub use jobs::{JobFilter, JobPosition, JobRemark, Matched, Recorded, RunnerRemark};
pub use kept_jobs::{UNMATCHED_FOR, UNMATCHED_MAX};
pub use look::{Outlook, Passphrases};
pub use memory::Interference;
pub use old_secrets::OldSecret;
pub use open::Database;
pub use postgres::{PostgresSettings, SslMode};
pub use runners::{RunnerFilter, RunnerPosition, RunnerUpdate};
pub use scale_set_news::{SessionNews, SessionRow};
pub use seals::{Reseal, Seals};
pub use store::Store;
pub use templates::{NewTemplate, TemplateChange, TemplateFilter};
pub use users::NewUser;
pub use view::{EntitySettings, EntityView, KeptView, Refresh};

/// How many identifiers one query may list; both databases bound the number of parameters.
const IDS_PER_QUERY: usize = 512;

/// How many rows of a long list are in memory at once, and the same as the database counts.
const PAGE_ROWS: usize = 500;
const PAGE: i64 = 500;

#[diesel::declare_sql_function]
extern "SQL" {
    /// Folds case, as the unique indexes on names do.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}
