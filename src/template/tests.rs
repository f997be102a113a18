//! The template language against what Go prints, and the shipped scripts against what shells accept.

use serde_json::{Value, json};

use super::*;
use crate::model::{ForgeKind, OsType, SecretString};

fn render(template: &str, context: &Value) -> String {
    Template::parse(template).expect("a template").render(context).expect("renders")
}

#[test]
fn actions_print_what_go_prints() {
    let context = json!({"Name": "x", "On": true, "Off": false, "None": "", "Map": {"a": "1", "b": "2"}, "List": ["p", "q"], "Count": 3, "Empty": []});
    let table = [
        ("a{{ .Name }}b", "axb"),
        ("a {{- .Name -}} b", "axb"),
        ("a\n{{- /* nothing */ -}}\n b", "ab"),
        ("{{ if .On }}yes{{ else }}no{{ end }}", "yes"),
        ("{{ if .None }}yes{{ else if .On }}second{{ else }}no{{ end }}", "second"),
        ("{{ if and .On (not .Off) }}both{{ end }}", "both"),
        ("{{ if or .Off .None }}one{{ end }}", ""),
        ("{{ if eq .Name \"y\" \"x\" }}same{{ end }}", "same"),
        ("{{ range .List }}<{{ . }}>{{ end }}", "<p><q>"),
        ("{{ range $i, $v := .List }}{{ $i }}={{ $v }};{{ end }}", "0=p;1=q;"),
        ("{{ range $k, $v := .Map }}{{ $k }}{{ $v }}{{ $.Name }} {{ end }}", "a1x b2x "),
        ("{{ range .Empty }}{{ else }}none{{ end }}", "none"),
        ("{{ with .Name }}{{ . }}!{{ end }}{{ with .None }}{{ . }}{{ else }}?{{ end }}", "x!?"),
        ("{{ $x := .Name }}{{ $x }}{{ $x = \"z\" }}{{ $x }}", "xz"),
        ("{{ index .Map \"b\" }}{{ index .Map \"missing\" }}{{ .Map.missing }}", "2"),
        ("{{ .Name | printf \"%s-%s\" \"a\" | len }}", "3"),
        ("{{ len .List }} {{ gt .Count 2 }} {{ .Map }} {{ .List }}", "2 true map[a:1 b:2] [p q]"),
        ("{{ printf \"%q %v%%\" .Name .Count }}", "\"x\" 3%"),
        ("{{ `raw \\n` }}", "raw \\n"),
        ("{{ range .List }}{{ if eq . \"q\" }}{{ break }}{{ end }}{{ . }}{{ end }}", "p"),
    ];
    for (template, expected) in table {
        assert_eq!(render(template, &context), expected, "{template}");
    }
}

#[test]
fn what_cannot_be_read_is_named_with_its_line() {
    let table = [
        ("a\nb {{ .Name", "line 2: unclosed action"),
        ("{{ if .A }}", "line 1: if has no {{end}}"),
        ("{{ end }}", "line 1: unexpected {{end}} or {{else}}"),
        ("{{ $x }}", "line 1: undefined variable \"$x\""),
        ("{{ urlquery .A }}", "line 1: function \"urlquery\" not defined"),
        ("\n{{ template \"a\" }}", "line 2: template is not supported; write the text where it is needed"),
        ("{{ (.A }}", "line 1: unclosed left paren"),
        ("{{ .A | }}", "line 1: missing value for command"),
    ];
    for (template, message) in table {
        assert_eq!(Template::parse(template).expect_err(template).to_string(), message);
    }
}

#[test]
fn a_field_the_context_does_not_have_is_an_error() {
    let error = Template::parse("\n{{ .Missing }}").expect("reads").render(&json!({"A": 1})).expect_err("missing");
    assert_eq!(error.to_string(), "line 2: can't evaluate field Missing");
}

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
        github_runner_group: "it's a \"group\"".into(),
        use_jit_config: jit,
        ..InstallContext::default()
    }
}

/// `bash -n` reads a script without running it.
#[test]
fn shipped_scripts_are_shell() {
    let mut scripts =
        vec![wrapper(OsType::Linux, &WrapperContext { http_proxy: "http://proxy".into(), ..WrapperContext::default() }).expect("renders")];
    for shipped in system() {
        for jit in [true, false] {
            scripts.push(install(shipped.text, &context(jit)).expect("renders"));
        }
    }
    for script in scripts {
        let dir = tempfile::TempDir::new().expect("a directory");
        let path = dir.path().join("script");
        std::fs::write(&path, &script).expect("written");
        #[expect(clippy::disallowed_methods, reason = "a test asks the shell directly")]
        let output = std::process::Command::new("bash").arg("-n").arg(&path).output().expect("bash is there");
        assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
        assert!(script.contains("127.0.0.1") || script.contains("metadata_url=''"));
    }
}

#[test]
fn the_first_script_survives_being_rendered_again_by_a_provider() {
    let script =
        wrapper(OsType::Linux, &WrapperContext { callback_token: SecretString::from("t"), ..WrapperContext::default() }).expect("renders");
    assert_eq!(render(&script, &json!({})), script);
    assert!(matches!(wrapper(OsType::Windows, &WrapperContext::default()), Err(Error::NoWrapper(OsType::Windows))));
}

#[test]
fn registration_is_by_token_or_just_in_time() {
    let text = system().into_iter().find(|shipped| shipped.forge == ForgeKind::Github).expect("shipped").text;
    let (jit, token) = (install(text, &context(true)).expect("renders"), install(text, &context(false)).expect("renders"));
    assert!(jit.contains("credentials/$name") && !jit.contains("config.sh"));
    assert!(token.contains("config.sh --unattended") && !token.contains("credentials/$name"));
}

#[test]
fn secrets_are_not_shown() {
    assert!(!format!("{:?}", context(true)).contains("secret\""));
}
