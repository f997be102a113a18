//! What takes longer than one answer: looking again until something is gone, or until nobody wants to look any more.

use std::time::Duration;

use super::Error;
use super::output::{line, renew, spinner};
use crate::client::{self, Client};

/// How long nobody asks again.
const PERIOD: Duration = Duration::from_millis(500);

/// How long a result is looked at.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct WatchArgs {
    /// Shows it again whenever it changed, until Ctrl-C
    #[arg(long)]
    watch: bool,
}

impl WatchArgs {
    /// Prints what `look` sees, once or whenever it is something else. An interruption is how watching ends well.
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
            Ok(instance) => progress.set_message(format!("waiting until {name} is gone ({})", instance.status)),
        }
        tokio::time::sleep(PERIOD).await;
    }
}
