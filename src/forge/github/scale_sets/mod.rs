//! The service that assigns jobs to scale sets (the "Actions service"). GitHub does not document it; its own client is the source of what is known:
//! <https://github.com/actions/scaleset>.
//!
//! A registration token (REST) is traded for the address and a token of the service ([`connection`]), which are good for a quarter of an hour.
//! [`exchange`] sends one request and reads its answer, [`refusal`] classifies those that are no success, [`wire`] and [`message`] decode the others, and
//! [`service`] knows the routes. [`address`] says which addresses are believed, and [`connections`] keeps one service for each entity.

mod address;
mod connection;
mod connections;
mod exchange;
mod json;
mod lifetime;
mod message;
mod refusal;
mod service;
mod wire;

pub(super) use connections::Connections;
