//! `garm completion`: what a shell has to know to finish commands.

use clap::builder::StyledStr;
use clap::{Args, Command as Definition};
use clap_complete::Shell;

use super::invocation::{definition, program};
use super::{Error, output};

/// Which shell is to finish commands.
#[derive(Debug, Args)]
pub(super) struct CompletionArgs {
    /// The shell
    shell: Shell,
    /// Leaves out what commands and options are for
    #[arg(long)]
    no_descriptions: bool,
}

impl CompletionArgs {
    pub(super) fn run(self) -> Result<(), Error> {
        let mut definition = definition();
        if self.no_descriptions {
            definition = without_descriptions(definition);
        }
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut definition, program(), &mut text);
        output::line(String::from_utf8_lossy(&text).trim_end())
    }
}

fn without_descriptions(definition: Definition) -> Definition {
    definition.about(StyledStr::new()).mut_args(|arg| arg.help(StyledStr::new())).mut_subcommands(without_descriptions)
}
