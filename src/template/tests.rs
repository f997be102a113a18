//! The shipped scripts against what shells accept.

use serde_json::json;

use super::*;
use crate::model::{ForgeKind, OsType, SecretString};

mod machine;
mod quoting;
mod windows;

fn context(jit: bool) -> InstallContext {
    InstallContext {
        file_name: "runner.tar.gz".into(),
        download_url: "http://127.0.0.1/runner.tar.gz".into(),
        temp_download_token: SecretString::from("download-secret"),
        sha256_checksum: "00".into(),
        repo_url: "http://127.0.0.1/octo/hello".into(),
        runner_name: "garm-1".into(),
        runner_labels: "a,b".into(),
        metadata_url: "http://127.0.0.1/api/v1/metadata".into(),
        callback_url: "http://127.0.0.1/api/v1/callbacks".into(),
        callback_token: SecretString::from("callback-secret"),
        forge_runner_group: "it's a \"group\"".into(),
        use_jit_config: jit,
        ..InstallContext::default()
    }
}

fn shipped(os_type: OsType) -> &'static str {
    system().into_iter().find(|shipped| shipped.os_type == os_type && shipped.forge == ForgeKind::Github).expect("shipped").text
}

/// `bash -n` reads a script without running it, and so does shellcheck, where it is installed.
#[test]
fn shipped_scripts_for_linux_are_shell() {
    let mut scripts =
        vec![wrapper(OsType::Linux, &WrapperContext { http_proxy: "http://proxy".into(), ..WrapperContext::default() }).expect("renders")];
    for (jit, debug) in [(true, true), (true, false), (false, true), (false, false)] {
        let context = InstallContext { enable_boot_debug: debug, ..context(jit) };
        scripts.push(install(shipped(OsType::Linux), &context).expect("renders"));
    }
    for script in scripts {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("script");
        std::fs::write(&path, &script).expect("written");
        #[expect(clippy::disallowed_methods, reason = "a test asks the shell directly")]
        let output = std::process::Command::new("bash").arg("-n").arg(&path).output().expect("bash is there");
        assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
        // A script of one kind has values that the other needs; files of the system are not here; values have quotes in them on purpose.
        #[expect(clippy::disallowed_methods, reason = "a test asks shellcheck directly")]
        let output = std::process::Command::new("shellcheck").args(["--exclude", "SC2034,SC1091,SC2089,SC2090"]).arg(&path).output();
        if let Ok(output) = output {
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
        }
        assert!(script.contains("127.0.0.1") || script.contains("metadata_url=''"));
    }
}

#[test]
fn the_first_script_survives_being_rendered_again_by_a_provider() {
    for os_type in [OsType::Linux, OsType::Windows] {
        let context =
            WrapperContext { callback_token: SecretString::from("t"), ca_bundle: "{{ .Nothing }}".into(), ..WrapperContext::default() };
        let script = wrapper(os_type, &context).expect("renders");
        assert_eq!(Template::parse(&script).expect("a template").render(&json!({})).expect("renders"), script);
    }
    assert!(matches!(wrapper(OsType::Unknown, &WrapperContext::default()), Err(Error::NoWrapper(OsType::Unknown))));
}

#[test]
fn registration_is_by_token_or_just_in_time() {
    for (os_type, by_token, just_in_time) in [
        (OsType::Linux, "config.sh --unattended", "credentials/$name"),
        (OsType::Windows, "config.cmd --unattended", "'credentials/credentials_rsaparams'"),
    ] {
        let script = |jit| install(shipped(os_type), &context(jit)).expect("renders");
        assert!(script(true).contains(just_in_time) && !script(true).contains(by_token), "{os_type}");
        assert!(script(false).contains(by_token) && !script(false).contains(just_in_time), "{os_type}");
    }
}

#[test]
fn secrets_are_not_shown() {
    assert!(!format!("{:?}", context(true)).contains("secret\""));
}

/// Runs a script in a home of its own with a runner that ends at once. A line of `answers`, `<exit code> <HTTP status>`, is what curl comes to;
/// after the last line no answer comes any more. Sleeping takes no time, the script's clock goes on all the same.
///
/// Answers whether the script succeeded, what the server was told, and how long each pause was.
fn run(script: &str, answers: &[&str]) -> (bool, String, Vec<u64>) {
    let (succeeded, told, pauses, _) = run_aloud(script, answers);
    (succeeded, told, pauses)
}

