//! Go's `text/template`, as far as runner install templates can use it.
//!
//! Stored templates are Go templates because upstream's are, and people have written their own. The rules are those of the documentation of Go's
//! packages `text/template` (actions, arguments, pipelines, variables, functions), `fmt` (verbs and flags of `printf`) and `strconv` (literals and
//! quoting); where that is silent, what Go 1.27 does decided. A syntax fault is told in Go's words, because upstream shows those to people.
//!
//! # What values there are
//! The context is a struct: a field it does not have is an error. An object inside it is a map: one whose values are all texts is Go's
//! `map[string]string`, any other one is `map[string]any`. A missing key is `<no value>` with the dot (`.ExtraContext.key`) and the empty value of
//! the map with `index`, as in Go. A list is `[]string` or `[]any` likewise; a whole number is an `int`, any other number a `float64`. Text is bytes,
//! as in Go, but what comes out must be UTF-8.
//!
//! # What is not supported
//! - `call` (there is nothing to call) and complex constants (`1i`): refused by name when a template is read.
//! - Printing the context as a whole, `printf` of floating-point numbers in hexadecimal and of addresses (`%p` of a list or map): refused when
//!   rendered.
//! - Custom functions, methods, other delimiters, `missingkey` options: upstream does not use them.
//!
//! A few things are taken that Go refuses: names with any alphabetic character in them, not only letters, and a number out of a `map[string]any`
//! as an index of `slice`.
//!
//! # What is bounded
//! Whoever may edit a pool writes templates, and the server renders them, so none may take it down: nesting, the depth of `template` within
//! `template`, the work done and the size of the output all have limits (below Go's, which has none for the last two), and each is an error that
//! says so. Errors never quote values, which may be secrets.

mod compare;
mod error;
mod escape;
mod eval;
mod float;
mod functions;
mod lexer;
mod limits;
mod literal;
mod parser;
mod pipeline;
mod printer;
mod printf;
mod quote;
mod render;
mod scope;
mod text;
mod token;
mod tokens;
mod tree;
mod value;

#[cfg(test)]
mod tests;

pub use error::{RenderError, SyntaxError};
pub use tree::Template;
