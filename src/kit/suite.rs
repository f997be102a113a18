//! Runs the checks in their order, and decides which of them can run.

use garm_provider_protocol::{Command, InterfaceVersion};

use super::check::Check;
use super::findings::Findings;
use super::fixture::Fixture;
use super::judgement::Verdict;
use super::report::Report;
use super::settings::Settings;
use super::with_machines;
use super::without_machines::{absent, descriptions, executable, refusals};

/// All checks of one provider.
pub struct Suite {
    fixture: Fixture,
    findings: Findings,
}

impl Suite {
    /// A suite that has not started.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { fixture: Fixture::new(settings), findings: Findings::default() }
    }

    /// Tells `progress` of every call that is made.
    #[must_use]
    pub fn with_progress(mut self, progress: impl FnMut(&str) + Send + Sync + 'static) -> Self {
        self.fixture.probe.progress = Box::new(progress);
        self
    }

    /// Runs the checks. Dropping the future kills the running call; [`Suite::clean_up`] then removes the machines.
    pub async fn run(&mut self) -> Report {
        let starts = executable::starts(&mut self.fixture).await;
        self.findings.record(Check::Starts, starts);
        let runs = self.findings.verdict(Check::Starts) == Verdict::Pass;
        if runs {
            self.run_calls().await;
            if self.fixture.settings.live {
                with_machines::run(&mut self.fixture, &mut self.findings).await;
            }
            let conduct: Vec<_> = self.fixture.probe.conduct.findings().collect();
            for (check, judgement) in conduct {
                self.findings.record(check, Ok(judgement));
            }
        }
        let settings = &self.fixture.settings;
        Report::new(settings.executable.clone(), settings.live, std::mem::take(&mut self.findings).into_vec(), |check| {
            match check.group().needs_live() {
                _ if !runs => "it cannot be started",
                true if !settings.live => "makes machines: --live",
                _ => "there was no machine to check it with",
            }
        })
    }

    /// Removes all machines that may have been made. Returns the names of those that are left.
    pub async fn clean_up(&mut self) -> Vec<String> {
        self.fixture.clean_up().await
    }

    /// The checks that make no machine.
    async fn run_calls(&mut self) {
        macro_rules! check {
            ($check:ident, $run:expr) => {
                let judged = $run.await;
                self.findings.record(Check::$check, judged);
            };
        }
        check!(EmptyEnvironment, executable::empty_environment(&mut self.fixture));
        check!(UnknownCommand, executable::no_such_command(&mut self.fixture, "NoSuchCommand"));
        check!(MissingCommand, executable::no_such_command(&mut self.fixture, ""));
        check!(InterfaceV010, executable::accepts(&mut self.fixture, InterfaceVersion::V0_1_0));
        check!(InterfaceV011, executable::accepts(&mut self.fixture, InterfaceVersion::V0_1_1));
        check!(GetVersion, descriptions::version(&mut self.fixture));
        check!(SupportedVersions, descriptions::supported_versions(&mut self.fixture));
        check!(ConfigSchema, descriptions::schema(&mut self.fixture, Command::GetConfigJSONSchema));
        check!(ExtraSpecsSchema, descriptions::schema(&mut self.fixture, Command::GetExtraSpecsJSONSchema));
        check!(ValidatePoolInfo, descriptions::validate_pool_info(&mut self.fixture));
        check!(ListUnknownPool, absent::list(&mut self.fixture));
        check!(GetAbsent, absent::get(&mut self.fixture));
        check!(DeleteAbsent, absent::delete(&mut self.fixture));
        check!(StartAbsent, absent::start_or_stop(&mut self.fixture, Command::StartInstance));
        check!(StopAbsent, absent::start_or_stop(&mut self.fixture, Command::StopInstance));
        check!(CreateEmpty, refusals::empty(&mut self.fixture));
        check!(CreateGarbage, refusals::not_json(&mut self.fixture));
        check!(CreateNameless, refusals::nameless(&mut self.fixture));
        let was_empty = self.findings.verdict(Check::ListUnknownPool) == Verdict::Pass;
        check!(RefusedLeavesNothing, refusals::left_nothing(&mut self.fixture, was_empty));
    }
}
