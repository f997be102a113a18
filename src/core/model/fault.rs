//! How a failure is told in one line, to people and to the log.

/// An error with its causes, outermost first, each said once.
#[must_use]
pub fn describe(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        source = cause.source();
    }
    text
}

/// The most characters of a fault that a line of the log shows.
const SHOWN: usize = 300;

/// The first line of a fault, shortened: what a log shows. The rest is shown with the thing that has the fault.
#[must_use]
pub fn first_line(fault: &str) -> String {
    let mut lines = fault.lines().map(str::trim_end).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match first.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &first[..end]),
        None if lines.next().is_some() => format!("{first} ..."),
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_shows_one_line_of_a_fault() {
        assert_eq!(first_line("no quota"), "no quota");
        assert_eq!(first_line("\nno quota\nstderr:\nmore"), "no quota ...");
        assert_eq!(first_line(&"x".repeat(301)), format!("{}...", "x".repeat(300)));
        assert_eq!(first_line(""), "");
    }
}
