//! The command line against a server: the spellings, columns, prompts and exit codes that scripts rely on, and what people are told.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use garm::api::{CreateCredentialsParams, CreateEndpointParams, CreateEntityParams, Instance, PatParams, Secret};
use garm::client::TemplateFilter;
use garm::crypto::random;
use garm::model::EntityKind;
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::harness::{Installation, PASSWORD, PAT, Plan, WEBHOOK_SECRET};

/// How a command ended: its exit code, what it printed, and what it said beside.
pub(crate) type Ended = (Option<i32>, String, String);

/// A command of the installation. Secrets are in the environment, where commands look for them.
fn command(garm: &Installation, program: &str, arguments: &[&str]) -> Command {
    #[expect(clippy::disallowed_methods, reason = "the binary is what is tested")]
    let mut command = Command::new(program);
    command.args(arguments).env_remove("GARM_CONFIG").env("GARM_PROFILES", garm.directory().join("profiles.toml"));
    command.env("GARM_PASSWORD", PASSWORD).env("GARM_PAT", PAT).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a command as people do who are not at a terminal; `answer` is what it can read.
fn run_with(mut command: Command, answer: &str) -> Ended {
    let mut child = command.spawn().expect("the binary runs");
    // Who does not read has ended.
    drop(child.stdin.take().expect("piped").write_all(answer.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ended = (output.status.code(), text(&output.stdout), text(&output.stderr));
    for secret in [PASSWORD, PAT, WEBHOOK_SECRET] {
        assert!(!ended.1.contains(secret) && !ended.2.contains(secret), "{command:?} shows a secret");
    }
    ended
}

/// Runs a command.
pub(crate) fn run(garm: &Installation, arguments: &[&str]) -> Ended {
    run_with(command(garm, env!("CARGO_BIN_EXE_garm"), arguments), "")
}

/// Runs a command that succeeds, for what it prints.
fn printed(garm: &Installation, arguments: &[&str]) -> String {
    let (code, shown, told) = run(garm, arguments);
    assert_eq!(code, Some(0), "{arguments:?}: {told}");
    shown
}

/// An installation whose commands are logged in.
pub(crate) async fn set_up(plan: Plan) -> Installation {
    let garm = Installation::set_up(plan).await;
    printed(&garm, &["profile", "add", "--name", "test", "--url", &garm.url, "--username", "admin"]);
    garm
}

/// A real bash at whose prompt a program of the installation is completed.
struct Bash<'a> {
    garm: &'a Installation,
    /// The name of the program, and the directory where it is.
    program: (&'static str, &'a Path),
}

impl Bash<'_> {
    /// The candidates for the word `typed` after a line, from the function that the printed lines register.
    fn offers(&self, line: &[&str], typed: &str) -> Vec<String> {
        let (name, dir) = self.program;
        let words = line.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
        let script = format!(
            "source registration; registered=$(complete -p {name}); function=${{registered##*-F }}; \
             COMP_WORDS=({name} {words} '{typed}'); COMP_CWORD={}; ${{function%% *}} {name} '{typed}'; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            line.len() + 1,
        );
        let registration = run_with(command(self.garm, &dir.join(name).to_string_lossy(), &["completion", "bash"]), "").1;
        std::fs::write(self.garm.directory().join("registration"), registration).expect("written");
        // Longer than a busy machine takes, and shorter than a client that waits for a silent server.
        let mut bash = command(self.garm, "timeout", &["20", "bash", "--norc", "-c", &script]);
        bash.current_dir(self.garm.directory()).env("PATH", format!("{}:/usr/bin:/bin", dir.display()));
        let (code, shown, told) = run_with(bash, "");
        assert!(code == Some(0) && told.is_empty(), "{line:?} {typed:?}: {told}");
        shown.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }

    /// The candidates that come from a server. On a busy machine the server may miss the short time it has, so a few attempts are made.
    fn offers_names(&self, line: &[&str], typed: &str) -> Vec<String> {
        (0..20).map(|_| self.offers(line, typed)).find(|offered| !offered.is_empty()).unwrap_or_default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_completes_names_from_the_server_and_commands_without_one() {
    let garm = set_up(Plan::default()).await;
    let pool = garm.add_pool("local", "linux", 1, 1).await;
    let runner = garm.until("a runner is there", async |garm| garm.instances().await.pop()).await.name;
    let links = tempfile::tempdir().expect("a directory");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_garm"), links.path().join("garm-cli")).expect("a link");
    let binaries = Path::new(env!("CARGO_BIN_EXE_garm")).parent().expect("a directory");
    let bash = Bash { garm: &garm, program: ("garm", binaries) };
    let bash_of_client = Bash { garm: &garm, program: ("garm-cli", links.path()) };

    let begun = &pool.id[..4];
    for line in [&["pool", "show"][..], &["--profile", "test", "pool", "delete"], &["pool", "runner", "rotate"], &["runner", "list"]] {
        assert_eq!(bash.offers_names(line, begun), [pool.id.as_str()], "{line:?}");
    }
    assert_eq!(bash_of_client.offers_names(&["pool", "show"], begun), [pool.id.as_str()]);
    assert_eq!(bash.offers_names(&["runner", "show"], &runner[..6]), [runner.as_str()]);
    let others: [(&[&str], &str, &str); 6] = [
        (&["repo", "show"], "octo/", "octo/hello"),
        (&["pool", "list", "--repo"], "octo/", "octo/hello"),
        (&["template", "show"], "github_l", "github_linux"),
        (&["github", "credentials", "show"], "p", "pat"),
        (&["github", "endpoint", "show"], "f", "fake"),
        (&["pool", "add", "--provider-name"], "loc", "local"),
    ];
    for (line, typed, expected) in others {
        assert_eq!(bash.offers_names(line, typed), [expected], "{line:?}");
    }
    assert_eq!(bash.offers(&["--profile"], "te"), ["test"]);
    assert_eq!(bash.offers(&["profile", "switch"], "te"), ["test"]);

    // First a server that accepts connections and never answers, then no server at all.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let profiles = garm.directory().join("profiles.toml");
    let known = std::fs::read_to_string(&profiles).expect("it was written");
    let elsewhere = known.replace(&garm.url, &format!("http://{}", silent.local_addr().expect("bound")));
    assert_ne!(known, elsewhere);
    std::fs::write(&profiles, elsewhere).expect("written");
    let without_names = || {
        assert!(bash.offers(&["pool", "show"], begun).is_empty());
        assert!(bash.offers(&["pool", "show"], "").contains(&"--format".to_owned()));
        assert_eq!(bash.offers(&["pool"], "rot"), ["rotate"]);
        assert_eq!(bash.offers(&["pool", "list"], "--wat"), ["--watch"]);
        assert_eq!(bash_of_client.offers(&[], "poo"), ["pool"]);
    };
    without_names();
    drop(silent);
    without_names();
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_told_and_nothing_else_is_touched() {
    let garm = set_up(Plan::default()).await;
    let named_like_a_number = CreateCredentialsParams {
        name: "1".into(),
        endpoint: "fake".into(),
        auth_type: "pat".into(),
        pat: Some(PatParams { oauth2_token: Secret::from(PAT) }),
        ..CreateCredentialsParams::default()
    };
    let made = garm.client().credentials().create(&named_like_a_number).await.expect("added");
    assert_eq!(made.id, 2);

    let nobody = random::uuid().to_string();
    let table: [(&[&str], &str); 17] = [
        (&["github", "endpoint", "delete", "nope"], "nope does not exist [404]"),
        (&["github", "endpoint", "show", "fak"], "hint: did you mean fake?"),
        (&["github", "endpoint", "delete", "zzz/../../credentials/2"], "zzz/../../credentials/2 does not exist [404]"),
        (&["github", "endpoint", "delete", ".."], "\"..\" is not a name"),
        (&["github", "credentials", "delete", "99"], "there are no credentials \"99\" [404]"),
        (&["pool", "delete", &nobody], "does not exist [404]"),
        (&["runner", "delete", "../pools/x"], "../pools/x does not exist [404]"),
        (&["repo", "delete", "octo/nope"], "did you mean octo/hello?"),
        (&["repo", "show", "hello"], "did you mean octo/hello?"),
        (&["template", "show", "github_lin"], "did you mean github_linux?"),
        (&["scaleset", "show", "7"], "scale set 7 does not exist [404]"),
        (&["scaleset", "delete", "7", "--force"], "scale set 7 does not exist [404]"),
        (&["scaleset", "runner", "list", "linux"], "there is no scale set \"linux\" [404]"),
        (&["runner", "list", "linux"], "there is no scale set \"linux\" [404]"),
        (&["job", "why", "1"], "there is no job 1 [404]"),
        (&["enterprise", "show", "totally-wrong"], "there is no enterprise \"totally-wrong\" [404]"),
        // Both have the token in their request.
        (&["github", "credentials", "add", "--name", "pat", "--endpoint", "fake", "--auth-type", "pat"], "exists already [409]"),
    ];
    for (arguments, expected) in table {
        let (code, shown, told) = run(&garm, arguments);
        assert_eq!((code, shown.as_str()), (Some(1), ""), "{arguments:?}: {told}");
        assert!(told.contains(expected), "{arguments:?}: {told}");
    }
    let shown = printed(&garm, &["github", "credentials", "show", "1", "--format", "json"]);
    assert!(shown.contains("\"id\":2"), "a name comes before a number: {shown}");
    printed(&garm, &["github", "credentials", "delete", "1"]);
    assert_eq!(garm.client().credentials().list().await.expect("listed").len(), 1);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_of_nothing_is_wrong_usage_and_a_repository_without_pools_is_not_called_well() {
    let garm = set_up(Plan::default()).await;
    let updates: [&[&str]; 5] = [
        &["controller", "update"],
        &["repo", "update", "octo/hello"],
        &["pool", "update", "x"],
        &["scaleset", "update", "1"],
        &["github", "endpoint", "update", "fake"],
    ];
    for arguments in updates {
        let (code, _, told) = run(&garm, arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {told}");
    }
    let shown = printed(&garm, &["repo", "show", "octo/hello"]);
    assert!(shown.contains("no pool yet"), "nobody asked the forge: {shown}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_named_garm_cli_is_upstreams_client() {
    let garm = set_up(Plan::default()).await;
    let link = garm.directory().join("garm-cli");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_garm"), &link).expect("a link");
    let link = link.to_str().expect("text");
    // The name, the arguments, the exit code, and what is printed and told.
    let garm_itself = env!("CARGO_BIN_EXE_garm");
    let table: [(&str, &[&str], i32, &str, &str); 12] = [
        (link, &[], 0, "Usage: garm-cli", ""),
        (link, &["pool"], 0, "Usage: garm-cli pool", ""),
        (link, &["pool", "list"], 0, "| ID | IMAGE | FLAVOR |", ""),
        (link, &["serve"], 1, "", "unrecognized subcommand 'serve'"),
        (link, &["top"], 1, "", "the command 'top' is not served yet by this version"),
        (link, &["pool", "list", "x"], 1, "", "unexpected argument 'x'"),
        (link, &["profile", "switch", "nope"], 1, "", "hint: garm-cli profile list"),
        (link, &["version"], 0, "garm server: v", ""),
        (link, &["completion", "bash", "--no-descriptions"], 0, "garm-cli", ""),
        (garm_itself, &["pool", "list", "x"], 2, "", "unexpected argument 'x'"),
        (garm_itself, &["profile", "switch", "nope"], 1, "", "hint: garm profile list"),
        (garm_itself, &["-v"], 0, "garm ", ""),
    ];
    for (program, arguments, code, shown, told) in table {
        let ended = run_with(command(&garm, program, arguments), "");
        assert!(ended.0 == Some(code) && ended.1.contains(shown) && ended.2.contains(told), "{program} {arguments:?}: {ended:?}");
    }
    assert_eq!(printed(&garm, &["version"]), concat!("v", env!("CARGO_PKG_VERSION"), "\n"), "as upstream's daemon");
    let (_, versions, _) = run_with(command(&garm, link, &["version"]), "");
    assert!(versions.starts_with(concat!("garm-cli: v", env!("CARGO_PKG_VERSION"), "\n")), "{versions}");
    garm.finish().await;
}

/// The heads of lists: upstream's columns in upstream's order, ours behind.
#[tokio::test(flavor = "multi_thread")]
async fn lists_have_upstreams_columns_and_json_is_the_payload_on_one_line() {
    let garm = set_up(Plan::default()).await;
    let empty: [&[&str]; 6] =
        [&["org", "list"], &["enterprise", "list"], &["pool", "list"], &["scaleset", "list"], &["runner", "list"], &["job", "list"]];
    for arguments in empty {
        assert_eq!(printed(&garm, &[arguments, &["--format", "json"]].concat()), "[]\n", "{arguments:?}");
    }
    let pool = garm.add_pool("local", "linux", 1, 1).await;
    let runner =
        garm.until("a runner is idle", async |garm| garm.instances().await.into_iter().find(|runner| runner.runner_status == "idle"));
    let runner = runner.await;
    let table: [(&[&str], &str); 19] = [
        (&["profile", "ls"], "Name, Base URL"),
        (&["provider", "list"], "Name, Description, Type"),
        (&["gh", "endpoint", "list", "-l"], "Name, Base URL, Description, Created At, Updated At"),
        (&["creds", "ls", "--long"], "ID, Name, Description, Base URL, API URL, Upload URL, Type, Created At, Updated At"),
        (&["github", "creds", "list"], "ID, Name, Description, Base URL, API URL, Upload URL, Type"),
        (
            &["repository", "list", "-o", "octo", "-n", "hello", "-e", "fake", "-l"],
            "ID, Owner, Name, Endpoint, Credentials name, Pool Balancer Type, Forge type, Pool mgr running, Created At, Updated At",
        ),
        (&["organization", "list"], "ID, Name, Endpoint, Credentials name, Pool Balancer Type, Forge type, Pool mgr running"),
        (&["ent", "list"], "ID, Name, Endpoint, Credentials name, Pool Balancer Type, Pool mgr running"),
        (&["pool", "list"], "ID, Image, Flavor, Tags, Belongs to, Endpoint, Forge Type, Enabled, Provider, Min idle, Max"),
        (
            &["pool", "list", "-r", "octo/hello", "--long"],
            "ID, Image, Flavor, Tags, Belongs to, Endpoint, Forge Type, Enabled, Level, Created At, Updated at, Runner Prefix, Priority",
        ),
        (
            &["scaleset", "list", "-r", "octo/hello"],
            "ID, Scale Set Name, Image, Flavor, Belongs to, Level, Runner Group, Enabled, Runner Prefix, Provider, State",
        ),
        (&["pool", "runner", "list", &pool.id], "Nr, Name, Status, Runner Status, Why"),
        (&["run", "list"], "Nr, Name, Status, Runner Status, Pool / Scale Set, Why"),
        (
            &["runner", "list", &pool.id, "-l"],
            "Nr, Name, Status, Runner Status, Pool / Scale Set, Created At, Updated At, Job Name, Started At, Run ID, Repository, Why",
        ),
        (
            &["job", "ls"],
            "Workflow Job ID, Name, Status, Conclusion, Runner Name, Repository, Requested Labels, Locked by, Workflow job run URL, Why",
        ),
        (&["template", "list", "--name", "github", "--os-type", "linux"], "ID, Name, Description, Forge Type, OS Type, Owner"),
        (&["controller-info", "show"], "Field, Value"),
        (&["pool", "show", &pool.id], "Field, Value"),
        (&["runner", "show", &runner.name], "Field, Value"),
    ];
    for (arguments, expected) in table {
        let shown = printed(&garm, arguments);
        let head: Vec<&str> = shown.lines().nth(1).expect("a head").trim_matches('|').split('|').map(str::trim).collect();
        let titles: Vec<String> = expected.split(", ").map(str::to_uppercase).collect();
        assert_eq!(head[..titles.len().min(head.len())], titles, "{arguments:?}");
        let json = printed(&garm, &[arguments, &["--format", "json"]].concat());
        assert_eq!(json.matches('\n').count(), 1, "{arguments:?}: {json}");
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(value.is_array(), expected != "Field, Value", "{arguments:?}");
    }
    let profiles: serde_json::Value = serde_json::from_str(&printed(&garm, &["profile", "list", "--format", "json"])).expect("JSON");
    assert_eq!(
        (&profiles[0]["Name"], &profiles[0]["BaseURL"], &profiles[0]["Token"].is_string()),
        (&"test".into(), &garm.url.as_str().into(), &true)
    );
    printed(&garm, &["pool", "update", &pool.id, "--min-idle-runners", "0"]);
    printed(&garm, &["runner", "delete", &runner.name, "-f", "--bypass-github-unauthorized=false", "--wait"]);
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_taken_for_ids_and_equals_are_told_apart_by_their_endpoint() {
    let garm = set_up(Plan::default()).await;
    let mut endpoint = garm.client().endpoints().get("fake").await.expect("shown");
    endpoint.name = "other".into();
    let other = CreateEndpointParams {
        name: "other".into(),
        base_url: "https://other.example.com".into(),
        api_base_url: endpoint.api_base_url.clone(),
        ..CreateEndpointParams::default()
    };
    garm.client().endpoints().create(&other).await.expect("added");
    printed(&garm, &["github", "credentials", "add", "--name", "second", "--endpoint", "other", "--auth-type", "pat"]);
    for (name, credentials) in [("big", "pat"), ("big", "second"), ("small", "pat")] {
        let params = CreateEntityParams {
            name: name.into(),
            credentials_name: credentials.into(),
            webhook_secret: Secret::from(WEBHOOK_SECRET),
            ..CreateEntityParams::default()
        };
        garm.client().entities(EntityKind::Enterprise).create(&params).await.expect("added");
    }
    let shown = printed(&garm, &["enterprise", "show", "small"]);
    assert!(shown.contains("small") && !shown.contains("big"), "{shown}");
    let (code, _, told) = run(&garm, &["enterprise", "show", "big"]);
    assert!(code == Some(1) && told.contains("hint: say which one with --endpoint"), "{told}");
    let shown = printed(&garm, &["enterprise", "update", "big", "--endpoint", "other", "--pool-balancer-type", "pack"]);
    assert!(shown.contains("second") && shown.contains("pack"), "{shown}");
    assert!(printed(&garm, &["pool", "list", "-e", "BIG", "--endpoint", "fake"]).starts_with('+'), "names have no case");
    printed(&garm, &["ent", "del", "big", "--endpoint=other"]);
    printed(&garm, &["ent", "rm", "big"]);
    let shown = printed(&garm, &["github", "credentials", "show", "second"]);
    assert!(shown.contains("other"), "{shown}");
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_asks_first_and_removes_what_is_idle() {
    let garm = set_up(Plan::default()).await;
    let pool = garm.add_pool("local", "linux", 2, 1).await;
    let idle = async || {
        garm.until("a runner is idle", async |garm| {
            let known = garm.instances().await;
            known.into_iter().find(|runner| runner.status == "running" && runner.runner_status == "idle")
        })
        .await
        .name
    };
    let first = idle().await;
    let rotate = |more: &[&str], answer: &str| {
        let arguments = [&["pool", "runner", "rotate", pool.id.as_str()], more].concat();
        run_with(command(&garm, env!("CARGO_BIN_EXE_garm"), &arguments), answer)
    };
    let (code, shown, _) = rotate(&["--dry-run"], "");
    assert!(code == Some(0) && shown.starts_with("Would remove 1 idle runner(s):\n") && shown.contains(&first), "{shown}");
    let (code, shown, told) = rotate(&[], "");
    assert!(code == Some(1) && shown.is_empty() && told.contains("--yes-i-really-mean-it"), "nobody answered: {shown} {told}");
    let (code, shown, told) = rotate(&[], "n\n");
    assert_eq!((code, shown.as_str()), (Some(0), "Aborted.\n"), "{told}");
    assert!(told.contains("About to remove 1 idle runner(s). Continue? [y/N] "), "{told}");
    assert_eq!(idle().await, first, "nothing was removed");

    let (code, shown, told) = rotate(&["--wait"], "yes\n");
    assert_eq!((code, shown), (Some(0), format!("  Removed {first}\nRemoved 1 runner(s), skipped 0.\n")), "{told}");
    let second = idle().await;
    assert_ne!(second, first);
    printed(&garm, &["pool", "update", &pool.id, "--min-idle-runners", "0"]);
    let (code, shown, told) = rotate(&["--yes-i-really-mean-it", "--format", "json", "--wait"], "");
    let removed: Vec<Instance> = serde_json::from_str(&shown).expect("the runners it concerned");
    assert!(code == Some(0) && removed.iter().any(|runner| runner.name == second), "{shown} {told}");
    assert_eq!(rotate(&[], "").1, "No idle runners to rotate.\n");
    garm.all_gone().await;
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_edited_until_the_server_takes_it() {
    let garm = set_up(Plan::default()).await;
    printed(&garm, &["template", "copy", "github_linux", "mine"]);
    let edit = |editor: &str, more: &[&str]| {
        let mut command = command(&garm, env!("CARGO_BIN_EXE_garm"), &[&["template", "edit", "mine"], more].concat());
        command.env("EDITOR", editor).env("TMPDIR", garm.directory());
        run_with(command, "")
    };
    let text = async || {
        let mine = TemplateFilter { name: Some("mine".into()), ..TemplateFilter::default() };
        let found = garm.client().templates().list(&mine).await.expect("listed");
        let template = garm.client().templates().get(found[0].id).await.expect("shown");
        String::from_utf8(template.data.expect("it has a text").0).expect("text")
    };
    let before = text().await;
    assert_eq!(edit("true", &[]).1, "no changes made\n");
    assert_eq!(edit("sed -i '$a # ours'", &["--external"]).1, "changes saved successfully\n");
    assert_eq!(text().await, format!("{before}# ours\n"));

    let (code, shown, told) = edit("sed -i '$a {{ if'", &[]);
    assert!(code == Some(1) && shown.is_empty() && told.contains("invalid template") && told.contains("[400]"), "{told}");
    let kept = told.split("what was edited is in ").nth(1).and_then(|rest| rest.split(';').next()).expect("it says where");
    assert!(
        kept.rsplit('.').next() == Some("sh") && std::fs::read_to_string(kept).expect("it is kept").ends_with("# ours\n{{ if\n"),
        "{told}"
    );
    assert_eq!(std::fs::metadata(kept).expect("it is there").permissions().mode() & 0o777, 0o600);
    let (code, _, told) = edit("exit 3;", &[]);
    assert!(code == Some(1) && told.contains("the editor \"exit 3;\" failed"), "{told}");
    assert_eq!(text().await, format!("{before}# ours\n"));
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_watched_is_shown_again_when_it_changed_until_it_is_interrupted() {
    let garm = set_up(Plan::default()).await;
    let mut command: tokio::process::Command =
        command(&garm, env!("CARGO_BIN_EXE_garm"), &["pool", "list", "--watch", "--format", "json"]).into();
    let mut watching = command.kill_on_drop(true).spawn().expect("the binary runs");
    let mut lines = BufReader::new(watching.stdout.take().expect("piped")).lines();
    let mut next = async || {
        let line = tokio::time::timeout(Duration::from_mins(1), lines.next_line()).await.expect("a line comes");
        line.expect("it can be read").expect("it goes on")
    };
    assert_eq!(next().await, "[]");
    let pool = garm.add_pool("local", "linux", 1, 0).await;
    assert!(next().await.contains(&pool.id), "the change is shown");
    let pid = i32::try_from(watching.id().expect("it runs")).expect("a number");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGINT).expect("it can be interrupted");
    assert_eq!(watching.wait().await.expect("it ends").code(), Some(0));
    garm.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn profiles_are_kept_private_with_all_that_others_wrote_and_traffic_is_shown_without_secrets() {
    let garm = set_up(Plan::default()).await;
    let path = garm.directory().join("profiles.toml");
    let known = std::fs::read_to_string(&path).expect("it was written");
    std::fs::write(&path, format!("editor_use_vim = true\n{known}theme = \"dark\"\n")).expect("written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).expect("changed");

    printed(&garm, &["profile", "create", "-n", "second", "-a", &format!("{}/", garm.url), "-u", "admin"]);
    assert!(printed(&garm, &["profile", "list"]).contains("| second (current) |"));
    let (code, shown, told) = run(&garm, &["--debug", "profile", "login", "-u", "admin", "--profile", "test"]);
    assert!(code == Some(0) && shown.is_empty() && told.contains("> POST") && told.contains("\"password\":\"***\""), "{told}");
    assert!(!told.contains("eyJ"), "a token is shown: {told}");
    assert!(printed(&garm, &["profile", "list"]).contains("| second (current) |"), "another profile was only logged in");
    let file = std::fs::read_to_string(&path).expect("it was written");
    assert!(file.contains("editor_use_vim = true") && file.contains("theme = \"dark\""), "{file}");
    assert_eq!(std::fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);

    printed(&garm, &["profile", "del", "second"]);
    assert!(printed(&garm, &["profile", "list"]).contains("| test (current) |"));
    printed(&garm, &["profile", "rm", "test"]);
    let file = std::fs::read_to_string(&path).expect("it was written");
    assert!(file.contains("manager = []") && file.contains("active_manager = \"\""), "{file}");
    let (code, _, told) = run(&garm, &["pool", "list"]);
    assert!(code == Some(1) && told.contains("garm profile add logs in"), "{told}");
    garm.finish().await;
}
