//! `garm demo`.
use super::Error;
/// Demo.
#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {}
impl DemoArgs {
    pub(super) async fn run(self) -> Result<(), Error> { Ok(()) }
}
