//! How far a template may go.

/// Blocks, definitions and parentheses inside each other. People nest a handful.
pub(super) const NESTING_MAX: usize = 100;

/// Templates, blocks and parentheses being rendered inside each other. Each takes a piece of the stack, which may be 2 MiB for a thread.
pub(super) const DEPTH_MAX: usize = 300;

/// Bytes of output, and of any one text made on the way.
pub(super) const TEXT_MAX: usize = 16 << 20;

/// What rendering may cost in all: a byte of text that is looked at or made costs one.
pub(super) const WORK_MAX: usize = 64 << 20;

/// What a step (a node, a command, a round of a loop) costs.
pub(super) const STEP: usize = 32;
