//! The accepted command lines.

use std::collections::BTreeSet;

use clap::{ArgAction, Command as Definition, CommandFactory, FromArgMatches};

use super::commands::{Cli, ClientCli, Command};
use super::switches::lenient;

/// The command line of upstream's client.
const UPSTREAM: &str = include_str!("../../testdata/cli/upstream.txt");

fn find<'a>(definition: &'a Definition, path: &str) -> Option<&'a Definition> {
    path.split(' ').try_fold(definition, |group, name| group.find_subcommand(name))
}

/// The fault of a flag, written as in the table.
fn fault(command: &Definition, flag: &str) -> Option<String> {
    let (flag, default) = flag.split_once('=').map_or((flag, None), |(flag, default)| (flag, Some(default)));
    let (flag, switch) = flag.strip_suffix('?').map_or((flag, false), |flag| (flag, true));
    let (long, short) = flag.split_once('/').map_or((flag, None), |(long, short)| (long, short.chars().next()));
    let names = |arg: &&clap::Arg| arg.get_long_and_visible_aliases().is_some_and(|names| names.contains(&long));
    let Some(arg) = command.get_arguments().find(names) else { return Some("is not there".to_owned()) };
    if short.is_some() && arg.get_short() != short {
        return Some(format!("has not the short form {short:?}"));
    }
    // A switch may stand alone and may have a value.
    let may_stand_alone = arg.get_num_args().is_some_and(|count| count.min_values() == 0) && arg.is_require_equals_set();
    if switch != may_stand_alone {
        return Some(format!("is {}a switch", if switch { "not " } else { "" }));
    }
    let defaults: Vec<_> = arg.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
    default.filter(|default| defaults != [*default]).map(|default| format!("has the default {defaults:?}, not {default}"))
}

#[test]
fn every_command_and_flag_of_upstreams_client_is_there() {
    let mut definition = lenient(ClientCli::command());
    definition.build();
    let mut faults = Vec::new();
    let mut seen = BTreeSet::new();
    for line in UPSTREAM.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.split('|').map(str::trim);
        let (path, aliases, flags) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        // The shells are values, not commands.
        let path = path.strip_prefix("completion ").map_or(path, |_| "completion");
        let Some(command) = find(&definition, path) else {
            faults.push(format!("{path} is not there"));
            continue;
        };
        seen.insert(path);
        let (group, name) = path.rsplit_once(' ').map_or(("", path), |(group, name)| (group, name));
        for alias in aliases.split(' ').filter(|alias| !alias.is_empty()) {
            let other = format!("{group} {alias}");
            if find(&definition, other.trim()).is_none_or(|found| found.get_name() != command.get_name()) {
                faults.push(format!("{path} is not {alias}, too"));
            }
        }
        assert!(command.get_name() == name || command.get_all_aliases().any(|alias| alias == name), "{path}");
        let wrong =
            flags.split(' ').filter(|flag| !flag.is_empty()).filter_map(|flag| Some(format!("{path} --{flag} {}", fault(command, flag)?)));
        faults.extend(wrong);
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(seen.len() > 60, "the table was read: {}", seen.len());
}

#[test]
fn a_switch_takes_a_value_and_the_last_of_equals_counts() {
    let read = |line: &[&str]| {
        let line = std::iter::once("garm").chain(line.iter().copied());
        let matches = lenient(Cli::command()).args_override_self(true).try_get_matches_from(line).expect("a right line");
        Cli::from_arg_matches(&matches).expect("every value fits").command
    };
    let enabled = |command: Option<Command>| format!("{command:?}").contains("enabled: true");
    let add = ["pool", "add", "--org=o", "--image=i", "--flavor=f", "--tags=t", "--provider-name=p"];
    for (more, expected) in [("--enabled", true), ("--enabled=1", true), ("--enabled=false", false), ("--enable-shell", false)] {
        let line: Vec<&str> = add.iter().copied().chain(["--image=j", more]).collect();
        let command = read(&line);
        assert!(format!("{command:?}").contains("image: \"j\""), "{command:?}");
        assert_eq!(enabled(command), expected, "{more}");
    }
}

#[test]
fn the_definitions_hold_and_no_switch_is_left_without_a_value() {
    Cli::command().debug_assert();
    lenient(Cli::command()).debug_assert();
    let mut definition = lenient(ClientCli::command());
    definition.build();
    assert!(find(&definition, "pool add").expect("it is there").get_arguments().all(|arg| !matches!(arg.get_action(), ArgAction::SetTrue)));
}
