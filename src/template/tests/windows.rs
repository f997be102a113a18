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

/// The nodes of a kind, in the order of the script.
fn all<'a>(node: Node<'a>, kind: &str) -> Vec<Node<'a>> {
    let mut cursor = node.walk();
    let below: Vec<Node<'a>> = node.children(&mut cursor).collect();
    let own = (node.kind() == kind).then_some(node);
    own.into_iter().chain(below.into_iter().flat_map(|child| all(child, kind))).collect()
}

/// The nearest node of a kind around this one.
fn around<'a>(node: Node<'a>, kind: &str) -> Option<Node<'a>> {
    std::iter::successors(node.parent(), Node::parent).find(|node| node.kind() == kind)
}

/// The one node of a kind whose text begins so.
fn only<'a>(node: Node<'a>, kind: &str, script: &str, start: &str) -> Node<'a> {
    let found: Vec<_> = all(node, kind).into_iter().filter(|node| script[node.byte_range()].starts_with(start)).collect();
    let [one] = found[..] else { panic!("{} of {start}", found.len()) };
    one
}

#[test]
fn a_runner_is_told_to_be_ready_only_after_it_was_waited_for() {
    for jit in [true, false] {
        let script = install_script(jit, false, "plain");
        let tree = parse(&script);
        let command = |start: &str| only(tree.root_node(), "command", &script, start);
        let (wait, idle) = (command("Wait-Runner "), command("Report 'idle'"));
        assert!(wait.end_byte() <= idle.start_byte(), "jit {jit}");
        let attempt = around(idle, "try_statement").expect("a failure is caught");
        assert_eq!(around(wait, "try_statement"), Some(attempt));
        for node in [wait, idle] {
            for kind in ["function_statement", "catch_clause", "while_statement", "foreach_statement"] {
                assert_eq!(around(node, kind), None, "jit {jit}");
            }
        }
        // The one condition is that there is a service, which there always is with a just-in-time configuration.
        assert_eq!(around(idle, "if_statement"), None);
        let condition = around(wait, "if_statement").and_then(|found| found.child_by_field_name("condition")).expect("a condition");
        assert_eq!(&script[condition.byte_range()], "$serviceName");
        if jit {
            let named = only(attempt, "assignment_expression", &script, "$serviceName = ");
            assert_eq!(around(named, "if_statement"), None);
            assert!(named.end_byte() <= wait.start_byte() && command("Start-Service ").end_byte() <= wait.start_byte());
        }
    }
}

#[test]
fn a_runner_that_does_not_come_to_listen_is_told_of_in_time_with_the_end_of_its_log() {
    let context = InstallContext { seconds_left: 480, ..context(true) };
    let script = install(shipped(OsType::Windows), &context).expect("renders");
    let tree = parse(&script);
    let text = |node: Node<'_>| script[node.byte_range()].to_owned();
    let value = |of: Node<'_>, name: &str| text(only(of, "assignment_expression", &script, &format!("${name} = ")));
    assert_eq!(value(tree.root_node(), "deadline"), "$deadline = 480 * 19 / 20");
    let wait = only(tree.root_node(), "function_statement", &script, "function Wait-Runner(");
    assert_eq!(value(wait, "latest"), "$latest = [Math]::Min($sinceStart.Elapsed.TotalSeconds + 300, $deadline)");
    assert!(value(wait, "words").contains("Get-RunnerLog") && value(wait, "words").contains("-Tail "));
    let looks = all(wait, "while_statement").into_iter().next().and_then(|found| found.child_by_field_name("condition")).expect("a loop");
    assert_eq!(text(looks), "-not (Test-Listening)");
    let failure = only(wait, "flow_control_statement", &script, "throw ");
    assert!(text(failure).contains("$words."), "{}", text(failure));
    let condition = around(failure, "if_statement").and_then(|found| found.child_by_field_name("condition")).expect("a condition");
    assert_eq!(text(condition), "(-not $isAlive) -or ($sinceStart.Elapsed.TotalSeconds -ge $latest)");
    // What was thrown is what is reported.
    let idle = only(tree.root_node(), "command", &script, "Report 'idle'");
    let caught = all(around(idle, "try_statement").expect("a failure is caught"), "catch_clause");
    let [caught] = caught[..] else { panic!("{} clauses", caught.len()) };
    assert_eq!(value(caught, "message"), "$message = $_.Exception.Message");
    let commands: Vec<_> = all(caught, "command").into_iter().map(text).collect();
    assert_eq!(commands, ["Send-Log", "Report 'failed' $message"]);
}

#[test]
fn a_page_in_place_of_an_answer_of_the_server_is_neither_run_nor_kept() {
    let script = first_script("plain");
    let tree = parse(&script);
    let refused =
        only(tree.root_node(), "flow_control_statement", &script, "throw \"failed to fetch install script: the answer is not the server's");
    let looked_at = around(refused, "if_statement").and_then(|found| found.child_by_field_name("condition")).expect("a condition");
    assert_eq!(&script[looked_at.byte_range()], r"$text -notmatch '^\s*([^\s<{]|<#)'");
    assert!(refused.end_byte() <= only(tree.root_node(), "command", &script, "& \"$PSHOME").start_byte());

    for (jit, count) in [(true, 4), (false, 1)] {
        let script = install_script(jit, false, "plain");
        let tree = parse(&script);
        let metadata = only(tree.root_node(), "function_statement", &script, "function Metadata(");
        only(metadata, "flow_control_statement", &script, "throw ");
        let asked: Vec<_> = all(tree.root_node(), "command").into_iter().map(|node| &script[node.byte_range()]).collect();
        let asked: Vec<_> = asked.into_iter().filter(|text| text.starts_with("Metadata ")).collect();
        assert_eq!(asked.len(), count, "{asked:?}");
        for text in asked {
            let pattern = if text.contains("'credentials/") { " $jsonObject" } else { " $oneWord" };
            assert!(text.ends_with(pattern), "{text}");
        }
    }
}
