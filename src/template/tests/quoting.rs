//! Whatever a value is, a real bash has it back as it was.

use proptest::prelude::*;

use super::*;

/// What ends, escapes or begins something in a shell, in a template or for a program that gets it as an argument.
const PIECES: &[&str] = &[
    "'",
    "\"",
    "`",
    "$",
    "$(",
    ")",
    "${",
    "}",
    "\\",
    "\n",
    "\r",
    "\t",
    " ",
    "-",
    "--",
    "#",
    "!",
    "!!",
    ";",
    "&",
    "|",
    "<",
    ">",
    "*",
    "?",
    "~",
    "=",
    ",",
    "{",
    "{{",
    "}}",
    "{{-",
    "END_OF_VALUE\n",
    "EOF\n",
    "$IFS",
    "'\\''",
    "\u{1}",
    "\u{7f}",
    "\u{2019}",
    "\u{201c}",
    "é",
    "\u{1f680}",
    "\u{202e}",
    "a",
    "0",
];

fn value() -> impl Strategy<Value = String> {
    let pieces = prop::collection::vec(prop::sample::select(PIECES), 0..12).prop_map(|pieces| pieces.concat());
    prop_oneof![pieces, any::<String>().prop_map(|text| text.replace('\0', ""))]
}

/// What bash has in variables after the lines of a script that give them their values.
fn read_back(script: &str, up_to: &str, variables: &[&str]) -> Vec<String> {
    let (assignments, _) = script.split_once(up_to).expect("the script gives values to variables first");
    let print: Vec<_> = variables.iter().map(|name| format!("printf '%s\\0' \"${{{name}-}}\"\n")).collect();
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), format!("{assignments}\n{}", print.concat())).expect("written");
    #[expect(clippy::disallowed_methods, reason = "a test asks the shell directly")]
    let output = std::process::Command::new("bash").arg(file.path()).output().expect("bash is there");
    assert!(output.status.success() && output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("text");
    printed.split_terminator('\0').map(str::to_owned).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bash_has_every_value_of_the_install_script_as_it_was(values in prop::collection::vec(value(), 14)) {
        let text = |at: usize| values[at].clone();
        let context = InstallContext {
            callback_url: text(0),
            metadata_url: text(1),
            callback_token: SecretString::from(text(2)),
            download_url: text(3),
            temp_download_token: SecretString::from(text(4)),
            sha256_checksum: text(5),
            runner_username: text(6),
            runner_name: text(7),
            runner_labels: text(8),
            forge_runner_group: text(9),
            repo_url: text(10),
            http_proxy: text(11),
            https_proxy: text(12),
            no_proxy: text(13),
            ..InstallContext::default()
        };
        let names = "callback_url metadata_url token download_url download_token checksum runner_user runner_name runner_labels runner_group repo_url \
            http_proxy https_proxy no_proxy";
        let names: Vec<_> = names.split_whitespace().collect();
        for jit in [true, false] {
            let script = install(shipped(OsType::Linux), &InstallContext { use_jit_config: jit, ..context.clone() }).expect("renders");
            prop_assert_eq!(&read_back(&script, "\ncallback_url=${callback_url%/}", &names), &values);
        }
    }

    #[test]
    fn bash_has_every_value_of_the_first_script_as_it_was_after_another_pass(values in prop::collection::vec(value(), 6)) {
        let text = |at: usize| values[at].clone();
        let context = WrapperContext {
            callback_url: text(0),
            metadata_url: text(1),
            callback_token: SecretString::from(text(2)),
            http_proxy: text(3),
            https_proxy: text(4),
            no_proxy: text(5),
            ..WrapperContext::default()
        };
        let script = wrapper(OsType::Linux, &context).expect("renders");
        let script = Template::parse(&script).expect("a template").render(&json!({})).expect("renders");
        let names = ["callback_url", "metadata_url", "token", "http_proxy", "https_proxy", "no_proxy"];
        prop_assert_eq!(&read_back(&script, "\n# ask FILE", &names), &values);
    }

    #[test]
    fn a_template_of_ones_own_has_the_same_means(text in value()) {
        let context = InstallContext { extra_context: [("word".to_owned(), text.clone())].into(), ..InstallContext::default() };
        let script = install("word={{ shellquote .ExtraContext.word }}\n# end", &context).expect("renders");
        prop_assert_eq!(read_back(&script, "# end", &["word"]), vec![text]);
    }

    /// Templates that were written for upstream's engine know no `shellquote`.
    #[test]
    fn a_value_is_within_the_quotes_of_a_template_of_ones_own_or_there_is_no_script(text in value()) {
        let context = InstallContext { runner_labels: text.clone(), forge_runner_group: text.clone(), ..InstallContext::default() };
        for template in ["word='{{ .RunnerLabels }}'\n# end", "word=\"{{ .GitHubRunnerGroup }}\"\n# end"] {
            match install(template, &context) {
                Ok(script) => prop_assert_eq!(read_back(&script, "# end", &["word"]), vec![text.clone()]),
                Err(Error::Render(refused)) => prop_assert!(refused.message.contains("would break out"), "{}", refused),
                Err(other) => prop_assert!(false, "{}", other),
            }
        }
    }
}

