//! Runner manager for GitHub and GitHub Enterprise Server: one machine for each queued CI job, through any provider.
//!
//! The map. A module may use those below it in the same column and nothing else; `tests/it/tidy.rs` holds the exact table.
//!
//! | Module | What is found there |
//! |---|---|
//! | [`cli`] | the command line; [`cli`]'s `serve` is the one place where a server is put together, `demo` shows it at work |
//! | [`client`] | the client of the HTTP API |
//! | [`http`] | the server's routes: API, webhook receiver, callbacks and metadata for machines |
//! | [`kit`] | for those who write a provider: the contract as a suite of checks, and skeletons to begin with |
//! | [`replay`] | a load of jobs under settings that are not paid for yet: waits, costs, plots |
//! | [`trial`] | the whole installation on virtual time, with everything that can go wrong |
//! | [`control`] | the imperative shell: one task per entity that reads, plans and executes |
//! | [`store`] | every row, on SQLite or PostgreSQL; the only module that knows the database |
//! | [`forge`] | each kind of forge, both ways: asking about runners, and reading what it delivers |
//! | [`provider`] | calling the executables that make machines |
//! | [`template`] | the scripts that machines run, and the language they are written in |
//! | [`api`] | the wire types of the HTTP API |
//! | [`config`] | the configuration file |
//! | [`crypto`] | seals, passwords, tokens, randomness |
//! | [`telemetry`] | the log |
//! | [`sim`] | a fake GitHub for demo, tests and benchmarks |
//! | [`proxies`] | which outgoing connections go through a proxy |
//! | [`clock`] | the only door to the clock |
//! | [`engine`] | the planner: a pure function from known facts to actions, with a reason for each |
//! | [`model`] | the nouns that all modules speak in |
//! | [`time`] | points in time and durations |
//!
//! `engine`, `model` and `time` are a package of their own, in `src/core`. So the compiler holds that they are pure: no crate that could do
//! I/O is among their dependencies. Their tests build and run in seconds.
//!
//! Two flows meet in [`store`]: events outside change rows ([`http`]), and a changed row rings the task that makes the
//! outside follow ([`control`]). `docs/architecture.md` follows a job through both.

#![recursion_limit = "256"]

pub mod api;
pub mod cli;
pub mod client;
pub mod clock;
pub mod config;
pub mod control;
pub mod crypto;
pub mod forge;
pub mod http;
pub mod kit;
pub mod provider;
pub mod proxies;
pub mod replay;
pub mod sim;
pub mod store;
pub mod telemetry;
pub mod template;
pub mod trial;

pub use garm_core::{engine, model, time};
