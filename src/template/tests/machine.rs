//! The Linux scripts on a machine: real bash, with a runner, a server and a system whose parts are small scripts.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::*;

/// The server: keeps what it is told, and answers each address with what a test has put there.
const CURL: &str = r#"#!/bin/bash
out='' url='' headers=$(cat)
while [ $# -gt 0 ]; do
    case $1 in
        --output) out=$2 && shift ;;
        --data) printf '%s\n' "$2" >>"$MACHINE/told" && shift ;;
        --data-binary) cat "${2#@}" >"$MACHINE/sent" && shift ;;
        --url) url=$2 && shift ;;
    esac
    shift
done
printf '%s\n%s\n' "$url" "$headers" >>"$MACHINE/asked"
echo "${https_proxy:-none}" >>"$MACHINE/proxies"
cat "$MACHINE/answers/${url##*/}" >"$out" 2>/dev/null
printf 200
"#;

/// What the server keeps for the machine.
const ANSWERS: [(&str, &str); 6] = [
    ("runner", "{}"),
    ("credentials", "{}"),
    ("credentials_rsaparams", "{}"),
    ("runner-registration-token", "AABF3JGZDX3P5PMEXLND6TS6FCWO6"),
    ("service-name", "actions.runner.octo.hello"),
    ("unit-file?runAsUser=runner", "[Unit]\n"),
];

/// What stands between a machine and the server may answer in its place.
const PAGE: &str = "\n<!DOCTYPE html>\n<html><title>Log in \u{1b}[7mto \u{7}the \u{202e}network</title>\n";

/// Time passes in steps of `TICK` seconds, and for everything else of a machine hardly any.
const SLEEP: &str = r#"() { local step=$1; [ "$1" != 0.2 ] || step=${TICK:-1}; SECONDS=$((SECONDS + step)); command sleep 0.02; }"#;

/// A file that says that the runner listens, as GitHub's does.
const LISTEN: &str =
    "mkdir -p _diag; echo \"[$(date) INFO Terminal] WRITE LINE: $(date): Listening for Jobs\" >>_diag/Runner_20261128-120000-utc.log\n";

/// What became of a script.
#[derive(Debug)]
struct Outcome {
    code: Option<i32>,
    told: String,
    said: String,
}

impl Outcome {
    fn status(&self, word: &str) -> Vec<&str> {
        self.told.lines().filter(|line| line.starts_with(&format!("{{\"status\": \"{word}\""))).collect()
    }

    /// That the runner was told to be ready, once, and nothing of a failure.
    fn is_idle(&self) -> bool {
        self.status("idle").len() == 1 && self.status("failed").is_empty()
    }

    /// That it was told to have failed, once, with these words, and never to be ready.
    fn has_failed(&self, words: &str) -> bool {
        let failed = self.status("failed");
        assert!(!self.said.contains("callback-secret") && !self.said.contains("download-secret"), "a secret is shown: {}", self.said);
        self.code == Some(1) && self.status("idle").is_empty() && failed.len() == 1 && failed[0].contains(words)
    }
}

struct Machine {
    dir: tempfile::TempDir,
    tick: u32,
}

impl Machine {
    /// A machine whose archive of the runner has these files, all of them executable.
    fn new(files: &[(&str, &str)]) -> Self {
        let machine = Self { dir: tempfile::TempDir::new().expect("a directory"), tick: 1 };
        for place in ["bin", "answers", "home", "tmp"] {
            fs::create_dir(machine.at(place)).expect("made");
        }
        machine.program("bin/curl", CURL);
        for (name, text) in files {
            machine.program(&format!("runner/{name}"), text);
        }
        if !files.is_empty() {
            let (archive, tree) = (machine.at("answers/runner.tar.gz"), machine.at("runner"));
            let packed = command("tar").arg("-czf").arg(archive).arg("-C").arg(tree).arg(".").status().expect("tar is there");
            assert!(packed.success());
        }
        for (name, answer) in ANSWERS {
            machine.put(&format!("answers/{name}"), answer);
        }
        machine
    }

