//! The scripts for Windows against PowerShell's grammar. They are read, not run: there is no Windows here.

use tree_sitter::{Node, Parser, Tree};

use super::*;

/// What would do harm outside of a string, in the shapes in which it would get out of one.
const HOSTILE: [&str; 6] =
    ["it's; Remove-Item C:\\", "\"; exit #", "$(exit)`n", "\u{2019}; exit; \u{2018}", "'@\nexit\n@'", "{{ .CallbackToken }}"];

fn parse(script: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_powershell::LANGUAGE.into()).expect("the grammar fits the parser");
    parser.parse(script, None).expect("it is read")
}

/// The places that are no PowerShell.
fn faults(script: &str) -> Vec<String> {
    fn visit(node: Node<'_>, script: &str, faults: &mut Vec<String>) {
        if node.is_error() || node.is_missing() {
            faults.push(format!("line {}: {:?}", node.start_position().row + 1, &script[node.byte_range()]));
        }
        let mut cursor = node.walk();
        node.children(&mut cursor).for_each(|child| visit(child, script, faults));
    }
    let mut found = Vec::new();
    visit(parse(script).root_node(), script, &mut found);
    found
}

/// The script without the digits that values are made of.
fn without_values(script: &str) -> String {
    script.lines().map(|line| line.split_once("Text '").map_or(line, |(before, _)| before)).collect::<Vec<_>>().join("\n")
}

fn install_script(jit: bool, debug: bool, text: &str) -> String {
    let text = || text.to_owned();
    let context = InstallContext {
        file_name: text(),
        download_url: text(),
        temp_download_token: SecretString::from(text()),
        sha256_checksum: text(),
        runner_username: text(),
        repo_url: text(),
        runner_name: text(),
        runner_labels: text(),
        metadata_url: text(),
        callback_url: text(),
        callback_token: SecretString::from(text()),
        forge_runner_group: text(),
        ca_bundle: text(),
        http_proxy: text(),
        https_proxy: text(),
        no_proxy: text(),
        use_jit_config: jit,
        enable_boot_debug: debug,
        ..InstallContext::default()
    };
    install(shipped(OsType::Windows), &context).expect("renders")
}

fn first_script(text: &str) -> String {
    let text = || text.to_owned();
    let context = WrapperContext {
        callback_url: text(),
        metadata_url: text(),
        callback_token: SecretString::from(text()),
        ca_bundle: text(),
        http_proxy: text(),
        https_proxy: text(),
        no_proxy: text(),
    };
    wrapper(OsType::Windows, &context).expect("renders")
}

#[test]
fn the_grammar_tells_good_from_bad() {
    assert_eq!(faults("if ($a -eq 'x') { Write-Host \"$a\" }"), Vec::<String>::new());
    for bad in ["if ($a -eq 'x') { Write-Host", "$a = 'it's'", "foreach ($a on $b) { }"] {
        assert!(!faults(bad).is_empty(), "{bad}");
    }
}

#[test]
fn shipped_scripts_are_powershell_with_any_input_and_no_input_changes_what_they_do() {
    for text in HOSTILE.into_iter().chain(["", "plain"]) {
        let scripts =
            [true, false].map(|jit| [true, false].map(|debug| (install_script(jit, debug, text), install_script(jit, debug, "plain"))));
        for (script, plain) in scripts.into_iter().flatten().chain([(first_script(text), first_script("plain"))]) {
            assert_eq!(faults(&script), Vec::<String>::new(), "{text:?}");
            assert!(script.is_ascii() && (text.len() < 6 || !script.contains(text)), "{text:?}");
            assert_eq!(without_values(&script), without_values(&plain), "{text:?}");
        }
    }
}

#[test]
fn what_a_value_was_is_what_the_script_makes_of_it() {
    let script = install_script(false, false, HOSTILE[3]);
    let digits = script.lines().find_map(|line| line.strip_prefix("$runnerGroup = Text '")).expect("it is there").trim_end_matches('\'');
    assert_eq!(hex::decode(digits).expect("digits"), HOSTILE[3].as_bytes());
}

#[test]
fn boot_debug_traces_from_where_no_token_stands_in_the_script_any_more() {
    let script = install_script(true, true, "plain");
    let (before, after) = script.split_once("Set-PSDebug -Trace 1\n").expect("it traces");
    assert!(before.contains(&hex::encode("plain")) && !after.contains(&hex::encode("plain")));
    assert!(!install_script(true, false, "plain").contains("-Trace"));
}
