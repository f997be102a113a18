//! The part of Go's `text/template` that runner install templates use.
//!
//! Stored templates are Go templates because upstream's are, and people have written their own. [`Template`] understands fields, variables,
//! pipelines, `if`, `range`, `with`, comparisons, `and`/`or`/`not`, `index`, `len`, `print`, `printf`, comments and trim markers; what else
//! the language has (`define`, `template`, `block`, `call`, methods) is refused by name when a template is read, not when a machine boots.

mod lexer;
mod parser;
mod render;

#[cfg(test)]
mod tests;

pub use lexer::SyntaxError;
pub use parser::Template;
pub use render::RenderError;
