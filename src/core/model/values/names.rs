//! Names: of things here, of entities at their forge, of runners.

use super::text::{InvalidValue, is_unseen, line, trim};

/// The longest name, in bytes.
pub const NAME_MAX: usize = 255;
/// The longest prefix of runner names, in bytes. With a dash and twelve characters behind it, the name is a host name of at most 63.
pub const PREFIX_MAX: usize = 40;

/// The name of a thing here.
///
/// # Errors
/// When it is empty, too long, or has a character in it that cannot be seen.
pub fn name(text: &str) -> Result<String, InvalidValue> {
    let name = line(text, NAME_MAX)?;
    if name.is_empty() { Err(InvalidValue::of(text, "is empty; write a name")) } else { Ok(name) }
}

/// The name of a thing here whose name is a part of paths.
///
/// # Errors
/// As [`name`]; and when a path cannot have such a part.
pub fn path_name(text: &str) -> Result<String, InvalidValue> {
    let name = name(text)?;
    if matches!(name.as_str(), "." | "..") || name.contains(['/', '\\', '?', '#', '%']) {
        return Err(InvalidValue::of(&name, "is . or .., or has one of / \\ ? # % in it; leave that out"));
    }
    Ok(name)
}

/// The name of a scale set. Jobs ask for it as a label, and commas separate labels.
///
/// # Errors
/// As [`name`]; and when there is a comma in it.
pub fn scale_set_name(text: &str) -> Result<String, InvalidValue> {
    let name = name(text)?;
    if name.contains(',') {
        return Err(InvalidValue::of(&name, "has a comma in it; jobs ask for the name as a label, and commas separate labels"));
    }
    Ok(name)
}

/// A name that can be a part of a path at a forge: of an owner, a repository, an organization, an enterprise.
///
/// # Errors
/// When a forge has no such names. The error for a pasted address or path shows the part that may be meant.
pub fn entity_name(text: &str) -> Result<String, InvalidValue> {
    let name = trim(text).trim_matches('/');
    let name = name.trim_end_matches(".git");
    if let Some((_, last)) = name.rsplit_once('/') {
        return Err(InvalidValue::of(name, &format!("is an address or a path; write owner and name apart, such as {last:?} alone")));
    }
    let is_good = !matches!(name, "" | "." | "..")
        && name.len() <= NAME_MAX
        && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if is_good { Ok(name.to_owned()) } else { Err(InvalidValue::of(name, "is not a name; names have letters, digits, - _ and .")) }
}

/// The prefix of runner names; empty = the default. Runner names are host names, so other signs become dashes: `my_runner` is `my-runner`.
///
/// # Errors
/// When it is too long, or has others than letters, digits, blanks, - _ and . in it.
pub fn runner_prefix(text: &str) -> Result<String, InvalidValue> {
    let given = trim(text);
    let is_good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    if given.len() > PREFIX_MAX || !given.chars().all(is_good) {
        let why = format!("has more than {PREFIX_MAX} characters, or others than letters, digits and -; runner names are host names");
        return Err(InvalidValue::of(given, &why));
    }
    let prefix = stored_prefix(given);
    if prefix.is_empty() && !given.is_empty() {
        return Err(InvalidValue::of(given, "has no letter and no digit in it; write a prefix such as \"garm\""));
    }
    Ok(prefix)
}

/// A stored prefix in the form of today; empty = the default.
#[must_use]
pub fn stored_prefix(stored: &str) -> String {
    let dashed: String = trim(stored).chars().filter(|c| !is_unseen(*c)).map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    dashed.trim_matches('-').to_owned()
}
