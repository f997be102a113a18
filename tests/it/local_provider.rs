//! The shipped provider `local`, called as the server calls it.

use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::Duration;

use garm::clock::Clock;
use garm::model::{ControllerId, ProviderName};
use garm::provider::{BootstrapInstance, External, ExternalSettings, PoolContext, Provider, ProviderInstance, with_install_template};
use tempfile::TempDir;

/// Ignores being asked to end, has a child that does, too, and one that has left the session.
const STUBBORN: &str = "#!/bin/sh\necho one more start\ntrap '' TERM HUP\n(trap '' TERM; sleep 1001) &\nsetsid sleep 1002 &\necho started >started\nwhile :; do sleep 1; done\n";

/// The exit status of a provider that has no such machine.
const ABSENT: i32 = 30;

fn executable() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("providers/local/garm-provider-local")
}

struct Local {
    dir: TempDir,
    provider: External,
    controller: ControllerId,
}

impl Local {
    fn new() -> Self {
        let dir = TempDir::new().expect("a directory");
        std::fs::create_dir(dir.path().join("machines")).expect("a directory");
        let config = dir.path().join("local.conf");
        std::fs::write(&config, format!("base_dir={}/machines\nstop_grace=0\n", dir.path().display())).expect("written");
        let mut settings = ExternalSettings::new(ProviderName::from("local"), executable());
        settings.config_file = Some(config);
        Self { dir, provider: External::new(settings, Clock::System), controller: ControllerId(garm::crypto::random::uuid()) }
    }

    fn pool(&self, id: &str) -> PoolContext {
        PoolContext { controller_id: self.controller, pool_id: id.into(), extra_specs: None }
    }

    fn directory(&self, pool: &str, name: &str) -> PathBuf {
        self.dir.path().join("machines").join(self.controller.to_string()).join(pool).join(name)
    }

    async fn create(&self, pool: &str, name: &str) -> Result<ProviderInstance, garm::provider::Error> {
        let bootstrap = BootstrapInstance {
            name: name.into(),
            os_type: "linux".into(),
            arch: "amd64".into(),
            extra_specs: Some(with_install_template(None, STUBBORN)),
            ..BootstrapInstance::default()
        };
        self.provider.create_instance(&self.pool(pool), &bootstrap, Duration::from_mins(1)).await.map(|made| made.instance)
    }

    /// Calls a command that the server itself has no use for.
    async fn call(&self, command: &str, pool: &str, instance: &str) -> Output {
        #[expect(clippy::disallowed_methods, reason = "the provider ends by itself")]
        let mut process = tokio::process::Command::new(executable());
        process.env("GARM_COMMAND", command).env("GARM_CONTROLLER_ID", self.controller.to_string()).env("GARM_POOL_ID", pool);
        process.env("GARM_INSTANCE_ID", instance).env("GARM_PROVIDER_CONFIG_FILE", self.dir.path().join("local.conf"));
        process.env("GARM_INTERFACE_VERSION", "v0.1.0").stdin(Stdio::null()).output().await.expect("the provider starts")
    }

    /// A machine as the provider describes it; `None` when the provider knows that there is none.
    async fn shown(&self, pool: &str, instance: &str) -> Option<ProviderInstance> {
        let output = self.call("GetInstance", pool, instance).await;
        if output.status.code() == Some(ABSENT) {
            return None;
        }
        assert!(output.status.success(), "{output:?}");
        Some(serde_json::from_slice(&output.stdout).expect("a machine"))
    }

    async fn names(&self, pool: &str) -> Vec<String> {
        let listed = self.provider.list_instances(&self.pool(pool)).await.expect("listed");
        listed.into_iter().map(|instance| instance.name).collect()
    }

    /// Processes that belong to a machine of ours.
    fn processes(&self) -> usize {
        let mark = format!("GARM_LOCAL_INSTANCE={}", self.dir.path().display());
        let belongs = |environ: &[u8]| environ.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes()));
        let processes = std::fs::read_dir("/proc").expect("a /proc").flatten();
        processes.filter(|process| std::fs::read(process.path().join("environ")).is_ok_and(|environ| belongs(&environ))).count()
    }
}

#[tokio::test]
async fn one_name_is_one_machine_and_pools_do_not_see_each_other() {
    let local = Local::new();
    let first = local.create("a", "garm-1").await.expect("made");
    let again = local.create("a", "garm-1").await.expect("the same");
    assert_eq!((first.provider_id.as_str(), again.provider_id.as_str()), ("garm-1", "garm-1"));
    let leaders = std::fs::read_to_string(local.directory("a", "garm-1").join("console.log")).expect("what it printed");
    assert_eq!(leaders, "one more start\n", "nothing was started twice");
    local.create("b", "garm-2").await.expect("made");
    assert_eq!((local.names("a").await, local.names("b").await), (vec!["garm-1".to_owned()], vec!["garm-2".to_owned()]));
    assert!(local.names("c").await.is_empty());
    let shown = local.shown("a", "garm-1").await.expect("there");
    assert_eq!(shown.status, "running");
    assert!(local.shown("a", "nobody").await.is_none());
    local.provider.remove_all(&local.pool("")).await.expect("removed");
    assert!(local.names("a").await.is_empty() && local.names("b").await.is_empty());
    assert_eq!(local.processes(), 0);
}

