//! `garm metrics-token`: tokens that can read the metrics.

use clap::Subcommand;
use serde_json::json;

use super::output::{self, Format};
use super::{Context, Error};
use crate::model::expose;

/// Makes tokens for reading the figures at `/metrics`.
#[derive(Debug, Subcommand)]
pub(super) enum MetricsTokenCommand {
    /// Makes a token that can read `/metrics` and nothing else, and prints it
    Create,
}

impl MetricsTokenCommand {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let Self::Create = self;
        let answer = context.client()?.metrics_token().await?;
        let token = expose(&answer.token.0);
        match context.out.format {
            Format::Table => output::line(token),
            Format::Json => output::line(&json!({ "token": token }).to_string()),
        }
    }
}
