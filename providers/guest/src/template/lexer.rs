//! A template as text and actions, and an action as tokens.

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct SyntaxError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there.
    pub message: String,
}

impl SyntaxError {
    pub(super) fn new(line: usize, message: impl Into<String>) -> Self {
        Self { line, message: message.into() }
    }
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Copied as it is.
    Text(String),
    /// What stood between the braces, with the line it began on.
    Action(usize, Vec<Token>),
}

/// A part of an action.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A keyword, function or constant.
    Word(String),
    /// `.A.B`; empty = the dot itself.
    Field(Vec<String>),
    /// `$x.A`; the name without the dollar.
    Variable(String, Vec<String>),
    Text(String),
    Int(i64),
    Pipe,
    Open,
    Close,
    Comma,
    /// `:=`
    Declare,
    /// `=`
    Assign,
}

const SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// Cuts a template into pieces; trim markers and comments are dealt with here.
pub(super) fn pieces(source: &str) -> Result<Vec<Piece>, SyntaxError> {
    let mut pieces = Vec::new();
    let (mut rest, mut line, mut trim_next) = (source, 1, false);
    loop {
        let (text, after) = rest.split_once("{{").map_or((rest, None), |(text, after)| (text, Some(after)));
        let trim_this = after.is_some_and(|after| after.starts_with('-') && after[1..].starts_with(SPACE));
        let mut shown = text;
        if trim_next {
            shown = shown.trim_start_matches(SPACE);
        }
        if trim_this {
            shown = shown.trim_end_matches(SPACE);
        }
        if !shown.is_empty() {
            pieces.push(Piece::Text(shown.to_owned()));
        }
        line += text.matches('\n').count();
        let Some(after) = after else { return Ok(pieces) };
        let inner = if trim_this { &after[1..] } else { after };
        let (length, tokens) = action(inner, line)?;
        let body = &inner[..length];
        trim_next = body.ends_with('-') && body[..body.len() - 1].ends_with(SPACE);
        if let Some(tokens) = tokens {
            pieces.push(Piece::Action(line, tokens));
        }
        line += body.matches('\n').count();
        rest = &inner[length + 2..];
    }
}

/// The tokens of the action `source` begins with, and how long it is without its closing braces. No tokens = a comment.
fn action(source: &str, line: usize) -> Result<(usize, Option<Vec<Token>>), SyntaxError> {
    let unclosed = || SyntaxError::new(line, "unclosed action");
    let inner = source.trim_start_matches(SPACE);
    if let Some(comment) = inner.strip_prefix("/*") {
        let end = comment.find("*/").ok_or_else(|| SyntaxError::new(line, "unclosed comment"))?;
        let after = &comment[end + 2..];
        let close = after.trim_start_matches(SPACE).trim_start_matches('-');
        if !close.starts_with("}}") {
            return Err(SyntaxError::new(line, "comment ends before closing delimiter"));
        }
        return Ok((source.len() - close.len(), None));
    }
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = &source[at..];
        let Some(first) = rest.chars().next() else { return Err(unclosed()) };
        if rest.starts_with("}}") {
            return Ok((at, Some(tokens)));
        }
        // A trim marker needs a space before it; otherwise a minus begins a number.
        if rest.starts_with("-}}") && source[..at].ends_with(SPACE) {
            return Ok((at + 1, Some(tokens)));
        }
        if SPACE.contains(&first) {
            at += 1;
            continue;
        }
        let (token, length) = token(rest, line)?;
        tokens.push(token);
        at += length;
    }
}

fn token(source: &str, line: usize) -> Result<(Token, usize), SyntaxError> {
    let first = source.chars().next().unwrap_or_default();
    let simple = |token, length| Ok((token, length));
    match first {
        '|' => simple(Token::Pipe, 1),
        '(' => simple(Token::Open, 1),
        ')' => simple(Token::Close, 1),
        ',' => simple(Token::Comma, 1),
        ':' if source.starts_with(":=") => simple(Token::Declare, 2),
        '=' => simple(Token::Assign, 1),
        '"' => quoted(source, line),
        '`' => {
            let end = source[1..].find('`').ok_or_else(|| SyntaxError::new(line, "unterminated raw quoted string"))?;
            Ok((Token::Text(source[1..=end].to_owned()), end + 2))
        }
        '.' => {
            let (fields, length) = fields(source);
            if length == 0 { simple(Token::Field(Vec::new()), 1) } else { simple(Token::Field(fields), length) }
        }
        '$' => {
            let name = identifier(&source[1..]);
            let (fields, length) = fields(&source[1 + name.len()..]);
            simple(Token::Variable(name.to_owned(), fields), 1 + name.len() + length)
        }
        _ if first.is_ascii_digit() || first == '-' || first == '+' => {
            let length = source.char_indices().skip(1).find(|(_, c)| !c.is_ascii_alphanumeric()).map_or(source.len(), |(at, _)| at);
            let number = source[..length].parse().map_err(|_| SyntaxError::new(line, format!("bad number {:?}", &source[..length])))?;
            simple(Token::Int(number), length)
        }
        _ if first.is_alphabetic() || first == '_' => {
            let name = identifier(source);
            simple(Token::Word(name.to_owned()), name.len())
        }
        other => Err(SyntaxError::new(line, format!("unexpected {other:?} in action"))),
    }
}

fn identifier(source: &str) -> &str {
    let end = source.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(source.len());
    &source[..end]
}

/// `.A.B` at the beginning of the source.
fn fields(source: &str) -> (Vec<String>, usize) {
    let (mut fields, mut at) = (Vec::new(), 0);
    while let Some(rest) = source[at..].strip_prefix('.') {
        let name = identifier(rest);
        if name.is_empty() {
            break;
        }
        fields.push(name.to_owned());
        at += 1 + name.len();
    }
    (fields, at)
}

/// A string in double quotes, with the escapes of Go that scripts use.
fn quoted(source: &str, line: usize) -> Result<(Token, usize), SyntaxError> {
    let mut text = String::new();
    let mut chars = source.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Ok((Token::Text(text), at + 1)),
            '\n' => break,
            '\\' => text.push(match chars.next() {
                Some((_, 'n')) => '\n',
                Some((_, 't')) => '\t',
                Some((_, 'r')) => '\r',
                Some((_, escaped @ ('"' | '\\' | '\''))) => escaped,
                _ => return Err(SyntaxError::new(line, "unknown escape in quoted string")),
            }),
            other => text.push(other),
        }
    }
    Err(SyntaxError::new(line, "unterminated quoted string"))
}
