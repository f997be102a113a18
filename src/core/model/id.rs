//! Identifiers: one type per kind, so that a pool's id cannot be passed where a runner's is wanted.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! uuid_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                Uuid::parse_str(text).map(Self)
            }
        }
    )+};
}

macro_rules! number_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

macro_rules! name_id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub String);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        /// Names are looked up by their text.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    )+};
}

uuid_id! {
    /// This installation; appears in runner labels, webhook URLs and provider calls, and never changes.
    ControllerId,
    /// A repository, organization, enterprise or forge instance.
    EntityId,
    /// A pool.
    PoolId,
    /// A running server; a new one at every start.
    ReplicaId,
    /// A runner (an *instance* on the wire and towards providers).
    RunnerId,
    /// A user of this server.
    UserId,
}

number_id! {
    /// Forge credentials.
    CredentialsId,
    /// Counts how often a lease changed hands.
    Generation,
    /// A job's row. The forge's own number is `workflow_job_id`.
    JobId,
    /// A scale set, as people number it.
    ScaleSetId,
    /// A scale set at its service, which numbers it.
    ServiceScaleSetId,
    /// A runner install template.
    TemplateId,
}

name_id! {
    /// The name of a forge endpoint, unique without regard to case.
    EndpointName,
    /// The name of a provider, as the configuration file spells it.
    ProviderName,
    /// The name of a runner: unique, and the idempotency key towards forge and provider.
    RunnerName,
}
