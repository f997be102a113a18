//! Takes secrets out of what a provider printed.
//!
//! Providers fail in creative ways; some print their standard input or their environment first. The document has the machine's token three
//! times: plain, inside the base64 of the install script, and inside the base64 of the extra specs. All are found, also when the output was
//! cut in the middle of one.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::model::{SecretString, expose};

const MASK: &str = "***";

/// Shorter texts are no secrets worth the damage to the message.
const SHORTEST: usize = 4;

/// A cut-off beginning of a secret at the end of a text is masked from this length on.
const SHORTEST_CUT: usize = 8;

/// Texts that must not be shown.
#[derive(Default)]
pub struct Secrets(Vec<SecretString>);

impl Secrets {
    /// Hides `text`, and its base64 as part of something longer.
    pub fn add(&mut self, text: &str) {
        if text.len() < SHORTEST {
            return;
        }
        self.0.push(SecretString::from(text.to_owned()));
        for before in 0..3 {
            let core = encoded_core(text.as_bytes(), before);
            if core.len() >= SHORTEST_CUT {
                self.0.push(SecretString::from(core));
            }
        }
    }

    /// The length of the longest secret, in bytes: so much is kept in front of a cut, so that no end of a secret survives it.
    #[must_use]
    pub fn longest(&self) -> usize {
        self.0.iter().map(|secret| expose(secret).len()).max().unwrap_or(0)
    }

    /// `output` as text, without the secrets. Of the first `margin` bytes nothing is shown: the output was cut before them.
    #[must_use]
    pub fn redact(&self, output: &[u8], margin: usize) -> String {
        let mut shown = Vec::with_capacity(output.len());
        let mut at = 0;
        while at < output.len() {
            let rest = &output[at..];
            let (length, replacement) = match self.secret_at(rest) {
                Some(length) => (length, MASK.as_bytes()),
                None => (1, &rest[..1]),
            };
            if at >= margin {
                shown.extend_from_slice(replacement);
            }
            at += length;
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// The length of the secret that `rest` begins with; a beginning of one that reaches the end of `rest` counts.
    fn secret_at(&self, rest: &[u8]) -> Option<usize> {
        let found = |secret: &SecretString| {
            let secret = expose(secret).as_bytes();
            if rest.starts_with(secret) {
                return Some(secret.len());
            }
            (rest.len() >= SHORTEST_CUT && secret.starts_with(rest)).then_some(rest.len())
        };
        self.0.iter().filter_map(found).max()
    }
}

/// The characters of a base64 text that depend on `secret` alone when `before` bytes (modulo 3) precede it.
fn encoded_core(secret: &[u8], before: usize) -> String {
    let mut bytes = vec![0; before];
    bytes.extend_from_slice(secret);
    let whole = bytes.len() * 8 / 6;
    STANDARD_NO_PAD.encode(bytes)[(before * 8).div_ceil(6)..whole].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;

    const TOKEN: &str = "eyJhbGciOiJIUzI1NiJ9.eyJpZCI6IjEifQ.c2lnbmF0dXJl";

    fn secrets() -> Secrets {
        let mut secrets = Secrets::default();
        secrets.add(TOKEN);
        secrets
    }

    #[test]
    fn a_plain_secret_is_masked_wherever_it_stands() {
        let text = format!("got {TOKEN}, and again {TOKEN}{TOKEN}.");
        assert_eq!(secrets().redact(text.as_bytes(), 0), "got ***, and again ******.");
    }

    #[test]
    fn a_secret_inside_base64_is_masked_at_every_alignment() {
        for before in ["", "a", "ab", "abc", "abcd"] {
            let shown = secrets().redact(STANDARD.encode(format!("{before}{TOKEN}end")).as_bytes(), 0);
            assert!(shown.contains(MASK), "{shown}");
            assert!(shown.len() < 20, "only the neighbours of the secret are left: {shown}");
        }
    }

    #[test]
    fn a_secret_cut_by_the_margin_leaves_no_end() {
        let text = format!("{TOKEN} tail");
        for margin in 1..=TOKEN.len() {
            assert_eq!(secrets().redact(text.as_bytes(), margin), " tail");
        }
    }

    #[test]
    fn a_secret_cut_at_the_end_leaves_no_beginning() {
        let text = format!("said {}", &TOKEN[..30]);
        assert_eq!(secrets().redact(text.as_bytes(), 0), "said ***");
    }

    #[test]
    fn other_text_stays_and_broken_utf8_is_shown() {
        assert_eq!(secrets().redact(b"no quota \xff left", 0), "no quota \u{fffd} left");
    }
}
