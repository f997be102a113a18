//! `garm completion`: the few lines that register completion with a shell.

use clap::Args;
use clap_complete::Shell;
use clap_complete::env::Shells;

use super::complete::{VARIABLE, VARIABLE_BARE};
use super::program::program;
use super::{Error, output};

/// The shell that is to complete commands.
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
        let failed = |fault: std::io::Error| Error::from_fault("cannot write the registration", &fault);
        let (variable, name) = (if self.no_descriptions { VARIABLE_BARE } else { VARIABLE }, program());
        let shells = Shells::builtins();
        let shell = shells.completer(&self.shell.to_string()).ok_or_else(|| Error::new("this shell cannot complete commands"))?;
        let mut text = Vec::new();
        shell.write_registration(variable, name, name, name, &mut text).map_err(failed)?;
        output::line(String::from_utf8_lossy(&text).trim())
    }
}
