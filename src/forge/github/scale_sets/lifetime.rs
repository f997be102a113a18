//! How long a token of the service lives. Its end is a claim in it, which is read without verification: it decides only when another one is fetched.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::model::{SecretString, expose};
use crate::time::Timestamp;

/// Whatever the claims and the clocks say, a token is used for so long: else each call would fetch one.
const LIFE_MIN: Duration = Duration::from_mins(2);
/// And for no longer, which a clock that is slow by hours would lead to.
const LIFE_MAX: Duration = Duration::from_hours(1);
/// A token that does not tell its end.
const LIFE_UNTOLD: Duration = Duration::from_mins(10);

/// When the token ends, by this server's clock. Where the token says when it was issued, a wrong clock makes no difference.
pub(super) fn ends_at(token: &SecretString, now: Timestamp) -> Timestamp {
    let life = claims(token).map_or(LIFE_UNTOLD, |(issued, ends)| {
        let begins = issued.unwrap_or_else(|| now.as_secs());
        Duration::from_secs(u64::try_from(ends.saturating_sub(begins)).unwrap_or(0))
    });
    now.after(life.clamp(LIFE_MIN, LIFE_MAX))
}

/// When the token was issued, if it says so, and when it ends: in seconds since 1970.
fn claims(token: &SecretString) -> Option<(Option<i64>, i64)> {
    let payload = expose(token).split('.').nth(1)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?).ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a fraction of a second does not matter, and what is too large is cut to the bounds"
    )]
    let seconds = |key: &str| claims.get(key).and_then(|claim| claim.as_i64().or_else(|| claim.as_f64().map(|seconds| seconds as i64)));
    Some((seconds("iat").or_else(|| seconds("nbf")), seconds("exp")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;

    fn life(payload: &str) -> Duration {
        let now = Timestamp::from_micros(NOW * 1_000_000);
        let token = SecretString::from(format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload)));
        ends_at(&token, now).since(now)
    }

    #[test]
    fn the_claims_tell_how_long_a_token_lives_whatever_the_clock_says() {
        let minutes = Duration::from_mins;
        assert_eq!(life(&format!(r#"{{"exp":{}}}"#, NOW + 900)), minutes(15));
        // The clock of this server is wrong by hours: what counts is the time between the two claims.
        assert_eq!(life(&format!(r#"{{"iat":{},"exp":{}}}"#, NOW + 90_000, NOW + 91_000)), Duration::from_secs(1_000));
        assert_eq!(life(&format!(r#"{{"nbf":{},"exp":{}.5}}"#, NOW - 90_000, NOW - 89_000)), Duration::from_secs(1_000));
        assert_eq!(life(&format!(r#"{{"exp":{}}}"#, NOW - 5_000)), LIFE_MIN);
        assert_eq!(life(&format!(r#"{{"exp":{}}}"#, NOW + 500_000)), LIFE_MAX);
        assert_eq!(life(&format!(r#"{{"iat":{},"exp":{}}}"#, i64::MAX, i64::MIN)), LIFE_MIN);
    }

    #[test]
    fn a_token_that_is_none_of_that_kind_is_used_for_a_while() {
        for payload in ["", "[]", "{}", "not JSON", r#"{"exp":"soon"}"#] {
            assert_eq!(life(payload), LIFE_UNTOLD, "{payload}");
        }
        let now = Timestamp::from_micros(NOW * 1_000_000);
        assert_eq!(ends_at(&SecretString::from("opaque"), now), now.after(LIFE_UNTOLD));
    }
}
