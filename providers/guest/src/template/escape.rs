//! `html`, `js`, `shellquote` and `urlquery`: text made safe for where it is put.

use std::io::Write as _;

use super::quote::is_print;

pub(super) fn html(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            0 => out.extend("\u{fffd}".as_bytes()),
            b'"' => out.extend(b"&#34;"),
            b'\'' => out.extend(b"&#39;"),
            b'&' => out.extend(b"&amp;"),
            b'<' => out.extend(b"&lt;"),
            b'>' => out.extend(b"&gt;"),
            other => out.push(*other),
        }
    }
    out
}

pub(super) fn js(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\\' | '\'' | '"' => out.extend([b'\\', c as u8]),
                '<' | '>' | '&' | '=' => push_code(&mut out, c),
                ' '..='\u{7f}' => out.push(c as u8),
                _ if is_print(c) => out.extend(c.encode_utf8(&mut [0; 4]).as_bytes()),
                _ => push_code(&mut out, c),
            }
        }
        out.extend(chunk.invalid());
    }
    out
}

fn push_code(out: &mut Vec<u8>, c: char) {
    write!(out, "\\u{:04X}", u32::from(c)).expect("writing to memory");
}

pub(super) fn urlquery(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    for byte in text {
        match byte {
            b'-' | b'_' | b'.' | b'~' => out.push(*byte),
            _ if byte.is_ascii_alphanumeric() => out.push(*byte),
            b' ' => out.push(b'+'),
            _ => write!(out, "%{byte:02X}").expect("writing to memory"),
        }
    }
    out
}

/// One word of a shell that stands for exactly this text, between apostrophes. Two opening braces are kept apart: the word comes through another
/// pass of a template engine as it is.
pub(super) fn shellquote(text: &[u8]) -> Result<Vec<u8>, String> {
    let mut out = vec![b'\''];
    let mut last = b'\'';
    for byte in text {
        match byte {
            0 => return Err("a shell has no word with a NUL character in it".to_owned()),
            b'\'' => out.extend(br"'\''"),
            b'{' if last == b'{' => out.extend(b"''{"),
            other => out.push(*other),
        }
        last = *byte;
    }
    out.push(b'\'');
    Ok(out)
}
