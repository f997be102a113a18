//! Go's `text/template`, as far as runner install templates can use it.
//!
//! Stored templates are Go templates because upstream's are, and people have written their own. The rules are those of Go's packages:
//! `text/template` for actions, arguments, pipelines, variables and functions, `fmt` for `printf`, `strconv` for literals and quoting.
//! Where their documentation is silent, Go 1.27 decides. A syntax fault is told in Go's words, because upstream shows those to people.
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
//! - Other custom functions, methods, other delimiters, `missingkey` options: upstream does not use them.
//!
//! # What there is in addition
//! `shellquote` makes one word of a shell out of a value, whatever is in it: `name={{ shellquote .RunnerName }}`, without quotes around it. Go's
//! engine does not have it. `printf "%x"` is there in both: hexadecimal digits, which PowerShell scripts turn back into text.
//!
//! Two things are accepted that Go refuses: names with any alphabetic character, and a number from a `map[string]any` as an index of
//! `slice`.
//!
//! # What is bounded
//! People who may edit a pool write templates, and the server renders them. So no template may take the server down. Nesting, the depth of
//! `template` within `template`, work and output have limits. Go has none for work and output. To exceed a limit is an error that says so.
//! Errors never quote values, which may be secrets.

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
