//! `garm simulate`: the engine without a cloud, on virtual time.

mod fuzz;
mod replay;

use clap::Subcommand;

use super::{Context, Error};

/// The engine without a cloud, on virtual time.
#[derive(Debug, Subcommand)]
pub(super) enum SimulateCommand {
    /// Attacks the engine with everything that can go wrong, seed after seed
    Fuzz(fuzz::FuzzArgs),
    /// Replays a history of jobs against pool settings: waits, utilisation, cost
    Replay(replay::ReplayArgs),
}

impl SimulateCommand {
    pub(super) fn run(self, context: &Context) -> Result<(), Error> {
        match self {
            Self::Fuzz(args) => args.run(context),
            Self::Replay(args) => args.run(context),
        }
    }
}
