//! The one integration binary: everything that is tested from outside the library.

#![recursion_limit = "256"]

mod access;
mod admin;
mod attacks;
mod authorization;
mod autopsy;
mod burst;
mod cli;
mod contract;
mod drop_in;
mod exchange;
mod exchanges;
mod faults;
mod forge_answers;
mod forge_client;
mod forge_room;
mod forwarder;
mod generated;
mod github_schemas;
mod guests;
mod harness;
mod hooks;
mod intake;
mod kept_connections;
mod kept_jobs;
mod local_provider;
mod logs;
mod lxd;
mod metrics;
mod nginx;
mod openstack;
mod providers;
mod proxy;
mod redelivery;
mod renamed;
mod runner_life;
mod service;
mod simulate;
mod slow_cloud;
mod templates;
mod tidy;
mod typed_values;
mod upstream_routes;
mod useless;
mod whole_way;
