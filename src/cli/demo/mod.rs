//! `garm demo`: the whole way of a few jobs on this machine, where only the forge is a model.
//!
//! Real are the server process on an embedded database, the deliveries, and the install script. The provider `local` makes machines that
//! are directories with processes in them. A runner runs the steps of its job. Only GitHub is a model ([`crate::sim`]), reached by URL like
//! any other.
//!
//! It succeeds only if every job ran to success, every runner is gone from server, forge and provider, and nothing is left of them on this machine.

mod report;
mod stage;

use std::time::Duration;

use clap::Args;

use self::report::{Story, Told, say};
use self::stage::Stage;
use super::{Error, output, runner};
use crate::model::JobStatus;
use crate::sim::NewJob;

/// How the demo goes.
#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// How many jobs are queued at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=32))]
    jobs: u32,
    /// Kills the server (KILL, no warning) while jobs run and machines are being made, and starts it again
    #[arg(long)]
    kill: bool,
    /// Has the forge assign the jobs to a scale set over a message session, without webhooks
    #[arg(long)]
    scale_sets: bool,
    /// Leaves everything running at the end, with commands to try
    #[arg(long)]
    keep: bool,
    /// Seconds until the demo gives up
    #[arg(long, default_value_t = 120)]
    timeout: u64,
}

impl DemoArgs {
    pub(super) async fn run(self) -> Result<(), Error> {
        let mut stage = Stage::new().await?;
        let patience = Duration::from_secs(self.timeout);
        let mut result = tokio::select! {
            result = tokio::time::timeout(patience, self.perform(&mut stage)) => {
                result.unwrap_or_else(|_| Err(Error::new(format!("not done after {} seconds", self.timeout))))
            }
            _ = tokio::signal::ctrl_c() => Err(Error::new("interrupted")),
        };
        // The deadline is for the jobs, not for the time a person looks at what `--keep` left running.
        if self.keep && result.is_ok() {
            result = stage.keep().await;
        }
        let tidied = stage.tear_down(result.is_ok()).await;
        match result {
            Ok(()) => tidied,
            Err(error) => Err(error.hint(format!("the server's log and everything else is in {}", stage.directory().display()))),
        }
    }

    async fn perform(&self, stage: &mut Stage) -> Result<(), Error> {
        say("a fake GitHub listens", stage.forge_url());
        stage.start_server().await?;
        say("garm serve answers", stage.server_url());
        let (what, how) = if self.scale_sets {
            stage.set_up_scale_set(self.jobs).await?;
            ("a scale set", "told over the message session of the scale set")
        } else {
            stage.set_up_pool(self.jobs).await?;
            ("a pool", "told by signed webhooks")
        };
        say(
            &format!("set up: endpoint, credentials, repository demo/hello, {what}"),
            &format!("provider local, at most {} runners, none kept idle", self.jobs),
        );

        let jobs: Vec<i64> = (1..=self.jobs).map(|number| stage.forge().queue_job(self.job(number))).collect();
        say(&format!("queued jobs, {how}"), &format!("{}", self.jobs));
        let mut story = Story::begin(stage.forge().clone(), jobs.clone());
        if self.kill {
            stage.forge().wait_until(|state| state.runners().next().is_some()).await;
            stage.kill_and_restart("machines are being made").await?;
        }
        story.follow_until(|state| state.iter().any(|job| job.status == JobStatus::InProgress)).await;
        if self.kill {
            stage.kill_and_restart("jobs run, and deliveries about them fail meanwhile").await?;
        } else if let Some(instance) = stage.instance_of_first_running_job().await? {
            say("garm runner show", &instance.name);
            output::line(&output::fields_table(&runner::fields(&instance)))?;
        }
        let progress = output::spinner("waiting until the jobs are done");
        story.follow_until(|state| state.iter().all(|job| job.status == JobStatus::Completed)).await;
        progress.set_message("waiting until the runners are gone");
        stage.wait_until_gone().await?;
        progress.finish_and_clear();
        say("all runners are gone", "from server, forge and provider; no process and no directory is left");

        story.check()?;
        let started = stage.provider_starts()?;
        story.print_table()?;
        let told = if self.scale_sets { Told::assigned(stage.forge(), &jobs) } else { Told::delivered(stage.forge(), &jobs) };
        report::print_latency(&told, &started, self.kill)
    }

    fn job(&self, number: u32) -> NewJob {
        let labels: &[&str] = if self.scale_sets { &[stage::SCALE_SET] } else { &["self-hosted", "demo"] };
        NewJob {
            owner: stage::OWNER.into(),
            repo: stage::REPOSITORY.into(),
            name: format!("build-{number}"),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            steps: vec![
                "echo \"building on $RUNNER_NAME\"; uname -sm > built".into(),
                "sleep 1".into(),
                "test -s built && cat built".into(),
            ],
        }
    }
}
