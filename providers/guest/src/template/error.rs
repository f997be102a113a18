//! What is said about a template that is none, or that asks for what there is not.

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, in Go's words.
    pub message: String,
}

/// Why a template cannot be rendered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct RenderError {
    /// The line of the command.
    pub line: usize,
    /// What is wrong with it. It names fields, functions and types, and quotes no value.
    pub message: String,
}
