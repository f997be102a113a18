//! `garm github`: endpoints and credentials.

mod credentials;
mod endpoint;

use clap::Subcommand;

use self::credentials::{CredentialsCommand, ListArgs};
use self::endpoint::EndpointCommand;
use super::{Context, Error};

/// GitHub and GitHub Enterprise Server.
#[derive(Debug, Subcommand)]
pub(super) enum GithubCommand {
    /// Where GitHub is
    #[command(subcommand, visible_alias = "ep")]
    Endpoint(EndpointCommand),
    /// Tokens and Apps
    #[command(subcommand, visible_alias = "creds")]
    Credentials(CredentialsCommand),
}

/// The credentials of GitHub, for short.
#[derive(Debug, Subcommand)]
pub(super) enum CredentialsShortcut {
    /// Lists the credentials
    #[command(visible_alias = "ls")]
    List(ListArgs),
}

impl GithubCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        match self {
            Self::Endpoint(command) => command.run(context).await,
            Self::Credentials(command) => command.run(context).await,
        }
    }
}

impl CredentialsShortcut {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let Self::List(args) = self;
        args.run(context).await
    }
}
