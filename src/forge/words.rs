//! The words of an answer that is no success. They tell a person the cause that the status does not.
//!
//! An answer may come from the forge or from something in front of it, so it may be JSON, a page or plain text. Its words are kept on
//! one line, bounded, visible, and without secrets.

use std::fmt;

use serde_json::Value;

use crate::model::visible;

/// The most characters that are kept.
const LENGTH_MAX: usize = 300;
/// How much of an answer is looked at, in bytes.
const LOOKED_AT: usize = 64 * 1024;
/// So many of the errors that an answer lists are shown.
const ERRORS_MAX: usize = 20;
/// The longest address of an explanation that is kept, in characters.
const EXPLANATION_MAX: usize = 100;
/// Shorter texts are no secrets; a replacement of each occurrence would garble the words.
const SECRET_MIN: usize = 6;
/// How GitHub's tokens and signed statements begin.
const TOKEN_PREFIXES: [&str; 7] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "eyJ"];
const HIDDEN: &str = "***";

/// The words of an answer. They are displayed after a space, or not at all when there are none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words(String);

impl fmt::Display for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() { Ok(()) } else { write!(f, " {}", self.0) }
    }
}

impl Words {
    /// The words of an answer with this status and body. `sent` are the secrets of the request, which an answer could repeat.
    #[must_use]
    pub fn of(status: u16, body: &[u8], sent: &[&str]) -> Self {
        let text = String::from_utf8_lossy(&body[..body.len().min(LOOKED_AT)]);
        let text = text.trim();
        let json: Option<Value> = Some(body).filter(|body| body.len() <= LOOKED_AT).and_then(|body| serde_json::from_slice(body).ok());
        let said = match json {
            Some(value) => of_json(&value).unwrap_or_else(|| text.to_owned()),
            None => of_page(text).unwrap_or_else(|| text.to_owned()),
        };
        let line = without_secrets(&said, sent).split_whitespace().collect::<Vec<_>>().join(" ");
        // Pages repeat the status, which stands before the words already.
        let line = line.strip_prefix(&status.to_string()).map_or(line.as_str(), |rest| rest.trim_start_matches([' ', ':', '-']));
        Self(bounded(line, LENGTH_MAX))
    }

    /// The title of a page, when the body is one; it says who answered instead of the forge.
    #[must_use]
    pub fn of_page(body: &[u8], sent: &[&str]) -> Option<Self> {
        body.trim_ascii_start().starts_with(b"<").then(|| Self::of(0, body, sent))
    }