    fn at(&self, place: &str) -> PathBuf {
        self.dir.path().join(place)
    }

    fn put(&self, place: &str, text: &str) {
        fs::create_dir_all(self.at(place).parent().expect("a place below")).expect("made");
        fs::write(self.at(place), text).expect("written");
    }

    fn program(&self, place: &str, text: &str) {
        self.put(place, text);
        fs::set_permissions(self.at(place), fs::Permissions::from_mode(0o755)).expect("executable");
    }

    fn kept(&self, place: &str) -> String {
        fs::read_to_string(self.at(place)).unwrap_or_default()
    }

    fn outcome(&self, output: &std::process::Output) -> Outcome {
        let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
        Outcome { code: output.status.code(), told: self.kept("told"), said }
    }

    /// Runs a script where the runner is a process.
    fn run(&self, script: &str) -> Outcome {
        self.run_with(script, |_| {})
    }

    /// The same, with a change of the environment.
    fn run_with(&self, script: &str, change: impl FnOnce(&mut std::process::Command)) -> Outcome {
        self.put("script", script);
        let mut bash = command("bash");
        bash.arg(self.at("script")).env("GARM_RUNNER_SERVICE", "process").env("HOME", self.at("home"));
        change(self.with_environment(&mut bash));
        self.outcome(&bash.output().expect("bash is there"))
    }

    /// Runs a script as root where the runner is a service: `systemctl` and the like are what a test has put into `bin`. `None` where nobody may
    /// have a file system of their own.
    #[expect(clippy::print_stderr, reason = "a test that does less than it could says so")]
    fn run_with_service(&self, script: &str) -> Option<Outcome> {
        self.put("script", script);
        self.put("inside", INSIDE);
        let unshare = || {
            let mut unshare = command("unshare");
            unshare.arg("--mount");
            unshare
        };
        if !unshare().args(["mount", "-t", "tmpfs", "none", "/home"]).output().is_ok_and(|output| output.status.success()) {
            eprintln!("skipped: this user may not mount");
            return None;
        }
        let mut bash = unshare();
        bash.arg("bash").arg(self.at("inside")).env("HOME", "/root").env("GARM_RUNNER_SERVICE", "systemd");
        Some(self.outcome(&self.with_environment(&mut bash).output().expect("bash is there")))
    }

    #[expect(clippy::disallowed_methods, reason = "the system's programs come after those of the machine")]
    fn with_environment<'a>(&self, command: &'a mut std::process::Command) -> &'a mut std::process::Command {
        let path = format!("{}:{}", self.at("bin").display(), std::env::var("PATH").expect("a path"));
        command.env("PATH", path).env("MACHINE", self.dir.path()).env("TMPDIR", self.at("tmp"));
        command.env("TICK", self.tick.to_string()).env("BASH_FUNC_sleep%%", SLEEP)
    }
}

/// A user `runner`, a home and a place for units that go with the script.
const INSIDE: &str = r#"
set -e
(cat /etc/passwd; echo 'runner:x:4712:4712::/home/runner:/bin/bash') >"$MACHINE/passwd"
(cat /etc/group; echo 'runner:x:4712:') >"$MACHINE/group"
mount --bind "$MACHINE/passwd" /etc/passwd
mount --bind "$MACHINE/group" /etc/group
mount -t tmpfs none /home
mkdir /home/runner
mkdir -p /etc/systemd/system
mount -t tmpfs none /etc/systemd/system
exec bash "$MACHINE/script"
"#;

#[expect(clippy::disallowed_methods, reason = "a test asks the shell directly")]
fn command(program: &str) -> std::process::Command {
    std::process::Command::new(program)
}

fn script_with(change: impl FnOnce(&mut InstallContext)) -> String {
    let mut context = InstallContext { sha256_checksum: String::new(), ..context(true) };
    change(&mut context);
    install(shipped(OsType::Linux), &context).expect("renders")
}

