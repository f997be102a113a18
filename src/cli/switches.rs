//! Switches take a value (`--enabled=false`), as those of upstream's client do.

use clap::builder::TypedValueParser;
use clap::{ArgAction, Command as Definition};

/// Gives every switch an optional value.
pub(super) fn lenient(definition: Definition) -> Definition {
    let switch = |arg: clap::Arg| {
        if !matches!(arg.get_action(), ArgAction::SetTrue) {
            return arg;
        }
        let arg = arg.action(ArgAction::Set).value_parser(clap::builder::StringValueParser::new().try_map(|text| yes_or_no(&text)));
        arg.num_args(0..=1).require_equals(true).value_name("true|false").default_value("false").default_missing_value("true")
    };
    definition.mut_args(switch).mut_subcommands(lenient)
}

/// A truth value as upstream's client reads it.
pub(super) fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("it is true or false"),
    }
}
