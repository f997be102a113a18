//! Which runner set a runner belongs to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{PoolId, ScaleSetId};

/// Which runner set a runner belongs to. Written as the id alone: kinds differ in the form of their ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RunnerSetId {
    /// A pool.
    Pool(PoolId),
    /// A scale set.
    ScaleSet(ScaleSetId),
}

impl RunnerSetId {
    /// A number that differs between runner sets, for drawing lots between them.
    #[must_use]
    pub const fn bits(self) -> u64 {
        match self {
            Self::Pool(id) => {
                let (high, low) = id.0.as_u64_pair();
                high ^ low
            }
            Self::ScaleSet(id) => id.0.cast_unsigned(),
        }
    }

    /// The pool that it is; `None` = it is none.
    #[must_use]
    pub const fn pool(self) -> Option<PoolId> {
        match self {
            Self::Pool(id) => Some(id),
            Self::ScaleSet(_) => None,
        }
    }

    /// The scale set that it is; `None` = it is none.
    #[must_use]
    pub const fn scale_set(self) -> Option<ScaleSetId> {
        match self {
            Self::Pool(_) => None,
            Self::ScaleSet(id) => Some(id),
        }
    }
}

impl From<PoolId> for RunnerSetId {
    fn from(id: PoolId) -> Self {
        Self::Pool(id)
    }
}

impl From<ScaleSetId> for RunnerSetId {
    fn from(id: ScaleSetId) -> Self {
        Self::ScaleSet(id)
    }
}

/// Kind and id, as messages name the runner set.
impl fmt::Display for RunnerSetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pool(id) => write!(f, "pool {id}"),
            Self::ScaleSet(id) => write!(f, "scale set {id}"),
        }
    }
}