fn script() -> String {
    script_with(|_| {})
}

fn is_mode(path: &Path, mode: u32) -> bool {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777 == mode
}

#[test]
fn a_runner_that_ends_at_once_is_told_as_failed_with_its_words() {
    for (files, words) in [
        (
            &[("run.sh", "#!/bin/sh\necho 'Couldn'\\''t find a valid ICU package' >&2\nexit 134\n")][..],
            "code 134: Couldn't find a valid ICU package",
        ),
        (&[("run.sh", "#!/bin/missing\n")], "code 1"),
        // GitHub's says 0 when it gives up.
        (
            &[("bin/Runner.Listener", ""), ("run.sh", "#!/bin/sh\necho 'Runner listener exit with terminated error, stop the service'\n")],
            "without listening for jobs: Runner listener exit with terminated error",
        ),
    ] {
        let outcome = Machine::new(files).run(&script());
        assert!(outcome.has_failed(words), "{outcome:?}");
    }
}

/// A runner that works: it listens for a moment, and ends.
fn good_runner() -> String {
    format!("#!/bin/sh\n{LISTEN}exec sleep 1\n")
}

#[test]
fn a_machine_without_home_uses_that_of_its_user() {
    let machine = Machine::new(&[("bin/Runner.Listener", ""), ("run.sh", &good_runner())]);
    machine.program("bin/getent", "#!/bin/sh\necho \"someone:x:4713:4713::$MACHINE/home:/bin/sh\"\n");
    let outcome = machine.run_with(&script(), |bash| {
        bash.env_remove("HOME");
    });
    assert!(outcome.is_idle(), "{outcome:?}");
    assert!(machine.at("home/actions-runner/run.sh").exists());
}

#[test]
fn a_directory_that_is_there_without_a_runner_gets_one_and_keeps_its_files() {
    let machine = Machine::new(&[("bin/Runner.Listener", ""), ("run.sh", &good_runner())]);
    machine.put("home/actions-runner/_work/cache", "of the image");
    let outcome = machine.run(&script());
    assert!(outcome.is_idle(), "{outcome:?}");
    assert!(machine.at("home/actions-runner/run.sh").exists() && !machine.at("home/actions-runner.new").exists());
    assert_eq!(machine.kept("home/actions-runner/_work/cache"), "of the image");
}

#[test]
fn the_proxy_of_the_machine_counts_where_the_server_has_none_for_it() {
    for (told, expected) in [("", "http://of-the-image:1"), ("http://of-the-server:2", "http://of-the-server:2")] {
        let machine = Machine::new(&[("bin/Runner.Listener", ""), ("run.sh", &good_runner())]);
        let script = script_with(|context| context.https_proxy = told.into());
        let outcome = machine.run_with(&script, |bash| {
            bash.env("https_proxy", "http://of-the-image:1");
        });
        assert!(outcome.is_idle(), "{outcome:?}");
        assert!(machine.kept("proxies").lines().all(|proxy| proxy == expected), "{}", machine.kept("proxies"));
        assert!(machine.kept("home/actions-runner/.env").contains(&format!("https_proxy={expected}")));
    }
}

#[test]
fn a_runner_is_idle_from_when_it_listens() {
    let late = format!("#!/bin/sh\nsleep 0.5\necho listens >>\"$MACHINE/told\"\n{LISTEN}exec sleep 1\n");
    for files in [
        &[("bin/Runner.Listener", ""), ("run.sh", &late)][..],
        &[("bin/Runner.Listener", ""), ("run.sh", &late), ("_diag/Runner_20200101-000000-utc.log", "Listening for Jobs\n")],
    ] {
        let outcome = Machine::new(files).run(&script());
        assert!(outcome.is_idle() && outcome.code == Some(0), "{outcome:?}");
        let place = |what: &str| outcome.told.find(what).unwrap_or_else(|| panic!("{what}: {outcome:?}"));
        assert!(place("listens") < place("\"idle\""), "{outcome:?}");
    }
}

