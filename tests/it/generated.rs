//! What is generated from the program's definitions is checked in as it is generated.

use std::path::Path;
use std::process::Output;

fn garm(arguments: &[&str]) -> Output {
    #[expect(clippy::disallowed_methods, reason = "the binary is what is tested")]
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_garm"));
    command.args(arguments).env_remove("GARM_CONFIG").env("GARM_PROFILES", "/nowhere/profiles.toml").output().expect("the binary runs")
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn completions_are_as_generated() {
    for (shell, file) in
        [("bash", "garm.bash"), ("zsh", "_garm"), ("fish", "garm.fish"), ("elvish", "garm.elv"), ("powershell", "garm.ps1")]
    {
        let generated = String::from_utf8(garm(&["util", "completion", shell]).stdout).expect("text");
        let kept = std::fs::read_to_string(root().join("completions").join(file)).expect("it is checked in");
        assert!(generated == kept, "run: garm util completion {shell} >completions/{file}");
    }
}

#[test]
fn the_description_of_the_api_is_as_generated() {
    let generated = String::from_utf8(garm(&["util", "openapi"]).stdout).expect("text");
    let kept = std::fs::read_to_string(root().join("docs/openapi.json")).expect("it is checked in");
    assert!(generated == kept, "run: garm util openapi >docs/openapi.json");
}

#[test]
fn manual_pages_are_as_generated() {
    let dir = tempfile::TempDir::new().expect("a directory");
    assert!(garm(&["util", "man", dir.path().to_str().expect("text")]).status.success());
    let names = |dir: &Path| {
        let mut names: Vec<_> = std::fs::read_dir(dir).expect("a directory").map(|entry| entry.expect("an entry").file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(dir.path()), names(&root().join("man")), "run: garm util man man");
    for name in names(dir.path()) {
        let read = |dir: &Path| std::fs::read_to_string(dir.join(&name)).expect("text");
        assert!(read(dir.path()) == read(&root().join("man")), "{} differs; run: garm util man man", name.to_string_lossy());
    }
}

#[test]
fn global_options_may_stand_on_either_side_of_the_command() {
    for arguments in
        [["--format", "json", "profile", "list"], ["profile", "--format", "json", "list"], ["profile", "list", "--format", "json"]]
    {
        let output = garm(&arguments);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "[]\n", "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn options_of_upstreams_daemon_may_have_one_dash() {
    for arguments in [&["-config", "/nowhere/c.toml"][..], &["-config=/nowhere/c.toml"], &["serve", "-config=/nowhere/c.toml"]] {
        let output = garm(arguments);
        assert_eq!(output.status.code(), Some(1), "it serves");
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(text.contains("error: cannot read the configuration file /nowhere/c.toml"), "{arguments:?}: {text}");
    }
    let output = garm(&["-version"]);
    assert_eq!(
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned()),
        (Some(0), format!("garm {}\n", env!("CARGO_PKG_VERSION")))
    );
}

#[test]
fn a_command_of_upstreams_that_is_not_served_yet_says_so_and_proposes_no_other() {
    let table: [&[&str]; 9] = [
        &["scaleset", "add", "--proxy", "x"],
        &["gitea", "endpoint", "list"],
        &["--format", "json", "forge-instance", "add", "--credentials", "x"],
        &["proxy", "ls"],
        &["object", "upload"],
        &["controller", "tools", "sync"],
        &["runner", "shell", "garm-1"],
        &["pool", "list", "--forge-instance", "x"],
        &["pool", "update", "x", "--clear-proxy"],
    ];
    for arguments in table {
        let output = garm(arguments);
        let text = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(2) && text.contains("is not served yet by this version"), "{arguments:?}: {text}");
        assert!(!text.contains("similar"), "{arguments:?}: {text}");
    }
    let output = garm(&["tools"]);
    assert!(!String::from_utf8_lossy(&output.stderr).contains("not served yet"), "no command of upstream's has that name");
}

#[test]
fn wrong_usage_is_told_with_the_way_out() {
    let output = garm(&["pool", "lst"]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("list"), "{text}");
    let output = garm(&["--config", "/nowhere/config.toml", "pool", "list"]);
    assert_eq!(output.status.code(), Some(2), "it would have no effect");
    let output = garm(&["--config", "/nowhere/config.toml"]);
    assert_eq!(output.status.code(), Some(1), "it serves, as upstream's daemon does");
    let output = garm(&["serve", "--config", "/nowhere/config.toml"]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.contains("error: cannot read the configuration file /nowhere/config.toml"), "{text}");
}
