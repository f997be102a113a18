//! Runner install templates: what they are rendered with, and the scripts we ship.
//!
//! The language is the part of Go's `text/template` that upstream's templates use; it lives in [`garm_guest`], because providers render the
//! same one.
//!
//! A machine's first script ([`wrapper`]) fetches the second ([`InstallContext`]) with its token, so that what a provider stores of it stays small.

mod context;
mod scripts;

#[cfg(test)]
mod tests;

pub use garm_guest::template::{RenderError, SyntaxError, Template};

pub use context::{InstallContext, WrapperContext};
pub use scripts::{Error, Shipped, install, system, wrapper};