    /// Whether the words contain a phrase, whatever the case.
    #[must_use]
    pub fn contain(&self, phrase: &str) -> bool {
        self.0.to_lowercase().contains(phrase)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The text on one line with everything in it visible; at most `max` characters of it.
pub(super) fn bounded(text: &str, max: usize) -> String {
    let shown = visible(text);
    match shown.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}

/// The parts of an object that are meant for people: GitHub's `message`, `errors` and `documentation_url`, and the names that others use.
fn of_json(value: &Value) -> Option<String> {
    if let Value::String(text) = value {
        return Some(text.clone());
    }
    let text = |key: &str| value.get(key).and_then(Value::as_str).filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let mut parts: Vec<String> = ["message", "error_description", "detail"].into_iter().filter_map(text).collect();
    for errors in ["error", "errors"].into_iter().filter_map(|key| value.get(key)) {
        let each = errors.as_array().map_or(std::slice::from_ref(errors), Vec::as_slice);
        parts.extend(each.iter().take(ERRORS_MAX).filter_map(of_error));
    }
    if parts.is_empty() {
        return None;
    }
    let is_short = |url: &String| url.starts_with("https://") && url.chars().count() <= EXPLANATION_MAX;
    parts.extend(text("documentation_url").filter(is_short).map(|url| format!("see {url}")));
    let mut said = parts.remove(0);
    for part in parts {
        if !said.contains(&part) {
            said.push_str("; ");
            said.push_str(&part);
        }
    }
    Some(said)
}

/// One of `errors`: a text, or an object that names a resource, a field and a code.
fn of_error(error: &Value) -> Option<String> {
    if let Some(text) = error.as_str().or_else(|| error.get("message")?.as_str()).filter(|text| !text.trim().is_empty()) {
        return Some(text.to_owned());
    }
    let named: Vec<&str> = ["resource", "field", "code"].into_iter().filter_map(|key| error.get(key)?.as_str()).collect();
    (!named.is_empty()).then(|| named.join(" "))
}

/// The title of a page; its first heading, or all its text, where it has none.
fn of_page(text: &str) -> Option<String> {
    if !text.starts_with('<') {
        return None;
    }
    let found = ["title", "h1"].into_iter().filter_map(|name| element(text, name)).find(|found| !found.trim().is_empty());
    Some(found.unwrap_or_else(|| without_tags(text)))
}

/// The text of the first element of this name.
fn element(page: &str, name: &str) -> Option<String> {
    let lower = page.to_ascii_lowercase();
    let begin = lower.find(&format!("<{name}"))?;
    let begin = begin + lower[begin..].find('>')? + 1;
    let end = lower[begin..].find(&format!("</{name}")).map_or(page.len(), |at| begin + at);
    Some(without_tags(&page[begin..end]))
}

fn without_tags(page: &str) -> String {
    let mut text = String::new();
    let (before, tags) = page.split_once('<').unwrap_or((page, ""));
    text.push_str(before);
    for piece in tags.split('<') {
        text.push(' ');
        text.push_str(piece.split_once('>').map_or("", |(_, after)| after));
    }
    let names = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&nbsp;", " "), ("&middot;", "·"), ("&amp;", "&")];
    names.into_iter().fold(text, |text, (name, character)| text.replace(name, character))
}

/// The text without the secrets that were sent, and without anything that looks like a token.
fn without_secrets(text: &str, sent: &[&str]) -> String {
    let known = sent.iter().filter(|secret| secret.len() >= SECRET_MIN);
    let text = known.fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN));
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let mut shown = String::new();
    let mut rest = text.as_str();
    while let Some(c) = rest.chars().next() {
        let end = rest.find(|c: char| !is_of_token(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at(if end == 0 { c.len_utf8() } else { end });
        shown.push_str(if TOKEN_PREFIXES.iter().any(|prefix| run.starts_with(prefix)) { HIDDEN } else { run });
        rest = after;
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(status: u16, body: &str) -> String {
        Words::of(status, body.as_bytes(), &["hunter2-hunter2"]).to_string()
    }

    #[test]
    fn the_parts_for_people_are_kept_each_once() {
        let body = r#"{"message":"Validation Failed","errors":[{"resource":"Hook","code":"custom","message":"The URL is blocked"},
            {"resource":"Hook","field":"events","code":"invalid"},"Too many hooks","Validation Failed"],
            "documentation_url":"https://docs.example.com/hooks","status":"422"}"#;
        assert_eq!(
            words(422, body),
            " Validation Failed; The URL is blocked; Hook events invalid; Too many hooks; see https://docs.example.com/hooks"
        );
        assert_eq!(
            words(400, r#"{"error":"invalid_grant","error_description":"the App is suspended"}"#),
            " the App is suspended; invalid_grant"
        );
        assert_eq!(words(409, r#"{"errors":"Sorry, not now"}"#), " Sorry, not now");
        assert_eq!(words(410, r#""gone for good""#), " gone for good");
        assert_eq!(words(418, r#"{"kettle": [1]}"#), r#" {"kettle": [1]}"#);
        assert_eq!(words(500, ""), "");
    }

    #[test]
    fn of_many_errors_the_first_are_told() {
        let errors: Vec<String> = (0..5000).map(|number| format!("e{number}")).collect();
        let of_json = of_json(&serde_json::json!({ "message": "no", "errors": errors })).expect("there are words");
        assert!(of_json.starts_with("no; e0; e1; ") && of_json.ends_with("; e19"), "{of_json}");
        let body = serde_json::json!({ "message": "x".repeat(LOOKED_AT) }).to_string();
        assert!(words(422, &body).starts_with(" {\"message\":\"xxx"), "an answer that is too long is not read as JSON");
    }

    #[test]
    fn a_page_is_told_by_its_title_or_its_heading() {
        assert_eq!(words(503, "<!DOCTYPE html>\n<HTML><Title lang='en'>Unicorn! &middot;\n Forge</Title><h1>No</h1>"), " Unicorn! · Forge");
        assert_eq!(words(502, "<html><head><title>502 Bad Gateway</title></head><h1>502 Bad Gateway</h1>"), " Bad Gateway");
        assert_eq!(words(503, "<html><title></title><body><h1>The licence <b>has</b> expired</h1>"), " The licence has expired");
        assert_eq!(words(500, "<p>a &lt;b&gt;</p> c"), " a <b> c");
        assert_eq!(words(500, "<title>no end"), " no end");
    }

    #[test]
    fn plain_words_are_bounded_and_control_characters_are_shown() {
        assert_eq!(words(507, "the disk\r\nis full\u{1b}[31m\u{202e}!"), " the disk is full\\u{1b}[31m\\u{202e}!");
        let long = words(500, &"ü".repeat(500));
        assert!(long.ends_with("ü…") && long.chars().count() == 1 + LENGTH_MAX + 1, "{long}");
        assert_eq!(words(500, "\u{0}"), " \\u{0}");
    }

    #[test]
    fn no_secret_comes_back() {
        let body =
            r#"{"message":"bad secret hunter2-hunter2, token ghp_0123456789abcdef (github_pat_11AB_xyz), JWT eyJhbGciOi.eyJpc3M.c2ln!"}"#;
        assert_eq!(words(401, body), " bad secret ***, token *** (***), JWT ***!");
        let late = format!("{} hunter2-hunter2", "x".repeat(LENGTH_MAX - 5));
        assert!(!words(401, &late).contains("hun"), "a secret is hidden before the words are cut");
    }
}
