//! The client of the service of scale sets over HTTP: against a web server that answers as it is told to, and against the fake service.

mod answers;
mod fake;
mod faults;
mod life;
mod tokens;
mod way;
mod web;
