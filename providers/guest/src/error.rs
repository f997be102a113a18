//! Why a machine has nothing to boot. No error quotes extra specs or scripts: they hold secrets.

use crate::template::{RenderError, SyntaxError};

/// Why there is no user data.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The forge has no runner for the machine.
    #[error("there is no runner for os_type {os_type} and arch {arch}; there is {}", list(.offered))]
    NoTool {
        /// The machine's system.
        os_type: String,
        /// The machine's architecture.
        arch: String,
        /// What there is, in the forge's words.
        offered: Vec<String>,
    },
    /// The extra specs are not what they must be.
    #[error("extra_specs: {0}")]
    Specs(String),
    /// Without a script there is no runner.
    #[error("extra_specs has no runner_install_template: give the pool a template")]
    NoTemplate,
    /// The template cannot be read.
    #[error("runner_install_template is not valid: {0}")]
    Syntax(#[from] SyntaxError),
    /// The template asks for what there is not, or uses a value in a way that would let it break out of quotes.
    #[error("runner_install_template cannot be rendered: {0}")]
    Render(#[from] RenderError),
    /// A value of the bootstrap document cannot be used.
    #[error("{0}")]
    Bootstrap(String),
}

fn list(words: &[String]) -> String {
    if words.is_empty() { "none at all".to_owned() } else { words.join(", ") }
}
