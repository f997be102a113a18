//! Attacks on the running server: what hostile or broken clients, forges, machines and disks may not achieve. One file per topic.

mod all_at_once;
mod bodies;
mod connections;
mod first_run;
mod health;
mod http2;
mod lists;
mod logins;
mod lost_database;
pub(crate) mod measure;
mod nul;
mod numbers;
mod owners;
pub(crate) mod raw;
mod replays;
mod seals;
mod signed;
mod stalled_log;
mod tokens;
mod words_of_providers;
