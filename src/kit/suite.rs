//! The order of the checks, and what of them is run.

use std::path::PathBuf;
use std::time::Duration;

use garm_provider_protocol::{Command, InterfaceVersion};
use serde_json::value::RawValue;

use super::bench::Bench;
use super::calls::{absent, descriptions, executable, refusals};
use super::check::Check;
use super::judgement::{Judged, Verdict, settled};
use super::live;
use super::report::{Finding, Report};

/// What is checked, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The provider. An absolute path, as in the server's configuration.
    pub executable: PathBuf,
    /// The provider's own configuration.
    pub config_file: Option<PathBuf>,
    /// Variables that are passed on, as the server would.
    pub environment: Vec<(String, String)>,
    /// How long a command may take, and how long a machine may take to become what it was asked to be.
    pub time_limit: Duration,
    /// Versions of the contract: the first is used for all checks, others are tried where they make a difference.
    pub versions: Vec<InterfaceVersion>,
    /// Whether machines are made.
    pub live: bool,
    /// The provider's word for an image.
    pub image: String,
    /// The provider's word for a size.
    pub flavor: String,
    /// Operating system of the machines.
    pub os_type: String,
    /// Architecture of the machines.
    pub arch: String,
    /// A pool's settings for the provider.
    pub extra_specs: Option<Box<RawValue>>,
}

impl Settings {
    /// For a provider that needs nothing special.
    #[must_use]
    pub fn new(executable: PathBuf) -> Self {
        Self {
            executable,
            config_file: None,
            environment: Vec::new(),
            time_limit: Duration::from_mins(1),
            versions: vec![InterfaceVersion::V0_1_0, InterfaceVersion::V0_1_1],
            live: false,
            image: "default".to_owned(),
            flavor: "default".to_owned(),
            os_type: "linux".to_owned(),
            arch: "amd64".to_owned(),
            extra_specs: None,
        }
    }
}

/// All checks of one provider.
pub struct Suite {
    bench: Bench,
    findings: Vec<Finding>,
}

impl Suite {
    /// A suite that has not begun.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { bench: Bench::new(settings), findings: Vec::new() }
    }

    /// Tells `progress` of every call that is made.
    #[must_use]
    pub fn with_progress(mut self, progress: impl FnMut(&str) + Send + Sync + 'static) -> Self {
        self.bench.probe.progress = Box::new(progress);
        self
    }

    /// Runs the checks. When the future is dropped, the call that runs is killed; [`Suite::clean_up`] then removes what was made.
    pub async fn run(&mut self) -> Report {
        let starts = executable::starts(&mut self.bench).await;
        self.judge(Check::Starts, starts);
        let runs = self.verdict(Check::Starts) == Verdict::Pass;
        if runs {
            self.run_calls().await;
            if self.bench.settings.live {
                live::run(self).await;
            }
            let conduct: Vec<_> = self.bench.probe.conduct.findings().collect();
            for (check, judgement) in conduct {
                self.judge(check, Ok(judgement));
            }
        }
        let settings = &self.bench.settings;
        Report::new(settings.executable.clone(), settings.live, std::mem::take(&mut self.findings), |check| {
            match check.group().needs_live() {
                _ if !runs => "it cannot be started",
                true if !settings.live => "makes machines: --live",
                _ => "there was no machine to check it with",
            }
        })
    }

    /// Removes all machines that may have been made; returns the names of those that are left.
    pub async fn clean_up(&mut self) -> Vec<String> {
        self.bench.clean_up().await
    }

    /// The checks that make no machine.
    async fn run_calls(&mut self) {
        macro_rules! check {
            ($check:ident, $run:expr) => {
                let judged = $run.await;
                self.judge(Check::$check, judged);
            };
        }
        check!(EmptyEnvironment, executable::empty_environment(&mut self.bench));
        check!(UnknownCommand, executable::no_such_command(&mut self.bench, "NoSuchCommand"));
        check!(MissingCommand, executable::no_such_command(&mut self.bench, ""));
        check!(InterfaceV010, executable::accepts(&mut self.bench, InterfaceVersion::V0_1_0));
        check!(InterfaceV011, executable::accepts(&mut self.bench, InterfaceVersion::V0_1_1));
        check!(GetVersion, descriptions::version(&mut self.bench));
        check!(SupportedVersions, descriptions::supported_versions(&mut self.bench));
        check!(ConfigSchema, descriptions::schema(&mut self.bench, Command::GetConfigJSONSchema));
        check!(ExtraSpecsSchema, descriptions::schema(&mut self.bench, Command::GetExtraSpecsJSONSchema));
        check!(ValidatePoolInfo, descriptions::validate_pool_info(&mut self.bench));
        check!(ListUnknownPool, absent::list(&mut self.bench));
        check!(GetAbsent, absent::get(&mut self.bench));
        check!(DeleteAbsent, absent::delete(&mut self.bench));
        check!(StartAbsent, absent::start_or_stop(&mut self.bench, Command::StartInstance));
        check!(StopAbsent, absent::start_or_stop(&mut self.bench, Command::StopInstance));
        check!(CreateEmpty, refusals::empty(&mut self.bench));
        check!(CreateGarbage, refusals::not_json(&mut self.bench));
        check!(CreateNameless, refusals::nameless(&mut self.bench));
        let was_empty = self.verdict(Check::ListUnknownPool) == Verdict::Pass;
        check!(RefusedLeavesNothing, refusals::left_nothing(&mut self.bench, was_empty));
    }

    /// Writes down what a check came to.
    pub(super) fn judge(&mut self, check: Check, judged: Judged) {
        self.findings.push(Finding::new(check, settled(judged)));
    }

    pub(super) fn verdict(&self, check: Check) -> Verdict {
        self.findings.iter().find(|finding| finding.check == check).map_or(Verdict::Skip, |finding| finding.verdict)
    }

    pub(super) const fn bench(&mut self) -> &mut Bench {
        &mut self.bench
    }
}
