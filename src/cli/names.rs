//! Finds a thing by its name or its id. The error for an unknown name shows the nearest known name.

use super::Error;
use crate::api::ScaleSet;
use crate::client::{self, Client};
use crate::model::values;

/// How many known names the error for an unknown name may list.
const SHOWN: usize = 8;

/// The thing with this name, or else with this id. For an unknown one the error begins with `none` and has a `[404]`, like the server's.
pub(super) fn choose<T>(
    none: &str,
    given: &str,
    things: Vec<T>,
    name: impl Fn(&T) -> String,
    id: impl Fn(&T) -> String,
    way_out: &str,
) -> Result<T, Error> {
    let given = values::trim(given);
    let (mut named, others): (Vec<T>, Vec<T>) = things.into_iter().partition(|thing| name(thing).eq_ignore_ascii_case(given));
    if named.len() > 1 {
        return Err(Error::new(format!("there are several of the name {given:?}")).hint(way_out));
    }
    if let Some(thing) = named.pop() {
        return Ok(thing);
    }
    let known: Vec<String> = others.iter().map(&name).collect();
    others
        .into_iter()
        .find(|thing| id(thing) == given)
        .ok_or_else(|| Error::new(format!("{none} {given:?} [404]")).hint(closest(given, &known)))
}

/// The number of a scale set, given by its number or its name.
pub(super) async fn scale_set(client: &Client, given: &str) -> Result<i64, Error> {
    if let Ok(number) = given.trim().parse::<u32>() {
        return Ok(number.into());
    }
    let known = client.scale_sets().list().await?;
    let (name, number) = (|it: &ScaleSet| it.name.clone(), |it: &ScaleSet| it.id.to_string());
    Ok(choose("there is no scale set", given, known, name, number, "use its number")?.id)
}

/// Adds the nearest known name to the server's answer that a name is unknown. `known` lists all things.
pub(super) async fn with_closest<T>(
    fault: client::Error,
    given: &str,
    known: impl Future<Output = Result<Vec<T>, client::Error>>,
    name: impl Fn(&T) -> &str,
) -> Error {
    if !matches!(fault, client::Error::Refused { status: 404, .. }) {
        return fault.into();
    }
    let error = Error::from(fault);
    match known.await {
        Ok(known) => error.hint(closest(given, &known.iter().map(|thing| name(thing).to_owned()).collect::<Vec<_>>())),
        // The first error is the one to show.
        Err(_) => error,
    }
}

/// The known name nearest to the given one, or the known names if none is near.
fn closest(given: &str, names: &[String]) -> String {
    let distance = |name: &String| strsim::damerau_levenshtein(&name.to_lowercase(), &given.to_lowercase());
    match names.iter().min_by_key(|name| distance(name)) {
        None => "there is none yet".to_owned(),
        Some(name) if distance(name) * 2 <= name.chars().count().max(given.chars().count()) => format!("did you mean {name}?"),
        Some(_) if names.len() > SHOWN => format!("known are {} and {} more", names[..SHOWN].join(", "), names.len() - SHOWN),
        Some(_) => format!("known: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_comes_before_an_id_and_equals_are_not_guessed() {
        let chosen = |given: &str, things: &[(&'static str, &'static str)]| {
            choose("there is no thing", given, things.to_vec(), |thing| thing.0.to_owned(), |thing| thing.1.to_owned(), "say which")
                .map(|thing| thing.1)
                .map_err(|error| error.to_string())
        };
        let things = [("one", "1"), ("1", "2"), ("three", "3")];
        assert_eq!(chosen("One", &things), Ok("1"));
        assert_eq!(chosen("1", &things), Ok("2"));
        assert_eq!(chosen("3", &things), Ok("3"));
        assert_eq!(chosen("thre", &things), Err("error: there is no thing \"thre\" [404]\nhint: did you mean three?".to_owned()));
        assert_eq!(chosen("x", &[]), Err("error: there is no thing \"x\" [404]\nhint: there is none yet".to_owned()));
        let hint = |given: &str, count: usize| closest(given, &(0..count).map(|number| format!("name-{number}")).collect::<Vec<_>>());
        assert_eq!(hint("99", 2), "known: name-0, name-1");
        assert_eq!(hint("99", 10), "known are name-0, name-1, name-2, name-3, name-4, name-5, name-6, name-7 and 2 more");
        let equals = [("same", "1"), ("same", "2")];
        assert_eq!(chosen("same", &equals), Err("error: there are several of the name \"same\"\nhint: say which".to_owned()));
    }
}
