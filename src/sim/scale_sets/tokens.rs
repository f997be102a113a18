//! Tokens for the service and for its queues. They look like the service's: clients read `exp` and cannot check the signature.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;
use uuid::Uuid;

use crate::sim::nouns::Scope;
use crate::time::Timestamp;

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::sim) enum Use {
    /// The scale sets and runners of an entity.
    Admin(Scope),
    /// The queue of a scale set within one session.
    Queue { scale_set: i64, session: Uuid },
}

/// The tokens that were given out and have not expired, with their ends.
#[derive(Default)]
pub(in crate::sim) struct Grants(BTreeMap<String, (Use, Timestamp)>);

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Grants").field(&self.0.len()).finish()
    }
}

impl Grants {
    /// Gives a token out. `number` makes it unlike every other; the service's clock is ahead by so many seconds.
    pub(in crate::sim) fn issue(&mut self, use_: Use, lifetime: Duration, number: i64, now: Timestamp, ahead: i64) -> String {
        self.0.retain(|_, (_, end)| *end > now);
        let end = now.after(lifetime);
        let claims = json!({ "iat": now.as_secs() + ahead, "exp": end.as_secs() + ahead, "jti": number.to_string() });
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(b"the fake service"))
            .expect("claims are plain values and HMAC takes any key");
        self.0.insert(token.clone(), (use_, end));
        token
    }

    /// What a token is good for, unless it has expired.
    pub(in crate::sim) fn find(&self, token: &str, now: Timestamp) -> Option<&Use> {
        self.0.get(token).filter(|(_, end)| *end > now).map(|(use_, _)| use_)
    }

    pub(in crate::sim) fn scopes_mut(&mut self) -> impl Iterator<Item = &mut Scope> {
        self.0.values_mut().filter_map(|(use_, _)| match use_ {
            Use::Admin(scope) => Some(scope),
            Use::Queue { .. } => None,
        })
    }
}
