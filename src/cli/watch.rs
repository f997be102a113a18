//! Commands that go on after the first answer: they ask again until a runner is gone, or until the user stops them.

use std::time::Duration;

use super::Error;
use super::output::{line, renew, spinner};
use crate::client::{self, Client};
use crate::model::visible;

/// The time between two requests.
const PERIOD: Duration = Duration::from_millis(500);

/// Whether a result is shown once or again and again.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// Shows the result again whenever it changes, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

impl WatchArgs {
    /// Prints the result of `look`: once, or whenever it changes. An interruption ends the watching with success.
    pub(super) async fn show(self, mut look: impl AsyncFnMut() -> Result<String, Error>) -> Result<(), Error> {
        if !self.watch {
            return line(&look().await?);
        }
        let watch = async {
            let mut shown = None;
            loop {
                let now = look().await?;
                if shown.as_ref() != Some(&now) && !renew(&now)? {
                    return Ok(());
                }
                shown = Some(now);
                tokio::time::sleep(PERIOD).await;
            }
        };
        tokio::select! {
            ended = watch => ended,
            interrupted = tokio::signal::ctrl_c() => interrupted.map_err(|fault| Error::from_fault("cannot listen for signals", &fault)),
        }
    }
}

/// Waits until a runner and its machine are gone.
pub(super) async fn until_gone(client: &Client, name: &str) -> Result<(), Error> {
    let progress = spinner(&format!("waiting until {name} is gone"));
    loop {
        match client.instances().get(name).await {
            Err(client::Error::Refused { status: 404, .. }) => return Ok(()),
            Err(fault) => return Err(fault.into()),
            Ok(instance) => progress.set_message(visible(&format!("waiting until {name} is gone ({})", instance.status)).into_owned()),
        }
        tokio::time::sleep(PERIOD).await;
    }
}
