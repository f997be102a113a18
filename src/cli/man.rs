//! Manual pages: one for the program, and one for each command with its verbs as sections.

use std::path::Path;
use std::{fs, io};

use clap::Command as Definition;
use clap_mangen::Man;

/// Writes all pages into a directory.
pub(super) fn write(definition: Definition, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory)?;
    let definition = definition.disable_help_subcommand(true);
    Man::new(definition.clone()).generate_to(directory)?;
    // The page of the program describes the options that all commands have.
    let mut definition = definition.disable_help_flag(true).mut_args(|arg| {
        let hidden = arg.is_hide_set() || arg.is_global_set();
        arg.hide(hidden)
    });
    definition.build();
    for command in definition.get_subcommands().filter(|command| !command.is_hide_set()) {
        let man = Man::new(command.clone()).source(concat!("garm ", env!("CARGO_PKG_VERSION")));
        fs::write(directory.join(man.get_filename()), page(&man, command)?)?;
    }
    Ok(())
}

fn page(man: &Man, command: &Definition) -> io::Result<String> {
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    let mut page = String::from_utf8_lossy(&text).into_owned();
    page += ".SH NAME\n";
    page += &body(|text| man.render_name_section(text))?;
    if command.has_subcommands() {
        verbs(command, &mut page)?;
    } else {
        page += ".SH DESCRIPTION\n";
        page += &described(command)?;
    }
    page += ".SH SEE ALSO\n\\fBgarm\\fR(1) describes the options that all commands have.\n";
    Ok(page)
}

/// A section for each verb of a command, and for those of the groups below it.
fn verbs(command: &Definition, page: &mut String) -> io::Result<()> {
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        if verb.has_subcommands() {
            verbs(verb, page)?;
        } else {
            let name = verb.get_bin_name().unwrap_or_else(|| verb.get_name()).replace('-', "\\-");
            page.extend([".SH \"", &name, "\"\n", &described(verb)?]);
        }
    }
    Ok(())
}

/// How a command is written, its purpose, its options.
fn described(command: &Definition) -> io::Result<String> {
    let man = Man::new(command.clone());
    let mut text = body(|text| man.render_synopsis_section(text))?;
    text += ".PP\n";
    text += &body(|text| man.render_description_section(text))?;
    text += &body(|text| man.render_options_section(text))?;
    if command.get_after_help().is_some() {
        text += ".PP\n";
        text += &body(|text| man.render_extra_section(text))?;
    }
    Ok(text)
}

/// A section without its head.
fn body(render: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> io::Result<String> {
    let mut text = Vec::new();
    render(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    Ok(text.split_once(".SH ").and_then(|(_, section)| section.split_once('\n')).map_or_else(String::new, |(_, body)| body.to_owned()))
}
