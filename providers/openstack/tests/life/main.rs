//! The real binary against the fast fake of a cloud: every command, and everything that goes wrong.

mod cloud;
mod failures;
mod lookups;
mod operations;
mod schemas;
