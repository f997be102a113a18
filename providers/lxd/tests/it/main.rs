//! The program as the server calls it: against a small fake of LXD for what a real one does rarely, and against a real one where there is one.

mod call;
mod fake;
mod faults;
mod life;
mod real;
