//! `garm simulate`: the engine without a cloud, on virtual time.

mod fuzz;

use clap::Subcommand;

use super::{Context, Error};

/// The engine without a cloud, on virtual time.
#[derive(Debug, Subcommand)]
pub(super) enum SimulateCommand {
    /// Attacks the engine with everything that can go wrong, seed after seed
    Fuzz(fuzz::FuzzArgs),
}

impl SimulateCommand {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        match self {
            Self::Fuzz(args) => args.run(context),
        }
    }
}
