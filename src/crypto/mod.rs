//! Everything with a key: sealed columns, passwords, tokens, and the one source of randomness.
//!
//! Plain functions on plain values. What is secret comes in and goes out as `SecretString`; no error repeats a part of it.

pub mod app_key;
mod error;
pub mod password;
pub mod random;
pub mod seal;
pub mod token;

pub use error::Error;
