//! Text of a value: bytes, as in Go.

use std::ops::Deref;
use std::rc::Rc;

/// Bytes of the context or of the template, or bytes made on the way. Cheap to clone.
#[derive(Clone)]
pub(super) enum Text<'a> {
    Given(&'a [u8]),
    Made(Rc<[u8]>),
}

impl Deref for Text<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Given(bytes) => bytes,
            Self::Made(bytes) => bytes,
        }
    }
}

/// How many characters there are; each byte that is no UTF-8 counts as one.
pub(super) fn char_count(text: &[u8]) -> usize {
    text.utf8_chunks().map(|chunk| chunk.valid().chars().count() + chunk.invalid().len()).sum()
}

/// The first characters, counted in the same way.
pub(super) fn first_chars(text: &[u8], count: usize) -> &[u8] {
    let (mut left, mut at) = (count, 0);
    for chunk in text.utf8_chunks() {
        for length in chunk.valid().chars().map(char::len_utf8).chain(chunk.invalid().iter().map(|_| 1)) {
            if left == 0 {
                return &text[..at];
            }
            left -= 1;
            at += length;
        }
    }
    text
}
