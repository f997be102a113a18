//! What pools and scale sets share on the command line: arguments, fields, and the commands about their runners.

mod args;
mod machines;
mod runners;

pub(super) use args::{SpecsArgs, template_id, whole_seconds};
pub(super) use machines::Machines;
pub(super) use runners::{RunnersCommand, SetArgs};