/// The fields whose values come from a forge, a pool or an entity.
const FIELDS: [&str; 17] = [
    "FileName",
    "DownloadURL",
    "TempDownloadToken",
    "SHA256Checksum",
    "RunnerUsername",
    "RunnerGroup",
    "RepoURL",
    "RunnerName",
    "RunnerLabels",
    "MetadataURL",
    "CallbackURL",
    "CallbackToken",
    "GitHubRunnerGroup",
    "AgentURL",
    "HTTPProxy",
    "HTTPSProxy",
    "NoProxy",
];

/// A context in which each of [`FIELDS`] has this value.
fn everywhere(value: &str) -> InstallContext {
    let text = || value.to_owned();
    let secret = || SecretString::from(text());
    InstallContext {
        file_name: text(),
        download_url: text(),
        temp_download_token: secret(),
        sha256_checksum: text(),
        runner_username: text(),
        runner_group: text(),
        repo_url: text(),
        runner_name: text(),
        runner_labels: text(),
        metadata_url: text(),
        callback_url: text(),
        callback_token: secret(),
        forge_runner_group: text(),
        agent_url: text(),
        http_proxy: text(),
        https_proxy: text(),
        no_proxy: text(),
        ..InstallContext::default()
    }
}

#[test]
fn a_template_in_upstreams_style_has_harmless_values_as_they_are_and_no_others() {
    let template: String = FIELDS.map(|field| format!("{{{{- if .{field} }}}}\n{field}='{{{{ .{field} }}}}'{{{{ end }}}}")).concat();
    let harmless = "https://a.example.com:8443/b?c=d&e=[1] *;~ (f) <g> {h} \u{e9}";
    let expected: String = FIELDS.map(|field| format!("\n{field}='{harmless}'")).concat();
    assert_eq!(install(&template, &everywhere(harmless)), Ok(expected));
    assert_eq!(install(&template, &everywhere("")), Ok(String::new()), "whether there is a value may be asked of any");
    for hostile in ["linux',$(id)'", "a\"b", "`id`", "two\nlines", "\u{2019}"] {
        let context = everywhere(hostile);
        for field in FIELDS {
            let said = install(&format!("\n  x='{{{{ .{field} }}}}'"), &context).expect_err("no script").to_string();
            assert!(said.contains(&format!("line 2: the value of .{field} would break out")), "{said}");
            assert!(said.contains(&format!("write {{{{ shellquote .{field} }}}}")) && !said.contains(hostile), "{said}");
            // The first script finds the reason between the quotes of JSON.
            assert!(!said.contains('"'), "{said}");
        }
        assert_eq!(install("{{ if .RunnerLabels }}name{{ end }}", &context).as_deref(), Ok("name"));
    }
}

#[test]
fn certificates_and_extra_context_reach_scripts_as_they_are() {
    let context = InstallContext {
        ca_bundle: "-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----\n".into(),
        extra_context: [("greeting".to_owned(), "it's $HOME".to_owned())].into(),
        ..InstallContext::default()
    };
    let script = install("{{ .CABundle }}{{ .ExtraContext.greeting }}", &context);
    assert_eq!(script, Ok(format!("{}it's $HOME", context.ca_bundle)));
}

#[test]
fn a_value_with_a_nul_character_makes_no_script() {
    let context = InstallContext { runner_labels: "a\0b".into(), ..InstallContext::default() };
    let said = install(shipped(OsType::Linux), &context).expect_err("no word").to_string();
    assert!(said.contains("NUL") && !said.contains('\0'), "{said}");
}