#[test]
fn a_runner_that_has_had_its_job_already_has_not_failed() {
    for code in [0, 3] {
        let run = format!("#!/bin/sh\n{LISTEN}exit {code}\n");
        let outcome = Machine::new(&[("bin/Runner.Listener", ""), ("run.sh", &run)]).run(&script());
        assert!(outcome.is_idle() && outcome.code == Some(code), "{outcome:?}");
    }
}

#[test]
fn software_of_ones_own_is_asked_no_more_than_to_live_or_to_end_well() {
    for run in ["#!/bin/sh\nexit 0\n", "#!/bin/sh\nexec sleep 2\n"] {
        let outcome = Machine::new(&[("run.sh", run)]).run(&script());
        assert!(outcome.is_idle() && outcome.code == Some(0), "{outcome:?}");
    }
}

#[test]
fn a_runner_that_does_not_come_to_listen_is_given_up_and_ended() {
    let run = "#!/bin/sh\ntrap 'echo ended >>\"$MACHINE/told\"; exit 0' TERM\necho 'the forge cannot be reached: 502'\nwhile :; do sleep 0.1; done\n";
    let mut machine = Machine::new(&[("bin/Runner.Listener", ""), ("run.sh", run)]);
    machine.tick = 20;
    let outcome = machine.run(&script());
    assert!(outcome.has_failed("it does not listen for jobs: the forge cannot be reached: 502"), "{outcome:?}");
    for _ in 0..100 {
        if machine.kept("told").contains("ended") {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("the runner goes on: {outcome:?}");
}

/// A service whose states come one after the other, the last one for good; what is done with it is kept.
fn systemctl(machine: &Machine, states: &[&str]) {
    machine.put("states", &states.join("\n"));
    let text = r#"#!/bin/bash
echo "systemctl $*" >>"$MACHINE/done"
[ "$1" != start ] || cat .path .env >"$MACHINE/environment" 2>/dev/null
[ "$1" = is-active ] || exit 0
state=$(head -n 1 "$MACHINE/states")
[ "$(wc -l <"$MACHINE/states")" = 0 ] || sed -i 1d "$MACHINE/states"
case $state in
    listens) mkdir -p _diag; echo 'WRITE LINE: Listening for Jobs' >>_diag/Runner_20261128-130000-utc.log; state=active ;;
esac
echo "$state"
[ "$state" = active ]
"#;
    machine.program("bin/systemctl", text);
    machine.program("bin/journalctl", "#!/bin/bash\necho 'Failed at step EXEC spawning runsvc.sh: Permission denied'\n");
    machine.program(
        "bin/su",
        "#!/bin/bash\necho \"su $1 $2 $4\" >>\"$MACHINE/done\"\nPATH=$PATH:/opt/of-the-image/bin LANG=tlh_QO.UTF-8 bash -c \"$3\"\n",
    );
}

const SERVICE: [(&str, &str); 5] = [
    ("bin/Runner.Listener", ""),
    ("run.sh", ""),
    ("bin/runsvc.sh", ""),
    ("bin/installdependencies.sh", "#!/bin/sh\n"),
    ("env.sh", "#!/bin/bash\necho \"LANG=$LANG\" >>.env\necho \"$PATH\" >.path\n"),
];

#[test]
fn a_service_that_cannot_execute_the_runner_is_told_as_failed_with_the_words_of_the_system() {
    for states in [&["failed"][..], &["activating", "active", "failed"], &["inactive"]] {
        let machine = Machine::new(&SERVICE);
        systemctl(&machine, states);
        let Some(outcome) = machine.run_with_service(&script()) else { return };
        assert!(outcome.has_failed("Failed at step EXEC spawning runsvc.sh: Permission denied"), "{outcome:?}");
        assert!(machine.kept("done").ends_with("systemctl stop actions.runner.octo.hello.service\n"), "{}", machine.kept("done"));
    }
}

#[test]
fn a_service_gets_the_environment_of_the_image_and_is_idle_when_it_listens() {
    let machine = Machine::new(&SERVICE);
    systemctl(&machine, &["activating", "active", "active", "listens", "inactive"]);
    let Some(outcome) = machine.run_with_service(&script()) else { return };
    assert!(outcome.is_idle() && outcome.code == Some(0), "{outcome:?}");
    let done = machine.kept("done");
    assert!(done.starts_with("su -l -c runner\n") && !done.contains(" stop "), "{done}");
    let environment = machine.kept("environment");
    assert!(environment.contains("/opt/of-the-image/bin") && environment.contains("LANG=tlh_QO.UTF-8"), "{environment}");
}

#[test]
fn with_selinux_the_runner_is_labelled_as_a_program_before_it_starts() {
    for (is_on, tools) in [(true, true), (true, false), (false, true)] {
        let machine = Machine::new(&SERVICE);
        systemctl(&machine, &["listens"]);
        machine.program("bin/selinuxenabled", if is_on { "#!/bin/sh\n" } else { "#!/bin/sh\nexit 1\n" });
        let chcon = if tools { "#!/bin/sh\necho \"chcon $*\" >>\"$MACHINE/done\"\n" } else { "#!/bin/sh\nexit 1\n" };
        machine.program("bin/chcon", chcon);
        let Some(outcome) = machine.run_with_service(&script()) else { return };
        assert!(outcome.is_idle(), "{outcome:?}");
        let done = machine.kept("done");
        let labelled = done.find("chcon -R -t bin_t runsvc.sh");
        assert_eq!(labelled.is_some(), is_on && tools, "{done}");
        assert!(labelled < done.find("systemctl start"), "{done}");
    }
}

#[test]
fn a_package_manager_that_is_busy_is_waited_for_as_long_as_there_is_time() {
    let installer = |busy: u32, words: &str| {
        format!(
            "#!/bin/sh\necho x >>\"$MACHINE/tries\"\n[ \"$(wc -l <\"$MACHINE/tries\")\" -gt {busy} ] || {{ echo \"{words}\" >&2; exit 1; }}\n"
        )
    };
    let lock = "Error: Unable to lock database: Resource temporarily unavailable";
    let run = |busy: u32, words: &str, seconds_left| {
        let installer = installer(busy, words);
        let mut files = SERVICE.to_vec();
        files[3].1 = &installer;
        let machine = Machine::new(&files);
        systemctl(&machine, &["listens"]);
        let outcome = machine.run_with_service(&script_with(|context| context.seconds_left = seconds_left))?;
        Some((outcome, machine.kept("tries").lines().count()))
    };
    let Some((outcome, tries)) = run(40, lock, 1200) else { return };
    assert!(outcome.is_idle() && tries == 41, "{tries} {outcome:?}");
    assert_eq!(outcome.status("installing").iter().filter(|line| line.contains(lock)).count(), 40, "{outcome:?}");

    let (outcome, tries) = run(1000, "another process has the package database", 480).expect("as before");
    assert!(outcome.has_failed("another process has the package database") && (29..=32).contains(&tries), "{tries} {outcome:?}");

    let (outcome, tries) = run(1000, "E: the mirror is \u{fc}berlastet", 1200).expect("as before");
    assert!(
        outcome.has_failed("failed to install dependencies after 20 attempts: E: the mirror is \u{fc}berlastet") && tries == 20,
        "{tries} {outcome:?}"
    );
}

#[test]
fn what_people_write_runs_with_the_mask_of_a_login_and_lies_where_its_owner_alone_reads() {
    let machine = Machine::new(&[]);
    let own = "#!/bin/bash\numask >>\"$MACHINE/told\"\ncp -p \"$0\" \"$MACHINE/own\"\n";
    machine.put("answers/install-script", own);
    let masked = first_script();
    let outcome = machine.run(&format!("umask 077\n{masked}"));
    assert_eq!((outcome.code, outcome.told.as_str()), (Some(0), "0022\n"), "{outcome:?}");
    assert!(is_mode(&machine.at("own"), 0o700));
}

#[test]
fn files_with_secrets_stay_with_their_owner() {
    let machine =
        Machine::new(&[("run.sh", "#!/bin/sh\nstat -c '%a %n' .credentials .credentials_rsaparams .runner >>\"$MACHINE/told\"\n")]);
    let outcome = machine.run(&script());
    for name in [".runner", ".credentials", ".credentials_rsaparams"] {
        assert!(outcome.told.contains(&format!("600 {name}\n")), "{outcome:?}");
    }
}

#[test]
fn short_words_of_a_registration_that_is_refused_arrive() {
    let config = "#!/bin/sh\n[ \"$1\" = remove ] || { echo 'Http response code: NotFound from POST'; exit 1; }\n";
    let machine = Machine::new(&[("config.sh", config), ("run.sh", "#!/bin/sh\n")]);
    let outcome = machine.run(&script_with(|context| context.use_jit_config = false));
    assert!(outcome.has_failed("after 6 attempts: Http response code: NotFound from POST"), "{outcome:?}");
}

#[test]
fn values_that_are_no_words_of_a_shell_arrive_as_they_are() {
    let odd = "it's; touch $MACHINE/run \"`touch $MACHINE/run`\" $(touch $MACHINE/run) \\ -\u{1f680}\n{{x}}";
    let config = "#!/bin/bash\nprintf '%s\\0' \"$@\" >\"$MACHINE/arguments\"\necho '{\"agentId\": 7}' >.runner\n";
    let machine = Machine::new(&[("config.sh", config), ("run.sh", "#!/bin/sh\n")]);
    machine.put("answers/y.tar.gz", "");
    fs::copy(machine.at("answers/runner.tar.gz"), machine.at("answers/a'b [1-3] {c,d}.tgz")).expect("copied");
    let outcome = machine.run(&script_with(|context| {
        context.use_jit_config = false;
        context.file_name = format!("../{odd}");
        context.download_url = "http://127.0.0.1/a'b [1-3] {c,d}.tgz".into();
        context.temp_download_token = SecretString::from("a\"b\\c\nd");
        context.runner_labels = format!("{odd},b");
        context.forge_runner_group = odd.into();
        context.runner_name = format!("n{odd}");
        context.repo_url = format!("http://127.0.0.1/{odd}");
    }));
    assert!(outcome.is_idle() && outcome.status("idle")[0].contains("\"agent_id\": 7"), "{outcome:?}");
    assert!(!machine.at("run").exists() && !machine.at("home/actions-runner/run").exists(), "{outcome:?}");
    let arguments = machine.kept("arguments");
    let arguments: Vec<_> = arguments.split_terminator('\0').collect();
    let after = |name: &str| arguments.iter().position(|argument| *argument == name).and_then(|at| arguments.get(at + 1)).copied();
    assert_eq!(after("--labels"), Some(format!("{odd},b").as_str()));
    assert_eq!(after("--runnergroup"), Some(odd));
    assert_eq!(after("--name"), Some(format!("n{odd}").as_str()));
    assert_eq!(after("--url"), Some(format!("http://127.0.0.1/{odd}").as_str()));
    assert!(machine.kept("asked").contains("header = \"Authorization: Bearer a\\\"b\\\\cd\"\n"), "{}", machine.kept("asked"));
}

#[test]
fn the_end_of_the_log_is_sent_before_the_failure_is_told_and_without_a_full_disk_in_the_way() {
    let machine = Machine::new(&[("run.sh", "#!/bin/sh\necho 'the last words' >&2\nexit 3\n")]);
    machine.program(
        "bin/tar",
        "#!/bin/bash\nyes line | head -c 90000\necho \"tar: $MACHINE: Cannot write: No space left on device\" >&2\nexit 2\n",
    );
    let outcome = machine.run_with(&script(), |bash| {
        bash.env("TMPDIR", "/nowhere");
    });
    assert!(outcome.has_failed("failed while starting"), "no file can be made: {outcome:?}");
    assert!(machine.kept("sent").contains("mktemp: "), "{}", machine.kept("sent"));
    let outcome = machine.run(&script());
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let sent = machine.kept("sent");
    assert!((65_000..=65_536).contains(&sent.len()), "{}", sent.len());
    assert!(sent.ends_with("Cannot write: No space left on device\n") || sent.ends_with("Cannot write: No space left on device"), "{sent}");
    assert!(
        outcome.said.contains("No space left on device") && outcome.said.contains("extracting runner"),
        "it is printed as well: {outcome:?}"
    );

    let machine = Machine::new(&[("run.sh", "#!/bin/sh\necho 'the last words' >&2\nexit 3\n")]);
    let outcome = machine.run(&script());
    assert!(outcome.has_failed("code 3: the last words"), "{outcome:?}");
    assert!(
        machine.kept("sent").contains("extracting runner") && machine.kept("sent").contains("the last words"),
        "{}",
        machine.kept("sent")
    );
}

#[test]
fn a_page_in_place_of_the_install_script_is_not_run_and_told_of() {
    let page = format!("{PAGE}touch \"$MACHINE/run\"\n{}", "x".repeat(10_000));
    for (answer, told) in [
        (page.as_str(), " <!DOCTYPE html> <html><title>Log in [7mto the network</title> touch"),
        ("", ""),
        ("{\"ok\": true}", "{\\\"ok\\\": true}"),
    ] {
        let machine = Machine::new(&[]);
        machine.put("answers/install-script", answer);
        let outcome = machine.run(&first_script());
        assert!(outcome.has_failed(&format!("the answer is not the server's, for it does not begin with #!: {told}")), "{outcome:?}");
        assert!(!machine.at("run").exists() && outcome.told.len() < 500 && outcome.told.is_ascii(), "{outcome:?}");
        assert!(!outcome.told.trim_end().contains(char::is_control), "{outcome:?}");
    }
}

#[test]
fn a_page_in_place_of_what_the_server_keeps_is_told_of_and_the_runner_does_not_start() {
    for (name, _) in ANSWERS {
        let runs = "#!/bin/sh\ntouch \"$MACHINE/run\"\n";
        let mut files = SERVICE.to_vec();
        files.push(("config.sh", runs));
        files[1].1 = runs;
        let machine = Machine::new(&files);
        machine.put(&format!("answers/{name}"), PAGE);
        systemctl(&machine, &["listens"]);
        let script = script_with(|context| context.use_jit_config = name != "runner-registration-token");
        let outcome = if ["service-name", "unit-file?runAsUser=runner"].contains(&name) {
            let Some(outcome) = machine.run_with_service(&script) else { return };
            outcome
        } else {
            machine.run(&script)
        };
        assert!(
            outcome.has_failed("the answer is not the server's:  <!DOCTYPE html> <html><title>Log in [7mto the network</title>"),
            "{name}: {outcome:?}"
        );
        assert!(!machine.at("run").exists() && !machine.kept("done").contains("start"), "{name}: {outcome:?}");
        assert!(!machine.at(&format!("home/actions-runner/.{name}")).exists(), "{name}");
    }
}

#[test]
fn what_the_server_keeps_may_begin_with_a_byte_order_mark() {
    let machine = Machine::new(&[("bin/Runner.Listener", ""), ("run.sh", &good_runner())]);
    machine.put("answers/runner", "\u{feff}\r\n{\"agentId\": 7}");
    let outcome = machine.run(&script());
    assert!(outcome.is_idle(), "{outcome:?}");
}
