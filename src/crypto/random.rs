//! The one source of randomness: the operating system's, through a generator made for secrets.

use std::cell::RefCell;
use std::iter;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::{Builder, Uuid};

use crate::model::SecretString;

thread_local! {
    /// The thread's own source instead of the operating system's, while a simulation runs on it.
    static REPEATABLE: RefCell<Option<StdRng>> = const { RefCell::new(None) };
}

/// Runs something with randomness that is the same for the same seed: for simulations, which hold nothing worth guarding.
pub fn repeatable<T>(seed: u64, run: impl FnOnce() -> T) -> T {
    struct Restore(Option<StdRng>);
    impl Drop for Restore {
        fn drop(&mut self) {
            REPEATABLE.set(self.0.take());
        }
    }
    let _restore = Restore(REPEATABLE.replace(Some(StdRng::seed_from_u64(seed))));
    run()
}

#[expect(clippy::disallowed_methods, reason = "this module is the door to randomness")]
fn fill(bytes: &mut [u8]) {
    REPEATABLE.with_borrow_mut(|repeatable| match repeatable {
        Some(generator) => generator.fill(bytes),
        None => rand::rng().fill(bytes),
    });
}

/// Random bytes.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    fill(&mut bytes);
    bytes
}

/// A random number, to seed generators that need not be secret.
#[must_use]
pub fn seed() -> u64 {
    u64::from_ne_bytes(bytes())
}

/// A random (version 4) UUID.
#[must_use]
pub fn uuid() -> Uuid {
    Builder::from_random_bytes(bytes()).into_uuid()
}

/// Random letters and digits, just under six bits of secret each.
#[must_use]
pub fn alphanumeric(length: usize) -> String {
    // Bytes beyond the last whole multiple would make some characters likelier than others.
    let usable = u8::MAX - u8::MAX % 62;
    let characters = iter::repeat_with(bytes::<32>).flatten().filter(|byte| *byte < usable);
    characters.take(length).map(|byte| char::from(CHARACTERS[usize::from(byte % 62)])).collect()
}

const CHARACTERS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A secret of letters and digits: safe in URLs, shells and forms.
#[must_use]
pub fn secret(length: usize) -> SecretString {
    SecretString::from(alphanumeric(length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_the_length_asked_for_and_differ() {
        let (a, b) = (alphanumeric(64), alphanumeric(64));
        assert_eq!((a.len(), b.len()), (64, 64));
        assert_ne!(a, b);
        assert!(a.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn identifiers_are_version_4() {
        assert_eq!(uuid().get_version_num(), 4);
    }

    #[test]
    fn a_seed_repeats_everything_and_only_while_it_is_asked_for() {
        let run = || repeatable(7, || (uuid(), alphanumeric(12), seed()));
        assert_eq!(run(), run());
        assert_ne!(seed(), seed());
    }

    #[test]
    fn every_character_is_as_likely_as_any_other() {
        let text = alphanumeric(62_000);
        for character in CHARACTERS {
            let count = text.bytes().filter(|byte| byte == character).count();
            assert!((800..1200).contains(&count), "{} stands there {count} times", char::from(*character));
        }
    }
}