/// As [`run`], with what the script said.
fn run_aloud(script: &str, answers: &[&str]) -> (bool, String, Vec<u64>, String) {
    const CURL: &str = r#"() {
        local out='' url='' line code status
        # As curl does with its configuration: otherwise writing that into the pipe may fail.
        cat >/dev/null
        while [ $# -gt 0 ]; do
            case $1 in
                --output) out=$2 ;;
                --url) url=$2 ;;
                --data) echo "$2" >>"$HOME/told" ;;
            esac
            shift
        done
        line=$(head -n 1 "$HOME/answers")
        sed -i 1d "$HOME/answers"
        [ -n "$line" ] || line='7 000'
        read -r code status <<<"$line"
        case $status:$url in
            000:*) ;;
            *:*/credentials/*) echo '{}' >"$out" ;;
            *) printf '#!/bin/sh\necho "%s" >>"$HOME/told"\n' "the install script runs" >"$out" ;;
        esac
        printf '%s' "$status"
        return "$code"
    }"#;
    const SLEEP: &str = r#"() { [ "$1" != 0.2 ] || return 0; SECONDS=$((SECONDS + $1)); echo "$1" >>"$HOME/pauses"; }"#;
    let home = tempfile::TempDir::new().expect("a directory");
    let put = |name: &str, text: &str| std::fs::write(home.path().join(name), text).expect("written");
    let kept = |name: &str| std::fs::read_to_string(home.path().join(name)).unwrap_or_default();
    std::fs::create_dir(home.path().join("actions-runner")).expect("made");
    put("script", script);
    put("answers", &answers.join("\n"));
    put("actions-runner/run.sh", "#!/bin/sh\necho 'the runner runs' >>\"$HOME/told\"\n");
    #[expect(clippy::disallowed_methods, reason = "a test asks the shell directly")]
    let output = std::process::Command::new("bash")
        .args(["-c", r#"chmod +x "$HOME/actions-runner/run.sh" && exec bash "$HOME/script""#])
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .env("GARM_RUNNER_SERVICE", "process")
        .env("BASH_FUNC_curl%%", CURL)
        .env("BASH_FUNC_sleep%%", SLEEP)
        .output()
        .expect("bash is there");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(!said.contains("callback-secret") && !said.contains("download-secret"), "a secret is shown: {said}");
    let pauses = kept("pauses").lines().map(|line| line.parse().expect("seconds")).collect();
    (output.status.success(), kept("told"), pauses, said)
}

fn first_script() -> String {
    let context = WrapperContext { callback_token: SecretString::from("callback-secret"), ..WrapperContext::default() };
    wrapper(OsType::Linux, &context).expect("renders")
}

fn install_script() -> String {
    install(shipped(OsType::Linux), &context(true)).expect("renders")
}

#[test]
fn with_boot_debug_the_script_says_what_it_does_and_shows_no_token() {
    let script = |debug| install(shipped(OsType::Linux), &InstallContext { enable_boot_debug: debug, ..context(true) }).expect("renders");
    let answers = ["0 200"; 20];
    let (succeeded, told, _, said) = run_aloud(&script(true), &answers);
    assert!(succeeded && told.contains("\"idle\""), "{told}");
    assert!(said.contains(r#": metadata "credentials/$name""#) && said.contains(": cd \"$run_home\""), "{said}");
    assert!(!run_aloud(&script(false), &answers).3.contains("+ line"));
}

#[test]
fn a_server_that_starts_again_costs_no_machine_its_first_script() {
    let (succeeded, told, pauses) = run(&first_script(), &["7 000", "52 000", "56 200", "0 502", "0 200"]);
    assert!(succeeded);
    assert_eq!(told, "the install script runs\n");
    assert_eq!(pauses, [1, 2, 4, 8]);
}

#[test]
fn a_server_that_breaks_off_every_first_answer_costs_no_runner() {
    let answers = ["52 000", "0 200", "56 200", "0 200", "0 503", "0 200"].repeat(4);
    let (succeeded, told, _) = run(&install_script(), &answers);
    assert!(succeeded, "{told}");
    let mut lines: Vec<_> = told.lines().collect();
    lines.dedup();
    let begins = |line: &&str, status: &str| line.starts_with(&format!("{{\"status\": \"{status}\""));
    assert!(lines.first().is_some_and(|line| begins(line, "installing")), "{told}");
    assert_eq!(lines.iter().filter(|line| begins(line, "idle")).count(), 1, "{told}");
    assert!(lines.contains(&"the runner runs") && !told.contains("failed"), "{told}");
}

#[test]
fn a_server_that_is_gone_is_given_up_in_time() {
    for (script, failure) in [(first_script(), "no answer"), (install_script(), "failed while downloading the JIT credentials")] {
        let (succeeded, told, pauses) = run(&script, &[]);
        assert!(!succeeded);
        assert!(told.lines().last().is_some_and(|line| line.contains("failed") && line.contains(failure)), "{told}");
        assert!((500..800).contains(&pauses.iter().sum::<u64>()), "{pauses:?}");
    }
}

#[test]
fn a_refusal_is_not_repeated() {
    for script in [first_script(), install_script()] {
        let (succeeded, _, pauses) = run(&script, &["0 401"; 20]);
        assert!(!succeeded);
        assert!(pauses.is_empty(), "{pauses:?}");
    }
}