#[tokio::test]
async fn deleting_ends_what_will_not_end_and_what_ran_away() {
    let local = Local::new();
    local.create("a", "garm-1").await.expect("made");
    let started = local.directory("a", "garm-1").join("home/started");
    while !started.exists() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(local.processes() >= 3, "the script and two that it started");
    local.provider.delete_instance(&local.pool("a"), "garm-1").await.expect("deleted");
    assert_eq!(local.processes(), 0);
    assert!(!local.directory("a", "garm-1").exists());
    local.provider.delete_instance(&local.pool("a"), "garm-1").await.expect("deleted already");
}

#[tokio::test]
async fn what_a_creation_left_that_was_cut_off_can_be_listed_deleted_and_made_again() {
    let local = Local::new();
    let half_made = local.directory("a", "garm-1");
    std::fs::create_dir_all(half_made.join("home")).expect("as far as it came");
    assert_eq!(local.names("a").await, ["garm-1"]);
    local.create("a", "garm-1").await.expect("finished");
    assert!(half_made.join("ready").exists());
    local.provider.delete_instance(&local.pool("a"), "garm-1").await.expect("deleted");
    std::fs::create_dir_all(&half_made).expect("as far as it came");
    local.provider.delete_instance(&local.pool("a"), "garm-1").await.expect("deleted");
    assert!(!half_made.exists());
}

#[tokio::test]
async fn a_name_that_would_lead_elsewhere_is_refused() {
    let local = Local::new();
    for name in ["../elsewhere", ".", "a/b", ".hidden"] {
        let error = local.create("a", name).await.expect_err(name);
        let fault = error.fault();
        assert!(fault.contains("cannot be used as a file name") || fault.contains("may only have letters"), "{fault}");
    }
}

/// After a reboot process ids are given out anew: what is on record may be somebody else's by now.
#[tokio::test]
async fn a_process_that_was_given_the_id_of_an_old_one_is_left_alone() {
    let local = Local::new();
    let made = async |name: &str| {
        local.create("a", name).await.expect("made");
        assert!(local.call("StopInstance", "a", name).await.status.success(), "stopped");
        local.directory("a", name).join("process")
    };
    let recorded = std::fs::read_to_string(made("garm-1").await).expect("who leads it");
    let [_, start, boot] = recorded.split_whitespace().collect::<Vec<_>>()[..] else { panic!("three words: {recorded}") };
    #[expect(clippy::disallowed_methods, reason = "a process that has nothing to do with the provider")]
    let mut stranger = tokio::process::Command::new("setsid").args(["sleep", "1003"]).kill_on_drop(true).spawn().expect("started");
    let id = stranger.id().expect("it runs");
    while !leads_its_session(id) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    let other_boot = "00000000-0000-0000-0000-000000000000";
    let strangers_start = start_of(id);
    for (name, record) in [("garm-1", format!("{id} {start} {boot}\n")), ("garm-2", format!("{id} {strangers_start} {other_boot}\n"))] {
        let process = made(name).await;
        std::fs::write(&process, record).expect("as the reboot left it");
        let found = local.shown("a", name).await.expect("there");
        assert_eq!(found.status, "stopped", "{name}");
        assert!(local.call("StartInstance", "a", name).await.status.success(), "started anew");
        let found = local.shown("a", name).await.expect("there");
        assert_eq!(found.status, "running", "{name}");
        assert!(local.call("StopInstance", "a", name).await.status.success(), "stopped");
        std::fs::write(&process, format!("{id} {start} {other_boot}\n")).expect("as the reboot left it");
        local.provider.delete_instance(&local.pool("a"), name).await.expect("deleted");
    }
    assert!(stranger.try_wait().expect("asked").is_none(), "the stranger lives");

    // The record is what decided: with all three right the process belongs to the machine.
    std::fs::write(made("garm-1").await, format!("{id} {strangers_start} {boot}\n")).expect("written");
    local.provider.delete_instance(&local.pool("a"), "garm-1").await.expect("deleted");
    stranger.wait().await.expect("it was ended");
    assert_eq!(local.processes(), 0);
}

/// When a process started, in the words of the kernel.
fn start_of(id: u32) -> String {
    stat_field(id, 22)
}

fn leads_its_session(id: u32) -> bool {
    stat_field(id, 6) == id.to_string()
}

/// A field of `/proc/<id>/stat`, counted from one as its manual page does.
fn stat_field(id: u32, number: usize) -> String {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).expect("it runs");
    let after_name = &stat[stat.rfind(')').expect("a name in brackets") + 2..];
    after_name.split(' ').nth(number - 3).expect("that many fields").to_owned()
}
