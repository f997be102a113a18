//! Runner install templates: the part of Go's `text/template` that they use, what they are rendered with, and the scripts we ship.
//!
//! Stored templates are Go templates because upstream's are, and people have written their own. [`Template`] understands fields, variables,
//! pipelines, `if`, `range`, `with`, comparisons, `and`/`or`/`not`, `index`, `len`, `print`, `printf`, comments and trim markers; what else
//! the language has (`define`, `template`, `block`, `call`, methods) is refused by name when a template is read, not when a machine boots.
//!
//! A machine's first script ([`wrapper`]) fetches the second ([`InstallContext`]) with its token, so that what a provider stores of it stays small.

mod context;
mod lexer;
mod parser;
mod render;
mod scripts;
mod unit;

#[cfg(test)]
mod tests;

pub use context::{InstallContext, WrapperContext};
pub use lexer::SyntaxError;
pub use parser::Template;
pub use render::RenderError;
pub use scripts::{Error, Shipped, install, system, wrapper};
pub use unit::{service_name, unit_file};
