//! `garm pool runner` and `garm scaleset runner`: the runners of one runner set.

use clap::{Args, Subcommand};

use crate::api::Instance;
use crate::cli::output::{confirm, counter, note};
use crate::cli::runner::{RemovalArgs, columns};
use crate::cli::watch::{WatchArgs, until_gone};
use crate::cli::{Context, Error};
use crate::client::Client;
use crate::model::visible;

/// Names one runner set.
pub(in crate::cli) trait SetArgs: Args {
    /// Its runners, or only those made before it was changed.
    fn runners(&self, client: &Client, outdated: bool) -> impl Future<Output = Result<Vec<Instance>, Error>>;
}

/// Lists or replaces the runners of one pool or scale set.
#[derive(Debug, Subcommand)]
pub(in crate::cli) enum RunnersCommand<S: SetArgs> {
    /// Lists the runners
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        of: OfArgs<S>,
        #[command(flatten)]
        watch: WatchArgs,
    },
    /// Removes all idle runners now, and new ones are made (the command rotate above this one replaces some at a time)
    Rotate(RotateArgs<S>),
}

/// The runners that a command is about.
#[derive(Debug, Args)]
pub(in crate::cli) struct OfArgs<S: SetArgs> {
    #[command(flatten)]
    set: S,
    /// Only those made before the last change that shapes runners
    #[arg(long)]
    outdated: bool,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct RotateArgs<S: SetArgs> {
    #[command(flatten)]
    of: OfArgs<S>,
    /// Shows which runners would be removed
    #[arg(long)]
    dry_run: bool,
    /// Removes without asking
    #[arg(long)]
    yes_i_really_mean_it: bool,
    /// Waits until the runners are gone
    #[arg(long, short)]
    wait: bool,
    #[command(flatten)]
    how: RemovalArgs,
}

impl<S: SetArgs> OfArgs<S> {
    async fn list(&self, client: &Client) -> Result<Vec<Instance>, Error> {
        self.set.runners(client, self.outdated).await
    }
}

impl<S: SetArgs> RunnersCommand<S> {
    pub(in crate::cli) async fn run(self, context: &Context) -> Result<(), Error> {
        match self {
            Self::List { of, watch } => {
                let (client, columns) = (context.client()?, columns(false, false));
                watch.show(async || context.out.list_text(&of.list(&client).await?, &columns)).await
            }
            Self::Rotate(args) => args.run(context).await,
        }
    }
}

impl<S: SetArgs> RotateArgs<S> {
    /// Prints the removed runners for programs, and a line for each for people.
    async fn run(self, context: &Context) -> Result<(), Error> {
        let (client, out) = (context.client()?, context.out);
        let mut idle = self.of.list(&client).await?;
        idle.retain(|instance| instance.status == "running" && instance.runner_status == "idle");
        if idle.is_empty() {
            out.said("No idle runners to rotate.")?;
            return out.said_list(&idle);
        }
        if self.dry_run {
            out.said(&format!("Would remove {} idle runner(s):", idle.len()))?;
            return out.list(&idle, &columns(false, false));
        }
        let question = format!("About to remove {} idle runner(s). Continue?", idle.len());
        if !self.yes_i_really_mean_it && !confirm(&question, "--yes-i-really-mean-it")? {
            out.said("Aborted.")?;
            return out.said_list::<Instance>(&[]);
        }

        let progress = counter("removing", idle.len());
        let mut removed = Vec::new();
        for instance in &idle {
            match self.how.remove(&client, &instance.name).await {
                Ok(()) => {
                    progress.suspend(|| out.said(&format!("  Removed {}", visible(&instance.name))))?;
                    removed.push(instance);
                }
                // The runner may have a job by now. The others are removed all the same.
                Err(fault) => progress.suspend(|| note(&format!("  Warning: failed to remove {}: {fault}", visible(&instance.name)))),
            }
            progress.inc(1);
        }
        progress.finish_and_clear();
        if self.wait {
            for instance in &removed {
                until_gone(&client, &instance.name).await?;
            }
        }
        out.said(&format!("Removed {} runner(s), skipped {}.", removed.len(), idle.len() - removed.len()))?;
        out.said_list(&removed)
    }
}
