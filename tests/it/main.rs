//! The one integration binary: everything that is tested from outside the library.

#![recursion_limit = "256"]

mod access;
mod cli;
mod faults;
mod forge_client;
mod generated;
mod github_schemas;
mod harness;
mod intake;
mod local_provider;
mod tidy;
mod whole_way;
