//! `garm debug-log`: the server's log as it is written, filtered and coloured here.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::output::{Tone, coloured, note, styled_line, wants_colours};
use super::{Context, Error};
use crate::model::visible;
use crate::time::Timestamp;

/// Which lines of the log are shown, and how.
#[derive(Debug, Args)]
pub(super) struct DebugLogArgs {
    /// Shows lines of this level and above: debug, info, warn, error
    #[arg(long, ignore_case = true, default_value = "debug", hide_default_value = true)]
    log_level: Level,
    /// Shows lines whose attribute has this value; `msg=TEXT` shows lines whose message contains the text. May be given several times
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_and_value)]
    filter: Vec<(String, String)>,
    /// Whether a line must fit any or all of the filters
    #[arg(long, value_enum, ignore_case = true, default_value = "any")]
    filter_mode: FilterMode,
    /// Colours this attribute. May be given several times
    #[arg(long, value_name = "KEY")]
    highlight: Vec<String>,
    /// Whether to colour [default: on a terminal]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    enable_color: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Level {
    Debug,
    Info,
    #[value(alias = "warning")]
    Warn,
    Error,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FilterMode {
    Any,
    All,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or_else(|| format!("{text:?} is not KEY=VALUE"))?;
    Ok((key.to_owned(), value.to_owned()))
}

impl DebugLogArgs {
    pub(super) async fn run(self, context: &Context) -> Result<(), Error> {
        let mut messages = context.client()?.follow_log().await?;
        let view = View {
            level: self.log_level,
            filters: self.filter.into_iter().collect(),
            mode: self.filter_mode,
            highlighted: self.highlight,
            colours: self.enable_color.unwrap_or_else(wants_colours),
        };
        while let Some(message) = messages.next().await? {
            if let Some(shown) = view.show(message.trim_end())
                && !styled_line(&shown)?
            {
                return Ok(());
            }
        }
        if !messages.farewell().is_empty() {
            note(&format!("closed: {}", messages.farewell()));
        }
        Ok(())
    }
}

/// How lines are shown. Of filters with the same key the last counts, as in upstream's client.
struct View {
    level: Level,
    filters: BTreeMap<String, String>,
    mode: FilterMode,
    highlighted: Vec<String>,
    colours: bool,
}

impl View {
    /// A line as it is shown, or `None` if a filter hides it. A line that is not JSON is shown unchanged.
    fn show(&self, message: &str) -> Option<String> {
        let Ok(Value::Object(mut attributes)) = serde_json::from_str(message) else { return Some(visible(message).into_owned()) };
        let mut take = |name: &str| attributes.remove(name).map(|value| plain(&value)).unwrap_or_default();
        let (time, level, text) = (take("time"), take("level"), take("msg"));
        if Level::from_str(&level, true).is_ok_and(|level| level < self.level) {
            return None;
        }
        let attributes: BTreeMap<String, String> = attributes.iter().map(|(name, value)| (name.clone(), plain(value))).collect();
        let fits = |(key, wanted): (&String, &String)| match key.as_str() {
            "msg" => text.contains(wanted.as_str()),
            "level" => level.eq_ignore_ascii_case(wanted),
            key => attributes.get(key).is_some_and(|value| value == wanted),
        };
        let is_shown = match self.mode {
            FilterMode::Any => self.filters.is_empty() || self.filters.iter().any(fits),
            FilterMode::All => self.filters.iter().all(fits),
        };
        is_shown.then(|| self.render(&time, &level, &text, &attributes))
    }

    fn render(&self, time: &str, level: &str, text: &str, attributes: &BTreeMap<String, String>) -> String {
        let time = Timestamp::parse_rfc3339(time).map_or_else(|_| time.to_owned(), |time| time.to_millisecond_string().replace('T', " "));
        let of_level = match Level::from_str(level, true) {
            Ok(Level::Debug) => Tone::Fine,
            Ok(Level::Info) | Err(_) => Tone::Plain,
            Ok(Level::Warn) => Tone::Odd,
            Ok(Level::Error) => Tone::Bad,
        };
        let tone = |text: &str, tone: Tone| if self.colours { coloured(text, tone) } else { visible(text).into_owned() };
        let level = tone(&format!("[{level:<5}]"), of_level);
        let mut shown = format!("{} {level} {}", visible(time.trim_end_matches('Z')), visible(text));
        for (name, value) in attributes {
            let of_attribute = if self.highlighted.contains(name) {
                Tone::Marked
            } else if self.filters.get(name) == Some(value) {
                Tone::Odd
            } else {
                Tone::Dim
            };
            shown.push(' ');
            shown.push_str(&tone(&format!("{name}={value}"), of_attribute));
        }
        shown
    }
}

/// A value as upstream's client shows it: texts have no quotes.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str =
        r#"{"time":"2026-11-23T20:29:50.54Z","level":"INFO","msg":"runner wanted","reason":"for job 7","count":3,"pool.id":"p"}"#;

    fn view(level: Level, filters: &[(&str, &str)], mode: FilterMode) -> View {
        let filters = filters.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        View { level, filters, mode, highlighted: vec!["reason".into()], colours: false }
    }

    #[test]
    fn a_line_is_shown_as_upstream_does_and_cannot_command_the_terminal() {
        let all = view(Level::Debug, &[], FilterMode::Any);
        assert_eq!(all.show(LINE).expect("shown"), "2026-11-23 20:29:50.540 [INFO ] runner wanted count=3 pool.id=p reason=for job 7");
        assert_eq!(all.show("no JSON \u{1b}[2J").expect("shown"), "no JSON \\u{1b}[2J");
        let hostile = r#"{"time":"x","level":"ERROR","msg":"a\nb\u001b[2J\u009b"}"#;
        assert_eq!(all.show(hostile).expect("shown"), "x [ERROR] a\\nb\\u{1b}[2J\\u{9b}");
        let coloured = View { colours: true, ..view(Level::Debug, &[("count", "3")], FilterMode::Any) };
        let shown = coloured.show(LINE).expect("shown");
        for part in ["\u{1b}[34m[INFO ]\u{1b}[0m", "\u{1b}[36mreason=for job 7", "\u{1b}[33mcount=3", "\u{1b}[2mpool.id=p"] {
            assert!(shown.contains(part), "{part:?} in {shown:?}");
        }
    }

    #[test]
    fn lines_are_chosen_by_level_and_by_any_or_all_filters() {
        let (fits, other, text) = (("count", "3"), ("count", "4"), ("msg", "wanted"));
        let table = [
            (Level::Info, vec![], FilterMode::All, true),
            (Level::Warn, vec![], FilterMode::Any, false),
            (Level::Debug, vec![other], FilterMode::Any, false),
            (Level::Debug, vec![other, text], FilterMode::Any, true),
            (Level::Debug, vec![other, text], FilterMode::All, false),
            (Level::Debug, vec![fits, text], FilterMode::All, true),
            (Level::Debug, vec![("absent", "")], FilterMode::Any, false),
        ];
        for (level, filters, mode, shown) in table {
            assert_eq!(view(level, &filters, mode).show(LINE).is_some(), shown, "{level:?} {filters:?} {mode:?}");
        }
        assert_eq!(key_and_value("a=b=c"), Ok(("a".into(), "b=c".into())));
        assert!(key_and_value("a").is_err());
    }
}
