//! Reading TOML so that a mistake is told with its place: for the configuration file, and for other files people write.

use std::path::Path;

use serde::de::DeserializeOwned;

use super::Error;

/// The content of a file, and the paths of its unknown keys.
///
/// # Errors
/// When the text is not TOML, or a value has the wrong type.
pub fn read_toml<T: DeserializeOwned>(path: &Path, text: &str) -> Result<(T, Vec<String>), Error> {
    let mut unknown = Vec::new();
    let syntax = |fault: &toml::de::Error, key: &str| {
        let line = fault.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
        // The parser's own display quotes the line, which may hold a secret.
        let at = if key.is_empty() { format!("line {line}") } else { format!("line {line}: {key}") };
        Error::Syntax { path: path.to_owned(), text: format!("{at}: {}", fault.message()) }
    };
    let reader = toml::Deserializer::parse(text).map_err(|fault| syntax(&fault, ""))?;
    let mut track = serde_path_to_error::Track::new();
    let reader = serde_path_to_error::Deserializer::new(reader, &mut track);
    let file: Result<T, _> = serde_ignored::deserialize(reader, |key| unknown.push(key.to_string()));
    Ok((file.map_err(|fault| syntax(&fault, &track.path().to_string()))?, unknown))
}

/// The known key or section that is spelled most like the unknown `key`, if any is close. Positions in lists (`provider.0.name`) do not count.
#[must_use]
pub fn closest_key<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain: Vec<&str> = key.split('.').filter(|part| part.parse::<usize>().is_err()).collect();
    let plain = plain.join(".");
    let sections = known.iter().filter_map(|known| Some(known.rsplit_once('.')?.0));
    let closest = known.iter().copied().chain(sections).map(|known| (strsim::damerau_levenshtein(known, &plain), known)).min();
    closest.filter(|(distance, _)| *distance <= plain.len() / 3).map(|(_, known)| known)
}
